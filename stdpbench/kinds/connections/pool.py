"""Pooling: each place of the target receives the spikes of one unit at the places of a square of the source."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses


class Pool(Connection):
    """Neurons at place (r, c) of the target receive the spikes of the same unit in one square of the source.

    Squares lie side by side. The last ones are smaller if the side of a square does not divide that of the source.
    """

    kind: Literal["pool"] = "pool"
    size: int = parameter(6, ge=1, structural=True, help="Side of a square, in places of the source.")

    summary: ClassVar[str] = "Each unit is pooled over squares of places"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    @property
    def count_is_random(self) -> bool:
        """False: nothing is random."""
        return False

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        if len(source) != 3:
            return f"needs a source with rows, columns and units, such as shape = [24, 24, 32], not {list(source)}"
        pooled = (-(-source[0] // self.size), -(-source[1] // self.size), source[2])
        return "" if target == pooled else f"needs a target of shape = {list(pooled)}, not {list(target)}"

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses."""
        return float(prod(source))

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses; nothing is random."""
        row, column, unit = np.indices(source)
        neuron, n = np.ravel_multi_index((row // self.size, column // self.size, unit), target), prod(target)
        return Synapses.of_pairs(np.arange(prod(source)) * n + neuron.reshape(-1), prod(source), n)
