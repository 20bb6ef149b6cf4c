"""The triplet rule of Pfister & Gerstner, nearest spikes only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity._triplet import TripletRule, published
from stdpbench.kinds.plasticity.base import Trace


class TripletNearest(TripletRule):
    r"""Pairs and triplets of spikes, nearest-neighbour: only the latest spikes of each side count.

    The equations are those of ``triplet``, but a spike *sets* the traces of its side to 1. The default is the minimal
    model fitted to visual cortex; the presets are all published parameter sets (for hippocampus with the values of
    independent re-implementations, which reach the published error of the fit). Source: Pfister & Gerstner
    (2006), table 3 (visual cortex) and table 4 (hippocampal culture).
    """

    kind: Literal["triplet-nearest"] = "triplet-nearest"
    a3_plus: float = parameter(5e-2, unit="", help="A3₊: potentiation by a triplet with two output spikes.")
    a2_minus: float = parameter(8e-3, unit="", help="A2₋: depression by a pair.")
    tau_y: float = parameter(40.0, unit="ms", gt=0, help="Time constant of the slow output trace y2.")

    summary: ClassVar[str] = "Triplet rule of Pfister & Gerstner, nearest spikes interacting"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x1", "input", "tau_plus", "set"),
        Trace("x2", "input", "tau_x", "set"),
        Trace("y1", "output", "tau_minus", "set"),
        Trace("y2", "output", "tau_y", "set"),
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "visual-cortex-minimal": published(0.0, 5e-2, 8e-3, 0.0, None, 40.0),
        "visual-cortex-full": published(8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
        "hippocampus-minimal": published(4.6e-3, 9.1e-3, 3e-3, 0.0, None, 48.0),
        "hippocampus-full": published(4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575.0, 47.0),
    }
