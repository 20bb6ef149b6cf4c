"""The multiplicative pair rule of Rubin, Lee & Sompolinsky."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._pair import PairRule


class PairMultiplicative(PairRule):
    r"""Potentiation proportional to the distance from the upper bound, depression to that from 0: soft bounds.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow w - \lambda \alpha\, w\, y \\
        \text{output spike: } & w \leftarrow w + \lambda\, (w_{max} - w)\, x

    Weights stay unimodal. Defaults are those of ``pair-power-law``, which contains this rule as :math:`\mu = 1`.
    Source: Rubin, Lee & Sompolinsky (2001).
    """

    kind: Literal["pair-multiplicative"] = "pair-multiplicative"
    lam: float = parameter(0.01, unit="", help="λ: learning rate, the fraction of the distance to the bound per pair.")
    alpha: float = parameter(1.0, unit="", help="α: depression as a multiple of potentiation.")

    summary: ClassVar[str] = "Multiplicative pair rule: exponential windows, soft bounds"
    reference: ClassVar[str] = "Rubin, Lee & Sompolinsky 2001, doi:10.1103/PhysRevLett.86.364"
    on_input_spike: ClassVar[str] = "w = clip(w - lam*alpha*w*y, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + lam*(w_max - w)*x, 0, w_max)"
