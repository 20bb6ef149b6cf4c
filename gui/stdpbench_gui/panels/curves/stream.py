"""Plots of a stream in the panel of curves: rate, irregularity, synchrony, answers or weights, and rhythms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from stdpbench.readout.streams import N_BINS
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.units import read
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Table
from stdpbench_gui.panels.neuron.course_plots import coloured
from stdpbench_gui.widgets.axes import SmallPlot, double_clicked, step_up, stepped

_TITLES = {
    "rate": "rate (Hz)",
    "cv": "irregularity (CV)",
    "synchrony": "synchrony",
    "last": "weight / w_max",
    "delta": "power, 2–4 Hz",
    "gamma": "power, 30–70 Hz",
}
_BY_POPULATION = ("rate", "cv", "synchrony", "delta", "gamma")
_RHYTHMS = ("delta", "gamma")
"""Plots with a logarithmic axis, as power spans orders of magnitude."""
_NAMED = 3  # projections named in the title of their weights
_OF_SEVERAL = ("synchrony", *_RHYTHMS)
_LOOKED_AT = 1000  # last pieces that show which of these are measured
_CHOICES = {"last": "Latency of answers to patterns, or mean weight", "delta": "Power at 2–4 Hz (delta)"}
_CHOICES |= {"gamma": "Power at 30–70 Hz (gamma)", "cv": "Irregularity", "synchrony": "Synchrony"}
_LATENCY = "latency of answers to patterns (ms)"
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_MARKS = ("━━", "╍╍", "┅┅", "━·")


def piece_seconds(live: LiveRun) -> float:
    """Return the duration of a piece of the stream of a run."""
    schedule = live.started.experiment.get("schedule", {}) if live.started is not None else {}
    return float(str(read(schedule.get("piece", 1.0), "s")))


class StreamPlots:
    """Plots over the time of a stream.

    Parameters
    ----------
    parent : QWidget
        Parent of `menu`, which chooses them.
    changed : callable
        Called when the choice changes.
    whole : callable
        Called when a plot is double-clicked.
    moved : callable
        Called when the user moves or zooms a plot.
    """

    def __init__(
        self, parent: QWidget, changed: Callable[[], None], whole: Callable[[], None], moved: Callable[..., None]
    ) -> None:
        self.menu = QMenu("Measures of streams", parent)
        self._actions: dict[str, QAction] = {}
        for name in ("cv", "synchrony", "last", "delta", "gamma"):
            action = QAction(_CHOICES[name], self.menu)
            action.setCheckable(True)
            action.setChecked(True)
            action.toggled.connect(lambda _: changed())
            self.menu.addAction(action)
            self._actions[name] = action
        self._measured: frozenset[str] = frozenset()
        self._roles: Mapping[str, str] = {}
        self._on_double_click, self._clickable = whole, set[str]()
        self._on_moved = moved
        self._items: dict[str, pg.PlotDataItem] = {}
        self._others: list[tuple[str, pg.PlotDataItem]] = []
        self._limits: dict[str, tuple[float, float]] = {}
        self._ranges: dict[str, tuple[float, float]] = {}
        self._names: list[str] = []

    @cached_property
    def plots(self) -> dict[str, SmallPlot]:
        """The plots by name; they are made when a stream is drawn first, as few runs have one."""
        plots = {name: SmallPlot(title, powers=name in _RHYTHMS) for name, title in _TITLES.items()}
        for plot in plots.values():
            if plot is not plots["rate"]:
                plot.setXLink(plots["rate"])
            plot.getViewBox().sigRangeChangedManually.connect(self._on_moved)
            plot.restyle()
        for name in _RHYTHMS:
            plots[name].addItem(self._at_poisson[name], ignoreBounds=True)
        self._style_lines()
        return plots

    @cached_property
    def _at_poisson(self) -> dict[str, pg.InfiniteLine]:
        """Lines at the power of independent Poisson neurons."""
        return {name: pg.InfiniteLine(0.0, angle=0, movable=False) for name in _RHYTHMS}

    def _style_lines(self) -> None:
        for line in self._at_poisson.values():
            line.setPen(pg.mkPen(theme.current().faint, style=Qt.PenStyle.DotLine))

    @property
    def shown(self) -> list[SmallPlot]:
        """The plots to place, the most important ones first: those that are chosen and have values."""
        missing = {name for name, action in self._actions.items() if not action.isChecked()}
        missing |= {*_OF_SEVERAL} - self._measured
        return [plot for name, plot in self.plots.items() if name not in missing]

    def choose(self, name: str, on: bool = True) -> None:
        """Show or hide a plot."""
        self._actions[name].setChecked(on)

    def forget(self) -> None:
        """Discard the previous run."""
        for key, item in self._items.items():
            self.plots[key.partition(".")[0]].removeItem(item)
        self._items.clear()
        self._drop_others()
        self._ranges.clear()
        self._names, self._measured = [], frozenset()

    def look(self, live: LiveRun) -> None:
        """Find out which measures of several neurons there are: rhythms need pieces that are long enough as well."""
        for at in islice(reversed(live.pieces), _LOOKED_AT):
            if len(self._measured) == len(_OF_SEVERAL):
                return
            piece = live.pieces[at]
            known = (name for name in _OF_SEVERAL if any(one is not None for one in getattr(piece, name).values()))
            self._measured |= set(known)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if "plots" in vars(self):
            for plot in self.plots.values():
                plot.restyle()
            self._style_lines()
            self.forget()

    def draw(
        self,
        live: LiveRun,
        *,
        whole: bool,
        others: Sequence[tuple[LiveRun, pg.QtGui.QPen]] = (),
        roles: Mapping[str, str] | None = None,
    ) -> None:
        """Draw the measures of all complete pieces, once the plots have a place.

        Parameters
        ----------
        live : LiveRun
            The run.
        whole : bool
            Whether to show the whole stream.
        others : sequence of (LiveRun, QPen)
            Other runs of streams: of their populations and projections, those that have a name of this run.
        roles : mapping of str to str, optional
            Role of each population in the theme, such as ``"inh"``.
        """
        self._roles = roles or {}
        for name, plot in self.plots.items():
            if name not in self._clickable and plot.scene() is not None:
                self._clickable.add(name)
                double_clicked(plot, self._on_double_click)
        seconds = piece_seconds(live)
        columns, answers = stream_columns(live.pieces, seconds), pattern_answers(live.pieces.values())
        time = columns["time"]
        self._drop_others()
        self._limits.clear()
        self._names = [key.partition(".")[2] for key in columns if key.startswith("rate.")]
        for name in _BY_POPULATION:
            for number, population in enumerate(self._names):
                self._set(name, population, number, time, columns[f"{name}.{population}"])
        if answers:
            self.plots["last"].set_title(_LATENCY)
            self._set("last", "latency", 0, *_latencies(answers), dots=True)
        else:
            weights = _mean_weights(columns)
            self.plots["last"].set_title(_title_of_weights(list(weights)))
            for number, (name, mean) in enumerate(weights.items()):
                self._set("last", name, number, time, mean)
        for other, pen in others:
            if other.pieces:
                self._draw_other(other, pen, columns, patterns=bool(answers))
        for name, (low, top) in self._limits.items():
            self._set_range(name, low, top)
        if whole and len(time):
            total = dict(live.started.phases).get("train", 0) * seconds if live.started is not None else 0.0
            end = float(time[-1])
            self.plots["rate"].setXRange(0, max(min(step_up(end), total), end), padding=0.01)

    def entries(self) -> list[tuple[str, str, str]]:
        """Return colour, mark and name of each population for the legend."""
        named = enumerate(self._names)
        return [(self._colour_of(name, number), _MARKS[number % len(_MARKS)], name) for number, name in named]

    def _colour_of(self, name: str, number: int) -> str:
        """Return the colour of a population: that of inhibition, or one of the others, in their order."""
        if name not in self._roles:
            return _colour(number)
        colours = theme.current()
        if self._roles[name] == "inh":
            return colours.inh
        others = [each for each in self._names if self._roles.get(each) != "inh"]
        return (colours.exc, colours.right, colours.input)[others.index(name) % 3]

    def _set(
        self,
        plot: str,
        name: str,
        number: int,
        x: np.ndarray[Any, Any],
        y: np.ndarray[Any, Any],
        *,
        dots: bool = False,
    ) -> None:
        key, y = f"{plot}.{name}", _drawable(plot, y)
        known = np.isfinite(y)
        if key not in self._items:
            colour = self._colour_of(name, number) if plot in _BY_POPULATION else _colour(number)
            pen = None if dots else pg.mkPen(colour, width=2, style=_STYLES[number % len(_STYLES)])
            symbol = {"symbol": "o", "symbolSize": 3, "symbolPen": None, "symbolBrush": _colour(0)} if dots else {}
            self._items[key] = self.plots[plot].plot([], [], pen=pen, **symbol)
        self._items[key].setData(x[known], y[known])
        self._reach(plot, y[known])

    def _draw_other(self, live: LiveRun, pen: pg.QtGui.QPen, own: Mapping[str, Any], *, patterns: bool) -> None:
        """Draw what another run has in common with this one."""
        columns = stream_columns(live.pieces, piece_seconds(live))
        time, drawn = columns["time"], list[tuple[str, Any, Any]]()
        drawn += [
            (key.partition(".")[0], time, columns[key])
            for key in own
            if key.partition(".")[0] in _BY_POPULATION and key in columns
        ]
        if not patterns:
            weights = _mean_weights(columns)
            drawn += [("last", time, weights[name]) for name in _mean_weights(own) if name in weights]
        elif answers := pattern_answers(live.pieces.values()):
            drawn.append(("last", *_latencies(answers)))
        for plot, x, y in drawn:
            y = _drawable(plot, y)
            known = np.isfinite(y)
            dots = {"symbol": "o", "symbolSize": 3, "symbolPen": None, "symbolBrush": pen.color()}
            look = {"pen": None, **dots} if plot == "last" and patterns else {"pen": pen}
            self._others.append((plot, self.plots[plot].plot(x[known], y[known], **look)))
            self._reach(plot, y[known])

    def _drop_others(self) -> None:
        for plot, item in self._others:
            self.plots[plot].removeItem(item)
        self._others.clear()

    def _reach(self, plot: str, y: np.ndarray[Any, Any]) -> None:
        if len(y):
            low, top = self._limits.get(plot, (np.inf, -np.inf))
            self._limits[plot] = min(low, float(y.min())), max(top, float(y.max()))

    def _set_range(self, plot: str, low: float, top: float) -> None:
        room, before = self.plots[plot].room_for_title(), self._ranges.get(plot)
        if plot in _RHYTHMS:  # in powers of ten, with that of independent neurons in it
            ends = float(np.floor(min(low, 0.0))), float(np.ceil(max(top, 1.0)))
            wanted = ends[0], ends[1] + room * (ends[1] - ends[0])
            if before is not None:
                wanted = min(before[0], wanted[0]), max(before[1], wanted[1])
        else:
            wanted = stepped(0.0, top + room * max(top, 1e-9), before)
        if wanted != before:
            self._ranges[plot] = wanted
            self.plots[plot].setYRange(*wanted, padding=0.02)


def _drawable(plot: str, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return values in the units of the axis: logarithms of powers, NaN of 0."""
    return np.log10(np.where(y > 0, y, np.nan)) if plot in _RHYTHMS else y


