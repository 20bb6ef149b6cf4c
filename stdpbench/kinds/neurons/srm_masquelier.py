"""Spike-response neuron of Masquelier, Guyonneau & Thorpe."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron, Variable


class SRMMasquelier(Neuron):
    r"""Spike-response neuron: the potential is a sum of kernels since the last output spike.

    .. math::

        v(t) &= \eta(t - t_i) + \sum_{t_j > t_i} w_j\, \epsilon(t - t_j) \\
        \epsilon(s) &= K\, (e^{-s/\tau_m} - e^{-s/\tau_s}) \\
        \eta(s) &= T\, \big(K_1\, e^{-s/\tau_m} - K_2\, (e^{-s/\tau_m} - e^{-s/\tau_s})\big)

    for :math:`s \ge 0`, with the last output spike :math:`t_i`, input spikes :math:`t_j` and the threshold T =
    ``v_thresh``. K is such that the maximum of :math:`\epsilon` is 1 (2.117 with the default time constants): a weight
    of 1 gives a postsynaptic potential of 1 mV. The authors' potential has no unit; here its unit is mV.

    An output spike occurs when v reaches the threshold from below, and resets all postsynaptic potentials to 0. It is
    followed by :math:`\eta`: a positive pulse, which begins at :math:`K_1 T`, and a negative after-potential.
    Inhibition (receptor ``s_inh``) has the kernel :math:`-\epsilon` and is reset as well.

    Each kernel is the difference of two exponentials, and so the solution of a linear system of two variables: spikes
    add their weights to s, with :math:`ds/dt = -s/\tau_s`, and :math:`d\,psp/dt = -psp/\tau_m + s\,(1/\tau_s -
    1/\tau_m)`. A step is its exact solution, without a list of spikes. The authors round kernels to 0 after
    :math:`7 \tau_m`, where they have decayed to a thousandth; this is not done here. Their simulation is driven by
    events, without a time step: choose dt of 0.1 ms or less. Source: Masquelier, Guyonneau & Thorpe (2008), Methods;
    compared with the replication of Hathway & Goodman (2018), which uses another :math:`\eta`.
    """

    kind: Literal["srm-masquelier"] = "srm-masquelier"
    tau_m: float = parameter(10.0, unit="ms", gt=0, help="Membrane time constant.")
    tau_s: float = parameter(2.5, unit="ms", gt=0, help="Synaptic time constant; shorter than tau_m.")
    v_thresh: float = parameter(500.0, unit="mV", gt=0, help="T: threshold.")
    K_1: float = parameter(2.0, unit="", ge=0, help="K₁: size of the positive pulse of a spike, in units of T.")
    K_2: float = parameter(4.0, unit="", ge=0, help="K₂: size of the negative after-potential, in units of T.")

    summary: ClassVar[str] = "Spike-response neuron: kernels of input since the last spike, and an after-potential"
    reference: ClassVar[str] = "Masquelier, Guyonneau & Thorpe 2008, doi:10.1371/journal.pone.0001377"
    equations: ClassVar[str] = """
        v          = K*(psp - psp_inh) + v_thresh*((K_1 - K_2)*after_m + K_2*after_s)
        dpsp/dt    = -psp/tau_m + s*(1/tau_s - 1/tau_m)         (the same for psp_inh and s_inh)
        ds/dt      = -s/tau_s
        dafter/dt  = -after/tau                                 (after_m: tau_m, after_s: tau_s)
        spike      : v reaches v_thresh from below
        reset      : psp = s = psp_inh = s_inh = 0; after_m = after_s = 1
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "volt"),
        Variable("psp", "1"),
        Variable("s", "1"),
        Variable("psp_inh", "1"),
        Variable("s_inh", "1"),
        Variable("after_m", "1"),
        Variable("after_s", "1"),
        Variable("above", "1"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    receptors: ClassVar[tuple[str, ...] | None] = ("s", "s_inh")
    inhibitory: ClassVar[tuple[str, ...] | None] = ("s_inh",)
    update: ClassVar[str] = """
        kept_m = exp(-dt/tau_m)
        kept_s = exp(-dt/tau_s)
        ratio = tau_s/tau_m
        K = 1/(ratio**(ratio/(1 - ratio)) - ratio**(1/(1 - ratio)))
        psp = psp*kept_m + s*(kept_m - kept_s)
        s = s*kept_s
        psp_inh = psp_inh*kept_m + s_inh*(kept_m - kept_s)
        s_inh = s_inh*kept_s
        after_m = after_m*kept_m
        after_s = after_s*kept_s
        above = int(v >= v_thresh)
        v = K*(psp - psp_inh)*mV + v_thresh*((K_1 - K_2)*after_m + K_2*after_s)
    """
    threshold: ClassVar[str] = "v >= v_thresh and above < 0.5"
    reset: ClassVar[str] = """
        psp = 0
        s = 0
        psp_inh = 0
        s_inh = 0
        after_m = 1
        after_s = 1
        v = K_1*v_thresh
    """
    in_digit_network: ClassVar[str] = (
        "does not run there, where spikes add to ge and gi; it runs in networks that are spelled out"
    )

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.tau_s >= self.tau_m:
            raise ValueError(f"tau_s ({self.tau_s:g} ms) must be shorter than tau_m ({self.tau_m:g} ms)")
        return self
