"""Curves of a training with labels, in the plots of the other measures."""

from __future__ import annotations

import numpy as np

from stdpbench.readout import READOUTS
from stdpbench.runs.analysis.block_series import Series
from stdpbench.runs.analysis.taught_series import taught_columns
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.units import thousands
from stdpbench_gui.panels.base import Table

WORDS = "training pictures (supervised)"


def titles(population: str) -> dict[str, str]:
    """Return the titles of the plots, by their names."""
    return {
        "accuracy": "supervised accuracy (%)",
        "spikes": f"{population} spikes per picture",
        "theta": "loss",
        "change": "length of the gradient",
    }


def values(live: LiveRun, population: str) -> Series:
    """Return the curves by the names of the plots; spikes are those of a population."""
    columns = taught_columns(live.taught)
    x, none = columns["position"], np.empty(0)
    unknown = np.full(len(x), np.nan)
    found = {
        READOUTS[0]: 100 * columns["accuracy"],
        "spikes": columns.get(f"{population}.spikes", unknown),
        "theta": columns["loss"],
        "change": columns.get("gradient", unknown),
    }
    drawn = {name: (x[np.isfinite(y)], y[np.isfinite(y)]) for name, y in found.items()}
    return {**dict.fromkeys(READOUTS[1:], (none, none)), **drawn}


def summary_of(live: LiveRun) -> str:
    """Describe the last part in a sentence."""
    at = max(live.taught)
    part = live.taught[at]
    return (
        f"Supervised, at training presentation {thousands(at)}: loss {part.loss:.3f}, {100 * part.accuracy:.1f} % of "
        f"the last {thousands(part.pictures)} training pictures correct."
    )


def table_of(live: LiveRun) -> Table:
    """Return one row per part."""
    columns = taught_columns(live.taught)
    rows = zip(*columns.values(), strict=True)
    return list(columns), [["" if np.isnan(value) else float(value) for value in row] for row in rows]
