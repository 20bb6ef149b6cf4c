from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from synthetic import block, is_complete, redraw, session, show

from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import SmallPlot, step_up, stepped
from stdpbench_gui.widgets.legend import distinct_part


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Curves:
    more = [(end, block(0.5 + end / 1000, 20 + end / 100)) for end in range(10, 130, 10)]
    panel = Curves(session(tmp_path, *more))
    show(panel, qtbot)
    return panel


def test_says_what_it_needs_until_a_block_is_over(qtbot: QtBot) -> None:
    panel = Curves(RunSession())
    show(panel, qtbot)
    assert panel.summary() == panel.empty_text


def test_is_complete(panel: Curves) -> None:
    is_complete(panel)
    assert "62.0 %" in panel.summary()


def test_draws_what_the_blocks_say(panel: Curves) -> None:
    x, y = panel.curves["vote"].getData()
    assert x.tolist() == list(range(10, 130, 10))
    assert y[-1] == pytest.approx(62.0)
    assert panel.curves["spikes"].getData()[1].tolist() == [11.0] * 12
    assert panel.curves["confidence"].getData()[0] is None or len(panel.curves["confidence"].getData()[0]) == 0


def test_time_begins_at_zero_grows_in_steps_and_obeys_the_person(panel: Curves) -> None:
    view = panel.plots["accuracy"].getViewBox()
    low, high = view.viewRange()[0]
    assert low <= 0
    assert high == pytest.approx(150, abs=4)
    live = panel.session.live
    live.take_record(Record(90, 140, "", block()))
    redraw(panel)
    assert view.viewRange()[0] == [low, high]
    panel._on_moved()
    view.setXRange(20, 40, padding=0)
    live.take_record(Record(91, 200, "", block()))
    redraw(panel)
    assert view.viewRange()[0] == [20, 40]
    panel.show_all()
    redraw(panel)
    assert view.viewRange()[0][1] > 200


def test_changes_at_one_position_share_a_line(panel: Curves) -> None:
    for number, value in enumerate((0.02, 0.03, 0.04)):
        change = facts.ParametersChanged({"plasticity.nu_post": (0.01, value)})
        panel.session.live.take_record(Record(90 + number, 60 if number < 2 else 80, "", change))
        redraw(panel)
    shown = [line for line in panel.lines if hasattr(line, "label")]
    assert [(line.value(), line.label.format) for line in shown] == [(60, "1–2"), (80, "3")]
    assert len(panel.lines) == 8
    assert "changed 3 times" in panel.summary()


def test_curves_leave_room_for_the_titles_above_them(panel: Curves, qtbot: QtBot) -> None:
    panel.resize(480, 210)
    qtbot.waitUntil(lambda: panel.plots["theta"].getViewBox().height() < 60)
    panel.show_all()
    redraw(panel)
    line = QFontMetrics(QApplication.font()).height()
    for name in ("theta", "spikes"):
        plot, (_, y) = panel.plots[name], panel.curves[name].getData()
        low, high = plot.getViewBox().viewRange()[1]
        assert (high - y.max()) / (high - low) * plot.getViewBox().height() > 0.9 * line


