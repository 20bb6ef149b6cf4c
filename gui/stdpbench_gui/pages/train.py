"""The Train page: the run bar and dockable panels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from math import inf

from PyQt6.QtCore import (
    QAbstractEventDispatcher,
    QByteArray,
    QChildEvent,
    QEvent,
    QObject,
    QSettings,
    QSize,
    Qt,
    QTimer,
)
from PyQt6.QtGui import QPaintEvent, QShowEvent
from PyQt6.QtWidgets import (
    QWIDGETSIZE_MAX,
    QApplication,
    QMainWindow,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from stdpbench_gui.look import theme
from stdpbench_gui.pages.run_bar import RunBar
from stdpbench_gui.pages.timeline_bar import TimelineBar
from stdpbench_gui.panels import panels
from stdpbench_gui.panels.base import Panel
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.actions import Actions
from stdpbench_gui.widgets.basic import around, not_none, scrolling
from stdpbench_gui.widgets.layout_barrier import LayoutBarrier
from stdpbench_gui.widgets.layouts import hbox, vbox

_REDRAW_MS = 33
_DRAWING_S = 0.012
"""Time in one event after which no further panel is drawn."""
_LARGE = 1.4
"""Font scale of the layout Present."""
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_PARAMETERS = 280, 340
"""Smallest width in pixels at which names and values of parameters can be read, and largest one beside the stage."""
_BESIDE_CURVES = ("parameters", "log", "confusion")
"""Panels that open next to the curves if a layout omits them; all others open next to the raster, which is wide."""
_OF_STIMULI = ("confusion",)
"""Panels that mean nothing for a stream."""
_LAYOUT_VERSION = 5
"""Version of saved layouts; others are not restored."""


_LAYOUTS: dict[str, tuple[dict[str, list[list[str]]], tuple[int, ...], dict[str, list[int]]]] = {
    "Inspect": (
        {
            "left": [["weight-map"], ["thresholds", "curves"]],
            "middle": [["neuron", "slow-motion"], ["raster", "network"]],
            "right": [["stimulus"], ["parameters", "log", "confusion"]],
        },
        (400, 560, 300),
        {"left": [364, 316], "middle": [440, 240], "right": [280, 400]},
    ),
    "Present": (
        {"left": [["weight-map"]], "right": [["raster"], ["curves"]]},
        (640, 640),
        {"left": [680], "right": [400, 280]},
    ),
    "Learn": (
        {
            "left": [["weight-map"], ["curves", "log", "confusion"]],
            "right": [["slow-motion", "neuron", "raster", "network"], ["parameters", "stimulus", "thresholds"]],
        },
        (440, 420),
        {"left": [400, 280], "right": [400, 280]},
    ),
}
"""Panels of the layouts but Watch, widths of columns, and heights of their rows, as of `TrainPage._place`."""


class _Docks(QMainWindow):
    """The dock area of the panels."""

    def childEvent(self, event: QChildEvent | None) -> None:  # noqa: N802 - Qt's name
        """Name the tab bars, which Qt creates."""
        child = event.child() if event is not None and event.type() == QEvent.Type.ChildPolished else None
        if isinstance(child, QTabBar):
            child.setAccessibleName("Tabbed panels")
            child.setElideMode(Qt.TextElideMode.ElideNone)  # arrows where there is no room for all names
            child.setStyleSheet(theme.letters())
        super().childEvent(event)


class _Handle(QToolButton):
    """A button at the right edge, with its text from top to bottom."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a button on its side."""
        return super().sizeHint().transposed()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint a button on its side."""
        painter, option = QStylePainter(self), QStyleOptionToolButton()
        self.initStyleOption(option)
        option.rect = option.rect.transposed()
        painter.rotate(90)
        painter.translate(0, -self.width())
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)


class Turn(QObject):
    """The current turn of the event loop.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._begun = time.thread_time()
        dispatcher = QAbstractEventDispatcher.instance()
        assert dispatcher is not None  # there is an application
        dispatcher.awake.connect(self._begin)

    @property
    def spent(self) -> float:
        """CPU time of the turn so far, in s."""
        return time.thread_time() - self._begun

    def _begin(self) -> None:
        self._begun = time.thread_time()


