"""Rates of populations over the presentations that a reader received last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.analysis.frame_spikes import rates_in
from stdpbench.runs.analysis.recent_answers import RecentRates

USUAL = read_experiment("digits").override({"network.n_exc": 10})
GRAPH = USUAL.graph(8, 8)
STACK = Experiment.from_mapping({"network": {"kind": "stack", "n_first": 5, "n_second": 2}}).graph(8, 8)


def spikes(n: int, bins: int = 3) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(n, np.int32), np.full(n, bins, np.int32)


def frame(number: int, n_exc: int = 0, **more: Any) -> dict[str, Any]:
    """A frame as a process sends it for the usual network."""
    sent = {"input": spikes(64), "exc": spikes(n_exc)}
    return {"presentation": number, "stimulus_bins": 700, "read": "exc", "spikes": sent, **more}


def test_rates_are_means_per_neuron_and_second_of_the_stimulus() -> None:
    rates = rates_in(frame(0, 7), GRAPH, 0.5)
    assert rates == {"input": pytest.approx(1 / 0.35), "exc": pytest.approx(0.7 / 0.35)}
    late = frame(0, spikes={"exc": spikes(7, bins=700)})  # in the rest
    assert rates_in(late, GRAPH, 0.5)["exc"] == 0.0
    short = frame(0, 7, stimulus_bins=200)  # a signal that ends earlier
    assert rates_in(short, GRAPH, 0.5)["exc"] == pytest.approx(0.7 / 0.1)


def test_no_rate_is_better_than_a_false_one() -> None:
    sent = {"input": spikes(2), "second": spikes(4)}
    assert rates_in(frame(0, spikes=sent), STACK, 0.5).keys() == {
        "input",
        "second",
    }  # not first, of which nothing was sent
    unknown = USUAL.graph()  # before the data give the size of the input
    assert rates_in(frame(0, 7), unknown, 0.5).keys() == {"exc"}


def test_means_over_the_last_presentations() -> None:
    recent = RecentRates()
    assert (recent.rates, recent.n, recent.last) == ({}, 0, -1)
    assert not recent.take({}, GRAPH, 0.5)
    for number in range(30):
        assert recent.take(frame(3 * number, number), GRAPH, 0.5)
        assert not recent.take(frame(3 * number, number), GRAPH, 0.5)  # the same again
    assert (recent.n, recent.last) == (20, 87)
    assert recent.rates["exc"] == pytest.approx(np.mean(range(10, 30)) / 10 / 0.35)
    recent.take(frame(12, 10), GRAPH, 0.5)  # rewound
    assert (recent.n, recent.last) == (1, 12)
    assert recent.rates["exc"] == pytest.approx(1 / 0.35)
    sent = {"input": spikes(2), "second": spikes(4)}
    recent.take(frame(15, spikes=sent), STACK, 0.5)  # another network
    assert recent.n == 1
    recent.reset()
    assert (recent.rates, recent.n) == ({}, 0)