def test_words_and_numbers_of_a_narrow_plot_do_not_run_into_each_other(qtbot: QtBot) -> None:
    plots, around = [SmallPlot("running accuracy (%)") for _ in range(4)], pg.GraphicsLayoutWidget()
    qtbot.addWidget(around)
    for number, plot in enumerate(plots):
        around.addItem(plot, row=number // 2, col=number % 2)
        plot.setLabel("bottom", "training presentations")
        plot.restyle()
    around.resize(300, 130)
    around.show()
    qtbot.waitExposed(around)
    metrics = QFontMetrics(QApplication.font())
    for plot in plots:
        view, axis = plot.getViewBox(), plot.getAxis("left")
        qtbot.waitUntil(lambda plot=plot: "…" in plot.title_item.text)
        assert metrics.horizontalAdvance(plot.title_item.text) <= view.width()
        assert plot.title_item.text.endswith("(%)")
        assert metrics.horizontalAdvance(plot.getAxis("bottom").labelText) <= view.width() + 16
        for step, _ in axis.tickSpacing(0, 1, view.height()):
            assert step * view.height() >= metrics.ascent()


def test_parameter_changes_are_lines_that_the_legend_explains(panel: Curves) -> None:
    change = facts.ParametersChanged({"plasticity.nu_post": (0.01, 0.02)})
    panel.session.live.take_record(Record(90, 60, "", change))
    redraw(panel)
    assert len(panel.lines) == 4
    assert panel.lines[0].value() == 60
    assert "1:&nbsp;nu_post&nbsp;→&nbsp;0.02" in panel.legend.text()
    panel.restyle()
    redraw(panel)
    assert len(panel.lines) == 4


def test_arrays_that_were_set_are_marked_among_the_changes(panel: Curves) -> None:
    live = panel.session.live
    fact = facts.LearnedSet({"w": "ab" * 32, "theta": "cd" * 32}, {"w": (64, 4), "theta": (4,)})
    live.take_record(Record(90, 60, "", facts.ParametersChanged({"plasticity.nu_post": (0.01, 0.02)})))
    assert "parameters" in live.take_record(Record(91, 80, "", fact))
    redraw(panel)
    shown = [(line.value(), line.label.format) for line in panel.lines if hasattr(line, "label")]
    assert shown == [(60, "1"), (80, "2")]
    assert "2:&nbsp;weights&nbsp;and&nbsp;thresholds&nbsp;set" in panel.legend.text()
    assert "parameters changed once, learned arrays set once" in panel.summary()
    assert (panel.figure() or {})["marks"] == [(60, "nu_post → 0.02"), (80, "weights and thresholds set")]
    assert live.log[-1][2].startswith("From presentation 80 on: weights and thresholds replaced (w abababababab…")


def test_other_runs_lie_beside_it_and_are_named(panel: Curves) -> None:
    panel.overlay("another-run", {20: block(0.3), 40: block(0.35)})
    redraw(panel)
    assert "another\u2011run&nbsp;(vote)" in panel.legend.text()
    assert len(panel._others) == 4
    assert panel._others[0].getData()[1].tolist() == [30.0, 35.0]
    assert "other runs: another-run" in panel.summary()
    assert panel.plots["accuracy"].getViewBox().viewRange()[1][0] <= 30
    table = panel.table()
    assert table is not None
    assert {row[0] for row in table[1]} == {panel.session.folder.path.name, "another-run"}  # type: ignore[union-attr]
    panel.overlays.remove("another-run")
    redraw(panel)
    assert not panel._others


def test_the_run_that_is_shown_is_not_drawn_twice(panel: Curves) -> None:
    folder = panel.session.folder
    assert folder is not None
    panel.overlay(folder.path.name, panel.session.live.blocks, folder.path)
    redraw(panel)
    assert not panel._others


def test_other_runs_go_on_as_their_journal_does(panel: Curves, qtbot: QtBot, tmp_path: Path) -> None:
    other: RunFolder | None = session(tmp_path / "other").folder
    assert other is not None
    panel.overlay("other", {20: block(0.3)}, other.path)
    facts_ = [Record(0, 20, "t", block(0.3)), Record(1, 40, "t", block(0.4))]
    write_journal(other.path, facts_)
    panel.overlays._look()
    qtbot.waitUntil(lambda: len(panel.overlays.shown()[0].blocks) == 2)
    panel.overlays._look()
    assert not panel.overlays._timer.isActive()  # no process works on it


def test_plots_stand_below_each_other_where_there_is_room(panel: Curves, qtbot: QtBot) -> None:
    assert panel._columns == 2
    panel.resize(480, 700)
    qtbot.waitUntil(lambda: panel.graphics.height() > 500)
    redraw(panel)
    assert panel._columns == 1
    assert [axis.getAxis("bottom").labelText for axis in panel.plots.values()].count("training presentations") == 1


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (1, 1), (1.2, 1.5), (160, 200), (7600, 10_000), (3e-4, 3e-4)])
def test_steps_are_round_numbers(value: float, expected: float) -> None:
    assert step_up(value) == pytest.approx(expected)


