"""Changes of parameters in this run or in a branch, with undo and redo.

A change is *in flight* from sending until the run confirms it. Anything that may take time runs in threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.changes import changes_rule, describe_changes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.undo import History

Values = Mapping[str, Any]
Differences = Mapping[str, Sequence[Any]]
"""Value before and after a change, by dotted path."""


class Changes(QObject):
    """Parameter changes requested from the current run.

    Attributes
    ----------
    in_flight : dict of str to Any
        Values sent but not confirmed, by dotted path.
    history : History
        Confirmed changes of this run that were made in this window. Undoing one sends the opposite change; what was
        learned in between is kept.
    branched : signal of (Path, dict of int to Block, Path)
        A branch was created: folder and blocks of the parent, and folder of the branch.
    """

    changed = pyqtSignal()
    refused = pyqtSignal(object, str)
    branched = pyqtSignal(object, object, object)

    def __init__(self, session: RunSession, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.history = History(self._put, self, lambda: not self.in_flight and session.connected)
        self.in_flight: dict[str, Any] = {}
        self.busy = ""
        self._generation = 0
        self._connected = False
        self._confirmed = 0
        self.changed.connect(self.history.changed)
        session.changed.connect(self._on_changed)

    def reset(self) -> None:
        """Forget the changes of the previous run."""
        self._generation += 1
        self.in_flight.clear()
        self._confirmed = 0
        self.busy = ""
        self.history.clear()
        self.changed.emit()

    # -- here ------------------------------------------------------------------------------------------------------

    def here(self, values: Values) -> None:
        """Change parameters from the next presentation on."""
        self._send(values, self._add)

    def _put(self, values: Values, done: Callable[[bool], None]) -> None:
        self._send(values, lambda differences, error: done(not error))

    def _add(self, differences: Differences, error: str = "") -> None:
        """Add a confirmed change to the history."""
        if differences:
            before, after = ({path: pair[place] for path, pair in differences.items()} for place in range(2))
            self.history.do(
                describe_changes({path: (old, new) for path, (old, new) in differences.items()}), before, after
            )

    def _on_changed(self, topics: set[str]) -> None:
        """Confirm changes here, because a hidden panel does not."""
        if topics & {"parameters", "state"}:
            self.confirm()

    def confirm(self) -> None:
        """Process the changes that the run has confirmed since the last call."""
        before = self.history.can_undo, self.history.can_redo
        changes = self._session.live.changes
        for _, change in changes[self._confirmed :]:
            for path in change:
                self.in_flight.pop(path, None)
            if changes_rule(change):  # parameters of the previous rule no longer exist, or have another meaning
                self.history.clear()
        self._confirmed = len(changes)
        if not self._session.connected:
            self.in_flight.clear()
        if (self.history.can_undo, self.history.can_redo) != before or self._connected != self._session.connected:
            self._connected = self._session.connected
            self.changed.emit()

    def _send(self, values: Values, then: Callable[[Differences, str], None]) -> None:
        """Send values; `then` gets what they changed, or why they were refused."""
        of = self._generation
        self.in_flight |= values
        self.changed.emit()

        def settle(differences: Differences, error: str = "") -> None:
            if self._generation != of:
                return  # another run is shown meanwhile
            for path in values:
                if path not in differences:
                    self.in_flight.pop(path, None)
            if error:
                self.refused.emit(list(values), error)
            then(differences, error)
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
