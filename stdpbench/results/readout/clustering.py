"""Clusters of responses, found without labels.

The methods are those of scikit-learn, applied to `features`: square roots of spike counts (which stabilise the
variance), reduced to their first principal components. Clusters are numbered from 0; `NO_ANSWER` marks a picture in
no cluster (noise in HDBSCAN, or no spikes). The seed determines all random choices, and everything runs on one thread,
so that sums are reproducible.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.results.readout.base import NO_ANSWER, Counts, checked_counts

Features = NDArray[np.float64]
_SILHOUETTE_SAMPLE, _MOST_CLUSTERS = 1000, 30


def features(spike_counts: Counts, components: int = 50) -> Features:
    """Compute the input of clustering methods: float64, (n_images, at most `components`).

    They are principal components of square roots of the counts, with fixed signs. With more pictures than neurons they
    come from the covariance of the neurons, which is faster and takes half the memory.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    roots = np.sqrt(checked_counts(spike_counts).astype(np.float64))
    components, solver = min(components, *roots.shape), "full" if len(roots) <= roots.shape[1] else "covariance_eigh"
    with threadpool_limits(limits=1):
        return np.asarray(PCA(components, svd_solver=solver, random_state=0).fit_transform(roots), np.float64)


def cluster(points: Features, method: str, k: int | None, seed: int) -> NDArray[np.int64]:
    """Find clusters.

    Parameters
    ----------
    points : ndarray, float64, (n, dimensions)
        Output of `features`.
    method : str
        One of `METHODS`.
    k : int or None
        Number of clusters. None: the number with the best silhouette (see `free_k`); must be None for HDBSCAN.
    seed : int
        At least 0.

    Returns
    -------
    ndarray, int64, (n,)

    Raises
    ------
    StdpbenchError
        If there is no such method, or there are fewer points than clusters.

    Notes
    -----
    Identical points form one cluster.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    if method not in METHODS:
        raise StdpbenchError(f"there is no clustering method {method!r}; {suggestion(method, METHODS)}")
    if method == "hdbscan":
        if k is not None:
            raise StdpbenchError(f"HDBSCAN finds the number of clusters itself, so k must be omitted, not {k}")
    elif k is None:
        k = free_k(points, method, seed)
    if k is not None and not 1 <= k <= len(points):
        raise StdpbenchError(f"{k} clusters of {len(points)} pictures cannot be found: k must be 1 to {len(points)}")
    if all_alike(points):  # equal up to rounding; some methods would not terminate
        return np.zeros(len(points), np.int64)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than clusters
        short = int(np.random.SeedSequence(seed).generate_state(1)[0])  # scikit-learn accepts 32 bits only
        clusters = METHODS[method](points, k or 0, short)
    return np.asarray(clusters, np.int64)


def all_alike(points: Features) -> bool:
    """Return whether points are equal up to rounding."""
    return bool(np.ptp(points, axis=0).max(initial=0.0) < 1e-9)


def free_k(points: Features, method: str, seed: int) -> int:
    """Return the number of clusters, 2 to 30, with the best silhouette, without labels.

    Uses the first thousand points; in a tie, the smallest number.
    """
    from sklearn.metrics import silhouette_score

    sample = points[:_SILHOUETTE_SAMPLE]
    best, best_k = -np.inf, 2
    for k in range(2, min(_MOST_CLUSTERS, len(sample) - 1) + 1):
        clusters = cluster(sample, method, k, seed)
        if len(np.unique(clusters)) < 2:
            continue
        score = float(silhouette_score(sample, clusters))
        if score > best:
            best, best_k = score, k
    return best_k


def winners(spike_counts: Counts) -> NDArray[np.int64]:
    """Return the neuron that fires most for each picture, the lowest in a tie; `NO_ANSWER` without spikes."""
    counts = checked_counts(spike_counts)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), NO_ANSWER).astype(np.int64)


def _k_means(points: Features, k: int, seed: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=4, random_state=seed).fit_predict(points)


def _mini_batch_k_means(points: Features, k: int, seed: int) -> Any:
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(k, n_init=4, batch_size=1024, random_state=seed).fit_predict(points)


def _agglomerative(points: Features, k: int, seed: int) -> Any:
    from sklearn.cluster import AgglomerativeClustering

    return AgglomerativeClustering(k, linkage="ward").fit_predict(points)


def _gaussian_mixture(points: Features, k: int, seed: int) -> Any:
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(k, covariance_type="diag", reg_covar=1e-4, random_state=seed).fit_predict(points)


def _spectral(points: Features, k: int, seed: int) -> Any:
    from sklearn.cluster import SpectralClustering
    from sklearn.neighbors import kneighbors_graph

    if k >= len(points):
        return np.arange(len(points))
    graph = kneighbors_graph(points, min(15, len(points) - 1), include_self=True)
    # weak edges connect separate components, which become clusters
    affinity = 0.5 * (graph + graph.T) + 1e-9 * _ring(len(points))
    return SpectralClustering(k, affinity="precomputed", random_state=seed).fit_predict(affinity)


def _ring(n: int) -> Any:
    """Return the graph with edges between consecutive points."""
    from scipy.sparse import diags_array

    return diags_array([np.ones(n - 1), np.ones(n - 1)], offsets=[-1, 1], shape=(n, n)) if n > 1 else np.zeros((1, 1))


def _hdbscan(points: Features, k: int, seed: int) -> Any:
    from sklearn.cluster import HDBSCAN

    return HDBSCAN(min_cluster_size=max(5, len(points) // 200), copy=True).fit_predict(points)


METHODS: Final[Mapping[str, Callable[[Features, int, int], Any]]] = MappingProxyType(
    {
        "k-means": _k_means,
        "mini-batch-k-means": _mini_batch_k_means,
        "agglomerative": _agglomerative,
        "gaussian-mixture": _gaussian_mixture,
        "spectral": _spectral,
        "hdbscan": _hdbscan,
    }
)
