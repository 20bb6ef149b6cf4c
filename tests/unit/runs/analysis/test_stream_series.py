"""Curves, summary and windows of a stream, from the facts of its pieces."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.figures.saving import write_figure
from stdpbench.results.figures.stream_figures import stream_figure
from stdpbench.runs.analysis.stream_series import (
    occurrences,
    pattern_answers,
    rate_of,
    stream_columns,
    summary,
    thinning,
    unseen,
)
from stdpbench.runs.protocol.facts import Piece

HISTOGRAM = tuple(range(20))


def piece(number: int) -> Piece:
    shown = ((0.5 * number, 0, (5.0, None)), (0.5 * number + 0.25, 0, (None, 2.0 + number)))
    cv = None if number == 1 else 0.5
    return Piece({"exc": 10.0 * number}, {"exc": cv}, {"exc": 0.1}, {"feed": HISTOGRAM}, shown, (number, 0))


PIECES = {number: piece(number) for number in range(1, 7)}


def test_columns_have_a_value_per_piece():
    columns = stream_columns(PIECES, 0.5)
    np.testing.assert_array_equal(columns["position"], range(1, 7))
    np.testing.assert_array_equal(columns["time"], 0.5 * np.arange(1, 7))
    np.testing.assert_array_equal(columns["rate.exc"], 10.0 * np.arange(1, 7))
    assert np.isnan(columns["cv.exc"][0])
    assert columns["weights.feed"].shape == (6, 20)
    assert set(stream_columns({}, 0.5)) == {"position", "time"}


def test_answers_have_a_row_per_occurrence():
    found = pattern_answers(PIECES.values())
    assert found["latency"].shape == (12, 2)
    assert found["latency"][0, 0] == 5.0
    assert np.isnan(found["latency"][0, 1])
    assert pattern_answers([Piece({}, {}, {}, {})]) == {}


def test_the_summary_is_about_the_end():
    found = summary(PIECES, 0.5)
    assert found["seconds"] == 1.0  # a third
    assert found["rate"] == {"exc": 55.0}
    assert found["cv"] == {"exc": 0.5}
    assert (found["hit_rate"], found["false_alarms"], found["latency"]) == (0.5, 0.0, 7.5)
    assert found["neurons_with_hits"] == 0
    assert summary({}, 0.5) == {}


@pytest.mark.parametrize("n", [1, 6])
def test_the_figure_is_drawn(n, tmp_path):
    some = {number: PIECES[number] for number in range(1, n + 1)}
    figure = stream_figure(stream_columns(some, 0.5), pattern_answers(some.values()), title="mine")
    assert len(figure.axes) == 5 + (n > 1)  # with a colour bar; irregularity is not known after the first piece
    write_figure(figure, tmp_path / "stream.png")
    assert (tmp_path / "stream.png").stat().st_size > 1000


# a window of a stream: what was seen, thinned out, and its rates


def showing(*shown: tuple[float, int]) -> Piece:
    return Piece({}, {}, {}, {}, tuple((at, number, (None,)) for at, number in shown), (0,))


def test_what_lies_between_pieces_was_not_seen() -> None:
    assert unseen([(2, 3), (3, 4), (6, 7)], 0, 8) == [(0, 2), (4, 6), (7, 8)]
    assert unseen([(2, 3), (3, 4), (6, 7)], 2.5, 6.5) == [(4, 6)]
    assert unseen([(0, 1), (9, 10)], 3, 5) == [(3, 5)]
    assert unseen([], 1, 2) == [(1, 2)]
    assert unseen([(0.1 * k, 0.1 * (k + 1)) for k in range(50)], 0, 5) == []


def test_patterns_are_known_by_the_piece_in_which_they_end() -> None:
    pieces = {1: showing((0.2, 0)), 2: showing((0.98, 1), (1.5, 0)), 4: showing((3.1, 2))}
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
