"""Simple model of Izhikevich."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron, Variable


def _firing(a: float, b: float, c: float, d: float) -> Mapping[str, Any]:
    return {"a": a, "b": b, "c": c, "d": d}


class Izhikevich(Neuron):
    r"""Quadratic neuron with a recovery variable, which reproduces most firing patterns of cortical neurons.

    .. math::

        dv/dt &= 0.04\, v^2 + 5 v + 140 - u + I_{background} + I \\
        du/dt &= a (b v - u)

    with v in mV, time in ms, and u and I in mV/ms, as in the paper. A spike occurs where v reaches ``v_peak``; then v
    is set to ``c`` and u is incremented by ``d``. A step is that of the author's code: two forward Euler steps of dt/2
    for v with u held, then one step of dt for u with the new v. The published dt is 1 ms; another dt gives other spike
    times.

    A synapse has no time course: spikes that arrive in a step add their weights, which are positive, to I_exc or
    I_inh. These act in the next step, changing v by :math:`I_{exc} - I_{inh}` in mV, and are then set to 0: the input
    I of the equation is their difference divided by dt in ms. In the author's code, spikes that act in the next step
    have a delay of 1 ms; here it is 0, so the published delays of 1 to 20 ms are 0 to 19 ms here. Source: Izhikevich
    (2003), figure 1 and code; Izhikevich (2006), code.
    """

    kind: Literal["izhikevich"] = "izhikevich"
    a: float = parameter(0.02, unit="", gt=0, help="Rate of the recovery u, in 1/ms.")
    b: float = parameter(0.2, unit="", help="Coupling of the recovery u to v, in 1/ms.")
    c: float = parameter(-65.0, unit="mV", help="Membrane potential right after a spike.")
    d: float = parameter(8.0, unit="", help="Increment of the recovery u per spike, in mV/ms.")
    v_peak: float = parameter(30.0, unit="mV", help="Potential at which a spike ends.")
    v_start: float = parameter(-65.0, unit="mV", structural=True, help="Potential in the reset state.")
    u_start: float | None = parameter(
        None, unit="", structural=True, help="Recovery u in the reset state, in mV/ms; none: b*v_start."
    )
    I_background: float = parameter(0.0, unit="", help="Constant background input, in mV/ms.")

    summary: ClassVar[str] = "Simple model of Izhikevich: regular spiking, fast spiking, bursting"
    reference: ClassVar[str] = "Izhikevich 2003, doi:10.1109/TNN.2003.820440"
    equations: ClassVar[str] = """
        dv/dt = 0.04*v**2 + 5*v + 140 - u + I_background + I   (v in mV, t in ms)
        du/dt = a*(b*v - u)
        spike : v >= v_peak
        reset : v = c; u += d
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt", "v_start"),
        Variable("u", "1", "u_start"),
        Variable("I_exc", "1"),
        Variable("I_inh", "1"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    receptors: ClassVar[tuple[str, ...] | None] = ("I_exc", "I_inh")
    inhibitory: ClassVar[tuple[str, ...] | None] = ("I_inh",)
    update: ClassVar[str] = """
        drive = 140 + I_background + (I_exc - I_inh)*(ms/dt)
        v_0 = v/mV
        v_half = v_0 + 0.5*dt/ms*((0.04*v_0 + 5)*v_0 + drive - u)
        v_full = v_half + 0.5*dt/ms*((0.04*v_half + 5)*v_half + drive - u)
        u = u + dt/ms*a*(b*v_full - u)
        v = v_full*mV
        I_exc = 0
        I_inh = 0
    """
    threshold: ClassVar[str] = "v >= v_peak"
    reset: ClassVar[str] = """
        v = c
        u += d
    """
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "regular-spiking": _firing(0.02, 0.2, -65.0, 8.0),
        "intrinsically-bursting": _firing(0.02, 0.2, -55.0, 4.0),
        "chattering": _firing(0.02, 0.2, -50.0, 2.0),
        "fast-spiking": _firing(0.1, 0.2, -65.0, 2.0),
        "low-threshold-spiking": _firing(0.02, 0.25, -65.0, 2.0),
    }
    in_digit_network: ClassVar[str] = (
        "does not run there, where spikes add to ge and gi; it runs in networks that are spelled out"
    )

    def quantities(self) -> dict[str, float]:
        """Return all parameters with a unit, in SI base units; the default of `u_start` is b*v_start."""
        values = super().quantities()
        return {"u_start": self.b * self.v_start, **values}
