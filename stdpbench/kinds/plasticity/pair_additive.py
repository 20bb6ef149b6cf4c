"""The additive pair rule of Song, Miller & Abbott."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._pair import PairRule


class PairAdditive(PairRule):
    r"""Each pair of spikes changes the weight by an amount that does not depend on the weight; hard bounds.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w - A_-\, w_{max}\, y,\ 0,\ w_{max}) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + A_+\, w_{max}\, x,\ 0,\ w_{max})

    A pair at :math:`\Delta t = t_{out} - t_{in}` gives :math:`A_+ w_{max} e^{-\Delta t/\tau_+}` for
    :math:`\Delta t \ge 0` and :math:`-A_- w_{max} e^{\Delta t/\tau_-}` below. Weights become bimodal. The
    time constants and :math:`A_- = 1.05\, A_+` are as published; :math:`A_+` is that of Brian2's example of this
    paper, while the paper has 0.005: the preset ``song-2000``, with the bound of 0.015 in units of the leak. Source:
    Song, Miller & Abbott (2000), equation 1.
    """

    kind: Literal["pair-additive"] = "pair-additive"
    a_plus: float = parameter(0.01, unit="", help="Potentiation by a pair at Δt = 0, in units of w_max.")
    a_minus: float = parameter(0.0105, unit="", help="Depression by a pair at Δt = 0, in units of w_max.")

    summary: ClassVar[str] = "Additive pair rule: exponential windows, hard bounds"
    reference: ClassVar[str] = "Song, Miller & Abbott 2000, doi:10.1038/78829"
    on_input_spike: ClassVar[str] = "w = clip(w - a_minus*w_max*y, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + a_plus*w_max*x, 0, w_max)"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "song-2000": {"w_max": 0.015, "a_plus": 0.005, "a_minus": 0.00525, "tau_plus": 20.0, "tau_minus": 20.0},
    }