@pytest.mark.parametrize("end", [0.5, 60, 900, 9_000, 60_000, 180_000])
@pytest.mark.parametrize("width", [60, 140, 700])
def test_numbers_at_an_axis_do_not_meet(panel: Curves, end: float, width: int) -> None:
    axis = panel.plots["theta"].getAxis("bottom")
    font = QApplication.font()
    ticks = [(v, step) for step, values in axis.tickValues(0, end, width) for v in values]
    words = {v: axis.tickStrings([v], 1, step)[0] for v, step in ticks}
    places = sorted(words)
    for one, following in pairwise(places):
        half = sum(QFontMetrics(font).horizontalAdvance(words[v]) for v in (one, following)) / 2
        assert (following - one) * width / end >= half, words
    assert places


def test_ranges_keep_until_values_leave_them() -> None:
    first = stepped(0.52, 0.61)
    assert first[0] <= 0.52
    assert first[1] >= 0.61
    assert stepped(0.53, 0.6, first) == first
    wider = stepped(0.4, 0.6, first)
    assert wider[0] <= 0.4
    assert wider[1] >= first[1]
    assert stepped(5, 5)[0] < stepped(5, 5)[1]


def test_names_leave_out_what_they_share() -> None:
    shared = "digits-seed0-20260101-101500"
    assert distinct_part("digits-seed0-20260101-101733", shared) == "…101733"
    assert distinct_part("digits-seed1-20260101-101500", shared) == "…seed1-20260101-101500"
    assert distinct_part("fast-seed0", shared) == "fast-seed0"
    assert distinct_part(shared, shared) == shared


# -- held-out pictures ----------------------------------------------------------------------------------------------


def held_out(vote: float | None, nmi: float, dead: float = 2.0) -> facts.HeldOut:
    values = {"accuracy_vote": vote, "nmi": nmi, "purity": None, "neuron_entropy": 0.5, "dead": dead, "clusters": 5.0}
    return facts.HeldOut(40, "spare", values)


def drawn(panel: Curves, name: str) -> list[float]:
    values = panel.held_out.lines[name].getData()[1]
    return [] if values is None else values.tolist()


@pytest.fixture
def measured(panel: Curves) -> Curves:
    for number, (at, vote, nmi) in enumerate([(60, 0.6, 0.3), (0, 0.25, 0.1), (120, 0.7, 0.4)]):
        assert panel.session.live.take_record(Record(80 + number, at, "", held_out(vote, nmi))) == {"curves"}
    redraw(panel)
    return panel


def test_measures_on_held_out_pictures_have_a_plot_once_there_are_some(panel: Curves) -> None:
    assert panel.held_out not in panel._placed
    assert "held out" not in panel.legend.text()
    assert "held-out" not in panel.summary()
    table = panel.table()
    assert table is not None
    assert len(table[0]) == 9
    assert "was not trained on" in panel.help_text
    assert "never on those of the test set" in panel.help_text


def test_draws_and_says_what_was_measured(measured: Curves) -> None:
    is_complete(measured)
    assert measured.held_out in measured._placed
    assert measured.held_out.lines["accuracy_vote"].getData()[0].tolist() == [0, 60, 120]
    assert drawn(measured, "accuracy_vote") == [25, 60, 70]
    assert drawn(measured, "purity") == []
    assert "held&nbsp;out:&nbsp;accuracy,&nbsp;vote" in measured.legend.text()
    assert "NMI&nbsp;of&nbsp;winning&nbsp;neurons" in measured.legend.text()
    assert "on 40 held-out pictures at 120: vote 70.0 %" in measured.summary()
    shared, own = (plot.getViewBox().viewRange()[0] for plot in (measured.plots["accuracy"], measured.held_out))
    assert own == pytest.approx(shared, abs=0.1 * shared[1])


