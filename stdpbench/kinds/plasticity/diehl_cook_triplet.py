"""The triplet rule of Diehl & Cook's released code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule, Trace


class DiehlCookTriplet(PlasticityRule):
    r"""Depression on input spikes; potentiation on output spikes that follow another output spike.

    With the input trace x and the output traces y1 and y2, each *set* to 1 by a spike of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w - \nu_{pre}\, y_1,\ 0,\ w_{max}) \\
        \text{output spike: } & w \leftarrow \mathrm{clip}(w + \nu_{post}\, x\, y_2^-,\ 0,\ w_{max})

    where :math:`y_2^-` is the value just before this spike. An isolated pair therefore changes nothing. Source:
    the authors' released Brian 1 script to Diehl & Cook (2015).
    """

    kind: Literal["diehl-cook-triplet"] = "diehl-cook-triplet"
    nu_pre: float = parameter(
        1e-4,
        unit="",
        help="Depression per input spike at y1 = 1; if negative, potentiation (the sign error of some ports).",
    )
    nu_post: float = parameter(1e-2, unit="", ge=0, help="Potentiation per output spike at x = y2 = 1.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_y1: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y1.")
    tau_y2: float = parameter(40.0, unit="ms", gt=0, help="Time constant of the output trace y2.")

    summary: ClassVar[str] = "Triplet rule of Diehl & Cook's released code"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("x", "input", "tau_x", "set"),
        Trace("y1", "output", "tau_y1", "set"),
        Trace("y2", "output", "tau_y2", "set"),
    )
    on_input_spike: ClassVar[str] = "w = clip(w - nu_pre*y1, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + nu_post*x*y2, 0, w_max)"
    opening: ClassVar[Opening] = Opening(
        "pair-window",
        "The window is zero for isolated pairs; at 20 Hz the preceding output spike makes a pair count.",
        {"pairs": 60, "frequency": 20.0},
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "Potentiation needs an earlier output spike (y2): an isolated pair, or the first of several, "
        "changes nothing if its input spike comes first.",
        "weight-dependence": "One pair with the input spike first changes nothing at any weight (y2 is 0).",
    }
