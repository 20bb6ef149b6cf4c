"""Leaky integrate-and-fire neuron with exponential synaptic currents."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.neurons._current import CurrentNeuron
from stdpbench.kinds.neurons.base import Variable


class LIFCurrent(CurrentNeuron):
    r"""Leaky integrate-and-fire neuron with synaptic currents that jump and decay.

    .. math::

        \tau_m\, dv/dt &= (v_{rest} - v) + (I_{exc} - I_{inh} + I_{background})/g_L \\
        \tau_{exc}\, dI_{exc}/dt &= -I_{exc}, \qquad \tau_{inh}\, dI_{inh}/dt = -I_{inh}

    A spike adds its weight, in pA, to I_exc or I_inh; weights of both are positive. With :math:`P = e^{-dt/\tau_m}`
    and :math:`x = dt/\tau_m - dt/\tau_{exc}`, a step is :math:`v \leftarrow v_\infty + (v - v_\infty) P + P\,
    (dt/\tau_m)\, (e^x - 1)/x\; I_{exc}/g_L - \dots`, which is exact, also if both time constants are equal.
    Defaults are those of NEST's ``iaf_psc_exp``, whose capacitance of 250 pF is 25 nS times 10 ms. Source: Rotter &
    Diesmann (1999).
    """

    kind: Literal["lif-current"] = "lif-current"

    summary: ClassVar[str] = "Leaky integrate-and-fire with exponential synaptic currents, stepped exactly"
    reference: ClassVar[str] = "Rotter & Diesmann 1999, doi:10.1007/s004220050570"
    equations: ClassVar[str] = """
        dv/dt     = ((v_rest - v) + (I_exc - I_inh + I_background)/g_L)/tau_m   (held while refractory)
        dI_exc/dt = -I_exc/tau_exc
        dI_inh/dt = -I_inh/tau_inh
        spike     : v > v_thresh
        reset     : v = v_reset
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt", "v_rest"),
        Variable("I_exc", "1"),
        Variable("I_inh", "1"),
        Variable("lockout", "second"),
    )
    receptors: ClassVar[tuple[str, ...] | None] = ("I_exc", "I_inh")
    inhibitory: ClassVar[tuple[str, ...] | None] = ("I_inh",)
    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_ref)
        free = int(lockout < 0.5*dt)
        kept = exp(-dt/tau_m)
        from_exc = kept*dt/tau_m*exprel(dt/tau_m - dt/tau_exc)*pA/g_L
        from_inh = kept*dt/tau_m*exprel(dt/tau_m - dt/tau_inh)*pA/g_L
        v_inf = v_rest + I_background/g_L
        v = free*(v_inf + (v - v_inf)*kept + from_exc*I_exc - from_inh*I_inh) + (1 - free)*v
        I_exc = I_exc*exp(-dt/tau_exc)
        I_inh = I_inh*exp(-dt/tau_inh)
    """
