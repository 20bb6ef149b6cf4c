"""The excitatory neuron of Diehl & Cook: a leaky integrate-and-fire neuron whose threshold rises with every spike."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.neurons._adaptive import AdaptiveNeuron


class AdaptiveLIF(AdaptiveNeuron):
    r"""Conductance-based leaky integrate-and-fire neuron with adaptive threshold (homeostasis).

    .. math::

        \tau_m\, dv/dt &= (v_{rest} - v) + g_e (E_{exc} - v) + g_i (E_{inh} - v) \\
        \tau_\theta\, d\theta/dt &= -\theta

    with a spike when :math:`v > v_{thresh} - offset + \theta`, which adds :math:`\theta_{plus}` to theta. The decay
    of theta is applied once per presentation, for its whole duration: it is about 1e-4 of theta per presentation.
    Source: Diehl & Cook (2015), sections 2.1 and 2.4, and released code; the lockout of 5 ms is our interpretation of
    how Brian 1 treats it.
    """

    kind: Literal["adaptive-lif"] = "adaptive-lif"

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
