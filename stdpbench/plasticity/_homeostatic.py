"""The rule of Vogels et al. for inhibitory synapses, whichever these are."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.parameters import parameter
from stdpbench.plasticity.base import PlasticityRule, Trace


class HomeostaticRule(PlasticityRule):
    """Parameters, traces and expressions of the rule; each spike of a side *adds* 1 to its trace."""

    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate.")
    rho_0: float = parameter(3.0, unit="Hz", ge=0, help="ρ₀: the output rate at which weights rest.")
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of both traces.")

    reference: ClassVar[str] = "Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, doi:10.1126/science.1211095"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau", "add"), Trace("y", "output", "tau", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w + eta*(y - 2*rho_0*tau), 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + eta*x, 0, w_max)"
