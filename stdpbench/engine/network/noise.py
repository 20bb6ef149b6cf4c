"""Noise of a presentation, drawn before it starts.

Noise is drawn in blocks of a fixed number of steps, each with a separate generator. The spikes of a step therefore
depend on the key, the name of the population, the parameters of its noise and the number of the step, but not on the
cut of a stream into presentations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Spikes

BLOCK = 100
"""Steps per block."""


def draw_noise(graph: Graph, key: Sequence[int], first: int, n_bins: int) -> dict[str, Spikes]:
    """Draw the spikes of all populations with noise.

    Parameters
    ----------
    graph : Graph
        The network.
    key : sequence of int
        Entropy of the random numbers, not negative: the seed, and numbers that identify the stimulus.
    first : int
        Number of the first step; 0 unless the presentation is a piece of a stream.
    n_bins : int
        Number of steps.

    Returns
    -------
    dict of str to Spikes
        By population, sorted by (bin, index); bins count from `first`. A neuron may occur several times in a bin.
    """
    return {
        name: _of_population(graph, name, key, first, n_bins)
        for name, population in graph.populations.items()
        if population.noise is not None
    }


def _of_population(graph: Graph, name: str, key: Sequence[int], first: int, n_bins: int) -> Spikes:
    digest = hashlib.sha256(f"noise of {name}".encode()).digest()
    stem = (*key, int.from_bytes(digest[:8], "little"))
    places, neurons = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for block in range(first // BLOCK, -(-(first + n_bins) // BLOCK)):
        steps, index = _block(graph, name, (*stem, block))
        start = block * BLOCK - first
        inside = slice(*np.searchsorted(steps, (-start, n_bins - start)))
        places.append(steps[inside] + np.int32(start))
        neurons.append(index[inside])
    return Spikes(np.concatenate(neurons), np.concatenate(places))


def _block(graph: Graph, name: str, entropy: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return step in the block and neuron of each spike, sorted."""
    population = graph.populations[name]
    assert population.noise is not None
    random = np.random.default_rng(np.random.SeedSequence(entropy))
    steps, index = population.noise.draw(random, BLOCK, population.size, graph.dt)
    cells = np.asarray(steps * population.size + index)
    if BLOCK * population.size < 2**31:
        cells = cells.astype(np.int32)  # sorts faster
    cells.sort()
    steps, index = np.divmod(cells, cells.dtype.type(population.size))
    return steps.astype(np.int32, copy=False), index.astype(np.int32, copy=False)
