"""The pair rule of van Rossum, Bi & Turrigiano."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._pair import PairRule


class PairVanRossum(PairRule):
    r"""Additive potentiation, depression proportional to the weight.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow w - \lambda \alpha\, w\, y \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \lambda\, w_{max}\, x,\ 0,\ w_{max})

    If pairs of both orders are equally frequent, the weights form a unimodal distribution around
    :math:`w_{max}/\alpha`. The source gives absolute conductances (1 pS per pair, a fraction of 0.003), which have no
    counterpart here: :math:`\lambda` and :math:`\alpha` are ours. Source: van Rossum, Bi & Turrigiano (2000),
    without its noise.
    """

    kind: Literal["pair-van-rossum"] = "pair-van-rossum"
    lam: float = parameter(0.005, unit="", help="λ: potentiation by a pair at Δt = 0, in units of w_max.")
    alpha: float = parameter(2.0, unit="", help="α: depression at w = w_max as a multiple of potentiation.")

    summary: ClassVar[str] = "Pair rule with additive potentiation and multiplicative depression"
    reference: ClassVar[str] = "van Rossum, Bi & Turrigiano 2000, doi:10.1523/JNEUROSCI.20-23-08812.2000"
    on_input_spike: ClassVar[str] = "w = clip(w - lam*alpha*w*y, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + lam*w_max*x, 0, w_max)"
