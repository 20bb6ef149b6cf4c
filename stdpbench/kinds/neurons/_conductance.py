"""Base of the conductance-based leaky integrate-and-fire neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron, Variable


class ConductanceNeuron(Neuron):
    """Parameters and time step of a leaky integrate-and-fire neuron with two conductances.

    The step is exponential Euler: the equation for v is solved exactly for constant conductances, which is stable for
    conductances of any size. Forward Euler is not: at dt = 0.5 ms it overshoots once gi * dt / tau_m > 2. During the
    refractory period v is held; ``lockout`` is its remaining time, in whole steps.
    """

    v_rest: float
    v_reset: float
    v_thresh: float
    tau_m: float
    t_ref: float
    E_exc: float
    E_inh: float
    tau_ge: float = parameter(1.0, unit="ms", gt=0, help="Time constant of the excitatory conductance.")
    tau_gi: float = parameter(2.0, unit="ms", gt=0, help="Time constant of the inhibitory conductance.")

    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt", "v_rest"),
        Variable("ge", "1"),
        Variable("gi", "1"),
        Variable("lockout", "second"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = (("ge", "tau_ge"), ("gi", "tau_gi"))
    reversals: ClassVar[Mapping[str, str]] = {"ge": "E_exc", "gi": "E_inh"}
    """Parameter with the reversal potential of each receptor."""
    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_ref)
        free = int(lockout < 0.5*dt)
        g = 1 + ge + gi
        v_inf = (v_rest + ge*E_exc + gi*E_inh)/g
        v = free*(v_inf + (v - v_inf)*exp(-dt*g/tau_m)) + (1 - free)*v
    """
    threshold: ClassVar[str] = "v > v_thresh and lockout < 0.5*dt"
    reset: ClassVar[str] = """
        v = v_reset
        lockout = t_ref
    """

    def inhibits(self, receptor: str) -> bool | None:
        """Return whether the reversal potential of a receptor lies below the threshold; None: no such receptor."""
        reversal = self.reversals.get(receptor)
        return None if reversal is None else bool(getattr(self, reversal) < self.v_thresh)
