"""Clusterings and embeddings of a report."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout import INTERVAL, wilson_interval
from stdpbench.results.readout.cluster_measures import agreement, compactness, contingency, matched
from stdpbench.results.readout.clustering import METHODS, Features, cluster, features, winners
from stdpbench.results.readout.embedding import Embedding, embed

CHANCE = "chance: k-means, permuted"
"""Row of clusters that are independent of the pictures, for comparison with chance."""


def measure_clusters(
    spike_counts: NDArray[np.uint16], labels: NDArray[np.int64], n_classes: int, seed: int
) -> Iterator[tuple[dict[str, Any], NDArray[np.int64]]]:
    """Cluster responses by every method with K from the classes, by k-means with free K, and by neurons.

    Yields
    ------
    row : dict
        Name, choice of K, measures, and the 95 % Wilson interval of the matched accuracy.
    clusters : ndarray, int64, (n_images,)
        Cluster of each picture.
    """
    points = features(spike_counts)
    k = min(n_classes, len(points))
    for method in METHODS:
        free = method == "hdbscan"
        found = cluster(points, method, None if free else k, seed)
        yield cluster_row(method, "its own" if free else "classes", found, labels, n_classes, points), found
    found = cluster(points, "k-means", None, seed)
    yield cluster_row("k-means, K free", "best silhouette", found, labels, n_classes, points), found
    found = winners(spike_counts)
    yield cluster_row("neurons (winner)", "neurons", found, labels, n_classes, points), found
    rng = np.random.default_rng(seed)
    chance = rng.permutation(cluster(points, "k-means", k, seed))
    yield cluster_row(CHANCE, "classes", chance, labels, n_classes, points), chance


def cluster_row(
    name: str,
    chosen: str,
    found: NDArray[np.int64],
    labels: NDArray[np.int64],
    n_classes: int,
    points: Features,
) -> dict[str, Any]:
    """Return measures of one clustering as plain values, with the 95 % Wilson interval of the matched accuracy.

    The interval is for a fixed matching.
    """
    right = matched(contingency(found, labels, n_classes))
    low, high = wilson_interval(right, len(labels))
    return {
        "name": name,
        "k_from": chosen,
        **agreement(found, labels, n_classes).to_mapping(),
        "accuracy_low": low,
        "accuracy_high": high,
        "interval": INTERVAL,
        **compactness(points, found).to_mapping(),
    }


def embed_responses(spike_counts: NDArray[np.uint16], seed: int) -> Iterator[Embedding]:
    """Embed responses in the plane with every installed method."""
    points = features(spike_counts)
    if len(points) < 3:
        return
    for method in ("pca", "t-sne", *(["umap"] if find_spec("umap") else [])):
        yield embed(points, method, seed)
