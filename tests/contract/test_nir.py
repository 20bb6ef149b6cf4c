"""NIR files say what the simulators do: an independent reader of NIR's equations finds the same spikes."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest
from networks import open_network, random_spikes
from refusals import refused

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir import independent
from stdpbench.bridges.nir.reading import read_nir
from stdpbench.bridges.nir.writing import nir_graph, unsupported, write_nir
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding.current import Current

N_INPUT, N_BINS, DT = 30, 120, 0.5
DISCRETE = {"kind": "lif-discrete", "reset_mechanism": "zero"}


def projection(source: str, target: str, receptor: str, high: float, **others: Any) -> dict[str, Any]:
    weight = {"kind": "uniform", "low": 0.0, "high": high}
    return {"source": source, "target": target, "receptor": receptor, "weight": weight, **others}


MIXED = {
    "kind": "graph",
    "dt": DT,
    "read": "out",
    "populations": {
        "input": {"size": N_INPUT},
        "exc": {
            "size": 12,
            "neuron": {
                "kind": "adaptive-lif-discrete",
                "v_thresh": 2.0,
                "refractory_steps": 0,
                "tau_m": 20.0,
                "I_background": 0.05,
            },
        },
        "out": {
            "size": 5,
            "neuron": {
                "kind": "lif-discrete",
                "beta": 1.0,
                "reset_mechanism": "to-value",
                "v_reset": -0.25,
                "I_background": 0.03,
            },
        },
        "current": {
            "size": 12,
            "neuron": {"kind": "lif-current", "t_ref": 0.0, "v_thresh": -65.0, "I_background": 20},
        },
    },
    "projections": {
        "feed": projection("input", "exc", "I_exc", 0.6, delay=1.5),
        "compete": {
            **projection("exc", "exc", "I_inh", 0.0, connect="others", delay=DT),
            "weight": {"kind": "constant", "value": 0.15},
        },
        "down": projection("exc", "out", "I_exc", 0.5, connect={"kind": "random", "p": 0.5}, scale=0.7),
        "across": projection("out", "exc", "I_inh", 0.4),
        "drive": projection("exc", "current", "I_exc", 900.0, connect="one-to-one"),
        "back": projection("current", "out", "I_inh", 0.2, delay=4.0),
    },
}
"""All that NIR can say, side by side: three neurons, delays, recurrence, constant inputs, kinds of storage."""


def mixed(**others: Any) -> Graph:
    return Experiment.from_mapping({"seed": 3, "network": {**MIXED, **others}}).graph(N_INPUT)


def as_written(graph: Graph, simulator: Simulator, path: Path) -> nir.NIRGraph:
    """The network as it comes back from a file."""
    write_nir(path, nir_graph(graph, simulator.array))
    return nir.read(path)


def shown(response: Response, n_steps: int, *, ahead: int = 1) -> np.ndarray[Any, Any]:
    """What the Input node of the reader emits: the input of the network, `ahead` steps later."""
    given = response.input
    inputs = np.zeros((n_steps + ahead, 1, max(N_INPUT, 64 if given.currents is not None else 0)))
    inputs[given.bin + ahead, 0, given.index] = 1 if given.factor is None else given.factor
    if given.currents is not None:
        inputs[ahead:, 0] = given.currents
    return inputs[:, :, : N_INPUT if given.currents is None else 64]


def fired(response: Response, n_steps: int) -> dict[str, np.ndarray[Any, Any]]:
    found = {name: np.zeros((n_steps, size), bool) for name, size in response.sizes.items()}
    for name, spikes in response.spikes.items():
        found[name][spikes.bin, spikes.index] = True
    return found


def test_the_independent_reader_imports_nothing_of_stdpbench() -> None:
    tree = ast.parse(Path(independent.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} == {"__future__", "typing", "nir", "numpy"}


def test_a_written_network_fires_as_the_simulated_one_and_runs_here_again(tmp_path: Path) -> None:
    graph = mixed()
    assert list(unsupported(graph)) == []
    simulator = open_network(graph, "runtime")
    simulator.array("exc.theta")[...] = np.random.default_rng(4).random(12)
    written = as_written(graph, simulator, tmp_path / "mixed.nir")
    assert {type(node).__name__ for node in written.nodes.values()} == {
        *("Input", "Output", "LIF", "IF", "CubaLIF", "Linear", "Affine", "Delay")
    }
    assert written.metadata["dt"] == DT
    responses = []
    for seed in (1, 2):
        simulator.reset()
        spikes = random_spikes(seed, N_BINS - 3, 0.08, N_INPUT)
        if seed == 2:  # numbers in place of spikes are what the node Input may emit
            spikes = replace(spikes, factor=np.random.default_rng(0).uniform(0.5, 1.5, len(spikes)))
        responses.append(simulator.present(spikes, N_BINS, plastic=False))
    inputs = np.concatenate([shown(each, N_BINS) for each in responses], axis=1)
    found = independent.simulate(written, inputs, DT)
    for k, response in enumerate(responses):
        for name, mine in fired(response, N_BINS).items():
            assert mine.sum() > 10, name
            np.testing.assert_array_equal(found[name].spikes[1:, k], mine, err_msg=name)
    # and back: bias, v_leak and all else from the file alone; the leak of a CubaLIF cannot run here
    without = mixed(
        populations={
            **MIXED["populations"],
            "current": {"size": 12, "neuron": {"kind": "lif-current", "t_ref": 0.0, "v_thresh": -65.0}},
        }
    )
    again = open_network(without, "runtime")
    written = as_written(without, again, tmp_path / "mixed.nir")
    imported = read_nir(tmp_path / "mixed.nir")
    assert imported.remarks == ()
    other = open_network(imported.experiment.graph(N_INPUT), "runtime")
    other.set_learned(Learned(imported.learned))
    response = other.present(random_spikes(1, N_BINS - 3, 0.08, N_INPUT), N_BINS, plastic=False)
    found = independent.simulate(written, shown(response, N_BINS, ahead=0), DT)
    for name, mine in fired(response, N_BINS).items():
        if name != "bias":
            np.testing.assert_array_equal(found[name].spikes[:, 0], mine, err_msg=name)
            assert mine.sum() > 10, name


def others(name: str, weight: float, **connect: Any) -> dict[str, Any]:
    way = {"source": name, "target": name, "receptor": "I_inh", "delay": DT}
    return {**way, "connect": {"kind": "others", **connect}, "weight": {"kind": "constant", "value": weight}}


def pool(target: str, size: int, value: float) -> dict[str, Any]:
    way = {"source": "features", "target": target, "receptor": "I_exc", "connect": {"kind": "pool", "size": size}}
    return {**way, "weight": {"kind": "constant", "value": value}}


def local(**connect: Any) -> dict[str, Any]:
    return {"kind": "local", "shared": True, **connect}


LEAKS = {"kind": "lif-discrete", "beta": 0.8, "reset_mechanism": "zero"}
BIASED = {**LEAKS, "beta": 1.0, "v_thresh": 2.0, "I_background": 0.03}
THRESHOLDS = {"kind": "adaptive-lif-discrete", "refractory_steps": 0, "v_thresh": 1.5, "tau_m": 20.0}
CONVOLVED = {
    "kind": "graph",
    "dt": DT,
    "read": "out",
    "populations": {
        "input": {"shape": [14, 5]},
        "features": {"shape": [6, 4, 3], "neuron": THRESHOLDS, "share": "unit"},
        "pooled": {"shape": [3, 2, 3], "neuron": LEAKS},
        "uneven": {"shape": [2, 1, 3], "neuron": BIASED},
        "second": {"shape": [2, 1, 4], "neuron": LEAKS},
        "exc": {"size": 10, "neuron": LEAKS},
        "out": {"shape": [2, 2, 3], "neuron": LEAKS},
    },
    "projections": {
        "feed": projection("input", "features", "I_exc", 0.5, connect=local(field=4, stride=1, padding=1, planes=2)),
        "compete": others("features", 0.1, within="field"),
        "spread": others("features", 0.05, within="map"),
        "near": others("features", 0.02, radius=1),
        "pool": pool("pooled", 2, 1.0),
        "few": pool("uneven", 4, 0.2),
        "deep": projection(
            "uneven", "second", "I_exc", 0.5, connect=local(field=3, stride=1, padding=1), delay=2 * DT, scale=0.7
        ),
        "map": others("second", 0.2, within="map", radius=1),
        "up": projection("second", "exc", "I_exc", 0.6, delay=DT),
        "direct": projection("input", "exc", "I_exc", 0.05),
        "more": projection("pooled", "exc", "I_exc", 0.05),
        "contest": others("exc", 0.1),
        "read": pool("out", 3, 0.4),
    },
}
"""Kernels with planes, a margin and a bias; inhibition in all ranges; pools that leave a remainder."""


@pytest.mark.parametrize("back", [{}, {"back": projection("exc", "features", "I_inh", 0.2)}])
def test_shared_weights_are_a_convolution_unless_a_matrix_leads_there_too(
    back: dict[str, Any], tmp_path: Path
) -> None:
    network = {**CONVOLVED, "projections": {**CONVOLVED["projections"], **back}}
    graph, n_steps = Experiment.from_mapping({"seed": 3, "network": network}).graph(14, 5), 80
    simulator = open_network(graph, "runtime")
    simulator.array("features.theta")[...] = [0.0, 0.3, 0.6]
    path = tmp_path / "convolved.nir"
    file = as_written(graph, simulator, path)
    kinds = {name: type(file.nodes[name]).__name__ for name in graph.projections}
    matrices = dict.fromkeys(graph.projections if back else ("up", "direct", "more", "contest"), "Linear")
    biased = {"few": "Affine"} if back else {"pool": "SumPool2d"}
    assert kinds == dict.fromkeys(graph.projections, "Conv2d") | matrices | biased
    imported = read_nir(path)
    again = imported.experiment.graph(14, 5)
    shared = {name for name, each in again.projections.items() if each.connect.shares_weights}
    assert shared == set(kinds) - set(matrices)
    other = open_network(again, "runtime")
    other.set_learned(Learned(imported.learned))
    for opened, ahead in ((simulator, 1), (other, 0)):
        response = opened.present(random_spikes(1, n_steps - 3, 0.1, 70), n_steps, plastic=False)
        inputs = np.zeros((n_steps + ahead, 1, 70))
        inputs[response.input.bin + ahead, 0, response.input.index] = 1
        found = independent.simulate(file, inputs, DT)
        for name, mine in fired(response, n_steps).items():
            shape = opened.graph.populations[name].shape
            if len(shape) == 3 and not back:
                assert tuple(file.nodes[name].output_type["output"]) == (shape[2], *shape[:2])
                mine = mine.reshape(n_steps, *shape).transpose(0, 3, 1, 2).reshape(n_steps, -1)
            if name != "bias":
                assert 10 < mine.sum() < mine.size / 2, name
                np.testing.assert_array_equal(found[name].spikes[ahead:, 0], mine, err_msg=name)


def test_currents_pass_through_layers_as_in_the_reader(tmp_path: Path) -> None:
    network = {"kind": "layers", "hidden": (24, 16), "reset": "zero", "gain": 1.5}
    experiment = Experiment.from_mapping(
        {"network": network, "encoding": {"kind": "current"}, "schedule": {"stimulus": 25.0, "between": "reset"}}
    )
    graph = experiment.graph(64)
    simulator = open_network(graph, "runtime")
    written = as_written(graph, simulator, tmp_path / "layers.nir")
    pixels = np.random.default_rng(5).integers(0, 256, 64).astype(np.float64)
    spikes = Current().encode(pixels, np.random.default_rng(0), attempt=0, n_bins=25, dt=1e-3)
    response = simulator.present(spikes, 25, plastic=False)
    found = independent.simulate(written, shown(response, 25), 1.0)
    for name, mine in fired(response, 25).items():
        np.testing.assert_array_equal(found[name].spikes[1:, 0], mine, err_msg=name)
    assert response.counts("output").sum() > 10


def not_in_nir(network: dict[str, Any], *shape: int) -> list[tuple[str, str]]:
    experiment = Experiment.from_mapping({"network": network})
    return [(each.reason, each.instead) for each in unsupported(experiment.graph(*(shape or (N_INPUT,))))]


def one(neuron: dict[str, Any], **population: Any) -> dict[str, Any]:
    populations = {"input": {}, "exc": {"size": 4, "neuron": neuron, **population}}
    receptor = "ge" if neuron["kind"] in ("lif", "adaptive-lif") else "I_exc"
    feed = {"source": "input", "target": "exc", "receptor": receptor}
    return {"kind": "graph", "populations": populations, "projections": {"feed": feed}}


def test_what_nir_cannot_say_is_refused_with_the_nearest_network_that_it_can() -> None:
    assert not_in_nir(one(DISCRETE)) == []
    ((reason, instead),) = not_in_nir(one({"kind": "lif-discrete"}))
    assert reason.endswith("instead of subtracting the threshold; the nearest network has 'zero'")
    assert instead == "a spike of exc sets the potential to 0 and subtracts nothing"
    ((reason, instead),) = not_in_nir(one({**DISCRETE, "refractory_steps": 3}))
    assert "neurons of NIR have no refractory period; the nearest network has 0" in reason
    assert instead == "exc has no refractory period"
    ((reason, instead),) = not_in_nir(one({"kind": "adaptive-lif"}))
    assert reason == (
        "network.populations.exc.neuron.kind 'adaptive-lif' has conductances, which no node of NIR has; the nearest "
        "network has 'adaptive-lif-discrete'"
    )
    assert instead == ""
    noise = {"kind": "poisson", "rate": 5.0, "receptor": "I_exc"}
    ((reason, instead),) = not_in_nir(one(DISCRETE, noise=noise))
    assert (reason, instead) == ("network.populations.exc.noise: NIR has no random spikes; remove it", "")
    ((reason, instead),) = not_in_nir(one(DISCRETE, winner="population"))
    assert reason.endswith("cross their thresholds in a step fire; the nearest network has 'none'")
    assert instead == "all neurons of exc above their thresholds fire"
    ((reason, instead),) = not_in_nir(one(DISCRETE, size=2**14), 2**15)
    assert reason.startswith("network.projections.feed: NIR would need 536,870,912 weights for it, which take 4.0 GiB")
    assert instead == ""


def test_delays_must_be_those_of_neurons_and_not_of_synapses() -> None:
    network = one(DISCRETE)
    network["projections"]["feed"] |= {"delay": {"kind": "uniform", "high": 5.0}}
    graph = Experiment.from_mapping({"network": network}).graph(N_INPUT)
    with pytest.raises(
        StdpbenchError, match="have different delays; the nearest network has one delay for all, such as"
    ):
        nir_graph(graph, lambda name: np.ones((N_INPUT, 4)))


def small(**nodes: nir.NIRNode) -> nir.NIRGraph:
    """Two inputs and two neurons; nodes take the place of `lif` or of `feed`."""
    ones = np.ones(2)
    usual: dict[str, nir.NIRNode] = {
        "input": nir.Input(np.array([2])),
        "feed": nir.Linear(np.array([[1.0, -0.5], [0.25, 2.0]])),
        "lif": nir.LIF(tau=8 * ones, r=8 * ones, v_leak=0 * ones, v_threshold=ones, v_reset=0 * ones),
        "Output": nir.Output(np.array([2])),
    }
    return nir.NIRGraph({**usual, **nodes}, [("input", "feed"), ("feed", "lif"), ("lif", "Output")])


def written(path: Path, graph: nir.NIRGraph) -> Path:
    write_nir(path, graph)
    return path


def test_files_from_elsewhere_have_their_time_step_and_unit_asked_for_or_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "Net 1.nir", small())
    found = read_nir(path)
    neuron = found.experiment.graph().populations["lif"].neuron
    assert (found.experiment.dt, getattr(neuron, "beta", None), found.remarks) == (1.0, 0.875, ())
    np.testing.assert_array_equal(found.learned["feed.w"], [[1.0, 0.25], [-0.5, 2.0]])
    assert getattr(read_nir(path, 2.0).experiment.graph().populations["lif"].neuron, "beta", None) == 0.75
    ones = np.ones(2)
    seconds = nir.LIF(tau=0.008 * ones, r=8 * ones, v_leak=0 * ones, v_threshold=ones)
    found = read_nir(written(path, small(lif=seconds)))
    assert found.remarks == (
        "Net 1.nir: its times are interpreted as seconds, since the longest time constant is 0.008.",
    )
    np.testing.assert_allclose(found.learned["feed.w"], [[1.0, 0.25], [-0.5, 2.0]])


def test_a_graph_within_a_graph_is_part_of_it(tmp_path: Path) -> None:
    ones, back = np.ones(2), np.array([[0.0, -1.0], [-2.0, 0.0]])
    lif = nir.LIF(tau=8 * ones, r=8 * ones, v_leak=0 * ones, v_threshold=ones)
    nodes = {"in": nir.Input(np.array([2])), "lif": lif, "back": nir.Linear(back), "out": nir.Output(np.array([2]))}
    inner = nir.NIRGraph(nodes, [("in", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "out")])
    found = read_nir(written(tmp_path / "nested.nir", small(lif=inner)))
    graph = found.experiment.graph()
    ways = {name: (each.source, each.target) for name, each in graph.projections.items()}
    assert ways == {"feed": ("input", "lif_lif"), "lif_back": ("lif_lif", "lif_lif")}
    assert graph.read == "lif_lif"
    np.testing.assert_array_equal(found.learned["feed.w"], [[1.0, 0.25], [-0.5, 2.0]])
    np.testing.assert_array_equal(found.learned["lif_back.w"], back.T)


def test_what_cannot_run_here_is_refused_with_the_name_of_its_node(tmp_path: Path) -> None:
    ones, path = np.ones(2), tmp_path / "net.nir"
    kept = {"tau": 8 * ones, "r": ones, "v_leak": 0 * ones, "v_threshold": ones}
    for node, sentence in (
        (nir.LIF(**kept, v_reset=np.array([0.0, -1.0])), "v_reset of lif differs between its neurons"),
        (nir.LIF(**{**kept, "tau": np.array([8.0, 9.0])}), "tau of lif differs between its neurons"),
        (nir.LIF(**{**kept, "tau": np.array([8.0, np.nan])}), "tau of lif has values that are not finite numbers"),
        (nir.LIF(**{**kept, "v_threshold": ones * np.inf}), "v_threshold of lif has values that are not finite"),
        (nir.LIF(**{**kept, "tau": 0 * ones}), r"tau of lif is 0 ms, and must be at least one time step \(1 ms\)"),
        (nir.LI(tau=ones, r=ones, v_leak=ones), "the node 'lif' is of type LI, which does not run here"),
    ):
        with pytest.raises(StdpbenchError, match=sentence):
            read_nir(written(path, small(lif=node)))
    with pytest.raises(StdpbenchError, match=r"tau of lif is 8 ms, and must be at least one time step \(20 ms\)"):
        read_nir(written(path, small()), 20.0)
    for said in ("abc", 0.0, -1.0, np.nan):
        with pytest.raises(StdpbenchError, match=f"net.nir: its time step dt must be a number above 0, not '{said}'"):
            read_nir(written(path, nir.NIRGraph(small().nodes, small().edges, metadata={"dt": said})))
    assert read_nir(path, 1.0).experiment.dt == 1.0
    nobody = {"lif": nir.LIF(**dict.fromkeys(kept, np.empty(0))), "feed": nir.Linear(np.empty((0, 2)))}
    with pytest.raises(StdpbenchError, match=r"net.nir: lif has no neurons"):
        read_nir(written(path, small(**nobody, Output=nir.Output(np.array([0])))))
    with h5py.File(written(path, small()), "r+") as file:
        del file["node/nodes/feed/type"]
        file["node/nodes/feed"]["type"] = "Foo"
    with pytest.raises(StdpbenchError, match=r"net.nir: the node 'feed' is of type Foo, which does not run here"):
        read_nir(path)
    path.write_bytes(b"no HDF5")
    with pytest.raises(StdpbenchError, match="is not a NIR file"):
        read_nir(path)


PICTURE = (8, 8)


def pooled(kind: type[nir.NIRNode], size: int, stride: int, padding: int = 0) -> nir.NIRNode:
    return kind(*(np.array([each, each]) for each in (size, stride, padding)))


def convolved(weight: np.ndarray[Any, Any], sides: tuple[int, int], **others: Any) -> nir.Conv2d:
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": np.zeros(len(weight))}
    return nir.Conv2d(sides, weight, **{**usual, **others})


def convolutions(**changes: nir.NIRNode) -> nir.NIRGraph:
    """8 × 8 → 4 × 8 × 8 → 6 × 3 × 3 → 6 × 2 × 2 → 10, a way past two layers, and one that is no square."""
    random, shape = np.random.default_rng(11), {"a": (4, 8, 8), "b": (6, 2, 2), "c": (6, 1, 1), "d": (3, 6, 4)}
    ones = {name: np.ones(each) for name, each in shape.items()}
    delay = np.where(np.arange(256) < 100, 2.0, 1.0)
    nodes: dict[str, nir.NIRNode] = {
        "input": nir.Input(np.array([1, *PICTURE])),
        "conv_a": convolved(random.normal(0, 0.6, (4, 1, 3, 3)), PICTURE, padding="same", bias=random.random(4) / 20),
        "a": nir.LIF(
            tau=8 * ones["a"],
            r=8 * ones["a"],
            v_leak=0 * ones["a"],
            v_threshold=1 + random.random((4, 8, 8)),
            v_reset=0 * ones["a"],
        ),
        "sum": pooled(nir.SumPool2d, 2, 2),
        "conv_b": convolved(
            random.normal(0.1, 0.3, (6, 2, 3, 3)),
            (4, 4),
            padding=(1, 1),
            dilation=2,
            groups=2,
            bias=random.random(6) / 9,
        ),
        "b": nir.IF(r=random.random((6, 2, 2)) + 0.5, v_threshold=ones["b"], v_reset=0 * ones["b"]),
        "scale": nir.Scale(np.full((6, 2, 2), 1.5)),
        "mean": pooled(nir.AvgPool2d, 2, 1),
        "c": nir.IF(r=ones["c"], v_threshold=ones["c"] / 2, v_reset=-ones["c"] / 4),
        "conv_d": convolved(random.normal(0, 0.5, (3, 4, 3, 5)), PICTURE),
        "d": nir.IF(r=ones["d"], v_threshold=2 * ones["d"], v_reset=0 * ones["d"]),
        "flat_c": nir.Flatten(np.array(shape["c"]), 0, -1),
        "dense_c": nir.Affine(random.normal(0.2, 0.5, (10, 6)), random.random(10) / 10),
        "flat_a": nir.Flatten(np.array(shape["a"]), 0, -1),
        "late": nir.Delay(delay),
        "dense_a": nir.Linear(random.normal(0, 0.1, (10, 256))),
        "out": nir.IF(r=np.ones(10), v_threshold=np.ones(10), v_reset=np.zeros(10)),
        "Output": nir.Output(np.array([10])),
    }
    ways = (
        "input conv_a a sum conv_b b scale mean c flat_c dense_c out Output",
        "a conv_d d",
        "a flat_a late dense_a out",
    )
    edges = [pair for way in ways for pair in pairwise(way.split())]
    return nir.NIRGraph({**nodes, **changes}, edges, metadata={"dt": 1.0, "time_unit": "ms"}, type_check=False)


def test_convolutions_and_pooling_run_as_in_the_reader(tmp_path: Path) -> None:
    path, n_steps = tmp_path / "conv.nir", 60
    write_nir(path, convolutions())
    imported = read_nir(path)
    graph = imported.experiment.graph(*PICTURE)
    kinds = {name: each.connect.kind for name, each in graph.projections.items() if each.source != "bias"}
    assert kinds == {
        **dict.fromkeys(("conv_a", "conv_b", "scale"), "local"),
        **dict.fromkeys(("conv_d", "dense_c"), "all"),  # no square; lists
        **dict.fromkeys(("dense_a", "dense_a_2"), "table"),  # those of one delay each
    }
    assert graph.populations["a"].shape == (8, 8, 4)
    simulator = open_network(graph, "runtime")
    simulator.set_learned(Learned(imported.learned))
    responses = []
    for seed in (1, 2):
        simulator.reset()
        responses.append(simulator.present(random_spikes(seed, n_steps, 0.1, 64), n_steps, plastic=False))
    inputs = np.zeros((n_steps, 2, 64))
    for k, response in enumerate(responses):
        inputs[response.input.bin, k, response.input.index] = 1
    found = independent.simulate(nir.read(path, type_check=False), inputs, 1.0)
    for name in ("a", "b", "c", "d", "out"):
        shape = graph.populations[name].shape
        for k, response in enumerate(responses):
            mine = fired(response, n_steps)[name]
            if len(shape) == 3:  # rows, columns, channels; the file has channels first
                mine = mine.reshape(n_steps, *shape).transpose(0, 3, 1, 2).reshape(n_steps, -1)
            np.testing.assert_array_equal(found[name].spikes[:, k], mine, err_msg=name)
            assert mine.sum() > 10, name


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("alike", [False, True])
def test_a_run_of_a_file_with_convolutions_answers_pictures_as_the_reader_does(alike: bool, tmp_path: Path) -> None:
    path, n_steps = tmp_path / "conv.nir", 30
    nodes = convolutions().nodes
    if alike:  # constant inputs would come from a neuron, and lead by a matrix
        nodes["conv_a"].bias[...] = nodes["conv_b"].bias[...] = 0
        nodes["b"].r[...] = 1.0
        nodes["a"].v_threshold[...] /= 2
    write_nir(path, convolutions(**nodes))
    shown_to_it = {
        "data.kind": "digits",
        "encoding.kind": "current",
        "schedule.stimulus": f"{n_steps} ms",
        **{f"schedule.{part}_images": 6 for part in ("train", "label", "test")},
    }
    run = stdpbench.start(path, set=shown_to_it, runs=tmp_path, wait=True, baselines=False, workers=1)
    pixels = np.asarray(run.experiment.data.prepare().test.static[:6], np.float64).reshape(6, -1)
    currents = Current().currents_of(pixels)
    found = independent.simulate(nir.read(path, type_check=False), np.broadcast_to(currents, (n_steps, 6, 64)), 1.0)
    with np.load(run.path / "test.npz") as kept:
        np.testing.assert_array_equal(kept["spike_counts"], found["out"].spikes.sum(axis=0))
    # and out again
    again = run.export_nir(tmp_path / "again.nir", stimuli=6)
    assert (again.stimuli, again.different) == (6, 0)
    kinds = {again.nodes[name] for name in ("conv_a", "conv_b", "scale")}
    assert kinds == {"Conv2d" if alike else "Linear"}


def test_convolutions_that_do_not_fit_are_refused_with_the_name_of_their_node(tmp_path: Path) -> None:
    kernel, ones = np.ones((6, 2, 3, 3)), np.ones((6, 3, 3))
    for changes, sentence in (
        ({"conv_b": convolved(kernel, (4, 4), groups=1)}, "conv_b.weight takes 2 channels, but sum gives 4"),
        (
            {"conv_b": convolved(kernel, (5, 5), groups=2)},
            "conv_b expects 5 × 5 values per channel",
        ),
        ({"b": nir.IF(r=ones, v_threshold=ones)}, "conv_b gives 6 × 2 × 2 numbers to b, which has 54 neurons"),
        (
            {"input": nir.Input(np.array([64]))},
            "conv_a needs rows and columns, but input gives 64 numbers",
        ),
        ({"scale": nir.Scale(np.arange(24.0).reshape(6, 2, 2))}, "mean needs rows and columns, but scale gives 24"),
        (
            {"conv_a": nir.Conv1d(8, np.ones((4, 1, 3)), 1, 0, 1, 1, np.zeros(4))},
            "the node 'conv_a' is of type Conv1d",
        ),
    ):
        with refused(sentence, alone=True):
            read_nir(written(tmp_path / "net.nir", convolutions(**changes)))


ACCEPTANCE = {
    "reset to zero": ("run", "digits-discrete", {"exc.refractory_steps": 0}),
    "delays": (
        "run",
        "digits-discrete",
        {
            "exc.refractory_steps": 0,
            "network.inhibition": "direct",
            "network.delays": "homogeneous",
            "network.max_delay": 5,
        },
    ),
    "two layers": (
        "surrogate-gradient",
        "digits",
        {"network.hidden": [64, 32], "network.reset": "zero", "reference.batch": 50, "schedule.passes": 8},
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ACCEPTANCE)
def test_200_pictures_evoke_the_same_spikes_in_run_and_file(name: str, tmp_path: Path) -> None:
    kind, experiment, changes = ACCEPTANCE[name]
    chosen: dict[str, Any] = {
        "set": {**changes, "schedule.label_images": 500},
        "runs": tmp_path / "runs",
        "wait": True,
    }
    if kind == "run":
        chosen["set"] |= {"schedule.passes": 1}
        run = stdpbench.start(experiment, **chosen, baselines=False)
    else:
        run = stdpbench.reference(kind, experiment, **chosen)
    found = run.export_nir(tmp_path / "network.nir", stimuli=200)
    assert (found.stimuli, found.different, found.marks) == (200, 0, ())
    assert found.spikes > 2000
    # and a network from a file is tested like the run that wrote it
    again = stdpbench.start(tmp_path / "network.nir", runs=tmp_path / "runs", wait=True, baselines=False)
    assert abs(again.scores["vote"]["accuracy"] - run.scores["vote"]["accuracy"]) < 0.05
