"""Many runs in one plot: a scatter over the parameters and metrics in which they differ."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFontMetrics, QShowEvent
from PyQt6.QtWidgets import QComboBox, QSizePolicy, QStackedWidget, QWidget

from stdpbench import __version__
from stdpbench.base.units import printed
from stdpbench.results.figures.paper import Table
from stdpbench.runs.catalog.run_axes import (
    NO_ERRORS,
    RunAxis,
    axes_of,
    axes_spec,
    axes_table,
    origins_sentence,
    usual_axes,
)
from stdpbench.runs.catalog.store import Entry, Store, sweep_folders
from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import SmallPlot
from stdpbench_gui.widgets.basic import Label, NarrowBox, named, refill, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.plot import PlotArea

_SIZE, _MORE, _FRAME = 9, 13, 16
_FRAMES = ("s", "d")
"""Frames of the runs that have a word beside their names, as in the figure for a paper: one for each word."""
_LONGEST = 14  # letters of a category at the left axis


class RunScatter(PlotArea):
    """A point for each run that has both values; a ring marks selected ones, a frame those with a word at their names.

    Attributes
    ----------
    clicked : signal of (int, bool)
        A run was clicked, and whether others stay selected; -1: the background.
    opened : signal of int
        A run was double-clicked.
    """

    clicked = pyqtSignal(int, bool)
    opened = pyqtSignal(int)

    def __init__(self, words: Callable[[int], str]) -> None:
        super().__init__()
        self.setAccessibleName("Runs as points; their numbers are in the menu, and in the history above")
        self.ci.layout.setContentsMargins(2, 2, theme.GRID, 2)
        self.plot = SmallPlot("")
        self.plot.setMouseEnabled(x=True, y=True)
        self.addItem(self.plot)
        self._words = words
        self._axes: tuple[RunAxis, RunAxis] | None = None
        self._shown: NDArray[np.int64] = np.empty(0, np.int64)
        self._colours: Sequence[QColor] = ()
        self._strong: NDArray[np.bool_] | None = None
        self._marks: Sequence[int] = ()
        self._ranged: object = None
        self.points = pg.ScatterPlotItem(size=_SIZE, hoverable=True, tip=lambda x, y, data: self._words(int(data)))
        self.rings = pg.ScatterPlotItem(size=_MORE, brush=None)
        self.frames = pg.ScatterPlotItem(size=_FRAME, brush=None)
        for item in (self.rings, self.frames):
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self.points, self.rings, self.frames):
            self.plot.addItem(item)
        self.points.sigClicked.connect(self._on_points)
        self._hit = False
        self.scene().sigMouseClicked.connect(self._on_click)
        self.restyle()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        self._draw()

    def show_runs(
        self, x: RunAxis | None, y: RunAxis | None, colours: Sequence[QColor], marks: Sequence[int] = ()
    ) -> None:
        """Show runs over two axes; None: none.

        `marks` says for each run which word stands beside its name: its number, or -1.
        """
        self._marks = marks
        self._axes = None if x is None or y is None else (x, y)
        self._colours, self._strong = colours, None  # other runs, of which others are selected
        if self._axes is None:
            self._shown = np.empty(0, np.int64)
            for item in (self.points, self.rings, self.frames):
                item.setData([])
            return
        known = np.isfinite(self._axes[0].values) & np.isfinite(self._axes[1].values)
        self._shown = np.flatnonzero(known)
        for side, axis in zip(("bottom", "left"), self._axes, strict=True):
            item = self.plot.getAxis(side)
            item.setTicks(_ticks(axis))
            if side == "left":
                metrics = QFontMetrics(theme.plot_font())
                names = [name[:_LONGEST] for name in axis.names] or ["0.0000"]
                item.setWidth(max(map(metrics.horizontalAdvance, names)) + metrics.height() + 14)
                item.setLabel(axis.label)
            else:
                self.plot.setLabel("bottom", axis.label)
        ranged = [(axis.path, axis.extent) for axis in self._axes]
        if ranged != self._ranged:  # else a part that is zoomed in stays
            self._ranged = ranged
            self.show_all()
        self._draw()

    def show_strong(self, strong: NDArray[np.bool_] | None) -> None:
        """Mark these runs; None: none."""
        self._strong = strong
        self._draw_rings()

    def show_all(self) -> None:
        """Show the full range."""
        for axis, set_range in zip(self._axes or (), (self.plot.setXRange, self.plot.setYRange), strict=False):
            low, high = axis.extent
            room = 0.06 * (high - low) or 0.5
            set_range(low - room, high + room, padding=0)

    def _draw(self) -> None:
        if self._axes is None:
            return
        shown, (x, y) = self._shown, self._axes
        brushes = {id(colour): pg.mkBrush(colour) for colour in self._colours}  # few, which are shared
        self.points.setData(
            x=x.scaled[shown],
            y=y.scaled[shown],
            data=shown,
            brush=[brushes[id(self._colours[run])] for run in shown.tolist()],
            pen=pg.mkPen(theme.current().base, width=0.5),
        )
        framed = [run for run in shown.tolist() if self._marks and self._marks[run] >= 0]
        self.frames.setPen(pg.mkPen(theme.current().ink, width=1))
        self.frames.setData(
            x=x.scaled[framed],
            y=y.scaled[framed],
            symbol=[_FRAMES[self._marks[run] % len(_FRAMES)] for run in framed],
        )
        self._draw_rings()

    def _draw_rings(self) -> None:
        """Mark the selected runs."""
        if self._axes is None:
            return
        marked = self._shown[np.zeros(len(self._shown), bool) if self._strong is None else self._strong[self._shown]]
        self.rings.setPen(pg.mkPen(theme.current().wrong, width=2))
        self.rings.setData(x=self._axes[0].scaled[marked], y=self._axes[1].scaled[marked])

    def _on_points(self, _: object, points: Sequence[Any], event: Any) -> None:
        if len(points):
            self._hit = True
            run = int(points[0].data())
            if event.double():
                self.opened.emit(run)
            else:
                self.clicked.emit(run, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _on_click(self, event: Any) -> None:
        """Select nothing on a click beside all points; a double click there shows all."""
        hit, self._hit = self._hit, False
        if not hit and self.plot.getViewBox().sceneBoundingRect().contains(event.scenePos()):
            if event.double():
                self.show_all()
            else:
                self.clicked.emit(-1, False)


def _ticks(axis: RunAxis) -> list[list[tuple[float, str]]] | None:
    """Return the ticks of categories and of logarithmic axes; None: those that the plot chooses."""
    if axis.names:
        texts = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in axis.names]
        return [list(zip(map(float, range(len(texts))), texts, strict=True))]
    if not axis.log:
        return None
    low, high = axis.extent
    steps = (1.0, 2.0, 5.0) if high - low < 2 else (1.0,)
    powers = range(math.floor(low) - 1, math.ceil(high) + 2)
    places = [math.log10(step) + power for power in powers for step in steps]
    return [[(place, printed(f"{10.0**place:.6g}")) for place in places]]


_HISTORY, _TICKED = "history", "ticked"
_MOST_NAMES = 8  # categories that the legend names
_LEVELS = 32  # colours of a numeric axis
_PALEST = 0.3  # place in the colour map of the smallest value, to be told from the background
_SIGNS = "□◇"
"""Frames, in the legend, of the runs that have a word beside their names."""
_HELP = (
    "A point for each run, over parameters in which the runs differ, and their results. Choose axes and a colour "
    "above; Runs chooses those shown in the history, the ticked ones, or those of a sweep. Runs selected in the "
    "history stand out here. A click on a point selects its run, a double click opens it. Axes of parameters are "
    "scaled as their sweep draws them (logarithmic for loguniform); others are logarithmic where values lie evenly in "
    "logarithms. Runs whose weights were trained with labels, or are of unknown origin, have a frame. The best of "
    "many runs is partly luck: confirm it with further seeds."
)


class ExplorePanel(View, QWidget):
    """Scatter of many runs.

    Attributes
    ----------
    chosen : signal of (list of str, bool)
        Names of runs to select in the history, and whether others stay selected.
    opened : signal of Path
        Request to open a run on the Train page.
    axes : dict of str to RunAxis
        The axes that can be chosen.
    """

    chosen = pyqtSignal(object, bool)
    opened = pyqtSignal(object)
    title = "Scatter"
    help_text = _HELP

    def __init__(self, session: RunSession, runs: Path) -> None:
        super().__init__()
        self.session, self._runs = session, runs
        self._background, self._looking = Background(self, 1), Background(self, 1)
        self._sources: dict[str, list[Entry]] = {_HISTORY: [], _TICKED: []}
        self._entries: list[Entry] = []
        self._stale = False
        self._drawn_of = _HISTORY
        self._selected: frozenset[str] = frozenset()
        self._wanted: dict[str, str] = {}
        self.axes: dict[str, RunAxis] = {}
        self.source = self._chooser("Runs")
        self._list_sweeps([])
        self.across, self.up, self.colour = (self._chooser(name) for name in ("Across", "Up", "Colour"))
        self.scatter = RunScatter(self._words)
        self.empty = wrapped("", "empty", align=Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.scatter)
        self.body: QWidget = self.stack
        self.legend = named(Label(rich=True), "Legend")
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        vbox(self._bar(), (self.stack, 1), self.legend, within=self, spacing=theme.GRID // 2)
        self._connect()

    def _chooser(self, name: str) -> QComboBox:
        made = named(NarrowBox(), name, tip=name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(6)
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return made

    def _bar(self) -> Any:
        question, self.more = self._title_buttons("Runs in one plot")
        axes = Label("Across"), (self.across, 4), Label("Up"), (self.up, 4), Label("Colour"), (self.colour, 4)
        return hbox(Label("Runs"), (self.source, 3), *axes, question, self.more, spacing=theme.GRID)

    def _connect(self) -> None:
        self.source.activated.connect(lambda _: self.refresh())
        for name, box in (("x", self.across), ("y", self.up), ("colour", self.colour)):
            box.activated.connect(lambda _, name=name, box=box: self._want(name, box.currentData()))
        self.scatter.clicked.connect(
            lambda run, add: self.chosen.emit([self._entries[run].name] if run >= 0 else [], add)
        )
        self.scatter.opened.connect(lambda run: self.opened.emit(self._entries[run].path))

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_history(self, shown: list[Entry], ticked: list[Entry]) -> None:
        """Take the runs that the history shows, and those that are ticked."""
        self._sources |= {_HISTORY: shown, _TICKED: ticked}
        self.refresh()

    def show_selected(self, names: Sequence[str]) -> None:
        """Let the runs that are selected in the history stand out."""
        selected = frozenset(names)
        if selected != self._selected:
            self._selected = selected
            self._show_strong()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Read what has changed while the panel was hidden, and which sweeps there are."""
        super().showEvent(event)
        self._looking.do(lambda: sweep_folders(self._runs), self._list_sweeps, lambda _: None)
        if self._stale:
            self.refresh()

    def _list_sweeps(self, folders: list[Path]) -> None:
        chosen, keys = self.source.currentData(), [_HISTORY, _TICKED, *map(str, folders)]
        texts = ["shown in the history", "ticked", *(f"sweep {folder.name}" for folder in folders)]
        refill(self.source, zip(texts, keys, strict=True), keys.index(chosen) if chosen in keys else 0)

    def refresh(self) -> None:
        """Find the axes of the chosen runs in a thread, if they or their values have changed."""
        if not self.isVisible():
            self._stale = True
            return
        if self._background.wait(self.refresh):
            return
        self._stale = False
        source, known = str(self.source.currentData()), self._entries
        entries = self._sources.get(source)
        if entries is not None and len(entries) == len(known) and all(map(is_, entries, known)):
            if source != self._drawn_of:
                self._drawn_of = source
                self._draw()
            return
        self._drawn_of = source

        def work() -> tuple[list[Entry], dict[str, RunAxis]]:
            runs = Store(Path(source)).entries() if entries is None else entries
            return runs, axes_of(runs)

        self._background.do(work, self._take, self._fail)

    def _take(self, found: tuple[list[Entry], dict[str, RunAxis]]) -> None:
        self._entries, self.axes = found
        self._fill()
        self._draw()

    def _fail(self, reason: str) -> None:
        self._entries, self.axes = [], {}
        self._draw()
        self.empty.setText(f"⚠ The runs cannot be read: {reason}")

    # -- axes ------------------------------------------------------------------------------------------------------

    def _want(self, name: str, path: str) -> None:
        self._wanted[name] = path
        self._draw()

    def _path(self, name: str) -> str:
        usual = dict(zip(("x", "y", "colour"), usual_axes(self.axes), strict=True))
        path = self._wanted.get(name, usual[name])
        return path if path in self.axes or (name == "colour" and not path) else usual[name]

    def _fill(self) -> None:
        """Offer the axes of the runs, parameters before metrics."""
        for name, box in (("x", self.across), ("y", self.up), ("colour", self.colour)):
            with QSignalBlocker(box):
                box.clear()
                if name == "colour":
                    box.addItem("none", "")
                parameters = True
                for path, axis in self.axes.items():
                    if parameters and axis.is_metric and box.count():
                        box.insertSeparator(box.count())
                    parameters = not axis.is_metric
                    box.addItem(axis.label, path)
                box.setCurrentIndex(max(0, box.findData(self._path(name))))

    def shown_axes(self) -> list[RunAxis]:
        """Return the two axes that are drawn; fewer where the runs differ in less."""
        return [self.axes[path] for path in (self._path("x"), self._path("y")) if path in self.axes]

    def _drawn(self) -> tuple[list[Entry], list[RunAxis], RunAxis | None]:
        """Return the runs that have a point, with their values on both axes and on that of the colour."""
        axes, colour = self.shown_axes(), self.axes.get(self._path("colour"))
        places = np.flatnonzero(np.isfinite([axis.values for axis in axes]).all(axis=0)).tolist()
        return (
            [self._entries[place] for place in places],
            [replace(axis, values=axis.values[places]) for axis in axes],
            colour and replace(colour, values=colour.values[places]),
        )

    # -- drawing ---------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.scatter.restyle()
        self._draw()

    def _draw(self) -> None:
        nothing, axes = self._nothing(), self.shown_axes()
        self.empty.setText(nothing)
        self.more.setEnabled(not nothing)
        self.legend.setText("" if nothing else self._legend())
        self.setAccessibleDescription(self.summary())
        if nothing:
            self.stack.setCurrentWidget(self.empty)
            return
        self.scatter.show_runs(axes[0], axes[1], self._colours(), self._marks())
        self.stack.setCurrentWidget(self.scatter)
        self._show_strong()

    def _nothing(self) -> str:
        """Return what is missing to draw something; empty if nothing is."""
        source = self.source.currentData()
        if len(self._entries) < 2:
            which = {
                _HISTORY: "The history shows fewer than two runs: start more, or shorten the search.",
                _TICKED: "Fewer than two runs are ticked: tick them in the history (Space), or choose others above.",
            }
            return which.get(source, "This sweep has fewer than two runs so far.")
        if not self.axes:
            return "These runs differ neither in a parameter nor in a result, so there is nothing to plot."
        if len(self.shown_axes()) < 2:
            return (
                "These runs differ in one value only, and a plot needs two axes: finished runs have results, "
                "and runs with other parameters or seeds differ in these."
            )
        return ""

    def _colours(self) -> list[QColor]:
        axis = self.axes.get(self._path("colour"))
        if axis is None:
            return [QColor(theme.current().accent)] * len(self._entries)
        if axis.names:
            named = [theme.class_colour(number) for number in (*range(len(axis.names)), -1)]
            return [named[int(v) if v == v else -1] for v in axis.values.tolist()]
        shown, faint = colour_maps.sequential(), QColor(theme.current().faint)
        places = np.linspace(_PALEST, 1.0, _LEVELS)
        levels = [shown.map(place, mode="qcolor") for place in places.tolist()]  # shared, since each costs time
        return [faint if share != share else levels[round(share * (_LEVELS - 1))] for share in axis.shares.tolist()]

    def _found_words(self) -> list[str]:
        """Return the words beside names of runs, such as "supervised"."""
        return [word for word in dict.fromkeys(entry.weights_origin.word for entry in self._drawn()[0]) if word]

    def _marks(self) -> list[int]:
        """Return the number of the word of each run, -1 for none; empty if no run has any."""
        numbers = {word: number for number, word in enumerate(self._found_words())}
        return [numbers.get(entry.weights_origin.word, -1) for entry in self._entries] if numbers else []

    def _legend(self) -> str:
        marks = [f"{_SIGNS[number % 2]}&nbsp;{word}" for number, word in enumerate(self._found_words())]
        return " &nbsp; ".join(filter(None, (self._legend_of_colours(), *marks)))

    def _legend_of_colours(self) -> str:
        axis = self._drawn()[2]
        if axis is None:
            return ""
        label = html.escape(axis.label)
        if axis.names:
            parts = [
                f'<span style="color:{theme.class_colour(number).name()}">⬤</span>&nbsp;{html.escape(name)}'
                for number, name in enumerate(axis.names)
                if number in axis.values
            ]
            more = len(parts) - _MOST_NAMES
            return f"{label}: {' '.join(parts[:_MOST_NAMES])}{f' and {more} more' if more > 0 else ''}"
        low, high = (printed(f"{10.0**end:.6g}" if axis.log else f"{end:.4g}") for end in axis.extent)
        shown = colour_maps.sequential()
        squares = "".join(
            f'<span style="color:{shown.map(_PALEST + (1 - _PALEST) * place, mode="qcolor").name()}">■</span>'
            for place in np.linspace(0, 1, 9).tolist()
        )
        return f"{label}: {low} {squares} {high}{' (logarithmic)' if axis.log else ''}"

    def _show_strong(self) -> None:
        strong = np.array([entry.name in self._selected for entry in self._entries], bool)
        self.scatter.show_strong(strong if strong.any() else None)

    def _words(self, run: int) -> str:
        entry, axes = self._entries[run], [*self.shown_axes(), self.axes.get(self._path("colour"))]
        lines = [f"{axis.label}: {axis.text(run)}" for axis in axes if axis is not None]
        return "\n".join([entry.weights_origin.marked(entry.title or entry.name), *dict.fromkeys(lines)])

    # -- summary and export ----------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        if nothing := self._nothing():
            return nothing
        runs, axes, colour = self._drawn()
        labels = ", ".join(axis.label for axis in axes) + (f", coloured by {colour.label}" if colour else "")
        return f"{len(runs)} runs over {labels}. {origins_sentence(runs)}".rstrip()

    def has_content(self) -> bool:
        """Return whether there are runs and axes to draw them over."""
        return not self._nothing()

    def table(self) -> Table | None:
        """Return a row for each run."""
        colour = self.axes.get(self._path("colour"))
        axes = [*self.shown_axes(), *([] if colour is None or colour in self.shown_axes() else [colour])]
        return axes_table(self._entries, axes)

    def figure(self) -> dict[str, Any] | None:
        """Return the figure for a paper."""
        runs, axes, colour = self._drawn()
        n, names = f"{len(runs)} runs", [entry.name for entry in runs]
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return {
            **axes_spec(axes, colour, runs),
            "title": n,
            "n": n,
            "caption": f"{self.summary()} One point per run: {listed}; stdpbench {__version__}. {NO_ERRORS}",
        }
