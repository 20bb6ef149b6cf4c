"""The timeline at the bottom of the Train page, which moves all panels."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.protocol.stages import stages
from stdpbench_gui.look import theme
from stdpbench_gui.look.icons import icon
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import RIGHT, Label, menu_button, tool_button
from stdpbench_gui.widgets.layouts import hbox
from stdpbench_gui.widgets.timeline_strip import TimelineStrip, Track

_STEP_MS = 350  # at most three changes a second, because of flashing
ACTIONS = ("branch-here", "branch-shown", "rewind-here", "film")
"""Keys of the actions at the handle."""


class TimelineBar(QWidget):
    """The stages of the run on display, a handle at the moment that all panels show, and what can be done there."""

    def __init__(self, session: RunSession, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("runbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session, self._actions = session, actions
        self.timeline = Timeline.of(session)
        self.strip = TimelineStrip()
        tip = "Play from first to now (Space)"
        self.play = tool_button("", name="Play the history", tip=tip, flat=True, checkable=True)
        self.play.setIcon(icon("play", "pause"))
        self.shown = Label(align=RIGHT)
        self.shown.setMinimumWidth(self.shown.fontMetrics().horizontalAdvance(f"you see {thousands(60_000)} …"))
        self.back = tool_button("Go live", clicked=lambda _=False: self._go(None), tip="Show the newest (End)")
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        more = menu_button("⋮", self.menu, name="Branch, rewind, film", tip="Branch, rewind or film", style="dots")
        margins = (2 * theme.GRID, 0, 2 * theme.GRID, theme.GRID // 2)
        row = (self.play, (self.strip, 1), self.shown, self.back, more)
        hbox(*row, within=self, margins=margins, spacing=theme.GRID)
        self._timer = timer(self, self._next, _STEP_MS)
        self.play.toggled.connect(self._play)
        self.strip.chosen.connect(self._go)
        self.strip.stepped.connect(self._step)
        QShortcut(
            QKeySequence(Qt.Key.Key_Space),
            self.strip,
            self.play.toggle,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        self.timeline.changed.connect(self.refresh)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        """Show the run, and the moment on display."""
        live, timeline = self._session.live, self.timeline
        course = stages(live)
        self.setVisible(bool(course))
        accuracy = [
            (at, block.accuracy["vote"]) for at, block in sorted(live.blocks.items()) if "vote" in block.accuracy
        ]
        self.strip.show_track(
            Track(
                course,
                tuple(timeline.positions),
                tuple(live.checkpoints),
                tuple(live.marks),
                tuple(accuracy),
                timeline.wanted,
            )
        )
        wanted = timeline.wanted
        self.shown.setText("" if wanted is None else f"you see {thousands(wanted)}{' …' if timeline.reading else ''}")
        self.back.setText("Go live" if self._session.state.active else "Newest")
        self.back.setEnabled(wanted is not None)
        self.play.setEnabled(bool(timeline.positions))

    def _on_opened(self) -> None:
        self.play.setChecked(False)
        self.refresh()

    def _on_changed(self, topics: set[str]) -> None:
        if topics & {"state", "progress", "curves", "log"}:
            self.refresh()

    def _go(self, position: int | None) -> None:
        self.play.setChecked(False)
        self.timeline.go(position)

    def _step(self, by: int) -> None:
        self.play.setChecked(False)
        self.timeline.step(by)

    def _play(self, on: bool) -> None:
        if not on:
            self._timer.stop()
            return
        if self.timeline.wanted is None and self.timeline.positions:
            self.timeline.go(self.timeline.positions[0])
        self._timer.start()

    def _next(self) -> None:
        if not self.timeline.reading:
            self.timeline.step(max(1, len(self.timeline.positions) // 60))
        if self.timeline.wanted is None or not self.isVisible():
            self.play.setChecked(False)

    def _fill_menu(self) -> None:
        self.menu.clear()
        self.menu.addActions([self._actions[key] for key in ACTIONS])
