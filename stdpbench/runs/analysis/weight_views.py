"""How the weights of a projection are drawn: as receptive fields, as patches at their places, or as a matrix.

Weights of a sparse projection are one number per synapse. Nothing here makes an array of all pairs of neurons of a
large network: fields are laid out up to `MOST_CELLS` pairs, and a matrix is drawn from bins.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import Layout, delays_of, projection_weights
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.synapses import Synapses
from stdpbench.runs.analysis.fields import field_shape

MOST_CELLS = 2_000_000
"""Pairs of neurons up to which a sparse projection is laid out as fields; beyond, it is a matrix."""
MOST_DRAWN = 400_000
"""Synapses of which a matrix is drawn; of more, a regular sample is taken."""
MOST_BINS = 400
"""Rows and columns of the image of a matrix."""
_PER_BIN = 16  # synapses of a sample per bin, so that bins with synapses are not empty by chance

Floats = NDArray[np.floating[Any]]
Form = Literal["fields", "patches", "matrix"]


@dataclass(frozen=True, eq=False)
class WeightView:
    """The form in which the weights of a projection are drawn.

    Attributes
    ----------
    projection : str
        Its name.
    form : {"fields", "patches", "matrix"}
        ``"fields"``: the weights of each target neuron in the shape of the source. ``"patches"``: only the patch of
        the source that reaches it. ``"matrix"``: source neurons by target neurons.
    n_source, n_target : int
        Sizes of the populations.
    shape : tuple of int
        Height and width of a field or patch; of a matrix, those in which the source is drawn for one target neuron.
    grid : tuple of int
        Rows and columns of the places of patches; (1, 1) for other forms.
    synapses : Synapses or None
        Which neurons are connected; None: those of a dense projection.
    recurrent : bool
        Whether source and target are the same population.
    group : int
        In a dense projection that connects each neuron to all others within a group: its size; 0: all are connected.
    ends : tuple of two ndarrays, int64, (n_synapses,), or None
        Pixel of its patch and unit there at which each synapse begins; None: all patches are complete.
    """

    projection: str
    form: Form
    n_source: int
    n_target: int
    shape: tuple[int, int]
    grid: tuple[int, int] = (1, 1)
    synapses: Synapses | None = None
    recurrent: bool = False
    group: int = 0
    ends: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    @property
    def n_weights(self) -> int:
        """Number of synapses."""
        if self.synapses is not None:
            return len(self.synapses)
        return self.n_target * ((self.group - 1) if self.group else self.n_source)

    @property
    def has_gaps(self) -> bool:
        """Whether `fields` may contain NaN."""
        return self.synapses is not None and (self.form != "patches" or self.ends is not None)

    @property
    def units(self) -> int:
        """Number of neurons at each place of patches."""
        return self.n_target // (self.grid[0] * self.grid[1])

    # -- of all neurons --------------------------------------------------------------------------------------------

    @cached_property
    def _cells(self) -> NDArray[np.int64]:
        """Place of each synapse in an array (n_source, n_target)."""
        assert self.synapses is not None
        return self.synapses.source.astype(np.int64) * self.n_target + self.synapses.target

    @cached_property
    def _unique(self) -> bool:
        return not len(self._cells) or bool((np.diff(self._cells) > 0).all())

    @cached_property
    def _in_patches(self) -> NDArray[np.int32]:
        """Synapses of each target neuron by the pixel of its patch, (pixels, n_target, depth); -1 where none is."""
        assert self.synapses is not None
        if self.ends is not None:
            pixel, unit = self.ends
            found = np.full((prod(self.shape), self.n_target, int(unit.max(initial=0)) + 1), -1, np.int32)
            found[pixel, self.synapses.target, unit] = np.arange(len(unit), dtype=np.int32)
            return found
        numbers = self.synapses.incoming.synapse.reshape(self.n_target, prod(self.shape), -1)
        return np.ascontiguousarray(numbers.transpose(1, 0, 2))

    def fields(self, w: Floats) -> NDArray[np.float32]:
        """Return fields or patches, one per column: (pixels, n_target); NaN where there is no synapse.

        Of several synapses between the same neurons, the sum; of several source neurons at a pixel of a patch, the
        mean.
        """
        if self.form == "patches":
            known = w if self.ends is None else np.append(w, np.float32(np.nan))
            found = known[self._in_patches]
            return np.asarray(found[..., 0] if found.shape[-1] == 1 else found.mean(axis=-1), np.float32)
        if self.synapses is None:
            return np.asarray(w, np.float32)
        image = np.full(self.n_source * self.n_target, np.nan, np.float32)
        if self._unique:
            image[self._cells] = w
        else:
            cells, where = np.unique(self._cells, return_inverse=True)
            image[cells] = np.bincount(where, w)
        return image.reshape(self.n_source, self.n_target)

    def n_incoming(self) -> NDArray[np.int64]:
        """Return the number of synapses of each target neuron, int64, (n_target,)."""
        if self.synapses is None:
            return np.full(self.n_target, self.n_weights // max(1, self.n_target), np.int64)
        return np.diff(self.synapses.incoming.first).astype(np.int64)

    def largest(self, w: Floats) -> NDArray[np.float64]:
        """Return the largest absolute value of each target neuron, float64, (n_target,); NaN without synapses."""
        if self.synapses is None:
            return np.asarray(np.abs(w).max(axis=0), np.float64)
        found, some = np.full(self.n_target, np.nan), self.n_incoming() > 0
        if some.any():
            incoming = self.synapses.incoming
            found[some] = np.maximum.reduceat(np.abs(w[incoming.synapse]), incoming.first[:-1][some])
        return found

    # -- of one neuron ---------------------------------------------------------------------------------------------

    def incoming(self, w: Floats, neuron: int) -> NDArray[np.float32]:
        """Return the weights of a target neuron from each source neuron, (n_source,); NaN without a synapse."""
        if self.synapses is None:
            found = np.array(w[:, neuron], np.float32)
            found[self._unconnected(neuron)] = np.nan
            return found
        each = self.synapses.incoming
        mine = slice(each.first[neuron], each.first[neuron + 1])
        return spread(each.source[mine], w[each.synapse[mine]], self.n_source)

    def outgoing(self, w: Floats, neuron: int) -> NDArray[np.float32]:
        """Return the weights of a source neuron to each target neuron, (n_target,); NaN without a synapse."""
        if self.synapses is None:
            found = np.array(w[neuron], np.float32)
            found[self._unconnected(neuron)] = np.nan
            return found
        mine = slice(self.synapses.first[neuron], self.synapses.first[neuron + 1])
        return spread(self.synapses.target[mine], w[mine], self.n_target)

    def _unconnected(self, neuron: int) -> NDArray[np.bool_]:
        number = np.arange(self.n_source)
        if not self.group:
            return np.zeros(self.n_source, bool)
        return np.asarray((number == neuron) | (number // self.group != neuron // self.group))

    # -- as a matrix -----------------------------------------------------------------------------------------------

    def bins(
        self, sources: NDArray[np.int64], targets: NDArray[np.int64], most: tuple[int, int] = (MOST_BINS, MOST_BINS)
    ) -> MatrixBins:
        """Return which weights the image of a window of the matrix shows.

        Parameters
        ----------
        sources, targets : ndarray, int64
            Neurons of the rows and of the columns of the window, in their order.
        most : tuple of int
            Rows and columns of the image at most.
        """
        if self.synapses is None:
            rows, columns = (np.arange(0, len(each), -(-len(each) // 1000) or 1) for each in (sources, targets))
            row, column = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
            source, target = sources[row], targets[column]
            number = source * self.n_target + target
            if self.group:
                there = (source != target) & (source // self.group == target // self.group)
                row, column, number = row[there], column[there], number[there]
            n = len(sources) * len(targets) * self.n_weights // max(1, self.n_source * self.n_target)
            every = max(1, round(n / max(1, len(number))))
        else:
            number, row, column, every = _within(self.synapses, sources, targets)
        if every > 1:
            side = max(1, int(np.sqrt(len(number) / _PER_BIN)))
            most = min(most[0], side), min(most[1], side)
        high, wide = (max(1, -(-len(each) // limit)) for each, limit in zip((sources, targets), most, strict=True))
        shape = -(-len(sources) // high), -(-len(targets) // wide)
        place = (row // high) * shape[1] + column // wide
        return MatrixBins(shape, (high, wide), every, number, place, np.bincount(place, minlength=prod(shape)))


@dataclass(frozen=True, eq=False)
class MatrixBins:
    """Which weights each pixel of the image of a matrix is the mean of.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the image.
    size : tuple of int
        Source neurons per row, and target neurons per column.
    every : int
        Every how many synapses one is drawn; 1: all.
    number : ndarray, int64
        Numbers of the synapses that are drawn.
    place : ndarray, int64
        Pixel of each.
    counts : ndarray, int64, (rows * columns,)
        How many synapses are drawn in each pixel.
    """

    shape: tuple[int, int]
    size: tuple[int, int]
    every: int
    number: NDArray[np.int64]
    place: NDArray[np.int64]
    counts: NDArray[np.int64]

    def mean(self, w: Floats) -> NDArray[np.float32]:
        """Return the mean weight of the synapses in each pixel, float32, `shape`; NaN where there are none."""
        sums = np.bincount(self.place, w.reshape(-1)[self.number], prod(self.shape))
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / self.counts, np.float32).reshape(self.shape)


def _within(
    synapses: Synapses, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return number, row and column of the synapses between neurons, and every how many one is taken."""
    column_of = np.full(synapses.n_target, -1, np.int32)
    column_of[targets] = np.arange(len(targets), dtype=np.int32)
    first = synapses.first.astype(np.int64)
    degree = np.diff(first)[sources]
    ends = np.cumsum(degree)
    total = int(degree.sum())
    every = max(1, -(-total // MOST_DRAWN))
    # places among the synapses of these sources, one source after the other
    place = np.arange(0, total, every)
    drawn = (ends + every - 1) // every  # how many of them belong to each source and those before it
    row = np.repeat(np.arange(len(sources)), np.diff(drawn, prepend=0))
    number = place + (first[sources] - (ends - degree))[row]
    column = column_of[synapses.target[number]].astype(np.int64)
    if len(targets) == synapses.n_target:
        return number, row, column, every
    inside = column >= 0
    return number[inside], row[inside], column[inside], every


def spread(place: NDArray[np.integer[Any]], values: Floats, n: int) -> NDArray[np.float32]:
    """Return values at their places; the sum where several have the same, NaN where there is none."""
    found = np.full(n, np.nan, np.float32)
    found[place] = 0
    np.add.at(found, place, np.asarray(values, np.float32))
    return found


# -- from a network --------------------------------------------------------------------------------------------------


def has_view(graph: Graph, projection: str) -> bool:
    """Whether a projection has weights of its synapses, or synapses between some pairs only."""
    each = graph.projections[projection]
    return each.connect.storage == "sparse" or not each.one_weight


def is_quick(graph: Graph, projection: str) -> bool:
    """Whether `view_of` draws nothing that may take time."""
    return graph.projections[projection].connect.storage != "sparse"


def view_of(graph: Graph, projection: str, picture: tuple[int, int] | None = None) -> WeightView:
    """Return how the weights of a projection are drawn; takes seconds for many millions of synapses.

    Parameters
    ----------
    graph : Graph
        The network, which knows the shape of its input.
    projection : str
        Name of a projection with `has_view`.
    picture : tuple of int, optional
        Height and width of fields, if they are not those of the source.
    """
    made = graph.projections[projection]
    source, target = graph.populations[made.source], graph.populations[made.target]
    n, m, recurrent = source.size, target.size, made.source == made.target
    shape = picture or field_shape(source.shape)
    group = 0
    if made.connect.storage == "sparse":
        synapses: Synapses | None = graph.synapses(projection)
    elif made.connect.storage == "one-to-one":
        synapses = Synapses(n, m, np.arange(n + 1, dtype=np.int32), np.arange(n, dtype=np.int32))
    else:
        synapses = None
        layout = Layout(graph).projections[projection]
        group = layout.units_per_field if layout.at_end else 0
    if synapses is not None:
        synapses.incoming  # noqa: B018 - takes time, so it is made here
    common = {"recurrent": recurrent, "synapses": synapses, "group": group}
    if isinstance(made.connect, Local) and not recurrent:
        side, ends = made.connect.field, None
        if made.connect.padding:
            assert synapses is not None
            ends = made.connect.pixels(synapses, source.shape, target.shape)
        places = made.connect.places(source.shape)
        view = WeightView(projection, "patches", n, m, (side, side), places, ends=ends, **common)  # type: ignore[arg-type]
        view._in_patches  # noqa: B018 - likewise
        return view
    large = synapses is not None and n * m > MOST_CELLS
    form: Form = "matrix" if recurrent or large or made.connect.storage == "one-to-one" else "fields"
    return WeightView(projection, form, n, m, shape, **common)  # type: ignore[arg-type]


def static_delays(graph: Graph, projection: str) -> NDArray[np.float32]:
    """Return axonal delays of synapses that do not learn, in ms, as the experiment draws them."""
    return np.asarray(delays_of(graph, projection) * graph.dt, np.float32)


def static_weights(graph: Graph, projection: str) -> NDArray[np.float32]:
    """Return the weights of a projection that does not learn, as its experiment draws them; without its `scale`.

    Raises
    ------
    StdpbenchError
        If they follow from pictures, which are not known here.
    """
    made = graph.projections[projection]
    if made.weight.from_pictures:
        raise StdpbenchError(
            f"the weights of {projection} start from pictures and do not learn, so the run does not publish them"
        )
    if made.one_weight:
        return np.full(len(graph.synapses(projection)), made.weight.value, np.float32)  # type: ignore[attr-defined]
    return np.asarray(projection_weights(graph, projection)[projection], np.float32)


# -- orders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Order:
    """An order of the neurons of a population.

    Attributes
    ----------
    neurons : ndarray, int64, (n,)
        The neuron of each place.
    basis : str
        What it follows from: ``"label"``, ``"theta"``, ``"spikes"`` or ``"number"``.
    groups : tuple of (int, int)
        First place of each class, and its label, -1 for neurons without one; empty without labels.
    """

    neurons: NDArray[np.int64]
    basis: str
    groups: tuple[tuple[int, int], ...] = ()


def preferred_order(
    n: int,
    labels: NDArray[np.integer[Any]] | None = None,
    theta: NDArray[np.floating[Any]] | None = None,
    spikes: NDArray[np.integer[Any]] | None = None,
) -> Order:
    """Return an order by the first that is known: label, then threshold; threshold; spikes; number.

    Parameters
    ----------
    n : int
        Number of neurons.
    labels, theta, spikes : ndarray, (n,), optional
        Class of each neuron, -1 for none; its adaptive threshold; its spikes so far. Those of another length, and
        thresholds that are not finite, count as unknown. The largest thresholds and counts come first.
    """
    known = theta is not None and len(theta) == n and bool(np.isfinite(theta).all()) and float(np.ptp(theta)) > 0
    high = theta if known and theta is not None else np.zeros(n)
    if labels is not None and len(labels) == n and (np.asarray(labels) >= 0).any():
        classes = np.where(labels < 0, np.iinfo(np.int64).max, labels)
        neurons = np.lexsort((-high, classes))
        ordered = labels[neurons]
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        return Order(neurons, "label", tuple((int(at), int(ordered[at])) for at in starts))
    if known:
        return Order(np.argsort(-high, kind="stable"), "theta")
    if spikes is not None and len(spikes) == n and np.ptp(spikes) > 0:
        return Order(np.argsort(-spikes, kind="stable"), "spikes")
    return Order(np.arange(n), "number")


def patch_places(grid: tuple[int, int], units: int) -> tuple[NDArray[np.int64], int]:
    """Return the neurons of a mosaic of patches in rows, and its number of columns; -1 where there is none.

    The patches of a unit lie at their places next to each other, one block per unit; blocks are laid out in a square.

    Parameters
    ----------
    grid : tuple of int
        Rows and columns of places.
    units : int
        Number of units at each place. Neurons are numbered by row, column and unit.
    """
    rows, columns = grid
    across = max(1, min(units, int(np.ceil(np.sqrt(units * rows / columns)))))
    down = -(-units // across)
    unit = np.arange(down * across).reshape(down, 1, across, 1)
    place = np.arange(rows * columns).reshape(1, rows, 1, columns)
    neurons = np.where(unit < units, place * units + unit, -1)
    return neurons.reshape(-1).astype(np.int64), across * columns
