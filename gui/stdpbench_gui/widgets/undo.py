"""Undo and redo for the current page: one pair of actions, several histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtBoundSignal, pyqtSignal
from PyQt6.QtWidgets import QMainWindow

from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.actions import Actions


class History(Protocol):
    """A history of steps that can be undone and redone."""

    @property
    def can_undo(self) -> bool:
        """Whether a step can be undone now."""

    @property
    def can_redo(self) -> bool:
        """Whether a step can be redone now."""

    @property
    def undo_text(self) -> str:
        """Short description of the step to undo."""

    @property
    def redo_text(self) -> str:
        """Short description of the step to redo."""

    def undo(self) -> None:
        """Undo the last step."""

    def redo(self) -> None:
        """Redo the last undone step."""


class UndoActions(QObject):
    """The Undo and Redo actions of the Edit menu, which act on the history of the current page."""

    def __init__(self, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._history: History | None = None
        tips = (
            "Undo the last change of parameters or, on the Runs page, the last deletion or note",
            "Redo the last undone step",
        )
        self._undo = actions.add("undo", "&Edit", "&Undo", self.undo, "Ctrl+Z", tips[0])
        self._redo = actions.add("redo", "&Edit", "&Redo", self.redo, "Ctrl+Shift+Z", tips[1])
        window = self._undo.parent()
        bar = window.menuBar() if isinstance(window, QMainWindow) else None
        if bar is not None and len(bar.actions()) > 2:  # the Edit menu comes second by convention
            edit = next(entry for entry in bar.actions() if entry.text() == "&Edit")
            bar.insertAction(bar.actions()[1], edit)

    def follow(self, changed: pyqtBoundSignal) -> None:
        """Refresh the actions whenever a history emits a signal."""
        changed.connect(self.refresh)

    def show(self, history: History) -> None:
        """Make a history the current one."""
        self._history = history
        self.refresh()

    def undo(self) -> None:
        """Undo the last step of the current history."""
        if self._history is not None and self._history.can_undo:
            self._history.undo()

    def redo(self) -> None:
        """Redo the last undone step of the current history."""
        if self._history is not None and self._history.can_redo:
            self._history.redo()

    def refresh(self) -> None:
        """Update the texts and states of the actions."""
        history = self._history
        if history is None:
            return
        for action, word, text, can in (
            (self._undo, "Undo", history.undo_text, history.can_undo),
            (self._redo, "Redo", history.redo_text, history.can_redo),
        ):
            action.setText(f"&{word} {text}".strip())
            action.setEnabled(can)


@dataclass(frozen=True)
class Step:
    """A step with functions to undo and redo it; both return a sentence, and may take time or fail."""

    text: str
    undo: Callable[[], str]
    redo: Callable[[], str]


class Steps(QObject):
    """A history of steps that are undone and redone in threads.

    Attributes
    ----------
    reported : signal of (str, bool)
        A sentence about the result, and whether it is an error.
    """

    changed = pyqtSignal()
    reported = pyqtSignal(str, bool)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._busy = False

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo and none is in progress."""
        return bool(self._done) and not self._busy

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo and none is in progress."""
        return bool(self._undone) and not self._busy

    @property
    def undo_text(self) -> str:
        """The step to undo."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """The step to redo."""
        return self._undone[-1].text if self._undone else ""

    def push(self, step: Step) -> None:
        """Add a step."""
        self._done.append(step)
        self._undone.clear()
        self.changed.emit()

    def undo(self) -> None:
        """Undo the last step; on failure, report it and drop the step."""
        if self.can_undo:
            step = self._done.pop()
            self._go(step.undo, lambda: self._undone.append(step))

    def redo(self) -> None:
        """Redo the last undone step."""
        if self.can_redo:
            step = self._undone.pop()
            self._go(step.redo, lambda: self._done.append(step))

    def _go(self, work: Callable[[], str], keep: Callable[[], object]) -> None:
        self._busy = True
        self.changed.emit()

        def done(sentence: str) -> None:
            keep()
            self._end(sentence, False)

        self._background.do(work, done, lambda reason: self._end(reason, True))

    def _end(self, sentence: str, failed: bool) -> None:
        self._busy = False
        self.reported.emit(sentence, failed)
        self.changed.emit()
