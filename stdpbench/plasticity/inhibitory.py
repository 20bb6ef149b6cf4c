"""The homeostatic rule of Vogels et al. for inhibitory synapses."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.parameters import parameter
from stdpbench.plasticity.base import Opening, PlasticityRule, Trace


class Inhibitory(PlasticityRule):
    r"""Inhibition grows by every pair of spikes in either order, and shrinks by every input spike alone.

    With the traces x of input and y of output spikes, each spike of a side *adding* 1:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}\big(w + \eta\,(y - 2\rho_0\tau),\ 0,\ w_{max}\big) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    Weights of inhibitory inputs rest where the output rate is :math:`\rho_0`: a neuron that fires more is inhibited
    more. Source: Vogels et al. (2011); weights are in units of w_max here, in place of a conductance.
    """

    kind: Literal["inhibitory"] = "inhibitory"
    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate.")
    rho_0: float = parameter(3.0, unit="Hz", ge=0, help="ρ₀: the output rate at which weights rest.")
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of both traces.")

    summary: ClassVar[str] = "Homeostatic rule for inhibitory synapses"
    reference: ClassVar[str] = "Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, doi:10.1126/science.1211095"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau", "add"), Trace("y", "output", "tau", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w + eta*(y - 2*rho_0*tau), 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + eta*x, 0, w_max)"
    in_digit_network: ClassVar[str] = (
        "does not run there: it is for inhibitory synapses, and the plastic ones there are excitatory; lateral "
        "inhibition has one weight for all, which is what spares it an n × n matrix"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening(
        "pair-window", "Growth by pairs in either order, less what every input spike takes."
    )
