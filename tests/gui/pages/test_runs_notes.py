"""Titles, notes, tags and stars of runs on the Runs page, and its plots of parameters and metrics."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from edited_journal import edit_journal
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from runs_table import act, cell, copy, notices, shown
from waiting import waits

from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.notes import NAME, Notes, change_notes, read_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import ParametersChanged, Record
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.runs.page import RunsPage
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def known(history: RunsPage, shared_window: MainWindow, qtbot: QtBot) -> Iterator[RunsPage]:
    """The page with three runs, on which nothing is noted."""
    shared_window.go_to("runs")
    waits(qtbot, lambda: len(shown(history)) == 3)
    yield history
    history.stars_button.setChecked(False)
    history.search.setText("")
    for path in history.runs.glob(f"*/{NAME}"):
        change_notes(path.parent, lambda _: Notes())
    history.watcher.look()
    waits(qtbot, lambda: len(shown(history)) == 3 and not any(e.starred or e.title for e in history.model.entries))


def place(page: RunsPage, name: str, column: str) -> QPoint:
    index = page.model.index(page.model.row_of(name), page.model.columns.index(column))
    page.table.scrollTo(index)
    return page.table.visualRect(index).center()


@pytest.mark.display
def test_a_click_and_a_key_star_a_run_and_undo_takes_it_back(known: RunsPage, qtbot: QtBot) -> None:
    viewport = not_none(known.table.viewport())
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(known, "digits-a", "starred"))
    waits(qtbot, lambda: cell(known, "digits-a", "starred") == "★")
    assert read_notes(known.runs / "digits-a").starred
    known.table.choose(["digits-a", "fast-c"])
    qtbot.keyClick(known.table, "*")
    waits(qtbot, lambda: cell(known, "fast-c", "starred") == "★")
    assert [cell(known, name, "starred") for name in ("digits-a", "digits-b")] == ["★", "☆"]
    known.stars_button.click()
    waits(qtbot, lambda: shown(known) == ["digits-a", "fast-c"])
    waits(qtbot, lambda: known.steps.undoText() == "the star of 2 runs")
    known.steps.undo()
    waits(qtbot, lambda: shown(known) == ["digits-a"])
    known.stars_button.click()
    known.steps.redo()
    waits(qtbot, lambda: cell(known, "fast-c", "starred") == "★")
    known.table.choose(["digits-a", "fast-c"])
    qtbot.keyClick(known.table, "*")
    waits(qtbot, lambda: not any(entry.starred for entry in known.model.entries))


def test_title_and_tags_are_edited_in_place_and_found(known: RunsPage, qtbot: QtBot) -> None:
    known.table.choose(["digits-b"])
    opened: list[object] = []
    known.table.opened.connect(opened.append)
    for action, text in (("title", "The best one"), ("tags", "paper, #fig-2")):
        known.run_actions.do(action)
        editor = known.table.findChild(QLineEdit)
        editor.setText(text)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        waits(qtbot, lambda action=action: cell(known, "digits-b", action) != "")
    assert opened == [], "Enter ends the editing and does nothing else"
    assert (cell(known, "digits-b", "title"), cell(known, "digits-b", "tags")) == ("The best one", "paper, fig-2")
    for text in ("#paper", "best one", "tags=fig*"):
        known.search.setText(text)
        waits(qtbot, lambda: shown(known) == ["digits-b"])
    known.search.setText("")
    known.noting.write(known.model.entry(known.model.index(0, 0)), "tags", "what's this")
    waits(qtbot, lambda: "a tag is a word" in notices(known))
    known.notices.withdraw_about("")
    names = known.selection
    names.tick(["digits-a", "digits-b"])
    waits(qtbot, lambda: names.comparison is not None)
    names.only([])


def test_the_form_of_notes_keeps_neurons_and_says_what_is_not_valid(
    known: RunsPage, shared_window: MainWindow, qtbot: QtBot
) -> None:
    folder = known.runs / "digits-a"
    change_notes(folder, lambda notes: notes.with_neuron("exc", 7, "a four", starred=True))
    act(known, "notes", "digits-a")
    waits(qtbot, lambda: known.noting.dialog is not None)
    dialog = not_none(known.noting.dialog)
    assert dialog.neurons.item(0).text() == "★ exc 7   a four"  # type: ignore[union-attr]
    dialog.tags.setText("two=words")
    dialog.accept()
    assert "a tag is a word" in dialog.problem.text()
    dialog.tags.setText("good")
    dialog.title.setText("Fours")
    dialog.text.setPlainText("Longer\nthan a line")
    dialog.accept()
    waits(qtbot, lambda: cell(known, "digits-a", "tags") == "good")
    notes = read_notes(folder)
    assert (notes.text, notes.starred_neurons("exc")) == ("Longer\nthan a line", [7])
    known.noting.dialog = None
    known.run_actions.do("notes")
    waits(qtbot, lambda: known.noting.dialog is not None)
    known.noting.dialog.neurons.itemActivated.emit(known.noting.dialog.neurons.item(0))  # type: ignore[union-attr]
    waits(qtbot, lambda: shared_window.session.selection.neuron == 7)
    assert shared_window.session.folder.path == folder
    waits(qtbot, lambda: shared_window.train.panels["neuron"].star.button.text() == "★")  # type: ignore[attr-defined]
    waits(qtbot, lambda: shared_window.windowTitle().startswith("Fours – stdpbench "))
    shared_window.session.leave()


def test_a_run_that_was_changed_is_marked_with_number_and_what(
    known: RunsPage, finished_run: RunFolder, qtbot: QtBot
) -> None:
    path = copy(finished_run, known.runs, "changed", 0.5)
    records, change = read_journal(path), ParametersChanged({"plasticity.nu_post": (0.01, 0.02)})
    write_journal(path, [*records, Record(len(records), 9, "2026-01-01T10:00:00+00:00", change)])
    waits(qtbot, lambda: len(shown(known)) == 4 and cell(known, "changed", "state").endswith("Δ1"))
    index = known.model.index(known.model.row_of("changed"), known.model.columns.index("state"))
    assert "plasticity.nu_post 0.01 → 0.02" in str(index.data(Qt.ItemDataRole.ToolTipRole))
    known.selection.tick(["changed"])
    waits(qtbot, lambda: "changed" in known.selection.courses)
    assert known.comparison.marked() == {"changed": [9]}
    known.selection.only([])
    shutil.rmtree(path)
    waits(qtbot, lambda: len(shown(known)) == 3)


# -- many runs in one plot -------------------------------------------------------------------------


@pytest.mark.display
def test_runs_are_drawn_over_what_differs(known: RunsPage, qtbot: QtBot) -> None:
    explore = known.explore
    known.below.turn_to(explore.title)
    waits(qtbot, lambda: bool(explore.axes))
    assert [axis.path for axis in explore.shown_axes()] == ["duration", "vote"], "copies of one run"
    for name, nu in (("digits-a", 0.02), ("fast-c", 0.03)):
        toml = known.runs / name / "experiment.toml"
        text = toml.read_text(encoding="utf-8")
        toml.write_text(re.sub(r"nu_post = [\d.]+", f"nu_post = {nu}", text), encoding="utf-8")
        edit_journal(known.runs / name, reason="another rate")
    waits(qtbot, lambda: [axis.path for axis in explore.shown_axes()] == ["plasticity.nu_post", "vote"])
    waits(qtbot, lambda: len({row[1] for row in (explore.table() or ((), ()))[1]}) == 3)
    assert len(explore.scatter.points.points()) == 3
    spec, table = not_none(explore.figure()), explore.table()
    assert (spec["kind"], len(table[1])) == ("scatter", 3)
    number = [row[0] for row in table[1]].index("digits-a")
    explore.scatter.plot.setYRange(60, 80, padding=0)
    explore.scatter.clicked.emit(number, False)
    assert [entry.name for entry in known.table.chosen()] == ["digits-a"]
    assert len(explore.scatter.rings.points()) == 1
    assert explore.scatter.plot.viewRange()[1] == [60, 80], "what is zoomed in stays"

    assert len(explore.scatter.frames.points()) == 0
    assert "supervised" not in explore.legend.text()
    for name, origin in (("fast-c", "labels"), ("digits-b", "unknown")):
        edit_journal(known.runs / name, weights_origin=origin)
    waits(qtbot, lambda: len(explore.scatter.frames.points()) == 2)
    runs = [row[0] for row in (explore.table() or ((), ()))[1]]
    framed = {(point.pos().x(), point.symbol()) for point in explore.scatter.frames.points()}
    order = [runs.index(name) for name in runs if "(" in str(name)]
    assert framed == {(explore.shown_axes()[0].scaled[run], sign) for run, sign in zip(order, "sd", strict=True)}
    words = "□&nbsp;", "supervised", "origin of the weights unknown"
    assert [word in explore.legend.text() for word in words] == [True, True, True]
    (known.runs / "fast-c" / "metrics.json").unlink()
    edit_journal(known.runs / "fast-c", reason="before the test")
    waits(qtbot, lambda: len(explore.scatter.points.points()) == 2)
    assert [word in explore.legend.text() for word in words] == [True, False, True], "it has no accuracy, nor a point"
    assert explore.summary().startswith("2 runs over plasticity.nu_post, ")
    assert not_none(explore.figure())["n"] == "2 runs"

    explore.source.setCurrentIndex(explore.source.findText("ticked"))
    explore.refresh()
    waits(qtbot, lambda: "Fewer than two runs are ticked" in explore.empty.text())
    explore.source.setCurrentIndex(0)
    known.below.turn_to("Comparison")
