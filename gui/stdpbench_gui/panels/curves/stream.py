"""Plots of a stream in the panel of curves: rate, irregularity, synchrony, and answers to patterns or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt

from stdpbench.readout.streams import N_BINS
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.units import read
from stdpbench_gui.look import theme
from stdpbench_gui.panels.base import Table
from stdpbench_gui.widgets.axes import SmallPlot, double_clicked, step_up, stepped

_TITLES = {
    "rate": "rate (Hz)",
    "cv": "irregularity (CV of intervals)",
    "synchrony": "synchrony",
    "last": "mean weight / w_max",
}
_LATENCY = "latency of answers to patterns (ms)"
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_MARKS = ("━━", "╍╍", "┅┅", "━·")


def piece_seconds(live: LiveRun) -> float:
    """Return the duration of a piece of the stream of a run."""
    schedule = live.started.experiment.get("schedule", {}) if live.started is not None else {}
    return float(str(read(schedule.get("piece", 1.0), "s")))


class StreamPlots:
    """Four plots over the time of a stream.

    Parameters
    ----------
    whole : callable
        Called when a plot is double-clicked.
    moved : callable
        Called when the user moves or zooms a plot.
    """

    def __init__(self, whole: Callable[[], None], moved: Callable[..., None]) -> None:
        self._on_double_click, self._clickable = whole, False
        self._on_moved = moved
        self._items: dict[str, pg.PlotDataItem] = {}
        self._others: list[tuple[str, pg.PlotDataItem]] = []
        self._tops: dict[str, float] = {}
        self._ranges: dict[str, tuple[float, float]] = {}
        self._names: list[str] = []

    @cached_property
    def plots(self) -> dict[str, SmallPlot]:
        """The plots by name; they are made when a stream is drawn first, as few runs have one."""
        plots = {name: SmallPlot(title) for name, title in _TITLES.items()}
        for plot in plots.values():
            if plot is not plots["rate"]:
                plot.setXLink(plots["rate"])
            plot.getViewBox().sigRangeChangedManually.connect(self._on_moved)
            plot.restyle()
        return plots

    def forget(self) -> None:
        """Discard the previous run."""
        for key, item in self._items.items():
            self.plots[key.partition(".")[0]].removeItem(item)
        self._items.clear()
        self._drop_others()
        self._ranges.clear()
        self._names = []

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if "plots" in vars(self):
            for plot in self.plots.values():
                plot.restyle()
            self.forget()

    def draw(self, live: LiveRun, *, whole: bool, others: Sequence[tuple[LiveRun, pg.QtGui.QPen]] = ()) -> None:
        """Draw the measures of all complete pieces, once the plots have a place.

        Parameters
        ----------
        live : LiveRun
            The run.
        whole : bool
            Whether to show the whole stream.
        others : sequence of (LiveRun, QPen)
            Other runs of streams: of their populations and projections, those that have a name of this run.
        """
        if not self._clickable:
            self._clickable = True
            for plot in self.plots.values():
                if plot.scene() is not None:
                    double_clicked(plot, self._on_double_click)
        seconds = piece_seconds(live)
        columns, answers = stream_columns(live.pieces, seconds), pattern_answers(live.pieces.values())
        time = columns["time"]
        self._drop_others()
        self._tops.clear()
        self._names = [key.partition(".")[2] for key in columns if key.startswith("rate.")]
        for name in ("rate", "cv", "synchrony"):
            for number, population in enumerate(self._names):
                self._set(name, population, number, time, columns[f"{name}.{population}"])
        self.plots["last"].set_title(_LATENCY if answers else _TITLES["last"])
        if answers:
            self._set("last", "latency", 0, *_latencies(answers), dots=True)
        else:
            for number, (name, mean) in enumerate(_mean_weights(columns).items()):
                self._set("last", name, number, time, mean)
        for other, pen in others:
            if other.pieces:
                self._draw_other(other, pen, columns, patterns=bool(answers))
        for name, top in self._tops.items():
            self._set_range(name, top)
        if whole and len(time):
            total = dict(live.started.phases).get("train", 0) * seconds if live.started is not None else 0.0
            end = float(time[-1])
            self.plots["rate"].setXRange(0, max(min(step_up(end), total), end), padding=0.01)

    def entries(self) -> list[tuple[str, str, str]]:
        """Return colour, mark and name of each population for the legend."""
        return [(_colour(number), _MARKS[number % len(_MARKS)], name) for number, name in enumerate(self._names)]

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
        key, known = f"{plot}.{name}", np.isfinite(y)
        if key not in self._items:
            pen = None if dots else pg.mkPen(_colour(number), width=2, style=_STYLES[number % len(_STYLES)])
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
            if key.partition(".")[0] in ("rate", "cv", "synchrony") and key in columns
        ]
        if not patterns:
            weights = _mean_weights(columns)
            drawn += [("last", time, weights[name]) for name in _mean_weights(own) if name in weights]
        elif answers := pattern_answers(live.pieces.values()):
            drawn.append(("last", *_latencies(answers)))
        for plot, x, y in drawn:
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
            self._tops[plot] = max(self._tops.get(plot, 0.0), float(y.max()))

    def _set_range(self, plot: str, top: float) -> None:
        room = self.plots[plot].room_for_title() * max(top, 1e-9)
        wanted = stepped(0.0, top + room, self._ranges.get(plot))
        if wanted != self._ranges.get(plot):
            self._ranges[plot] = wanted
            self.plots[plot].setYRange(*wanted, padding=0.02)


def _latencies(answers: Mapping[str, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return time and latency of all answers."""
    latency = answers["latency"]
    return np.repeat(answers["start"], latency.shape[1]), latency.reshape(-1)


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
