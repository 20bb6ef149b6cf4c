"""Base of the homeostatic rules of Vogels et al. for inhibitory synapses."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class HomeostaticRule(PlasticityRule):
    """Parameters, traces and expressions of the rule; each spike *adds* 1 to the trace of its side."""

    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate.")
    rho_0: float = parameter(3.0, unit="Hz", ge=0, help="ρ₀: target output rate, at which weights are stationary.")
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of both traces.")

    reference: ClassVar[str] = "Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, doi:10.1126/science.1211095"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau", "add"), Trace("y", "output", "tau", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w + eta*(y - 2*rho_0*tau), 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + eta*x, 0, w_max)"
