"""Base of the two triplet rules of Pfister & Gerstner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule


class TripletRule(PlasticityRule):
    """Parameters and expressions of the triplet rules; the kinds differ in how a spike updates a trace."""

    a2_plus: float = parameter(0.0, unit="", help="A2₊: potentiation by a pair.")
    a3_plus: float = parameter(6.5e-3, unit="", help="A3₊: potentiation by a triplet with two output spikes.")
    a2_minus: float = parameter(7.1e-3, unit="", help="A2₋: depression by a pair.")
    a3_minus: float = parameter(0.0, unit="", help="A3₋: depression by a triplet with two input spikes.")
    tau_plus: float = parameter(16.8, unit="ms", gt=0, help="Time constant of the fast input trace x1.")
    tau_minus: float = parameter(33.7, unit="ms", gt=0, help="Time constant of the fast output trace y1.")
    tau_x: float = parameter(101.0, unit="ms", gt=0, help="Time constant of the slow input trace x2.")
    tau_y: float = parameter(114.0, unit="ms", gt=0, help="Time constant of the slow output trace y2.")

    reference: ClassVar[str] = "Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006"
    on_input_spike: ClassVar[str] = "w = clip(w - y1*(a2_minus + a3_minus*x2), 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + x1*(a2_plus + a3_plus*y2), 0, w_max)"
    opening: ClassVar[Opening] = Opening(
        "frequency",
        "Potentiation by pairs grows with their frequency, unlike in any pair rule. Wide bounds, never reached.",
        parameters={"w_max": 3.0},
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "With A2₊ = 0, as in the minimal models of visual cortex, an isolated pair with the input "
        "spike first changes nothing: potentiation needs an earlier output spike.",
    }


def published(
    a2_plus: float, a3_plus: float, a2_minus: float, a3_minus: float, tau_x: float | None, tau_y: float
) -> Mapping[str, Any]:
    """Return one row of tables 3 and 4 of the paper; the minimal models do not use tau_x."""
    row = {"a2_plus": a2_plus, "a3_plus": a3_plus, "a2_minus": a2_minus, "a3_minus": a3_minus, "tau_y": tau_y}
    return {**row, "tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0 if tau_x is None else tau_x}
