"""Steps with the values before and after them, which are undone and redone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QUndoCommand, QUndoStack


class Step(QUndoCommand):
    """A step with the values before and after it, which `History` makes current."""

    def __init__(self, text: str, before: Any, after: Any) -> None:
        super().__init__(text)
        self.before, self.after = before, after


Put = Callable[[Any, Callable[[bool], None]], object]
"""Makes values current, and calls the function that it gets then, or later, with whether that succeeded."""


class History(QUndoStack):
    """Steps that can be undone and redone; one that fails is dropped.

    Parameters
    ----------
    put : callable
        Makes the values before or after a step current.
    parent : QObject
        Owner of the history.
    ready : callable
        Whether steps can be undone now.

    Attributes
    ----------
    changed : signal
        Other steps can be undone or redone.
    sentence : str
        What was undone or redone last.
    """

    changed = pyqtSignal()

    def __init__(self, put: Put, parent: QObject, ready: Callable[[], bool] = lambda: True) -> None:
        super().__init__(parent)
        self._put, self._ready = put, ready
        self._current: Step | None = None  # that is being undone or redone
        self.sentence = ""
        self.indexChanged.connect(self.changed)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo and none is in progress."""
        return self.canUndo() and self._current is None and self._ready()

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo and none is in progress."""
        return self.canRedo() and self._current is None and self._ready()

    def do(self, text: str, before: Any, after: Any) -> None:
        """Add a step that was done."""
        self.push(Step(text, before, after))

    def clear(self) -> None:
        """Forget all steps, also one that is in progress."""
        self._current = None
        super().clear()

    def undo(self) -> None:
        """Undo the last step."""
        if self.can_undo:
            step = self._step(self.index() - 1)
            self._go(step, step.before, super().undo, "Undone")

    def redo(self) -> None:
        """Redo the step that was undone last."""
        if self.can_redo:
            step = self._step(self.index())
            self._go(step, step.after, super().redo, "Redone")

    def _step(self, place: int) -> Step:
        step = self.command(place)
        assert isinstance(step, Step)
        return step

    def _go(self, step: Step, values: Any, move: Callable[[], None], word: str) -> None:
        def settle(succeeded: bool) -> None:
            if self._current is step:  # else the history was cleared
                self._current = None
                step.setObsolete(not succeeded)
                move()
                self.changed.emit()

        self._current, self.sentence = step, f"{word}: {step.text()}."
        self.changed.emit()
        self._put(values, settle)


class UndoActions(QObject):
    """Two actions that name the steps of a history; their slots undo and redo those of `history`.

    Parameters
    ----------
    undo, redo : QAction
        The actions.
    history : History
        The history that is shown first.
    parent : QObject
        Owner of this object.
    """

    def __init__(self, undo: QAction, redo: QAction, history: History, parent: QObject) -> None:
        super().__init__(parent)
        self._undo, self._redo, self.history = undo, redo, history
        history.changed.connect(self.refresh)
        self.refresh()

    def show(self, history: History) -> None:
        """Act on another history."""
        self.history.changed.disconnect(self.refresh)
        self.history = history
        history.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Update the texts and states of the actions."""
        history = self.history
        for action, word, text, can in (
            (self._undo, "Undo", history.undoText(), history.can_undo),
            (self._redo, "Redo", history.redoText(), history.can_redo),
        ):
            action.setText(f"&{word} {text}".strip())
            action.setToolTip(f"{word} {text}".strip() + f" ({action.shortcut().toString()})")
            action.setEnabled(can)
