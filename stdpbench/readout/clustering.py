"""Clusters of responses: what can be told apart without any label.

Methods are scikit-learn's, on `features`: square roots of spike counts, which makes counts of a few and of many spikes
equally certain, reduced to their first principal components. A cluster is a number from 0 on; `NO_ANSWER` stands for a
picture in no cluster: noise to HDBSCAN, or no spike at all. The seed decides all that is random, and everything runs
on one thread, so that sums come out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError, suggestion
from stdpbench.readout.base import NO_ANSWER, Counts, checked_counts

Features = NDArray[np.float64]
_SILHOUETTE_SAMPLE = 1000


def features(spike_counts: Counts, components: int = 50, *, quick: bool = False) -> Features:
    """Responses as clustering methods take them: float64, (n_images, at most `components`).

    Principal components of square roots of the counts, by a full decomposition, signs fixed. `quick`: the same but
    for rounding, without the components that are not wanted, which for 10 000 pictures takes long.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    roots = np.sqrt(checked_counts(spike_counts).astype(np.float64))
    components, solver = min(components, *roots.shape), "full"
    if quick and components < min(roots.shape):
        solver = "arpack"
    with threadpool_limits(limits=1):
        return np.asarray(PCA(components, svd_solver=solver, random_state=0).fit_transform(roots), np.float64)


def cluster(points: Features, method: str, k: int | None, seed: int) -> NDArray[np.int64]:
    """Find clusters.

    Parameters
    ----------
    points : ndarray, float64, (n, dimensions)
        As `features` gives them.
    method : str
        One of `METHODS`.
    k : int or None
        Number of clusters. None: that with the best silhouette (see `free_k`); HDBSCAN finds its own and takes none.
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
    Points that are all alike are one cluster.
    """
    from threadpoolctl import threadpool_limits

    if method not in METHODS:
        raise StdpbenchError(f"there is no clustering method {method!r}; {suggestion(method, METHODS)}")
    if method == "hdbscan":
        if k is not None:
            raise StdpbenchError(f"HDBSCAN finds the number of clusters itself, so k must be left out, not {k}")
    elif k is None:
        k = free_k(points, method, seed)
    if k is not None and not 1 <= k <= len(points):
        raise StdpbenchError(f"{k} clusters of {len(points)} pictures cannot be found: k must be 1 to {len(points)}")
    if all_alike(points):  # nothing but rounding tells them apart, and some methods would not come back
        return np.zeros(len(points), np.int64)
    with threadpool_limits(limits=1):
        found = METHODS[method](points, k or 0, _small_seed(seed))
    return np.asarray(found, np.int64)


def all_alike(points: Features) -> bool:
    """Whether points differ by no more than rounding."""
    return bool(np.ptp(points, axis=0).max(initial=0.0) < 1e-9)


def free_k(points: Features, method: str, seed: int, most: int = 30) -> int:
    """The number of clusters, 2 to `most`, with the best silhouette: found without labels.

    On the first thousand points; of several that are equally good, the smallest.
    """
    from sklearn.metrics import silhouette_score

    some = points[:_SILHOUETTE_SAMPLE]
    best, best_k = -np.inf, 2
    for k in range(2, min(most, len(some) - 1) + 1):
        found = cluster(some, method, k, seed)
        if len(np.unique(found)) < 2:
            continue
        score = float(silhouette_score(some, found))
        if score > best:
            best, best_k = score, k
    return best_k


def winners(spike_counts: Counts) -> NDArray[np.int64]:
    """The neurons as clusters: that which fires most, the lowest of several; `NO_ANSWER` without a spike."""
    counts = checked_counts(spike_counts)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), NO_ANSWER).astype(np.int64)


def _small_seed(seed: int) -> int:
    return int(np.random.SeedSequence(seed).generate_state(1)[0])  # scikit-learn takes 32 bits only


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
    # more than one piece is no fault: each is a cluster
    affinity = 0.5 * (graph + graph.T) + 1e-9 * _ring(len(points))
    return SpectralClustering(k, affinity="precomputed", random_state=seed).fit_predict(affinity)


def _ring(n: int) -> Any:
    """A faint tie from each point to the next, so that the graph is one piece."""
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
