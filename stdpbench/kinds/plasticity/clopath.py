"""The voltage-based rule of Clopath, Büsing, Vasilaki & Gerstner."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Average, Opening, PlasticityRule, Trace


class Clopath(PlasticityRule):
    r"""Learning from the current and the filtered membrane potential instead of output spikes.

    With the trace x of input spikes, each of which *adds* 1, the potential u of the output neuron in mV, and its
    low-pass filters :math:`\bar u_-` and :math:`\bar u_+`, read with a delay of ``delay``:

    .. math::

        \text{input spike: } & w \leftarrow
        \mathrm{clip}\big(w - A_{LTD}\,(\bar u_- - \theta_-)_+,\ 0,\ w_{max}\big) \\
        \text{continuously: } & dw/dt = A_{LTP}\, \frac{x}{\tau_x}\, (u - \theta_+)_+\, (\bar u_+ - \theta_-)_+ \\
        \tau_\pm\, d\bar u_\pm/dt & = u - \bar u_\pm

    with times in ms. A spike must not affect the filters that it is compared with: the authors read them 3 ms late,
    the width of a spike plus one of their time steps. The potential is that of an ``adex`` neuron with the authors'
    parameters. The amplitude of depression is constant, as in the authors' simulations of slice experiments, without
    homeostasis. Defaults are those for visual cortex. Source: Clopath, Büsing, Vasilaki & Gerstner (2010) and their
    released code (ModelDB 144566).
    """

    kind: Literal["clopath"] = "clopath"
    a_ltd: float = parameter(14e-5, unit="", ge=0, help="A_LTD: amplitude of depression, per mV.")
    a_ltp: float = parameter(8e-5, unit="", ge=0, help="A_LTP: amplitude of potentiation, per mV².")
    theta_minus: float = parameter(-70.6, unit="mV", help="θ₋: threshold on the filtered potentials.")
    theta_plus: float = parameter(-45.3, unit="mV", help="θ₊: threshold on the unfiltered potential.")
    tau_x: float = parameter(15.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(10.0, unit="ms", gt=0, help="Time constant of ū₋, for depression.")
    tau_plus: float = parameter(7.0, unit="ms", gt=0, help="Time constant of ū₊, for potentiation.")
    delay: float = parameter(3.0, unit="ms", ge=0, structural=True, help="Delay with which ū₋ and ū₊ are read.")

    summary: ClassVar[str] = "Voltage-based rule of Clopath et al., with an adaptive exponential neuron"
    reference: ClassVar[str] = "Clopath, Büsing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    averages: ClassVar[tuple[Average, ...]] = (
        Average("u_minus", "tau_minus", "v/mV", delay="delay"),
        Average("u_plus", "tau_plus", "v/mV", delay="delay"),
    )
    # the upper bound of these clips has no effect, since a filtered potential is never 1 V above its threshold
    on_input_spike: ClassVar[str] = "w = clip(w - a_ltd*clip(u_minus - theta_minus/mV, 0, 1000), 0, w_max)"
    each_step: ClassVar[str] = (
        "w = clip(w + a_ltp*x*dt/tau_x*clip((v - theta_plus)/mV, 0, 1000)*clip(u_plus - theta_minus/mV, 0, 1000), "
        "0, w_max)"
    )
    output_neuron: ClassVar[str] = "adex"
    in_digit_network: ClassVar[str] = (
        "does not run there: it reads the upstroke of a spike, which neurons there do not have; `clopath-lif` is an "
        "adaptation to such neurons"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening(
        "pairing",
        "Bursts of pairs over their frequency: the experiment that the rule was fitted to.",
        {},
        {"w_max": 3},
    )
