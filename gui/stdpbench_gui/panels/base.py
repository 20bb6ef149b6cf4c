"""What every panel of the Train page is: a dock with a title, an explanation, a summary in words, and numbers."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from stdpbench_gui.dialogs import figure_export
from stdpbench_gui.look import theme
from stdpbench_gui.session import crash
from stdpbench_gui.session.background import in_words
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets import panel_figures
from stdpbench_gui.widgets.basic import Elided, title_buttons
from stdpbench_gui.widgets.layout_barrier import LayoutBarrier

Table = tuple[Sequence[str], Sequence[Sequence[object]]]

_WORDS_MS = 1000


class Panel(QDockWidget):
    """A panel that draws a part of the run that is shown.

    A subclass names what it draws from (`topics`, `frames`), fills `body`, and implements `refresh`, which is called
    when one of its topics changed, the panel is visible, and at most 30 times a second. `has_content` says whether
    there is anything to draw; until then, `empty_text` stands in its place.

    What moves draws as often as it may; what is read or changes little says with `most_per_second` how often is
    enough, so that the run keeps the processor. What a hand asks for (`mark_dirty`) is drawn at once.

    Attributes
    ----------
    body : QWidget
        Where the panel draws.
    menu : QMenu
        The panel's own menu, at the right of its title.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    topics: ClassVar[frozenset[str]] = frozenset()
    frames: ClassVar[frozenset[str]] = frozenset()
    most_per_second: ClassVar[float] = 30.0
    carries_over: ClassVar[bool] = False
    """Whether what is drawn stays where a run continues in another process or as a branch, until its frames come."""
    help_text: ClassVar[str]
    empty_text: ClassVar[str]

    explained = pyqtSignal(str, str)

    def __init__(self, session: RunSession) -> None:
        super().__init__(self.title)
        self.session = session
        self.setObjectName(self.key)
        self.setAccessibleName(self.title)
        self._dirty = self._at_once = True
        self._drawn_at = self._not_before = 0.0
        self._described = False
        self._words = QTimer(self)
        self._words.setSingleShot(True)
        self._words.setInterval(_WORDS_MS)
        self._words.timeout.connect(self._describe)
        self.body = QWidget()
        self.body.setObjectName("panel")
        self._empty = QLabel(self.empty_text)
        self._empty.setObjectName("empty")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(2 * theme.GRID)
        self.menu = QMenu(self)
        self.setTitleBarWidget(self._title_bar())
        content = QWidget()
        content.setObjectName("panel")
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.body)
        self.setWidget(LayoutBarrier(content))
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.pictures_ready.connect(self._on_pictures)
        self.visibilityChanged.connect(self._on_visible)

    # -- for subclasses --------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget the run that was shown before."""

    def has_content(self) -> bool:
        """Whether there is something to draw."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw what there is now."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Take on the colours of the theme that came into force."""

    def nothing(self) -> str:
        """What will appear where there is nothing to draw, and what to do."""
        return self.empty_text

    def summary(self) -> str:
        """What the panel shows, in words."""
        return self.nothing()

    def table(self) -> Table | None:
        """The numbers behind the panel: column names and rows; None where there are none."""
        return None

    def figure(self) -> dict[str, Any] | None:
        """What a paper would draw of the panel, as `stdpbench.figures.paper` says; None where nothing is.

        By default, what `panel_figures` knows of the panel, else the columns of `table` as lines.
        """
        return panel_figures.figure_of(self.key, self.session, self.table())

    # -- what all share --------------------------------------------------------------------------------------------

    def mark_dirty(self) -> None:
        """Have the panel drawn anew with the next chance."""
        self._dirty = self._at_once = True

    def draw_later(self, seconds: float) -> None:
        """Have the panel drawn anew, but not before so many seconds are over: what is shown stands that long."""
        self._dirty = True
        self._not_before = time.perf_counter() + seconds

    def draw_if_needed(self) -> None:
        """Draw, if something changed and somebody looks."""
        begun = time.perf_counter()
        early = not self._at_once and begun - self._drawn_at < 1 / self.most_per_second
        early = early or (not self._at_once and begun < self._not_before)
        if not self._dirty or early or not self.isVisible() or self.visibleRegion().isEmpty():
            return
        self._dirty, self._at_once, self._drawn_at = False, False, begun
        try:
            self._draw()
        except Exception as error:  # a panel that fails takes no other with it
            self._show_failure(error)
        self.session.add_cost(time.perf_counter() - begun)

    def _draw(self) -> None:
        filled = self.has_content()
        if filled:
            self._stack.setCurrentWidget(self.body)
            self.refresh()
        else:
            self._empty.setText(self.nothing())
            self._stack.setCurrentWidget(self._empty)
        kept = self.session.kept.describe(self.frames) if filled else ""
        self.as_of.setText(kept)
        self.as_of.setToolTip(f"Presentation of the picture, which stays until this run has a network: {kept}")
        self.as_of.setVisible(bool(kept))
        self._described = False
        if not self._words.isActive():
            self._describe()

    def _describe(self) -> None:
        """Say in words what is drawn, once a second at most: whoever listens could not follow more."""
        if not self._described:
            self._described = True
            as_of = self.as_of.text()
            self.setAccessibleDescription(
                f"{as_of[:1].upper()}{as_of[1:]}: {self.summary()}" if as_of else self.summary()
            )
            self._words.start()

    def _show_failure(self, error: Exception) -> None:
        crash.note(error, f"The panel {self.title} could not be drawn")
        self._empty.setText(
            f"{self.title} could not be drawn: {in_words(error)}. It is tried again when something new comes; "
            f"details are in {crash.log_file()}."
        )
        self._stack.setCurrentWidget(self._empty)
        self.setAccessibleDescription(self._empty.text())

    def explain(self) -> None:
        """Tell what one is looking at."""
        box = QMessageBox(self)
        box.setWindowTitle(f"{self.title}: what am I looking at?")
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(f"<p>{self.help_text}</p><p><b>Now:</b> {html.escape(self.summary())}</p>")
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        box.open()

    def _on_opened(self) -> None:
        if not (self.carries_over and self.session.kept.describe(self.frames)):
            self.reset()
        self.mark_dirty()

    def _on_changed(self, topics: set[str]) -> None:
        if topics & self.topics:
            self._dirty = True

    def _on_pictures(self) -> None:
        self.mark_dirty()

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self.mark_dirty()

    def _title_bar(self) -> QWidget:
        bar = QWidget()
        bar.setObjectName("paneltitle")
        bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(theme.GRID, 2, 2, 2)
        layout.setSpacing(2)
        layout.addWidget(QLabel(self.title))
        self.title_extra = QHBoxLayout()
        layout.addLayout(self.title_extra)
        self.as_of = Elided()
        self.as_of.setObjectName("faint")
        self.as_of.setStyleSheet("font-weight: 400;")
        self.as_of.setAccessibleName("Which presentation the picture is of")
        self.as_of.hide()
        layout.addSpacing(theme.GRID)
        layout.addWidget(self.as_of)
        layout.addStretch(1)
        for button in title_buttons(self.title, self.explain, self.menu):
            layout.addWidget(button)
        self._add_common_actions()
        return bar

    def _add_common_actions(self) -> None:
        figure_export.add_actions(self.menu, self, self)
        self.menu.addSeparator()
        for text, slot in (
            ("Float or dock", lambda: self.setFloating(not self.isFloating())),
            ("Close", self.close),
        ):
            action = QAction(text, self)
            action.triggered.connect(lambda _, slot=slot: slot())
            self.menu.addAction(action)
        self.menu.addSeparator()


def column(widget: QWidget) -> QVBoxLayout:
    """A layout that fills a widget from top to bottom, without margins."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout
