"""The form for a new run: what is changed, refused, undone, started, queued, saved and copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from parameter_fields import enter, retype
from parts_of_window import choose, close, dialog_of, keep_editing
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent, QGuiApplication
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.experiment import read_experiment, with_reference
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_queue import HELD, Queue
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.data_fetch import FetchDialog
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.session.machine import Machine
from stdpbench_gui.widgets.basic import not_none

pytestmark = pytest.mark.shared_window
DIGITS = read_experiment("digits")


def opened(window: MainWindow, qtbot: QtBot) -> NewRunForm:
    """Return the form, which is open."""
    return dialog_of(window, qtbot, NewRunForm)


@pytest.fixture
def form(window: MainWindow, qtbot: QtBot) -> NewRunForm:
    """The form for the digits."""
    window.services.forms.new_run(NewRun.of(DIGITS, "digits"))
    return opened(window, qtbot)


def test_changes_are_listed_undone_and_taken_back(form: NewRunForm, qtbot: QtBot) -> None:
    assert (form.draft.unchecked, form.go.isEnabled()) == (DIGITS, True)
    assert {"plasticity", "exc", "encoding", "network", "schedule", "data"} <= form.form.sections.keys()
    assert set(form.diagram.items) == {"input", "exc", "feed", "compete"}
    asked = ("name", "trained by", "weights of", "seeds", "validation", "baselines", "hold")
    first = [f"run.{name}" for name in asked]
    assert list(form.form.sections[""].rows)[:10] == [*first, "network.n_exc", "network.start", "schedule.passes"]
    assert "n_exc" not in form.form.sections["network"].group.parameters  # each has one row
    assert form.changes.buttons == {}
    waits(qtbot, lambda: form.preview.shown is not None)
    enter(form, qtbot, "plasticity.nu_post", "0.02")
    enter(form, qtbot, "network.n_exc", "200")
    choose(form.form.row("network.start").editor, "random")  # type: ignore[arg-type]
    assert list(form.changes.buttons) == ["network.n_exc", "network.start", "plasticity.nu_post"]
    assert form.diagram.graph.populations["exc"].size == 200
    waits(qtbot, lambda: "196\u202f600 synapses take" in form.time.text())
    form.changes.buttons["network.n_exc"].click()
    assert list(form.changes.buttons) == ["network.start", "plasticity.nu_post"]
    form.actions_["undo"].trigger()
    form.actions_["undo"].trigger()
    assert list(form.changes.buttons) == ["network.n_exc", "plasticity.nu_post"]
    form.actions_["redo"].trigger()
    made = form.experiment()
    assert made == DIGITS.override({"plasticity.nu_post": 0.02, "network.n_exc": 200, "network.start": "random"})
    keep_editing(form)
    close(form)


def test_a_bad_value_is_a_sentence_beside_its_row_and_nothing_starts(form: NewRunForm, qtbot: QtBot) -> None:
    enter(form, qtbot, "plasticity.nu_post", "-1")
    row = form.form.row("plasticity.nu_post")
    assert "plasticity.nu_post must be" in row.error.text()
    assert not form.go.isEnabled()
    assert not form.save_button.isEnabled()
    qtbot.keyClick(row.editor, Qt.Key.Key_Escape)
    assert form.isVisible()  # Esc was the field's
    assert form.go.isEnabled()
    enter(form, qtbot, "schedule.train_images", "0")
    assert "schedule.train_images" in form.form.row("schedule.train_images").error.text()
    enter(form, qtbot, "schedule.train_images", "60")
    assert form.go.isEnabled()
    form.set_value("schedule.between", "stream")  # pictures are none
    assert "stream" in form.problem.text()
    assert not form.go.isEnabled()
    form.changes.buttons["schedule"].click()
    assert form.go.isEnabled()
    close(form)


def test_what_is_typed_is_applied_when_it_starts(
    form: NewRunForm, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[RunFolder] = []
    monkeypatch.setattr(window.session, "start", started.append)
    retype(form.form.row("schedule.train_images").editor, qtbot, "60")
    seeds = form.form.row("run.seeds").editor
    seeds.selectAll()
    qtbot.keyClicks(seeds, "7")
    form.form.row("run.validation").editor.click()
    form.go.click()
    waits(qtbot, lambda: started)
    (folder,) = started
    assert folder.experiment == DIGITS.override({"schedule.train_images": 60, "seed": 7})
    assert folder.read_json("run.json")["validation"]


def test_several_seeds_are_items_of_the_queue(form: NewRunForm, window: MainWindow, qtbot: QtBot) -> None:
    form.set_value("run.seeds", "3-5")
    assert not form.go.isEnabled()
    form.form.row("run.hold").editor.click()
    form.queue_button.click()
    queue = Queue(window.runs)
    waits(qtbot, queue.items)
    waits(qtbot, lambda: "Added items" in window.message.text())
    items = queue.items()
    assert [(item.name, item.state) for item in items] == [(f"digits, seed {seed}", HELD) for seed in (3, 4, 5)]
    queue.remove([item.number for item in items])


def test_data_that_are_missing_are_asked_for_first(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Callable[[], RunFolder]] = []
    monkeypatch.setattr(window.session, "start_new", started.append)
    monkeypatch.setattr(Machine, "missing", {"mnist"})
    form = window.services.forms.new_run(NewRun.of(read_experiment("fast-100"), "fast-100"))
    waits(qtbot, form.isVisible)
    form.set_value("network.n_exc", "12")
    form.go.click()
    dialog = dialog_of(window, qtbot, FetchDialog)
    assert not started
    dialog.fetched.emit("mnist", "somewhere")
    (make,) = started
    assert make().experiment.graph().n_read == 12
    dialog.reject()


def test_it_is_saved_and_copied(
    form: NewRunForm, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(form, qtbot, "plasticity.nu_post", "0.02")
    enter(form, qtbot, "run.name", "mine")
    proposed: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: proposed.append(given[2]) or ("", ""))
    form.save_button.click()
    assert proposed == ["mine.stdpbench.toml"]
    form.save(tmp_path / "mine.toml")
    assert read_experiment(tmp_path / "mine.toml") == DIGITS.override({"plasticity.nu_post": 0.02, "name": "mine"})
    menu, clipboard = not_none(form.copy_button.menu()), not_none(QGuiApplication.clipboard())
    command, python = menu.actions()
    command.trigger()
    assert clipboard.text().startswith("stdpbench run digits --set plasticity.nu_post=0.02 --set name=mine ")
    python.trigger()
    assert 'run = stdpbench.start("digits", set=changes, ' in clipboard.text()
    form.form.row("run.hold").editor.click()
    command.trigger()
    assert clipboard.text().endswith(" --hold")
    form.form.row("run.hold").editor.click()
    form.reject()  # nothing is lost: no question
    assert not form.isVisible()


def test_the_keyboard_opens_and_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    assert window.actions_["new-run"].shortcut().toString() == "Ctrl+N"
    window.actions_["new-run"].trigger()
    form = opened(window, qtbot)
    assert form.source.currentText() == "digits"
    form.activateWindow()
    waits(qtbot, form.source.hasFocus)
    reached = set[object]()
    while (focused := form.focusWidget()) not in reached:
        reached.add(focused)
        form.focusNextChild()
    wanted = [form.search, form.go, form.queue_button, form.save_button, form.copy_button]
    wanted += [form.form.row(path).editor for path in ("run.seeds", "network.n_exc", "plasticity.nu_post")]
    assert [each.accessibleName() for each in wanted if each not in reached] == []
    qtbot.keyClick(form, Qt.Key.Key_Escape)
    assert not form.isVisible()


def test_another_experiment_and_a_file_take_its_place(form: NewRunForm, qtbot: QtBot, tmp_path: Path) -> None:
    enter(form, qtbot, "plasticity.nu_post", "0.02")
    choose(form.source, "song-abbott-2000")
    assert form.draft.unchecked == read_experiment("song-abbott-2000")
    assert list(form.form.sections[""].rows)[-1] == "schedule.duration"
    assert "run.validation" not in form.form.rows()
    form.history.undo()
    assert list(form.changes.buttons) == ["plasticity.nu_post"]
    file = tmp_path / "small.toml"
    file.write_text(DIGITS.override({"network.n_exc": 12, "name": "small"}).to_toml(), encoding="utf-8")
    form.read_file(file)
    waits(qtbot, lambda: form.source.currentText() == "small.toml")
    assert form.draft.unchecked.name == "small"
    file.write_text("nonsense = 1", encoding="utf-8")
    form.read_file(file)
    waits(qtbot, lambda: "nonsense is not a known" in form.problem.text())
    assert not form.go.isEnabled()
    close(form)


def test_a_reference_converts_the_network_of_a_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.npz"
    weights = np.random.default_rng(0).normal(size=(10, 784))
    np.savez(file, input=[1, 28, 28], layers=["dense1"], **{"dense1.weight": weights})
    form = window.services.forms.new_run(NewRun.of(DIGITS, "digits").trained_by("ann-conversion"))
    waits(qtbot, form.isVisible)
    enter(form, qtbot, "reference.weights", str(tmp_path / "none.npz"))
    row = form.form.row("reference.weights")
    waits(qtbot, row.error.text)
    enter(form, qtbot, "reference.weights", str(file))
    waits(qtbot, lambda: form.run.weights == str(file))
    assert form.experiment() == with_reference(DIGITS, "ann-conversion", {"reference.weights": str(file)})
    assert "output" in form.diagram.items
    form.history.undo()
    assert form.run.weights == ""
    # the same by the button, and a wrong file that is dropped
    asked = list[str]()

    def choose_file(parent: object, title: str, folder: str, patterns: str) -> tuple[str, str]:
        asked.append(patterns)
        return str(file), patterns

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose_file)
    row = form.form.row("reference.weights")
    row.browse.click()
    waits(qtbot, lambda: form.run.weights == str(file))
    assert asked == ["weights (*.npz *.nir)"]
    (tmp_path / "notes.txt").write_text("no network")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    row = form.form.row("reference.weights")
    row.dropEvent(QDropEvent(QPointF(1, 1), Qt.DropAction.CopyAction, data, left, none))
    waits(qtbot, row.error.text)
    assert "notes.txt must be a NumPy archive (.npz) or a NIR file (.nir)" in row.error.text()
    assert form.run.weights == str(file)
    form.history.undo()
    form.reject()


def test_a_reference_is_trained_on_the_data(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["reference"].trigger()
    form = opened(window, qtbot)
    assert form.form.row("run.trained by").text == "surrogate-gradient (labels)"
    assert form.draft.unchecked == with_reference(DIGITS, "surrogate-gradient")
    assert "reference" in form.form.sections
    enter(form, qtbot, "network.hidden", "[100, 50]")
    enter(form, qtbot, "reference.learning_rate", "0.001")
    assert form.experiment() == with_reference(
        DIGITS, "surrogate-gradient", {"network.hidden": [100, 50], "reference.learning_rate": 0.001}
    )
    choose(form.form.row("reference.kind").editor, "linear")  # type: ignore[arg-type]
    assert "reference.penalty" in form.form.rows()
    enter(form, qtbot, "network.hidden", "[9]")
    assert "network.hidden must be []" in form.problem.text() + form.form.row("network.hidden").error.text()
    assert not form.go.isEnabled()
    form.history.undo()
    choose(form.source, "song-abbott-2000")
    assert "shows a stream" in form.problem.text()
    choose(form.source, "digits")
    choose(form.form.row("run.trained by").editor, "local rules, without labels")
    assert form.draft.unchecked == DIGITS
    close(form)
