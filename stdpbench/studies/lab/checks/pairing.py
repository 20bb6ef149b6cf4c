"""Checks against data: pairs over frequency (Sjöström et al. 2001), triplets and quadruplets (Wang et al. 2005)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.plasticity import rules
from stdpbench.studies import lab
from stdpbench.studies.lab.checks.base import Outcome, Panel
from stdpbench.studies.lab.points import (
    FREQUENCIES,
    HIPPOCAMPUS_DATA,
    HIPPOCAMPUS_PAIRS,
    HIPPOCAMPUS_SEPARATIONS,
    SJOESTROEM,
    SJOESTROEM_DATA,
    WANG,
)

Floats = NDArray[np.float64]

PFISTER = "Pfister & Gerstner 2006, table 3, run with 60 equidistant pairs"
_ILLUSTRATION = {"a_plus": 0.005, "a_minus": 0.00525}
_WIDE, _FAR = {"w_max": 30.0}, 15.0  # no change reaches a bound, even with a reversed amplitude
_AMPLITUDES = {"a2_plus": "A2₊", "a3_plus": "A3₊", "a2_minus": "A2₋", "a3_minus": "A3₋"}
_CLEAR, _MATTERS, _MISFIT = 2, 1e-7, 0.5


def at_data(kind: str, set: dict[str, Any], weight: float) -> list[Any]:
    """Return the changes at the frequencies of the data, for Δt = +10 and -10 ms."""
    found = lab.frequency(kind, frequencies=FREQUENCIES, set=set, weight=weight)
    return [curve.change for curve in found.curves]


@dataclass(frozen=True)
class Data:
    """Points of an experiment.

    Attributes
    ----------
    what : str
        The points, for the table.
    change, error : ndarray, float64, (n,)
        Relative weight changes and their standard errors.
    reference : str
        Their source.
    """

    what: str
    change: Floats
    error: Floats
    reference: str

    def misfit(self, found: Floats) -> float:
        """Return the mean square distance from the data in standard errors, as in Pfister & Gerstner (2006)."""
        return float(np.mean(((found - self.change) / self.error) ** 2))


CORTEX = Data(
    "+10 and −10 ms; 0.1, 10, 20, 40, 50 Hz",
    np.concatenate([change for change, _ in SJOESTROEM_DATA.values()]),
    np.concatenate([error for _, error in SJOESTROEM_DATA.values()]),
    SJOESTROEM,
)
CULTURE = Data(
    "pairs, triplets, quadruplets",
    np.concatenate([change for change, _ in HIPPOCAMPUS_DATA.values()]),
    np.concatenate([error for _, error in HIPPOCAMPUS_DATA.values()]),
    f"{WANG}; Pfister & Gerstner 2006, table 4",
)


def fit(
    outcome: Outcome,
    what: str,
    data: Data,
    found: Floats,
    most: float,
    reversed: Mapping[str, Floats] | None = None,
    known: str = "",
) -> None:
    """Add a finding on whether a model fits data, with a test that a model with a wrong sign fails.

    The fit requires a misfit of at most `most`, the sign of every significant point, and a larger misfit with any
    amplitude reversed. Being within some standard errors of the data would not suffice: with large errors, a wrong
    sign could pass.

    Parameters
    ----------
    what : str
        The model.
    found : ndarray, float64, (n,)
        Weight changes of the model at the data points.
    most : float
        Largest misfit, see `Data.misfit`.
    reversed : mapping of str to ndarray, optional
        Changes with one amplitude of the opposite sign, by its name.
    known : str
        Reason why the model is known not to fit; empty if it should fit.
    """
    misfit, clear = data.misfit(found), np.abs(data.change) > _CLEAR * data.error
    signs = int((np.sign(found) == np.sign(data.change))[clear].sum())
    others = {name: data.misfit(change) for name, change in (reversed or {}).items()}
    criteria = [f"E ≤ {most:g}", f"the sign of all {clear.sum()} points beyond {_CLEAR} SE"]
    results = [f"E = {misfit:.2f}", f"{signs} signs"]
    if others:
        criteria.append("larger E with an amplitude reversed")
        results.append(", ".join(f"−{name} {value:.2g}" for name, value in others.items()))
    outcome.finding(
        f"{what}: fit to {len(found)} points, {data.what}; E = mean of ((model − data)/SE)²",
        "; ".join(criteria),
        "; ".join(results),
        misfit <= most and signs == clear.sum() and all(value > misfit for value in others.values()),
        data.reference,
        known=known,
    )


def cortex(kind: str, set: dict[str, Any], weight: float) -> Floats:
    """Return the changes at the points of `CORTEX`."""
    return np.concatenate(at_data(kind, set, weight))


def culture(kind: str, set: dict[str, Any], weight: float) -> Floats:
    """Return the changes at the points of `CULTURE`, by 60 repetitions at 1 Hz."""
    options: dict[str, Any] = {"set": set, "weight": weight}
    parts = (
        lab.pair_window(kind, dts=HIPPOCAMPUS_PAIRS, pairs=60, frequency=1.0, **options),
        lab.triplets(kind, **options),
        lab.quadruplets(kind, separations=HIPPOCAMPUS_SEPARATIONS, **options),
    )
    return np.concatenate([part.curves[0].change for part in parts])


def triplet(outcome: Outcome) -> None:
    """Compare the minimal model with its published numbers, and all models with the data."""
    positive, negative = at_data(outcome.kind, dict(_WIDE), _FAR)
    outcome.values(
        "minimal model at +10 ms; 0.1, 10, 20, 40, 50 Hz", (0, 0.119, 0.228, 0.532, 0.763), positive, 5e-4, PFISTER
    )
    outcome.values(
        "minimal model at −10 ms; the same", (-0.317, -0.332, -0.342, 0.174, 0.749), negative, 5e-4, PFISTER
    )
    fitted_models(outcome)


def fitted_models(outcome: Outcome) -> None:
    """Compare the models fitted to visual cortex and to hippocampal culture with the data that they were fitted to."""
    for data, run, most, place in ((CORTEX, cortex, _MISFIT, "visual-cortex"), (CULTURE, culture, 3.5, "hippocampus")):
        for name in ("minimal", "full"):
            preset = f"{place}-{name}"
            values = rules.get(outcome.kind).presets[preset]
            found = run(outcome.kind, {**_WIDE, "preset": preset}, _FAR)
            reversed = {
                label: run(outcome.kind, {**_WIDE, **values, amplitude: -values[amplitude]}, _FAR)
                for amplitude, label in _AMPLITUDES.items()
                if abs(values[amplitude]) > _MATTERS  # some fits have amplitudes that are 0 in effect
            }
            fit(outcome, preset, data, found, most, reversed)
    for name in ("minimal", "full"):
        parameters = {**_WIDE, "preset": f"visual-cortex-{name}"}
        outcome.panels.append(
            Panel(
                f"{name} model: 60 pairs",
                [lab.frequency(outcome.kind, set=parameters, weight=_FAR)],
                lab.data_set("sjoestroem-2001").drawn(),
            )
        )
    parameters = {**_WIDE, "preset": "hippocampus-full"}
    for protocol in (lab.triplets, lab.quadruplets):
        result = protocol(outcome.kind, set=parameters, weight=_FAR)
        points = [points for points in lab.data_set("wang-2005").drawn() if points.protocol == result.protocol]
        panel = Panel(f"hippocampus-full: 60 {result.protocol}", [result], points)
        outcome.panels.append(panel)


def pair_additive(outcome: Outcome) -> None:
    """Check the known failures of the pair rule: numbers, the decrease at +10 ms, the sign at -10 ms."""
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
    panel = Panel(
        "60 pairs: the rule fails",
        [lab.frequency(outcome.kind, set=_ILLUSTRATION, weight=0.5)],
        lab.data_set("sjoestroem-2001").drawn(),
    )
    outcome.panels.append(panel)
