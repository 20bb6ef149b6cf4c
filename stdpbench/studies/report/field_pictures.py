"""Pictures of receptive fields for a report."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.figures.svg import png
from stdpbench.results.readout import NO_ANSWER
from stdpbench.runs.analysis.fields import by_similarity, pooled, tile


def field_pictures(
    w: NDArray[np.float64], shape: tuple[int, int], groups: NDArray[np.int64], n_groups: int
) -> list[tuple[int, int, str]]:
    """Return receptive fields by group, similar ones next to each other: group, number of neurons, image.

    Neurons without a group (`NO_ANSWER`) come last.
    """
    factor = 1 if w.shape[1] <= 2000 else 2
    small, small_shape = pooled(w, shape, factor)
    largest = float(np.quantile(small, 0.9995)) if small.size else 1.0
    found = []
    for group in (*range(n_groups), NO_ANSWER):
        members = np.flatnonzero(groups == group)
        if not len(members):
            continue
        ordered = small[:, members][:, by_similarity(small[:, members])]
        columns = min(len(members), 24 if w.shape[1] > 100 else 12)
        found.append((group, len(members), png(tile(ordered, small_shape, columns), largest, invert=True)))
    return found
