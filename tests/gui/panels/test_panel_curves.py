from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from synthetic import block, draw_chosen, draw_resized, is_complete, redraw, session, show
from waiting import waits

from stdpbench.runs.analysis.curves import PERCENT
from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record
from stdpbench_gui.panels.curves.curve_plot import CurvePlot
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.panels.curves.measure import OWN, moving_mean
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.legend import distinct_names


def legend(plot: CurvePlot) -> str:
    """Return the text of a legend."""
    return plot.legend.toPlainText().replace("\u00a0", " ")


def named_lines(panel: Curves) -> list[tuple[float, str]]:
    """Return place and text of the lines of changes."""
    return [(line.value(), line.toolTip().partition(" from presentation")[0]) for line in panel.plots[0].lines]


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Curves:
    more = [(end, block(0.5 + end / 1000, 20 + end / 100)) for end in range(10, 130, 10)]
    return show(Curves(session(tmp_path, *more)), qtbot, (480, 500))


def test_is_complete(panel: Curves) -> None:
    is_complete(panel)
    assert "62.0 %" in panel.summary()


def test_draws_what_the_blocks_say(panel: Curves) -> None:
    accuracy, spikes = panel.plots[:2]
    x, y = accuracy.data("vote")
    assert x == list(range(10, 130, 10))
    assert y[-1] == pytest.approx(62.0)
    assert (spikes.data("this run")[1], accuracy.data("confidence")) == ([11.0] * 12, ([], []))
    assert "confidence" not in legend(accuracy)


def test_time_begins_at_zero_grows_in_steps_and_obeys_the_person(panel: Curves) -> None:
    first, second = (plot.plot.getViewBox() for plot in panel.plots[:2])
    low, high = first.viewRange()[0]
    assert low <= 0
    assert high == pytest.approx(150, abs=4)
    live = panel.session.live
    live.take_record(Record(90, 140, "", block()))
    redraw(panel)
    assert first.viewRange()[0] == [low, high]
    first.setXRange(20, 40, padding=0)
    first.sigRangeChangedManually.emit([True, False])
    live.take_record(Record(91, 200, "", block()))
    redraw(panel)
    assert first.viewRange()[0] == second.viewRange()[0] == [20, 40]
    panel.show_all()
    redraw(panel)
    assert first.viewRange()[0][1] > 200


def test_a_plot_shows_what_is_chosen_and_the_other_gives_way(panel: Curves, settings: QSettings) -> None:
    draw_resized(panel, 480, 500)
    panel.plots[0].chosen.emit("theta")
    redraw(panel)
    assert [plot.title for plot in panel.shown] == ["mean theta (mV)", "spikes per stimulus"]
    panel.plots[0].chosen.emit("spikes")  # which the other one shows
    redraw(panel)
    assert [plot.title for plot in panel.shown] == ["spikes per stimulus", "mean theta (mV)"]
    panel.smoothing.choose("3")
    panel.readouts.choose("proportion", False)
    panel.save(settings)
    other = Curves(panel.session)
    other.restore(settings)
    other.resize(480, 500)
    other.show()
    redraw(other)
    assert [plot.title for plot in other.shown] == ["spikes per stimulus", "mean theta (mV)"]
    assert other.smoothing.chosen == ["3"]
    assert "proportion" not in other.readouts.chosen
    other.close()


def test_smoothing_draws_the_mean_of_the_last_points_before_the_curve(panel: Curves) -> None:
    _, before = panel.plots[0].data("vote")
    panel.smoothing.choose("3")
    redraw(panel)
    _, smooth = panel.plots[0].data("vote")
    assert panel.plots[0].data("vote ")[1] == before
    assert smooth[:2] == pytest.approx([before[0], np.mean(before[:2])])
    assert smooth[2:] == pytest.approx(np.convolve(before, np.ones(3) / 3, "valid"))
    assert moving_mean(np.array([2.0]), 5).tolist() == [2.0]
    assert not_none(panel.table())[1][0][2] == before[0] / 100  # numbers are not smoothed


def test_changes_at_one_position_share_a_line(panel: Curves) -> None:
    for number, value in enumerate((0.02, 0.03, 0.04)):
        change = facts.ParametersChanged({"plasticity.nu_post": (0.01, value)})
        panel.session.live.take_record(Record(90 + number, 60 if number < 2 else 80, "", change))
        redraw(panel)
    assert named_lines(panel) == [(60, "nu_post → 0.02, nu_post → 0.03"), (80, "nu_post → 0.04")]


def test_arrays_that_were_set_are_marked_among_the_changes(panel: Curves) -> None:
    live = panel.session.live
    fact = facts.LearnedSet({"feed.w": "ab" * 32, "exc.theta": "cd" * 32}, {"feed.w": (64, 4), "exc.theta": (4,)})
    live.take_record(Record(90, 60, "", facts.ParametersChanged({"plasticity.nu_post": (0.01, 0.02)})))
    assert "parameters" in live.take_record(Record(91, 80, "", fact))
    redraw(panel)
    assert named_lines(panel) == [(60, "nu_post → 0.02"), (80, "weights and thresholds set")]
    panel.restyle()
    redraw(panel)
    assert len(panel.plots[0].lines) == 2
    curves = panel.plots[0].plot.listDataItems()
    assert all(line.zValue() < curve.zValue() for line in panel.plots[0].lines for curve in curves)


def test_the_run_that_is_shown_is_not_drawn_twice(panel: Curves) -> None:
    folder = not_none(panel.session.folder)
    panel.overlay(folder.path.name, panel.session.live.blocks, folder.path)
    redraw(panel)
    assert {run for run, _ in panel.plots[0]._items} == {OWN}
    assert panel.runs.isHidden()


