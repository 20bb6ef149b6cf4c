"""Connections that become less likely with distance."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses

_AT_ONCE = 4_000_000  # pairs whose distances are held at a time


class Distance(Connection):
    r"""Pairs are connected with a probability that falls with their distance as a Gaussian.

    .. math::

        P = p_{max} \exp(-d^2 / 2\sigma^2)

    Neurons of both populations are spread evenly over the same area: distance is measured in units of the grid of the
    target.
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
        """Return why populations of these shapes cannot be connected so, as a clause; empty if they can."""
        if len(source) == len(target):
            return ""
        return f"needs populations with as many dimensions, not {list(source)} and {list(target)}"

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses that `draw` is expected to make where there are no edges: an upper bound."""
        width = max(1.0, self.sigma * float(np.sqrt(2 * np.pi)))  # of a row of as many certain pairs
        return self.p_max * prod(source) * prod(min(side, width) for side in target)

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses."""
        n, m = prod(source), prod(target)
        from_, to = _positions(source, target), _positions(target, target)
        rows, pairs = max(1, _AT_ONCE // m), []
        for start in range(0, n, rows):
            apart = np.abs(from_[start : start + rows, None, :] - to[None])
            if self.torus:
                apart = np.minimum(apart, np.array(target) - apart)
            likely = self.p_max * np.exp(-(apart**2).sum(axis=2) / (2 * self.sigma**2))
            source_number, target_number = np.nonzero(random.random(likely.shape) < likely)
            found = (source_number + start) * np.int64(m) + target_number
            pairs.append(found[found // m != found % m] if recurrent and not self.autapses else found)
        return Synapses.of_pairs(np.concatenate(pairs), n, m)


def _positions(shape: tuple[int, ...], grid: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the positions of neurons on a grid over the same area, float64, (n, n_dimensions)."""
    axes = [(np.arange(side) + 0.5) * (other / side) for side, other in zip(shape, grid, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(shape))
