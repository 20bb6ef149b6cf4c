"""Receptive fields: mosaics, orders of neurons, and duplicates."""

from __future__ import annotations

from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph
from stdpbench.results.readout.neurons import unit_fields

Weights = NDArray[np.floating[Any]]
ALIKE = 0.95
"""Correlation of weights above which two neurons are duplicates."""
NOT_COUNTED = "which neurons never fired is not known, since this run does not count spikes"
"""Remark on a run without spike counts of its neurons."""
_BLOCK = 1024


def tile(w: Weights, shape: tuple[int, int], columns: int, gap: float = np.nan) -> NDArray[np.float32]:
    """Arrange fields in a mosaic with lines between them.

    Parameters
    ----------
    w : ndarray, float, (height * width, n)
        One field per column.
    shape : tuple of int
        (height, width).
    columns : int
        Number of fields per row.
    gap : float
        Value of the lines and of empty tiles.

    Returns
    -------
    ndarray, float32, (rows * (height + 1), columns * (width + 1))
        The mosaic.
    """
    height, width = shape
    n = w.shape[1]
    rows = -(-n // columns)
    mosaic = np.full((rows, height + 1, columns, width + 1), gap, np.float32)
    full = n // columns
    by_pixel = w.reshape(height, width, n)
    mosaic[:full, :height, :, :width] = (
        by_pixel[..., : full * columns].reshape(height, width, full, columns).transpose(2, 0, 3, 1)
    )
    if full < rows:
        n_last = n - full * columns
        mosaic[full, :height, :n_last, :width] = by_pixel[..., full * columns :].transpose(0, 2, 1)
    return mosaic.reshape(rows * (height + 1), columns * (width + 1))


def pooled(
    w: Weights, shape: tuple[int, int], factor: int, *, gaps: bool = False
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Reduce the resolution of fields by averaging over squares of `factor` pixels; incomplete squares are dropped.

    With `gaps`, pixels that are NaN are left out of the means; a square without other pixels is NaN.

    Returns
    -------
    w : ndarray, float32, (height * width, n)
        One field per column.
    shape : tuple of int
        (height, width) of the reduced fields.
    """
    height, width = shape[0] // factor, shape[1] // factor
    if factor <= 1 or not height or not width:
        return np.asarray(w, np.float32), shape
    n = w.shape[1]
    cut = w.reshape(*shape, n)[: height * factor, : width * factor]
    squares = cut.reshape(height, factor, width, factor, n)
    if gaps:
        present = ~np.isnan(squares)
        sums = np.where(present, squares, 0).sum(axis=(1, 3), dtype=np.float32)
        with np.errstate(invalid="ignore"):
            means = sums / present.sum(axis=(1, 3), dtype=np.float32)
    else:
        means = squares.mean(axis=(1, 3), dtype=np.float32)
    return means.reshape(height * width, n), (height, width)


def by_label(labels: NDArray[np.int64], theta: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return an order of neurons by class, then by descending theta, int64, (n_exc,); neurons without a class last."""
    classes = np.where(labels < 0, np.iinfo(np.int64).max, labels)
    return np.asarray(np.lexsort((-theta, classes)), np.int64)


def by_similarity(w: Weights) -> NDArray[np.int64]:
    """Return an order in which similar fields are adjacent (average linkage on correlation), int64, (n,)."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if w.shape[1] < 3:
        return np.arange(w.shape[1])
    return np.asarray(leaves_list(linkage(unit_fields(w).T, "average")), np.int64)


def duplicates(w: Weights, alike: float = ALIKE) -> NDArray[np.bool_]:
    """Find neurons whose correlation with a neuron of lower index exceeds `alike`: bool, (n,)."""
    unit = unit_fields(w)
    n = unit.shape[1]
    is_duplicate = np.zeros(n, bool)
    for first in range(0, n, _BLOCK):
        block = unit[:, first : first + _BLOCK]
        correlation = unit[:, : first + block.shape[1]].T @ block
        earlier = np.arange(correlation.shape[0])[:, None] < np.arange(first, first + block.shape[1])
        is_duplicate[first : first + block.shape[1]] = ((correlation > alike) & earlier).any(axis=0)
    return is_duplicate


def field_shape(source: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width in which the weights of a neuron are drawn.

    Parameters
    ----------
    source : tuple of int
        Shape of the population that the weights come from.

    Returns
    -------
    tuple of int
        That shape if it has two dimensions and more than one row; otherwise the squarest shape with as many cells.
    """
    if len(source) == 2 and source[0] > 1:
        return source[0], source[1]
    n = prod(source)
    height = max(side for side in range(1, isqrt(n) + 1) if n % side == 0)
    return height, n // height


def fields_of(graph: Graph, projection: str, w: Weights) -> tuple[Weights, tuple[int, int]]:
    """Return weights of a projection as fields, one per column, and height and width of a field.

    Kernels that synapses share are fields in which the units of the source stand side by side.
    """
    if kernel := graph.kernel(projection):
        rows, columns, units, n = kernel
        return w.reshape(kernel).transpose(0, 2, 1, 3).reshape(-1, n), (rows, units * columns)
    return w, field_shape(graph.populations[graph.projections[projection].source].shape)


def mosaic(
    w: NDArray[np.floating[Any]],
    shape: tuple[int, int],
    order: NDArray[np.int64] | None = None,
    columns: int = 0,
) -> NDArray[np.float32]:
    """Return receptive fields side by side, separated by NaN.

    Parameters
    ----------
    w : ndarray, float, (n_input, n_exc)
        Weights.
    shape : tuple of int
        Height and width of a field.
    order : ndarray, int64, optional
        The neuron of each place, -1 for none. Default: the order of neurons.
    columns : int
        Fields per row; default: those that make the picture about as wide as high.
    """
    order = np.arange(w.shape[1]) if order is None else order
    columns = columns or int(np.ceil(np.sqrt(len(order) * shape[0] / shape[1])))
    return tile(np.where(order >= 0, w[:, order], np.nan), shape, columns)[:-1, :-1]
