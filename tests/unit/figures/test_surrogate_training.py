"""The figure of a training by surrogate gradients: means over passes, shares at their ends."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.figures.surrogate_training import layers_with_gradients, passes_of, surrogate_training_figure

COLUMNS = {
    "position": np.array([20.0, 40.0, 60.0, 80.0, 100.0]),
    "accuracy": np.array([0.1, 0.3, 0.5, 0.7, 0.9]),
    "gradient": np.ones(5),
    "hidden.gradient": np.array([4.0, 2.0, 1.0, 3.0, 8.0]),
    "hidden.dead": np.array([0.5, 0.2, 0.4, 0.1, 0.3]),
    "hidden.always": np.zeros(5),
    "output.gradient": np.ones(5),
    "output.dead": np.zeros(5),
    "output.always": np.zeros(5),
}
"""Two passes of 40 pictures, and half of a third one."""


def test_completed_passes_have_means_and_shares_of_their_ends() -> None:
    found = passes_of(COLUMNS, 40)
    assert found["pass"].tolist() == [1, 2]
    np.testing.assert_allclose(found["accuracy"], [0.2, 0.6])
    assert found["hidden.gradient"].tolist() == [3, 2]
    assert found["hidden.dead"].tolist() == [0.2, 0.1]
    assert layers_with_gradients(found) == ["hidden", "output"]


def test_every_slope_has_a_line_in_each_panel() -> None:
    runs = [passes_of(COLUMNS, 40)] * 2
    figure = surrogate_training_figure({"k 2": runs, "k 100": runs[:1]}, "digits")
    accuracy, gradient, dead, always = figure.axes
    assert [line.get_label() for line in accuracy.get_lines()] == ["k 2", "k 100"]
    assert len(gradient.get_lines()) == 2 * 2
    assert [text.get_text() for text in gradient.get_legend().get_texts()] == ["hidden", "output"]
    np.testing.assert_allclose(dead.get_lines()[0].get_ydata(), [20, 10])
    assert dead.get_ylabel() == "neurons without a spike (%)"
    assert len(always.get_lines()) == 2  # of hidden layers
    narrow = surrogate_training_figure({"k 2": runs}, "digits", width=88)
    assert narrow.get_figwidth() == pytest.approx(88 / 25.4)
