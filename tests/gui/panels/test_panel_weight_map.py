from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot
from synthetic import N_EXC, SHAPE, is_complete, redraw, session, show
from waiting import PATIENCE_MS, waits

from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.runs.folder.checkpoints import Checkpoint, write_checkpoint
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol import facts
from stdpbench_gui.panels.weights.weight_map import WeightMap
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> WeightMap:
    return show(WeightMap(session(tmp_path)), qtbot)


def point_of(panel: WeightMap, neuron: int) -> QPointF:
    place = int(np.flatnonzero(panel.mosaic.order == neuron)[0])
    left, top = panel.mosaic.corner(place)
    return panel.mosaic.view.mapViewToScene(QPointF(left + 1, top + 1))


def test_is_complete(panel: WeightMap) -> None:
    is_complete(panel)


def test_draws_every_field_in_its_place(panel: WeightMap) -> None:
    w, image = panel.session.live.learned(FEED), panel.mosaic.image.values
    height, width = SHAPE
    for neuron in range(N_EXC):
        left, top = panel.mosaic.corner(neuron)
        np.testing.assert_array_equal(image[top : top + height, left : left + width], w[:, neuron].reshape(SHAPE))
        assert panel.mosaic.neuron_at(left + 0.5, top + 0.5) == neuron
    assert panel.mosaic.neuron_at(-3, 2) == -1
    assert panel.mosaic.neuron_at(*np.add(panel.mosaic.corner(N_EXC), 1)) == -1


def scaled(panel: WeightMap, by: float) -> None:
    network = panel.session.live.network
    learned = {**network["learned"], FEED: network["learned"][FEED] * np.float32(by)}
    panel.session.live.network = {**network, "learned": learned}
    redraw(panel)


def test_levels_follow_the_weights_without_jumping_until_they_are_fixed(panel: WeightMap) -> None:
    before, axis = panel.levels.levels[1], panel.levels.getAxis("left")
    assert axis.autoSIPrefix is False
    scaled(panel, 1.05)
    assert panel.levels.levels[1] == before, "small changes of brightness say nothing"
    scaled(panel, 3 / 1.05)
    course = [before]
    while panel.levels.levels[1] != course[-1]:
        course.append(panel.levels.levels[1])
        panel.draw_if_needed()
    assert course[-1] == pytest.approx(3 * before, rel=0.05)
    assert np.diff(course).max() < 0.4 * before
    fixed = next(action for action in panel.menu.actions() if action.text() == "Fixed levels")
    panel.levels.scale(0.8)  # as “More contrast” does
    assert fixed.isChecked()
    kept = panel.levels.levels
    scaled(panel, 0.2)
    assert panel.levels.levels == kept
    panel.fit_levels()
    redraw(panel)
    assert panel.levels.levels[1] == pytest.approx(0.6 * before, rel=0.05)
    fixed.setChecked(False)
    scaled(panel, 2.0)
    assert panel.levels.levels[1] > 0.6 * before


def test_negative_weights_have_colours_of_their_own(panel: WeightMap) -> None:
    assert panel.levels.levels[0] == 0.0
    network = panel.session.live.network
    w = network["learned"][FEED] - np.float32(network["learned"][FEED].mean())
    panel.session.live.network = {**network, "learned": {**network["learned"], FEED: w}}
    redraw(panel)
    low, high = panel.levels.levels
    assert low == -high
    assert high == pytest.approx(float(np.abs(w).max()), rel=0.1)
    assert not_none(panel.figure())["map"] == "diverging"
    assert float(np.nanmin(not_none(panel.mosaic.image.values))) < 0


def test_clicks_and_arrow_keys_select(panel: WeightMap, qtbot: QtBot) -> None:
    view, selection = panel.graphics, panel.session.selection
    position = view.mapFromScene(point_of(panel, 4))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=position)
    waits(qtbot, lambda: selection.neuron == 4)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert selection.neuron == 3
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert selection.neuron == 0


def test_orders_follow_theta_and_similarity(panel: WeightMap, qtbot: QtBot) -> None:
    panel.order.setCurrentText("by theta")
    assert panel.mosaic.order.tolist() == list(range(N_EXC))[::-1]
    panel.order.setCurrentText("by similarity")
    waits(qtbot, lambda: sorted(panel.mosaic.order) == list(range(N_EXC)) and panel.mosaic.order[0] != N_EXC - 1)
    item = panel.order.model().item(1)  # type: ignore[union-attr, attr-defined]
    assert not item.isEnabled()


