"""Intervals and correlograms of spike trains worked out by hand, and of known processes."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import SpikeTrains
from stdpbench.results.readout.correlograms import correlogram, intervals, raster, rate


def trains(*pictures: list[tuple[int, int]], n_exc: int = 3, n_bins: int = 100, dt: float = 0.5) -> SpikeTrains:
    """Build trains from (neuron, time step) of the spikes of each picture, in order."""
    given = [np.array(sorted(spikes, key=lambda one: one[1]), np.int64).reshape(-1, 2) for spikes in pictures]
    return SpikeTrains.of_pictures([(one[:, 0], one[:, 1]) for one in given], n_exc, n_bins, dt)


def test_intervals_end_with_the_presentation() -> None:
    of = trains([(0, 10), (1, 12), (0, 30)], [(0, 2), (0, 5), (0, 9)], [], [(0, 1)])
    assert intervals(of, 0).tolist() == [10.0, 1.5, 2.0]
    assert intervals(of, 1).tolist() == []
    with pytest.raises(StdpbenchError, match="there are neurons 0 to 2, not 3"):
        intervals(of, 3)


def test_a_raster_has_stimulus_and_time_of_each_spike() -> None:
    of = trains([(0, 10), (1, 12), (0, 30)], [], [(0, 2)], [(1, 1)])
    stimulus, time = raster(of, 0)
    assert stimulus.tolist() == [0, 0, 2]
    assert time.tolist() == [5.0, 15.0, 1.0]
    assert rate(of, 0) == 3 / (4 * 0.05)
    assert raster(of, 2)[0].tolist() == []


def test_pairs_are_counted_by_their_lag() -> None:
    of = trains([(0, 10), (1, 12), (1, 9)], [(1, 50), (0, 48)], [(0, 3)])
    found = correlogram(of, 0, 1, window=2.0)
    assert found.lag.tolist() == [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]
    assert found.pairs.tolist() == [0, 0, 0, 1, 0, 0, 2, 0, 0]
    assert correlogram(of, 1, 0, window=2.0).pairs.tolist() == found.pairs[::-1].tolist()


def test_a_spike_is_not_paired_with_itself() -> None:
    found = correlogram(trains([(0, 10), (0, 12)], [(0, 40)]), 0, 0, window=2.0).pairs
    assert found[4] == 0
    assert found[2] == found[6] == 1  # 1 ms before and after
    assert found.sum() == 2


def test_the_expectation_has_the_time_course_of_responses_but_no_synchrony() -> None:
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(2000):
        early = rng.integers(0, 40, 3)  # both fire in the first 20 ms only
        together = int(rng.integers(0, 36))
        pictures.append(
            [(0, int(t)) for t in early] + [(0, together), (1, together + 4)] + [(1, int(rng.integers(40)))]
        )
    found = correlogram(trains(*pictures), 0, 1, window=10.0)
    at = int(np.flatnonzero(found.lag == 2.0)[0])
    assert found.pairs[at] > found.expected[at] + 1500
    others = np.delete(found.pairs - found.expected, at)
    assert np.abs(others).max() < 6 * np.sqrt(found.expected.max())
    assert found.expected[len(found.lag) // 2] > 2 * found.expected[0]  # the shared time course


def test_a_window_has_at_least_a_time_step() -> None:
    with pytest.raises(StdpbenchError, match="at least a time step of"):
        correlogram(trains([(0, 1)]), 0, 0, window=0.2)
