"""Every neuron reaches all neurons with other numbers: lateral inhibition."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection


class Others(Connection):
    """Neuron i reaches every neuron except i; both populations have the same size.

    Input is summed over the time step and acts at its end, after resets, like lateral inhibition in Diehl & Cook's
    network. A constant weight needs no n x n matrix: a counter of spikes replaces it.
    """

    kind: Literal["others"] = "others"
    within: Literal["population", "field"] = parameter(
        "population",
        structural=True,
        help="Range: all other neurons of the population, or those of the same field, which differ only in the last "
        "coordinate of the population's shape.",
    )

    summary: ClassVar[str] = "Every neuron reaches all others, or all others of its field"
    storage: ClassVar[Literal["dense"]] = "dense"
    at_end: ClassVar[bool] = True

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        n, m = prod(source), prod(target)
        if n != m:
            return f"needs two populations of the same size, but they have {n} and {m} neurons"
        if self.within == "field" and len(target) < 2:
            return "with within = 'field' needs a target of two or more dimensions, such as shape = [20, 20]"
        return ""

    def mean_out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the number of synapses of a source neuron."""
        return float((target[-1] if self.within == "field" else prod(target)) - 1)
