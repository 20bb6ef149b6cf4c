"""Excitatory neuron of well-known ports of Diehl & Cook's code, which suppress spikes for 50 ms."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons._adaptive import AdaptiveNeuron


class AdaptiveLIFLockout(AdaptiveNeuron):
    r"""Like ``adaptive-lif``, but without spikes within ``t_lockout`` after a spike; v is held for ``t_ref`` only.

    The authors' Brian 1 script has a timer in addition to the refractory period, which must exceed 5 ms before the
    next spike. It counts in units that Brian 1 does not check and has no effect there. Ports to Brian2 wrote it as
    :math:`d\,timer/dt = 0.1`, so that 5 ms on the timer are 50 ms of time. v evolves meanwhile, and a neuron whose v
    exceeds the threshold at the end of the 50 ms fires immediately. With ``t_lockout = t_ref`` this equals
    ``adaptive-lif`` bit for bit.
    """

    kind: Literal["adaptive-lif-lockout"] = "adaptive-lif-lockout"
    t_lockout: float = parameter(50.0, unit="ms", ge=0, help="Minimum time between two spikes; at least t_ref.")

    summary: ClassVar[str] = "adaptive-lif without spikes for 50 ms after a spike while v evolves; for ablations"
    reference: ClassVar[str] = "frompapers/Diehl_Cook_2015.py of Brian2's examples, and other ports"
    equations: ClassVar[str] = """
        dv/dt     = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v))/tau_m   (held for t_ref after a spike)
        dge/dt    = -ge/tau_ge
        dgi/dt    = -gi/tau_gi
        dtheta/dt = -theta/tau_theta                                         (training only)
        spike     : v > v_thresh - theta_offset + theta, and t_lockout since the last spike
        reset     : v = v_reset; theta += theta_plus                         (theta: training only)
    """
    update: ClassVar[str] = """
        lockout = clip(lockout - dt, 0*second, t_lockout)
        free = int(lockout < t_lockout - t_ref + 0.5*dt)
        g = 1 + ge + gi
        v_inf = (v_rest + ge*E_exc + gi*E_inh)/g
        v = free*(v_inf + (v - v_inf)*exp(-dt*g/tau_m)) + (1 - free)*v
    """
    reset: ClassVar[str] = """
        v = v_reset
        lockout = t_lockout
        theta += theta_plus
    """

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.t_lockout < self.t_ref:
            raise ValueError(f"t_lockout ({self.t_lockout:g} ms) must be at least t_ref ({self.t_ref:g} ms)")
        return self
