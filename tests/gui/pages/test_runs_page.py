"""The Runs page with real run folders: history and comparison."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from edited_journal import edit_journal
from parts_of_window import panel_of
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot
from runs_table import cell, copy, shown
from waiting import kept, waits

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.runs.page import RunsPage
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def known(history: RunsPage, shared_window: MainWindow, qtbot: QtBot) -> RunsPage:
    """The page with three runs, without a search, a selection and ticks."""
    shared_window.go_to("runs")
    history.search.setText("")
    history.selection.only([])
    history.table.clearSelection()
    waits(qtbot, lambda: len(shown(history)) == 3)
    return history


# -- the history -----------------------------------------------------------------------------------


@pytest.mark.display
def test_runs_are_listed_with_what_is_known_of_them(known: RunsPage) -> None:
    assert shown(known) == ["digits-b", "digits-a", "fast-c"]
    for name, column, text in (
        ("digits-b", "vote", "75.00 %"),
        ("digits-b", "parent", "digits-a at 20"),
        ("digits-a", "branches", "1"),
        ("fast-c", "state", "■ stopped"),
    ):
        assert cell(known, name, column) == text
    assert known.table.accessibleDescription().startswith("3 runs")


def test_where_there_are_none_it_says_what_will_appear(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("runs")
    page = window.runs_page
    waits(qtbot, page.empty.isVisible)
    waits(qtbot, lambda: "`stdpbench run`" in page.empty.text())
    parts = page.table, page.queue, page.comparison.empty
    assert [part.isVisible() for part in parts] == [False, False, True]


def test_the_search_takes_filters_and_words_and_says_what_is_wrong(known: RunsPage, qtbot: QtBot) -> None:
    for text, names in (
        ("vote>0.3 state=finished", ["digits-b", "digits-a"]),
        ("lunch", ["fast-c"]),
        ("network.n_exc=12", ["digits-b", "digits-a", "fast-c"]),
        ("parent=none vote<0.4", ["fast-c"]),
        ("nothing like it", []),
    ):
        known.search.setText(text)
        waits(qtbot, lambda names=names: shown(known) == names)
        assert not known.search_problem.isVisible()
    known.search.setText("vot>0.3")
    waits(qtbot, known.search_problem.isVisible)
    assert "did you mean 'vote'" in known.search_problem.text()
    known.search.setText("")
    waits(qtbot, lambda: len(shown(known)) == 3)
    assert not known.search_problem.isVisible()


@pytest.mark.display
def test_a_click_on_a_heading_sorts_and_selection_stays(known: RunsPage) -> None:
    known.table.choose(["fast-c"])
    vote = known.model.columns.index("vote")
    known.table.sortByColumn(vote, Qt.SortOrder.AscendingOrder)
    assert shown(known) == ["fast-c", "digits-a", "digits-b"]
    known.table.sortByColumn(vote, Qt.SortOrder.DescendingOrder)
    assert shown(known) == ["digits-b", "digits-a", "fast-c"]
    assert ([entry.name for entry in known.table.chosen()], known.table.currentIndex().row()) == (["fast-c"], 2)
    assert "fast-c: stopped, for lunch" in known.summary.text()
    known.table.sortByColumn(known.model.columns.index("started"), Qt.SortOrder.DescendingOrder)
    assert shown(known) == ["digits-b", "digits-a", "fast-c"]


def test_rows_come_go_and_change_in_place(page: RunsPage, runs: Path, qtbot: QtBot, finished_run: RunFolder) -> None:
    page.table.choose(["digits-a"])
    resets: list[object] = []
    page.model.modelReset.connect(lambda: resets.append(1))
    copy(finished_run, runs, "a-newer-one", 0.9)
    waits(qtbot, lambda: len(shown(page)) == 4)
    edit_journal(runs / "fast-c", state="failed", reason="the disk is full")
    waits(qtbot, lambda: cell(page, "fast-c", "state") == "✗ failed")
    shutil.rmtree(runs / "a-newer-one")
    waits(qtbot, lambda: len(shown(page)) == 3)
    assert [entry.name for entry in page.table.chosen()] == ["digits-a"]
    assert not resets


def test_columns_are_chosen_and_remembered(
    page: RunsPage, window: MainWindow, settings: QSettings, qtbot: QtBot
) -> None:
    room = page.table.columnWidth(page.model.columns.index("vote"))
    assert room > page.table.fontMetrics().horizontalAdvance("100.00 % supervised") + 8  # margins of a cell
    menu = not_none(page.columns_button.menu())
    menu.aboutToShow.emit()
    headings = [action.text() for action in menu.actions() if action.menu() is not None]
    assert {"metrics", "plasticity", "network"} <= set(headings)
    page.table._toggle("plasticity.nu_post", True)
    page.table._toggle("seed", False)
    assert cell(page, "digits-a", "plasticity.nu_post") == "0.01"
    page.table.sortByColumn(page.model.columns.index("vote"), Qt.SortOrder.AscendingOrder)
    other = kept(MainWindow(settings, window.runs), qtbot)
    assert other.runs_page.model.columns == page.model.columns
    assert "seed" not in other.runs_page.model.columns
    assert other.runs_page.model.sort_by == "vote"


def test_where_a_run_comes_from_is_one_click_away(known: RunsPage) -> None:
    table, model = known.table, known.model
    table._follow_link(model.index(model.row_of("digits-b"), model.columns.index("parent")))
    assert [entry.name for entry in table.chosen()] == ["digits-a"]
    table._follow_link(model.index(model.row_of("digits-a"), model.columns.index("branches")))
    assert [entry.name for entry in table.chosen()] == ["digits-b"]
    known.run_actions.do("parent")
    assert [entry.name for entry in table.chosen()] == ["digits-a"]


def test_enter_opens_a_run_in_train(page: RunsPage, window: MainWindow, qtbot: QtBot) -> None:
    page.table.choose(["digits-b"])
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    waits(qtbot, lambda: window.session.folder is not None)
    assert window.session.folder.path.name == "digits-b"
    assert window.pages.currentWidget() is window.train
    assert not page.watcher._timer.isActive()


# -- ticks and the comparison ----------------------------------------------------------------------


@pytest.mark.display
def test_ticked_runs_are_drawn_over_each_other_here_and_not_on_train(
    known: RunsPage, shared_window: MainWindow, qtbot: QtBot
) -> None:
    curves = panel_of(shared_window, Curves)
    known.table.choose(["digits-a"])
    qtbot.keyClick(known.table, Qt.Key.Key_Space)
    waits(qtbot, lambda: "digits-a" in known.selection.courses)
    index = known.model.index(known.model.row_of("digits-b"), 0)
    assert known.model.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    waits(qtbot, lambda: known.selection.comparison is not None)
    assert index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    assert not curves.overlays.shown()
    waits(qtbot, lambda: len(known.comparison.plots["mean_theta"].drawn) == 2)
    texts = [
        known.comparison.rows.topLevelItem(row).text(0) for row in range(known.comparison.rows.topLevelItemCount())
    ]  # type: ignore[union-attr]
    assert {"vote", "measured", "training presentations"} <= set(texts)
    spec, table = not_none(known.comparison.figure()), known.comparison.table()
    assert "digits-a, digits-b" in spec["caption"]
    assert {row[0] for row in table[1]} == {"digits-a", "digits-b"}

    known.selection.only([])
    assert known.comparison.empty.isVisible()


def test_compare_ticks_what_is_selected_and_nothing_else(known: RunsPage, qtbot: QtBot) -> None:
    known.selection.tick(["fast-c"])
    known.table.choose(["digits-a"])
    assert not known.run_actions.actions["compare"].isEnabled()
    known.table.choose(["digits-a", "digits-b"])
    known.run_actions.actions["compare"].trigger()
    assert sorted(known.selection.slots) == ["digits-a", "digits-b"]
    waits(qtbot, lambda: known.selection.comparison is not None)
    known.comparison.clear.click()
    assert not known.selection.slots


def test_a_run_that_cannot_be_read_is_told_where_it_is_drawn(page: RunsPage, runs: Path, qtbot: QtBot) -> None:
    (runs / "digits-a" / "journal.jsonl").write_text('{"fact":"Nonsense","n":0}\n{"n":1}\n', encoding="utf-8")
    page.selection.tick(["digits-a"])
    waits(qtbot, lambda: page.comparison.problem.isVisible())
    assert "Cannot draw digits-a" in page.comparison.problem.text()
