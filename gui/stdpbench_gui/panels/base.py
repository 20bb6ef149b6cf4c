"""Base of the panels of the Train page: a dock with a title, an explanation, a summary and a table."""

from __future__ import annotations

import time
from typing import ClassVar

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.protocol.states import State
from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.look import theme
from stdpbench_gui.session import crash
from stdpbench_gui.session.background import describe_error
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import Elided, menu_action, named, not_none, push_button
from stdpbench_gui.widgets.layout_barrier import LayoutBarrier
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_WORDS_MS = 1000


class Panel(View, QDockWidget):
    """A panel that draws a part of the current run.

    A subclass names its sources (`topics`, `frames`), fills `body`, and implements `refresh`, which is called when one
    of its topics has changed and the panel is visible, at most 30 times a second. `has_content` returns whether there
    is anything to draw; until then, `empty_text` is shown.

    Animated panels draw as often as possible; others limit their rate with `most_per_second`, which leaves the
    processor to the run. Redraws requested by the user (`mark_dirty`) are immediate.

    Attributes
    ----------
    body : QWidget
        Drawing area of the panel.
    menu : QMenu
        Menu of the panel, to the right of its title.
    coming : str
        What will appear, while nothing else is known; the Train page says it once, in the first of its panels.
    """

    key: ClassVar[str]
    frames: ClassVar[frozenset[str]] = frozenset()
    most_per_second: ClassVar[float] = 30.0
    carries_over: ClassVar[bool] = False
    """Whether the picture is kept when a run continues in a new process or as a branch, until new frames arrive."""
    at_moment: str = "at {}"
    """Statement beside the title while an earlier moment is chosen; {} stands for its position."""
    asks: ClassVar[bool] = False
    """Whether `empty_text` asks for something once there is a network; otherwise it says what will appear."""

    def __init__(self, session: RunSession) -> None:
        super().__init__(self.title)
        self.setObjectName(self.key)
        self._dirty = self._at_once = True
        self.drawn_at = self._not_before = 0.0
        self._described = False
        self.coming = ""
        self._styled = theme.current(), theme.plot_font().pointSizeF()
        self._words = timer(self, self._describe, _WORDS_MS, once=True)
        self.as_of = named(Elided(), "Presentation of the picture", style="faint")
        self.as_of.setStyleSheet("font-weight: 400;")
        self.as_of.hide()
        self._bar, self._no_bar = self._title_bar(self.as_of), QWidget(self)
        self.menu.addSeparator()
        menu_action(self.menu, "Float or dock", lambda: self.setFloating(not self.isFloating()))
        menu_action(self.menu, "Close", self.close)
        self.menu.addSeparator()
        self.setTitleBarWidget(self._bar)
        self.setWidget(LayoutBarrier(self._content(session)))
        self.empty.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # no text moves the panels
        self.empty.clear()  # until it is known what there is to show
        self.replay = push_button("Branch from here", tip="It computes this presentation again, with the same input")
        self.replay.hide()
        vbox(STRETCH, hbox(STRETCH, self.replay, STRETCH), within=self.empty, margins=2 * theme.GRID)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.pictures_ready.connect(self.mark_dirty)
        session.selection.moment_changed.connect(self.mark_dirty)
        self.visibilityChanged.connect(self._on_visible)
        self.dockLocationChanged.connect(lambda _: self.show_title(self.titleBarWidget() is self._bar))

    # -- for subclasses --------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Discard the previous run."""

    def collect(self) -> None:
        """Take a new presentation, also one that is not drawn. Default: nothing."""

    def refresh(self) -> None:
        """Draw the current content."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Apply the colours of the theme."""

    def save(self, settings: QSettings) -> None:
        """Save what the user chose in the panel. Default: nothing."""

    def restore(self, settings: QSettings) -> None:
        """Restore what `save` saved."""

    def not_stored(self) -> str:
        """Return a sentence if the chosen earlier moment lacks what the panel shows; empty if it has it."""
        return ""

    @property
    def is_stream(self) -> bool:
        """Whether presentations of the run are pieces of a stream, which has no pictures; False if not known."""
        experiment = self.session.experiment
        return experiment is not None and experiment.schedule.is_stream

    # -- common to all panels --------------------------------------------------------------------------------------

    def mark_dirty(self) -> None:
        """Redraw the panel as soon as possible."""
        self._dirty = self._at_once = True

    def draw_later(self, seconds: float) -> None:
        """Redraw the panel after at least this many seconds; until then, the current picture is kept."""
        self._dirty = True
        self._not_before = time.perf_counter() + seconds

    def draw_if_needed(self) -> None:
        """Draw if something has changed and the panel is visible."""
        begun = time.perf_counter()
        early = not self._at_once and begun - self.drawn_at < 1 / self.most_per_second
        early = early or (not self._at_once and begun < self._not_before)
        if not self._dirty or early or not self.isVisible() or self.visibleRegion().isEmpty():
            return
        self._dirty, self._at_once, self.drawn_at = False, False, begun
        try:
            self._draw()
        except Exception as error:  # an error in one panel must not affect the others
            self._show_failure(error)
        self.session.add_cost(time.perf_counter() - begun)

    def _draw(self) -> None:
        moment = self.session.selection.moment
        missing = "" if moment is None else self.not_stored()
        filled = not missing and self.has_content()
        self.replay.setVisible(bool(missing) and bool(self.session.presentation))
        self.coming = ""
        if filled:
            self._stack.setCurrentWidget(self.body)
            self.refresh()
        else:
            text = missing or self.nothing()
            if text == self.empty_text and not (self.asks and self.session.live.network):
                starting = self.session.folder is not None and self.session.state in (State.BUILDING, State.RUNNING)
                what, advice, _ = text.partition(": start")
                text = self.coming = f"{what}." if advice and starting else text
            self.empty.setText(text)
            self._stack.setCurrentWidget(self.empty)
        kept, why = self.session.kept.describe(self.frames), "this picture is kept until the run has a network"
        if moment is not None:
            stated = self.at_moment if filled else "at {}"
            kept, why = stated.format(thousands(moment.position)), "an earlier moment, chosen in the timeline"
        self.as_of.say(kept if filled or missing else "")
        self.as_of.setToolTip(f"{kept[:1].upper()}{kept[1:]}: {why}")
        self._described = False
        if not self._words.isActive():
            self._describe()

    def _describe(self) -> None:
        """Update the description for screen readers, at most once a second, so that users can follow."""
        if not self._described:
            self._described = True
            as_of = self.as_of.text()
            self.setAccessibleDescription(
                f"{as_of[:1].upper()}{as_of[1:]}: {self.summary()}" if as_of else self.summary()
            )
            self._words.start()

    def _show_failure(self, error: Exception) -> None:
        crash.note(error, f"Cannot draw the panel {self.title}")
        self.empty.setText(
            f"Cannot draw {self.title}: {describe_error(error)}. Retrying with the next data; "
            f"details are in {crash.log_file()}."
        )
        self._stack.setCurrentWidget(self.empty)
        self.setAccessibleDescription(self.empty.text())

    def _on_opened(self) -> None:
        if not (self.carries_over and self.session.kept.describe(self.frames)):
            self.reset()
        self.mark_dirty()

    def _on_changed(self, topics: set[str]) -> None:
        if topics & self.topics:
            self._dirty = True
        if "presentation" in topics and self.isVisible():
            self.collect()

    def follow_theme(self) -> None:
        """Apply the colours of the theme and the size of its letters, unless the panel has them."""
        before, self._styled = self._styled, (theme.current(), theme.plot_font().pointSizeF())
        if self._styled[1] != before[1]:
            self.setStyleSheet(theme.letters())
        if self._styled != before:
            self.restyle()

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self.follow_theme()  # it may be shown before its turn comes
            self.show_title(self.titleBarWidget() is self._bar)  # it may share its place since it was last shown
            self.mark_dirty()

    def show_title(self, anywhere: bool = True) -> None:
        """Show the bar above the panel, with its title unless a tab has it; or no bar."""
        bar, area = self._bar if anywhere else self._no_bar, self.parent()
        if self.titleBarWidget() is not bar:
            not_none(self.titleBarWidget()).hide()
            self.setTitleBarWidget(bar)
            bar.show()
        self.title_label.setHidden(isinstance(area, QMainWindow) and bool(area.tabifiedDockWidgets(self)))
