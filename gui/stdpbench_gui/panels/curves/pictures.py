"""Curves of a run that learns pictures without labels, from its blocks and its measures on held-out pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyqtgraph as pg

from stdpbench.base.units import label, thousands
from stdpbench.results.readout import READOUTS
from stdpbench.runs.analysis.curves import PERCENT, first_accuracy, held_out_interval, percentages, series
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.measure import (
    DASHES,
    THIS_RUN,
    Line,
    Measure,
    Other,
    Source,
    Values,
    of_other,
    together,
)
from stdpbench_gui.session.run_session import RunSession

ACCURACY, HELD_OUT = "accuracy", "held-out"
_FACTORS = {"change": 1e3}  # keeps numbers at the axis short
_SPANS = {ACCURACY: 10.0, "spikes": 5.0, "theta": 1.0, "change": 0.1}
_MARKS = (("o", "●"), ("s", "■"), ("t1", "▲"), ("d", "◆"), ("t", "▼"), ("star", "★"), ("p", "⬟"), ("h", "⬢"))
_ROLES = ("exc", "wrong", "right", "input", "ink", "inh")


class Pictures(Source):
    """The quantities of a run that learns pictures without labels.

    Parameters
    ----------
    session : RunSession
        The current run, with the population and the projection on display.
    others : sequence of Other
        Other runs; if there are some, only the first accuracy of each run is drawn.
    readouts, measures : sequence of str
        Read-outs and measures on held-out pictures to draw.
    """

    usual: tuple[str, ...] = (ACCURACY, HELD_OUT, "spikes", "theta", "change")

    def __init__(
        self, session: RunSession, others: Sequence[Other], readouts: Sequence[str], measures: Sequence[str]
    ) -> None:
        self.session, self.others = session, others
        self.readouts, self.measures = readouts, measures
        self._known: dict[int, Mapping[str, tuple[Values, Values]]] = {}

    def titles(self) -> dict[str, str]:
        """Return the titles of all quantities that this run has."""
        selection, live = self.session.selection, self.session.live
        _, unit = selection.theta_shown_as
        several = len(selection.projections) > 1 or not selection.is_read
        found = {ACCURACY: "running accuracy (%)"}
        if live.held_out or self._measured_every() or any(other.live.held_out for other in self.others):
            found[HELD_OUT] = "held-out pictures (%)"
        spikes = "spikes per stimulus"
        found["spikes"] = f"{selection.population} {spikes}" if several else spikes
        if selection.adapts:
            found["theta"] = label(f"mean theta of {selection.population}" if several else "mean theta", unit)
        if selection.learns:
            found["change"] = f"mean |Δw| of {selection.projection} (10⁻³)" if several else "mean |Δw| (10⁻³)"
        return found

    def _measured_every(self) -> int:
        """Return the training presentations between measurements on held-out pictures; 0: none, as far as known."""
        experiment, started = self.session.experiment, self.session.live.started
        if experiment is None or started is None:
            return 0
        total = dict(started.phases).get("train", 0)
        every = held_out_interval(experiment, total)
        return every if every <= total else 0

    def measure(self, name: str) -> Measure:
        """Return the curves of a quantity."""
        if name == HELD_OUT:
            return self._held_out()
        factor = _FACTORS.get(name, 1.0)
        names = self.readouts if name == ACCURACY else (name,)

        def points(live: LiveRun, name: str) -> tuple[Values, Values]:
            x, y = self._series(live)[name]
            return x, factor * y

        own = []
        for each in names:
            style, mark = DASHES[READOUTS.index(each) % len(DASHES)] if each in READOUTS else DASHES[0]
            pen = pg.mkPen(colour_of(each), width=2 if mark == DASHES[0][1] else 1.5, style=style)
            text = each if name == ACCURACY else THIS_RUN
            own.append(Line(text, *points(self.session.live, each), colour_of(each), mark, pen))
        lines = [
            of_other(other, *points(other.live, names[0])) for other in self.others if names and other.live.blocks
        ]
        is_share, drawn = name == ACCURACY, together(own, lines)
        which = _first(names, drawn) if is_share else ""
        most, coming = (100.0, _coming(self.session.live)) if is_share else (None, "")
        note = "while learning" if is_share else ""
        return Measure(
            drawn, _SPANS[name], from_zero=name == "change", most=most, which=which, note=note, coming=coming
        )

    def _series(self, live: LiveRun) -> Mapping[str, tuple[Values, Values]]:
        """Return the curves of a run, computed once for all quantities."""
        if id(live) not in self._known:
            self._known[id(live)] = series(live.blocks, **self.session.selection.others)
        return self._known[id(live)]

    def _held_out(self) -> Measure:
        found = percentages(self.session.live)
        own = []
        for name in (name for name in self.measures if name in found):
            place = list(PERCENT).index(name)
            (symbol, mark), colour = _MARKS[place % len(_MARKS)], getattr(theme.current(), _ROLES[place % len(_ROLES)])
            text = PERCENT[name].removesuffix(" (%)")
            own.append(
                Line(text, *found[name], colour, mark, pg.mkPen(colour, width=1.5), symbol=symbol, smooths=False)
            )
        lines = []
        for other in self.others:
            points = percentages(other.live).get(self.measures[0]) if self.measures else None
            if points is not None and len(points[0]):
                lines.append(of_other(other, *points, smooths=False))
        names, drawn = [PERCENT[name].removesuffix(" (%)") for name in self.measures], together(own, lines)
        which = _first(names, drawn)
        every = self._measured_every()
        coming = f"first after {thousands(every)}" if every else ""
        measured = self.session.live.held_out
        note = f"newest at {thousands(max(measured))}" if measured else ""
        return Measure(drawn, 10.0, most=100.0, which=which, note=note, coming=coming)


def _coming(live: LiveRun) -> str:
    """Say from when on there is a running accuracy; empty if it is not known."""
    n = 0 if live.started is None else dict(live.started.phases).get("train", 0)
    if not n:
        return ""
    first = first_accuracy(n)
    if first is None:
        return f"{thousands(n)} presentations are too few"
    return f"first after {thousands(first)}"


def _first(names: Sequence[str], drawn: Sequence[Line]) -> str:
    """Say which one is drawn of several runs."""
    if all(line.own for line in drawn):
        return ""
    return names[0] if len(names) == 1 else f"{names[0]}; others without overlays"


def colour_of(name: str) -> str:
    """Return the colour of the curve of a read-out or of another quantity."""
    colours = theme.current()
    others = {"proportion": colours.right, "confidence": colours.wrong, "likelihood": colours.ink}
    return others.get(name, colours.exc)
