"""The voltage-based rule of Clopath et al., adapted to neurons whose spikes have no upstroke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Average, Opening, PlasticityRule, Trace


class ClopathLIF(PlasticityRule):
    r"""Adaptation of ``clopath``: two constants replace the spike shape that an integrate-and-fire neuron lacks.

    The rule ``clopath`` potentiates while u exceeds :math:`\theta_+`, that is, during spikes. Here an output spike
    takes the place of this time and counts with S, the area of a spike above :math:`\theta_+` (``upstroke``). The
    filters :math:`\bar u_\pm` follow the potential v, which does not rise during a spike: each spike adds B, the area
    of a spike above rest (``spike_area``), divided by the filter's time constant.

    .. math::

        \text{input spike: }  & w \leftarrow
        \mathrm{clip}\big(w - A_{LTD}\,(\bar u_- - \theta_-)_+,\ 0,\ w_{max}\big) \\
        \text{output spike: } & w \leftarrow
        \mathrm{clip}\big(w + A_{LTP}\, S\, \frac{x}{\tau_x}\, (\bar u_+ - \theta_-)_+,\ 0,\ w_{max}\big),
        \quad \bar u_\pm \leftarrow \bar u_\pm + B/\tau_\pm \\
        \tau_\pm\, d\bar u_\pm/dt & = v - \bar u_\pm

    with times in ms and the filters at their values before the spike. The filters follow v at the end of the previous
    step, are updated in training only, and are reset with v. S and B are those of a spike of ``adex``;
    :math:`\theta_-` is the resting potential, as in the paper. Results differ from those of ``clopath``: there is no
    afterdepolarisation and no adaptation, and the potential has another time course. :math:`A_{LTD}` is a tenth of
    the paper's: with the paper's value the network unlearns digits, since each of their many input spikes depresses.
    It was chosen on the validation pictures (docs/plasticity.md); all other values are the paper's, not tuned.
    Source of the original: Clopath, Büsing, Vasilaki & Gerstner (2010).
    """

    kind: Literal["clopath-lif"] = "clopath-lif"
    a_ltd: float = parameter(1.4e-5, unit="", ge=0, help="A_LTD: amplitude of depression, per mV; ours.")
    a_ltp: float = parameter(8e-5, unit="", ge=0, help="A_LTP: amplitude of potentiation, per mV².")
    theta_minus: float = parameter(
        -65.0, unit="mV", help="θ₋: threshold on the filtered potentials, the resting potential."
    )
    tau_x: float = parameter(15.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_minus: float = parameter(10.0, unit="ms", gt=0, help="Time constant of ū₋, for depression.")
    tau_plus: float = parameter(7.0, unit="ms", gt=0, help="Time constant of ū₊, for potentiation.")
    upstroke: float = parameter(152.9, unit="", ge=0, help="S: area of a spike above θ₊, in mV·ms.")
    spike_area: float = parameter(203.5, unit="", ge=0, help="B: area of a spike above rest, in mV·ms.")

    summary: ClassVar[str] = "Adaptation of Clopath's voltage-based rule to integrate-and-fire neurons"
    reference: ClassVar[str] = "adapted from Clopath, Büsing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    averages: ClassVar[tuple[Average, ...]] = (
        Average("u_minus", "tau_minus", "v/mV", on_spike="spike_area*ms/tau_minus"),
        Average("u_plus", "tau_plus", "v/mV", on_spike="spike_area*ms/tau_plus"),
    )
    # the upper bound of these clips has no effect, since a filtered potential is never 1 V above its threshold
    on_input_spike: ClassVar[str] = "w = clip(w - a_ltd*clip(u_minus - theta_minus/mV, 0, 1000), 0, w_max)"
    on_output_spike: ClassVar[str] = (
        "w = clip(w + a_ltp*upstroke*x*ms/tau_x*clip(u_plus - theta_minus/mV, 0, 1000), 0, w_max)"
    )
    in_digit_network: ClassVar[str] = "runs; it is an adaptation, not the rule that the paper validates"
    opening: ClassVar[Opening] = Opening(
        "pairing",
        "Bursts of pairs over their frequency: the experiment that the original was fitted to.",
        {},
        {"w_max": 3},
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "A single output spike finds the filtered potential at rest: no change for Δt > 0."
    }
