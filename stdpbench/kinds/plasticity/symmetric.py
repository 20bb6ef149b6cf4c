"""The symmetric rule of Hao et al."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class Symmetric(PlasticityRule):
    r"""Potentiation by every pair of spikes in either order; scaling limits the weights.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w + \eta\, y,\ 0,\ w_{max}) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    The window is even in :math:`\Delta t` if both time constants are equal. Weights decrease by normalisation only
    (``network.weight_sum``), which replaces the dynamic synaptic scaling of the source. The learning rate is as
    published.
    Source: Hao et al. (2020).
    """

    kind: Literal["symmetric"] = "symmetric"
    eta: float = parameter(0.005, unit="", ge=0, help="η: potentiation by a pair at Δt = 0.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_y: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y.")

    summary: ClassVar[str] = "Symmetric pair rule, for use with normalisation of weights"
    reference: ClassVar[str] = "Hao, Huang, Dong & Xu 2020, doi:10.1016/j.neunet.2019.09.007"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"), Trace("y", "output", "tau_y", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w + eta*y, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + eta*x, 0, w_max)"
    in_digit_network: ClassVar[str] = "runs with normalisation (network.weight_sum); without it, weights only grow"
