"""Depression and facilitation of synapses by the model of Tsodyks & Markram."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.release.base import Release


class TsodyksMarkram(Release):
    r"""Synapses whose resources are used up by spikes, and whose release grows with them.

    A spike raises the utilisation u and releases a share u of the resources that are left, R:

    .. math::

        u &\to u + U_{SE} (1 - u) \\
        R &\to R - u R

    It delivers the weight times u R, with the new u and the old R. Between spikes, u decays to 0 with `tau_facil`, and
    R recovers to 1 with `tau_rec`. The state is that of resources which are `depleted`, 1 - R, for each source neuron;
    the first spike after a long rest delivers `u_se` times the weight. Source: Markram, Wang & Tsodyks (1998).
    Defaults are means of synapses between excitatory neurons, as in Maass, Natschläger & Markram (2002), from memory.
    """

    kind: Literal["tsodyks-markram"] = "tsodyks-markram"
    u_se: float = parameter(0.5, unit="", gt=0, le=1, help="Share of the resources that a spike after rest releases.")
    tau_rec: float = parameter(1100.0, unit="ms", gt=0, help="Time constant of the recovery of resources.")
    tau_facil: float = parameter(50.0, unit="ms", gt=0, help="Time constant of facilitation; short: there is none.")

    summary: ClassVar[str] = "Depression and facilitation by the spikes before"
    reference: ClassVar[str] = "Markram, Wang & Tsodyks 1998, doi:10.1073/pnas.95.9.5323"
    equations: ClassVar[str] = """
        du/dt = -u/tau_facil; dR/dt = (1 - R)/tau_rec
        spike : u += u_se*(1 - u); delivers w*u*R; then R -= u*R
    """
    variables: ClassVar[tuple[tuple[str, str], ...]] = (("u", "tau_facil"), ("depleted", "tau_rec"))
    on_spike: ClassVar[str] = """
        u = u + u_se*(1 - u)
        released = u*(1 - depleted)
        depleted = depleted + released
    """
