"""Oja's rule, formulated with spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule, Trace


class Oja(PlasticityRule):
    r"""Hebbian growth with a decay that keeps the length of the weight vector constant.

    Oja's rule is :math:`\dot w_i = \eta\, y\, (x_i - \gamma\, y\, w_i)` in rates x and y. Here the leading factor
    y is the output spike itself, and the rates in parentheses are traces x and y, to which every spike of their side
    *adds* 1 (the mean of a trace is rate times time constant):

    .. math::

        \text{output spike: } w \leftarrow \mathrm{clip}\big(w + \eta\,(x - \gamma\, y^-\, w),\ 0,\ w_{max}\big)

    where :math:`y^-` is the value just before this spike; an input spike changes nothing. With a rate y that is linear
    in the input, averages over Poisson spikes follow Oja's rule, and weights converge to the first principal component
    of the rates. Weights stay positive: the negative part of a component with both signs is cut off. Source: Oja
    (1982); the formulation with spikes and its constants are ours.
    """

    kind: Literal["oja"] = "oja"
    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate; ours.")
    gamma: float = parameter(1.0, unit="", ge=0, help="γ: decay; the length of the weight vector scales with 1/√γ.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x; ours.")
    tau_y: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y; ours.")

    summary: ClassVar[str] = "Oja's Hebbian rule, applied on output spikes"
    reference: ClassVar[str] = "Oja 1982, doi:10.1007/BF00275687"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"), Trace("y", "output", "tau_y", "add"))
    on_output_spike: ClassVar[str] = "w = clip(w + eta*(x - gamma*y*w), 0, w_max)"
    in_digit_network: ClassVar[str] = (
        "runs, though not as a rate rule: neurons there spike so rarely that y is mostly 0, and normalisation "
        "(network.weight_sum) already limits the weights as Oja's decay would"
    )
    opening: ClassVar[Opening] = Opening(
        "frequency",
        "Growth by coincidence, decay with the output rate: the balance depends on the frequency.",
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "Input spikes change nothing, and a single output spike has no predecessor (y is 0): if the "
        "output spike comes first, nothing changes.",
    }
