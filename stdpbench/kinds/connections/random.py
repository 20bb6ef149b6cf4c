"""Random pairs of neurons: with one probability for all pairs, or a fixed number per neuron."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses


class Random(Connection):
    """Random pairs of neurons are connected.

    Either each pair independently with probability `p`, or each target neuron with `in_degree` source neurons, or each
    source neuron with `out_degree` target neurons.
    """

    kind: Literal["random"] = "random"
    p: float | None = parameter(
        None, unit="", gt=0, le=1, structural=True, help="Probability that a pair of neurons is connected."
    )
    in_degree: int | None = parameter(
        None, ge=1, structural=True, help="Number of synapses that each target neuron receives, in place of p."
    )
    out_degree: int | None = parameter(
        None, ge=1, structural=True, help="Number of synapses of each source neuron, in place of p."
    )
    autapses: bool = parameter(
        False, structural=True, help="Whether a neuron of a recurrent projection may reach itself."
    )
    multapses: bool = parameter(False, structural=True, help="Whether a pair may have several synapses; not with p.")

    summary: ClassVar[str] = "Random pairs of neurons, with a probability or a fixed number of synapses per neuron"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if [self.p, self.in_degree, self.out_degree].count(None) != 2:
            raise ValueError("give either p, such as p = 0.02, or in_degree, such as in_degree = 100, or out_degree")
        if self.multapses and self.p is not None:
            raise ValueError("multapses need in_degree or out_degree: with p a pair is connected once or not at all")
        return self

    @property
    def count_is_random(self) -> bool:
        """Whether the number of synapses is random: False with a degree per neuron."""
        return self.p is not None and self.p < 1

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        for name, degree, shape in (("in", self.in_degree, source), ("out", self.out_degree, target)):
            n, side = prod(shape), {"in": "source", "out": "target"}[name]
            if degree is None or self.multapses or degree < n or (degree == n and self.autapses):
                continue
            return (
                f"needs more than {name}_degree = {degree} {side} neurons, but there are {n}; lower it, or allow "
                "multapses"
            )
        return ""

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the expected number of synapses, without drawing them."""
        n, m = prod(source), prod(target)
        if self.in_degree is not None:
            return float(self.in_degree) * m
        if self.out_degree is not None:
            return float(self.out_degree) * n
        assert self.p is not None
        return self.p * (n * m - (n if recurrent and not self.autapses else 0))

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Draw the synapses."""
        n, m = prod(source), prod(target)
        without_self = recurrent and not self.autapses
        if self.p is not None:
            pairs = random_subset(random, n * m, self.p)
            if without_self:
                pairs = pairs[pairs // m != pairs % m]
        elif self.in_degree is not None:
            sources = self._fixed(random, n, (m, self.in_degree), without_self)
            pairs = (sources * np.int64(m) + np.arange(m)[:, None]).reshape(-1)
        else:
            assert self.out_degree is not None
            targets = self._fixed(random, m, (n, self.out_degree), without_self)
            pairs = (np.arange(n, dtype=np.int64)[:, None] * m + targets).reshape(-1)
        return Synapses.of_pairs(pairs, n, m)

    def _fixed(
        self, random: np.random.Generator, n: int, shape: tuple[int, int], without_self: bool
    ) -> NDArray[np.int64]:
        """Draw partners of each neuron from `n` neurons, (n_neurons, degree); redraw those that are not allowed."""
        neurons = np.arange(shape[0])[:, None]
        partners = random.integers(n, size=shape)
        while True:
            bad = np.zeros(partners.shape, bool)
            if not self.multapses:
                partners.sort(axis=1)
                bad[:, 1:] = partners[:, 1:] == partners[:, :-1]
            if without_self:
                bad |= partners == neurons
            count = np.count_nonzero(bad)
            if not count:
                return partners
            partners[bad] = random.integers(n, size=count)


def random_subset(random: np.random.Generator, n: int, p: float) -> NDArray[np.int64]:
    """Choose each of n numbers with probability p: int64, ascending."""
    if p >= 1:
        return np.arange(n, dtype=np.int64)
    # gaps between chosen numbers are geometrically distributed
    parts, last = list[NDArray[np.int64]](), -1
    while last < n:
        expected = max(n - last, 1) * p
        gaps = random.geometric(p, int(expected + 5 * np.sqrt(expected) + 10))
        part = last + np.cumsum(gaps, dtype=np.int64)
        parts.append(part)
        last = int(part[-1])
    numbers = np.concatenate(parts)
    return numbers[: np.searchsorted(numbers, n)]
