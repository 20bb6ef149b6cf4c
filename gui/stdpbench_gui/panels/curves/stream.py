"""Curves of a stream: rate, irregularity, synchrony, answers or weights, and rhythms, over time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyqtgraph as pg

from stdpbench.base.units import read
from stdpbench.results.figures.paper import Table
from stdpbench.results.readout.streams import N_BINS
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.panels.curves.measure import (
    DASHES,
    Line,
    Measure,
    Other,
    Source,
    Values,
    finite,
    of_other,
    table_of_columns,
    together,
)

_TITLES = {
    "rate": "rate (Hz)",
    "answers": "latency of answers (ms)",
    "weights": "weights / w_max",
    "cv": "irregularity (CV of intervals)",
    "synchrony": "synchrony",
    "delta": "power at 2–4 Hz (1: no rhythm)",
    "gamma": "power at 30–70 Hz (1: no rhythm)",
}
_BY_POPULATION = ("rate", "cv", "synchrony", "delta", "gamma")
_RHYTHMS = ("delta", "gamma")
"""Quantities with a logarithmic axis, as power spans orders of magnitude."""
_SPANS = {"rate": 1.0, "answers": 5.0, "weights": 1.0, "cv": 0.2, "synchrony": 0.2, "delta": 1.0, "gamma": 1.0}
_LOOKED_AT = 1000  # last pieces that show which quantities are measured


def piece_seconds(live: LiveRun) -> float:
    """Return the duration of a piece of the stream of a run."""
    schedule = live.started.experiment.get("schedule", {}) if live.started is not None else {}
    return float(str(read(schedule.get("piece", 1.0), "s")))


class Stream(Source):
    """The quantities of a stream.

    Parameters
    ----------
    live : LiveRun
        The current run.
    others : sequence of Other
        Other runs, of which only streams are drawn.
    roles : mapping of str to str, optional
        Role of each population in the theme, such as ``"inh"``.
    on_display : collection of str, optional
        The population and the projection on display: of several runs, only these are drawn.
    """

    usual: tuple[str, ...] = ("rate", "answers", "weights", "cv", "synchrony", "delta", "gamma")
    x_labels: tuple[str, ...] = ("time (s)",)

    def __init__(
        self,
        live: LiveRun,
        others: Sequence[Other],
        roles: Mapping[str, str] | None = None,
        on_display: Collection[str] = (),
    ) -> None:
        self.live, self.roles, self.on_display = live, roles or {}, on_display
        self.others = [other for other in others if other.live.pieces]
        self.scale = piece_seconds(live)

    @cached_property
    def _columns(self) -> dict[str, Any]:
        return stream_columns(self.live.pieces, self.scale)

    def titles(self) -> dict[str, str]:
        """Return the titles of all quantities that are measured: rhythms need pieces that are long enough."""
        missing = {"answers", "cv", "synchrony", "delta", "gamma"}
        for at in islice(reversed(self.live.pieces), _LOOKED_AT):
            piece = self.live.pieces[at]
            missing -= {"answers"} if piece.occurrences else set()
            missing -= {
                name for name in missing - {"answers"} if any(one is not None for one in getattr(piece, name).values())
            }
            if not missing:
                break
        if not any(key.startswith("weights.") for key in self._columns):
            missing.add("weights")
        return {name: title for name, title in _TITLES.items() if name not in missing}

    def measure(self, name: str) -> Measure:
        """Return the curves of a quantity."""
        numbered = enumerate(_parts(name, self.live, self._columns).items())
        own = [self._line(part, number, name, *points) for number, (part, points) in numbered]
        own.sort(key=lambda line: line.name not in self.on_display)
        part = own[0].name if own else ""
        measured = [(other, _parts(name, other.live).get(part)) for other in self.others]
        drawn = together(own, [_of_other(other, name, *points) for other, points in measured if points is not None])
        which = f"{part}; others without overlays" if len(own) > 1 and drawn is not own else ""
        if name in _RHYTHMS:
            return Measure(drawn, _SPANS[name], powers=True, level=0.0, which=which)
        expected = self._expected.get("latency" if name == "answers" else f"{name}.{part}")
        note = "" if expected is None else f"dotted: expected, {expected:g}"
        shares = self._shares(part) if name == "weights" else None
        return Measure(drawn, _SPANS[name], True, level=expected, which=which, note=note, shares=shares)

    @property
    def _expected(self) -> Mapping[str, float]:
        started = self.live.started
        if started is None or self.live.marks:  # a run that was changed is another experiment
            return {}
        return dict(started.experiment.get("about", {}).get("expected", {}))

    def _shares(self, projection: str) -> Values | None:
        """Return the share of weights in each bin over time, its square root, so that rare weights are visible."""
        histograms = self._columns.get(f"weights.{projection}")
        return None if histograms is None else np.sqrt(histograms / np.maximum(histograms.sum(axis=1), 1)[:, None])

    def _line(self, part: str, number: int, name: str, x: Values, y: Values) -> Line:
        """Return the line of a population, of a projection, or of all answers."""
        colour = self._colour_of(part, number) if name in _BY_POPULATION else _colour(number)
        if name == "answers":
            return Line(part, x, y, colour, "●", None, "o", smooths=False)
        style, mark = DASHES[number % len(DASHES)]
        return Line(part, x, y, colour, mark, pg.mkPen(colour, width=2, style=style))

    def _colour_of(self, name: str, number: int) -> str:
        """Return the colour of a population: that of inhibition, or one of the others, in their order."""
        if name not in self.roles:
            return _colour(number)
        colours = theme.current()
        if self.roles[name] == "inh":
            return colours.inh
        names = [key.partition(".")[2] for key in self._columns if key.startswith("rate.")]
        others = [each for each in names if self.roles.get(each) != "inh"]
        return (colours.exc, colours.right, colours.input)[others.index(name) % 3]


def _parts(name: str, live: LiveRun, columns: Mapping[str, Any] | None = None) -> dict[str, tuple[Values, Values]]:
    """Return the points of each population or projection, or of all answers."""
    if name == "answers":
        answers = pattern_answers(live.pieces.values())
        if not answers:
            return {}
        latency = answers["latency"]
        return {"each answer": finite(np.repeat(answers["start"], latency.shape[1]), latency.reshape(-1))}
    columns = stream_columns(live.pieces, piece_seconds(live)) if columns is None else columns
    time = columns["time"]
    if name == "weights":
        middles = (np.arange(N_BINS) + 0.5) / N_BINS
        return {
            key.partition(".")[2]: (time, histograms @ middles / np.maximum(histograms.sum(axis=1), 1))
            for key, histograms in columns.items()
            if key.startswith("weights.")
        }
    kept = {key.partition(".")[2]: y for key, y in columns.items() if key.startswith(f"{name}.")}
    if name in _RHYTHMS:  # 0 has no logarithm
        kept = {part: np.log10(np.where(y > 0, y, np.nan)) for part, y in kept.items()}
    return {part: finite(time, y) for part, y in kept.items()}


def _of_other(other: Other, name: str, x: Values, y: Values) -> Line:
    if name != "answers":
        return of_other(other, x, y)
    symbol, mark = run_lines.symbol(other.slot)
    return replace(of_other(other, x, y, smooths=False), mark=mark, pen=None, symbol=symbol)


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
    return table_of_columns({name: columns[name] for name in names})


def _measured(what: str, value: float | None) -> str:
    return "" if value is None else f"{what} {value:.2f}"


def _colour(number: int) -> str:
    colours = theme.current()
    return (colours.exc, colours.inh, colours.right)[number % 3]
