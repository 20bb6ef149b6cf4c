"""Local receptive fields: each place of the target receives input from one patch of the source."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.connections.base import Connection
from stdpbench.kinds.connections.synapses import Synapses


class Local(Connection):
    """Neurons at place (r, c) of the target receive input from a square patch of the source.

    The patch of place (r, c) begins at row ``r * stride - padding`` and column ``c * stride - padding``; the part of
    it beyond the source has no synapses. The shape of the source is rows and columns, with or without units; that of
    the target is rows, columns and units. Without padding this is the locally connected layer of Saunders et al.
    (2019); with ``shared``, the patches of all places have the same weights, as in a convolution.
    """

    kind: Literal["local"] = "local"
    field: int = parameter(12, ge=1, structural=True, help="Side of the patch, in source neurons.")
    stride: int = parameter(8, ge=1, structural=True, help="Distance between neighbouring patches, in source neurons.")

    padding: int = parameter(
        0,
        ge=0,
        structural=True,
        help="Width of the margin around the source that patches may cover, in source neurons.",
    )

    shared: bool = parameter(
        False,
        structural=True,
        help="Whether all places share their weights: one kernel for each unit, as in a convolution.",
    )

    planes: int = parameter(
        1,
        ge=1,
        structural=True,
        help="Number of planes that stand one above the other in the rows of the source, such as bright and dark "
        "contrasts (data.on_off); each is a unit of the source.",
    )

    summary: ClassVar[str] = "Each place of the target is reached from a square patch of the source"
    storage: ClassVar[Literal["sparse"]] = "sparse"
    needs_grid: ClassVar[bool] = True

    def places(self, source: tuple[int, ...]) -> tuple[int, int]:
        """Return the numbers of rows and columns of places for a source of this shape."""
        rows, columns = (
            max(0, (side + 2 * self.padding - self.field) // self.stride + 1) for side in self._sides(source)
        )
        return rows, columns

    def _sides(self, source: tuple[int, ...]) -> tuple[int, int]:
        """Return the rows and columns of a plane."""
        return source[0] // self.planes, source[1]

    def _numbers(self, source: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the number of each source neuron, int64, (rows, columns, units)."""
        rows, columns = self._sides(source)
        numbers = np.arange(prod(source), dtype=np.int64).reshape(self.planes, rows, columns, -1)
        return numbers.transpose(1, 2, 0, 3).reshape(rows, columns, -1)

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without padding, sharing and planes if there are none."""
        absent = {"padding": 0, "shared": False, "planes": 1}
        return {name: value for name, value in super().to_mapping().items() if absent.get(name, ...) != value}

    @property
    def shares_weights(self) -> bool:
        """Whether the patches of all places have the same weights."""
        return self.shared

    @property
    def count_is_random(self) -> bool:
        """False: nothing is random."""
        return False

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        if len(source) not in (2, 3):
            return f"needs a source with rows and columns, such as shape = [28, 28], not {list(source)}"
        if self.padding >= self.field:
            return f"needs padding of less than field ({self.field}), not {self.padding}: a patch would have no neuron"
        if source[0] % self.planes:
            return f"needs a source whose {source[0]} rows are a multiple of planes ({self.planes})"
        smallest = self.field - 2 * self.padding
        rows, columns = self._sides(source)
        if min(rows, columns) < smallest:
            return f"needs a source of at least {smallest} x {smallest} neurons, not {rows} x {columns}"
        places = self.places(source)
        if len(target) != 3 or target[:2] != places:
            return (
                f"makes {places[0]} x {places[1]} places from a source of {rows} x {columns}: give the target "
                f"shape = [{places[0]}, {places[1]}, units], not {list(target)}"
            )
        return ""

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses."""
        pairs = prod(sum(len(numbers) for numbers in ranges) for ranges in self._inside(source))
        return float(pairs * self._depth(source) * prod(target[2:]))

    def _depth(self, source: tuple[int, ...]) -> int:
        """Return the number of units at each place of the source."""
        return self.planes * prod(source[2:])

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses; nothing is random."""
        numbers = self._numbers(source)
        targets = np.arange(prod(target), dtype=np.int64).reshape(target)
        n_target, pairs = targets.size, []
        rows, columns = self._inside(source)
        for row, row_range in zip(targets, rows, strict=True):
            for units, column_range in zip(row, columns, strict=True):
                patch = numbers[row_range.start : row_range.stop, column_range.start : column_range.stop].reshape(
                    -1, 1
                )
                pairs.append((patch * n_target + units).reshape(-1))
        return Synapses.of_pairs(np.concatenate(pairs), numbers.size, n_target)

    def kernel(self, source: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the shared weights: rows and columns of a patch, units of the source, and units."""
        return self.field, self.field, self._depth(source), target[2]

    def weight_of_synapse(
        self, synapses: Synapses, source: tuple[int, ...], target: tuple[int, ...]
    ) -> NDArray[np.int32]:
        """Return the place of the weight of each synapse in the flattened `kernel`, int32, (n_synapses,)."""
        pixel, unit = self.pixels(synapses, source, target)
        place = (pixel * self._depth(source) + unit) * target[2] + synapses.target % target[2]
        return np.asarray(place, np.int32)

    def pixels(
        self, synapses: Synapses, source: tuple[int, ...], target: tuple[int, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pixel within the patch, and the unit, of the source neuron of each synapse.

        Parameters
        ----------
        synapses : Synapses
            Synapses between populations of these shapes.
        source, target : tuple of int
            Shapes of the populations.

        Returns
        -------
        pixel, unit : ndarray, int64, (n_synapses,)
            ``row * field + column`` in the patch, and the unit of the source neuron.
        """
        where = np.argsort(self._numbers(source).reshape(-1))
        place, unit = np.divmod(where[synapses.source], self._depth(source))
        row, column = np.divmod(place, source[1])
        to_row, to_column = np.divmod(synapses.target.astype(np.int64) // target[2], target[1])
        row -= to_row * self.stride - self.padding
        column -= to_column * self.stride - self.padding
        return row * self.field + column, unit

    def _inside(self, source: tuple[int, ...]) -> tuple[list[range], list[range]]:
        """Return the range of source rows for each row of places, and the same for columns."""
        rows, columns = (
            [
                range(max(0, first), min(side, first + self.field))
                for first in range(-self.padding, -self.padding + places * self.stride, self.stride)
            ]
            for side, places in zip(self._sides(source), self.places(source), strict=True)
        )
        return rows, columns
