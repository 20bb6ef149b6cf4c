"""Undo and redo of drafts."""

from __future__ import annotations

from typing import Generic, TypeVar

D = TypeVar("D")


class DraftHistory(Generic[D]):
    """Undo and redo history of drafts, which are immutable values.

    Parameters
    ----------
    draft : D
        The draft before the first step, such as a `NetworkDraft`.
    """

    def __init__(self, draft: D) -> None:
        self.start = self.current = draft
        self._done: list[tuple[str, D]] = []
        self._undone: list[tuple[str, D]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone."""
        return bool(self._undone)

    @property
    def undo_text(self) -> str:
        """The step to undo, such as ``"remove exc"``."""
        return self._done[-1][0] if self._done else ""

    @property
    def redo_text(self) -> str:
        """The step to redo."""
        return self._undone[-1][0] if self._undone else ""

    def do(self, text: str, draft: D) -> bool:
        """Add a step that leads to a draft; return whether it changes anything."""
        if draft == self.current:
            return False
        self._done.append((text, self.current))
        self._undone.clear()
        self.current = draft
        return True

    def undo(self) -> None:
        """Undo the last step."""
        if self._done:
            text, before = self._done.pop()
            self._undone.append((text, self.current))
            self.current = before

    def redo(self) -> None:
        """Redo the step that was undone last."""
        if self._undone:
            text, after = self._undone.pop()
            self._done.append((text, self.current))
            self.current = after