def test_labels_sort_and_name_classes(qtbot: QtBot, tmp_path: Path) -> None:
    made = session(tmp_path, (400, facts.Labelled((2, 3, 1), 1, "")))
    labels = np.array([2, 1, 0, 1, -1, 1, 0])
    made.folder.write_arrays("assignments.npz", labels=labels, mean_response=np.ones((3, 7)), class_counts=np.ones(3))
    panel = show(WeightMap(made), qtbot)
    waits(qtbot, lambda: len(panel.marks.labels) == N_EXC)
    assert panel.order.currentText() == "by label", "fields arrange themselves by class once they have one"
    assert labels[panel.mosaic.order].tolist() == [0, 0, 1, 1, 1, 2, -1]
    qtbot.keyClick(panel.order, Qt.Key.Key_Up)
    assert panel.order.currentText() == "by number"
    panel.marks.changed.emit()
    assert panel.order.currentText() == "by number", "a choice stays"
    panel.order.setCurrentText("by label")
    assert "class c" in panel.marks.describe(0)


def test_marks_neurons_that_never_fired_and_duplicates(qtbot: QtBot, tmp_path: Path) -> None:
    made = session(tmp_path)
    w = np.array(made.live.learned(FEED))
    w[:, 5] = w[:, 1]
    # all have decayed below their start values; the lowest is that of a neuron that fired long ago
    theta, spikes = np.array([19, 15, 19, 18, 19, 19, 19]) * 1e-3, np.array([0, 1, 5, 0, 2, 2, 3])
    made.live.network = {"position": 3 * N_EXC, "learned": {FEED: w, THETA: theta}, "total_spikes": spikes}
    panel = show(WeightMap(made), qtbot)
    assert np.flatnonzero(panel.marks.dead).tolist() == [0, 3]
    assert np.isfinite(panel.marks._crosses.getData()[0]).sum() == 2 * 4
    panel.marks.set_show_alike(True)
    redraw(panel)
    waits(qtbot, lambda: len(panel.marks.alike) == N_EXC)
    assert np.flatnonzero(panel.marks.alike).tolist() == [5]


def test_marks_none_before_the_first_picture_and_where_spikes_were_not_counted(panel: WeightMap) -> None:
    network = panel.session.live.network
    for position, spikes, summary in (
        (0, np.zeros(N_EXC, int), "nothing shown yet"),
        (8, None, "which neurons never fired is not known, since this run does not count spikes"),
        (8, np.zeros(N_EXC, int), "7 have not fired yet"),
        (3 * N_EXC, np.zeros(N_EXC, int), "7 never fired"),
    ):
        panel.session.live.network = {**network, "position": position, "total_spikes": spikes}
        redraw(panel)
        assert panel.marks.summary() == summary
        assert panel.marks.dead.sum() == (N_EXC if summary.startswith("7") else 0)
        assert np.isfinite(panel.marks._crosses.getData()[0]).any() == (position > 8)  # not while it is early


def write(folder: RunFolder, position: int, w: np.ndarray) -> None:
    state = {"feed.w": w.astype(float), "exc.theta": np.full(w.shape[1], 0.02)}
    write_checkpoint(folder.path, Checkpoint(position, 1, {}, 0.0, 0, {}, state, {}))


def at(qtbot: QtBot, made: RunSession, position: int | None) -> None:
    """Show a moment of the run."""
    timeline = Timeline.of(made)
    timeline.look()
    waits(qtbot, lambda: position is None or position in timeline.positions)
    timeline.go(position)
    waits(qtbot, lambda: not timeline.reading)


def test_goes_back_in_history_and_to_now(qtbot: QtBot, tmp_path: Path) -> None:
    made = session(tmp_path, (4, facts.CheckpointWritten("000000004")))
    w = made.live.learned(FEED)
    write(not_none(made.folder), 4, w / 2)
    panel = show(WeightMap(made), qtbot)
    at(qtbot, made, 4)
    redraw(panel)
    assert panel.as_of.text() == "at 4"
    np.testing.assert_allclose(panel.mosaic.image.values[:6, :5], w[:, 0].reshape(SHAPE) / 2, rtol=1e-6)
    at(qtbot, made, None)
    redraw(panel)
    assert (panel.as_of.text(), not_none(panel.sources.shown()).position) == ("", 8)

    panel.sources.compare_with_checkpoint(4)
    waits(qtbot, lambda: panel.sources.reference is not None)
    redraw(panel)
    np.testing.assert_allclose(panel.mosaic.image.values[:6, :5], w[:, 0].reshape(SHAPE) / 2, rtol=1e-6)
    low, high = panel.levels.levels
    assert low == -high


