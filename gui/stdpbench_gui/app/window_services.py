"""What the window remembers and asks: recent runs and files, and what becomes of a run when the window closes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QObject, QSettings, QTimer
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QDialog, QMainWindow, QMenu, QMessageBox, QWidget

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import looks_like_run
from stdpbench.runs.protocol.states import State
from stdpbench_gui.dialogs.data_fetch import WORDS, FetchDialog
from stdpbench_gui.dialogs.draw_digit import DrawDigitDialog
from stdpbench_gui.dialogs.own_data import OwnDataDialog, is_own_data
from stdpbench_gui.dialogs.run_file import RunFileDialog
from stdpbench_gui.look.motion import motion
from stdpbench_gui.pages.start import StartPage
from stdpbench_gui.pages.train import TrainPage
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.actions import Actions

_KEPT = 12
_STOPPING_MS = 15_000


class Recent:
    """Runs and experiment files that were opened last, newest first; in a menu that shows those that still exist."""

    def __init__(self, settings: QSettings, menu: QMenu, open_path: Callable[[Path], object]) -> None:
        self._settings = settings
        self._menu = menu
        self._open = open_path
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        self.fill()

    def paths(self) -> list[Path]:
        """What was opened last and is still there."""
        stored = self._settings.value("recent", [])
        texts = [stored] if isinstance(stored, str) else list(stored or [])
        return [path for text in texts if _is_there(path := Path(str(text)))]

    def add(self, path: Path) -> None:
        """Put a path in front."""
        others = [str(other) for other in self.paths() if other != path]
        self._settings.setValue("recent", [str(path), *others][:_KEPT])
        self.fill()

    def clear(self) -> None:
        """Forget all."""
        self._settings.remove("recent")
        self.fill()

    def fill(self) -> None:
        """Make the menu anew."""
        self._menu.clear()
        paths = self.paths()
        for path in paths:
            action = QAction(path.name, self._menu)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self._open(path))
            self._menu.addAction(action)
        if paths:
            self._menu.addSeparator()
            forget = QAction("Forget these", self._menu)
            forget.triggered.connect(lambda _=False: self.clear())
            self._menu.addAction(forget)
        else:
            nothing = QAction("Nothing was opened yet", self._menu)
            nothing.setEnabled(False)
            self._menu.addAction(nothing)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # it may not be looked at, or its disk does not answer
        return False


def goes_on(session: RunSession) -> bool:
    """Whether a process would go on working when the window closes."""
    return session.connected and session.state in (State.BUILDING, State.RUNNING, State.PAUSED, State.FINISHING)


class ClosingQuestion(QMessageBox):
    """Asks what becomes of a run that goes on, and remembers the answer if that is wanted.

    Attributes
    ----------
    answer : str
        ``"leave"``, ``"stop"`` or ``"cancel"``.
    """

    def __init__(self, session: RunSession, settings: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.answer = "cancel"
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("Close the window?")
        name = session.folder.path.name if session.folder is not None else "The run"
        paused = session.state is State.PAUSED
        self.setText(f"{name} is {'paused' if paused else 'at work'}.")
        self.setInformativeText(
            "It stays paused in its own process, which takes memory; stop it instead? It can be resumed either way."
            if paused
            else "It goes on in its own process, and can be opened again; stop it instead? It can be resumed later."
        )
        self.leave_button = self.addButton(
            "Leave it paused" if paused else "Let it go on", QMessageBox.ButtonRole.AcceptRole
        )
        self.stop_button = self.addButton("Stop it", QMessageBox.ButtonRole.DestructiveRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.leave_button)
        self.remember = QCheckBox("Do so always, and do not ask again")
        self.setCheckBox(self.remember)
        self.buttonClicked.connect(self._clicked)

    def _clicked(self, button: object) -> None:
        if button is self.leave_button:
            self.answer = "leave"
        elif button is self.stop_button:
            self.answer = "stop"
        if self.remember.isChecked() and self.answer != "cancel":
            self._settings.setValue("closing", self.answer)


class App(Protocol):
    """The parts of the window that `WindowServices` uses."""

    settings: QSettings
    runs: Path
    session: RunSession
    actions_: Actions
    start: StartPage

    @property
    def train(self) -> TrainPage:
        """The Train page."""

    def show_message(self, sentence: str) -> None:
        """Show a sentence at the foot of the window."""

    def open_run(self, path: Path) -> None:
        """Show a run."""

    def run_file(self, path: Path) -> None:
        """Offer to run an experiment file."""

    def run_experiment(self, experiment: Experiment) -> None:
        """Start a run of an experiment."""

    def check_machine(self) -> None:
        """Check the machine again."""


class WindowServices(QObject):
    """What a window does beside showing pages: recent files, what is dropped on it, settings, how it closes.

    Parameters
    ----------
    window : QMainWindow
        Parent of the dialogs, with the menu bar.
    app : App
        What the dialogs act on: the window itself.

    Attributes
    ----------
    recent : Recent
        What was opened last.
    dialog : QDialog or None
        The dialog that was opened last.
    drawing : DrawDigitDialog or None
        The pad, once it was opened.
    """

    def __init__(self, window: QMainWindow, app: App) -> None:
        super().__init__(window)
        self._window, self._app = window, app
        self._settings = app.settings
        self.dialog: QDialog | None = None
        self.drawing: DrawDigitDialog | None = None
        self._may_close = False
        self._closing: QTimer | None = None
        self.recent = Recent(self._settings, self._recent_menu(), self.open_path)
        self._add_actions()
        app.session.opened.connect(self._on_opened)
        app.session.changed.connect(self._on_changed)
        app.start.own_data_wanted.connect(lambda: self.choose_data())
        app.start.data_wanted.connect(self.get_data)
        app.start.data_wanted_for.connect(self._get_data_for)

    # -- actions ---------------------------------------------------------------------------------------------------

    def _recent_menu(self) -> QMenu:
        menu = QMenu("Open &recent", self._window)
        file = self._menu("&File")
        if file is not None:
            file.insertMenu(self._app.actions_["quit"], menu)
            file.insertSeparator(self._app.actions_["quit"])
        return menu

    def _menu(self, title: str) -> QMenu | None:
        bar = self._window.menuBar()
        assert bar is not None
        return next((menu for a in bar.actions() if (menu := a.menu()) is not None and menu.title() == title), None)

    def _add_actions(self) -> None:
        add, actions = self._app.actions_.add, self._app.actions_
        add("own-data", "&File", "Your own &pictures…", self.choose_data, "Ctrl+I", "Learn from pictures of your own")
        actions.separator("&Run")
        add("draw", "&Run", "Draw a digit…", self.draw, "Ctrl+D", "Draw, and see what the network answers")
        actions.separator("&Run")
        add("ask", "&Run", "Ask before closing", self._set_asking, "", "While a run goes on", checkable=True)
        actions.separator("&View")
        add("reduce", "&View", "Reduce motion", self._set_motion, "", "Nothing glides", checkable=True)
        add(
            "flicker",
            "&View",
            "Fast flicker",
            self._set_motion,
            "",
            "Pictures change as fast as they come, rather than three times a second",
            checkable=True,
        )
        actions["ask"].setChecked(str(self._settings.value("closing", "ask")) == "ask")
        actions["reduce"].setChecked(self._is_set("motion/reduced"))
        actions["flicker"].setChecked(self._is_set("motion/fast_flicker"))
        self._set_motion()
        file, own = self._menu("&File"), actions["own-data"]
        if file is not None:  # after the experiment file, not after Quit
            file.removeAction(own)
            file.insertAction(file.actions()[2], own)
        bar, about = self._window.menuBar(), self._menu("&Help")
        assert bar is not None
        if about is not None:  # at the end, where people look for it
            bar.removeAction(about.menuAction())
            bar.addAction(about.menuAction())

    def _is_set(self, name: str) -> bool:
        return str(self._settings.value(name, "false")).lower() == "true"

    def _set_motion(self) -> None:
        motion.reduced = self._app.actions_["reduce"].isChecked()
        motion.fast_flicker = self._app.actions_["flicker"].isChecked()
        self._settings.setValue("motion/reduced", motion.reduced)
        self._settings.setValue("motion/fast_flicker", motion.fast_flicker)
        docks = self._app.train.docks
        docks.setDockOptions(_with(docks.dockOptions(), not motion.reduced))

    def _set_asking(self) -> None:
        asks = self._app.actions_["ask"].isChecked()
        self._settings.setValue("closing", "ask" if asks else "leave")
        self._app.show_message(
            "Closing the window will ask what becomes of a run that goes on."
            if asks
            else "Closing the window will leave a run that goes on alone."
        )

    # -- what is opened --------------------------------------------------------------------------------------------

    def open_dropped(self, paths: Sequence[Path]) -> None:
        """Open the first of what was dropped; what belongs to it, as the labels of IDX pictures, it finds itself."""
        if not paths:
            self._app.show_message("Only files and folders of this machine can be dropped here.")
            return
        first, *others = paths
        self.open_path(first)
        left = [path for path in others if path.parent != first.parent or not is_own_data(path)]
        if left:
            self._app.show_message(
                f"{first.name} is opened, one at a time; not {', '.join(path.name for path in left)}."
            )

    def open_path(self, path: Path) -> None:
        """Open what was chosen or dropped: a run folder, an experiment file, or pictures."""
        try:
            if path.suffix == ".toml" and path.is_file():
                self._app.run_file(path)
            elif path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
                self._app.show_message(f"{path} cannot be opened: its files may not be read.")
            elif looks_like_run(path):
                self._app.open_run(path)
            elif is_own_data(path):
                self.choose_data(path)
            else:
                self._app.show_message(
                    f"{path.name or path} is no run folder, no experiment file (.toml) and no pictures (a folder, npz "
                    "or IDX)."
                )
        except OSError as error:  # a folder that may not be looked into, or a disk that went
            self._app.show_message(f"{path} cannot be opened: {error.strerror or error}.")

    def ask_to_run(self, experiment: Experiment) -> RunFileDialog:
        """Open the dialog that says what an experiment is and takes, and starts it."""
        dialog = RunFileDialog(experiment, self._app.runs, self._app.session, self._window)
        dialog.chosen.connect(self._app.run_experiment)
        dialog.open()
        self.dialog = dialog
        return dialog

    def choose_data(self, path: Path | None = None) -> OwnDataDialog:
        """Open the dialog that makes an experiment of pictures."""
        dialog = OwnDataDialog(self._app.session, self._app.runs, self._window, path)
        dialog.chosen.connect(self._app.run_experiment)
        dialog.open()
        self.dialog = dialog
        return dialog

    def draw(self) -> DrawDigitDialog:
        """Open the pad; it is one, and keeps its drawing."""
        if self.drawing is None:
            self.drawing = DrawDigitDialog(self._app.session, self._window)
        self.drawing.show()
        self.drawing.raise_()
        self.drawing.pad.setFocus()
        return self.drawing

    def get_data(self, name: str, way: str, why: str = "") -> FetchDialog:
        """Open the dialog that gets a data set; `way` is ``"download"``, ``"folder"``, or empty to have it asked."""
        dialog = FetchDialog(name, self._app.session, self._window, why)
        dialog.fetched.connect(lambda *_: self._app.check_machine())
        dialog.open()
        if way == "download":
            dialog.download()
        elif way == "folder":
            dialog.folder_button.click()
        self.dialog = dialog
        return dialog

    def _get_data_for(self, name: str, experiment: Experiment) -> None:
        dialog = self.get_data(
            name, "", f"{experiment.name} learns from {WORDS.get(name, name)}, which is not here yet."
        )
        dialog.fetched.connect(lambda *_: self._app.run_experiment(experiment))

    def _on_opened(self) -> None:
        folder = self._app.session.folder
        if folder is not None:
            self.recent.add(folder.path.absolute())
            self._app.show_message("")

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._app.start.restyle()
        if self.drawing is not None:
            self.drawing.restyle()

    # -- how the window closes -------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Whether the window may close now; where a run goes on, it is asked first, and closed by the answer."""
        if self._may_close or not goes_on(self._app.session):
            return True
        wish = str(self._settings.value("closing", "ask"))
        if wish == "leave":
            return True
        if wish == "stop":
            self._stop_and_close()
            return False
        question = ClosingQuestion(self._app.session, self._settings, self._window)
        question.finished.connect(lambda _: self._answered(question))
        question.open()
        self.dialog = question
        return False

    def _answered(self, question: ClosingQuestion) -> None:
        self._app.actions_["ask"].setChecked(str(self._settings.value("closing", "ask")) == "ask")
        if question.answer == "leave":
            self._close()
        elif question.answer == "stop":
            self._stop_and_close()

    def _stop_and_close(self) -> None:
        self._app.show_message("Stopping the run; the window closes when it has.")
        self._closing = QTimer(self)
        self._closing.setSingleShot(True)
        self._closing.timeout.connect(self._close)
        self._closing.start(_STOPPING_MS)
        self._app.session.request("stop", refused=self._not_stopped, reason="the window was closed")

    def _not_stopped(self, sentence: str) -> None:
        """The window stays, since the run goes on."""
        if self._closing is not None:
            self._closing.stop()
        self._closing = None
        self._app.show_message(f"The run was not stopped, so the window stays: {sentence}")

    def _on_changed(self, topics: set[str]) -> None:
        if self._closing is not None and not self._app.session.connected:
            self._closing.stop()
            self._close()

    def _close(self) -> None:
        self._may_close = True
        self._window.close()

    def closed(self) -> None:
        """Let go of what the window leaves behind."""
        if self.drawing is not None:
            self.drawing.probe.close()


def _with(options: QMainWindow.DockOption, animated: bool) -> QMainWindow.DockOption:
    glides = QMainWindow.DockOption.AnimatedDocks
    return options | glides if animated else options & ~glides
