"""NIR files of other programs: rules change the synapses that a file has, and what is wrong with one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest
from networks import open_network, random_spikes
from numpy.typing import NDArray
from refusals import refused

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir import independent
from stdpbench.bridges.nir.imported import nir_network
from stdpbench.bridges.nir.reading import read_nir
from stdpbench.engine.network import Learned

N_INPUT, N_NEURONS = 64, 10
WAY = [("input", "late"), ("late", "fc"), ("fc", "lif"), ("lif", "output")]
SHOWN = {"data.kind": "digits", "encoding.kind": "poisson"}
FEW = {f"schedule.{part}_images": 10 for part in ("train", "label", "test")}


def lif(**values: float) -> nir.LIF:
    usual = {"tau": 20.0, "r": 20.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **values}
    return nir.LIF(**{name: np.full(N_NEURONS, value) for name, value in usual.items()})


def file_with(
    path: Path, delays: NDArray[np.float64], edges: list[tuple[str, str]] = WAY, **nodes: nir.NIRNode
) -> Path:
    """Write inputs that are delayed, weights and neurons."""
    usual: dict[str, nir.NIRNode] = {
        "input": nir.Input({"input": np.array([N_INPUT])}),
        "late": nir.Delay(delays),
        "fc": nir.Linear(np.random.default_rng(1).uniform(0.01, 0.1, (N_NEURONS, N_INPUT))),
        "lif": lif(),
        "output": nir.Output({"output": np.array([N_NEURONS])}),
    }
    graph = nir.NIRGraph({**usual, **nodes}, edges, metadata={"dt": 1.0, "time_unit": "ms"}, type_check=False)
    nir.write(path, graph)
    return path


def with_value(path: Path, where: str, value: Any) -> Path:
    with h5py.File(file_with(path, np.ones(N_INPUT)), "r+") as file:
        del file[f"node/{where}"]
        file[f"node/{where}"] = value
    return path


@pytest.mark.timeout(300)
def test_a_rule_changes_each_synapse_of_a_file_once_whatever_its_delay(tmp_path: Path) -> None:
    path = file_with(tmp_path / "late.nir", np.arange(N_INPUT) % 3.0)
    ways = ("fc", "fc_2", "fc_3")
    learns = {f"network.projections.{name}.plasticity.kind": "pair-additive" for name in ways}
    changes = {**SHOWN, **FEW, **learns, "schedule.passes": 1, "schedule.stimulus": "60 ms"}
    run = stdpbench.start(path, set=changes, runs=tmp_path, wait=True, baselines=False, workers=1)
    graph = run.experiment.graph(8, 8)
    assert [graph.projections[name].delay.longest for name in ways] == [0.0, 1.0, 2.0]
    pairs = [(int(i), int(j)) for name in ways for i, j in zip(*pairs_of(graph.synapses(name)), strict=True)]
    assert sorted(pairs) == [(i, j) for i in range(N_INPUT) for j in range(N_NEURONS)]
    changed = 0
    for name in ways:
        start, learned = (np.load(run.path / folder / f"{name}.w.npy") for folder in ("start_learned", "learned"))
        assert learned.shape == start.shape == (len(graph.synapses(name)),)
        changed += np.count_nonzero(learned != start)
    assert changed > 50
    # the file is no longer needed, and what has been learned fires as NIR's equations say
    path.unlink()
    written = run.export_nir(tmp_path / "learned.nir", stimuli=3)
    assert (written.different, written.frozen) == (0, ways)
    assert written.spikes > 50


def pairs_of(synapses: Any) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return synapses.source, synapses.target


@pytest.mark.timeout(300)
def test_a_rule_may_change_a_layer_that_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STDPBENCH_FIGURES", "1")
    behind = {"last": nir.Linear(np.full((4, N_NEURONS), 0.3)), "out": nir.IF(np.ones(4), np.ones(4))}
    edges = [("input", "fc"), ("fc", "lif"), ("lif", "last"), ("last", "out"), ("out", "output")]
    path = file_with(tmp_path / "deep.nir", np.ones(N_INPUT), edges, **behind, output=nir.Output(np.array([4])))
    with h5py.File(path, "r+") as file:
        del file["node/nodes/late"]
    learns = {"network.projections.fc.plasticity.kind": "pair-additive", "schedule.passes": 1}
    changes = {**SHOWN, **FEW, **learns, "schedule.stimulus": "40 ms"}
    run = stdpbench.start(path, set=changes, runs=tmp_path, wait=True, baselines=False, workers=1)
    assert run.state == "finished"
    assert (run.path / "figures" / "receptive_fields.png").is_file()


def test_neurons_that_reach_themselves_may_have_delays_of_their_own(tmp_path: Path) -> None:
    back = {"back": nir.Linear(np.eye(N_NEURONS)), "slow": nir.Delay(1.0 + np.arange(N_NEURONS) % 2)}
    edges = [*WAY, ("lif", "back"), ("back", "slow"), ("slow", "lif")]
    found = read_nir(file_with(tmp_path / "back.nir", np.zeros(N_INPUT), edges, **back))
    graph = found.experiment.graph(8, 8)
    for name, odd in (("back", 0), ("back_2", 1)):
        synapses = graph.synapses(name)
        assert set(synapses.target.tolist()) == set(range(odd, N_NEURONS, 2))
        np.testing.assert_array_equal(found.learned[f"{name}.w"], synapses.source == synapses.target)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("nodes/fc/weight", "the weight of fc"),
        ("nodes/late/delay", "the delay of late"),
        ("nodes/lif/tau", "the tau of lif"),
        ("nodes/lif/v_threshold", "the v_threshold of lif"),
    ],
)
def test_values_that_are_no_real_numbers_are_refused(where: str, name: str, tmp_path: Path) -> None:
    path = with_value(tmp_path / "net.nir", where, 1j)
    with h5py.File(path, "r+") as file:
        shape = {"fc": (N_NEURONS, N_INPUT), "late": (N_INPUT,), "lif": (N_NEURONS,)}[where.split("/")[1]]
        del file[f"node/{where}"]
        file[f"node/{where}"] = np.ones(shape) * (20 + 2j)
    with pytest.raises(StdpbenchError, match=f"^net.nir: {name} must be real numbers, not of type complex128$"):
        read_nir(path)


@pytest.mark.parametrize(
    ("edges", "sentences"),
    [
        (WAY[1:], ["'input' has no outgoing edge", "'late' has no incoming edge"]),
        (WAY[:-1], ["'lif' has no outgoing edge", "'output' has no incoming edge"]),
        ([*WAY[:1], *WAY[2:]], ["'fc' has no incoming edge", "'late' has no outgoing edge"]),
    ],
)
def test_missing_edges_are_named(edges: list[tuple[str, str]], sentences: list[str], tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError) as caught:
        read_nir(file_with(tmp_path / "net.nir", np.ones(N_INPUT), edges))
    assert sorted(caught.value.sentences) == [f"net.nir: the node {sentence}" for sentence in sentences]


def test_an_output_that_is_not_of_neurons_is_refused_with_its_type(tmp_path: Path) -> None:
    ends = {"input": nir.Input({"input": np.array([4])}), "output": nir.Output({"output": np.array([4])})}
    path = tmp_path / "net.nir"
    nir.write(path, nir.NIRGraph(ends, [("input", "output")], metadata={"dt": 1.0, "time_unit": "ms"}))
    with pytest.raises(StdpbenchError, match="the output is that of input, a node of type Input; only spikes of"):
        read_nir(path)


def test_no_terminal_obeys_a_file(tmp_path: Path) -> None:
    path = with_value(tmp_path / "net.nir", "nodes/lif/type", "Izhi\x1b[31m\nRED")
    with refused(match=r"the node 'lif' is of type Izhi\\u001b\[31m\\nRED, which", alone=True):
        nir_network(path, {})
    with h5py.File(file_with(path, np.ones(N_INPUT)), "r+") as file:
        file["node/metadata/another_network"] = "no \x1b]0;leak\x07"
    network = nir_network(path, {})
    assert network.remarks == (
        r"net.nir is marked as a different network from that of its run: no \u001b]0;leak\u0007.",
    )


def test_delays_that_cannot_run_are_those_of_a_node_of_the_file(tmp_path: Path) -> None:
    path = file_with(tmp_path / "net.nir", np.full(N_INPUT, 150.0))
    with pytest.raises(StdpbenchError, match=r"^net.nir: delays of up to 150 ms by late; at most 100 ms run here$"):
        read_nir(path)
    read_nir(file_with(path, np.full(N_INPUT, 100.0)))
    file_with(path, np.arange(N_INPUT) % 10.0)
    with pytest.raises(StdpbenchError) as caught:
        stdpbench.start(path, set={**SHOWN, "encoding.kind": "current"}, runs=tmp_path)
    assert caught.value.sentences == (
        "the Delay late of the file cannot delay the currents of encoding.kind 'current'",
    )


@pytest.mark.parametrize(
    ("tau", "unit", "said"),
    [
        (-20.0, "ms", r"-20 ms, and must be at least one time step \(1 ms\)$"),
        (-20.0, "s", r"-20 s, and must be at least one time step \(1 ms\)$"),
        (0.0005, "s", r"0.0005 s, and must be at least one time step \(1 ms\); set a smaller network.dt$"),
        (-20.0, "", r"-20 ms, and"),
        (-0.02, "", r"-0.02 s, and"),
    ],
)
def test_a_time_constant_is_quoted_as_in_the_file(tau: float, unit: str, said: str, tmp_path: Path) -> None:
    path = file_with(tmp_path / "net.nir", np.zeros(N_INPUT), lif=lif(tau=tau))
    with h5py.File(path, "r+") as file:
        metadata = file["node/metadata"]
        del metadata["time_unit"], metadata["dt"]
        if unit:
            metadata["time_unit"] = unit
    with pytest.raises(StdpbenchError, match=f"^net.nir: tau of lif is {said}"):
        read_nir(path, 1.0)


@pytest.mark.parametrize("n_delays", [1, 2])
def test_neurons_without_a_matrix_before_them_get_one_synapse_each(n_delays: int, tmp_path: Path) -> None:
    edges = [("input", "gain"), ("gain", "late"), ("late", "lif"), ("lif", "output")]
    gain = nir.Scale(np.linspace(0.5, 1.5, N_NEURONS))
    delays, entry = 1 + np.arange(N_NEURONS) % float(n_delays), nir.Input({"input": np.array([N_NEURONS])})
    path = file_with(tmp_path / "own.nir", delays, edges, input=entry, gain=gain)
    with h5py.File(path, "r+") as file:
        del file["node/nodes/fc"]
    imported = read_nir(path)
    graph = imported.experiment.graph(N_NEURONS)
    assert {each.connect.kind for each in graph.projections.values()} == {"table"}
    assert len(graph.projections) == n_delays
    weights = np.concatenate([imported.learned[f"{name}.w"] for name in graph.projections])
    np.testing.assert_allclose(np.sort(weights), gain.scale)
    simulator = open_network(graph, "runtime")
    simulator.set_learned(Learned(imported.learned))
    response = simulator.present(random_spikes(1, 58, 0.4, N_NEURONS), 60, plastic=False)
    inputs, mine = np.zeros((60, 1, N_NEURONS)), np.zeros((60, N_NEURONS), bool)
    inputs[response.input.bin, 0, response.input.index] = 1
    mine[response.spikes["lif"].bin, response.spikes["lif"].index] = True
    found = independent.simulate(nir.read(path), inputs, 1.0)
    np.testing.assert_array_equal(found["lif"].spikes[:, 0], mine)
    assert mine.sum() > 10
