"""The reward-modulated rule of Izhikevich: eligibility traces, converted to weight changes by dopamine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule, Trace


class Reward(PlasticityRule):
    r"""Pairs of spikes change an eligibility trace c of the synapse; dopamine d converts it into a weight change.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & c \leftarrow c - A_-\, y \\
        \text{output spike: } & c \leftarrow c + A_+\, x \\
        dc/dt = -c/\tau_c \qquad & dd/dt = -d/\tau_d \qquad dw/dt = c\,(d + d_{tonic})

    within 0 … w_max. A reward adds to d, which is otherwise 0: weights then change by tonic dopamine only. A reward
    :math:`d_0` at an eligibility :math:`c_0` changes the weight by :math:`c_0 d_0 \tau_c \tau_d/(\tau_c + \tau_d)`,
    tonic dopamine by :math:`c_0 d_{tonic} \tau_c`, with times in seconds; each step integrates its part exactly.

    In the digit network, labels do not take part in learning, so there is no reward and d is 0: the rule learns by
    tonic dopamine only, which is 0.002 in the author's code, with rewards of 0.5. c is part of the state:
    ``schedule.between`` decides whether it is carried over to the next presentation or reset. Source: Izhikevich
    (2007).
    """

    kind: Literal["reward"] = "reward"
    a_plus: float = parameter(1.0, unit="", ge=0, help="A₊: eligibility from a pair at Δt = 0, input spike first.")
    a_minus: float = parameter(1.5, unit="", ge=0, help="A₋: eligibility from a pair at Δt = 0, output spike first.")
    tau_plus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y.")
    tau_c: float = parameter(1.0, unit="s", gt=0, help="Time constant of the eligibility c.")
    tau_d: float = parameter(0.2, unit="s", gt=0, help="Time constant of dopamine d.")
    tonic: float = parameter(0.0, unit="", ge=0, help="Tonic dopamine; 0.002 in the author's code.")

    summary: ClassVar[str] = "Reward-modulated pair rule with an eligibility trace per synapse"
    reference: ClassVar[str] = "Izhikevich 2007, doi:10.1093/cercor/bhl152"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "add"),
        Trace("y", "output", "tau_minus", "add"),
    )
    synapse_variables: ClassVar[tuple[str, ...]] = ("c", "d")
    protocol_variables: ClassVar[tuple[str, ...]] = ("d",)
    on_input_spike: ClassVar[str] = "c = c - a_minus*y"
    on_output_spike: ClassVar[str] = "c = c + a_plus*x"
    each_step: ClassVar[str] = """
        left = exp(-dt/tau_c)
        both = 1/(1/tau_c + 1/tau_d)
        w = clip(w + c*(tonic*tau_c/second*(1 - left) + d*both/second*(1 - exp(-dt/both))), 0, w_max)
        c = c*left
        d = d*exp(-dt/tau_d)
    """
    in_digit_network: ClassVar[str] = (
        "runs, but learns by tonic dopamine only (tonic above 0), since learning without labels has no reward; with "
        "the default, weights do not change"
    )
    opening: ClassVar[Opening] = Opening(
        "reward-delay", "Weight change by a pair of spikes, over the delay of the reward."
    )
    remarks: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("pair-window", "frequency", "triplets", "quadruplets", "poisson-pairs", "weight-dependence"),
        "Without a reward d is 0, so weights change only with tonic dopamine.",
    )
