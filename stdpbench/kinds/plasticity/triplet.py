"""The triplet rule of Pfister & Gerstner, all-to-all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stdpbench.kinds.plasticity._triplet import TripletRule, published
from stdpbench.kinds.plasticity.base import Trace


class Triplet(TripletRule):
    r"""Pairs and triplets of spikes, all-to-all: every spike counts.

    With the input traces x1, x2 and the output traces y1, y2, each spike *adding* 1 to the traces of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w - y_1\,(A_2^- + A_3^-\, x_2^-),\ 0,\ w_{max}) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + x_1\,(A_2^+ + A_3^+\, y_2^-),\ 0,\ w_{max})

    where :math:`x_2^-` and :math:`y_2^-` are the values just before this spike. The default is the minimal model
    fitted to visual cortex (Sjöström et al. 2001); the presets are all published parameter sets (for hippocampus with
    the values of independent re-implementations, which reach the published error of the fit). Source: Pfister &
    Gerstner (2006), equations 3 and 4, table 3 (visual cortex) and table 4 (hippocampal culture).
    """

    kind: Literal["triplet"] = "triplet"

    summary: ClassVar[str] = "Triplet rule of Pfister & Gerstner, all spikes interacting"
    in_digit_network: ClassVar[str] = (
        "runs, but unlearns digits with the published amplitudes: depression by the many input spikes dominates; with "
        "a2_minus = 1e-4 it learns"
    )
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x1", "input", "tau_plus", "add"),
        Trace("x2", "input", "tau_x", "add"),
        Trace("y1", "output", "tau_minus", "add"),
        Trace("y2", "output", "tau_y", "add"),
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "visual-cortex-minimal": published(0.0, 6.5e-3, 7.1e-3, 0.0, None, 114.0),
        "visual-cortex-full": published(5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
        "hippocampus-minimal": published(5.3e-3, 8e-3, 3.5e-3, 0.0, None, 40.0),
        "hippocampus-full": published(6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
    }
