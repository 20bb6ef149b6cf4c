"""The rule of Bienenstock, Cooper & Munro, formulated with spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Average, Opening, PlasticityRule, Trace


class BCM(PlasticityRule):
    r"""Hebbian growth if the output is above a sliding threshold, decay if it is below.

    The rule is :math:`\dot w_i = \eta\, y\,(y - \theta_m)\, x_i` with
    :math:`\tau\, \dot\theta_m = y^2/y_0 - \theta_m` in rates x and y. Here the leading factor y is the output spike
    itself, and the rates are traces x and y, to which every spike of their side *adds* 1 (the mean of a trace is rate
    times time constant):

    .. math::

        \text{output spike: } w & \leftarrow \mathrm{clip}\big(w + \eta\,(y^- - \theta_m)\, x,\ 0,\ w_{max}\big) \\
        \tau_{\theta_m}\, d\theta_m/dt & = y^2/y_0 - \theta_m

    where :math:`y^-` is the value just before this spike; an input spike changes nothing. There is one
    :math:`\theta_m` per neuron; it starts at 0, is updated in training only, and persists across presentations. The
    neuron becomes selective if its spikes are irregular: in a regular train, y is lowest just before a spike, hence
    below the threshold, and all weights shrink (measured with an integrator neuron). It settles at a mean of y of
    :math:`y_0 - 1/2`, not :math:`y_0`: the square of a trace of Poisson spikes with mean m has the mean
    :math:`m^2 + m/2`, so that :math:`\theta_m` meets m where :math:`m^2 + m/2 = y_0 m`. By default this is 1/2, a rate
    of 5 Hz; with :math:`y_0` up to 1/2 weights only shrink. Source: Bienenstock, Cooper & Munro (1982), with the
    threshold of Intrator & Cooper (1992); the formulation with spikes and its constants are ours.
    """

    kind: Literal["bcm"] = "bcm"
    eta: float = parameter(0.01, unit="", ge=0, help="η: learning rate; ours.")
    y_target: float = parameter(
        1.0, unit="", gt=0, help="y₀: the output trace settles at y₀ − 1/2 (Poisson spikes); ours."
    )
    tau_x: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the input trace x; ours.")
    tau_y: float = parameter(100.0, unit="ms", gt=0, help="Time constant of the output trace y; ours.")
    tau_theta_m: float = parameter(5000.0, unit="ms", gt=0, help="Time constant of the sliding threshold; ours.")

    summary: ClassVar[str] = "Rule of Bienenstock, Cooper & Munro with a sliding threshold, applied on output spikes"
    reference: ClassVar[str] = "Bienenstock, Cooper & Munro 1982, doi:10.1523/JNEUROSCI.02-01-00032.1982"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau_x", "add"), Trace("y", "output", "tau_y", "add"))
    averages: ClassVar[tuple[Average, ...]] = (Average("theta_m", "tau_theta_m", "y*y/y_target"),)
    on_output_spike: ClassVar[str] = "w = clip(w + eta*(y - theta_m)*x, 0, w_max)"
    in_digit_network: ClassVar[str] = (
        "runs, though not as a rate rule: neurons there spike so rarely that theta_m hardly rises"
    )
    opening: ClassVar[Opening] = Opening(
        "poisson-pairs",
        "Depression at low output rates, potentiation at high ones; here the threshold stays close to 1.",
        {"averages": 1.0},
        {"tau_theta_m": 1e7, "eta": 0.001},
    )
    remarks: ClassVar[Mapping[str, str]] = {
        "pair-window": "One pair changes nothing: before its output spike, both y and the threshold are 0.",
        "weight-dependence": "One pair changes nothing: before its output spike, both y and the threshold are 0.",
    }
