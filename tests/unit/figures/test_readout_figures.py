"""Figures show what they were given, and draw without a warning."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.figures.confusion import confusion
from stdpbench.results.figures.drawing import new_figure
from stdpbench.results.figures.fields import receptive_fields
from stdpbench.results.figures.run_figures import accuracy_over_time
from stdpbench.results.figures.saving import at_width, millimetres, write_figure
from stdpbench.results.figures.sweep import ArmResult, sweep_figure
from stdpbench.results.readout import NO_ANSWER, score

pytestmark = pytest.mark.filterwarnings("error")


def drawn(figure: Any) -> np.ndarray:
    """The figure's dots: uint8, (height, width, 4)."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def inside(figure: Any) -> bool:
    """Whether all that is drawn lies inside the figure."""
    figure.canvas.draw()
    box = figure.get_tightbbox(figure.canvas.get_renderer())
    wide, high = figure.get_size_inches()
    return bool(box.x0 >= -0.01 and box.y0 >= -0.01 and box.x1 <= wide + 0.01 and box.y1 <= high + 0.01)


class TestReceptiveFields:
    def test_negative_weights_have_a_colour_of_their_own(self) -> None:
        weights = np.array([[-0.5, 0.25], [0.0, 0.125]])
        axes, _ = receptive_fields(weights, (1, 2)).axes
        image = axes.images[0]
        assert (image.norm.vmin, image.norm.vmax) == (-0.5, 0.5)
        (red, _, blue, _), neutral, (less_red, _, more_blue, _) = image.cmap(image.norm(np.array([-0.5, 0.0, 0.5])))
        assert red > blue
        assert more_blue > less_red
        assert min(neutral[:3]) > 0.95

    def test_without_negative_weights_the_scale_begins_at_0(self) -> None:
        axes, _ = receptive_fields(np.array([[0.5, 0.25]]), (1, 1)).axes
        assert (axes.images[0].norm.vmin, axes.images[0].norm.vmax) == (0.0, 0.5)

    def test_every_weight_is_found_where_it_belongs(self) -> None:
        weights = np.random.default_rng(0).random((6 * 4, 7))
        figure = receptive_fields(weights, (6, 4))
        axes, _ = figure.axes
        mosaic = np.ma.filled(axes.images[0].get_array(), np.nan)
        columns, scale = 4, 300 // 6  # ceil(sqrt(7 · 6/4)) = 4 fields per row; 300 dots per field at most
        high, wide = 6 * scale + 2, 4 * scale + 2
        assert mosaic.shape == (2 * high + 2, columns * wide + 2)
        for number in range(7):
            top, left = number // columns * high + 2, number % columns * wide + 2
            field = mosaic[top : top + 6 * scale : scale, left : left + 4 * scale : scale]
            assert field == pytest.approx(weights[:, number].reshape(6, 4), abs=1e-6)
            assert np.isnan(mosaic[top - 1, left])
        # where an eighth field would be there is nothing, not even a frame
        assert not mosaic[-6 * scale :, -4 * scale :].any()
        assert inside(figure)

    def test_silent_neurons_are_crossed_out_and_counted(self) -> None:
        weights = np.ones((9, 10))
        weights[:, 3] = 0
        labels = np.arange(10)
        labels[7] = NO_ANSWER
        figure = receptive_fields(weights, (3, 3), labels)
        (crosses,) = figure.axes[0].collections
        assert len(crosses.get_segments()) == 4
        assert figure.texts[0].get_text() == "× 2 neurons that never fired, or without weights"
        assert "7" not in texts(figure.axes[0])
        assert "8" in texts(figure.axes[0])
        assert inside(figure)

    def test_errors_are_sentences(self) -> None:
        with pytest.raises(StdpbenchError, match="not fields of 3 × 3 inputs"):
            receptive_fields(np.ones((8, 2)), (3, 3))
        with pytest.raises(StdpbenchError, match="2 fields, but 3 labels"):
            receptive_fields(np.ones((9, 2)), (3, 3), np.zeros(3, np.int64))


class TestConfusion:
    def test_counts_names_and_accuracy(self) -> None:
        found = score(np.array([0, 0, 1, -1, 1]), np.array([0, 0, 0, 1, 1]), 3)
        figure = confusion(found, ["cat", "dog", "owl"], title="vote")
        axes = figure.axes[0]
        assert texts(axes) == ["2", "1", "1", "1", "66.7 %", "50.0 %", "–"]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "owl"]
        assert [label.get_text() for label in axes.get_xticklabels(minor=True)] == ["no\nanswer", "accuracy"]
        assert "95 % Wilson interval 23.07 to 88.24 %" in axes.get_title(loc="left")
        classes, unanswered = axes.collections
        assert np.ravel(classes.get_array()).tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0, 0.5, 0, 0, 0, 0])
        assert np.ravel(unanswered.get_array()).tolist() == [0, 0.5, 0]
        assert inside(figure)


