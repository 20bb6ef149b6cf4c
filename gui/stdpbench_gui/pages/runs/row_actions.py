"""Actions on runs: pause, resume, stop, branch, rewind, reproduce, export, delete, restore.

All actions run in threads; their results appear as notices on the page, and long ones show their progress.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QLineEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.hardware import ChipCheck
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.catalog.trash import restore
from stdpbench.runs.client.nir_export import export_nir
from stdpbench.runs.folder.journal import DamagedJournalError
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.export import SUFFIX, export_run
from stdpbench.runs.lineage.features import Past
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.lineage.repair import repair as repair_journal
from stdpbench.runs.lineage.reproduction import CONTINUE, DETACH, STOP, Reproduction, reproduce
from stdpbench.runs.queue.run_queue import Queue, delete_run
from stdpbench.studies.report.chip_check import check_run
from stdpbench.studies.report.recordings import WRITERS, neurons_named, write_responses
from stdpbench_gui.dialogs.bin_dialog import BinDialog
from stdpbench_gui.dialogs.branch_form import BranchForm
from stdpbench_gui.dialogs.chip_check import ChipCheckDialog
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.basic import Dialog, ProblemLabel, named, number_field, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox
from stdpbench_gui.widgets.notices import Notices, Task

if TYPE_CHECKING:
    from stdpbench.api import Run


Exported = Literal["zip", "nir", "responses"]
"""What is exported: a whole run, its network, or its responses."""
_EXPORTED: dict[Exported, tuple[str, dict[str, str]]] = {
    "zip": ("Export a run", {".zip": "Zip (*.zip)"}),
    "nir": ("Export a network", {".nir": "NIR (*.nir)"}),
    "responses": ("Export responses", {".nwb": "NWB (*.nwb)", ".nix": "Neo (*.nix)"}),
}
"""Title of the dialog, and types of files by suffix."""


def file_to_export_to(name: str, folder: str, parent: QWidget, kind: Exported = "zip") -> Path | None:
    """Ask for the file to export a run to, with the suffix of its type; return None if cancelled."""
    title, types = _EXPORTED[kind]
    first = next(iter(types))
    suggested = Path(folder) / f"{name}{SUFFIX if kind == 'zip' else first}"
    chosen, filtered = QFileDialog.getSaveFileName(parent, title, str(suggested), ";;".join(types.values()))
    if not chosen:
        return None
    path = Path(chosen)
    suffix = next((each for each, type_ in types.items() if type_ == filtered), first)
    return path if path.suffix.lower() in types else path.with_name(f"{path.name}{suffix}")


_MOST = 1_000_000
_HINT = (
    "Without neurons, the spikes that the run has kept of the population that is read. With neurons, stimuli are "
    "presented again, and potentials of these neurons and spikes of all populations are written."
)


class ExportResponsesDialog(Dialog):
    """Asks for the neurons whose potentials are exported, and for the number of stimuli.

    Attributes
    ----------
    chosen : signal of (dict of str to list of int, int)
        The neurons by population, and the number of stimuli; 0: all, or if they are presented again, 100.
    """

    chosen = pyqtSignal(object, int)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(f"Export responses of {name}", parent)
        self.neurons = named(QLineEdit(), "Neurons whose potentials are exported")
        self.neurons.setPlaceholderText("none; exc=0,3,7 inh=1")
        name = "Number of stimuli, from the first"
        self.stimuli = number_field(0, _MOST, 0, name, least="all; 100 with potentials")
        self.problem = ProblemLabel()
        fields = form(("&Potentials of", self.neurons), ("&Stimuli", self.stimuli))
        file = push_button("Choose &file…", clicked=self.accept, style="primary")
        file.setDefault(True)
        buttons = hbox(STRETCH, push_button("Cancel", clicked=self.reject), file)
        hint = wrapped(_HINT, "faint")
        vbox(fields, hint, self.problem, buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(520, 220)
        self.neurons.setFocus()

    def accept(self) -> None:
        """Tell what was chosen, or say what is not valid."""
        try:
            neurons = neurons_named(self.neurons.text().split())
        except StdpbenchError as error:
            self.problem.say(f"⚠ {error}.")
        else:
            super().accept()
            self.chosen.emit(neurons, self.stimuli.value())


_ABOUT = {"command": "desktop app"}
_LOOK_MS = 200


class _GivenUpError(StdpbenchError):
    pass


class RowActions(QObject):
    """Performs actions on runs.

    Attributes
    ----------
    changed : signal
        An action was performed; read the runs folder again.
    tick_wanted : signal of list of str
        Request to tick runs for the comparison.
    dialog : QWidget or None
        The dialog opened last.
    """

    changed = pyqtSignal()
    tick_wanted = pyqtSignal(object)

    def __init__(
        self,
        runs: Path,
        session: RunSession,
        background: Background,
        notices: Notices,
        steps: History,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._runs, self._session = runs, session
        self._background = background
        self._notices = notices
        self._steps = steps
        self._window = parent
        self.export_folder = str(Path.home())
        self.dialog: QWidget | None = None
        self._timer = timer(self, self._look_at_tasks, _LOOK_MS)

    # -- short actions ---------------------------------------------------------------------------------------------

    def pause(self, entries: Sequence[Entry]) -> None:
        """Pause runs after the current presentation."""
        self._each(entries, lambda path: _said(_run(path).pause()), "cannot be paused")

    def resume(self, entries: Sequence[Entry]) -> None:
        """Resume runs; if a journal is damaged, offer to repair it."""
        for entry in entries:
            self._resume(entry)

    def _resume(self, entry: Entry, *, repair: bool = False) -> None:
        def work() -> tuple[str, bool]:
            folder = RunFolder.open(entry.path)
            repaired = repair_journal(folder) if repair else ""
            try:
                if not has_process(folder.path):
                    check_journal(folder, "a repair")
            except DamagedJournalError as error:
                return f"{entry.name} cannot be resumed: {error}", True
            return f"{repaired} {_said(_run(entry.path).resume())}".strip(), False

        def done(outcome: tuple[str, bool]) -> None:
            sentence, damaged = outcome
            if damaged:
                again = partial(self._resume, entry, repair=True)
                self._notices.add_notice(sentence, failed=True, action_text="Repair and resume", action=again)
            else:
                self._report(sentence, about=entry.name, brief=True)

        self._background.do(
            work,
            done,
            lambda reason: self._report(f"{entry.name} was not resumed: {reason}", True, about=entry.name),
        )

    def stop(self, entries: Sequence[Entry]) -> None:
        """Stop runs."""
        self._each(entries, lambda path: _said(_run(path).stop()), "cannot be stopped")

    def _each(self, entries: Sequence[Entry], act: Callable[[Path], str], failure: str) -> None:
        """Perform an action on several runs concurrently, and report each result."""
        for entry in entries:
            self._background.do(
                partial(act, entry.path),
                lambda sentence, name=entry.name: self._report(sentence, about=name, brief=True),  # type: ignore[misc]
                lambda reason, name=entry.name: self._report(  # type: ignore[misc]
                    f"{name} {failure}: {reason}", True, about=name
                ),
            )

    def _report(self, sentence: str, failed: bool = False, about: str = "", brief: bool = False) -> None:
        self._notices.add_notice(sentence, failed, about=about, brief=brief)
        self.changed.emit()

    # -- branches --------------------------------------------------------------------------------------------------

    def ask_for_branch(self, entry: Entry) -> None:
        """Open the form for a branch."""
        self._background.do(
            lambda: Past.read(RunFolder.open(entry.path)),
            lambda past: self._open_branch(entry, past),
            lambda reason: self._report(f"Cannot read {entry.name}: {reason}", True),
        )

    def _open_branch(self, entry: Entry, past: Past) -> None:
        def done(folder: RunFolder, what: str) -> None:
            what = what.rstrip(".")
            self._report(f"Created {folder.path.name} as a branch of {entry.name}. {what}.", about=folder.path.name)
            self.tick_wanted.emit([entry.name, folder.path.name])

        form = BranchForm(past, self._session, self._runs, self._window)
        form.branched.connect(done)
        self._open(form)

    # -- the queue and the bin -------------------------------------------------------------------------------------

    def put_into_queue(self, entries: Sequence[Entry]) -> None:
        """Add runs to the queue to be resumed."""
        queue = Queue(self._runs)
        self._each(
            entries,
            lambda path: f"{path.name} is item {queue.add_run(path).number} in the queue.",
            "cannot be added to the queue",
        )

    def open_bin(self) -> None:
        """Open the bin."""
        dialog = BinDialog(self._runs, self._background, self._window)
        dialog.reported.connect(self._report)
        self._open(dialog)

    def delete(self, entries: Sequence[Entry]) -> None:
        """Move runs to the bin; the step can be undone."""
        runs, paths = self._runs, [entry.path for entry in entries]
        names = entries[0].name if len(entries) == 1 else f"{len(entries)} runs"
        deleted: list[str] = []

        def delete() -> str:
            deleted.clear()
            forgotten = False
            for path in paths:
                place, item = delete_run(RunFolder.open(path))
                deleted.append(place.name)
                forgotten |= item is not None
            return f"{names} moved to the bin{' and removed from the queue' if forgotten else ''}."

        def bring_back() -> str:
            for path, name in zip(paths, deleted, strict=False):  # the bin may hold an older run of that name
                restore(runs, name, path.name)
            return f"{names} restored from the bin."

        def done(sentence: str) -> None:
            self._steps.do(f"deleting {names}", bring_back, delete)
            notice = self._notices.add_notice(sentence, action_text="Undo (Ctrl+Z)", action=self._steps.undo)
            self._steps.indexChanged.connect(lambda _: self._notices.withdraw(notice))  # it would undo another step
            self.changed.emit()

        def fail(reason: str) -> None:
            if deleted:  # runs before the failed one were deleted
                done(f"{len(deleted)} of {len(paths)} runs moved to the bin.")
            self._report(f"Not deleted: {reason}", True)

        self._background.do(delete, done, fail)

    # -- long actions ----------------------------------------------------------------------------------------------

    def ask_where_to_export(
        self,
        entry: Entry,
        kind: Exported = "zip",
        neurons: Mapping[str, Sequence[int]] | None = None,
        n_stimuli: int = 0,
    ) -> None:
        """Ask for a file and export a run, its network or its responses to it; `neurons`, `n_stimuli`: as `export`."""
        target = file_to_export_to(entry.name, self.export_folder, self._window, kind)
        if target is not None:
            self.export_folder = str(target.parent)
            self.export(entry, target, neurons, n_stimuli)

    def ask_for_responses(self, entry: Entry) -> None:
        """Ask which responses of a run to export, and then for a file."""
        dialog = ExportResponsesDialog(entry.name, self._window)
        dialog.chosen.connect(lambda neurons, n: self.ask_where_to_export(entry, "responses", neurons, n))
        self._open(dialog)

    def export(
        self, entry: Entry, target: Path, neurons: Mapping[str, Sequence[int]] | None = None, n_stimuli: int = 0
    ) -> None:
        """Write a run to a file of the type that its suffix says; an existing one is replaced, as the dialog asked.

        Parameters
        ----------
        entry : Entry
            The run.
        target : Path
            The file: a zip, a NIR file, or responses as NWB or Neo.
        neurons, n_stimuli
            Of responses: as of `stdpbench.studies.report.recordings.write_responses`.
        """
        task = self._begin(f"Exporting {entry.name}:")

        def look() -> None:
            if task.cancelled or task.left:
                raise _GivenUpError(f"Export of {entry.name} cancelled.")

        def on_progress(done: int, total: int) -> None:
            task.done, task.total = done, total
            look()

        def work() -> str:
            try:
                if target.suffix.lower() == ".nir":
                    return " ".join(export_nir(entry.path, target, replace=True, look=look).sentences)
                folder = RunFolder.open(entry.path)
                if target.suffix.lower() in WRITERS:
                    write_responses(
                        folder, [target], neurons, n_stimuli, replace=True, look=look, on_progress=on_progress
                    )
                else:
                    export_run(folder, target, replace=True, on_progress=on_progress)
            except _GivenUpError as error:
                return str(error)
            return f"Exported {entry.name} to {target} ({target.stat().st_size / 2**20:.1f} MB)."

        self._background.do(
            work,
            lambda sentence: self._end(task, sentence),
            lambda reason: self._end(task, f"Cannot export {entry.name}: {reason}", True),
        )

    def check_chips(self, path: Path) -> None:
        """Compare the network of the run in a folder with chips, and show the result."""
        task = self._begin(f"Checking chips for {path.name}:")

        def done(checks: list[ChipCheck]) -> None:
            self._notices.end_task(task)
            if not task.cancelled:
                self._open(ChipCheckDialog(path.name, checks, self._window.window()))

        self._background.do(
            lambda: check_run(RunFolder.open(path)),
            done,
            lambda reason: self._end(task, f"Cannot check chips for {path.name}: {reason}", True),
        )

    def reproduce(self, entry: Entry) -> None:
        """Run a run again, and report whether the results agree."""
        task, runs = self._begin(f"Reproducing {entry.name}:"), self._runs

        def on_progress(progress: Any) -> None:
            if "phase" in progress:  # otherwise it is still being prepared
                task.phase, task.done, task.total = progress["phase"], progress["done"], progress["total"]

        def command() -> str:
            return DETACH if task.left else STOP if task.cancelled else CONTINUE

        def done(outcome: Reproduction) -> None:
            failed = outcome.agreement is not None and not outcome.agreement.agrees
            self._end(task, outcome.sentence, failed)

        self._background.do(
            lambda: reproduce(entry.path, runs, on_progress, command, _ABOUT),
            done,
            lambda reason: self._end(task, f"Cannot reproduce {entry.name}: {reason}", True),
        )

    def leave(self) -> None:
        """Detach from all tasks as the window closes; separate processes continue."""
        for task in self._notices.tasks:
            task.left = True

    def _begin(self, words: str) -> Task:
        self._timer.start()
        return self._notices.add_task(words)

    def _end(self, task: Task, sentence: str, failed: bool = False) -> None:
        self._notices.end_task(task)
        self._report(sentence, failed)

    def _look_at_tasks(self) -> None:
        for task in self._notices.tasks:
            task.look()
        if not self._notices.tasks:
            self._timer.stop()

    def _open(self, dialog: Any) -> None:
        self.dialog = dialog
        dialog.open()


def _run(path: Path) -> Run:
    from stdpbench.api import Run

    return Run(path)


def _said(run: Run) -> str:
    """Return the state of a run as a sentence."""
    return f"{run.name} is {run.state} at presentation {run.position}."
