"""A protocol for rules that learn by reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import signed
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.studies.lab.protocols import ENOUGH, as_rule, numbers, starting_weight
from stdpbench.studies.lab.result import Curve, Result


def reward_delay(
    rule: str | PlasticityRule,
    *,
    dts: Sequence[float] = (10.0, -10.0),
    delays: Sequence[float] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
    reward: float = 0.5,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Result:
    """Weight change by a pair of spikes that is followed by a reward, over the delay of the reward.

    Parameters
    ----------
    rule, weight, set
        As of `stdpbench.studies.lab.protocols`; the rule has the synapse variable ``d``, dopamine.
    dts : sequence of float, ms
        One curve each.
    delays : sequence of float, s
        Time from the later spike of the pair to the reward.
    reward : float
        Value that d is set to.
    """
    from stdpbench.engine.network.imposed import ImposedSpikes

    made = as_rule(rule, set)
    w = starting_weight(made, weight)
    if "d" not in made.synapse_variables:
        raise StdpbenchError(f"reward-delay needs a rule with dopamine (d), which {getattr(made, 'kind', '')} is not")
    x, dts, reward = numbers(delays), numbers(dts).tolist(), float(numbers(reward)[0])
    if not (x >= 0).all():
        raise StdpbenchError("delays must be at least 0")
    last = max(x.max(), 0.0) + 1.0
    # the reward comes to all points at once, and the pair before it by its delay
    later = [last - delay for delay in x]
    inputs = [np.array([at - max(dt, 0.0) * 1e-3]) for dt in dts for at in later]
    outputs = [np.array([at - max(-dt, 0.0) * 1e-3]) for dt in dts for at in later]
    synapses = ImposedSpikes(made, len(inputs))
    synapses.run(inputs, outputs, w, until=last)
    synapses.put("d", reward)
    none = [np.empty(0)] * len(inputs)
    end = synapses.run(none, none, None, until=ENOUGH * max(made.quantities().values()))
    curves = [
        Curve(f"Δt = {signed(dt, 'g')} ms", part - w) for dt, part in zip(dts, np.split(end, len(dts)), strict=True)
    ]
    conditions = f"1 pair, then a reward of {reward:g}, starting weight {w:g}, bounds 0 … {made.w_max:g}"
    remarks = ("Some weights ended at a bound, where the curve is clipped.",)
    cut = bool(((end <= 0) | (end >= made.w_max)).any())
    return Result(
        "reward-delay", made, x, "delay of the reward", "s", "Δw", tuple(curves), conditions, remarks if cut else ()
    )