def test_the_menu_chooses_what_is_drawn_in_per_cent(measured: Curves) -> None:
    measured.held_out.choose("dead")
    measured.held_out.choose("neuron_entropy")
    measured.held_out.choose("nmi", False)
    redraw(measured)
    assert drawn(measured, "dead") == pytest.approx([100 * 2 / 7] * 3)
    assert drawn(measured, "neuron_entropy") == pytest.approx([100 * 0.5 / np.log2(3)] * 3)
    assert "nmi" not in measured.held_out.lines
    for name in list(measured.held_out.chosen):
        measured.held_out.choose(name, False)
    redraw(measured)
    assert measured.held_out not in measured._placed


def test_numbers_and_figure_have_what_was_measured(measured: Curves) -> None:
    table, figure = measured.table(), measured.figure()
    assert table is not None
    names, rows = table
    at = names.index("held out: accuracy, vote")
    by_position = {row[1]: row[at] for row in rows}
    assert (by_position[0], by_position[60], by_position[120], by_position[50]) == (0.25, 0.6, 0.7, "")
    assert rows[0][2] == ""  # no block ends at 0
    assert figure is not None
    assert figure["plots"][1]["label"] == "held-out pictures (%)"
    assert [line["label"] for line in figure["plots"][1]["lines"]] == ["accuracy, vote", "NMI of winning neurons"]
    assert "40 held-out pictures" in figure["n"]


def test_parameter_changes_are_lines_in_the_plot_of_held_out_pictures_too(measured: Curves) -> None:
    change = facts.ParametersChanged({"plasticity.nu_post": (0.01, 0.02)})
    measured.session.live.take_record(Record(90, 60, "", change))
    redraw(measured)
    assert len(measured.lines) == 4  # a small panel omits the plot of weight changes
    measured.resize(500, 900)
    redraw(measured)
    assert len(measured.lines) == 5
    measured.reset()
    assert drawn(measured, "nmi") == []


def test_other_runs_are_measured_on_held_out_pictures_beside_it(
    measured: Curves, qtbot: QtBot, tmp_path: Path
) -> None:
    other, started = session(tmp_path / "other"), measured.session.live.started
    assert other.folder is not None
    assert started is not None
    history = [(0, started), (0, held_out(0.2, 0.1)), (50, block(0.3)), (60, held_out(0.95, 0.2))]
    write_journal(other.folder.path, [Record(n, at, "t", fact) for n, (at, fact) in enumerate(history)])
    measured.overlay("other", {}, other.folder.path)
    measured.overlays._look()
    qtbot.waitUntil(lambda: bool(measured.overlays.shown()[0].held_out))
    redraw(measured)
    assert [line.getData()[1].tolist() for line in measured.held_out.others] == [[20, 95]]
    assert measured.held_out.getViewBox().viewRange()[1][1] > 95
    table = measured.table()
    assert table is not None
    at = table[0].index("held out: accuracy, vote")
    assert [row[at] for row in table[1] if row[0] == "other"] == [0.2, "", 0.95]
    measured.overlays.clear()
    redraw(measured)
    assert not measured.held_out.others


def test_a_long_legend_leaves_room_for_the_plots(measured: Curves, qtbot: QtBot) -> None:
    for number in range(8):
        measured.overlay(f"another-run-with-a-long-name-{number}", {20: block(0.3), 40: block(0.35)})
    redraw(measured)
    assert "more" in measured.legend.text()
    assert measured.legend.height() < 0.4 * measured.body.height()
    assert "long\u2011name\u20117" in measured.legend.toolTip()
    assert measured.legend.toolTip().count("held&nbsp;out") == 1
    measured.resize(900, 900)
    qtbot.waitUntil(lambda: measured.body.height() > 700)
    redraw(measured)
    assert "more" not in measured.legend.text()
    assert not measured.legend.toolTip()
