"""The bar above the panels: the current run, its course and its controls."""

from __future__ import annotations

import time
from collections.abc import Mapping

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QWidget

from stdpbench.base.units import thousands
from stdpbench.runs.catalog.columns import MARKS, shown_state
from stdpbench.runs.protocol.facts import Started
from stdpbench.runs.protocol.live_run import duration
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look import theme
from stdpbench_gui.pages.timeline_bar import ACTIONS as AT_THE_HANDLE
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.sentences import as_sentence
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import (
    Elided,
    Label,
    choice,
    named,
    plain_tip,
)
from stdpbench_gui.widgets.button_row import ActionButton
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar

STEPS = ((0, 1 / 3), (12, 0.1), (60, 1 / 30), (180, 0.0))
"""Training presentations, and the minimum time of each from there on, s; 0: full speed."""


class SlowStart(QObject):
    """Limits the speed of the next run that is opened, until its first presentations are over.

    Parameters
    ----------
    session : RunSession
        The current run.
    """

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session
        self._waits_for = ""
        self._step = -1  # of `STEPS`; -1: not slow
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)

    @property
    def active(self) -> bool:
        """Whether the run is slow because of its start."""
        return self._step >= 0

    def words(self) -> str:
        """Say until when the run is slow; empty if it is not."""
        return f"slow start, until picture {STEPS[-1][0]}" if self.active else ""

    def arm(self, name: str) -> None:
        """Slow the first pictures of the next run down if it is of the experiment of this name."""
        self._waits_for = name

    def cancel(self) -> None:
        """Leave the speed to the user."""
        self._step = -1

    def lift(self) -> None:
        """Go on at full speed."""
        if self.active:
            self._step = -1
            self._ask(STEPS[-1][1])

    def _on_opened(self) -> None:
        folder, name = self._session.folder, self._waits_for
        self._waits_for, self._step = "", -1
        if name and folder is not None and folder.path.name.startswith(f"{name}-seed"):
            self._step = 0
            self._ask(STEPS[0][1])

    def _on_changed(self, topics: set[str]) -> None:
        if not self.active or "progress" not in topics:
            return
        progress = self._session.live.progress
        if progress.get("phase") not in ("train", None):
            self.cancel()
            return
        step = max(n for n, (first, _) in enumerate(STEPS) if first <= progress.get("done", 0))
        if step > self._step:
            self._step = step if step < len(STEPS) - 1 else -1
            self._ask(STEPS[step][1])

    def _ask(self, seconds: float) -> None:
        self._session.request("pace", refused=lambda _: self.cancel(), seconds=seconds)


_WIDEST_POSITION = f"label {thousands(60_000)}/{thousands(60_000)}"
_WIDEST_SPEED = "paused: the requested steps are done"
"""Widest usual texts; reserving their width keeps the stages from jumping."""
_NEED_FOLDER = ("pause", "evaluate-shown", "draw", *AT_THE_HANDLE, "neurons", "hardware")
"""Actions on the run on display that read its folder."""
_SPEEDS = (("max", 0.0), ("30 / s", 1 / 30), ("10 / s", 0.1), ("3 / s", 1 / 3), ("1 / s", 1.0))


