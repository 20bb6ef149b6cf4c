"""The network of Izhikevich (2006), small: both simulators give the spikes and weights of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from networks import SIMULATORS, spikes_at
from numpy.typing import NDArray
from spnet import Spnet

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import draw_noise
from stdpbench.engine.simulators import Simulator, find_compiler, open_graph
from stdpbench.experiment import read_experiment
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.delays.stepped import Stepped

N_EXC, N_INH, N_MS, PERIOD = 40, 10, 900, 150
SIZES = {"exc": N_EXC, "inh": N_INH}
START = {"exc": 0, "inh": N_EXC}
WEIGHT = {"exc": 9.0, "inh": 6.0}


def small() -> Graph:
    """The experiment with 50 neurons, more noise, and updates every 150 ms."""
    made = read_experiment("polychrony-2006").graph()
    noise = {name: p.noise for name, p in made.populations.items()}
    populations = {
        name: p.model_copy(update={"shape": (SIZES[name],), "noise": noise[name].model_copy(update={"rate": 15.0})})
        for name, p in made.populations.items()
    }
    projections = {}
    for name, each in made.projections.items():
        degree = {"exc_exc": 16, "exc_inh": 4, "inh_exc": 10}[name]
        changes = {"connect": Random(out_degree=degree)}
        changes["weight"] = each.weight.model_copy(update={"value": WEIGHT[each.source]})
        if each.plasticity is not None:
            changes["plasticity"] = each.plasticity.model_copy(update={"period": PERIOD * 1e-3})
            changes["delay"] = Stepped(high=7.0)
        projections[name] = each.model_copy(update=changes)
    return replace(made, populations=populations, projections=projections)


def opened(made: Graph, name: str) -> Simulator:
    if name == "compiled" and find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    simulator, _ = open_graph(made, name, target="numpy" if name == "runtime" else None)
    for projection in made.plastic:
        simulator.weights(projection)[...] = WEIGHT["exc"]
    simulator.reset()
    return simulator


@pytest.fixture(scope="module")
def simulators() -> Iterator[dict[str, Simulator]]:
    made = {name: opened(small(), name) for name in SIMULATORS}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def start(simulators: dict[str, Simulator]) -> dict[str, NDArray[np.float64]]:
    return simulators["runtime"].state()


def shown(simulator: Simulator, pieces: list[int]) -> list[tuple[int, int]]:
    """Spikes of all neurons as (step, neuron), those of inhibitory neurons behind the others."""
    found, done = list[tuple[int, int]](), 0
    for n_bins in pieces:
        noise = draw_noise(simulator.graph, (3,), done, n_bins)
        response = simulator.present(spikes_at(), n_bins, plastic=True, noise=noise)
        for name, spikes in response.spikes.items():
            places = zip(spikes.bin.tolist(), spikes.index.tolist(), strict=True)
            found += [(done + step, START[name] + index) for step, index in places]
        done += n_bins
    return sorted(found)


def reference(simulator: Simulator) -> tuple[Spnet, NDArray[np.int64]]:
    """The same network for the loop, whose milliseconds begin with the spikes that end a step here."""
    parts = []
    for name, each in simulator.graph.projections.items():
        synapses, delays = simulator.synapses(name), simulator.delays(name)
        late = np.zeros(len(synapses), int) if delays is None else delays
        s = np.full(len(synapses), {"exc": 1, "inh": -1}[each.source] * WEIGHT[each.source])
        parts.append((synapses.source + START[each.source], synapses.target + START[each.target], late + 1, s))
    thalamic = np.zeros((N_MS + 1, N_EXC + N_INH), np.int64)
    for name, spikes in draw_noise(simulator.graph, (3,), 0, N_MS).items():
        np.add.at(thalamic, (spikes.bin + 1, spikes.index + START[name]), 1)
    neurons = [np.repeat(values, list(SIZES.values())) for values in ([0.02, 0.1], [8.0, 2.0])]
    columns = (np.concatenate(column).astype(np.int64) for column in list(zip(*parts, strict=True))[:3])
    rule = simulator.graph.projections["exc_exc"].plasticity
    assert rule.a_plus * np.exp(-1 / 20) == pytest.approx(0.1, rel=1e-8)
    weights = np.concatenate([part[3] for part in parts])
    return Spnet(*neurons, *columns, weights, a_plus=rule.a_plus * np.exp(-1 / 20)), thalamic


def test_both_simulators_give_what_the_plain_loop_gives(
    simulators: dict[str, Simulator], start: dict[str, NDArray[np.float64]]
) -> None:
    loop, thalamic = reference(simulators["runtime"])
    wanted, weights = loop.run(thalamic, PERIOD)
    spikes = [(ms - 1, neuron) for ms, neuron in wanted]
    assert len(spikes) > 300
    assert len({neuron for _, neuron in spikes if neuron >= N_EXC}) == N_INH
    for name, simulator in simulators.items():
        simulator.set_state(start)
        assert shown(simulator, [N_MS]) == spikes, name
        learned = np.concatenate([simulator.weights(projection) for projection in simulator.graph.plastic])
        np.testing.assert_allclose(learned, weights[weights >= 0], rtol=0, atol=1e-9, err_msg=name)
    moved = np.abs(learned - WEIGHT["exc"])
    assert moved.max() > 0.5
    assert (learned == 10.0).any()
    assert np.unique(moved.round(6)).size > 100


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_cut_changes_no_bit_of_weights_that_are_updated_now_and_then(
    name: str, simulators: dict[str, Simulator], start: dict[str, NDArray[np.float64]]
) -> None:
    simulator, outcomes = simulators[name], []
    cuts = [[N_MS], [PERIOD] * 6, [149, 1, 1, 149, 300, 7, 293], [100] * 9, [20] * 2 + [1] * 260 + [600]]
    for cut in cuts if name == "compiled" else cuts[:3]:
        simulator.set_state(start)
        spikes = shown(simulator, cut)
        outcomes.append((spikes, {key: array.tobytes() for key, array in simulator.state().items()}))
    for spikes, state in outcomes[1:]:
        assert spikes == outcomes[0][0]
        assert [key for key in state if state[key] != outcomes[0][1][key]] == []


def test_a_projection_that_does_not_learn_keeps_every_bit_and_its_clock(
    simulators: dict[str, Simulator], start: dict[str, NDArray[np.float64]]
) -> None:
    simulator = simulators["runtime"]
    simulator.set_state(start)
    noise = draw_noise(simulator.graph, (3,), 0, 200)
    record = {"exc": [0, 5]}
    response = simulator.present(spikes_at(), 200, plastic={"exc_inh"}, noise=noise, record=record)
    state = simulator.state()
    for variable in ("w", "slope", "since_update"):
        assert state[f"exc_exc.{variable}"].tobytes() == start[f"exc_exc.{variable}"].tobytes()
    assert state["exc_inh.since_update"].tolist() == [50]
    assert (state["exc_inh.w"] != start["exc_inh.w"]).any()
    assert response.recordings["exc"].courses["v"].shape == (200, 2)


def test_without_a_stream_there_are_no_periods() -> None:
    with pytest.raises(StdpbenchError, match="once per period need a stream"):
        open_graph(replace(small(), stream=False), "runtime", target="numpy")
    with pytest.raises(StdpbenchError, match=r"once per period of a stream; set schedule\.between = 'stream'"):
        read_experiment("polychrony-2006").override({"data.kind": "digits", "schedule.between": "reset"})
