"""The experiment of Sjöström et al. (2001) as Clopath et al. (2010) simulate it: bursts of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import signed
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.studies.lab.protocols import (
    Floats,
    above_zero,
    as_rule,
    count,
    impose,
    numbers,
    result,
    starting_weight,
)
from stdpbench.studies.lab.result import Curve, Result

_PAUSE = 10.0  # seconds from burst to burst
_ALONE = 1.0  # hertz: below, pairs are isolated, since bursts would overlap
_PAIRS_ALONE = 50
_AT_REST = "One burst is simulated: the weight does not enter the rule, and the neuron is at rest before the next."


def pairing(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    frequencies: Sequence[float] = (0.1, 10, 15, 20, 25, 30, 35, 40, 45, 50),
    pairs: int = 5,
    bursts: int = 15,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
    neuron: Neuron | None = None,
    dt: float = 0.5,
) -> Result:
    """Relative weight change by bursts of pairs, 10 s from one to the next, over the frequency within a burst.

    Below 1 Hz pairs are isolated: 50 of them at that frequency.

    Parameters
    ----------
    rule, weight, set
        As of `stdpbench.studies.lab.protocols`.
    dts : sequence of float, ms
        One curve each.
    frequencies : sequence of float, Hz
        The points of every curve.
    pairs, bursts : int
        Pairs in a burst, and bursts.
    neuron : Neuron, optional
        For rules that read the potential: the neuron, with its parameters.
    dt : float, ms
        Time step, for rules that are integrated in steps.
    """
    made = as_rule(rule, set)
    w, x, dts = starting_weight(made, weight), numbers(frequencies), numbers(dts).tolist()
    if not w:
        raise StdpbenchError("weight must be above 0, because the change is relative to it")
    for number, name in ((pairs, "pairs"), (bursts, "bursts")):
        count(number, name)
    reads = bool(made.output_neuron)
    trains, times = [], []
    for frequency in x:
        alone = above_zero(float(frequency), "frequencies") < _ALONE
        burst = np.arange(1 if alone and reads else _PAIRS_ALONE if alone else pairs) / frequency
        begin = np.zeros(1) if alone or reads else _PAUSE * np.arange(bursts)
        trains.append((begin[:, np.newaxis] + burst).ravel())
        times.append(1 if not reads else _PAIRS_ALONE if alone else bursts)
    changed, cut = impose(
        made, [at - d * 1e-3 for d in dts for at in trains], trains * len(dts), w, neuron=neuron, dt=dt
    )
    relative: list[Floats] = [np.array(times) * part / w for part in np.split(changed, len(dts))]
    curves = tuple(Curve(f"Δt = {signed(d, 'g')} ms", part) for d, part in zip(dts, relative, strict=True))
    conditions = f"{bursts} bursts of {pairs} equidistant pairs, {_PAUSE:g} s apart ({_PAIRS_ALONE} pairs below 1 Hz)"
    conditions += f", starting weight {w:g}, bounds 0 … {made.w_max:g}"
    if reads:
        conditions += f", neuron {made.output_neuron}, steps of {dt:g} ms"
    found = result("pairing", made, x, "frequency", "Hz", "relative Δw", curves, conditions, cut)
    return found if not reads else found.remarked(_AT_REST)
