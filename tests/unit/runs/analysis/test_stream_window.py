from __future__ import annotations

import numpy as np
import pytest

from stdpbench.runs.analysis.stream_series import occurrences, rate_of, thinning, unseen
from stdpbench.runs.protocol.facts import Piece


def piece(*shown: tuple[float, int]) -> Piece:
    return Piece({}, {}, {}, {}, tuple((at, number, (None,)) for at, number in shown), (0,))


def test_what_lies_between_pieces_was_not_seen() -> None:
    assert unseen([(2, 3), (3, 4), (6, 7)], 0, 8) == [(0, 2), (4, 6), (7, 8)]
    assert unseen([(2, 3), (3, 4), (6, 7)], 2.5, 6.5) == [(4, 6)]
    assert unseen([(0, 1), (9, 10)], 3, 5) == [(3, 5)]
    assert unseen([], 1, 2) == [(1, 2)]
    assert unseen([(0.1 * k, 0.1 * (k + 1)) for k in range(50)], 0, 5) == []


def test_patterns_are_known_by_the_piece_in_which_they_end() -> None:
    pieces = {1: piece((0.2, 0)), 2: piece((0.98, 1), (1.5, 0)), 4: piece((3.1, 2))}
    assert occurrences(pieces, 1.0, 0.05, 0.0, 4.0) == [
        (0.2, 0.25, 0),
        (0.98, pytest.approx(1.03), 1),
        (1.5, 1.55, 0),
        (3.1, pytest.approx(3.15), 2),
    ]
    assert [at for at, *_ in occurrences(pieces, 1.0, 0.05, 1.0, 2.0)] == [0.98, 1.5]
    assert [at for at, *_ in occurrences(pieces, 1.0, 0.05, 0.5, 1.0)] == [0.98]
    assert occurrences({}, 1.0, 0.05, 0.0, 9.0) == []


def test_thinning_draws_every_nth_neuron_with_n_a_power_of_two() -> None:
    assert [thinning(count, 100) for count in (0, 100, 101, 200, 201, 800)] == [1, 1, 2, 2, 4, 8]


def test_rates_are_per_neuron_and_bin_and_the_last_bin_may_be_shorter() -> None:
    bins = np.array([0, 1, 19, 20, 249])
    rate = rate_of(bins, 0.1, 25.0, 2, 10.0)
    assert len(rate) == 3
    np.testing.assert_allclose(rate, np.array([4, 0, 1]) / (2 * np.array([10, 10, 5]) * 1e-3))
    assert len(rate_of(bins, 0.1, 25.0, 2, 5.0)) == 5
    assert rate_of(np.array([49]), 1.0, 98.0, 1, 49.0)[0] == 0, "49 * (1 / 49) is below 1"
