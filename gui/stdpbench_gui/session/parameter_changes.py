"""Changes of parameters: here, in a branch, after going back, or in a new run; undone and redone.

A change is *in flight* from when it is sent until the run says that it is in force. What may take time runs in
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import resumption
from stdpbench.runs.lineage.control import branch_off, end, rewind
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.protocol.changes import changes_rule, in_short
from stdpbench.runs.protocol.options import Options
from stdpbench.units import thousands
from stdpbench_gui.session.run_session import RunSession

Values = Mapping[str, Any]
_ABOUT = {"command": "desktop app"}


class Change(QUndoCommand):
    """A change that is in force. It does nothing by itself: it is undone once the run has confirmed the opposite."""

    def __init__(self, differences: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(in_short({path: (old, new) for path, (old, new) in differences.items()}))
        self.old = {path: old for path, (old, _) in differences.items()}
        self.new = {path: new for path, (_, new) in differences.items()}


class Changes(QObject):
    """What is asked of the run that is shown, and what became of it.

    Attributes
    ----------
    in_flight : dict of str to Any
        Sent and not confirmed: dotted path to value.
    stack : QUndoStack
        Confirmed changes of this run that were made here.
    branched : signal of (Path, dict of int to Block, Path)
        A branch was made: folder and blocks of the parent, and folder of the branch.
    """

    changed = pyqtSignal()
    refused = pyqtSignal(object, str)
    branched = pyqtSignal(object, object, object)

    def __init__(self, session: RunSession, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.stack = QUndoStack(self)
        self.in_flight: dict[str, Any] = {}
        self.busy = ""
        self._generation = 0
        self._connected = False
        self._confirmed = 0
        self._after_start: tuple[Path, Values] | None = None
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    def reset(self) -> None:
        """Forget the run that was shown before."""
        self._generation += 1
        self.in_flight.clear()
        self._confirmed = 0
        self.busy = ""
        self.stack.clear()
        self.changed.emit()

    # -- here ------------------------------------------------------------------------------------------------------

    def here(self, values: Values) -> None:
        """Change parameters from the next presentation on."""
        self._send(values, "new")

    def undo(self) -> None:
        """Make the opposite of the last change; what was learned in between stays."""
        if self.can_undo:
            command = self.stack.command(self.stack.index() - 1)
            assert isinstance(command, Change)
            self._send(command.old, "undo")

    def redo(self) -> None:
        """Make the change again that was undone last."""
        if self.can_redo:
            command = self.stack.command(self.stack.index())
            assert isinstance(command, Change)
            self._send(command.new, "redo")

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo, and no other one under way."""
        return self.stack.canUndo() and not self.in_flight and self._session.connected

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again, and no other one under way."""
        return self.stack.canRedo() and not self.in_flight and self._session.connected

    @property
    def undo_text(self) -> str:
        """The change that would be undone."""
        return self.stack.undoText()

    @property
    def redo_text(self) -> str:
        """The change that would be made again."""
        return self.stack.redoText()

    def _on_changed(self, topics: set[str]) -> None:
        """Look whether something is in force by now: the panel, if nobody sees it, does not."""
        if topics & {"parameters", "state"}:
            self.confirm()

    def confirm(self) -> None:
        """Take in what the run has said since."""
        before = self.can_undo, self.can_redo
        changes = self._session.live.changes
        for _, change in changes[self._confirmed :]:
            for path in change:
                self.in_flight.pop(path, None)
            if changes_rule(change):  # parameters of the rule before are no more, or mean something else
                self.stack.clear()
        self._confirmed = len(changes)
        if not self._session.connected:
            self.in_flight.clear()
        if (self.can_undo, self.can_redo) != before or self._connected != self._session.connected:
            self._connected = self._session.connected
            self.changed.emit()

    def _send(self, values: Values, kind: str) -> None:
        of = self._generation
        self.in_flight |= values
        self.changed.emit()

        def settle(differences: Mapping[str, Sequence[Any]], error: str = "") -> None:
            if self._generation != of:
                return  # another run is shown by now
            for path in values:
                if path not in differences:
                    self.in_flight.pop(path, None)
            if error:
                self.refused.emit(list(values), error)
            elif kind == "undo":
                self.stack.undo()
            elif kind == "redo":
                self.stack.redo()
            elif differences:
                self.stack.push(Change(differences))
            self.changed.emit()

        self._session.request("set", settle, lambda reason: settle({}, reason), changes=dict(values))

    # -- elsewhere -------------------------------------------------------------------------------------------------

    def branch(self, values: Values, at: int | None = None, rule: Values | None = None) -> None:
        """Make a run that goes on from here, or from an earlier position, with the change; start and show it.

        Parameters
        ----------
        values : mapping of str to Any
            Dotted path to value.
        at : int, optional
            The position; where the run is, if not said.
        rule : mapping of str to Any, optional
            Table of another plasticity rule, with its ``kind``.
        """
        folder, blocks = self._session.folder, dict(self._session.live.blocks)
        if folder is None:
            return

        def make() -> RunFolder:
            return branch_off(folder, at, values, rule, _ABOUT)

        def done(made: RunFolder) -> None:
            self.branched.emit(folder.path, blocks, made.path)
            self._session.start(made, same_neurons=True)

        self._work("Making a branch …", make, done)

    def rewind(self, values: Values, to: int) -> None:
        """Take the run back to an earlier position, and let it go on from there with the change."""
        folder = self._session.folder
        if folder is None:
            return

        def done(found: tuple[RunFolder, int]) -> None:
            kept, resumes_at = found
            self._session.message.emit(
                f"Taken back to {thousands(to)}. {resumption(resumes_at, to, thousands)} What was after it is kept as "
                f"{kept.path.name}."
            )
            self._after_start = folder.path, values
            self._start(folder)

        self._work(f"Going back to {thousands(to)} …", lambda: rewind(folder, to), done)

    def new_run(self, experiment: Experiment, values: Values) -> None:
        """Make a run that starts from weights and thresholds of this one, which is ended; start and show it."""
        folder = self._session.folder
        if folder is None:
            return

        def make() -> RunFolder:
            end(folder, "to start another run from its weights")
            options = Options.from_mapping(folder.read_json("run.json").get("options", {}))
            return create_run_from(folder, values, folder.path.parent, options, _ABOUT, experiment)

        self._work("Making a new run …", make, self._start)

    def _work(self, busy: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        if self.busy:
            return
        self.busy = busy
        self.changed.emit()

        def finish(then: Callable[[Any], None], outcome: Any) -> None:
            self.busy = ""
            then(outcome)
            self.changed.emit()

        def refuse(reason: str) -> None:
            self.refused.emit([], reason)

        self._session.work(work, partial(finish, done), failed=partial(finish, refuse), owner=self)

    def _start(self, folder: RunFolder) -> None:
        self._session.start(folder)

    def _on_opened(self) -> None:
        folder, after = self._session.folder, self._after_start
        if after is not None and folder is not None and folder.path == after[0] and self._session.connected:
            # the run has no more than connected: it answers before its next presentation
            self._after_start = None

            def confirmed(differences: Mapping[str, Sequence[Any]]) -> None:
                if differences:
                    self.stack.push(Change(differences))
                    self.changed.emit()

            values = dict(after[1])
            self._session.request(
                "set", confirmed, lambda sentence: self.refused.emit(list(values), sentence), changes=values
            )
