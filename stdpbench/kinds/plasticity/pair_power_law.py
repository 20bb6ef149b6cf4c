"""The power-law pair rule of Gütig, Aharonov, Rotter & Sompolinsky."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._pair import PairRule


class PairPowerLaw(PairRule):
    r"""Interpolation between the additive and the multiplicative pair rule by an exponent.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow w - \lambda \alpha\, w_{max}\, (w/w_{max})^\mu\, y \\
        \text{output spike: } & w \leftarrow w + \lambda\, w_{max}\, (1 - w/w_{max})^\mu\, x

    clipped to :math:`0 \dots w_{max}`. :math:`\mu = 0` is the additive rule, :math:`\mu = 1` the multiplicative one.
    Defaults are those of NEST's ``stdp_synapse``. Source: Gütig et al. (2003), equations 1 to 3.
    """

    kind: Literal["pair-power-law"] = "pair-power-law"
    lam: float = parameter(0.01, unit="", help="λ: learning rate, in units of w_max per pair.")
    alpha: float = parameter(1.0, unit="", help="α: depression as a multiple of potentiation.")
    mu: float = parameter(1.0, unit="", ge=0, help="μ: 0 is additive, 1 is multiplicative.")

    summary: ClassVar[str] = "Pair rule with powers of the weight: additive to multiplicative"
    reference: ClassVar[str] = "Gütig, Aharonov, Rotter & Sompolinsky 2003, doi:10.1523/JNEUROSCI.23-09-03697.2003"
    on_input_spike: ClassVar[str] = "w = clip(w - lam*alpha*w_max*(w/w_max)**mu*y, 0, w_max)"
    input_spike_needs: ClassVar[str] = "y"
    on_output_spike: ClassVar[str] = "w = clip(w + lam*w_max*clip(1 - w/w_max, 0, 1)**mu*x, 0, w_max)"
