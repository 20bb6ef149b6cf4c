"""Changes of parameters in this run, in a branch or after a rewind, with undo and redo.

A change is *in flight* from sending until the run confirms it. Anything that may take time runs in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from stdpbench.base.units import thousands
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import resume_position, resumption
from stdpbench.runs.protocol.changes import changes_rule, describe_changes
from stdpbench_gui.session.run_session import RunSession

Values = Mapping[str, Any]


class Change(QUndoCommand):
    """A confirmed change. It is passive: it is marked as undone once the run confirms the opposite change."""

    def __init__(self, differences: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(describe_changes({path: (old, new) for path, (old, new) in differences.items()}))
        self.old = {path: old for path, (old, _) in differences.items()}
        self.new = {path: new for path, (_, new) in differences.items()}


class Changes(QObject):
    """Parameter changes requested from the current run.

    Attributes
    ----------
    in_flight : dict of str to Any
        Values sent but not confirmed, by dotted path.
    stack : QUndoStack
        Confirmed changes of this run that were made in this window.
    branched : signal of (Path, dict of int to Block, Path)
        A branch was created: folder and blocks of the parent, and folder of the branch.
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
        """Forget the changes of the previous run."""
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
        """Send the opposite of the last change; learning in between is kept."""
        if self.can_undo:
            command = self.stack.command(self.stack.index() - 1)
            assert isinstance(command, Change)
            self._send(command.old, "undo")

    def redo(self) -> None:
        """Send the change that was undone last again."""
        if self.can_redo:
            command = self.stack.command(self.stack.index())
            assert isinstance(command, Change)
            self._send(command.new, "redo")

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo and none is in flight."""
        return self.stack.canUndo() and not self.in_flight and self._session.connected

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo and none is in flight."""
        return self.stack.canRedo() and not self.in_flight and self._session.connected

    @property
    def undo_text(self) -> str:
        """The change that Undo would undo."""
        return self.stack.undoText()

    @property
    def redo_text(self) -> str:
        """The change that Redo would redo."""
        return self.stack.redoText()

    def _on_changed(self, topics: set[str]) -> None:
        """Confirm changes here, because a hidden panel does not."""
        if topics & {"parameters", "state"}:
            self.confirm()

    def confirm(self) -> None:
        """Process the changes that the run has confirmed since the last call."""
        before = self.can_undo, self.can_redo
        changes = self._session.live.changes
        for _, change in changes[self._confirmed :]:
            for path in change:
                self.in_flight.pop(path, None)
            if changes_rule(change):  # parameters of the previous rule no longer exist, or have another meaning
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
                return  # another run is shown meanwhile
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

    def branch(self, values: Values, at: int | None = None, rule: Values | None = None, projection: str = "") -> None:
        """Create a run that continues from here or from an earlier position with a change; start and show it.

        Parameters
        ----------
        values : mapping of str to Any
            New values by dotted path.
        at : int, optional
            The position; default: the current position of the run.
        rule : mapping of str to Any, optional
            Table of another plasticity rule, with its ``kind``.
        projection : str
            The projection that learns by it, where several can.
        """
        folder, blocks = self._session.folder, dict(self._session.live.blocks)
        if folder is None:
            return

        def make() -> Path:
            from stdpbench.api import Run

            return Run(folder.path).branch(at, values, rule=rule, projection=projection, start=False).path

        def done(made: Path) -> None:
            self.branched.emit(folder.path, blocks, made)
            self._session.start(RunFolder(made), same_neurons=True)

        self._work("Creating a branch …", make, done)

    def rewind(self, values: Values, to: int) -> None:
        """Rewind the run to an earlier position and continue from there with a change."""
        folder = self._session.folder
        if folder is None:
            return

        def rewind() -> str:
            from stdpbench.api import Run

            kept = Run(folder.path).rewind(to)
            resumes = resumption(resume_position(folder.path, to), to, thousands)
            return f"Rewound to presentation {thousands(to)}. {resumes} The later part is kept as {kept.name}."

        def done(sentence: str) -> None:
            self._session.message.emit(sentence)
            self._after_start = folder.path, values
            self._start(folder)

        self._work(f"Rewinding to presentation {thousands(to)} …", rewind, done)

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
            # the run has only just connected: it answers before its next presentation
            self._after_start = None

            def confirmed(differences: Mapping[str, Sequence[Any]]) -> None:
                if differences:
                    self.stack.push(Change(differences))
                    self.changed.emit()

            values = dict(after[1])
            self._session.request(
                "set", confirmed, lambda sentence: self.refused.emit(list(values), sentence), changes=values
            )