def _latencies(answers: Mapping[str, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return time and latency of all answers."""
    latency = answers["latency"]
    return np.repeat(answers["start"], latency.shape[1]), latency.reshape(-1)


def _title_of_weights(names: list[str]) -> str:
    """Return the title of the mean weights; of several projections, with their names in the colours of the lines."""
    if len(names) < 2:
        return _TITLES["last"]
    parts = [coloured(f"{_MARKS[n % len(_MARKS)]} {name}", _colour(n)) for n, name in enumerate(names[:_NAMED])]
    return f"mean w / w_max {' '.join(parts)}{' …' if len(names) > _NAMED else ''}"


def _mean_weights(columns: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the mean weight of each projection that learns, as a share of the largest."""
    middles = (np.arange(N_BINS) + 0.5) / N_BINS
    return {
        key.partition(".")[2]: histograms @ middles / np.maximum(histograms.sum(axis=1), 1)
        for key, histograms in columns.items()
        if key.startswith("weights.")
    }


def summary_of(live: LiveRun) -> str:
    """Describe the last piece of a stream in a sentence."""
    at = max(live.pieces)
    piece = live.pieces[at]
    parts = [
        f"{name} {rate:.1f} Hz{_measured(', irregularity', piece.cv.get(name))}"
        f"{_measured(', synchrony', piece.synchrony.get(name))}"
        f"{_measured(', power at 2–4 Hz', piece.delta.get(name))}"
        f"{_measured(', at 30–70 Hz', piece.gamma.get(name))}"
        for name, rate in piece.rates.items()
    ]
    if piece.occurrences:
        hits = sum(any(one is not None for one in each) for _, _, each in piece.occurrences)
        parts.append(f"answers to {hits} of {len(piece.occurrences)} patterns")
    return f"At {at * piece_seconds(live):g} s: {'; '.join(parts)}."


def table_of(live: LiveRun) -> Table:
    """Return one row per piece."""
    columns = stream_columns(live.pieces, piece_seconds(live))
    names = [name for name, values in columns.items() if values.ndim == 1 and name != "position"]
    rows = [[*("" if np.isnan(value) else float(value) for value in row)] for row in _rows(columns, names)]
    return names, rows


def _rows(columns: Mapping[str, Any], names: list[str]) -> Any:
    return np.stack([columns[name] for name in names], axis=1)


def _measured(what: str, value: float | None) -> str:
    return "" if value is None else f"{what} {value:.2f}"


def _colour(number: int) -> str:
    colours = theme.current()
    return (colours.exc, colours.inh, colours.right)[number % 3]
