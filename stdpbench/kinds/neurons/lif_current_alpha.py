"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.neurons._current import CurrentNeuron
from stdpbench.kinds.neurons.base import Variable

_STEP = """
        apart_{side} = dt/tau_m - dt/tau_{side}
        near_{side} = int(abs(apart_{side}) < 1e-4)
        closed_{side} = (exp(apart_{side}) - exprel(apart_{side}))/(apart_{side} + near_{side})
        series_{side} = 0.5 + apart_{side}/3 + apart_{side}**2/8
        risen_{side} = (1 - near_{side})*closed_{side} + near_{side}*series_{side}
        gain_{side} = kept*dt/tau_m*pA/g_L
        from_{side} = gain_{side}*exprel(apart_{side})
        from_{side}_rise = gain_{side}*exp(1)*dt/tau_{side}*risen_{side}
"""


class LIFCurrentAlpha(CurrentNeuron):
    r"""Like ``lif-current``, with synaptic currents that rise before they decay.

    .. math::

        \tau_m\, dv/dt &= (v_{rest} - v) + (I_{exc} - I_{inh} + I_{background})/g_L \\
        I(t) &= \sum_f w\, \frac{t - t_f}{\tau}\, e^{1 - (t - t_f)/\tau}

    for each of the two currents, so that the weight w, in pA, is the maximum of the current, reached :math:`\tau`
    after the spike; weights of both are positive. Spikes add to ``I_exc_rise`` and ``I_inh_rise``, with
    :math:`\tau\, dI/dt = e\, I_{rise} - I` and :math:`\tau\, dI_{rise}/dt = -I_{rise}`. A step is exact, also if
    :math:`\tau` and :math:`\tau_m` are equal. Defaults are those of NEST's ``iaf_psc_alpha``, whose capacitance of
    250 pF is 25 nS times 10 ms. Source: Rotter & Diesmann (1999).
    """

    kind: Literal["lif-current-alpha"] = "lif-current-alpha"

    summary: ClassVar[str] = "Leaky integrate-and-fire with alpha-shaped synaptic currents, stepped exactly"
    reference: ClassVar[str] = "Rotter & Diesmann 1999, doi:10.1007/s004220050570"
    equations: ClassVar[str] = """
        dv/dt          = ((v_rest - v) + (I_exc - I_inh + I_background)/g_L)/tau_m   (held while refractory)
        dI_exc/dt      = (e*I_exc_rise - I_exc)/tau_exc
        dI_exc_rise/dt = -I_exc_rise/tau_exc
        dI_inh/dt      = (e*I_inh_rise - I_inh)/tau_inh
        dI_inh_rise/dt = -I_inh_rise/tau_inh
        spike          : v > v_thresh
        reset          : v = v_reset
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt", "v_rest"),
        Variable("I_exc", "1"),
        Variable("I_inh", "1"),
        Variable("I_exc_rise", "1"),
        Variable("I_inh_rise", "1"),
        Variable("lockout", "second"),
    )
    receptors: ClassVar[tuple[str, ...] | None] = ("I_exc_rise", "I_inh_rise")
    inhibitory: ClassVar[tuple[str, ...] | None] = ("I_inh_rise",)
    update: ClassVar[str] = f"""
        lockout = clip(lockout - dt, 0*second, t_ref)
        free = int(lockout < 0.5*dt)
        kept = exp(-dt/tau_m)
        {_STEP.format(side="exc").strip()}
        {_STEP.format(side="inh").strip()}
        v_inf = v_rest + I_background/g_L
        excited = from_exc*I_exc + from_exc_rise*I_exc_rise
        inhibited = from_inh*I_inh + from_inh_rise*I_inh_rise
        v = free*(v_inf + (v - v_inf)*kept + excited - inhibited) + (1 - free)*v
        I_exc = exp(-dt/tau_exc)*(I_exc + exp(1)*dt/tau_exc*I_exc_rise)
        I_exc_rise = exp(-dt/tau_exc)*I_exc_rise
        I_inh = exp(-dt/tau_inh)*(I_inh + exp(1)*dt/tau_inh*I_inh_rise)
        I_inh_rise = exp(-dt/tau_inh)*I_inh_rise
    """
