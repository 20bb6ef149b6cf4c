"""A stream: the cut into pieces changes no spike, no weight and no threshold, to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from graphs import graph, start_weights
from networks import SIMULATORS, Closer, open_network, random_spikes
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import draw_noise
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.checks import problems
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.noises.poisson import PoissonNoise

NETWORKS = {
    "delays": (
        "input:input:12 exc:adaptive:4x3 inh:lif:12",
        """
        feed input>exc all each pair ge uniform plain
        other input>exc all one triplet ge uniform scaled
        drive exc>inh one-to-one each static ge uniform plain
        within exc>exc all each triplet ge uniform plain
        again exc>exc one-to-one one pair ge uniform plain
        back inh>exc others one homeostatic gi uniform plain
        """,
    ),
    "no-delays": (
        "input:input:12 exc:adaptive:4x3 inh:lif:12",
        """
        feed input>exc all none pair ge uniform plain
        other input>inh one-to-one each homeostatic ge uniform plain
        within exc>exc all one static ge constant plain
        compete exc>exc field one static gi constant plain
        back inh>exc others none static gi constant plain
        """,
    ),
    "sparse": (
        "input:input:12 exc:adaptive:4x3 inh:lif:12",
        """
        feed input>exc random each pair ge uniform plain
        drive exc>inh random one triplet ge uniform scaled
        within exc>exc random each static ge uniform plain
        back inh>exc random none homeostatic gi uniform plain
        """,
    ),
    "no-input": (
        "pace:tonic:2x4 exc:adaptive:2x4",
        """
        drive pace>exc all each pair ge uniform plain
        within exc>exc others each homeostatic gi uniform plain
        """,
    ),
}
N_BINS = 240
CUTS = {
    "whole": [N_BINS],
    "halves": [120, 120],
    "shorter than delays": [1, 2, 3, 1, 1, 5, 107, 3, 117],
    "steps": [1] * N_BINS,
}


def network(name: str) -> Graph:
    made = replace(graph(*NETWORKS[name]), stream=True)
    exc = made.populations["exc"].model_copy(
        update={"neuron": AdaptiveLIF(tau_m=20.0, theta_plus=0.2, tau_theta=500.0)}
    )
    return replace(made, populations={**made.populations, "exc": exc})


def noisy() -> Graph:
    made = network("no-delays")
    noise = PoissonNoise(rate=200.0, weight=0.3, receptor="ge")
    exc = made.populations["exc"].model_copy(update={"noise": noise})
    return replace(made, populations={**made.populations, "exc": exc})


def opened(made: Graph, name: str) -> Simulator:
    simulator = open_network(made, name)
    for projection, w in start_weights(made).items():
        if not made.projections[projection].one_weight:
            simulator.weights(projection)[...] = w
    simulator.reset()
    return simulator


def part(spikes: Spikes, start: int, stop: int) -> Spikes:
    first, last = np.searchsorted(spikes.bin, [start, stop])
    return Spikes(spikes.index[first:last], spikes.bin[first:last] - np.int32(start))


def stream(
    simulator: Simulator, spikes: Spikes, pieces: Sequence[int], start: int = 0
) -> dict[str, list[NDArray[np.int64]]]:
    """Show a stream in pieces; bin and index of all spikes by population."""
    found: dict[str, list[NDArray[np.int64]]] = {}
    for n_bins in pieces:
        noise = draw_noise(simulator.graph, (1,), start, n_bins)
        response = simulator.present(part(spikes, start, start + n_bins), n_bins, plastic=True, noise=noise)
        for name, each in response.spikes.items():
            found.setdefault(name, []).append(np.stack([each.bin.astype(np.int64) + start, each.index], axis=1))
        start += n_bins
    return found


def assert_same(one: dict[str, NDArray[np.float64]], other: dict[str, NDArray[np.float64]], what: str) -> None:
    for name, array in one.items():
        assert array.tobytes() == other[name].tobytes(), f"{name} differs: {what}"


@pytest.mark.parametrize("simulator_name", SIMULATORS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_cut_of_a_stream_changes_no_bit(name: str, simulator_name: str, closed: Closer) -> None:
    made = network(name)
    simulator = closed(opened(made, simulator_name))
    start = simulator.state()
    spikes = random_spikes(3, N_BINS, 0.05, 12 if made.input else 0)
    wanted, spiked = None, None
    for what, pieces in CUTS.items():
        simulator.set_state(start)
        found = {population: np.concatenate(each) for population, each in stream(simulator, spikes, pieces).items()}
        state = simulator.state()
        if wanted is None or spiked is None:
            wanted, spiked = state, found
            assert all(len(each) > 20 for each in found.values()), "nothing happens"
            assert all((wanted[f"{each}.w"] != start[f"{each}.w"]).any() for each in made.plastic), (
                "nothing is learned"
            )
        for population, each in found.items():
            np.testing.assert_array_equal(each, spiked[population], err_msg=f"{population}: {what}")
        assert_same(wanted, state, what)


@pytest.mark.parametrize("simulator_name", SIMULATORS)
def test_noise_goes_on_across_cuts(simulator_name: str, closed: Closer) -> None:
    simulator = closed(opened(noisy(), simulator_name))
    start, spikes, states = simulator.state(), random_spikes(3, N_BINS, 0.05, 12), []
    for pieces in CUTS.values():
        simulator.set_state(start)
        stream(simulator, spikes, pieces)
        states.append(simulator.state())
    for state in states[1:]:
        assert_same(states[0], state, "with noise")


def test_ten_seconds_in_pieces_of_one(closed: Closer) -> None:
    made = network("delays")
    simulator = closed(opened(made, "compiled"))
    start, spikes = simulator.state(), random_spikes(4, 20_000, 0.05, 12)
    whole = stream(simulator, spikes, [20_000])
    wanted = simulator.state()
    simulator.set_state(start)
    cut = stream(simulator, spikes, [2000] * 10)
    for population, each in whole.items():
        np.testing.assert_array_equal(np.concatenate(cut[population]), each[0])
    assert_same(wanted, simulator.state(), "pieces of 1 s")


def test_both_simulators_give_the_same_spikes() -> None:
    made, spikes = network("delays"), random_spikes(6, N_BINS, 0.05, 12)
    one, other = (stream(opened(made, name), spikes, CUTS["shorter than delays"]) for name in SIMULATORS)
    for population, pieces in one.items():
        np.testing.assert_array_equal(np.concatenate(pieces), np.concatenate(other[population]))


def test_thresholds_decay_by_their_equation(closed: Closer) -> None:
    simulator = closed(opened(network("no-delays"), "compiled"))
    simulator.array("exc.theta")[...] = 0.5  # volt: nothing fires
    simulator.present(random_spikes(1, 100, 0.05, 12), 100, plastic=True)
    np.testing.assert_allclose(simulator.theta, 0.5 * np.exp(-50 / 500), rtol=1e-12)
    before = simulator.theta.copy()
    simulator.present(random_spikes(2, 100, 0.05, 12), 100, plastic=False)
    assert (simulator.theta == before).all(), "what does not learn keeps every bit"


def test_rules_that_act_in_every_step_are_refused() -> None:
    made = graph("input:input:12 exc:adaptive:4x3", "feed input>exc all none reward ge uniform plain")
    assert not list(problems(made))
    (sentence,) = problems(replace(made, stream=True))
    assert sentence == (
        "network.projections.feed.plasticity.kind 'reward' changes weights in every step, which depends on the cut of "
        "a stream (schedule.between)"
    )


def test_a_stream_is_another_network(closed: Closer) -> None:
    made = network("no-delays")
    simulator = closed(opened(made, "compiled"))
    with pytest.raises(StdpbenchError, match=r"schedule\.between is structural"):
        simulator.set_graph(replace(made, stream=False))