class TrainPage(QWidget):
    """The current run in panels."""

    def __init__(self, session: RunSession, actions: Actions, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.session = session
        self._large = self._is_new = self._has_waited = self._stream = False
        self._columns: tuple[list[Panel], tuple[int, ...]] = [], ()
        self._before: tuple[QByteArray | None, bool] | None = None
        self._for_now = self._temporary = ""
        self.bar, self.timeline = RunBar(session, actions), TimelineBar(session, actions)
        self._actions = actions
        self.docks = _Docks()
        self.docks.setWindowFlags(Qt.WindowType.Widget)
        self.docks.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.docks.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.panels: dict[str, Panel] = {}
        self.handle = _Handle()
        self.layouts: dict[str, Callable[[], None]] = {"Watch": self._watch}
        self.layouts |= {name: partial(self._place, *places) for name, places in _LAYOUTS.items()}

    def fill(self) -> Iterator[None]:
        """Make the panels in steps; the page is whole after the last one."""
        yield
        for key, kind in panels.usable().items():
            self.panels[key] = kind(self.session)
            yield
        parameters = self.panels["parameters"]
        parameters.setMinimumWidth(_PARAMETERS[0])
        parameters.dockLocationChanged.connect(
            lambda area: parameters.setMaximumWidth(_PARAMETERS[1] if area == _RIGHT else QWIDGETSIZE_MAX)
        )
        self.handle.setDefaultAction(not_none(parameters.toggleViewAction()))
        below = hbox((scrolling(self.docks), 1), self.handle, spacing=0)
        self.top = LayoutBarrier(self.bar)
        self.bottom = LayoutBarrier(self.timeline)
        vbox(self.top, (below, 1), self.bottom, within=self, spacing=0)
        for panel in self.panels.values():
            self.docks.addDockWidget(_LEFT, panel)
            panel.restore(self._settings)
            panel.replay.clicked.connect(lambda _: self._actions["branch-here"].trigger())
        yield
        self._restore()
        yield
        self.session.opened.connect(self._fit_panels)
        self.session.changed.connect(self._on_changed)
        self._timer = timer(self, self._redraw_in_turns, _REDRAW_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.start()
        self._turn = Turn(self)
        self._rest = timer(self, self._redraw_in_turns, once=True)
        self.session.selection.moment_changed.connect(self._rest.start)  # dragging does not wait for the timer
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)

    def _on_changed(self, topics: set[str]) -> None:
        if "state" in topics:
            self._fit_panels()

    def _fit_panels(self) -> None:
        """Show the layout that belongs to streams, or to stimuli."""
        stream = self.session.is_stream
        if stream != self._stream:
            name = self._temporary
            self.put_back()
            self._save_layout()
            self._stream = stream
            self._restore()
            if name:
                self.arrange_for_now(name)

    def _withhold_panels(self) -> None:
        """Put away panels that mean nothing for a stream."""
        for panel in (self.panels[key] for key in _OF_STIMULI):
            not_none(panel.toggleViewAction()).setEnabled(not self._stream)
            if self._stream:
                panel.hide()

    def _redraw_in_turns(self) -> None:
        """Draw what changed, in as many turns of the event loop as that takes."""
        left = _DRAWING_S - self._turn.spent
        if left <= 0 and not self._has_waited:  # other work took long
            self._has_waited = True
            self._rest.start()
            return
        self._has_waited = False
        if not self.redraw(left if left > 0 else _DRAWING_S):
            self._rest.start()

    def redraw(self, within: float = inf) -> bool:
        """Draw what changed and is visible, and request frames for visible panels only.

        After `within` seconds, no further panel is drawn; those left come first the next time. Return whether all are
        drawn. Of several panels that wait for the run, the first says so.
        """
        seen = [panel for panel in self.panels.values() if panel.isVisible() and not panel.visibleRegion().isEmpty()]
        self.session.want(set[str]().union(*(panel.frames for panel in seen)))
        begun = time.perf_counter()
        seen.sort(key=lambda panel: panel.drawn_at)  # who has waited longest is first
        n_drawn = 0
        while n_drawn < len(seen) and (not n_drawn or time.perf_counter() - begun <= within):
            seen[n_drawn].draw_if_needed()
            n_drawn += 1
        coming = [panel for panel in self.panels.values() if panel in seen and panel.coming]
        for panel in coming:
            panel.empty.setText(panel.coming if panel is coming[0] else "")
        return n_drawn == len(seen)

    def focused_panel(self) -> Panel | None:
        """The panel with the keyboard focus."""
        return around(self.docks.focusWidget(), Panel)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Raise the panel that receives the focus: Qt moves the focus to hidden tabs, too."""
        panel = around(now, Panel)
        if panel is not None and self.isVisible() and panel.visibleRegion().isEmpty():
            panel.raise_()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        for panel in self.panels.values():
            panel.restyle()

    # -- layouts ---------------------------------------------------------------------------------------------------

    def arrange(self, name: str) -> None:
        """Apply one of the layouts."""
        for panel in self.panels.values():
            panel.setFloating(False)
            self.docks.removeDockWidget(panel)
        self._write_large(name == "Present")
        self.layouts[name]()
        self._put_away()
        self._withhold_panels()
        self._show_titles()
        for panel in self.panels.values():
            panel.mark_dirty()

    def _show_titles(self) -> None:
        """Show titles above panels that have no tab; none where letters are large."""
        for panel in self.panels.values():
            panel.show_title(anywhere=not self._large)

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
        """Use a large font for viewers far from the screen, or the system's font size.

        Panels that cannot be seen follow when they are shown, since a style sheet takes 0.1 ms for each widget.
        Large letters go at once: they need room even behind other tabs.
        """
        self._large = large
        theme.enlarge_plots(_LARGE if large else 1.0)
        for bar in self.docks.findChildren(QTabBar):
            bar.setStyleSheet(theme.letters())
        for panel in self.panels.values():
            if panel.isVisible() or (panel.styleSheet() and not large):
                panel.follow_theme()

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
        self._columns = first_of, widths[: len(first_of)]
        self._share_width()

    def _share_width(self) -> None:
        """Give the columns of a layout their widths."""
        columns, widths = self._columns
        self.docks.resizeDocks(columns, list(widths), Qt.Orientation.Horizontal)

    def _watch(self) -> None:
        if self._stream:
            self._place(
                {
                    "stage": [["raster"], ["weight-map", "network", "neuron", "slow-motion", "thresholds"]],
                    "beside": [["curves", "log"]],
                },
                (700, 480),
                {"stage": [370, 310], "beside": [680]},
            )
        else:
            self._place(
                {
                    "stage": [["weight-map", "network", "neuron", "slow-motion", "thresholds"]],
                    "beside": [["stimulus"], ["curves", "confusion", "log"], ["raster"]],
                },
                (760, 420),
                {"stage": [680], "beside": [240, 220, 220]},
            )
        self.docks.addDockWidget(_RIGHT, self.panels["parameters"])
        self.panels["parameters"].hide()

    def remember_layout(self) -> None:
        """Remember the layout for `put_back`, unless one is remembered already."""
        if self._before is None:
            # the columns of a new layout have no widths yet that could be restored
            self._before = None if self._is_new else self.docks.saveState(_LAYOUT_VERSION), self._large

    def arrange_for_now(self, name: str) -> None:
        """Apply a layout until `put_back`, once the page is shown and has its size; it is not saved."""
        self.remember_layout()
        self._for_now = self._temporary = name
        if self.isVisible():
            self._arrange_waiting()

    def _arrange_waiting(self) -> None:
        name, self._for_now = self._for_now, ""
        if name:
            self.arrange(name)

    def put_back(self) -> None:
        """Restore the layout from before `arrange_for_now`."""
        if self._before is not None:
            state, large = self._before
            self._before, self._for_now, self._temporary = None, "", ""
            self._is_new = state is None and not self.isVisible()
            if state is None:
                self.arrange("Watch")
            else:
                self.docks.restoreState(state, _LAYOUT_VERSION)
                self._write_large(large)
                self._show_titles()

    @property
    def _docks_key(self) -> str:
        return "train/docks-stream" if self._stream else "train/docks"

    def _restore(self) -> None:
        state = self._settings.value(self._docks_key)
        if isinstance(state, QByteArray) and self.docks.restoreState(state, _LAYOUT_VERSION):
            self._write_large(str(self._settings.value("train/large", "false")) == "true")
            self._withhold_panels()
            self._show_titles()
            return
        self.arrange("Watch")
        self._is_new = not self.isVisible()

    def _save_layout(self) -> None:
        self._settings.setValue(self._docks_key, self.docks.saveState(_LAYOUT_VERSION))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Give the columns of a new layout their widths: before, the page had no size to share out."""
        super().showEvent(event)
        if self._for_now:
            QTimer.singleShot(0, self._arrange_waiting)
        if self._is_new:
            self._is_new = False
            QTimer.singleShot(0, self._share_width)

    def save(self) -> None:
        """Save the layout of the panels, and what was chosen in them."""
        self.put_back()
        for panel in self.panels.values():
            panel.save(self._settings)
        self.bar.slow_start.lift()
        self._save_layout()
        self._settings.setValue("train/large", "true" if self._large else "false")
