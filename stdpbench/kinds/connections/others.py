"""Every neuron reaches all neurons with other numbers: lateral inhibition."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses


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
    radius: int = parameter(
        0,
        unit="",
        ge=0,
        structural=True,
        help="Within a population or a map: largest distance of two places, in rows and in columns; 0: any.",
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
        if self.radius and self.within == "field":
            return "with within = 'field' connects one place only; remove radius, or set within = 'population'"
        if self.radius and len(target) != 3:
            return "with a radius needs a target of rows, columns and units, such as shape = [6, 6, 16]"
        return ""

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without a radius if there is none."""
        return {name: value for name, value in super().to_mapping().items() if (name, value) != ("radius", 0)}

    def mean_out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the mean number of synapses of a source neuron."""
        return float(self.out_degrees(target).mean())

    def out_degrees(self, target: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the number of synapses of each neuron, which is also that of synapses onto it: int64, (n_target,)."""
        if not self.radius:
            return np.full(prod(target), prod(target) // self.n_counters(target) - 1)
        near = np.diff(_near(target, self.radius, self.within == "map").first)
        return near.astype(np.int64) * (1 if self.within == "map" else target[-1]) - 1

    def condition(self, i: str, j: str, target: tuple[int, ...]) -> str:
        """Return the expression in Brian2 for whether a neuron reaches another; `i` and `j` are their indices."""
        terms = [f"{i} != {j}"]
        if self.within != "population":
            operator = "//" if self.within == "field" else "%"
            terms.append(f"{i}{operator}{target[-1]} == {j}{operator}{target[-1]}")
        if self.radius:
            columns, units = target[1:]
            for place in (f"//{columns * units}", f"//{units}%{columns}"):
                terms.append(f"abs({i}{place} - {j}{place}) <= {self.radius}")
        return " and ".join(terms)

    def reaches(self, i: NDArray[np.int64], j: NDArray[np.int64], target: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return whether neurons reach others, bool, of the broadcast shape of their indices."""
        reached, units = i != j, target[-1]
        if self.within != "population":
            reached &= (i // units == j // units) if self.within == "field" else (i % units == j % units)
        if self.radius:
            for of_i, of_j in zip(np.divmod(i // units, target[1]), np.divmod(j // units, target[1]), strict=True):
                reached &= np.abs(of_i - of_j) <= self.radius
        return np.asarray(reached)

    # -- counters of spikes, which replace synapses of one weight

    def n_counters(self, target: tuple[int, ...]) -> int:
        """Return the number of counters: one for all neurons that are reached by the same ones, but for themselves."""
        units = target[-1]
        if self.radius:
            return prod(target) if self.within == "map" else prod(target) // units
        return {"population": 1, "field": prod(target) // units, "map": units}[self.within]

    def counter_of(self, neuron: str, target: tuple[int, ...]) -> str:
        """Return the expression for the counter that a neuron reads, of which `neuron` is the index."""
        if self.radius:
            return neuron if self.within == "map" else f"{neuron}//{target[-1]}"
        return {"population": "0", "field": f"{neuron}//{target[-1]}", "map": f"{neuron}%{target[-1]}"}[self.within]

    def counters(self, target: tuple[int, ...]) -> Synapses | None:
        """Return the counters that count the spikes of each neuron; None if it is the one that the neuron reads."""
        return _near(target, self.radius, self.within == "map") if self.radius else None


@lru_cache(maxsize=4)
def _near(shape: tuple[int, ...], radius: int, same_unit: bool) -> Synapses:
    """Return the counters of the places within a radius of each neuron: one for each place, or for each neuron."""
    rows, columns, units = shape
    row, column, unit = np.indices(shape, np.int64).reshape(3, 1, -1)
    down, right = np.indices((2 * radius + 1, 2 * radius + 1)).reshape(2, -1, 1) - radius
    place = (row + down) * columns + column + right
    counter, n = (place * units + unit, prod(shape)) if same_unit else (place, rows * columns)
    pairs = np.arange(prod(shape)) * n + counter
    inside = (row + down >= 0) & (row + down < rows) & (column + right >= 0) & (column + right < columns)
    return Synapses.of_pairs(pairs[inside], prod(shape), n)
