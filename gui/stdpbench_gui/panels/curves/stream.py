"""Plots of a stream in the panel of curves: rate, irregularity, synchrony, and answers to patterns or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        self._ranges.clear()
        self._names = []

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        if "plots" in vars(self):
            for plot in self.plots.values():
                plot.restyle()
            self.forget()

    def draw(self, live: LiveRun, *, whole: bool) -> None:
        """Draw the measures of all complete pieces, once the plots have a place; `whole`: over the whole stream."""
        if not self._clickable:
            self._clickable = True
            for plot in self.plots.values():
                if plot.scene() is not None:
                    double_clicked(plot, self._on_double_click)
        seconds = piece_seconds(live)
        columns, answers = stream_columns(live.pieces, seconds), pattern_answers(live.pieces.values())
        time = columns["time"]
        self._names = [key.partition(".")[2] for key in columns if key.startswith("rate.")]
        for name in ("rate", "cv", "synchrony"):
            for number, population in enumerate(self._names):
                self._set(name, population, number, time, columns[f"{name}.{population}"])
        self.plots["last"].set_title(_LATENCY if answers else _TITLES["last"])
        if answers:
            latency = answers["latency"]
            start = np.repeat(answers["start"], latency.shape[1])
            self._set("last", "latency", 0, start, latency.reshape(-1), dots=True)
        else:
            middles = (np.arange(N_BINS) + 0.5) / N_BINS
            for number, key in enumerate(key for key in columns if key.startswith("weights.")):
                histograms = columns[key]
                mean = histograms @ middles / np.maximum(histograms.sum(axis=1), 1)
                self._set("last", key.partition(".")[2], number, time, mean)
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
        if known.any():
            room = self.plots[plot].room_for_title() * max(float(y[known].max()), 1e-9)
            wanted = stepped(0.0, float(y[known].max()) + room, self._ranges.get(plot))
            if wanted != self._ranges.get(plot):
                self._ranges[plot] = wanted
                self.plots[plot].setYRange(*wanted, padding=0.02)


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
