"""Base of neurons with conductances and an adaptive threshold."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons._conductance import ConductanceNeuron
from stdpbench.kinds.neurons.base import Variable


class AdaptiveNeuron(ConductanceNeuron):
    """Parameters, threshold and reset of a conductance-based neuron whose threshold theta rises with every spike."""

    v_rest: float = parameter(-65.0, unit="mV", help="Resting potential.")
    v_reset: float = parameter(-65.0, unit="mV", help="Membrane potential right after a spike.")
    v_thresh: float = parameter(-52.0, unit="mV", help="Firing threshold at theta = offset.")
    tau_m: float = parameter(100.0, unit="ms", gt=0, help="Membrane time constant.")
    t_ref: float = parameter(5.0, unit="ms", ge=0, help="Refractory period, during which v is held.")
    E_exc: float = parameter(0.0, unit="mV", help="Reversal potential of excitation.")
    E_inh: float = parameter(-100.0, unit="mV", help="Reversal potential of inhibition.")
    theta_start: float = parameter(20.0, unit="mV", ge=0, structural=True, help="theta of an untrained neuron.")
    theta_offset: float = parameter(20.0, unit="mV", help="Offset that is subtracted from the threshold.")
    theta_plus: float = parameter(0.05, unit="mV", ge=0, help="Increment of theta per spike in training.")
    tau_theta: float = parameter(
        1e7, unit="ms", gt=0, help="Time constant of theta in training; tuned together with n_exc."
    )

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
