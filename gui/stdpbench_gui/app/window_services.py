"""Services of the main window: recent runs and files, opening of paths, dialogs, motion settings, and closing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QObject, QSettings, Qt, QTimer
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDialog, QMainWindow, QMenu, QMessageBox, QWidget

from stdpbench import __version__
from stdpbench.data.datasets.recognition import stimuli_at
from stdpbench.declare.learned_names import listed
from stdpbench.experiment import NetworkDraft, read_experiment
from stdpbench.runs.folder.run_folder import looks_like_run
from stdpbench.runs.lineage.export import import_run
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.new_run import NewRun
from stdpbench_gui.app.run_forms import RunForms
from stdpbench_gui.dialogs.data_fetch import FetchDialog
from stdpbench_gui.dialogs.draw_digit import DrawDigitDialog
from stdpbench_gui.dialogs.experiments import ExperimentsDialog
from stdpbench_gui.dialogs.machine import MachineDialog
from stdpbench_gui.dialogs.network_editor import NetworkEditor
from stdpbench_gui.dialogs.neuron_spikes import NeuronSpikes
from stdpbench_gui.dialogs.own_data import OwnDataDialog, is_own_data
from stdpbench_gui.dialogs.own_dialog import OwnDialog
from stdpbench_gui.dialogs.own_stimuli import OwnStimuliDialog
from stdpbench_gui.dialogs.run_form import RunForm
from stdpbench_gui.look.motion import motion
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.machine import DATA_SETS
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.run_session import RunSession, example_run, is_example
from stdpbench_gui.session.sentences import Failed, Lasting
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Entry
from stdpbench_gui.widgets.basic import CheckBox, menu_action, not_none

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow
    from stdpbench_gui.dialogs.film import FilmDialog


def named_entries(
    menu: QMenu,
    prefix: str,
    *,
    possible: bool = True,
) -> Iterator[QAction]:
    """Yield an action with a name for each entry of a menu, and of the menus in it, as it is now.

    Parameters
    ----------
    menu : QMenu
        The menu, which is filled as if it was opened.
    prefix : str
        Beginning of the names, such as ``"panel-weights"``.
    possible : bool
        Whether the entries can be carried out, apart from those that are disabled.
    """
    seen: set[str] = set()
    for text, entry in _leaves(menu):
        name = f"{prefix}-{slug(text)}"
        if name in seen or entry.objectName():  # which stands in the menu bar, too
            continue
        seen.add(name)
        action = QAction(text)
        action.setObjectName(name)
        action.setToolTip(entry.toolTip())
        action.setEnabled(possible and entry.isEnabled())
        action.triggered.connect(partial(_trigger, menu, text))
        yield action


def _leaves(menu: QMenu, before: str = "") -> Iterator[tuple[str, QAction]]:
    """Yield the entries of a menu with their texts, after the titles of the menus that they stand in."""
    menu.aboutToShow.emit()
    for entry in menu.actions():
        inner, text = entry.menu(), before + entry.text().replace("&", "")
        if inner is not None:
            yield from _leaves(inner, f"{text}: ")
        elif text and not entry.isSeparator() and entry.isVisible():
            yield text, entry


def _trigger(menu: QMenu, text: str, _checked: bool = False) -> None:
    """Carry out an entry of a menu, which may have been filled again since its name was taken."""
    found = next((entry for each, entry in _leaves(menu) if each == text), None)
    if found is not None:
        found.trigger()


def slug(text: str) -> str:
    """Return a text as a part of a name: lower-case words with dashes."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def other_entries(window: MainWindow) -> Iterator[Entry]:
    """Yield the entries of these menus as they are now; those of pages that are not shown are disabled.

    Nothing is made for them: pages that do not exist yet have none.
    """
    if not window.is_complete:
        return
    shown = window.pages.currentWidget()
    yield from _of(window.services.recent.menu, "Open recent", "recent", True)
    for key, panel in window.train.panels.items():
        opens = panel.toggleViewAction()
        if opens is not None and opens.isChecked():  # also behind another one
            yield from _of(panel.menu, panel.title, f"panel-{key}", shown is window.train)
    runs = window.runs_page
    for view in (runs.comparison, runs.explore):
        possible = shown is runs and view.isVisible()
        yield from _of(view.menu, view.title, f"runs-{slug(view.title)}", possible)
    for name, page in (("evaluate", window.evaluate_made), ("rules", window.rules_made)):
        for box in () if page is None else page.findChildren(TitledBox):
            possible = shown is page and box.isVisible()
            yield from _of(box.menu, box.title, f"{name}-{slug(box.title)}", possible)


