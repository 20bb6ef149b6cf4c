"""Answers from spikes up to a moment within the presentation."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.readout import NO_ANSWER, Assignment, SpikeTrains
from stdpbench.results.readout.over_time import answers_over_time
from stdpbench.results.readout.vote import Vote

ASSIGNMENT = Assignment(np.array([0, 1]), np.eye(2), np.array([5, 5]))


def trains(*pictures: list[tuple[int, int]], n_bins: int = 20) -> SpikeTrains:
    """Return trains from (bin, neuron) of the spikes of each picture."""
    parts = [(np.array([n for _, n in each], np.int64), np.array([b for b, _ in each], np.int64)) for each in pictures]
    return SpikeTrains.of_pictures(parts, 2, n_bins, 0.5)


def test_answers_at_each_moment() -> None:
    # picture 0: class 0 from step 4; picture 1: 0 at step 2, 1 from step 11 on; picture 2: never fires
    found = answers_over_time(trains([(4, 0)], [(2, 0), (9, 1), (11, 1)], []), ASSIGNMENT, Vote(), 10)
    assert found.time.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]  # ms: every second step
    none = NO_ANSWER
    assert found.answers[:, 0].tolist() == [none] * 2 + [0] * 8
    assert found.answers[-1].tolist() == [0, 1, none]
    assert found.settled[:2].tolist() == [3, 6]
    assert np.isnan(found.settled[2])
    assert found.accuracy(np.array([0, 1, 0])) == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, *[2 / 3] * 4])


def test_the_last_moment_is_the_whole_response() -> None:
    random = np.random.default_rng(0)
    pictures = [sorted(zip(random.integers(0, 20, 9), random.integers(0, 2, 9), strict=True)) for _ in range(50)]
    made = trains(*[[(int(b), int(n)) for b, n in each] for each in pictures])
    found = answers_over_time(made, ASSIGNMENT, Vote(), 7)
    assert found.answers[-1].tolist() == Vote().predict(made.counts(), ASSIGNMENT).tolist()
    assert len(found.time) == 7
    assert found.time[-1] == 10
    for number, moment in enumerate((found.settled * 2).astype(int).tolist()):
        before = made.part(number, number + 1)
        kept = before.bin < moment
        counts = np.bincount(before.neuron[kept], minlength=2)[None]
        assert Vote().predict(counts, ASSIGNMENT)[0] == found.answers[-1, number]


def test_there_is_at_most_one_moment_per_step() -> None:
    assert answers_over_time(trains([(0, 1)], n_bins=3), ASSIGNMENT, Vote()).time.tolist() == [0.5, 1.0, 1.5]
