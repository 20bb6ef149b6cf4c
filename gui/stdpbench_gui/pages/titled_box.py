"""A view of a page: a titled box with an explanation, a menu, a summary and a table."""

from __future__ import annotations

from typing import Any, ClassVar

from PyQt6.QtCore import QObject, QSize, Qt, pyqtBoundSignal
from PyQt6.QtWidgets import QFrame, QMenu, QStackedLayout, QWidget

from stdpbench.results.figures.paper import Table, spec_of_table
from stdpbench_gui.dialogs import figure_export
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Label, explain, named, title_buttons, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox


class TitledBox(QFrame):
    """Base of the views of a page.

    A subclass fills `body`, names the `topics` that it draws from and implements `refresh` and `has_content`. Summary,
    table and figure are asked for only while there is content.

    Parameters
    ----------
    changed : signal of set
        Emits the topics that changed.
    session : RunSession
        Names the run in figures, and receives messages.
    """

    title: ClassVar[str]
    topics: ClassVar[frozenset[str]]
    help_text: ClassVar[str]
    empty_text: ClassVar[str]
    lines: ClassVar[int] = 0
    """Minimum height in lines of text; with less room, the page scrolls."""
    leaves: ClassVar[bool] = True
    """Whether there is a figure or a table that can be exported."""

    def __init__(self, changed: pyqtBoundSignal, session: RunSession) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("card")
        self.setAccessibleName(self.title)
        self.body = named(QWidget(), style="panel")
        self.empty = wrapped(self.empty_text, "empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setMargin(2 * theme.GRID)
        self.menu = QMenu(self)
        inside = QWidget()
        self._stack = QStackedLayout(inside)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.body)
        vbox(self._title_bar(), (inside, 1), within=self, margins=1, spacing=0)
        self.due: set[str] = set()
        """Topics that are still to be drawn."""
        self._drawing = timer(self, self._draw_due, once=True)
        changed.connect(self._on_changed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size that the parts need, at least `lines` of text high."""
        return super().minimumSizeHint().expandedTo(QSize(0, self.lines * self.fontMetrics().lineSpacing()))

    def has_content(self) -> bool:
        """Return whether there is something to draw."""
        raise NotImplementedError

    def refresh(self, topics: set[str]) -> None:
        """Draw the current content."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._on_changed(set(self.topics))

    def summary(self) -> str:
        """Describe what is shown."""
        return self.empty_text

    def table(self) -> Table | None:
        """Return the numbers shown as a table."""
        return None

    def plain_figure(self) -> dict[str, Any] | None:
        """Return the figure for a paper; default: the columns of the table as lines."""
        table = self.table()
        return None if table is None else spec_of_table(table)

    def figure(self) -> dict[str, Any] | None:
        """Return `plain_figure` with a caption."""
        return self.plain_figure()

    def explain(self) -> None:
        """Show the explanation of this view."""
        explain(self, self.title, self.help_text, self.summary() if self.has_content() else self.empty_text)

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

    def _title_bar(self) -> QWidget:
        bar = named(QWidget(), style="paneltitle")
        self.title_label = Label(self.title)
        self.title_extra = hbox(spacing=theme.GRID // 2)
        hbox(
            self.title_label,
            self.title_extra,
            STRETCH,
            *title_buttons(self.title, self.explain, self.menu),
            within=bar,
            margins=(theme.GRID, 2, 2, 2),
            spacing=theme.GRID // 2,
        )
        if self.leaves:
            figure_export.add_actions(self.menu, self, self)
        return bar


def box_of(widget: QObject | None, boxes: list[TitledBox]) -> TitledBox | None:
    """Return the box that contains a widget."""
    return next((box for box in boxes if isinstance(widget, QWidget) and box.isAncestorOf(widget)), None)
