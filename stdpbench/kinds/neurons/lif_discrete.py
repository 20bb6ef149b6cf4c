"""Discrete leaky integrate-and-fire neuron of textbooks, networks trained by gradients, and hardware."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.kinds.neurons._discrete import DiscreteNeuron


class LIFDiscrete(DiscreteNeuron):
    r"""Leaky integrate-and-fire neuron as a difference equation, without units: one step per ``network.dt``.

    .. math::

        V(t+1) &= \beta\, V(t) + \sum_i w_i S_i(t) + I(t) - R(t) \\
        S(t) &= 1 \text{ where } V(t) > V_{thresh}, \text{ else } 0

    S_i is 1 in the step in which a spike arrives, so spikes act in the next step. Weights are positive at both
    receptors; those at I_inh are subtracted. :math:`\beta = e^{-dt/\tau_m}` unless beta is set. The reset R of a
    spike, at once or in the next step:

    =============  =================================  ====================================================
    mechanism      in the same step                   in the next step
    =============  =================================  ====================================================
    ``subtract``   V(t) is lowered by the amount      R(t) is the amount times S(t), as in the equation
    ``zero``       V(t) is set to 0                   V(t) counts as 0 in the equation
    ``to-value``   V(t) is set to v_reset             V(t) counts as v_reset in the equation
    =============  =================================  ====================================================

    The amount is v_reset or, if that is not set, the threshold. ``zero`` and ``to-value`` give the same spikes with
    both steps; with the next step, the recorded potential shows by how much the threshold was exceeded. For
    ``refractory_steps`` steps after a spike, V is held, except for a pending reset, and input is lost.
    """

    # snnTorch's `Leaky` (version 1.0.0) computes mem = beta*mem + input - reset*threshold, then spk = mem > threshold,
    # where reset is spk of the call before. This is the default here; its input of step t + 1 arrives here in step t.
    # Its reset_mechanism "zero" sets mem to 0 before the decay, as here. With reset_delay=False it resets right after
    # the spike, as "same" does here, except where the potential still exceeds the threshold afterwards: the next call
    # then resets once more at its beginning, and not at its end. It computes in float32, this neuron in float64.
    kind: Literal["lif-discrete"] = "lif-discrete"

    summary: ClassVar[str] = "Leaky integrate-and-fire as a difference equation, without units"
    reference: ClassVar[str] = "Eshraghian et al. 2023, doi:10.1109/JPROC.2023.3308088"
    equations: ClassVar[str] = """
        V(t+1) = beta*V(t) + I_exc(t) - I_inh(t) + I_background - R(t)   (held while refractory)
        I_exc, I_inh : sums of the weights of spikes that arrive in step t
        beta   = exp(-dt/tau_m), or given
        spike  : V > v_thresh
        reset  : subtract v_reset (or v_thresh); or V = 0; or V = v_reset; at once, or in the next step
    """
