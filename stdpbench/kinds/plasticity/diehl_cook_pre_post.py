"""The pre-and-post rule of Diehl & Cook's paper."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import PlasticityRule, Trace


class DiehlCookPrePost(PlasticityRule):
    r"""Depression on input spikes, and the power-law rule on output spikes.

    With the traces x of input and y of output spikes, each spike *adding* 1 to the trace of its side:

    .. math::

        \text{input spike: }  & w \leftarrow \mathrm{clip}(w - \eta_{pre}\, y\, w^\mu,\ 0,\ w_{max}) \\
        \text{output spike: } & w \leftarrow
        \mathrm{clip}\big(w + \eta_{post}\,(x - x_{tar})(w_{max} - w)^\mu,\ 0,\ w_{max}\big)

    Source: Diehl & Cook (2015), equations 5 and 6. The constants were never published; in ten trials on
    validation pictures, no values were better than ours by more than the scatter.
    """

    kind: Literal["diehl-cook-pre-post"] = "diehl-cook-pre-post"
    eta_pre: float = parameter(1e-4, unit="", ge=0, help="η_pre: learning rate on input spikes; ours.")
    eta_post: float = parameter(0.01, unit="", ge=0, help="η_post: learning rate on output spikes; ours.")
    x_tar: float = parameter(0.4, unit="", help="Input trace at which an output spike changes nothing; ours.")
    mu: float = parameter(0.2, unit="", ge=0, help="μ: exponent of the dependence on the weight; ours.")
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x.")
    tau_y: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the output trace y.")

    summary: ClassVar[str] = "Rule of Diehl & Cook's paper on input and on output spikes"
    reference: ClassVar[str] = "Diehl & Cook 2015, equations 5 and 6, doi:10.3389/fncom.2015.00099"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"), Trace("y", "output", "tau_y", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w - eta_pre*y*w**mu, 0, w_max)"
    input_spike_needs: ClassVar[str] = "y"
    on_output_spike: ClassVar[str] = "w = clip(w + eta_post*(x - x_tar)*clip(w_max - w, 0, w_max)**mu, 0, w_max)"
