"""The user's own pictures: choosing or dropping, live preparation, making an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parameter_fields import retype
from parts_of_window import dialog_of, stop
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.data.datasets.digits import Digits
from stdpbench.experiment import read_experiment
from stdpbench.runs.protocol.states import State
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.dialogs.own_data import OwnDataDialog, is_own_data
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of dark digits on light paper in two classes."""
    root, digits = tmp_path_factory.mktemp("pictures"), Digits().load().train
    for number in range(60):
        place = root / ("even" if digits.labels[number] % 2 == 0 else "odd")
        place.mkdir(exist_ok=True)
        Image.fromarray(255 - digits.pixels[number]).save(place / f"{number}.png")
    return root


def opened(window: MainWindow, qtbot: QtBot, path: Path) -> OwnDataDialog:
    dialog: OwnDataDialog = window.services.choose_data(path)
    waits(qtbot, lambda: dialog.experiment is not None or bool(dialog.problem.text()))
    return dialog


def type_into(dialog: OwnDataDialog, qtbot: QtBot, path: str, text: str) -> None:
    field = dialog.form.row(path).editor
    assert isinstance(field, QLineEdit)
    retype(field, qtbot, text)


@pytest.mark.shared_window
def test_a_folder_is_shown_with_steps_that_suit_it(window: MainWindow, qtbot: QtBot, pictures: Path) -> None:
    dialog = opened(window, qtbot, pictures)
    assert (
        "48 training and 12 test pictures of 8 × 8 pixels, presented as 28 × 28, in 2 classes: even, odd"
        in dialog.status.text()
    )
    assert dialog.form.row("data.invert").text == "true"
    assert dialog.start_button.isEnabled()
    assert not dialog.grab().isNull()


@pytest.mark.shared_window
def test_steps_act_live_and_errors_are_told_in_place(window: MainWindow, qtbot: QtBot, pictures: Path) -> None:
    dialog = opened(window, qtbot, pictures)
    dialog.set_value("data.frame", "32")
    waits(qtbot, lambda: "presented as 32 × 32" in dialog.status.text())
    assert dialog.experiment.network.weight_sum == pytest.approx(78 / 784 * 32 * 32, rel=1e-3)
    dialog.set_value("data.frame", "10")
    waits(qtbot, lambda: "data.frame = 10 is smaller" in dialog.problem.text())
    assert not dialog.start_button.isEnabled()
    dialog.set_value("data.frame", "28")
    waits(qtbot, dialog.start_button.isEnabled)
    assert dialog.problem.text() == ""


@pytest.mark.shared_window
def test_the_base_and_the_number_of_neurons_are_chosen(window: MainWindow, qtbot: QtBot, pictures: Path) -> None:
    dialog = opened(window, qtbot, pictures)
    dialog.set_value("network.based_on", "fast-400")
    assert dialog.form.row("network.n_exc").text == "400"
    dialog.set_value("network.n_exc", "0")
    assert dialog.form.row("network.n_exc").error.text() == "⚠ network.n_exc must be at least 1, not '0'"
    assert not dialog.edit_button.isEnabled()
    type_into(dialog, qtbot, "network.n_exc", "25")
    qtbot.keyClick(dialog.form.row("network.n_exc").editor, Qt.Key.Key_Return)
    assert dialog.isVisible()  # Enter ends the editing only
    type_into(dialog, qtbot, "network.name", "parity")
    dialog.form.commit()
    made = not_none(dialog.experiment)
    assert (made.name, made.network.n_exc) == ("parity", 25)
    assert made.network.w_inh_exc == read_experiment("fast-400").network.w_inh_exc
    dialog.edit_button.click()
    form = dialog_of(window, qtbot, NewRunForm)
    assert (form.draft.unchecked, form.source.currentText()) == (made, "parity")
    assert form.text().command.startswith("cat > parity.toml <<'END'")  # no name and no file to refer to
    form.reject()


@pytest.mark.shared_window
def test_it_is_saved_as_a_file(window: MainWindow, qtbot: QtBot, pictures: Path, tmp_path: Path) -> None:
    dialog = opened(window, qtbot, pictures)
    dialog.save(tmp_path / "parity.toml")
    assert read_experiment(tmp_path / "parity.toml").override({"name": pictures.name}) == dialog.experiment


@pytest.mark.shared_window
def test_what_cannot_be_read_is_told_in_a_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    dialog = opened(window, qtbot, tmp_path / "broken.npz")
    assert "is damaged, or not an .npz file" in dialog.problem.text()
    assert not dialog.start_button.isEnabled()
    dialog.take(tmp_path / "absent")
    waits(qtbot, lambda: "there is no file or folder" in dialog.problem.text())


def test_what_is_dropped_is_told_apart(pictures: Path, tmp_path: Path, finished_run: Any) -> None:
    (tmp_path / "mine.toml").write_text("name = 'x'", encoding="utf-8")
    paths = pictures, finished_run.path, tmp_path / "mine.toml"
    assert [is_own_data(path) for path in paths] == [True, False, False]


def test_a_folder_of_pictures_is_learned(window: MainWindow, qtbot: QtBot, pictures: Path) -> None:
    dialog = opened(window, qtbot, pictures)
    type_into(dialog, qtbot, "network.n_exc", "12")  # what is typed is used
    dialog.start_button.click()
    assert not dialog.isVisible()
    session = window.session
    waits(qtbot, lambda: session.connected)
    session.request("pace", seconds=0.2)  # at full speed, it could end before it is stopped
    waits(qtbot, lambda: session.live.progress.get("done", 0) > 5)
    assert (session.live.started.class_names, not_none(session.experiment).graph().n_read) == (("even", "odd"), 12)
    stop(session, qtbot)
    assert session.state is State.STOPPED
