"""Curves of a training with labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from stdpbench.base.units import thousands
from stdpbench.runs.analysis.curves import percentages, taught_columns
from stdpbench.runs.protocol.live_run import LiveRun, held_out_words
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.measure import (
    Line,
    Measure,
    Other,
    Source,
    Values,
    finite,
    of_other,
    together,
)

_SPANS = {"accuracy": 10.0, "loss": 0.1, "gradient": 0.1, "spikes": 5.0, "of_layer": 0.1, "dead": 10.0, "always": 10.0}
_SHARES = ("dead", "always")


class Taught(Source):
    """The quantities of a run that is trained with labels.

    Parameters
    ----------
    live : LiveRun
        The current run.
    population : str
        Population whose spikes are drawn.
    others : sequence of Other
        Other runs; those without labels have other quantities, and are left out.
    """

    usual: tuple[str, ...] = ("accuracy", "loss", "gradient", "spikes", "of_layer", "dead", "always")

    def __init__(self, live: LiveRun, population: str, others: Sequence[Other]) -> None:
        self.live, self.population = live, population
        self.others = [other for other in others if other.live.taught]

    def titles(self) -> dict[str, str]:
        """Return the titles of all quantities."""
        known, population = taught_columns(self.live.taught), self.population
        titles = {
            "accuracy": "supervised accuracy (%)",
            "loss": "loss",
            "gradient": "length of the gradient",
            "spikes": f"{population} spikes per picture",
        }
        if f"{population}.gradient" in known:
            titles |= {
                "of_layer": f"gradient of weights to {population}",
                "dead": f"{population} never firing (%)",
                "always": f"{population} always firing (%)",
            }
        return titles

    def measure(self, name: str) -> Measure:
        """Return the curves of a quantity."""
        colour = theme.current().exc
        own = [Line("training pictures", *self._points(self.live, name), colour, pen=pg.mkPen(colour, width=2))]
        measured = percentages(self.live).get("accuracy_vote") if name == "accuracy" else None
        if measured is not None and len(measured[0]):
            colour, words = theme.current().right, "held-out pictures"
            pen = pg.mkPen(colour, width=1.5)
            own.append(Line(words, *measured, colour, "●", pen, symbol="o", smooths=False))
        lines = [of_other(other, *self._points(other.live, name)) for other in self.others]
        most = 100.0 if name in ("accuracy", *_SHARES) else None
        from_zero = name in ("loss", "gradient", "of_layer", *_SHARES)
        drawn = together(own, lines)
        which = "training pictures; others without overlays" if len(own) > 1 and drawn is not own else ""
        return Measure(drawn, _SPANS[name], from_zero=from_zero, most=most, which=which)

    def _points(self, live: LiveRun, name: str) -> tuple[Values, Values]:
        columns = taught_columns(live.taught)
        unknown = np.full(len(columns["position"]), np.nan)
        values = {"spikes": columns.get(f"{self.population}.spikes", unknown), "accuracy": 100 * columns["accuracy"]}
        values["of_layer"] = columns.get(f"{self.population}.gradient", unknown)
        values |= {share: 100 * columns.get(f"{self.population}.{share}", unknown) for share in _SHARES}
        return finite(columns["position"], values.get(name, columns.get(name, unknown)))


def summary_of(live: LiveRun) -> str:
    """Describe the last part in a sentence."""
    at = max(live.taught)
    part = live.taught[at]
    return (
        f"Supervised, at training presentation {thousands(at)}: loss {part.loss:.3f}, {100 * part.accuracy:.1f} % of "
        f"the last {thousands(part.pictures)} training pictures correct"
        f"{f'; {newest_held_out(live)}' if live.held_out else ''}."
    )


def newest_held_out(live: LiveRun) -> str:
    """Say what the newest measure on held-out pictures found."""
    at = max(live.held_out)
    fact = live.held_out[at]
    return f"on {fact.images} held-out pictures at {thousands(at)}: {held_out_words(fact)}"
