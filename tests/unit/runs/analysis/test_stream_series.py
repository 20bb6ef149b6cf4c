"""Curves and summary of a stream, from the facts of its pieces."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.figures.saving import write_figure
from stdpbench.results.figures.stream_figures import stream_figure
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns, summary
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
