"""The power-law rule of Diehl & Cook's paper, which updates weights on output spikes only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class DiehlCookPowerLaw(PlasticityRule):
    r"""On an output spike, weights of recently active inputs grow and all others shrink.

    With the input trace x, to which every input spike *adds* 1:

    .. math::

        \text{output spike: } w \leftarrow
        \mathrm{clip}\big(w + \eta\,(x - x_{tar})(w_{max} - w)^\mu,\ 0,\ w_{max}\big)

    and no change on an input spike. Source: Diehl & Cook (2015), equation 3, the rule of their reported results.
    :math:`\eta`, :math:`x_{tar}` and :math:`\mu` were never published; in ten trials on validation pictures, no
    values were better than ours by more than the scatter.
    """

    kind: Literal["diehl-cook-power-law"] = "diehl-cook-power-law"
    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate; ours.")
    x_tar: float = parameter(0.4, unit="", help="Input trace at which nothing changes; ours.")
    mu: float = parameter(0.2, unit="", ge=0, help="μ: exponent of the dependence on the weight; ours.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")

    summary: ClassVar[str] = "Power-law rule of Diehl & Cook's paper, on output spikes only"
    reference: ClassVar[str] = "Diehl & Cook 2015, equation 3, doi:10.3389/fncom.2015.00099"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"),)
    on_output_spike: ClassVar[str] = "w = clip(w + eta*(x - x_tar)*clip(w_max - w, 0, w_max)**mu, 0, w_max)"
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "Input spikes change nothing: if the output spike comes first, x is 0, and the change "
        "does not depend on Δt.",
    }
