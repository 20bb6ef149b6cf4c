"""The voltage-based rule of Clopath, Büsing, Vasilaki & Gerstner."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.parameters import parameter
from stdpbench.plasticity.base import Average, Opening, PlasticityRule, Trace


class Clopath(PlasticityRule):
    r"""Learning by what the membrane potential was and is, rather than by output spikes.

    With the trace x of input spikes, each of which *adds* 1, the potential u of the output neuron in mV, and its
    low-pass filters :math:`\bar u_-` and :math:`\bar u_+`, read as they were ``delay`` ago:

    .. math::

        \text{input spike: } & w \leftarrow
        \mathrm{clip}\big(w - A_{LTD}\,(\bar u_- - \theta_-)_+,\ 0,\ w_{max}\big) \\
        \text{always: } & dw/dt = A_{LTP}\, \frac{x}{\tau_x}\, (u - \theta_+)_+\, (\bar u_+ - \theta_-)_+ \\
        \tau_\pm\, d\bar u_\pm/dt & = u - \bar u_\pm

    with times in ms. A spike must not be read by the filters that it meets: the authors read them 3 ms late, the width
    of a spike and one of their steps. The potential is that of an ``adex`` neuron with the authors' parameters. The
    amplitude of depression is held where the authors hold it for experiments on slices, without homeostasis. Defaults
    are those for visual cortex. Source: Clopath, Büsing, Vasilaki & Gerstner (2010) and their released code (ModelDB
    144566).
    """

    kind: Literal["clopath"] = "clopath"
    a_ltd: float = parameter(14e-5, unit="", ge=0, help="A_LTD: amplitude of depression, per mV.")
    a_ltp: float = parameter(8e-5, unit="", ge=0, help="A_LTP: amplitude of potentiation, per mV².")
    theta_minus: float = parameter(-70.6, unit="mV", help="θ₋: where the filtered potential begins to count.")
    theta_plus: float = parameter(-45.3, unit="mV", help="θ₊: where the potential itself begins to count.")
    tau_x: float = parameter(15.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(10.0, unit="ms", gt=0, help="Time constant of ū₋, for depression.")
    tau_plus: float = parameter(7.0, unit="ms", gt=0, help="Time constant of ū₊, for potentiation.")
    delay: float = parameter(3.0, unit="ms", ge=0, structural=True, help="How late ū₋ and ū₊ are read.")

    summary: ClassVar[str] = "Voltage-based rule of Clopath et al., on an adaptive exponential neuron"
    reference: ClassVar[str] = "Clopath, Büsing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    averages: ClassVar[tuple[Average, ...]] = (
        Average("u_minus", "tau_minus", "v/mV", delay="delay"),
        Average("u_plus", "tau_plus", "v/mV", delay="delay"),
    )
    # a filtered potential is never 1 V above its threshold: the upper bound of these is no bound
    on_input_spike: ClassVar[str] = "w = clip(w - a_ltd*clip(u_minus - theta_minus/mV, 0, 1000), 0, w_max)"
    each_step: ClassVar[str] = (
        "w = clip(w + a_ltp*x*dt/tau_x*clip((v - theta_plus)/mV, 0, 1000)*clip(u_plus - theta_minus/mV, 0, 1000), "
        "0, w_max)"
    )
    output_neuron: ClassVar[str] = "adex"
    in_digit_network: ClassVar[str] = (
        "does not run there: it reads the upstroke of a spike, which neurons there do not have; `clopath-lif` is its "
        "adaptation to them"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening(
        "pairing", "Bursts of pairs over their frequency: what the rule was made for.", {}, {"w_max": 3}
    )
