"""The homeostatic rule of Vogels et al. for inhibitory synapses."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.plasticity._homeostatic import HomeostaticRule
from stdpbench.plasticity.base import Opening


class Inhibitory(HomeostaticRule):
    r"""Inhibition grows by every pair of spikes in either order, and shrinks by every input spike alone.

    With the traces x of input and y of output spikes, each spike of a side *adding* 1:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}\big(w + \eta\,(y - 2\rho_0\tau),\ 0,\ w_{max}\big) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    Weights of inhibitory inputs rest where the output rate is :math:`\rho_0`: a neuron that fires more is inhibited
    more. Source: Vogels et al. (2011); weights are in units of w_max here, in place of a conductance.
    """

    kind: Literal["inhibitory"] = "inhibitory"

    summary: ClassVar[str] = "Homeostatic rule for inhibitory synapses"
    in_digit_network: ClassVar[str] = (
        "does not run there: input weights are excitatory; but lateral inhibition learns by it with lateral.kind = "
        "'homeostatic'"
    )
    runs_in_digit_network: ClassVar[bool] = False
    opening: ClassVar[Opening] = Opening(
        "pair-window", "Growth by pairs in either order, less what every input spike takes."
    )
