"""Delay shift: the arrival of a spike moves towards the output spike."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.delay_plasticity.base import DelayRule
from stdpbench.kinds.plasticity.base import Trace


class DelayShift(DelayRule):
    r"""Increase the delay of a spike that arrives before the output spike, and decrease it for one that arrives after.

    With the traces x of arrivals and y of output spikes, each *set* to 1 by the nearest spike, and the softness s of
    the bounds:

    .. math::

        \text{input spike: }  & d \leftarrow \mathrm{clip}\Big(d - 4\,\eta_-\, y\,(1 - y)\,
            \frac{d - d_{min}}{d - d_{min} + s},\ d_{min},\ d_{max}\Big) \\
        \text{output spike: } & d \leftarrow \mathrm{clip}\Big(d + 4\,\eta_+\, x\,(1 - x)\,
            \frac{d_{max} - d}{d_{max} - d + s},\ d_{min},\ d_{max}\Big)

    An output spike :math:`\Delta t` after an arrival gives :math:`4 \eta_+ e^{-\Delta t/\tau_+} (1 - e^{-\Delta
    t/\tau_+})`, which is 0 for :math:`\Delta t = 0`, has its maximum :math:`\eta_+` at :math:`\tau_+ \ln 2`, and
    decays beyond; the same holds for an arrival after an output spike. The rule only compares arrivals with each
    other, so all delays of a neuron may drift together. Soft bounds prevent this: increases shrink near d_max and
    decreases near d_min, to one half at the distance s. They also draw every delay towards the middle, the less the
    smaller s is.

    The idea, that delays shift so that arrivals coincide with the output spike, is that of Eurich, Pawelzik, Ernst,
    Cowan & Milton (1999); the form of the window, the soft bounds and all values are ours. The published equations,
    and those of Nadafian & Ganjtabesh (2020, arXiv:2011.09380), were not available to us.
    """

    kind: Literal["delay-shift"] = "delay-shift"
    eta_plus: float = parameter(0.1, unit="ms", ge=0, help="Largest increase of a delay by an output spike.")
    eta_minus: float = parameter(0.05, unit="ms", ge=0, help="Largest decrease of a delay by the arrival of a spike.")
    soft: float = parameter(
        2.0, unit="ms", gt=0, help="Softness of the bounds: distance at which they halve a change towards them."
    )
    tau_plus: float = parameter(10.0, unit="ms", gt=0, help="Time constant of the trace x of arrivals.")
    tau_minus: float = parameter(10.0, unit="ms", gt=0, help="Time constant of the trace y of output spikes.")

    summary: ClassVar[str] = "Delay shift: arrivals move towards the output spike"
    reference: ClassVar[str] = (
        "after Eurich, Pawelzik, Ernst, Cowan & Milton 1999, doi:10.1103/PhysRevLett.82.1594; equations ours"
    )
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_plus", "set"),
        Trace("y", "output", "tau_minus", "set"),
    )
    on_input_spike: ClassVar[str] = "d = clip(d - 4*eta_minus*y*(1 - y)*(d - d_min)/(d - d_min + soft), d_min, d_max)"
    input_spike_needs: ClassVar[str] = "y"
    on_output_spike: ClassVar[str] = "d = clip(d + 4*eta_plus*x*(1 - x)*(d_max - d)/(d_max - d + soft), d_min, d_max)"