class RunBar(QWidget):
    """The current run, its stages, and its controls; once it is finished, what to do with it in their place."""

    def __init__(self, session: RunSession, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("runbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._actions = actions
        self.title = named(Elided(), style="runtitle")
        self.state = Label()
        self.position = Label()
        self._waits = "", 0.0
        self._waited = timer(self, self._count_on, 1000)
        self.speed_text = named(Elided(), style="faint")
        self.progress = ProgressBar("Progress of the run")
        tip = "Maximum number of training presentations per second"
        self.speed = choice(_SPEEDS, "Speed", tip=tip, chosen=lambda _: self._set_pace())
        self._pace, self._reported_pace = 0, 0.0
        self.slow_start = SlowStart(session)
        buttons = [ActionButton(actions[key]) for key in ("pause", "step", "stop")]
        self._while_running: tuple[QWidget, ...] = (*buttons, self.speed)
        self._when_finished: list[QWidget] = []
        self._always: list[QWidget] = []
        self._of_pictures: list[QWidget] = []
        self._top = hbox(self.title, self.state, STRETCH, *self._while_running, spacing=theme.GRID)
        below = hbox((self.progress, 1), self.position, self.speed_text, spacing=2 * theme.GRID)
        vbox(
            self._top,
            below,
            within=self,
            margins=(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID // 2),
            spacing=theme.GRID // 2,
        )
        for name, widest in ((self.position, _WIDEST_POSITION), (self.speed_text, _WIDEST_SPEED)):
            name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            name.setMinimumWidth(name.fontMetrics().horizontalAdvance(widest))
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        self._notes = NeuronNotes.of(session)
        self._notes.changed.connect(self.refresh)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave room for the stages beside a long reason."""
        super().resizeEvent(event)
        self.speed_text.setMaximumWidth(max(self.speed_text.minimumWidth(), self.width() // 3))

    def offer(self, actions: Mapping[str, QAction]) -> None:
        """Show buttons for these actions, by their short texts, in place of the controls once the run is finished.

        That for drawing is there before, too.
        """
        for text, action in actions.items():
            action.setIconText(text)
            button = ActionButton(action)
            self._top.addWidget(button)
            if action.objectName() == "draw":
                self._always.append(button)
            else:
                self._when_finished.append(button)
            if action.objectName() == "evaluate-shown":
                self._of_pictures.append(button)
        self.refresh()

    def _on_opened(self) -> None:
        self._reported_pace = 0.0
        self._show_pace(0.0)
        self.refresh()

    def _on_changed(self, topics: set[str]) -> None:
        if topics & {"state", "progress"}:
            self.refresh()

    def _set_pace(self) -> None:
        self.slow_start.cancel()
        wanted, before = self.speed.currentIndex(), self._pace
        self._pace = wanted

        def refused(sentence: str) -> None:
            if self._pace == wanted:  # restore the active value
                self._pace = before
                self.speed.setCurrentIndex(before)
            self._session.message.emit(sentence)

        self._session.request("pace", refused=refused, seconds=self.speed.currentData())

    def _show_pace(self, seconds: float) -> None:
        """Show the current speed limit of the run, whichever client set it."""
        known = [abs(self.speed.itemData(place) - seconds) < 1e-6 for place in range(self.speed.count())]
        if not any(known):
            self.speed.addItem(f"{1 / seconds:.3g} / s", seconds)
            known.append(True)
        self._pace = known.index(True)
        self.speed.setCurrentIndex(self._pace)

    def refresh(self) -> None:
        """Show the current state."""
        session, live = self._session, self._session.live
        finished = session.folder is not None and live.state is State.FINISHED
        for widget in self._while_running:
            widget.setVisible(not (finished and self._when_finished))
        for widget in self._when_finished:
            widget.setVisible(finished and not (session.is_stream and widget in self._of_pictures))
        for widget in self._always:
            widget.setVisible(session.folder is not None and not session.is_stream)
        if session.folder is None:
            self.title.setText("No open run")
            self.state.setText("")
            self.position.setText("")
            self.speed_text.setText("Start or open a run (Ctrl+1, Ctrl+O)")
        else:
            title, which = self._notes.notes.title, _title(session.folder.path.name, live.started)
            self.title.setText(f"{title} · {which}" if title else which)
            self.title.setToolTip(plain_tip(str(session.folder.path)))
            lost = ", but its folder is gone" if session.gone and "is gone" not in live.reason else ""
            state = shown_state(live.state, live.position)
            self.state.setText(f"{MARKS[state]} {state}{lost}")
            self.state.setToolTip(plain_tip(as_sentence(session.gone) or live.reason))
            self._show_progress()
            pace = live.progress.get("pace", self._reported_pace)
            if pace != self._reported_pace:  # only on a change: a frame may be older than the request made here
                self._reported_pace = pace
                self._show_pace(pace)
        text = self.speed_text.text()
        cost = f"{100 * session.drawing_share:.0f} % of the time of this window goes into drawing"
        self.speed_text.setToolTip(cost if live.state is State.RUNNING else text)
        self.speed_text.setVisible(bool(self.speed_text.text()) or live.state.active)
        active = session.connected
        running, paused = active and live.state is State.RUNNING, active and live.state is State.PAUSED
        rests = live.state.resumable or live.state is State.QUEUED
        resumable = session.folder is not None and not active and rests
        self._actions.withhold(_NEED_FOLDER, as_sentence(session.gone))
        pause = self._actions["pause"]
        pause.setText("Resume" if paused or resumable else "Pause")
        pause.setEnabled(running or paused or (resumable and not session.gone))
        for key in ("step", "stop", "checkpoint"):
            self._actions[key].setEnabled(running or paused)
        self.speed.setEnabled(running or paused)

    def _waits_for(self) -> str:
        """Describe what a building run is waiting for, and for how long."""
        what, now = self._session.live.reason or "reading data", time.monotonic()
        if self._waits[0] != what or not self._waited.isActive():
            self._waits = what, now
            self._waited.start()
        return f"{what}, {now - self._waits[1]:.0f} s"

    def _count_on(self) -> None:
        if self._session.live.state is State.BUILDING:
            self._show_progress()
        else:
            self._waited.stop()

    def _show_progress(self) -> None:
        self.progress.setVisible(self._session.live.state is State.BUILDING or self._session.live.started is None)
        if self._session.live.state is State.FINISHED:
            vote = self._session.live.metrics.get("network", {}).get("vote")
            self.progress.show_part(1, 1)
            self.position.setText("" if vote is None else f"accuracy {100 * vote:.1f} % by vote")
            self.speed_text.setText("")
            return
        live = self._session.live
        progress = live.progress
        n_train = dict(live.started.phases).get("train", 0) if live.started is not None else 0
        if not progress.get("total") and n_train and not live.state.active:  # from the run folder
            progress = {"phase": "train", "done": min(live.position, n_train), "total": n_train}
        if not progress.get("total"):
            building = live.state is State.BUILDING
            self.progress.setRange(0, 0 if building else 1)
            self.position.setText(self._waits_for() if building else "")
            self.speed_text.setText("")
            return
        self.progress.show_part(progress["done"], progress["total"])
        where = progress["phase"]
        if progress["total"] > 1:
            where += f" {thousands(progress['done'])}/{thousands(progress['total'])}"
        self.position.setText(where)
        parts = []
        if self._session.doing:
            parts.append(self._session.doing)
        elif self._session.live.state is State.RUNNING:
            if progress.get("images_per_second"):
                rate = f"{progress['images_per_second']:.{1 if live.pieces else 0}f}"
                parts.append(f"{rate} {noun_of(self._session)}{'' if rate == '1' else 's'}/s")
            if self.slow_start.active:
                parts.append(self.slow_start.words())
            elif progress.get("seconds_left") is not None:
                parts.append(f"{duration(progress['seconds_left'])} left")
        elif live.reason:
            parts.append(f"{live.state}: {live.reason}")
        self.speed_text.setText(" · ".join(parts))


def _title(folder: str, started: Started | None) -> str:
    """Return experiment and seed of a run; until they are known, the name of its folder."""
    if started is None:
        return folder
    return f"{started.experiment.get('name', '')} · seed {started.experiment.get('seed', 0)}"
