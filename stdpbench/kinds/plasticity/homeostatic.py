"""Plastic lateral inhibition with the homeostatic rule of Vogels et al."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._homeostatic import HomeostaticRule
from stdpbench.kinds.plasticity.lateral import Lateral


class Homeostatic(HomeostaticRule, Lateral):
    r"""A separate inhibitory weight for every pair of exc neurons, which changes by the rule ``inhibitory``.

    A weight is a factor on ``network.w_inh_exc``: an inhibiting spike adds :math:`w\,w_{inh,exc}` to the conductance.
    All weights start at w = 1, which equals fixed inhibition. No neuron inhibits itself.

    .. math::

        \text{inhibiting spike: } & w \leftarrow \mathrm{clip}\big(w + \eta\,(y - 2\rho_0\tau),\ 0,\ w_{max}\big) \\
        \text{inhibited spike: }  & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    Only this kind of lateral inhibition needs an n × n matrix: about 40 bytes for each pair of exc neurons in every
    process that holds the network, which is 6 MiB for 400 neurons, 98 MiB for 1600 and 1.5 GiB for 6400. A run states
    this before it starts, and a network that does not fit into free memory is refused. A checkpoint holds 8 bytes per
    pair. Weights are frozen in the label and test phases. Source: Vogels et al. (2011).
    """

    kind: Literal["homeostatic"] = "homeostatic"
    w_max: float = parameter(10.0, unit="", gt=0, help="Upper bound of a weight, as a factor on network.w_inh_exc.")
    start: float = parameter(
        1.0,
        unit="",
        ge=0,
        structural=True,
        help="Initial value of all weights, as a factor on network.w_inh_exc; 1: equal to fixed inhibition.",
    )

    in_digit_network: ClassVar[str] = "runs on lateral inhibition, together with the rule of the input weights"
    summary: ClassVar[str] = "Homeostatic rule on lateral inhibition, one weight for each pair of exc neurons"

    @model_validator(mode="after")
    def _check_start(self) -> Self:
        if self.start > self.w_max:
            raise ValueError(f"start ({self.start:g}) must be at most w_max ({self.w_max:g})")
        return self
