"""The excitatory neuron of Diehl & Cook: a leaky integrate-and-fire neuron whose threshold rises with every spike."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.neurons._conductance import ConductanceNeuron
from stdpbench.neurons.base import Variable
from stdpbench.parameters import parameter


class AdaptiveLIF(ConductanceNeuron):
    r"""Conductance-based leaky integrate-and-fire neuron with adaptive threshold (homeostasis).

    .. math::

        \tau_m\, dv/dt &= (v_{rest} - v) + g_e (E_{exc} - v) + g_i (E_{inh} - v) \\
        \tau_\theta\, d\theta/dt &= -\theta

    and a spike where :math:`v > v_{thresh} - offset + \theta`, which adds :math:`\theta_{plus}`. The decay of theta
    is applied once per presentation, for all of its time at once: within one presentation it is some 1e-4 of theta.
    Source: Diehl & Cook (2015), section 2.2, and released code; the 5 ms of lock-out are our reading of how Brian 1
    treats it.
    """

    kind: Literal["adaptive-lif"] = "adaptive-lif"
    v_rest: float = parameter(-65.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-65.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-52.0, unit="mV", help="Firing threshold at theta = offset.")
    tau_m: float = parameter(100.0, unit="ms", gt=0, help="Membrane time constant.")
    t_ref: float = parameter(5.0, unit="ms", ge=0, help="Time after a spike during which v is held.")
    E_exc: float = parameter(0.0, unit="mV", help="Reversal potential of excitation.")
    E_inh: float = parameter(-100.0, unit="mV", help="Reversal potential of inhibition.")
    theta_start: float = parameter(20.0, unit="mV", ge=0, structural=True, help="theta of an untrained neuron.")
    theta_offset: float = parameter(20.0, unit="mV", help="What is taken off the threshold.")
    theta_plus: float = parameter(0.05, unit="mV", ge=0, help="What a spike adds to theta in training.")
    tau_theta: float = parameter(1e7, unit="ms", gt=0, help="Decay of theta in training; belongs to n_exc.")

    summary: ClassVar[str] = "Leaky integrate-and-fire with conductances and adaptive threshold"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"
    equations: ClassVar[str] = """
        dv/dt     = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v))/tau_m   (held while refractory)
        dge/dt    = -ge/tau_ge
        dgi/dt    = -gi/tau_gi
        dtheta/dt = -theta/tau_theta                                         (training only)
        spike     : v > v_thresh - theta_offset + theta
        reset     : v = v_reset; theta += theta_plus                         (theta: training only)
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        *ConductanceNeuron.variables,
        Variable("theta", "volt", "theta_start", slow=True),
    )
    learning: ClassVar[tuple[str, ...]] = ("theta_plus",)
    threshold: ClassVar[str] = "v > v_thresh - theta_offset + theta and lockout < 0.5*dt"
    reset: ClassVar[str] = """
        v = v_reset
        lockout = t_ref
        theta += theta_plus
    """
