"""The homeostatic rule of Vogels et al. for inhibitory synapses."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.plasticity._homeostatic import HomeostaticRule
from stdpbench.kinds.plasticity.base import Opening


class Inhibitory(HomeostaticRule):
    r"""Inhibition grows with every pair of spikes in either order and shrinks with every input spike.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}\big(w + \eta\,(y - 2\rho_0\tau),\ 0,\ w_{max}\big) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    Weights of inhibitory inputs are stationary if the output rate is :math:`\rho_0`: a neuron that fires faster
    receives more inhibition. Source: Vogels et al. (2011); weights are in units of w_max instead of a conductance.
    """

    kind: Literal["inhibitory"] = "inhibitory"

    summary: ClassVar[str] = "Homeostatic rule for inhibitory synapses"
    in_digit_network: ClassVar[str] = (
        "does not run there: input weights are excitatory; lateral.kind = 'homeostatic' applies it to lateral "
        "inhibition"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening(
        "pair-window", "Growth by pairs in either order, minus the depression by every input spike."
    )
