"""The reward-modulated rule of Izhikevich: eligibility now, learning when dopamine comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.parameters import parameter
from stdpbench.plasticity.base import Opening, PlasticityRule, Trace


class Reward(PlasticityRule):
    r"""Pairs of spikes move an eligibility trace c of the synapse; dopamine d turns it into learning.

    With the traces x of input and y of output spikes, each spike of a side *adding* 1:

    .. math::

        \text{input spike: }  & c \leftarrow c - A_-\, y \\
        \text{output spike: } & c \leftarrow c + A_+\, x \\
        dc/dt = -c/\tau_c \qquad & dd/dt = -d/\tau_d \qquad dw/dt = c\,(d + d_{tonic})

    within 0 … w_max. A reward adds to d, which is 0 otherwise: then no weight changes, unless there is tonic dopamine.
    A reward :math:`d_0` that meets an eligibility :math:`c_0` changes the weight by
    :math:`c_0 d_0 \tau_c \tau_d/(\tau_c + \tau_d)`, tonic dopamine by :math:`c_0 d_{tonic} \tau_c`, with times in
    seconds; each step takes its part of these integrals exactly.

    In the digit network no label reaches learning, so that there is no reward and d is 0: it learns by tonic dopamine
    only, which the author's code has at 0.002 beside rewards of 0.5. c is part of the state: carried over to the
    next presentation or reset, as ``schedule.between`` says. Source: Izhikevich (2007).
    """

    kind: Literal["reward"] = "reward"
    a_plus: float = parameter(1.0, unit="", ge=0, help="A₊: eligibility by a pair without delay, input spike first.")
    a_minus: float = parameter(1.5, unit="", ge=0, help="A₋: the same, output spike first.")
    tau_plus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y.")
    tau_c: float = parameter(1.0, unit="s", gt=0, help="Time constant of the eligibility c.")
    tau_d: float = parameter(0.2, unit="s", gt=0, help="Time constant of dopamine d.")
    tonic: float = parameter(0.0, unit="", ge=0, help="Dopamine that is always there; 0.002 in the author's code.")

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
        "runs, and learns by tonic dopamine only (tonic above 0): learning without labels has no reward; with the "
        "default no weight changes"
    )
    opening: ClassVar[Opening] = Opening("reward-delay", "How long a pair of spikes waits for its reward.")
    remarks: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("pair-window", "frequency", "triplets", "quadruplets", "poisson-pairs", "weight-dependence"),
        "Without reward d is 0; unless dopamine is tonic as well, no weight changes.",
    )
