"""Adaptive exponential neuron of Clopath et al., for their voltage-based rule."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron, Variable


class AdEx(Neuron):
    r"""Adaptive exponential integrate-and-fire neuron with a spike of finite width and an afterdepolarisation.

    .. math::

        C\, dv/dt &= -g_L (v - E_L) + g_L \Delta_T\, e^{(v - V_T)/\Delta_T} - w_{ad} + z + I \\
        \tau_w\, dw_{ad}/dt &= a (v - E_L) - w_{ad} \\
        \tau_z\, dz/dt &= -z, \qquad \tau_{V_T}\, dV_T/dt = -(V_T - V_{T,rest})

    A spike begins when v exceeds ``v_peak``. The upstroke is too steep for usual time steps, but a voltage-based rule
    depends on its area. The authors integrated it once with fine steps, and hold v during a spike so that the area is
    the same: at ``v_spike`` for the first half of ``t_spike``, at ``v_spike + v_late`` for the second. Then v is set
    to ``v_reset``, w_ad is incremented by ``b``, z is set to ``I_sp`` and V_T to ``V_Tmax``. w_ad is held during the
    spike. All equations take forward Euler steps, as in the authors' released code (1 ms there).

    Values are those printed in the paper; those of the spike are from the released code (ModelDB 144566). That code
    has currents in pA and adds ``b = 0.0805``, a thousandth of the 0.0805 nA printed in the paper. docs/validation.md
    compares both. Source: Clopath, Büsing, Vasilaki & Gerstner (2010); Brette & Gerstner (2005).
    """

    kind: Literal["adex"] = "adex"
    C: float = parameter(281.0, unit="pF", gt=0, help="Membrane capacitance.")
    g_L: float = parameter(30.0, unit="nS", gt=0, help="Leak conductance.")
    E_L: float = parameter(-70.6, unit="mV", help="Resting potential.")
    Delta_T: float = parameter(2.0, unit="mV", gt=0, help="Δ_T: slope factor of spike onset.")
    V_Trest: float = parameter(-50.4, unit="mV", help="Threshold V_T at rest.")
    V_Tmax: float = parameter(-30.4, unit="mV", help="Threshold V_T right after a spike.")
    tau_VT: float = parameter(50.0, unit="ms", gt=0, help="Time constant of the threshold V_T.")
    tau_w: float = parameter(144.0, unit="ms", gt=0, help="Time constant of the adaptation current w_ad.")
    a: float = parameter(4.0, unit="nS", help="Adaptation below threshold.")
    b: float = parameter(80.5, unit="pA", help="Increment of w_ad per spike; 0.0805 nA in the paper.")
    I_sp: float = parameter(400.0, unit="pA", help="Afterdepolarising current z right after a spike.")
    tau_z: float = parameter(40.0, unit="ms", gt=0, help="Time constant of the afterdepolarising current z.")
    v_peak: float = parameter(20.0, unit="mV", help="Potential at which a spike begins.")
    v_spike: float = parameter(29.4, unit="mV", help="Potential in the first half of a spike.")
    v_late: float = parameter(3.462, unit="mV", help="Increment of the potential in the second half of a spike.")
    t_spike: float = parameter(2.0, unit="ms", gt=0, help="Width of a spike.")
    v_reset: float = parameter(-49.5016, unit="mV", help="Potential right after a spike.")

    summary: ClassVar[str] = (
        "Adaptive exponential integrate-and-fire with spikes of finite width and afterdepolarisation"
    )
    reference: ClassVar[str] = "Clopath, Büsing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479"
    equations: ClassVar[str] = """
        C dv/dt    = -g_L*(v - E_L) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w_ad + z + I
        dw_ad/dt   = (a*(v - E_L) - w_ad)/tau_w                     (held during a spike)
        dz/dt      = -z/tau_z
        dV_T/dt    = -(V_T - V_Trest)/tau_VT
        spike      : v > v_peak; v is held at v_spike for t_spike/2, then at v_spike + v_late
        reset      : v = v_reset; w_ad += b; z = I_sp; V_T = V_Tmax   (t_spike after the spike began)
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt", "E_L"),
        Variable("w_ad", "amp"),
        Variable("z", "amp"),
        Variable("V_T", "volt", "V_Trest"),
        Variable("hold", "second"),
        Variable("I", "amp"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    update: ClassVar[str] = """
        held = int(hold > 1.5*dt)
        ended = int(hold > 0.5*dt)*(1 - held)
        v = ended*v_reset + (1 - ended)*v
        w_ad = w_ad + ended*b
        z = ended*I_sp + (1 - ended)*z
        V_T = ended*V_Tmax + (1 - ended)*V_T
        moved = v + dt/C*(g_L*Delta_T*exp((v - V_T)/Delta_T) - g_L*(v - E_L) - w_ad + z + I)
        begun = int(moved > v_peak)*(1 - held)
        w_ad = w_ad + (1 - held)*dt/tau_w*(a*(v - E_L) - w_ad)
        z = z - dt/tau_z*z
        V_T = V_T + dt/tau_VT*(V_Trest - V_T)
        hold = begun*t_spike + (1 - begun)*clip(hold - dt, 0*second, t_spike)
        high = v_spike + v_late*int(hold < 0.5*t_spike + 0.5*dt)
        v = clip(begun + held, 0, 1)*high + (1 - clip(begun + held, 0, 1))*moved
    """
    threshold: ClassVar[str] = "hold > t_spike - 0.5*dt"
    reset: ClassVar[str] = ""
    injected: ClassVar[str] = "I"
    in_digit_network: ClassVar[str] = (
        "does not run there: it is driven by a current that protocols of the laboratory inject, and has no "
        "conductances for synapses"
    )
    runs_in_digit_network: ClassVar[bool] = False