def test_the_checkpoint_of_another_run_at_the_same_position_is_read_anew(qtbot: QtBot, tmp_path: Path) -> None:
    made = session(tmp_path, (4, facts.CheckpointWritten("000000004")))
    w = np.asarray(made.live.learned(FEED))
    write(not_none(made.folder), 4, w / 2)
    panel = show(WeightMap(made), qtbot)
    at(qtbot, made, 4)
    made.folder = session(tmp_path).folder
    write(not_none(made.folder), 4, w / 4)
    made.opened.emit()
    at(qtbot, made, 4)
    np.testing.assert_allclose(not_none(panel.sources.shown()).w, w / 4, rtol=1e-6)


def test_a_figure_and_the_panel_say_what_is_compared(panel: WeightMap, qtbot: QtBot, tmp_path: Path) -> None:
    assert not panel.difference.isVisible()
    other = not_none(session(tmp_path / "other").folder)
    before = 0.5 * panel.session.live.learned(FEED)
    write(other, 4, before)  # it died and wrote nothing else
    panel.sources.compare_with_run(other.path)
    waits(qtbot, lambda: panel.sources.reference is not None)
    panel.order.setCurrentIndex(2)
    redraw(panel)
    assert panel.difference.label.text() == f"at 8, minus {other.path.name} at 4"
    spec = not_none(panel.figure())
    assert (spec["map"], spec["label"], spec["levels"]) == ("diverging", "weight difference", panel.levels.levels)
    first = panel.mosaic.order[0]
    np.testing.assert_allclose(spec["image"][: SHAPE[0], : SHAPE[1]], before[:, first].reshape(SHAPE))
    assert not_none(panel.table())[1][3][-1] == pytest.approx(float(before[:, 3].max()), abs=1e-6)
    panel.difference.end.click()
    redraw(panel)
    assert not panel.difference.isVisible()
    spec = not_none(panel.figure())
    assert (spec["map"], spec["label"]) == ("sequential", "weight")


def test_a_branch_is_compared_with_its_parent_at_the_same_presentation(
    panel: WeightMap, qtbot: QtBot, tmp_path: Path
) -> None:
    own, parent = not_none(panel.session.folder), not_none(session(tmp_path / "parent").folder)
    w = np.asarray(panel.session.live.learned(FEED))

    def label() -> str:
        redraw(panel)
        return panel.difference.label.text()

    for folder, position, share in ((own, 4, 0.4), (parent, 4, 0.4), (parent, 5, 0.5), (parent, 6, 0.6)):
        write(folder, position, share * w)
    panel.sources.compare_with_parent(parent.path)
    # both exist only at the position of the branch
    waits(qtbot, lambda: label() == f"all learning since 6: at 8, minus {parent.path.name} at 6")
    write(own, 5, 0.7 * w)
    panel.session.live.checkpoints.append(5)
    panel.sources._look_at_parent()
    waits(qtbot, lambda: label() == f"at 5, minus {parent.path.name} at 5")
    np.testing.assert_allclose(panel._values(), 0.2 * w, atol=1e-6)
    at(qtbot, panel.session, 4)
    waits(qtbot, lambda: label() == f"at 4, minus {parent.path.name} at 4")
    assert not panel._values().any()
    at(qtbot, panel.session, None)
    waits(qtbot, lambda: label() == f"at 5, minus {parent.path.name} at 5")
    panel.difference.end.click()
    redraw(panel)


def test_a_run_of_another_size_is_no_comparison(panel: WeightMap, qtbot: QtBot, tmp_path: Path) -> None:
    other = not_none(session(tmp_path / "other").folder)
    with qtbot.waitSignal(panel.session.message, timeout=PATIENCE_MS) as signal:
        panel.sources.compare_with_run(other.path)
    assert "no weights yet" in signal.args[0]
    other.write_array("weights.npy", np.zeros((4, 3)))
    other.write_array("theta.npy", np.zeros(3))
    with qtbot.waitSignal(panel.session.message, timeout=PATIENCE_MS) as signal:
        panel.sources.compare_with_run(other.path)
    assert "shape (4, 3)" in signal.args[0]
    other.write_array("weights.npy", np.zeros((30, N_EXC)))
    panel.sources.compare_with_run(other.path)
    waits(qtbot, lambda: panel.sources.reference is not None)