class TestWidths:
    @pytest.mark.parametrize(("text", "mm"), [(88, 88), ("88", 88), ("88 mm", 88), ("8.8cm", 88), ("3.5 in", 88.9)])
    def test_of_papers_are_read(self, text: float | str, mm: float) -> None:
        assert millimetres(text) == pytest.approx(mm)

    @pytest.mark.parametrize("text", ["88 px", "wide", "", "-88", 8, "2 m", True])
    def test_that_are_none_are_one_sentence(self, text: Any) -> None:
        with pytest.raises(StdpbenchError, match=r"--width: .*(such as '88 mm'|not from 30 to 600 mm)"):
            millimetres(text, "--width")

    def test_are_those_of_figures_in_which_all_texts_fit(self) -> None:
        labels, weights = np.repeat(np.arange(10), 1200), np.random.default_rng(0).random((16, 12))
        fields = receptive_fields(weights, (4, 4), np.arange(12) % 10 - 1, title="a title " * 20, width=88)
        matrix = confusion(score(labels, labels, 10), [str(n) for n in range(10)], title="a title " * 20, width=88)
        course = new_figure(900, 400, constrained=True)
        course.add_subplot().set_xlabel("presentations", fontsize=11)
        before = course.get_size_inches()[1] / course.get_size_inches()[0]
        for figure, width in ((fields, 88), (matrix, 88), (at_width(course, 140), 140)):
            assert figure.get_figwidth() == pytest.approx(width / 25.4)
            assert inside(figure)
        assert course.axes[0].xaxis.label.get_fontsize() == pytest.approx(8)
        assert course.get_size_inches()[1] / course.get_size_inches()[0] > before  # plots keep some room

    def test_files_of_one_figure_are_equal_in_each_format(self, tmp_path: Path) -> None:
        for ending in ("png", "pdf", "svg"):
            for name in ("one", "two"):
                figure = receptive_fields(np.ones((9, 4)), (3, 3), title="Fields", width=88)
                write_figure(figure, tmp_path / f"{name}.{ending}")
            one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two"))
            assert one == two
        assert ">Fields</text>" in one.decode()


class TestAccuracyOverTime:
    when = np.arange(0, 60_001, 10_000)

    def test_plots_that_share_time(self) -> None:
        vote = np.linspace(0.1, 0.9, 7)
        figure = accuracy_over_time(
            self.when,
            {"vote": vote, "proportion": vote + 0.01},
            20 + vote,
            30 - vote,
            window=10_000,
            title="a run " * 40,
            population="second",
        )
        upper, theta, spikes = figure.axes
        assert [line.get_label() for line in upper.lines] == ["vote", "proportion"]
        assert upper.lines[0].get_ydata() == pytest.approx(100 * vote)
        assert [text.get_text() for text in upper.get_legend().get_texts()] == ["vote", "proportion"]
        assert spikes.get_ylabel() == "second spikes per picture"
        assert theta.lines[0].get_ydata() == pytest.approx(20 + vote)
        assert spikes.lines[0].get_ydata() == pytest.approx(30 - vote)
        assert upper.get_shared_x_axes().joined(upper, spikes)
        assert inside(figure)

    def test_what_was_not_measured_leaves_no_hole(self) -> None:
        figure = accuracy_over_time(self.when, {"vote": np.array([0.1, np.nan, 0.3, 0.4, 0.5, 0.6, np.nan])})
        (axes,) = figure.axes
        assert axes.lines[0].get_xdata().tolist() == [0, 20_000, 30_000, 40_000, 50_000]

    def test_changes_on_the_way_are_marked_and_told(self) -> None:
        vote, changes = np.linspace(0.1, 0.9, 7), [(0, "nu_post → 0.02"), (15_000, "rule → oja"), (15_000, "x " * 200)]
        figure = accuracy_over_time(self.when, {"vote": vote}, 20 + vote, 30 - vote, changes=changes)
        upper, *_, lowest = figure.axes
        for axes in figure.axes:
            lines = [line for line in axes.lines if line.get_linestyle() == "--"]
            assert [line.get_xdata()[0] for line in lines] == [0, 15_000]
        assert [text.get_text() for text in upper.texts] == ["1", "2, 3"]
        _, *lines = lowest.get_xlabel().splitlines()
        assert lines[:2] == ["1: from 0 on, nu_post → 0.02", "2: from 15\u202f000 on, rule → oja"]
        assert lines[2].endswith("x …")
        assert inside(figure)
        many = accuracy_over_time(self.when, {"vote": vote}, changes=[(n, "a → b") for n in range(11)])
        assert many.axes[0].get_xlabel().splitlines()[-1] == "and 2 more changes"
        assert len(many.axes[0].get_xlabel().splitlines()) == 11


def test_arms_of_a_sweep_have_their_runs_means_and_differences() -> None:
    arms = [
        ArmResult("one", (84.0, 86.0), 85.0, 1.4, None, True),
        ArmResult("two", (82.0,), 82.0, math.nan, (-2.0, -2.5, -1.5), False),
    ]
    runs, differences = sweep_figure("a sweep", "vote (%)", arms).axes
    assert [label.get_text() for label in runs.get_yticklabels()] == ["one", "two"]
    assert [line.get_xdata().tolist() for line in runs.lines[:2]] == [[84.0, 86.0], [82.0]]
    assert [label.get_text() for label in differences.get_yticklabels()] == ["two"]
    assert len(sweep_figure("a sweep", "vote (%)", arms[:1] * 50).axes[0].get_yticklabels()) == 40


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match="cannot be written: No such file or directory"):
        write_figure(receptive_fields(np.ones((9, 4)), (3, 3)), tmp_path / "none" / "figure.png")
