"""Base class of connections: which source neurons reach which target neurons."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from stdpbench.parameters import Parameters


class Connection(Parameters):
    """Which neurons of two populations a projection connects; one kind per file.

    `storage` selects the code that delivers spikes:

    * ``"dense"``: every source neuron reaches every target neuron; weights are (n_source, n_target).
    * ``"one-to-one"``: neuron i reaches neuron i; weights are (n,).
    """

    summary: ClassVar[str]
    storage: ClassVar[Literal["dense", "one-to-one"]]
    self_connections: ClassVar[bool] = True
    """Whether neuron i reaches neuron i where a population projects onto itself."""

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected so, as a clause; empty if they can."""
        return ""

    def out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the mean number of synapses that a spike of a source neuron arrives at, for populations of shapes."""
        return float(prod(target)) if self.storage == "dense" else 1.0
