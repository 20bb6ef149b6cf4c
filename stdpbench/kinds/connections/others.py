"""Every neuron reaches all neurons with other numbers: lateral inhibition."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection


class Others(Connection):
    """Neuron i reaches every neuron except i; both populations have the same size.

    Input is summed over the time step and acts at its end, after resets, like lateral inhibition in Diehl & Cook's
    network. A constant weight needs no n x n matrix: a counter of spikes replaces it.
    """

    kind: Literal["others"] = "others"
    within: Literal["population", "field", "map"] = parameter(
        "population",
        structural=True,
        help="Range: all other neurons of the population; those of the same field, which differ only in the last "
        "coordinate of the population's shape; or those of the same map, which agree in it.",
    )

    summary: ClassVar[str] = "Every neuron reaches all others, or all others of its field or map"
    storage: ClassVar[Literal["dense"]] = "dense"
    at_end: ClassVar[bool] = True

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        n, m = prod(source), prod(target)
        if n != m:
            return f"needs two populations of the same size, but they have {n} and {m} neurons"
        if self.within != "population" and len(target) < 2:
            return f"with within = '{self.within}' needs a target of two or more dimensions, such as shape = [20, 20]"
        return ""

    def mean_out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the number of synapses of a source neuron."""
        return float(prod(target) // self.n_groups(target) - 1)

    def n_groups(self, target: tuple[int, ...]) -> int:
        """Return the number of fields or maps; 1 within the population."""
        return {"population": 1, "field": prod(target[:-1]), "map": target[-1]}[self.within]

    def group_of(self, neuron: str, target: tuple[int, ...]) -> str:
        """Return the expression for the number of the field or map of a neuron, of which `neuron` is the index."""
        return {"population": "0", "field": f"{neuron}//{target[-1]}", "map": f"{neuron}%{target[-1]}"}[self.within]

    def groups(self, target: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the number of the field or map of each neuron, int64, (n_target,)."""
        number, units = np.arange(prod(target)), target[-1]
        return {"population": 0 * number, "field": number // units, "map": number % units}[self.within]
