"""Base of leaky integrate-and-fire neurons with conductances, background current and constant threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons._conductance import ConductanceNeuron

_ADDED = ("I_background", "g_L")


class BackgroundNeuron(ConductanceNeuron):
    """Parameters and time step of a conductance-based neuron with a constant background current."""

    v_rest: float = parameter(-60.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-45.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-40.0, unit="mV", help="Firing threshold.")
    tau_m: float = parameter(10.0, unit="ms", gt=0, help="Membrane time constant.")
    t_ref: float = parameter(2.0, unit="ms", ge=0, help="Refractory period, during which v is held.")
    E_exc: float = parameter(0.0, unit="mV", help="Reversal potential of excitation.")
    E_inh: float = parameter(-85.0, unit="mV", help="Reversal potential of inhibition.")
    I_background: float = parameter(0.0, unit="pA", help="Constant background current.")
    g_L: float = parameter(10.0, unit="nS", gt=0, help="Leak conductance; only matters with a background current.")

    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_ref)
        free = int(lockout < 0.5*dt)
        g = 1 + ge + gi
        v_inf = (v_rest + I_background/g_L + ge*E_exc + gi*E_inh)/g
        v = free*(v_inf + (v - v_inf)*exp(-dt*g/tau_m)) + (1 - free)*v
    """
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vogels-2011": {
            "v_rest": -60.0,
            "v_reset": -60.0,
            "v_thresh": -50.0,
            "tau_m": 20.0,
            "t_ref": 5.0,
            "E_exc": 0.0,
            "E_inh": -80.0,
            "tau_ge": 5.0,
            "tau_gi": 10.0,
            "I_background": 200.0,
            "g_L": 10.0,
        },
        "song-2000": {
            "v_rest": -70.0,
            "v_reset": -60.0,
            "v_thresh": -54.0,
            "tau_m": 20.0,
            "t_ref": 0.0,
            "E_exc": 0.0,
            "E_inh": -70.0,
            "tau_ge": 5.0,
            "tau_gi": 5.0,
        },
    }

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without `I_background` and `g_L` if they have their defaults."""
        mapping = super().to_mapping()
        for name in _ADDED:
            if getattr(self, name) == type(self).model_fields[name].default:
                del mapping[name]
        return mapping
