"""Lateral inhibition that learns by the homeostatic rule of Vogels et al."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from stdpbench.parameters import parameter
from stdpbench.plasticity._homeostatic import HomeostaticRule
from stdpbench.plasticity.lateral import Lateral


class Homeostatic(HomeostaticRule, Lateral):
    r"""Every pair of exc neurons has an inhibitory weight of its own, which learns by the rule ``inhibitory``.

    A weight is a factor on ``network.w_inh_exc``: an inhibiting spike adds :math:`w\,w_{inh,exc}` to the conductance.
    With w = 1 for all, where they start, that is fixed inhibition. No neuron inhibits itself.

    .. math::

        \text{inhibiting spike: } & w \leftarrow \mathrm{clip}\big(w + \eta\,(y - 2\rho_0\tau),\ 0,\ w_{max}\big) \\
        \text{inhibited spike: }  & w \leftarrow \mathrm{clip}(w + \eta\, x,\ 0,\ w_{max})

    The one exception to lateral inhibition without an n × n matrix: about 40 bytes for each pair of exc neurons, in
    every process that holds the network: 6 MiB for 400 of them, 98 MiB for 1600, 1.5 GiB for 6400. A run says so
    before it begins, and a network that does not fit into the free memory is refused. A checkpoint holds 8 bytes for
    each pair. Weights are frozen in the label and test phases. Source: Vogels et al. (2011).
    """

    kind: Literal["homeostatic"] = "homeostatic"
    w_max: float = parameter(10.0, unit="", gt=0, help="Upper bound of a weight, as a factor on network.w_inh_exc.")
    start: float = parameter(
        1.0,
        unit="",
        ge=0,
        structural=True,
        help="All weights at the start, as a factor on network.w_inh_exc; 1: as in a network with fixed inhibition.",
    )

    in_digit_network: ClassVar[str] = "runs on lateral inhibition, beside the rule of the input weights"
    summary: ClassVar[str] = "Homeostatic rule on lateral inhibition, with a weight for each pair of exc neurons"

    @model_validator(mode="after")
    def _check_start(self) -> Self:
        if self.start > self.w_max:
            raise ValueError(f"start ({self.start:g}) must be at most w_max ({self.w_max:g})")
        return self
