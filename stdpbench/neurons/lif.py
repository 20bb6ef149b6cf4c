"""The leaky integrate-and-fire neuron of the inhibitory layer."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.neurons._conductance import ConductanceNeuron
from stdpbench.parameters import parameter


class LIF(ConductanceNeuron):
    r"""Conductance-based leaky integrate-and-fire neuron.

    .. math::

        \tau_m\, dv/dt = (v_{rest} - v) + g_e (E_{exc} - v) + g_i (E_{inh} - v)

    with :math:`g_e` and :math:`g_i` in units of the leak. Source: Diehl & Cook (2015), section 2.1, and released
    code; the lockout of 2 ms is our interpretation of how Brian 1 treats it.
    """

    kind: Literal["lif"] = "lif"
    v_rest: float = parameter(-60.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-45.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-40.0, unit="mV", help="Firing threshold.")
    tau_m: float = parameter(10.0, unit="ms", gt=0, help="Membrane time constant.")
    t_ref: float = parameter(2.0, unit="ms", ge=0, help="Refractory period, during which v is held.")
    E_exc: float = parameter(0.0, unit="mV", help="Reversal potential of excitation.")
    E_inh: float = parameter(-85.0, unit="mV", help="Reversal potential of inhibition.")

    summary: ClassVar[str] = "Leaky integrate-and-fire with conductances"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"
    equations: ClassVar[str] = """
        dv/dt  = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v))/tau_m   (held while refractory)
        dge/dt = -ge/tau_ge
        dgi/dt = -gi/tau_gi
        spike  : v > v_thresh
        reset  : v = v_reset
    """
