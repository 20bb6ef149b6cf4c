"""The Evaluate page over a real small run: 12 exc neurons, 20 evaluated digits, measured by a real process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from edited_journal import edit_journal
from harness import new_run
from parts_of_window import open_run
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sparse_streams import sparse_stream
from waiting import waits

from stdpbench.experiment import Experiment
from stdpbench.results.figures.paper import draw
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import LabelsRead
from stdpbench.studies.report.views import NEURONS, NOTHING, Chosen
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.lessons.guide import show_place
from stdpbench_gui.pages.evaluate import page as evaluate_page
from stdpbench_gui.pages.evaluate.box import Box
from stdpbench_gui.pages.evaluate.page import EvaluatePage
from stdpbench_gui.pages.evaluate.state import CLASS, CLUSTER, VERDICT
from stdpbench_gui.widgets.basic import not_none


def drawn(page: EvaluatePage) -> bool:
    """Return whether every view has drawn its changes."""
    return not any(box.due for box in page.findChildren(Box))


def looks_at(run: Path) -> int:
    return sum(isinstance(one.fact, LabelsRead) and one.fact.purpose == "Evaluate page" for one in read_journal(run))


def copied(finished_run: RunFolder, path: Path) -> Path:
    shutil.copytree(finished_run.path, path, ignore=shutil.ignore_patterns("lock", "requests"))
    return path


@pytest.fixture
def run(tmp_path: Path, finished_run: RunFolder) -> Path:
    return copied(finished_run, tmp_path / "runs" / "small")


@pytest.fixture
def page(shared_window: MainWindow, finished_run: RunFolder, qtbot: QtBot) -> EvaluatePage:
    """The page in its initial state, with a run that is evaluated once for all tests."""
    page, state = shared_window.evaluate.with_details(), shared_window.evaluate.state
    if state.look is None:
        copied(finished_run, shared_window.runs / "small")
        shared_window.go_to("evaluate")
        waits(qtbot, lambda: page.run.count() == 1)
        page.run.setFocus()
        qtbot.keyClick(page.run, Qt.Key.Key_Return)
    else:
        page.notices.clear()
        state.clear()
        state.set_readout("vote")
        state.set_colour(CLASS)
        page.embedding.plane_wanted.emit("pca")
        page.clusters.auto.setChecked(False)
        page.clusters.method.setCurrentText("k-means")
        page.clusters.begin(state.look.n_classes)
    waits(qtbot, lambda: state.clustering is not None and not page.clusters.cancel.isVisible() and drawn(page))
    return page


def choose(page: EvaluatePage, qtbot: QtBot, chosen: Chosen) -> None:
    page.state.choose(chosen)
    waits(qtbot, lambda: drawn(page))


def numbers(page: EvaluatePage) -> list[int]:
    strip = page.strip.list
    return [strip.item(place).data(Qt.ItemDataRole.UserRole) for place in range(strip.count())]  # type: ignore[union-attr]


# -- opening ---------------------------------------------------------------------------------------


def test_without_a_run_it_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("evaluate")
    page = window.evaluate
    waits(qtbot, lambda: "no finished run" in page.empty.text())
    assert (page.empty.isVisible(), page.views.isVisible()) == (True, False)
    assert (page.go.isEnabled(), page.report.isEnabled()) == (False, False)
    window.actions_["evaluate-shown"].trigger()
    assert "No run is open" in page.notices.texts()[-1]


def test_a_run_that_finishes_meanwhile_is_listed(run: Path, window: MainWindow, qtbot: QtBot) -> None:
    open_run(window, qtbot, run)
    window.go_to("evaluate")
    waits(qtbot, lambda: window.evaluate.run.count() == 1)
    shutil.copytree(run, run.parent / "another")
    window.session.changed.emit({"state"})
    waits(qtbot, lambda: window.evaluate.run.count() == 2)


def test_a_stream_shows_what_was_measured_beside_what_is_expected(window: MainWindow, qtbot: QtBot) -> None:
    mapping = sparse_stream().to_mapping()
    mapping["about"]["expected"] = {"rate.exc": 7.5, "cv.exc": 0.9}
    folder = new_run(window.runs, Experiment.from_mapping(mapping))
    measured = {"seconds": 0.8, "rate": {"exc": 7.25}, "cv": {"exc": 0.875}, "synchrony": {"exc": 0.25}}
    (folder.path / "metrics.json").write_text(json.dumps({"training": {"stream": measured}}), encoding="utf-8")
    edit_journal(folder, state="finished")
    window.go_to("evaluate")
    page = window.evaluate
    waits(qtbot, lambda: page.run.count() == 1)
    rows = page.stream.rows
    waits(qtbot, lambda: rows.topLevelItemCount() == 3)
    shown = [not_none(rows.topLevelItem(row)) for row in range(3)]
    assert [(row.text(1), row.text(2)) for row in shown] == [("7.25", "7.5"), ("0.875", "0.9"), ("0.25", "")]
    assert (page.stream.isVisible(), page.empty.isVisible()) == (True, False)
    assert (page.go.isEnabled(), page.report.isEnabled()) == (False, True), "a stream has no labels"


@pytest.mark.display
def test_nobody_looks_at_labels_before_it_is_asked_for(run: Path, window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("evaluate")
    page = window.evaluate
    waits(qtbot, lambda: page.run.count() == 1)
    waits(qtbot, lambda: "press Evaluate" in page.empty.text())
    assert looks_at(run) == 0
    page.go.click()
    waits(qtbot, lambda: page.state.clustering is not None and drawn(page))
    assert looks_at(run) == 1
    assert page.views.isVisible()
    low, high = json.loads((run / "metrics.json").read_text())["accuracy"]["vote"]["interval_95"]
    interval = f"95 % Wilson interval {100 * low:.1f} to {100 * high:.1f} %"
    assert interval in page.accessibleDescription()
    verdict = page.verdict
    assert verdict.rows[0].name == "vote"
    accuracy = json.loads((run / "metrics.json").read_text())["accuracy"]["vote"]["accuracy"]
    assert verdict.bars.opts["width"][0] == pytest.approx(100 * accuracy)
    assert not page.readouts.isVisible()
    page.details.click()
    for box in page.boxes:
        assert box.body.isVisible(), box.title
        assert box.accessibleDescription() not in ("", box.empty_text), box.title


def test_a_run_is_evaluated_from_the_runs_page(run: Path, window: MainWindow, qtbot: QtBot) -> None:
    window.go_to("runs")
    waits(qtbot, lambda: window.runs_page.model.n_all == 1)
    window.runs_page.table.choose(["small"])
    window.actions_["runs-evaluate"].trigger()
    assert window.pages.currentWidget() is window.evaluate
    waits(qtbot, lambda: window.evaluate.state.look is not None)
    assert window.evaluate.chosen_run() == run


def test_what_was_told_of_a_run_goes_when_another_is_chosen(
    run: Path, window: MainWindow, qtbot: QtBot, finished_run: RunFolder
) -> None:
    (run / "test.npz").unlink()
    other = run.with_name("other")
    shutil.copytree(finished_run.path, other)
    page = window.evaluate
    window.go_to("evaluate")
    waits(qtbot, lambda: page.run.count() == 2)
    page.evaluate(run)
    waits(qtbot, page.notices.texts)
    (notice,) = page.notices.texts()
    assert notice.startswith("⚠ Cannot evaluate small: ")
    shutil.copytree(other, run.with_name("third"))
    page.look_for_runs()
    waits(qtbot, lambda: page.run.count() == 3)
    assert page.notices.texts() == [notice], "the same run is chosen still"
    page.run.setCurrentIndex(page._place_of(other))
    assert page.notices.texts() == []
    open_run(window, qtbot, other.with_name("third"))
    show_place(window, "evaluate/evaluate", window.help.lessons.frame)  # as “Show me” of a lesson
    assert page.chosen_run() == other.with_name("third")
    open_run(window, qtbot, new_run(window.runs).path)  # it is not finished: its place is the bar of Train
    show_place(window, "evaluate/evaluate", window.help.lessons.frame)
    assert window.pages.currentWidget() is window.train


def test_results_never_stand_under_the_name_of_another_run(page: EvaluatePage, qtbot: QtBot) -> None:
    evaluated = page.run.currentIndex()
    page.run.addItem("other", not_none(page.chosen_run()).with_name("other"))
    page.run.setCurrentIndex(page.run.count() - 1)
    assert not page.views.isVisibleTo(page)
    assert not page.verdict.isVisibleTo(page)
    page.run.setCurrentIndex(evaluated)
    assert page.views.isVisibleTo(page)
    page.run.removeItem(page.run.count() - 1)


# -- one selection ---------------------------------------------------------------------------------


def test_a_cell_of_the_matrix_is_followed_by_all(page: EvaluatePage, qtbot: QtBot) -> None:
    look = not_none(page.state.look)
    picture = 3
    cell = int(look.labels[picture]), int(look.answers["vote"][picture])
    page.matrix.matrix.choose(cell[0], cell[1] if cell[1] >= 0 else look.n_classes)
    waits(qtbot, lambda: drawn(page))
    wanted = np.flatnonzero((look.labels == cell[0]) & (look.answers["vote"] == cell[1])).tolist()
    assert numbers(page) == wanted
    assert np.flatnonzero(not_none(page.embedding.scatter.strong)).tolist() == wanted
    counted = [page.clusters.rows.topLevelItem(row).text(4) for row in range(page.clusters.rows.topLevelItemCount())]  # type: ignore[union-attr]
    assert sum(map(int, counted)) == len(wanted)
    assert set(page.state.neurons) == set(look.winners[wanted].tolist()) - {-1}
    assert page.fields._frames.getData()[0].size == 8 * len(page.state.neurons)
    qtbot.keyClick(page.matrix.matrix, Qt.Key.Key_Escape)
    waits(qtbot, lambda: drawn(page))
    assert page.state.chosen == NOTHING
    assert page.embedding.scatter.strong is None
    assert len(numbers(page)) == 20


def test_a_cluster_a_neuron_and_a_class_are_followed(page: EvaluatePage, qtbot: QtBot) -> None:
    look, clustering = not_none(page.state.look), not_none(page.state.clustering)
    row = not_none(page.clusters.rows.topLevelItem(1))
    page.clusters.rows.setCurrentItem(row)
    waits(qtbot, lambda: drawn(page))
    assert page.state.chosen == Chosen("cluster", (1,))
    assert numbers(page) == np.flatnonzero(clustering.members == 1).tolist()
    assert page.matrix.matrix.score.n_images == len(numbers(page)) == int(row.text(1))
    winner = int(look.winners[0])
    place = page.fields.mosaic.view.mapViewToScene(
        QPointF(*(np.array(page.fields.mosaic.corner(int(np.flatnonzero(page.fields.mosaic.order == winner)[0]))) + 3))
    )
    viewport = not_none(page.fields.graphics.viewport())
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=page.fields.graphics.mapFromScene(place))
    waits(qtbot, lambda: page.state.chosen.kind == "neuron" and drawn(page))
    assert page.state.chosen.numbers == (winner,)
    assert 0 in numbers(page)
    choose(page, qtbot, Chosen("class", (3,)))
    assert (page.matrix.matrix.row, page.matrix.matrix.score.n_images) == (3, 20)
    assert not page.clusters.rows.selectedItems()


def drag(widget: QWidget, start: QPoint, end: QPoint) -> None:
    """Drag with the left button; the events of qtbot.mouseMove say that none is pressed."""
    kinds, left = QEvent.Type, Qt.MouseButton.LeftButton
    middle = (start + end) / 2
    for kind, place in (
        (kinds.MouseButtonPress, start),
        (kinds.MouseMove, middle),
        (kinds.MouseMove, end),
        (kinds.MouseButtonRelease, end),
    ):
        button = Qt.MouseButton.NoButton if kind is kinds.MouseMove else left
        at, buttons = QPointF(place), Qt.MouseButton.NoButton if kind is kinds.MouseButtonRelease else left
        event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)


def test_points_are_chosen_by_band_click_and_keyboard(page: EvaluatePage, qtbot: QtBot) -> None:
    look, scatter = not_none(page.state.look), page.embedding.scatter
    waits(qtbot, lambda: len(scatter.points) == 20)
    mouse, area = not_none(scatter.viewport()), not_none(scatter.viewport()).rect()
    at = scatter.mapFromScene(scatter.view.mapViewToScene(QPointF(*scatter.points[4])))
    qtbot.mouseMove(mouse, at)
    waits(qtbot, lambda: scatter.at >= 0)
    seen = scatter.at
    assert np.allclose(scatter.points[seen], scatter.points[4])
    assert "true" in scatter.accessibleDescription()
    qtbot.mouseClick(mouse, Qt.MouseButton.LeftButton, pos=at)
    assert page.state.chosen == Chosen("class", (int(look.labels[seen]),))
    page.state.set_colour(VERDICT)
    qtbot.keyClick(scatter, Qt.Key.Key_Right)
    qtbot.keyClick(scatter, Qt.Key.Key_Return)
    assert page.state.chosen.kind == "cell"
    page.state.set_colour(CLUSTER)
    qtbot.keyClick(scatter, Qt.Key.Key_Return)
    assert page.state.chosen.kind == "cluster"
    drag(mouse, area.topLeft() + QPoint(12, 12), area.bottomRight() - QPoint(12, 12))
    waits(qtbot, lambda: drawn(page))
    assert (page.state.chosen.kind, len(page.state.pictures)) == ("pictures", 20)


def test_another_read_out_changes_matrix_verdicts_and_summary(page: EvaluatePage, qtbot: QtBot) -> None:
    look = not_none(page.state.look)
    page.readouts.rows.setCurrentItem(page.readouts.rows.topLevelItem(2))  # below the heading and the vote
    waits(qtbot, lambda: page.state.readout == "proportion" and drawn(page))
    wanted = look.score_of("proportion")
    assert page.matrix.matrix.score == wanted
    assert page.matrix.readout.currentText() == "proportion"
    page.state.set_colour(VERDICT)
    waits(qtbot, lambda: drawn(page))
    assert (page.embedding.scatter.groups == 1).sum() == wanted.n_correct


def test_what_learns_from_labels_stands_in_a_column_of_its_own(page: EvaluatePage, qtbot: QtBot) -> None:
    waits(qtbot, lambda: not page.state.missing and drawn(page))
    look, rows = not_none(page.state.look), page.readouts.rows
    assert {one.group for one in look.accuracies} >= {"read-out", "timed", "supervised"}
    shown = [rows.topLevelItem(number) for number in range(rows.topLevelItemCount())]
    cells = {row.text(0): (row.text(1), row.text(2)) for row in shown if row is not None and row.text(3)}
    for one in look.accuracies:
        right = f"{100 * one.accuracy:.2f}"
        assert cells[one.name] == (("", right) if one.group == "supervised" else (right, ""))
    waits(qtbot, lambda: page._readings._client is None)  # it takes memory
    before = page.state.readout
    rows.setCurrentItem(shown[-1])
    assert page.state.readout == before  # it has no answers to show


# -- clusters and planes ---------------------------------------------------------------------------


def test_it_says_when_answers_settle(page: EvaluatePage, qtbot: QtBot) -> None:
    box, state = page.over_time, page.state
    waits(qtbot, lambda: bool(state.over_time) and drawn(page))
    found = state.over_time["vote"]
    median = not_none(found.settled_ms(state.look.labels)["median"])
    assert box.median.value() == median
    x, y = box.curve.getData()
    assert (x[0], y[0], x[-1]) == (0, 0, 350)
    accuracy = next(one.accuracy for one in state.look.accuracies if one.name == "vote")
    assert y[-1] == pytest.approx(100 * accuracy)
    table, figure = not_none(box.table()), not_none(box.figure())
    assert table[1][-1][1:3] == (pytest.approx(100 * accuracy), pytest.approx(100, abs=50))
    assert figure["plots"][0]["marks"] == [(median, "median")]
    qtbot.keyClick(box.strip, Qt.Key.Key_Home)
    qtbot.keyClick(box.strip, Qt.Key.Key_Right)
    assert box.strip.accessibleDescription() == f"{x[1]:.4g} of 350 ms"
    qtbot.keyClick(box.strip, Qt.Key.Key_End)
    choose(page, qtbot, Chosen("class", (0,)))
    assert f"{int((state.look.labels == 0).sum())} selected picture" in box.note.text()
    choose(page, qtbot, NOTHING)
    state.set_readout("proportion")
    waits(qtbot, lambda: drawn(page))
    state.set_over_time({}, "no spike times")
    waits(qtbot, lambda: drawn(page))
    assert not box.graphics.isVisible()
    assert box.table() is None
    state.set_over_time({"vote": found})


def test_k_and_method_are_chosen_and_chance_stands_beside(page: EvaluatePage, qtbot: QtBot) -> None:
    page.clusters.slider.setValue(4)
    assert page.clusters.spin.value() == 4
    waits(qtbot, lambda: len(np.unique(page.state.clustering.members)) == 4 and drawn(page))  # type: ignore[union-attr]
    assert page.clusters.rows.topLevelItemCount() == 4
    names = [page.measures.rows.topLevelItem(row).text(0) for row in range(3)]  # type: ignore[union-attr]
    assert names == ["k-means", "chance", "neurons"]
    page.clusters.auto.setChecked(True)
    waits(qtbot, lambda: page.state.clustering.k_from == "best silhouette")  # type: ignore[union-attr]
    assert not page.clusters.slider.isEnabled()
    page.clusters.method.setCurrentText(NEURONS)
    page.clusters.method.activated.emit(page.clusters.method.currentIndex())
    waits(qtbot, lambda: page.state.clustering.method == NEURONS and drawn(page))  # type: ignore[union-attr]
    assert not page.clusters.cancel.isVisible()
    assert page.measures.rows.topLevelItemCount() == 2
    page.fields.sort.setCurrentIndex(1)
    page.fields.sort.activated.emit(1)
    waits(qtbot, lambda: drawn(page))
    assert sorted(page.fields.mosaic.order.tolist()) == list(range(12))


def test_t_sne_is_computed_aside_and_can_be_given_up(page: EvaluatePage, qtbot: QtBot) -> None:
    pca = page.state.plane
    page.embedding.plane_wanted.emit("t-sne")
    assert page.embedding.cancel.isVisible()
    page.embedding.cancel.click()
    assert not page.embedding.cancel.isVisible()
    assert page.state.plane is pca
    assert page.embedding.method.currentData() == "pca"
    page.embedding.plane_wanted.emit("t-sne")
    waits(qtbot, lambda: page.state.plane is not pca and drawn(page), 120)
    page.embedding.plane_wanted.emit("pca")  # known already
    assert page.state.plane is pca
    not_none(page.with_details().window()).resize(1024, 700)
    waits(qtbot, lambda: not page.embedding.scatter.geometry().intersects(page.embedding.note.geometry()))


# -- ways out --------------------------------------------------------------------------------------


def test_every_view_leaves_as_figure_and_as_table(page: EvaluatePage) -> None:
    for box in page.boxes:
        table, spec = box.table(), box.figure()
        assert table is not None, box.title
        assert spec is not None, box.title
        assert all(len(row) == len(table[0]) for row in table[1]), box.title
        assert "Run small (experiment digits, seed 0)" in box.caption_of(spec)
        assert draw(spec, 88, 8, 100).axes, box.title
    names, rows = page.measures.table() or ((), ())
    assert {"k", "purity", "ami", "nmi", "ari", "accuracy"} <= set(names)
    assert len(rows) == 3


def test_a_report_is_written_and_opened(page: EvaluatePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    run, opened = page.runs / "small", list[Path]()
    monkeypatch.setattr(evaluate_page, "open_page", opened.append)
    page.report.click()
    assert page.notices.tasks
    assert not page.report.isEnabled()
    waits(qtbot, lambda: opened or page.notices.texts(), 180)
    assert opened == [run / "report" / "report.html"]
    assert opened[0].stat().st_size > 10_000
    assert not page.notices.tasks
    assert page.report.isEnabled()


def test_a_report_can_be_given_up(page: EvaluatePage, qtbot: QtBot) -> None:
    written = page.runs / "small" / "report" / "report.html"
    written.unlink(missing_ok=True)
    page.report.click()
    page.notices.tasks[0].cancel.click()
    waits(qtbot, lambda: "cancelled" in "".join(page.notices.texts()))
    assert page.report.isEnabled()
    assert not written.exists()
