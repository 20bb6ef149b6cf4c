"""Undo and redo of whichever page is in front: one pair of actions, several histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtBoundSignal, pyqtSignal
from PyQt6.QtWidgets import QMainWindow

from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.actions import Actions


class History(Protocol):
    """What can be undone."""

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo, now."""

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again, now."""

    @property
    def undo_text(self) -> str:
        """What would be undone, in a few words."""

    @property
    def redo_text(self) -> str:
        """What would be done again, in a few words."""

    def undo(self) -> None:
        """Undo the last step."""

    def redo(self) -> None:
        """Do the step again that was undone last."""


class UndoActions(QObject):
    """The two actions in the menu Edit; they act on the history that is in front."""

    def __init__(self, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._history: History | None = None
        tips = "Undo the last change of parameters, or on the Runs page the last deletion", "Do it again"
        self._undo = actions.add("undo", "&Edit", "&Undo", self.undo, "Ctrl+Z", tips[0])
        self._redo = actions.add("redo", "&Edit", "&Redo", self.redo, "Ctrl+Shift+Z", tips[1])
        window = self._undo.parent()
        bar = window.menuBar() if isinstance(window, QMainWindow) else None
        if bar is not None and len(bar.actions()) > 2:  # beside the first menu, where people look for it
            edit = next(entry for entry in bar.actions() if entry.text() == "&Edit")
            bar.insertAction(bar.actions()[1], edit)

    def follow(self, changed: pyqtBoundSignal) -> None:
        """Look anew whenever a history says that it changed."""
        changed.connect(self.refresh)

    def show(self, history: History) -> None:
        """Put a history in front."""
        self._history = history
        self.refresh()

    def undo(self) -> None:
        """Undo the last step of the history that is in front."""
        if self._history is not None and self._history.can_undo:
            self._history.undo()

    def redo(self) -> None:
        """Do again the last step that was undone of the history that is in front."""
        if self._history is not None and self._history.can_redo:
            self._history.redo()

    def refresh(self) -> None:
        """Say what would be undone."""
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
    """Something that was done to runs, and the way back; either returns a sentence, and may take time or fail."""

    text: str
    undo: Callable[[], str]
    redo: Callable[[], str]


class Steps(QObject):
    """A history of steps that are undone and done again in threads.

    Attributes
    ----------
    reported : signal of (str, bool)
        What came of it, and whether it failed.
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
        """Whether there is a step to undo, and no other one under way."""
        return bool(self._done) and not self._busy

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again, and no other one under way."""
        return bool(self._undone) and not self._busy

    @property
    def undo_text(self) -> str:
        """What would be undone."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What would be done again."""
        return self._undone[-1].text if self._undone else ""

    def push(self, step: Step) -> None:
        """Remember something that was done."""
        self._done.append(step)
        self._undone.clear()
        self.changed.emit()

    def undo(self) -> None:
        """Undo the last step; one that cannot be undone is forgotten, and said so."""
        if self.can_undo:
            step = self._done.pop()
            self._go(step.undo, lambda: self._undone.append(step))

    def redo(self) -> None:
        """Do the last step again that was undone."""
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
