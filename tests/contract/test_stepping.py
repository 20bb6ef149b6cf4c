"""Steps in Brian2's runtime mode leave out what Brian2 does in vain, and have the same result to the bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import test_learned_delays
from graph_script import Presentation
from graphs import alone, fixed, presentations
from networks import assert_same_bytes, experiment, open_network, random_spikes
from test_graphs import fingerprint, shown_to

from stdpbench.engine.simulators import runtime
from stdpbench.experiment.graph import Graph

N_BINS = test_learned_delays.N_BINS


def digits() -> tuple[Graph, list[Presentation]]:
    made = experiment("direct", "uniform").graph(100)
    return made, [_presentation(random_spikes(n, 160, 0.05, 100), 200, made, n != 1) for n in range(3)]


def learned_delays() -> tuple[Graph, list[Presentation]]:
    made = test_learned_delays.graph()
    return made, [_presentation(test_learned_delays.shown(n), N_BINS, made, n != 1) for n in range(3)]


def side_by_side() -> tuple[Graph, list[Presentation]]:
    return fixed("D"), presentations(fixed("D"), alone("D"))


def _presentation(spikes, n_bins: int, made: Graph, learns: bool) -> Presentation:
    return Presentation(spikes, n_bins, frozenset(made.plastic) if learns else frozenset())


@pytest.mark.parametrize("network", [digits, learned_delays, side_by_side])
def test_steps_are_those_of_brian2_to_the_bit(
    network: Callable[[], tuple[Graph, list[Presentation]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, shown = network()
    mine = open_network(made, "runtime")
    monkeypatch.setattr(runtime, "step_of", lambda obj: obj.run)
    theirs = open_network(made, "runtime")
    fired = 0
    for each in shown:
        responses = [shown_to(simulator, each) for simulator in (mine, theirs)]
        assert fingerprint(responses[0]) == fingerprint(responses[1])
        assert_same_bytes(mine.state(), theirs.state())
        fired += sum(len(spikes.index) for spikes in responses[0].spikes.values())
    assert fired > 20
    mine.close()
    theirs.close()
