"""Discrete leaky integrate-and-fire neuron with adaptive threshold."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons._discrete import DiscreteNeuron
from stdpbench.kinds.neurons.base import Variable


class AdaptiveLIFDiscrete(DiscreteNeuron):
    r"""Like ``lif-discrete``, with the adaptive threshold (homeostasis) of ``adaptive-lif``.

    .. math::

        V(t+1) &= \beta\, V(t) + \sum_i w_i S_i(t) + I(t) - R(t) \\
        S(t) &= 1 \text{ where } V(t) > V_{thresh} + \theta(t), \text{ else } 0

    A spike adds :math:`\theta_{plus}` to theta, which decays with the time constant :math:`\tau_\theta`: by the
    factor :math:`e^{-dt/\tau_\theta}` per step, applied once per presentation for its whole duration, or in each step
    of a stream. The reset ``subtract`` without v_reset subtracts the threshold, including theta at the time of the
    reset: before its increment if the reset acts in the same step, after it if in the next.

    Defaults suit the template ``diehl-cook`` with dt = 0.5 ms: a spike of a weight of 1 raises the potential of
    ``adaptive-lif`` by about 0.65 mV and that of this neuron by 1, so that its threshold of 13 mV above rest is 20
    here, 5 ms are 10 steps, and theta_plus of 0.05 mV is 0.08.
    """

    kind: Literal["adaptive-lif-discrete"] = "adaptive-lif-discrete"
    tau_m: float = parameter(100.0, unit="ms", gt=0, help="Time constant of the potential; unused if beta is given.")
    v_thresh: float = parameter(20.0, unit="", help="Firing threshold at theta = 0, exceeded by a spike.")
    reset_mechanism: Literal["subtract", "zero", "to-value"] = parameter(
        "zero",
        structural=True,
        help="Effect of a spike on the potential: subtract v_reset, set it to 0, or set it to v_reset.",
    )
    refractory_steps: int = parameter(
        10, unit="", ge=0, le=1_000_000, help="Steps after a spike in which the potential is held and input is lost."
    )
    theta_start: float = parameter(0.0, unit="", ge=0, structural=True, help="theta of an untrained neuron.")
    theta_plus: float = parameter(0.08, unit="", ge=0, help="Increment of theta per spike in training.")
    tau_theta: float = parameter(
        1e7, unit="ms", gt=0, help="Time constant of theta in training; tuned together with n_exc."
    )

    summary: ClassVar[str] = "Leaky integrate-and-fire as a difference equation with adaptive threshold, without units"
    reference: ClassVar[str] = "the neuron lif-discrete with theta of Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"
    equations: ClassVar[str] = """
        V(t+1) = beta*V(t) + I_exc(t) - I_inh(t) + I_background - R(t)   (held while refractory)
        I_exc, I_inh : sums of the weights of spikes that arrive in step t
        beta   = exp(-dt/tau_m), or given
        theta(t+1) = exp(-dt/tau_theta)*theta(t)                         (training only)
        spike  : V > v_thresh + theta
        reset  : V = 0; or subtract v_reset (or the threshold); or V = v_reset; at once, or in the next step
                 theta += theta_plus                                     (training only)
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        *DiscreteNeuron.variables,
        Variable("theta", "1", "theta_start", slow=True),
    )
    learning: ClassVar[tuple[str, ...]] = ("theta_plus",)
    limit: ClassVar[str] = "v_thresh + theta"
    after_reset: ClassVar[str] = "theta += theta_plus"
