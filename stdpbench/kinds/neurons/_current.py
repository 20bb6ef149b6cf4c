"""Base of leaky integrate-and-fire neurons with synaptic currents."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron


class CurrentNeuron(Neuron):
    """Parameters, threshold and reset of a leaky integrate-and-fire neuron with two synaptic currents.

    The equations are linear between spikes, and a step is their exact solution, so traces do not depend on the time
    step; only spike times are rounded to it. During the refractory period v is held, while the currents decay;
    ``lockout`` is its remaining time, in whole steps.
    """

    v_rest: float = parameter(-70.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-70.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-55.0, unit="mV", help="Firing threshold.")
    tau_m: float = parameter(10.0, unit="ms", gt=0, help="Membrane time constant.")
    g_L: float = parameter(25.0, unit="nS", gt=0, help="Leak conductance; with tau_m, it gives the capacitance.")
    t_ref: float = parameter(2.0, unit="ms", ge=0, help="Refractory period, during which v is held.")
    tau_exc: float = parameter(2.0, unit="ms", gt=0, help="Time constant of the excitatory current.")
    tau_inh: float = parameter(2.0, unit="ms", gt=0, help="Time constant of the inhibitory current.")
    I_background: float = parameter(0.0, unit="pA", help="Constant background current.")

    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    threshold: ClassVar[str] = "v > v_thresh and lockout < 0.5*dt"
    reset: ClassVar[str] = """
        v = v_reset
        lockout = t_ref
    """
    in_digit_network: ClassVar[str] = (
        "does not run there, where spikes add to ge and gi; it runs in networks that are spelled out"
    )
