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
        dc/dt = -c/\tau_c \qquad & dd/dt = -d/\tau_d \qquad dw/dt = c\,d

    within 0 … w_max. A reward adds to d, which is 0 otherwise: then no weight changes. A reward :math:`d_0` that meets
    an eligibility :math:`c_0` changes the weight by :math:`c_0 d_0 \tau_c \tau_d/(\tau_c + \tau_d)`, with times in
    seconds; each step takes its part of that integral exactly. Source: Izhikevich (2007).
    """

    kind: Literal["reward"] = "reward"
    a_plus: float = parameter(1.0, unit="", ge=0, help="A₊: eligibility by a pair without delay, input spike first.")
    a_minus: float = parameter(1.5, unit="", ge=0, help="A₋: the same, output spike first.")
    tau_plus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y.")
    tau_c: float = parameter(1.0, unit="s", gt=0, help="Time constant of the eligibility c.")
    tau_d: float = parameter(0.2, unit="s", gt=0, help="Time constant of dopamine d.")

    summary: ClassVar[str] = "Reward-modulated pair rule with an eligibility trace per synapse"
    reference: ClassVar[str] = "Izhikevich 2007, doi:10.1093/cercor/bhl152"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "add"),
        Trace("y", "output", "tau_minus", "add"),
    )
    synapse_variables: ClassVar[tuple[str, ...]] = ("c", "d")
    on_input_spike: ClassVar[str] = "c = c - a_minus*y"
    on_output_spike: ClassVar[str] = "c = c + a_plus*x"
    each_step: ClassVar[str] = """
        both = 1/(1/tau_c + 1/tau_d)
        w = clip(w + c*d*(both/second)*(1 - exp(-dt/both)), 0, w_max)
        c = c*exp(-dt/tau_c)
        d = d*exp(-dt/tau_d)
    """
    in_digit_network: ClassVar[str] = (
        "does not run there: learning without labels has no reward, so that d is 0 and no weight changes; and the "
        "simulators carry no eligibility per synapse yet"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening("reward-delay", "How long a pair of spikes waits for its reward.")
    remarks: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("pair-window", "frequency", "triplets", "quadruplets", "poisson-pairs", "weight-dependence"),
        "Without reward d is 0, and no weight changes.",
    )
