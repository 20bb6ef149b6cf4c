"""The Train page: the run bar and dockable panels."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from PyQt6.QtCore import QByteArray, QChildEvent, QEvent, QSettings, Qt, QTimer
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QMainWindow,
    QTabBar,
    QTabWidget,
    QWidget,
)

from stdpbench.runs.protocol.facts import Started
from stdpbench.runs.protocol.live_run import duration
from stdpbench.runs.protocol.states import State
from stdpbench.units import thousands
from stdpbench_gui.look import theme
from stdpbench_gui.panels import ALL
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.stimulus_words import noun_of
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import Elided, OptionalLabel, action_button, scrolling
from stdpbench_gui.widgets.layout_barrier import LayoutBarrier
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar

_REDRAW_MS = 33
_LARGE = 1.4
"""Font scale of the layout Present."""
_WIDEST_POSITION = f"label {thousands(60_000)}/{thousands(60_000)}"
_WIDEST_SPEED = "300 pictures/s · 12 min left · drawing 10 %"
"""Widest usual texts; reserving their width keeps the progress bar from jumping."""
_SPEEDS = (("max", 0.0), ("30 / s", 1 / 30), ("10 / s", 0.1), ("3 / s", 1 / 3), ("1 / s", 1.0))
_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_BESIDE_CURVES = ("parameters", "log", "confusion")
"""Panels that open next to the curves if a layout omits them; all others open next to the raster, which is wide."""
_BESIDE_NEW = ("stimulus", "thresholds", "raster", "weight-map", "curves")
"""Panels next to which a panel opens that is new since a layout was saved."""
_LAYOUT_VERSION = 2
"""Version of saved layouts."""
_ADDED = {1: ("network",)}
"""Panels that saved layouts of earlier versions do not have. In version 0, omitted panels had no place."""


class RunBar(QWidget):
    """The current run, its progress and its controls."""

    def __init__(self, session: RunSession, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("runbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._actions = actions
        self.title = Elided()
        self.title.setObjectName("runtitle")
        self.state = QLabel()
        self.position = QLabel()
        self._waits = "", 0.0
        self._waited = timer(self, self._count_on, 1000)
        self.speed_text = QLabel()
        self.speed_text.setObjectName("faint")
        self.speed_text.setToolTip(
            "Drawing: share of its time that this window spends drawing; the run is a separate process"
        )
        self.progress = ProgressBar("Progress of the run")
        self.speed = QComboBox()
        for text, seconds in _SPEEDS:
            self.speed.addItem(text, seconds)
        self.speed.setToolTip("Maximum number of training presentations per second")
        self.speed.setAccessibleName("Speed")
        self.speed.activated.connect(self._set_pace)
        self._pace, self._reported_pace = 0, 0.0
        label = OptionalLabel("speed")
        label.setObjectName("faint")
        label.setBuddy(self.speed)
        buttons = (action_button(actions[key]) for key in ("pause", "step", "stop", "checkpoint"))
        top = hbox(self.title, self.state, STRETCH, *buttons, label, self.speed, spacing=theme.GRID)
        below = hbox((self.progress, 1), self.position, self.speed_text, spacing=2 * theme.GRID)
        vbox(
            top,
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
        self.refresh()

    def _on_opened(self) -> None:
        self._reported_pace = 0.0
        self._show_pace(0.0)
        self.refresh()

    def _on_changed(self, topics: set[str]) -> None:
        if topics & {"state", "progress"}:
            self.refresh()

    def _set_pace(self) -> None:
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
        if session.folder is None:
            self.title.setText("No open run")
            self.state.setText("")
            self.position.setText("")
            self.speed_text.setText("Start a run on the Start page, or open one with Ctrl+O")
        else:
            self.title.setText(_title(session.folder.path.name, live.started))
            self.title.setToolTip(str(session.folder.path))
            self.state.setText(f"{_MARKS[live.state]} {live.state}")
            self.state.setToolTip(live.reason)
            self._show_progress()
            pace = live.progress.get("pace", self._reported_pace)
            if pace != self._reported_pace:  # only on a change: a frame may be older than the request made here
                self._reported_pace = pace
                self._show_pace(pace)
        self.speed_text.setVisible(bool(self.speed_text.text()) or live.state.active)
        active = session.connected
        running, paused = active and live.state is State.RUNNING, active and live.state is State.PAUSED
        resumable = session.folder is not None and not active and live.state.resumable
        pause = self._actions["pause"]
        waits = session.folder is not None and live.state is State.QUEUED
        pause.setText("Resume" if paused or resumable or waits else "Pause")
        pause.setEnabled(running or paused or resumable)
        self._actions["step"].setEnabled(running or paused)
        self._actions["stop"].setEnabled(running or paused)
        self._actions["checkpoint"].setEnabled(running or paused)
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
        if self._session.live.state is State.FINISHED:
            vote = self._session.live.metrics.get("network", {}).get("vote")
            self.progress.setRange(0, 1)
            self.progress.setValue(1)
            self.position.setText("" if vote is None else f"vote {100 * vote:.1f} %")
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
        self.progress.setRange(0, progress["total"])
        self.progress.setValue(progress["done"])
        self.position.setText(f"{progress['phase']} {thousands(progress['done'])}/{thousands(progress['total'])}")
        parts = []
        if self._session.live.state is State.RUNNING:
            if progress.get("images_per_second"):
                rate = progress["images_per_second"]
                parts.append(f"{rate:.{1 if live.pieces else 0}f} {noun_of(self._session)}s/s")
            if progress.get("seconds_left") is not None:
                parts.append(f"{duration(progress['seconds_left'])} left")
            parts.append(f"drawing {100 * self._session.drawing_share:.0f} %")
        self.speed_text.setText(" · ".join(parts))


_MARKS = {
    State.QUEUED: "…",
    State.BUILDING: "⚙",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHING: "▶",
    State.FINISHED: "✓",
    State.STOPPED: "■",
    State.FAILED: "✗",
}


def _title(folder: str, started: Started | None) -> str:
    """Title of a run: experiment, seed, and the part of the folder name that distinguishes it from others."""
    if started is None:
        return folder
    name, seed = started.experiment.get("name", ""), started.experiment.get("seed", 0)
    return f"{name} · seed {seed} · run {folder.removeprefix(f'{name}-seed{seed}-')}"


def _panel_around(widget: QWidget | None) -> Panel | None:
    while widget is not None and not isinstance(widget, Panel):
        widget = widget.parentWidget()
    return widget


class _Docks(QMainWindow):
    """The dock area of the panels."""

    def childEvent(self, event: QChildEvent | None) -> None:  # noqa: N802 - Qt's name
        """Name the tab bars, which Qt creates."""
        child = event.child() if event is not None and event.type() == QEvent.Type.ChildPolished else None
        if isinstance(child, QTabBar):
            child.setAccessibleName("Tabbed panels")
        super().childEvent(event)


class TrainPage(QWidget):
    """The current run in panels."""

    def __init__(self, session: RunSession, actions: Actions, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.session = session
        self._large = False
        self.bar = RunBar(session, actions)
        self.docks = _Docks()
        self.docks.setWindowFlags(Qt.WindowType.Widget)
        self.docks.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.docks.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.panels: dict[str, Panel] = {kind.key: kind(session) for kind in ALL}
        vbox(LayoutBarrier(self.bar), (scrolling(self.docks), 1), within=self, spacing=0)
        for panel in self.panels.values():
            self.docks.addDockWidget(_LEFT, panel)
        self.layouts: dict[str, Callable[[], None]] = {
            "Watch": self._watch,
            "Inspect": self._inspect,
            "Present": self._present,
        }
        self._restore()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        self._timer.start()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    def redraw(self) -> None:
        """Draw what changed and is visible, and request frames for visible panels only."""
        frames: set[str] = set()
        for panel in self.panels.values():
            if panel.isVisible() and not panel.visibleRegion().isEmpty():
                frames |= panel.frames
                panel.draw_if_needed()
        self.session.want(frames)

    def focused_panel(self) -> Panel | None:
        """The panel with the keyboard focus."""
        return _panel_around(self.docks.focusWidget())

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Raise the panel that receives the focus: Qt moves the focus to hidden tabs, too."""
        panel = _panel_around(now)
        if panel is not None and self.isVisible() and panel.visibleRegion().isEmpty():
            panel.raise_()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        for panel in self.panels.values():
            panel.restyle()

    # -- layouts ---------------------------------------------------------------------------------------------------

    def arrange(self, name: str) -> None:
        """Apply one of the three layouts."""
        for panel in self.panels.values():
            panel.setFloating(False)
            self.docks.removeDockWidget(panel)
        self._write_large(name == "Present")
        self.layouts[name]()
        self._put_away()
        for panel in self.panels.values():
            panel.mark_dirty()

    def _put_away(self) -> None:
        """Give each panel that the layout omits a place: a closed tab where it will open.

        A dock without a place covers all others when it is shown, and when Qt restores a saved layout.
        """
        for key, panel in self.panels.items():
            if self.docks.dockWidgetArea(panel) == Qt.DockWidgetArea.NoDockWidgetArea:
                neighbour = self.panels["curves" if key in _BESIDE_CURVES else "raster"]
                self.docks.tabifyDockWidget(neighbour, panel)
                panel.hide()
                neighbour.raise_()

    def bring(self, panel: Panel) -> None:
        """Raise a panel and give it the keyboard focus."""
        panel.show()
        panel.raise_()
        panel.setFocus()

    def _write_large(self, large: bool) -> None:
        """Use a large font for viewers far from the screen, or the system's font size."""
        before = self._large, theme.plot_font().pointSizeF()
        theme.enlarge_plots(_LARGE if large else 1.0)
        size = theme.plot_font().pointSizeF()
        self._large = large
        if (large, size) == before:  # as the panels were made
            return
        self.docks.setStyleSheet(f"* {{ font-size: {size:.1f}pt; }}" if large else "")
        self.restyle()

    def _place(self, rows: dict[str, list[list[str]]], widths: tuple[int, ...], heights: dict[str, list[int]]) -> None:
        """Place panels: columns map to rows, each row a list of tabs of which the first is in front."""
        # columns first, then rows, then tabs: Qt splits inside existing splits, and never next to a tab
        known = {
            column: [tabs for keys in cells if (tabs := [self.panels[key] for key in keys if key in self.panels])]
            for column, cells in rows.items()
        }
        columns = {column: cells for column, cells in known.items() if cells}
        first_of = [cells[0][0] for cells in columns.values()]
        for number, panel in enumerate(first_of):
            self.docks.addDockWidget(_LEFT, panel)
            if number:
                self.docks.splitDockWidget(first_of[number - 1], panel, Qt.Orientation.Horizontal)
            panel.show()
        for cells in columns.values():
            for above, below in pairwise(cells):
                self.docks.splitDockWidget(above[0], below[0], Qt.Orientation.Vertical)
                below[0].show()
        for column, cells in columns.items():
            for tabs in cells:
                for other in tabs[1:]:
                    self.docks.tabifyDockWidget(tabs[0], other)
                    other.show()
                tabs[0].raise_()
            lead = [tabs[0] for tabs in cells]
            self.docks.resizeDocks(lead, heights[column][: len(lead)], Qt.Orientation.Vertical)
        self.docks.resizeDocks(first_of, list(widths[: len(first_of)]), Qt.Orientation.Horizontal)

    def _watch(self) -> None:
        self._place(
            {
                "left": [["weight-map"], ["curves"]],
                "middle": [["network"], ["raster"], ["stimulus", "thresholds"]],
                "right": [["parameters", "neuron"], ["log", "confusion"]],
            },
            (460, 460, 340),
            {"left": [440, 240], "middle": [140, 300, 240], "right": [440, 240]},
        )

    def _inspect(self) -> None:
        self._place(
            {
                "left": [["weight-map"], ["thresholds", "curves"]],
                "middle": [["neuron", "slow-motion"], ["raster", "network"]],
                "right": [["stimulus"], ["parameters", "log", "confusion"]],
            },
            (400, 560, 300),
            {"left": [440, 240], "middle": [440, 240], "right": [280, 400]},
        )

    def _present(self) -> None:
        self._place(
            {"left": [["weight-map"]], "right": [["raster"], ["curves"]]},
            (640, 640),
            {"left": [680], "right": [400, 280]},
        )

    def _restore(self) -> None:
        state = self._settings.value("train/docks")
        versions = (_LAYOUT_VERSION, *sorted(_ADDED, reverse=True)) if isinstance(state, QByteArray) else ()
        for version in versions:
            if self.docks.restoreState(state, version):
                self._write_large(str(self._settings.value("train/large", "false")) == "true")
                for key in (key for known in range(version, _LAYOUT_VERSION) for key in _ADDED[known]):
                    self._add(self.panels[key])
                return
        self.arrange("Watch")

    def _add(self, panel: Panel) -> None:
        """Give a panel that a saved layout does not have a place: a tab behind a panel that is shown."""
        visible = [self.panels[key] for key in _BESIDE_NEW if not self.panels[key].isHidden()]
        beside = next((other for other in visible if not other.isFloating()), self.panels["raster"])
        self.docks.tabifyDockWidget(beside, panel)
        panel.setVisible(not beside.isHidden())
        beside.raise_()

    def save(self) -> None:
        """Save the layout of the panels."""
        self._settings.setValue("train/docks", self.docks.saveState(_LAYOUT_VERSION))
        self._settings.setValue("train/large", "true" if self._large else "false")
