"""Undo and redo as actions."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction

from stdpbench_gui.session.undo import History


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
