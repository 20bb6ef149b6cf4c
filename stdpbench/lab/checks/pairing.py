"""Checks by pairs over frequency: the experiment of Sjöström, Turrigiano & Nelson (2001)."""

from __future__ import annotations

from typing import Any

import numpy as np

from stdpbench import lab
from stdpbench.lab.checks.base import Outcome, Panel
from stdpbench.lab.points import FREQUENCIES, SJOESTROEM, SJOESTROEM_DATA, sjoestroem
from stdpbench.lab.result import Result

PFISTER = "Pfister & Gerstner 2006, table 3, run with 60 equidistant pairs"
_ILLUSTRATION = {"a_plus": 0.005, "a_minus": 0.00525}


def curves(kind: str, set: dict[str, Any], weight: float) -> Result:
    """Run the protocol on a finer grid, for drawing."""
    return lab.frequency(kind, set=set, weight=weight)


def at_data(kind: str, set: dict[str, Any], weight: float) -> list[Any]:
    """Return the changes at the frequencies of the data, for Δt = +10 and -10 ms."""
    found = lab.frequency(kind, frequencies=FREQUENCIES, set=set, weight=weight)
    return [curve.change for curve in found.curves]


def within_errors(outcome: Outcome, what: str, changes: list[Any]) -> None:
    """Add a finding on whether all data points are met within two standard errors."""
    for change, (dt, (mean, error)) in zip(changes, SJOESTROEM_DATA.items(), strict=True):
        off = np.abs(change - mean) / error
        outcome.finding(
            f"{what}: data at {dt:+g} ms; 0.1, 10, 20, 40, 50 Hz",
            ", ".join(f"{m:.2f}±{e:.2f}" for m, e in zip(mean, error, strict=True)),
            ", ".join(f"{value:.3f}" for value in change) + f" (at most {off.max():.1f} SE off)",
            bool((off <= 2).all()),
            SJOESTROEM,
            "2 SE",
        )


def triplet(outcome: Outcome) -> None:
    """Compare the minimal model with its published numbers and the data, and the full model with the data."""
    wide: dict[str, Any] = {"w_max": 3}
    positive, negative = minimal = at_data(outcome.kind, wide, 1.0)
    outcome.values(
        "minimal model at +10 ms; 0.1, 10, 20, 40, 50 Hz", (0, 0.119, 0.228, 0.532, 0.763), positive, 5e-4, PFISTER
    )
    outcome.values(
        "minimal model at −10 ms; the same", (-0.317, -0.332, -0.342, 0.174, 0.749), negative, 5e-4, PFISTER
    )
    within_errors(outcome, "minimal model", minimal)
    full = {**wide, "preset": "visual-cortex-full"}
    within_errors(outcome, "full model", at_data(outcome.kind, full, 1.0))
    outcome.panels.append(Panel("minimal model: 60 pairs", [curves(outcome.kind, wide, 1.0)], sjoestroem()))
    outcome.panels.append(Panel("full model: 60 pairs", [curves(outcome.kind, full, 1.0)], sjoestroem()))


def triplet_nearest(outcome: Outcome) -> None:
    """Compare both models with the data."""
    for name in ("minimal", "full"):
        given = {"w_max": 3, "preset": f"visual-cortex-{name}"}
        within_errors(outcome, f"{name} model", at_data(outcome.kind, given, 1.0))
        panel = Panel(f"{name} model: 60 pairs", [curves(outcome.kind, given, 1.0)], sjoestroem())
        outcome.panels.append(panel)


def pair_additive(outcome: Outcome) -> None:
    """Check the pair rule where it fails: numbers, the fall at +10 ms, the sign at -10 ms."""
    positive, negative = at_data(outcome.kind, _ILLUSTRATION, 0.5)
    what = "A₊ 0.005, A₋ 0.00525, {} ms; 0.1, 10, 20, 40, 50 Hz"
    theory = "sum over all pairs of both exponentials"
    outcome.values(what.format("+10"), (0.182, 0.180, 0.152, 0.050, -0.009), positive, 5e-4, theory)
    outcome.values(what.format("−10"), (-0.191, -0.189, -0.164, -0.072, -0.019), negative, 5e-4, theory)
    data = SJOESTROEM_DATA[10.0][0]
    outcome.finding(
        "at +10 ms, over frequency",
        "falls, where the data rise",
        f"{positive[0]:.3f} → {positive[-1]:.3f}; data {data[0]:.2f} → {data[-1]:.2f}",
        bool((np.diff(positive) < 0).all()),
        f"{SJOESTROEM}; {PFISTER.split(',')[0]}",
    )
    outcome.finding(
        "at −10 ms, over frequency",
        "never positive, where the data are from 40 Hz on",
        f"at most {negative.max():.3f}; data at 50 Hz {SJOESTROEM_DATA[-10.0][0][-1]:.2f}",
        bool((negative < 0).all()),
        f"{SJOESTROEM}; {PFISTER.split(',')[0]}",
    )
    panel = Panel("60 pairs: the rule fails", [curves(outcome.kind, _ILLUSTRATION, 0.5)], sjoestroem())
    outcome.panels.append(panel)
