"""Connections whose probability falls with distance."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses

_AT_ONCE = 4_000_000  # pairs per block of distances


class Distance(Connection):
    r"""Pairs are connected with a probability that falls with their distance as a Gaussian.

    .. math::

        P = p_{max} \exp(-d^2 / 2\sigma^2)

    Neurons of both populations are spread evenly over the same area; the unit of distance is the spacing of the
    target's grid.
    """

    kind: Literal["distance"] = "distance"
    p_max: float = parameter(1.0, unit="", gt=0, le=1, structural=True, help="Probability at distance 0.")
    sigma: float = parameter(2.0, unit="", gt=0, structural=True, help="Width (SD), in neurons of the target's grid.")
    torus: bool = parameter(False, structural=True, help="Whether opposite edges of the grid are neighbours.")
    autapses: bool = parameter(
        False, structural=True, help="Whether a neuron of a recurrent projection may reach itself."
    )

    summary: ClassVar[str] = "Pairs of neurons, less likely the farther they are apart on the grid"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        if len(source) == len(target):
            return ""
        return f"needs populations with the same number of dimensions, not {list(source)} and {list(target)}"

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the expected number of synapses without edges of the grid: an upper bound."""
        width = max(1.0, self.sigma * float(np.sqrt(2 * np.pi)))  # integral of the Gaussian over one dimension
        return self.p_max * prod(source) * prod(min(side, width) for side in target)

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Draw the synapses."""
        n, m = prod(source), prod(target)
        from_, to = _positions(source, target), _positions(target, target)
        rows, pairs = max(1, _AT_ONCE // m), []
        for start in range(0, n, rows):
            offset = np.abs(from_[start : start + rows, None, :] - to[None])
            if self.torus:
                offset = np.minimum(offset, np.array(target) - offset)
            probability = self.p_max * np.exp(-(offset**2).sum(axis=2) / (2 * self.sigma**2))
            source_number, target_number = np.nonzero(random.random(probability.shape) < probability)
            drawn = (source_number + start) * np.int64(m) + target_number
            pairs.append(drawn[drawn // m != drawn % m] if recurrent and not self.autapses else drawn)
        return Synapses.of_pairs(np.concatenate(pairs), n, m)


def _positions(shape: tuple[int, ...], grid: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the positions of neurons on a grid over the same area, float64, (n, n_dimensions)."""
    axes = [(np.arange(side) + 0.5) * (other / side) for side, other in zip(shape, grid, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))
