"""What every view of the Evaluate page is: a titled box with an explanation, a menu, words and numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QMessageBox, QStackedLayout, QWidget

from stdpbench import __version__
from stdpbench.readout.paper_figure import Table, caption, spec_of_table
from stdpbench_gui import figure_export, theme
from stdpbench_gui.evaluation.state import EvaluationState
from stdpbench_gui.panels.base import column
from stdpbench_gui.session import RunSession
from stdpbench_gui.widgets import title_buttons, wrapped


class Box(QFrame):
    """A view of the run that is evaluated.

    A subclass fills `body`, names the `topics` that it draws from and implements `refresh`.

    Parameters
    ----------
    state : EvaluationState
        What all views share.
    session : RunSession
        A session of the page's own, which only says which run figures are of.
    """

    title: ClassVar[str]
    topics: ClassVar[frozenset[str]]
    help_text: ClassVar[str]
    empty_text: ClassVar[str]

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        super().__init__()
        self.state, self.session = state, session
        self.setObjectName("card")
        self.setAccessibleName(self.title)
        self.body = QWidget()
        self.body.setObjectName("panel")
        self.empty = wrapped(self.empty_text, "empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setMargin(2 * theme.GRID)
        self.menu = QMenu(self)
        layout = column(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(self._title_bar())
        inside = QWidget()
        self._stack = QStackedLayout(inside)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.body)
        layout.addWidget(inside, 1)
        self._due: set[str] = set()
        state.changed.connect(self._on_changed)

    def has_content(self) -> bool:
        """Whether there is something to draw."""
        return self.state.look is not None

    def refresh(self, topics: set[str]) -> None:
        """Draw what there is now."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._on_changed(set(self.topics))

    def summary(self) -> str:
        """What is shown, in words."""
        return self.empty_text

    def table(self) -> Table | None:
        """The numbers behind it."""
        return None

    def plain_figure(self) -> dict[str, Any] | None:
        """What a paper would draw; by default the columns of the table as lines."""
        table = self.table()
        return None if table is None else spec_of_table(table)

    def figure(self) -> dict[str, Any] | None:
        """The same with a caption that names the run."""
        spec, look = self.plain_figure(), self.state.look
        if spec is None or look is None:
            return None
        said = caption(
            str(spec.get("title") or self.title),
            run=look.name,
            experiment=look.experiment,
            seed=look.seed,
            version=__version__,
            n=str(spec.get("n") or f"{look.n_images} {look.part} pictures, one run"),
            errors=str(spec.get("errors", "")),
        )
        return {"caption": said, **spec}

    def explain(self) -> None:
        """Tell what one is looking at."""
        box = QMessageBox(self)
        box.setWindowTitle(f"{self.title}: what am I looking at?")
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(f"<p>{self.help_text}</p><p><b>Now:</b> {self.summary()}</p>")
        box.open()

    def _on_changed(self, topics: set[str]) -> None:
        """Have it drawn when the window has heard everybody: once for all that changed, one box after the other."""
        if topics & self.topics:
            self._due |= topics
            self.state.turns.ask(self._draw_due)

    def _draw_due(self) -> None:
        topics, self._due = self._due, set()
        if self.has_content():
            self._stack.setCurrentWidget(self.body)
            self.refresh(topics)
            self.setAccessibleDescription(self.summary())
        else:
            self._stack.setCurrentWidget(self.empty)
            self.setAccessibleDescription(self.empty_text)

    def _title_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("paneltitle")
        row = QHBoxLayout(bar)
        row.setContentsMargins(theme.GRID, 2, 2, 2)
        row.setSpacing(theme.GRID // 2)
        row.addWidget(QLabel(self.title))
        self.title_extra = QHBoxLayout()
        self.title_extra.setSpacing(theme.GRID // 2)
        row.addLayout(self.title_extra)
        row.addStretch(1)
        for button in title_buttons(self.title, self.explain, self.menu):
            row.addWidget(button)
        figure_export.add_actions(self.menu, self, self)
        return bar
