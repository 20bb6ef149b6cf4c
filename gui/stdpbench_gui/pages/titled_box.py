"""A view of a page: a titled box with an explanation, a menu, a summary and a table."""

from __future__ import annotations

from typing import ClassVar

from PyQt6.QtCore import QSize, pyqtBoundSignal
from PyQt6.QtWidgets import QFrame

from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.layouts import vbox


class TitledBox(View, QFrame):
    """Base of the views of a page.

    A subclass fills `body`, names the `topics` that it draws from and implements `refresh` and `has_content`.

    Parameters
    ----------
    changed : signal of set
        Emits the topics that changed.
    session : RunSession
        Names the run in figures, and receives messages.
    """

    lines: ClassVar[int] = 0
    """Minimum height in lines of text; with less room, the page scrolls."""

    def __init__(self, changed: pyqtBoundSignal, session: RunSession) -> None:
        super().__init__()
        self.setObjectName("card")
        vbox(self._title_bar(), (self._content(session), 1), within=self, margins=1, spacing=0)
        self.due: set[str] = set()
        """Topics that are still to be drawn."""
        self._drawing = timer(self, self._draw_due, once=True)
        changed.connect(self._on_changed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size that the parts need, at least `lines` of text high."""
        return super().minimumSizeHint().expandedTo(QSize(0, self.lines * self.fontMetrics().lineSpacing()))

    def refresh(self, topics: set[str]) -> None:
        """Draw the current content."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._on_changed(set(self.topics))

    def _on_changed(self, topics: set[str]) -> None:
        """Schedule one redraw for all changes, after the event loop has delivered them."""
        if topics & self.topics:
            self.due |= topics
            self._drawing.start(0)

    def _draw_due(self) -> None:
        topics, self.due = self.due, set()
        if self.has_content():
            self._stack.setCurrentWidget(self.body)
            self.refresh(topics)
            self.setAccessibleDescription(self.summary())
        else:
            self._stack.setCurrentWidget(self.empty)
            self.setAccessibleDescription(self.empty_text)
