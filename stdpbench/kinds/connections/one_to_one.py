"""Neuron i of the source reaches neuron i of the target."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from stdpbench.kinds.connections.base import Connection


class OneToOne(Connection):
    """Neuron i of the source reaches neuron i of the target; both populations have the same size."""

    kind: Literal["one-to-one"] = "one-to-one"

    summary: ClassVar[str] = "Neuron i of the source reaches neuron i of the target"
    storage: ClassVar[Literal["one-to-one"]] = "one-to-one"

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        n, m = prod(source), prod(target)
        return "" if n == m else f"needs two populations of the same size, but they have {n} and {m} neurons"
