"""Leaky integrate-and-fire neuron with conductances: Diehl & Cook's inhibitory layer, and classical networks."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.neurons._background import BackgroundNeuron


class LIF(BackgroundNeuron):
    r"""Conductance-based leaky integrate-and-fire neuron.

    .. math::

        \tau_m\, dv/dt = (v_{rest} - v) + g_e (E_{exc} - v) + g_i (E_{inh} - v) + I_{background}/g_L

    with :math:`g_e` and :math:`g_i` in units of the leak :math:`g_L`: a weight of 0.3 with a leak of 10 nS is 3 nS.
    :math:`g_L` is only used for this ratio. Source: Diehl & Cook (2015), section 2.1, and released code; the
    lockout of 2 ms is our interpretation of how Brian 1 treats it. The preset ``vogels-2011`` is the neuron of Vogels
    et al. (2011), with the background current of 200 pA in Brian2's example of this paper; ``song-2000`` is that of
    Song, Miller & Abbott (2000), without a refractory period.
    """

    kind: Literal["lif"] = "lif"

    summary: ClassVar[str] = "Leaky integrate-and-fire with conductances"
    reference: ClassVar[str] = "Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"
    equations: ClassVar[str] = """
        dv/dt  = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v) + I_background/g_L)/tau_m   (held while refractory)
        dge/dt = -ge/tau_ge
        dgi/dt = -gi/tau_gi
        spike  : v > v_thresh
        reset  : v = v_reset
    """
