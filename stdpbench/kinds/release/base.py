"""Base class of short-term plasticity: what a spike releases depends on the spikes before it."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import Parameters

RELEASED = "released"
"""Variable of a source neuron that the code of a spike sets: the share of the weight that the spike delivers."""


class Release(Parameters):
    """State of each source neuron of a projection, which multiplies what its spikes deliver; one kind per file.

    Weights, and the rules by which they learn, are not affected.
    """

    summary: ClassVar[str]
    reference: ClassVar[str]
    equations: ClassVar[str]
    variables: ClassVar[tuple[tuple[str, str], ...]]
    """Variables of a source neuron that decay to 0, each with the parameter of its time constant."""
    on_spike: ClassVar[str]
    """Brian2 code for an arriving spike, which sets `RELEASED` and changes the variables."""
