"""The editor of a network: building one by hand, template and undo, saving and opening again, starting a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from parameter_fields import enter, retype
from parts_of_window import close, dialog_of, keep_editing
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.base.units import thousands
from stdpbench.experiment import NetworkDraft, read_experiment
from stdpbench.experiment.draft_stages import stages_of
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.network_editor import NetworkEditor
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.widgets.basic import not_none

FEED, EXC = "network.projections.feed", "network.populations.exc"
pytestmark = pytest.mark.shared_window


def shown(window: MainWindow, qtbot: QtBot) -> NetworkEditor:
    return dialog_of(window, qtbot, NetworkEditor)


def button(within: MainWindow | NetworkEditor, name: str) -> QPushButton | QToolButton:
    found = [*within.findChildren(QPushButton), *within.findChildren(QToolButton)]
    return next(each for each in found if each.accessibleName() == name or each.text() == name)


def press(editor: NetworkEditor, qtbot: QtBot, key: str) -> None:
    """Press the shortcut of an action in the list."""
    editor.activateWindow()
    editor.tree.setFocus()
    waits(qtbot, lambda: editor.tree.hasFocus() and editor.isActiveWindow())
    keys = QKeySequence(key)[0]
    qtbot.keyClick(editor.tree, keys.key(), keys.keyboardModifiers())


def choose(editor: NetworkEditor, part: str, path: str, value: str) -> None:
    """Choose a part in the list, and a value in the drop-down list of one of its rows."""
    editor.tree.choose(part)
    box = editor.form.row(f"{part}.{path}").editor
    assert box.findText(value) >= 0, [box.itemText(each) for each in range(box.count())]
    box.setCurrentText(value)
    box.activated.emit(box.currentIndex())


def enter_in(editor: NetworkEditor, qtbot: QtBot, part: str, path: str, text: str) -> None:
    """Choose a part in the list, and type a value into one of its rows."""
    editor.tree.choose(part)
    enter(editor, qtbot, f"{part}.{path}", text)


def rename(editor: NetworkEditor, qtbot: QtBot, part: str, name: str) -> None:
    """Rename a part in the list, with the keyboard."""
    editor.tree.choose(part)
    press(editor, qtbot, "F2")
    field = not_none(editor.tree.findChild(QLineEdit))
    retype(field, qtbot, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    for _ in range(3):  # Qt closes the field, then it tells the new name, then the list is made anew
        QApplication.processEvents()


def test_a_template_is_kept_until_its_structure_changes(window: MainWindow, qtbot: QtBot) -> None:
    window.services.edit_network(NetworkDraft(read_experiment("digits")))
    editor = shown(window, qtbot)
    assert editor.draft == NetworkDraft(read_experiment("digits"))
    assert set(editor.diagram.items) == {"input", "exc", "feed", "compete"}
    assert editor.tree.texts()[FEED][1].endswith(f"· {thousands(313_600)} synapses")
    waits(qtbot, lambda: f"{thousands(473_200)} synapses take 12 MiB in each process" in editor.time.text())
    enter_in(editor, qtbot, FEED, "plasticity.nu_post", "0.02")
    assert (editor.draft.template, editor.draft.unchecked.plasticity.quantities()["nu_post"]) == ("diehl-cook", 0.02)
    choose(editor, FEED, "connect.kind", "random")
    assert editor.draft.template == ""
    assert editor.tree.texts()[FEED][1].endswith(f"· ≈ {thousands(31_360)} synapses")
    enter_in(editor, qtbot, FEED, "connect.p", "1.5")
    assert "network.projections.feed.connect.p must be at most 1" in editor.form.row(f"{FEED}.connect.p").error.text()
    editor.tree.choose(EXC)
    press(editor, qtbot, "Del")
    assert editor.problem.text() != ""
    assert not editor.go.isEnabled()
    for _ in range(3):
        press(editor, qtbot, "Ctrl+Z")
    assert editor.draft.unchecked == editor.run.template
    assert editor.go.isEnabled()
    press(editor, qtbot, "Ctrl+Shift+Z")
    assert editor.draft.unchecked.plasticity.quantities()["nu_post"] == 0.02
    keep_editing(editor)
    close(editor)


def test_errors_are_shown_where_they_belong(window: MainWindow, qtbot: QtBot) -> None:
    window.services.edit_network(NetworkDraft(read_experiment("digits")))
    editor = shown(window, qtbot)
    choose(editor, EXC, "neuron.kind", "izhikevich")
    assert {path for path, texts in editor.tree.texts().items() if "⚠" in texts[1]} == {
        FEED,
        "network.projections.compete",
    }
    assert "network.projections.feed.receptor" in editor.problem.text()
    editor.diagram.items["feed"].click()
    assert editor.tree.path == FEED
    assert "its receptors are I_exc, I_inh" in editor.form.row(f"{FEED}.receptor").error.text()
    choose(editor, FEED, "receptor", "I_exc")
    choose(editor, "network.projections.compete", "receptor", "I_inh")
    assert not editor.form.row("network.projections.compete.receptor").error.isVisible()
    assert editor.problem.text() == ""
    assert editor.go.isEnabled()
    editor.tree.choose(FEED)
    press(editor, qtbot, "Up")
    press(editor, qtbot, "Up")  # from the first projection over the heading to the last population
    assert editor.tree.path == EXC
    press(editor, qtbot, "Up")
    press(editor, qtbot, "Up")
    assert editor.form.sections.keys() == {"", "network"}  # at a heading
    assert not editor.actions_["remove"].isEnabled()
    for widget in [*editor.findChildren(QPushButton), *editor.findChildren(QToolButton)]:
        assert widget.accessibleName() or widget.text() or widget.parent() is editor.search, widget
    for widget in [*editor.findChildren(QLineEdit), *editor.findChildren(QComboBox), *editor.findChildren(QCheckBox)]:
        assert not widget.isVisible() or widget.accessibleName() or isinstance(widget.parent(), QSpinBox), widget
    close(editor)


def test_what_is_typed_is_used_or_stays(window: MainWindow, qtbot: QtBot) -> None:
    window.services.edit_network(NetworkDraft(read_experiment("digits")))
    editor = shown(window, qtbot)
    editor.tree.choose(FEED)
    retype(editor.form.row(f"{FEED}.plasticity.nu_post").editor, qtbot, "0.03")
    editor.actions_["population"].trigger()  # of which the field knows nothing
    assert (editor.draft.value(f"{FEED}.plasticity.nu_post"), len(editor.draft.populations)) == (0.03, 3)
    editor.actions_["undo"].trigger()
    enter_in(editor, qtbot, FEED, "plasticity.nu_post", "-1")
    editor.tree.choose("schedule")
    assert not editor.go.isEnabled()
    editor.tree.choose(FEED)
    row = editor.form.row(f"{FEED}.plasticity.nu_post")
    assert (row.text, "must be" in row.error.text()) == ("-1", True)
    enter_in(editor, qtbot, FEED, "plasticity.nu_post", "0.04")
    assert editor.go.isEnabled()
    close(editor)


def test_stages_are_edited_in_the_schedule(window: MainWindow, qtbot: QtBot) -> None:
    window.services.edit_network(NetworkDraft(read_experiment("stack-digits")))
    editor = shown(window, qtbot)
    stages = editor.stages
    assert not stages.isVisible()
    editor.tree.choose("schedule")
    assert stages.isVisible()

    def part(name: str) -> QWidget:
        return not_none(stages._rows.findChild(QWidget, name))

    def lengths() -> list[str]:
        return [row.length for row in stages_of(editor.draft)]

    length = part("length-1")
    editor.activateWindow()
    length.setFocus()
    waits(qtbot, length.hasFocus)
    retype(length, qtbot, "many")
    qtbot.keyClick(length, Qt.Key.Key_Return)
    assert "schedule.stages.2.passes must be a whole number" in stages._errors[1].text()
    assert not editor.go.isEnabled()
    editor.set_value("schedule.rest", "100 ms")
    assert "schedule.stages.2.passes must be a whole number" in editor.go.toolTip()
    editor.history.undo()
    assert (part("length-1").text(), editor.go.isEnabled()) == ("2", True)
    length = part("length-1")
    retype(length, qtbot, "3")
    qtbot.keyClick(length, Qt.Key.Key_Return)
    assert lengths() == ["2", "3"]
    assert stages._errors[1].isHidden()
    assert QApplication.focusWidget() is part("length-1")  # made anew
    choice = part("projections-0")
    menu = not_none(choice.menu())
    menu.actions()[0].trigger()  # feed no longer learns in the first stage
    assert "must name at least one projection" in stages._errors[0].text()
    assert not editor.go.isEnabled()
    editor.actions_["undo"].trigger()
    assert stages._errors[0].isHidden()
    button(editor, "Move stage 2 up").click()
    assert lengths() == ["3", "2"]
    button(editor, "Add stage").click()
    assert len(lengths()) == 3
    for _ in range(3):
        button(editor, "Remove stage 1").click()
    assert not lengths()
    assert stages.about.isVisible()
    close(editor)


def test_it_starts_again_from_any_template(window: MainWindow) -> None:
    editor = window.services.edit_network(NetworkDraft(read_experiment("digits")))
    for kind in ("local", "stack", "balanced", "empty"):
        editor.start_from.setCurrentText(kind)
        editor.start_from.activated.emit(editor.start_from.currentIndex())
        assert (editor.draft.template, editor.go.isEnabled()) == ("" if kind == "empty" else kind, kind != "empty")
        assert set(editor.diagram.items) == {*editor.draft.populations, *editor.draft.projections}
        editor.actions_["undo"].trigger()
        assert editor.draft.unchecked == editor.run.template
    editor.reject()
    assert not editor.isVisible()


def test_a_network_is_built_by_hand_saved_opened_and_run(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    button(window, "Build a network…").click()
    editor = shown(window, qtbot)
    assert not editor.actions_["projection"].isEnabled()
    button(editor, "Add input").click()
    press(editor, qtbot, "Ctrl+N")
    enter_in(editor, qtbot, EXC, "size", "12")
    press(editor, qtbot, "Ctrl+Shift+N")  # exc is chosen, and the input is free
    assert editor.tree.path == "network.projections.input_exc"
    rename(editor, qtbot, "network.projections.input_exc", "feed")
    assert editor.tree.path == FEED
    choose(editor, FEED, "weight.kind", "uniform")
    choose(editor, FEED, "plasticity.kind", "diehl-cook-triplet")
    choose(editor, FEED, "normalise.kind", "sum")
    enter_in(editor, qtbot, FEED, "normalise.value", "78")
    editor.tree.choose(EXC)
    press(editor, qtbot, "Ctrl+D")
    rename(editor, qtbot, "network.populations.exc_2", "second")
    enter_in(editor, qtbot, "network.populations.second", "size", "4")
    editor.tree.choose(EXC)
    press(editor, qtbot, "Ctrl+Shift+N")
    upward = "network.projections.exc_second"
    enter_in(editor, qtbot, upward, "weight.value", "2")
    rename(editor, qtbot, upward, "input")
    assert "the name 'input' is used already" in editor.said.text()
    assert list(editor.draft.projections) == ["feed", "exc_second"]
    press(editor, qtbot, "Alt+Up")
    assert list(editor.draft.projections) == ["exc_second", "feed"]
    press(editor, qtbot, "Ctrl+Z")
    for path, text in (("train_images", "60"), ("label_images", "40"), ("test_images", "20"), ("passes", "1")):
        enter_in(editor, qtbot, "schedule", path, text)
    editor.set_value("run.name", "by-hand")
    assert editor.problem.text() == ""
    made = editor.experiment()
    file = tmp_path / "by-hand.toml"
    editor.save(file)
    editor.reject()  # nothing is lost: no question
    assert not editor.isVisible()

    window.run_file(file)
    form = dialog_of(window, qtbot, NewRunForm)
    again = form.edit_network()
    waits(qtbot, again.isVisible)
    assert again.draft == NetworkDraft(made)
    again.go.click()
    assert not again.isVisible()
    form.go.click()
    waits(qtbot, lambda: window.session.folder is not None and window.session.state is State.FINISHED, 300)
    assert (window.session.experiment, list(made.graph().populations)) == (made, ["input", "exc", "second"])
    assert dict(window.session.live.started.phases)["train"] == 60  # type: ignore[union-attr]


def test_an_editor_that_is_closed_before_it_is_shown_stays_closed(window: MainWindow, qtbot: QtBot) -> None:
    first = window.services.edit_network(NetworkDraft(read_experiment("digits")))
    first.reject()
    second = window.services.edit_network(NetworkDraft(read_experiment("digits")))
    waits(qtbot, second.isVisible)
    assert sip.isdeleted(first) or not first.isVisible()
