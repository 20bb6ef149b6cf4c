"""The calcium-based rule of Graupner & Brunel, with a flat potential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.plasticity.base import Opening, PlasticityRule, Trace


def _published(
    tau_ca: float,
    c_pre: float,
    c_post: float,
    gamma_d: float,
    gamma_p: float,
    tau: float,
    delay: float,
    **other: float,
) -> dict[str, float]:
    return {
        **{"tau_ca": tau_ca, "c_pre": c_pre, "c_post": c_post, "theta_d": 1.0, "theta_p": 1.3},
        **{"gamma_d": gamma_d, "gamma_p": gamma_p, "tau": tau, "delay": delay, **other},
    }


class Calcium(PlasticityRule):
    r"""Spikes of both sides let calcium in; the weight rises and falls while calcium is above two thresholds.

    Calcium c is a variable of the synapse, in units of the threshold of depression. It decays with :math:`\tau_{Ca}`:

    .. math::

        \text{input spike, after a delay } D\text{: } & c \leftarrow c + C_{pre} \\
        \text{output spike: } & c \leftarrow c + C_{post} \\
        & \tau\, dw/dt = \gamma_p\,(w_{max} - w)\,\Theta(c - \theta_p) - \gamma_d\, w\,\Theta(c - \theta_d)

    Between two spikes the times above both thresholds follow from logarithms, and the weight in closed form, so that
    steps of any length are exact. The potential of the weight is flat: the double well, which makes weights bistable
    over hours, and the noise are left out. The mean of many synapses at the end of a protocol is the same, as long as
    the well has little effect during it. In a network the delay must be 0, since a spike reaches neuron and rule
    together. The default is the published curve "DP" without its delay; ``dp`` to ``d-prime`` are the
    parameters of the six published curves, the others those fitted to data. Source: Graupner & Brunel (2012),
    equations 1 and 2 and table S1, with the values of the authors' code.
    """

    kind: Literal["calcium"] = "calcium"
    tau_ca: float = parameter(20.0, unit="ms", gt=0, help="Time constant of calcium c.")
    c_pre: float = parameter(1.0, unit="", ge=0, help="Calcium from an input spike.")
    c_post: float = parameter(2.0, unit="", ge=0, help="Calcium from an output spike.")
    theta_d: float = parameter(1.0, unit="", gt=0, help="Calcium above which the weight falls.")
    theta_p: float = parameter(1.3, unit="", gt=0, help="Calcium above which the weight rises.")
    gamma_d: float = parameter(200.0, unit="", gt=0, help="Rate of depression, in units of 1/tau.")
    gamma_p: float = parameter(321.808, unit="", gt=0, help="Rate of potentiation, in units of 1/tau.")
    tau: float = parameter(150.0, unit="s", gt=0, help="Time constant of the weight.")
    delay: float = parameter(
        0.0, unit="ms", ge=0, structural=True, help="D: time from an input spike to its calcium; in networks 0."
    )

    summary: ClassVar[str] = "Calcium-based rule of Graupner & Brunel, flat potential, without noise"
    reference: ClassVar[str] = "Graupner & Brunel 2012, doi:10.1073/pnas.1109359109"
    traces: ClassVar[tuple[Trace, ...]] = ()
    input_lag: ClassVar[str] = "delay"
    synapse_variables: ClassVar[tuple[str, ...]] = ("c",)
    on_input_spike: ClassVar[str] = "c = c + c_pre"
    on_output_spike: ClassVar[str] = "c = c + c_post"
    each_step: ClassVar[str] = """
        above_p = clip(tau_ca*log(clip(c/theta_p, 1, 1e9))/second, 0, dt/second)
        above_d = clip(tau_ca*log(clip(c/theta_d, 1, 1e9))/second, 0, dt/second)
        both = clip(above_p, 0, above_d)
        middle = w_max*gamma_p/(gamma_p + gamma_d)
        w = middle + (w - middle)*exp(-(gamma_p + gamma_d)*both*second/tau)
        w = w_max - (w_max - w)*exp(-gamma_p*(above_p - both)*second/tau)
        w = w*exp(-gamma_d*(above_d - both)*second/tau)
        c = c*exp(-dt/tau_ca)
    """
    opening: ClassVar[Opening] = Opening(
        "pair-window",
        "Weight change by 60 pairs, with the published delay of calcium.",
        {"pairs": 60},
        {"delay": 13.7},
    )
    in_digit_network: ClassVar[str] = "runs with delay 0; a variable and the time of its last change for each synapse"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "dp": _published(20.0, 1.0, 2.0, 200.0, 321.808, 150.0, 13.7),
        "dpd": _published(20.0, 0.9, 0.9, 250.0, 550.0, 150.0, 4.6),
        "dpd-prime": _published(20.0, 1.0, 2.0, 50.0, 600.0, 150.0, 2.2, theta_p=2.5),
        "p": _published(20.0, 2.0, 2.0, 160.0, 257.447, 150.0, 0.0),
        "d": _published(20.0, 0.6, 0.6, 500.0, 550.0, 150.0, 0.0),
        "d-prime": _published(20.0, 1.0, 2.0, 60.0, 600.0, 150.0, 0.0, theta_p=3.5),
        "hippocampal-slices": _published(48.8373, 1.0, 0.275865, 313.0965, 1645.59, 688.355, 18.8008),
        "hippocampal-cultures": _published(11.9536, 0.58156, 1.76444, 61.141, 113.6545, 33.7596, 10.0),
        "cortical-slices": _published(22.6936, 0.5617539, 1.23964, 331.909, 725.085, 346.3615, 4.6098),
    }
