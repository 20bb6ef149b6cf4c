"""Changes of parameters: here, in a branch, after going back, or in a new run; undone and redone.

A change is *in flight* from when it is sent until the run says that it is in force. What may take time runs in
threads. Changes go by way of the run folder, which works for a run that this window has no connection to as well.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import resumption
from stdpbench.runs.lineage.control import branch_off, end, rewind
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.protocol.changes import changes_rule, in_short
from stdpbench.runs.protocol.options import Options
from stdpbench.units import thousands
from stdpbench_gui.session.alive import alive
from stdpbench_gui.session.run_session import RunSession

Values = Mapping[str, Any]
_ABOUT = {"command": "desktop app"}


class Change(QUndoCommand):
    """A change that is in force. It does nothing by itself: it is undone once the run has confirmed the opposite."""

    def __init__(self, differences: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(in_short({path: (old, new) for path, (old, new) in differences.items()}))
        self.old = {path: old for path, (old, _) in differences.items()}
        self.new = {path: new for path, (_, new) in differences.items()}


@dataclass(frozen=True)
class _Sent:
    folder: RunFolder
    values: Values
    kind: str


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
        self._connected = False
        self._waiting: deque[_Sent] = deque()
        self._under_way: _Sent | None = None
        self._confirmed = 0
        self._after_start: tuple[Path, Values] | None = None
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    def reset(self) -> None:
        """Forget the run that was shown before."""
        self.in_flight.clear()
        self._waiting.clear()
        self._under_way = None
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
        for _, said in changes[self._confirmed :]:
            for path in said:
                self.in_flight.pop(path, None)
            if changes_rule(said):  # parameters of the rule before are no more, or mean something else
                self.stack.clear()
        self._confirmed = len(changes)
        if not self._session.connected:
            self.in_flight.clear()
        if (self.can_undo, self.can_redo) != before or self._connected != self._session.connected:
            self._connected = self._session.connected
            self.changed.emit()

    def _send(self, values: Values, kind: str) -> None:
        folder = self._session.folder
        if folder is None:
            return
        self.in_flight |= values
        self._waiting.append(_Sent(folder, dict(values), kind))
        self.changed.emit()
        self._next()

    def _next(self) -> None:
        if self._under_way is not None or not self._waiting:
            return
        sent = self._under_way = self._waiting.popleft()

        def send() -> tuple[_Sent, Mapping[str, Sequence[Any]], str]:
            try:
                return sent, ask(sent.folder.path, "set", changes=sent.values), ""
            except StdpbenchError as error:
                return sent, {}, str(error)

        self._session.work(send, alive(self, self._answered), "The change cannot be sent")

    def _answered(self, answer: tuple[_Sent, Mapping[str, Sequence[Any]], str]) -> None:
        sent, differences, error = answer
        if sent is not self._under_way:
            return  # another run is shown by now
        self._under_way = None
        for path in sent.values:
            if error or path not in differences:
                self.in_flight.pop(path, None)
        if error:
            self.refused.emit(list(sent.values), error)
        elif sent.kind == "undo":
            self.stack.undo()
        elif sent.kind == "redo":
            self.stack.redo()
        elif differences:
            self.stack.push(Change(differences))
        self.changed.emit()
        self._next()

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
            self._session.told.emit(
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

    def _work(self, busy: str, work: Any, done: Any) -> None:
        if self.busy:
            return
        self.busy = busy
        self.changed.emit()

        def attempt() -> tuple[Any, str]:
            try:
                return work(), ""
            except StdpbenchError as error:
                return None, str(error)

        def finish(outcome: tuple[Any, str]) -> None:
            self.busy = ""
            if outcome[1]:
                self.refused.emit([], outcome[1])
            else:
                done(outcome[0])
            self.changed.emit()

        self._session.work(attempt, alive(self, finish), busy.removesuffix(" …"))

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
