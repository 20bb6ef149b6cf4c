"""Local fields: each place of the target is reached from one patch of the source."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from stdpbench.connections.base import Connection
from stdpbench.connections.synapses import Synapses
from stdpbench.parameters import parameter


class Local(Connection):
    """Neurons at place (r, c) of the target are reached from a square patch of the source.

    The patch of place (r, c) begins at row ``r * stride`` and column ``c * stride``. The source has rows and
    columns, with or without units at each place; the target one of rows, columns and units. As the locally connected
    layer of Saunders et al. (2019), without padding.
    """

    kind: Literal["local"] = "local"
    field: int = parameter(12, ge=1, structural=True, help="Side of the patch, in source neurons.")
    stride: int = parameter(8, ge=1, structural=True, help="Distance between neighbouring patches, in source neurons.")

    summary: ClassVar[str] = "Each place of the target is reached from a square patch of the source"
    storage: ClassVar[Literal["sparse"]] = "sparse"
    needs_grid: ClassVar[bool] = True

    def places(self, source: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows and columns of places that patches of a source of this shape allow."""
        rows, columns = (max(0, (side - self.field) // self.stride + 1) for side in source[:2])
        return rows, columns

    @property
    def count_is_random(self) -> bool:
        """Whether the number of synapses depends on what is drawn: nothing is."""
        return False

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected so, as a clause; empty if they can."""
        if len(source) not in (2, 3):
            return f"needs a source with rows and columns, such as shape = [28, 28], not {list(source)}"
        if min(source[:2]) < self.field:
            return f"needs a source of at least {self.field} x {self.field} neurons, not {source[0]} x {source[1]}"
        wanted = self.places(source)
        if len(target) != 3 or target[:2] != wanted:
            return (
                f"makes {wanted[0]} x {wanted[1]} places of a source of {source[0]} x {source[1]}: give the target "
                f"shape = [{wanted[0]}, {wanted[1]}, units], not {list(target)}"
            )
        return ""

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses."""
        depth = source[2] if len(source) == 3 else 1
        return float(np.prod(target)) * self.field**2 * depth

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses; nothing is random."""
        numbers = np.arange(np.prod(source), dtype=np.int64).reshape(*source[:2], -1)
        targets = np.arange(np.prod(target), dtype=np.int64).reshape(target)
        n_target, pairs = targets.size, []
        for row in range(target[0]):
            for column in range(target[1]):
                top, left = row * self.stride, column * self.stride
                patch = numbers[top : top + self.field, left : left + self.field].reshape(-1, 1)
                pairs.append((patch * n_target + targets[row, column]).reshape(-1))
        return Synapses.of_pairs(np.concatenate(pairs), numbers.size, n_target)
