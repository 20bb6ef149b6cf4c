"""Base of pair rules: one trace per side, incremented by every spike."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class PairRule(PlasticityRule):
    """Traces x of input and y of output spikes, all-to-all: every pair of an input and an output spike counts."""

    tau_plus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x (potentiation).")
    tau_minus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y (depression).")

    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "add"),
        Trace("y", "output", "tau_minus", "add"),
    )
    in_digit_network: ClassVar[str] = (
        "runs; without normalisation (network.weight_sum), all neurons may learn the same feature"
    )
