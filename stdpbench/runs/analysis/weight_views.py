"""Arrange the weights of a projection for drawing: as receptive fields, as patches at their positions, or as a matrix.

Weights of a sparse projection are one number per synapse. For large networks, no array of all pairs of neurons is
made: fields are only used up to `MOST_CELLS` pairs, and a matrix is drawn from bins.
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
from stdpbench.engine.network.layout import ProjectionLayout
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.pool import Pool
from stdpbench.kinds.connections.synapses import Synapses
from stdpbench.runs.analysis.fields import by_label, field_shape

MOST_CELLS = 2_000_000
"""Maximum number of pairs of neurons of a sparse projection drawn as fields; a larger one is drawn as a matrix."""
MOST_DRAWN = 400_000
"""Maximum number of synapses from which a matrix is drawn; of more synapses, a regular sample is taken."""
MOST_BINS = 400
"""Maximum number of rows and columns of the image of a matrix."""
_PER_BIN = 16  # sampled synapses per bin, so that bins with synapses are not empty by chance

Floats = NDArray[np.floating[Any]]
Form = Literal["fields", "patches", "matrix"]


@dataclass(frozen=True, eq=False)
class PooledFeatures:
    """Features with shared weights and their pools, through which a layer above sees the input.

    Attributes
    ----------
    kernels : str
        Name of the learned array with the kernels of the features.
    connect : Local
        Patches of the features.
    size : int
        Side of a pool, in places.
    places, picture : tuple of int
        Rows and columns of the places of features, and of a plane of the input.
    """

    kernels: str
    connect: Local
    size: int
    places: tuple[int, int]
    picture: tuple[int, int]

    def fields(self, w: Floats, kernels: Floats) -> NDArray[np.float32]:
        """Return what the weights of each neuron add up to in the input, float32, (pixels, n_target).

        A weight from a pooled neuron is divided evenly among the places of a pool, where it counts the kernel of its
        feature; of two planes, the second is subtracted from the first.

        Parameters
        ----------
        w : ndarray, (n_pooled, n_target)
            Weights from the pooled neurons.
        kernels : ndarray, (field, field, planes, features)
            Kernels of the features.
        """
        side, stride = self.connect.field, self.connect.stride
        signed = kernels[:, :, 0] - kernels[:, :, 1] if self.connect.planes > 1 else kernels[:, :, 0]
        features = signed.reshape(side * side, -1).astype(np.float32) / self.size**2
        squares = [-(-n // self.size) for n in self.places]
        weights = np.asarray(w, np.float32).reshape(*squares, features.shape[1], -1)
        patches = features @ weights  # of each square
        fields = np.zeros((*self.picture, weights.shape[-1]), np.float32)
        for row, column in np.ndindex(*self.places):
            patch = patches[row // self.size, column // self.size].reshape(side, side, -1)
            top, left = row * stride, column * stride
            fields[top : top + side, left : left + side] += patch
        return fields.reshape(-1, weights.shape[-1])


@dataclass(frozen=True, eq=False)
class WeightView:
    """The form in which the weights of a projection are drawn.

    Attributes
    ----------
    projection : str
        Name of the projection.
    form : {"fields", "patches", "matrix"}
        ``"fields"``: the weights of each target neuron in the shape of the source. ``"patches"``: only the patch of
        the source that is connected to it. ``"matrix"``: source neurons by target neurons.
    n_source, n_target : int
        Sizes of the populations.
    shape : tuple of int
        Height and width of a field or patch; for a matrix, those of the source when drawn for one target neuron.
    grid : tuple of int
        Rows and columns of the positions of patches; (1, 1) for other forms.
    synapses : Synapses or None
        The synapses; None for a dense projection.
    recurrent : bool
        Whether source and target are the same population.
    lateral : ProjectionLayout or None
        The projection, if it is dense but connects only some pairs; None: all pairs.
    ends : tuple of two ndarrays, int64, (n_synapses,), or None
        Pixel of the patch, and unit at that pixel, at which each synapse begins; None: all patches are complete.
    shared : bool
        Whether the patches of all positions have the same weights, so that those of the first position are drawn.
    below : PooledFeatures or None
        What the source consists of, if fields can be drawn as what they add up to in the input.
    """

    projection: str
    form: Form
    n_source: int
    n_target: int
    shape: tuple[int, int]
    grid: tuple[int, int] = (1, 1)
    synapses: Synapses | None = None
    recurrent: bool = False
    lateral: ProjectionLayout | None = None
    ends: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    shared: bool = False
    below: PooledFeatures | None = None

    @property
    def picture(self) -> tuple[int, int]:
        """Height and width of a field as it is drawn."""
        return self.shape if self.below is None else self.below.picture

    @property
    def n_drawn(self) -> int:
        """Number of fields: one for each target neuron, or for each unit if positions share their weights."""
        return self.units if self.shared else self.n_target

    @property
    def n_weights(self) -> int:
        """Number of synapses."""
        if self.synapses is not None:
            return len(self.synapses)
        if self.lateral is not None:
            return int(self.lateral.others.out_degrees(self.lateral.target.population.shape).sum())
        return self.n_target * self.n_source

    @property
    def has_gaps(self) -> bool:
        """Whether `fields` may contain NaN."""
        return self.synapses is not None and (self.form != "patches" or self.ends is not None)

    @property
    def units(self) -> int:
        """Number of neurons at each position of patches."""
        return self.n_target // (self.grid[0] * self.grid[1])

    # -- of all neurons --------------------------------------------------------------------------------------------

    @cached_property
    def _cells(self) -> NDArray[np.int64]:
        """Flat index of each synapse in an array (n_source, n_target)."""
        assert self.synapses is not None
        return self.synapses.source.astype(np.int64) * self.n_target + self.synapses.target

    @cached_property
    def _unique(self) -> bool:
        return not len(self._cells) or bool((np.diff(self._cells) > 0).all())

    @cached_property
    def _in_patches(self) -> NDArray[np.int32]:
        """Synapses of each target neuron by the pixel of its patch, (pixels, n_target, depth); -1 without one."""
        assert self.synapses is not None
        if self.ends is not None:
            pixel, unit = self.ends
            numbers_ = np.full((prod(self.shape), self.n_target, int(unit.max(initial=0)) + 1), -1, np.int32)
            numbers_[pixel, self.synapses.target, unit] = np.arange(len(unit), dtype=np.int32)
            return numbers_
        numbers = self.synapses.incoming.synapse.reshape(self.n_target, prod(self.shape), -1)
        return np.ascontiguousarray(numbers.transpose(1, 0, 2))

    def fields(self, w: Floats) -> NDArray[np.float32]:
        """Return fields or patches, one per column: (pixels, n_drawn); NaN without a synapse.

        Weights of several synapses between the same neurons are added; those of several source neurons at a pixel of a
        patch are averaged.
        """
        if self.form == "patches":
            weights = w if self.ends is None else np.append(w, np.float32(np.nan))
            patches = weights[self._in_patches[:, : self.n_drawn]]
            return np.asarray(patches[..., 0] if patches.shape[-1] == 1 else patches.mean(axis=-1), np.float32)
        if self.synapses is None:
            return np.asarray(w, np.float32)
        image = np.full(self.n_source * self.n_target, np.nan, np.float32)
        if self._unique:
            image[self._cells] = w
        else:
            cells, inverse = np.unique(self._cells, return_inverse=True)
            image[cells] = np.bincount(inverse, w)
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
        maxima, connected = np.full(self.n_target, np.nan), self.n_incoming() > 0
        if connected.any():
            incoming = self.synapses.incoming
            maxima[connected] = np.maximum.reduceat(np.abs(w[incoming.synapse]), incoming.first[:-1][connected])
        return maxima

    # -- of one neuron ---------------------------------------------------------------------------------------------

    def incoming(self, w: Floats, neuron: int) -> NDArray[np.float32]:
        """Return the weights of a target neuron from each source neuron, (n_source,); NaN without a synapse."""
        if self.synapses is None:
            return self._dense(w[:, neuron], neuron)
        incoming = self.synapses.incoming
        selected = slice(incoming.first[neuron], incoming.first[neuron + 1])
        return spread(incoming.source[selected], w[incoming.synapse[selected]], self.n_source)

    def outgoing(self, w: Floats, neuron: int) -> NDArray[np.float32]:
        """Return the weights of a source neuron to each target neuron, (n_target,); NaN without a synapse."""
        if self.synapses is None:
            return self._dense(w[neuron], neuron)
        selected = slice(self.synapses.first[neuron], self.synapses.first[neuron + 1])
        return spread(self.synapses.target[selected], w[selected], self.n_target)

    def _dense(self, w: Floats, neuron: int) -> NDArray[np.float32]:
        """Return the weights of a neuron in a dense projection; NaN where there is no synapse."""
        weights = np.array(w, np.float32)
        if self.lateral is not None:
            weights[~self.lateral.reaches(np.array(neuron), np.arange(len(weights)))] = np.nan
        return weights

    # -- as a matrix -----------------------------------------------------------------------------------------------

    def bins(
        self, sources: NDArray[np.int64], targets: NDArray[np.int64], most: tuple[int, int] = (MOST_BINS, MOST_BINS)
    ) -> MatrixBins:
        """Return the assignment of weights to pixels for the image of a window of the matrix.

        Parameters
        ----------
        sources, targets : ndarray, int64
            Neurons of the rows and of the columns of the window, in order.
        most : tuple of int
            Maximum numbers of rows and columns of the image.
        """
        if self.synapses is None:
            rows, columns = (np.arange(0, n, -(-n // 1000) or 1) for n in (len(sources), len(targets)))
            row, column = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
            source, target = sources[row], targets[column]
            number = source * self.n_target + target
            if self.lateral is not None:
                connected = self.lateral.reaches(source, target)
                row, column, number = row[connected], column[connected], number[connected]
            n = len(sources) * len(targets) * self.n_weights // max(1, self.n_source * self.n_target)
            every = max(1, round(n / max(1, len(number))))
        else:
            number, row, column, every = _within(self.synapses, sources, targets)
        if every > 1:
            side = max(1, int(np.sqrt(len(number) / _PER_BIN)))
            most = min(most[0], side), min(most[1], side)
        high, wide = max(1, -(-len(sources) // most[0])), max(1, -(-len(targets) // most[1]))
        shape = -(-len(sources) // high), -(-len(targets) // wide)
        place = (row // high) * shape[1] + column // wide
        return MatrixBins(shape, (high, wide), every, number, place, np.bincount(place, minlength=prod(shape)))


@dataclass(frozen=True, eq=False)
class MatrixBins:
    """Assignment of weights to the pixels of the image of a matrix; each pixel is a mean.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the image.
    size : tuple of int
        Source neurons per row, and target neurons per column.
    every : int
        Sampling interval: one of this many synapses is drawn; 1: all.
    number : ndarray, int64
        Numbers of the drawn synapses.
    place : ndarray, int64
        Pixel of each drawn synapse.
    counts : ndarray, int64, (rows * columns,)
        Number of drawn synapses in each pixel.
    """

    shape: tuple[int, int]
    size: tuple[int, int]
    every: int
    number: NDArray[np.int64]
    place: NDArray[np.int64]
    counts: NDArray[np.int64]

    def mean(self, w: Floats) -> NDArray[np.float32]:
        """Return the mean weight of the synapses in each pixel, float32, `shape`; NaN without synapses."""
        sums = np.bincount(self.place, w.reshape(-1)[self.number], prod(self.shape))
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / self.counts, np.float32).reshape(self.shape)


def _within(
    synapses: Synapses, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """Return number, row and column of a sample of the synapses between neurons, and the sampling interval."""
    column_of = np.full(synapses.n_target, -1, np.int32)
    column_of[targets] = np.arange(len(targets), dtype=np.int32)
    first = synapses.first.astype(np.int64)
    degree = np.diff(first)[sources]
    ends = np.cumsum(degree)
    total = int(degree.sum())
    every = max(1, -(-total // MOST_DRAWN))
    # indices among the synapses of these sources, ordered by source
    place = np.arange(0, total, every)
    drawn = (ends + every - 1) // every  # cumulative number of sampled synapses by source
    row = np.repeat(np.arange(len(sources)), np.diff(drawn, prepend=0))
    number = place + (first[sources] - (ends - degree))[row]
    column = column_of[synapses.target[number]].astype(np.int64)
    if len(targets) == synapses.n_target:
        return number, row, column, every
    inside = column >= 0
    return number[inside], row[inside], column[inside], every


def spread(place: NDArray[np.integer[Any]], values: Floats, n: int) -> NDArray[np.float32]:
    """Return an array of `n` elements with the sum of the values at each place; NaN without a value."""
    sums = np.full(n, np.nan, np.float32)
    sums[place] = 0
    np.add.at(sums, place, np.asarray(values, np.float32))
    return sums


# -- from a network --------------------------------------------------------------------------------------------------


def has_view(graph: Graph, projection: str) -> bool:
    """Return whether a projection can be drawn: it has a weight per synapse, or is sparse."""
    declared = graph.projections[projection]
    return declared.connect.storage == "sparse" or not declared.one_weight


def is_quick(graph: Graph, projection: str) -> bool:
    """Return whether `view_of` takes little time, since no synapses have to be drawn at random."""
    return graph.projections[projection].connect.storage != "sparse"


def view_of(graph: Graph, projection: str, picture: tuple[int, int] | None = None) -> WeightView:
    """Return the form in which the weights of a projection are drawn; takes seconds for many millions of synapses.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    projection : str
        Name of a projection with `has_view`.
    picture : tuple of int, optional
        Height and width of fields, if they are not those of the source.
    """
    declared = graph.projections[projection]
    source, target = graph.populations[declared.source], graph.populations[declared.target]
    n, m, recurrent = source.size, target.size, declared.source == declared.target
    shape = picture or field_shape(source.shape)
    lateral = None
    if declared.connect.storage == "sparse":
        synapses: Synapses | None = graph.synapses(projection)
    elif declared.connect.storage == "one-to-one":
        synapses = Synapses(n, m, np.arange(n + 1, dtype=np.int32), np.arange(n, dtype=np.int32))
    else:
        synapses = None
        layout = Layout(graph).projections[projection]
        lateral = layout if layout.at_end else None
    if synapses is not None:
        synapses.incoming  # noqa: B018 - cached here, since it takes time
    common = {"recurrent": recurrent, "synapses": synapses, "lateral": lateral}
    if isinstance(declared.connect, Local) and not recurrent:
        side, planes, ends = declared.connect.field, declared.connect.planes, None
        if declared.connect.padding or planes > 1:
            assert synapses is not None
            pixel, unit = declared.connect.pixels(synapses, source.shape, target.shape)
            row, column = np.divmod(pixel, side)  # planes stand side by side
            ends = (row * planes + unit % planes) * side + column, unit // planes
        places, shared = declared.connect.places(source.shape), declared.shared
        view = WeightView(
            projection,
            "patches",
            n,
            m,
            (side, planes * side),
            places,
            ends=ends,
            shared=shared,
            **common,  # type: ignore[arg-type]
        )
        view._in_patches  # noqa: B018 - cached here, too
        return view
    large = synapses is not None and n * m > MOST_CELLS
    form: Form = "matrix" if recurrent or large or declared.connect.storage == "one-to-one" else "fields"
    below = _pooled_features(graph, declared.source) if form == "fields" and synapses is None else None
    return WeightView(projection, form, n, m, shape, below=below, **common)  # type: ignore[arg-type]


def _pooled_features(graph: Graph, source: str) -> PooledFeatures | None:
    """Return the features that a population pools; None if it does not, or they do not see the input alone."""
    pools = [each for each in graph.projections.values() if each.target == source]
    if len(pools) != 1 or not isinstance(pools[0].connect, Pool):
        return None
    for name in graph.plastic:
        feed = graph.projections[name]
        if (feed.source, feed.target) == (graph.input, pools[0].source) and isinstance(feed.connect, Local):
            connect, picture = feed.connect, graph.populations[graph.input].shape
            if connect.shared and not connect.padding and connect.planes < 3 and len(picture) == 2:
                plane = picture[0] // connect.planes, picture[1]
                return PooledFeatures(f"{name}.w", connect, pools[0].connect.size, connect.places(picture), plane)
    return None


def static_delays(graph: Graph, projection: str) -> NDArray[np.float32]:
    """Return the axonal delays, in ms, of synapses whose delays do not learn, as drawn by the experiment."""
    return np.asarray(delays_of(graph, projection) * graph.dt, np.float32)


def static_weights(graph: Graph, projection: str) -> NDArray[np.float32]:
    """Return the weights of a projection that does not learn, as drawn by the experiment, without its `scale`.

    Those that synapses share are repeated for each synapse.

    Raises
    ------
    StdpbenchError
        If they depend on pictures, which are not available here.
    """
    declared = graph.projections[projection]
    if declared.weight.from_pictures:
        raise StdpbenchError(
            f"the weights of {projection} start from pictures and do not learn, so the run does not publish them"
        )
    if declared.one_weight:
        return np.full(len(graph.synapses(projection)), declared.weight.value, np.float32)  # type: ignore[attr-defined]
    w = projection_weights(graph, projection)[projection]
    return np.asarray(graph.per_synapse(projection, w), np.float32)


# -- orders ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Order:
    """An order of the neurons of a population.

    Attributes
    ----------
    neurons : ndarray, int64, (n,)
        The neuron of each place.
    basis : str
        Sort key: ``"label"``, ``"theta"``, ``"spikes"`` or ``"number"``.
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
    """Return an order by the first available key: label and threshold; threshold; spikes; number.

    Parameters
    ----------
    n : int
        Number of neurons.
    labels, theta, spikes : ndarray, (n,), optional
        Class of each neuron, -1 for none; its adaptive threshold; its spikes so far. Arrays of another length, and
        thresholds that are not finite, are ignored. The largest thresholds and counts come first.
    """
    by_theta = theta is not None and len(theta) == n and bool(np.isfinite(theta).all()) and float(np.ptp(theta)) > 0
    high = theta if by_theta and theta is not None else np.zeros(n)
    if labels is not None and len(labels) == n and (np.asarray(labels) >= 0).any():
        neurons = by_label(np.asarray(labels, np.int64), np.asarray(high, np.float64))
        ordered = labels[neurons]
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        return Order(neurons, "label", tuple((int(start), int(ordered[start])) for start in starts))
    if by_theta:
        return Order(np.argsort(-high, kind="stable"), "theta")
    if spikes is not None and len(spikes) == n and np.ptp(spikes) > 0:
        return Order(np.argsort(-spikes, kind="stable"), "spikes")
    return Order(np.arange(n), "number")


def patch_places(grid: tuple[int, int], units: int) -> tuple[NDArray[np.int64], int]:
    """Return the neurons of a mosaic of patches in row order, -1 for an empty place, and the number of columns.

    The patches of each unit form a block, in which they have their positions; blocks are laid out in a square.

    Parameters
    ----------
    grid : tuple of int
        Rows and columns of positions.
    units : int
        Number of units at each position. Neurons are numbered by row, column and unit.
    """
    rows, columns = grid
    across = max(1, min(units, int(np.ceil(np.sqrt(units * rows / columns)))))
    down = -(-units // across)
    unit = np.arange(down * across).reshape(down, 1, across, 1)
    place = np.arange(rows * columns).reshape(1, rows, 1, columns)
    neurons = np.where(unit < units, place * units + unit, -1)
    return neurons.reshape(-1).astype(np.int64), across * columns