@pytest.mark.parametrize(
    ("names", "short"),
    [
        ("digits-seed0-20260101-101733", "…101733"),
        ("digits-seed1-20260101-101500", "…seed1"),
        ("digits-nu0.03-seed0-20260101-101512 digits-nu0.05-seed0-20260101-101530", "…nu0.03 …nu0.05"),
        ("digits-nu0.03-seed0-20260101-101512 digits-seed1-20260101-101530", "…nu0.03-seed0 …seed1"),
        ("fast-seed1-20260101-101500 fast-seed2-20260101-101500", "fast-seed1 fast-seed2"),
        (
            "digits-seed1-20260102-101500 digits-seed1-20260103-101500 digits-seed2-20260103-101500",
            "…seed1-20260102-101500 …seed1-20260103-101500 …seed2",
        ),
    ],
)
def test_names_leave_out_what_they_share(names: str, short: str) -> None:
    own = "digits-seed0-20260101-101500"
    assert [*distinct_names(names.split(), own).values()] == short.split()


# -- held-out pictures ----------------------------------------------------------------------------------------------


def held_out(vote: float | None, nmi: float, dead: float = 2.0) -> facts.HeldOut:
    values = {"accuracy_vote": vote, "nmi": nmi, "purity": None, "neuron_entropy": 0.5, "dead": dead, "clusters": 5.0}
    return facts.HeldOut(40, "spare", values)


def drawn(panel: Curves, name: str) -> list[float]:
    return panel.plots[1].data(name)[1]


@pytest.fixture
def measured(panel: Curves) -> Curves:
    for number, (at, vote, nmi) in enumerate([(60, 0.6, 0.3), (0, 0.25, 0.1), (120, 0.7, 0.4)]):
        assert panel.session.live.take_record(Record(80 + number, at, "", held_out(vote, nmi))) == {"curves"}
    draw_chosen(panel, 1, "held-out")
    return panel


def test_a_plot_keeps_its_quantity_when_another_becomes_known(panel: Curves) -> None:
    before = [plot.title for plot in panel.shown]
    panel.session.live.take_record(Record(80, 60, "", held_out(0.6, 0.3)))
    redraw(panel)
    assert [plot.title for plot in panel.shown] == before


def test_held_out_pictures_have_a_plot_from_the_start_if_they_will_be_measured(qtbot: QtBot, tmp_path: Path) -> None:
    made = session(tmp_path, (10, block()))
    made.live.started = replace(not_none(made.live.started), phases=(("train", 20_000), ("label", 10), ("test", 10)))
    panel = show(Curves(made), qtbot, (480, 500))
    held = panel.plots[1]
    assert held.title == "held-out pictures (%)"
    assert held.note.text().replace("\u202f", " ") == "first after 1 250"


def test_draws_and_says_what_was_measured(measured: Curves) -> None:
    is_complete(measured)
    plot = measured.plots[1]
    assert plot.data("accuracy, vote") == ([0, 60, 120], [25, 60, 70])
    assert drawn(measured, "purity of winners") == []
    assert "on 40 held-out pictures at 120: vote 70.0 %" in measured.summary()
    shared, own = (plot.plot.getViewBox().viewRange()[0] for plot in measured.plots[:2])
    assert own == pytest.approx(shared)


def test_the_menu_chooses_what_is_drawn_in_per_cent(measured: Curves) -> None:
    measured.measures.choose("dead")
    measured.measures.choose("neuron_entropy")
    measured.measures.choose("nmi", False)
    redraw(measured)
    titles = {name: PERCENT[name].removesuffix(" (%)") for name in PERCENT}
    assert drawn(measured, titles["dead"]) == pytest.approx([100 * 2 / 7] * 3)
    assert drawn(measured, titles["neuron_entropy"]) == pytest.approx([100 * 0.5 / np.log2(3)] * 3)
    assert drawn(measured, titles["nmi"]) == []
    for name in list(measured.measures.chosen):
        measured.measures.choose(name, False)
    redraw(measured)
    assert drawn(measured, titles["accuracy_vote"]) == []


def test_numbers_and_figure_have_what_was_measured(measured: Curves) -> None:
    table, figure = not_none(measured.table()), measured.figure()
    names, rows = table
    at = names.index("held out: accuracy, vote")
    by_position = {row[1]: row[at] for row in rows}
    assert (by_position[0], by_position[60], by_position[120], by_position[50]) == (0.25, 0.6, 0.7, "")
    assert rows[0][2] == ""  # no block ends at 0
    assert [line["label"] for line in figure["plots"][1]["lines"]] == ["accuracy, vote", "NMI of winners"]


def test_other_runs_are_measured_on_held_out_pictures_beside_it(
    measured: Curves, qtbot: QtBot, tmp_path: Path
) -> None:
    other, started = session(tmp_path / "other"), measured.session.live.started
    assert started is not None
    history = [(0, started), (0, held_out(0.2, 0.1)), (50, block(0.3)), (60, held_out(0.95, 0.2))]
    write_journal(other.folder.path, [Record(n, at, "t", fact) for n, (at, fact) in enumerate(history)])
    measured.overlay("other", {}, other.folder.path)
    measured.overlays._look()
    waits(qtbot, lambda: measured.overlays.shown()[0].held_out)
    redraw(measured)
    assert (drawn(measured, "other"), drawn(measured, "this run")) == ([20, 95], [25, 60, 70])
    assert measured.plots[1].plot.getViewBox().viewRange()[1][1] > 95
    table = not_none(measured.table())
    at = table[0].index("held out: accuracy, vote")
    assert [row[at] for row in table[1] if row[0] == "other"] == [0.2, "", 0.95]
    measured.overlays.clear()
    redraw(measured)
    assert drawn(measured, "other") == drawn(measured, "this run") == []
    assert len(drawn(measured, "NMI of winners")) == 3
