"""Leaky integrate-and-fire neuron with alpha-shaped conductances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.kinds.neurons._background import BackgroundNeuron
from stdpbench.kinds.neurons.base import Variable


class LIFAlpha(BackgroundNeuron):
    r"""Like ``lif``, with conductances that rise before they decay.

    .. math::

        \tau_m\, dv/dt &= (v_{rest} - v) + g_e (E_{exc} - v) + g_i (E_{inh} - v) + I_{background}/g_L \\
        g(t) &= \sum_f w\, \frac{t - t_f}{\tau}\, e^{1 - (t - t_f)/\tau}

    for each of the two conductances, so that w is the maximum of the conductance, reached :math:`\tau` after the
    spike. Spikes add to ``ge_rise`` and ``gi_rise``, with :math:`\tau\, dg/dt = e\, g_{rise} - g` and
    :math:`\tau\, dg_{rise}/dt = -g_{rise}`. Both are stepped exactly, regardless of
    ``network.conductance_step``; v takes the step of ``lif``. The shape is that of Rall (1967).
    """

    kind: Literal["lif-alpha"] = "lif-alpha"

    summary: ClassVar[str] = "Leaky integrate-and-fire with alpha-shaped conductances"
    reference: ClassVar[str] = "Rall 1967, doi:10.1152/jn.1967.30.5.1138"
    equations: ClassVar[str] = """
        dv/dt       = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v) + I_background/g_L)/tau_m
                      (held while refractory)
        dge/dt      = (e*ge_rise - ge)/tau_ge
        dge_rise/dt = -ge_rise/tau_ge
        dgi/dt      = (e*gi_rise - gi)/tau_gi
        dgi_rise/dt = -gi_rise/tau_gi
        spike       : v > v_thresh
        reset       : v = v_reset
    """
    variables: ClassVar[tuple[Variable, ...]] = (
        *BackgroundNeuron.variables,
        Variable("ge_rise", "1"),
        Variable("gi_rise", "1"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    receptors: ClassVar[tuple[str, ...] | None] = ("ge_rise", "gi_rise")
    reversals: ClassVar[Mapping[str, str]] = {"ge_rise": "E_exc", "gi_rise": "E_inh"}
    update: ClassVar[str] = f"""
        {BackgroundNeuron.update.strip()}
        ge = exp(-dt/tau_ge)*(ge + exp(1)*dt/tau_ge*ge_rise)
        ge_rise = exp(-dt/tau_ge)*ge_rise
        gi = exp(-dt/tau_gi)*(gi + exp(1)*dt/tau_gi*gi_rise)
        gi_rise = exp(-dt/tau_gi)*gi_rise
    """
    in_digit_network: ClassVar[str] = (
        "does not run there, where spikes add to ge and gi; it runs in networks that are spelled out"
    )