def _of(menu: QMenu, title: str, prefix: str, possible: bool) -> Iterator[Entry]:
    for action in named_entries(menu, prefix, possible=possible):
        yield Entry(title, action)


def is_active(session: RunSession) -> bool:
    """Return whether the process of the run would keep running after the window closes."""
    return session.connected and session.state in (State.BUILDING, State.RUNNING, State.PAUSED, State.FINISHING)


class ClosingQuestion(QMessageBox):
    """Asks whether to stop an active run, and remembers the answer on request.

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
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(f"{name} is {'paused' if paused else 'running'}.")
        self.setInformativeText(
            "It can stay paused in its own process, which uses memory, or be stopped. It can be resumed either way."
            if paused
            else "It can keep running in its own process, or be stopped. It can be opened or resumed later either way."
        )
        self.leave_button = self.addButton(
            "Leave it paused" if paused else "Keep it running", QMessageBox.ButtonRole.AcceptRole
        )
        self.stop_button = self.addButton("Stop it", QMessageBox.ButtonRole.DestructiveRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.leave_button)
        self.remember = CheckBox("Remember my choice and do not ask again")
        self.setCheckBox(self.remember)
        self.buttonClicked.connect(self._clicked)

    def _clicked(self, button: object) -> None:
        if button is self.leave_button:
            self.answer = "leave"
        elif button is self.stop_button:
            self.answer = "stop"
        if self.remember.isChecked() and self.answer != "cancel":
            self._settings.setValue("closing", self.answer)


_D = TypeVar("_D", bound=QDialog)
_KEPT = 12
_STOPPING_MS = 15_000


class Recent:
    """Recently opened runs and experiment files, newest first. The menu lists those that still exist."""

    def __init__(self, settings: QSettings, menu: QMenu, open_path: Callable[[Path], object]) -> None:
        self._settings = settings
        self.menu = menu
        self._open = open_path
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        self.fill()

    def paths(self) -> list[Path]:
        """Return the recently opened paths that still exist."""
        stored = self._settings.value("recent", [])
        texts = [stored] if isinstance(stored, str) else list(stored or [])
        return [path for text in texts if _exists(path := Path(str(text)))]

    def add(self, path: Path) -> None:
        """Put a path first."""
        others = [str(other) for other in self.paths() if other != path]
        self._settings.setValue("recent", [str(path), *others][:_KEPT])
        self.fill()

    def clear(self) -> None:
        """Remove all entries."""
        self._settings.remove("recent")
        self.fill()

    def fill(self) -> None:
        """Rebuild the menu."""
        self.menu.clear()
        paths = self.paths()
        for path in paths:
            menu_action(self.menu, path.name, partial(self._open, path), str(path))
        if paths:
            self.menu.addSeparator()
            menu_action(self.menu, "Clear", self.clear)
        else:
            not_none(self.menu.addAction("Nothing opened yet")).setEnabled(False)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no permission, or the disk does not respond
        return False


class WindowServices(QObject):
    """Recent files, dropped files, dialogs, motion settings and closing of the main window.

    Parameters
    ----------
    window : MainWindow
        Parent of the dialogs and target of what they ask for; has the menu bar.

    Attributes
    ----------
    recent : Recent
        Recently opened paths.
    dialog : QDialog or None
        The dialog opened last.
    forms : RunForms
        Forms for a new run.
    drawing : DrawDigitDialog or None
        The drawing pad; None until it is opened.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.settings
        self.dialog: QDialog | None = None
        self.drawing: DrawDigitDialog | None = None
        self._may_close = False
        self._closing: QTimer | None = None
        self.forms = RunForms(window, self)
        self._add_actions()
        self.recent = Recent(self._settings, self._recent_menu(), self.open_path)
        window.session.opened.connect(self._on_opened)
        window.session.changed.connect(self._on_changed)
        window.session.opened.connect(self._name_window)
        NeuronNotes.of(window.session).changed.connect(self._name_window)
        window.start.own_data_wanted.connect(lambda: self.choose_data())
        window.start.data_wanted_for.connect(
            lambda kind, experiment: self.get_data_for(
                kind, experiment.name, lambda: window.run_experiment(experiment)
            )
        )
        window.start.experiments_wanted.connect(self.list_experiments)
        window.start.machine_wanted.connect(self.show_machine)
        window.start.new_network_wanted.connect(lambda: self.build_network())

    def _name_window(self) -> None:
        """Put the title or the name of the current run into the title of the window."""
        folder = self._window.session.folder
        run = "" if folder is None else NeuronNotes.of(self._window.session).notes.title or folder.path.name
        self._window.setWindowTitle(f"{run} – stdpbench {__version__}" if run else f"stdpbench {__version__}")

    # -- actions ---------------------------------------------------------------------------------------------------

    def _recent_menu(self) -> QMenu:
        menu = QMenu("Open &recent", self._window)
        file = not_none(self._window.actions_.menu("&File"))
        file.insertMenu(self._window.actions_["quit"], menu)
        file.insertSeparator(self._window.actions_["quit"])
        return menu

    def _add_actions(self) -> None:
        add, actions = self._window.actions_.add, self._window.actions_
        add(
            "new-run",
            "&File",
            "&New run…",
            self.forms.new_run,
            "Ctrl+N",
            "Set everything that an experiment declares, in one form",
            before="open",
        )
        tip = "Experiments that come with the program: pictures, streams, supervised references"
        add("experiments", "&File", "&All experiments…", self.list_experiments, "", tip, before="quit")
        tip = "Python, compiler, data sets and folders of this machine: problems, and what helps"
        add("machine", "&Help", "This &machine…", self.show_machine, "", tip, before="about")
        tip = "Train on pictures, signals, events or a table"
        add("own-data", "&File", "Your own &data…", self.choose_data, "Ctrl+I", tip, before="quit")
        add(
            "network",
            "&File",
            "&Build a network…",
            self.build_network,
            "Ctrl+Shift+B",
            "Define populations and projections in a form",
            before="quit",
        )
        add(
            "edit-network",
            "&File",
            "Edit the &network of the run…",
            self.edit_current,
            "",
            "Change its network for another run",
            before="quit",
        )
        add(
            "reference",
            "&File",
            "Train a &supervised reference…",
            self.forms.train_reference,
            "",
            "A network trained with labels, to compare with",
            before="quit",
        )
        actions.separator("&Run")
        add("draw", "&Run", "Draw a digit…", self.draw, "Ctrl+D", "Draw a digit and see the network's answer")
        add(
            "hardware",
            "&Run",
            "Check &chips…",
            self.check_chips,
            "",
            "Check whether the trained network fits neuromorphic chips",
        )
        actions.separator("&Run")
        add("ask", "&Run", "Ask before closing", self._set_asking, "", "While a run is active", checkable=True)
        actions.separator("&View")
        add("reduce", "&View", "Reduce motion", self._set_motion, "", "Turn off animations", checkable=True)
        add(
            "flicker",
            "&View",
            "Fast flicker",
            self._set_motion,
            "",
            "Show pictures as fast as they arrive, not limited to three a second",
            checkable=True,
        )
        actions["ask"].setChecked(str(self._settings.value("closing", "ask")) == "ask")
        actions["reduce"].setChecked(self._is_set("motion/reduced"))
        actions["flicker"].setChecked(self._is_set("motion/fast_flicker"))
        self._set_motion()
        bar, about = not_none(self._window.menuBar()), not_none(actions.menu("&Help"))
        bar.removeAction(about.menuAction())  # the Help menu comes last by convention
        bar.addAction(about.menuAction())

    def _is_set(self, name: str) -> bool:
        return str(self._settings.value(name, "false")).lower() == "true"

    def _set_motion(self) -> None:
        motion.reduced = self._window.actions_["reduce"].isChecked()
        motion.fast_flicker = self._window.actions_["flicker"].isChecked()
        self._settings.setValue("motion/reduced", motion.reduced)
        self._settings.setValue("motion/fast_flicker", motion.fast_flicker)
        docks = self._window.train.docks
        docks.setDockOptions(_with(docks.dockOptions(), not motion.reduced))

    def _set_asking(self) -> None:
        asks = self._window.actions_["ask"].isChecked()
        self._settings.setValue("closing", "ask" if asks else "leave")
        self._window.show_message(
            "Closing the window will ask whether to stop an active run."
            if asks
            else "Closing the window will leave an active run running."
        )

    # -- opening ---------------------------------------------------------------------------------------------------

    def open(self, dialog: _D) -> _D:
        """Open a dialog, and remember it."""
        self.dialog = dialog
        dialog.open()
        return dialog

    def open_dropped(self, paths: Sequence[Path]) -> None:
        """Open the first dropped path; companion files, such as labels of IDX pictures, are found automatically."""
        if not paths:
            self._window.show_message("Only local files and folders can be dropped here.")
            return
        first, *others = paths
        self.open_path(first)
        ignored = [path for path in others if path.parent != first.parent or not is_own_data(path)]
        if ignored:
            names = ", ".join(path.name for path in ignored)
            self._window.show_message(f"Opened {first.name} only; drop one item at a time. Ignored: {names}.")

    def open_path(self, path: Path) -> None:
        """Open a chosen or dropped path: a run folder, an experiment file, a NIR file, or pictures."""
        try:
            if not path.exists() and not path.is_symlink():
                self._window.show_message(Failed(f"There is no file or folder {path}."))
            elif path.suffix.lower() == ".toml" and path.is_file():
                self._window.run_file(path)
            elif path.suffix.lower() == ".nir" and path.is_file():
                self.forms.run_network(path)
            elif path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
                self._window.show_message(Failed(f"Cannot open {path}: no permission to read it."))
            elif looks_like_run(path):
                self._window.open_run(path)
            elif path.suffix.lower() == ".zip" and path.is_file():
                self._import(path)
            elif is_own_data(path):
                self.choose_data(path)
            else:
                self._window.show_message(
                    f"{path.name or path} is not a run folder or a zip file of one, an experiment file (.toml), a "
                    "network (.nir), pictures (a folder, an npz file or IDX files) or other data (.npz, .csv, .ts or "
                    ".h5)."
                )
        except OSError as error:  # no permission, or the disk is gone
            self._window.show_message(Failed(f"Cannot open {path}: {error.strerror or error}."))

    def _import(self, path: Path) -> None:
        """Unpack the zip file of a run into the runs folder, and show the run."""
        runs = self._window.runs
        self._window.show_message(f"Unpacking {path.name} …")
        self._window.session.work(
            lambda: import_run(path, runs).path, self._window.open_run, f"Cannot open {path.name}", owner=self._window
        )

    def choose_data(self, path: Path | None = None) -> OwnDataDialog | OwnStimuliDialog:
        """Open the dialog that makes an experiment from pictures, or from signals, events or a table."""
        dialog: OwnDataDialog | OwnStimuliDialog
        if path is not None and stimuli_at(path) is not None:
            dialog = OwnStimuliDialog(self._window.session, self._window.runs, path, self._window)
        else:
            dialog = OwnDataDialog(self._window.session, self._window.runs, self._window, path)
        dialog.chosen.connect(self._window.run_experiment)
        dialog.edit_wanted.connect(lambda made: self.forms.new_run(NewRun.of(made), called=made.name))
        dialog.other_wanted.connect(self.choose_data)
        return self.open(dialog)

    def edit_network(self, draft: NetworkDraft) -> NetworkEditor:
        """Open the editor of a network, from which a run can be started."""
        dialog = NetworkEditor(draft, self._window.session, self._window.runs, self._window)
        dialog.chosen.connect(self._window.start.choose)
        return self.open(dialog)

    def build_network(self) -> NetworkEditor:
        """Open the editor with an empty network for scikit-learn's digits."""
        return self.edit_network(NetworkDraft.empty(read_experiment("digits")).named("network"))

    def edit_current(self) -> None:
        """Open the editor with the network of the current run and its current parameters."""
        experiment = self._window.session.experiment
        if experiment is None:
            self._window.show_message("No run is open; choose “Edit…” of an experiment in File > All experiments.")
        elif experiment.missing_kinds:
            self._window.show_message(f"The network cannot be edited: {listed(experiment.missing_kinds)}.")
        else:
            self.edit_network(NetworkDraft(experiment))

    def check_chips(self) -> None:
        """Compare the network of the current run with chips."""
        folder = self._window.session.folder
        if folder is None:
            self._window.show_message("No run is open; choose one on the Runs page.")
        else:
            self._window.runs_page.row_actions.check_chips(folder.path)

    def compare_neurons(self) -> NeuronSpikes | None:
        """Open the window with tuning, intervals, correlograms and raster of several neurons of the run on display."""
        folder, session = self._window.session.folder, self._window.session
        if folder is None:
            self._window.show_message("Open a run first: its neurons are compared.")
            return None
        opened = NeuronSpikes(folder, session.selection.neuron, session, self._window)
        opened.show()
        return opened

    def save_film(self) -> FilmDialog | None:
        """Open the dialog that saves a film of the run on display."""
        session = self._window.session
        positions = Timeline.of(session).positions
        if session.folder is None or not positions:
            self._window.show_message("Open a run with a history first: films are made from it.")
            return None
        from stdpbench_gui.dialogs.film import FilmDialog

        return self.open(FilmDialog(session.folder, positions[-1], session, self._window))

    def draw(self) -> DrawDigitDialog:
        """Open the drawing pad, with the network that comes with the app if no run is open.

        There is only one pad, and it keeps its drawing.
        """
        self._window.session.open_if_none(example_run, "Cannot open the network that comes with the app")
        if self.drawing is None:
            self.drawing = DrawDigitDialog(self._window.session, self._window)
        self.drawing.show()
        self.drawing.raise_()
        self.drawing.pad.setFocus()
        return self.drawing

    def list_experiments(self) -> ExperimentsDialog:
        """Open the list of all included experiments."""
        dialog = ExperimentsDialog(self._window.machine, self._window)
        dialog.chosen.connect(self._window.start.choose)
        dialog.edit_wanted.connect(lambda name: self.forms.new_run(NewRun.of(read_experiment(name), name)))
        return self.open(dialog)

    def show_machine(self) -> MachineDialog:
        """Open what the check of this machine has found."""
        dialog = MachineDialog(self._window.machine, self._window)
        dialog.data_wanted.connect(lambda name, way: self.get_data(name, way))
        return self.open(dialog)

    def get_data(self, name: str, way: str, why: str = "") -> FetchDialog:
        """Open the dialog that gets a data set; `way` is ``"download"``, ``"folder"``, or empty to ask."""
        dialog = self.open(FetchDialog(name, self._window.session, self._window, why))
        dialog.fetched.connect(lambda *_: self._window.machine.check())
        if way == "download":
            dialog.download()
        elif way == "folder":
            dialog.folder_button.click()
        return dialog

    def get_data_for(self, name: str, experiment: str, then: Callable[[], object]) -> None:
        """Open the dialog that gets the data set of an experiment, and do something once it is there."""
        why = f"{experiment} trains on {DATA_SETS.get(name, name)}, which is not installed."
        self.get_data(name, "", why).fetched.connect(lambda *_: then())

    def _on_opened(self) -> None:
        folder = self._window.session.folder
        if folder is not None:
            if not is_example(folder):
                self.recent.add(folder.path.absolute())
            self._window.show_message("")

    def restyle(self) -> None:
        """Apply the colours of the theme to dialogs."""
        for dialog in self._window.findChildren(QDialog):
            if isinstance(dialog, RunForm | OwnDialog | NeuronSpikes):
                dialog.restyle()
        if self.drawing is not None:
            self.drawing.restyle()

    # -- closing ---------------------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Return whether the window may close now; if a run is active, ask first and close on the answer."""
        if self._may_close or not is_active(self._window.session):
            return True
        choice = str(self._settings.value("closing", "ask"))
        if choice == "leave":
            return True
        if choice == "stop":
            self._stop_and_close()
            return False
        question = ClosingQuestion(self._window.session, self._settings, self._window)
        question.finished.connect(lambda _: self._answered(question))
        self.open(question)
        return False

    def _answered(self, question: ClosingQuestion) -> None:
        self._window.actions_["ask"].setChecked(str(self._settings.value("closing", "ask")) == "ask")
        if question.answer == "leave":
            self._close()
        elif question.answer == "stop":
            self._stop_and_close()

    def _stop_and_close(self) -> None:
        self._window.show_message("Stopping the run; the window closes once it has stopped …")
        self._closing = timer(self, self._close, once=True)
        self._closing.start(_STOPPING_MS)
        self._window.session.request("stop", refused=self._not_stopped, reason="the window was closed")

    def _not_stopped(self, sentence: str) -> None:
        """Keep the window open, because the run is still active."""
        if self._closing is not None:
            self._closing.stop()
        self._closing = None
        self._window.show_message(Lasting(f"The window stays open, because the run was not stopped: {sentence}"))

    def _on_changed(self, topics: set[str]) -> None:
        if self._closing is not None and not self._window.session.connected:
            self._closing.stop()
            self._close()

    def _close(self) -> None:
        self._may_close = True
        self._window.close()

    def closed(self) -> None:
        """Close the probe process of the drawing pad."""
        if self.drawing is not None:
            self.drawing.probe.close()


def _with(options: QMainWindow.DockOption, animated: bool) -> QMainWindow.DockOption:
    flag = QMainWindow.DockOption.AnimatedDocks
    return options | flag if animated else options & ~flag
