"""Random pairs of neurons: each with the same probability, or as many per target neuron."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.connections.base import Connection
from stdpbench.connections.synapses import Synapses
from stdpbench.parameters import parameter


class Random(Connection):
    """Random pairs of neurons are connected.

    Either each pair independently with probability `p`, or each target neuron with `in_degree` source neurons.
    """

    kind: Literal["random"] = "random"
    p: float | None = parameter(
        None, unit="", gt=0, le=1, structural=True, help="Probability that a pair of neurons is connected."
    )
    in_degree: int | None = parameter(
        None, ge=1, structural=True, help="Number of synapses that each target neuron receives, in place of p."
    )
    autapses: bool = parameter(
        False, structural=True, help="Whether a neuron of a recurrent projection may reach itself."
    )
    multapses: bool = parameter(
        False, structural=True, help="Whether a pair may have several synapses; only with in_degree."
    )

    summary: ClassVar[str] = "Random pairs of neurons, with a probability or with as many synapses per target neuron"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if (self.p is None) == (self.in_degree is None):
            raise ValueError("give either p, such as p = 0.02, or in_degree, such as in_degree = 100")
        if self.multapses and self.in_degree is None:
            raise ValueError("multapses need in_degree: with p a pair is connected once or not at all")
        return self

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected so, as a clause; empty if they can."""
        n = prod(source)
        if self.in_degree is None or self.multapses or self.in_degree < n or (self.in_degree == n and self.autapses):
            return ""
        return (
            f"needs more than in_degree = {self.in_degree} source neurons, but there are {n}; lower it, or allow "
            "multapses"
        )

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses that `draw` is expected to make, without drawing them."""
        n, m = prod(source), prod(target)
        if self.in_degree is not None:
            return float(self.in_degree) * m
        assert self.p is not None
        return self.p * (n * m - (n if recurrent and not self.autapses else 0))

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses."""
        n, m = prod(source), prod(target)
        without_self = recurrent and not self.autapses
        if self.p is not None:
            pairs = chosen(random, n * m, self.p)
            if without_self:
                pairs = pairs[pairs // m != pairs % m]
        else:
            assert self.in_degree is not None
            pairs = self._fixed(random, n, (m, self.in_degree), without_self)
        return Synapses.of_pairs(pairs, n, m)

    def _fixed(
        self, random: np.random.Generator, n: int, shape: tuple[int, int], without_self: bool
    ) -> NDArray[np.int64]:
        """Draw the sources of each target, (n_target, in_degree), again where one is not allowed."""
        own = np.arange(shape[0])[:, None]
        sources = random.integers(n, size=shape)
        while True:
            bad = np.zeros(sources.shape, bool)
            if not self.multapses:
                sources.sort(axis=1)
                bad[:, 1:] = sources[:, 1:] == sources[:, :-1]
            if without_self:
                bad |= sources == own
            count = np.count_nonzero(bad)
            if not count:
                return np.asarray(sources * np.int64(shape[0]) + own).reshape(-1)
            sources[bad] = random.integers(n, size=count)


def chosen(random: np.random.Generator, n: int, p: float) -> NDArray[np.int64]:
    """Choose each of n numbers with probability p: int64, ascending."""
    if p >= 1:
        return np.arange(n, dtype=np.int64)
    # distances between numbers that are chosen are geometrically distributed
    parts, last = list[NDArray[np.int64]](), -1
    while last < n:
        left = max(n - last, 1) * p
        gaps = random.geometric(p, int(left + 5 * np.sqrt(left) + 10))
        part = last + np.cumsum(gaps, dtype=np.int64)
        parts.append(part)
        last = int(part[-1])
    found = np.concatenate(parts)
    return found[: np.searchsorted(found, n)]
