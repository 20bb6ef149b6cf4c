"""How well clusters agree with classes, and how well they hang together.

Measures of agreement look at classes; none of them fits anything but the matching of clusters to classes (accuracy)
and the majority class of each cluster (purity), which are taken from the very pictures that are scored. That flatters,
the more so the more clusters there are: purity is 1 where each picture is a cluster of its own, so it is never said
without K. The others need no such thing. AMI and ARI are 0 on average where clusters have nothing to do with classes.

A picture in no cluster (`NO_ANSWER`) counts as wrong in accuracy and purity; elsewhere all such pictures make one
cluster.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.readout.base import NO_ANSWER, checked_labels
from stdpbench.readout.clustering import Features

_SAMPLE = 2000  # silhouettes take all distances


@dataclass(frozen=True)
class ClusterScore:
    """Agreement of clusters with classes.

    Attributes
    ----------
    k : int
        Clusters that have a member.
    n_images, n_unassigned : int
        Pictures, and those in no cluster.
    accuracy : float
        With clusters matched one to one to classes so that it is highest (Hungarian algorithm); clusters beyond the
        number of classes are wrong.
    purity : float
        Share of pictures that are of their cluster's majority class.
    nmi, ami : float
        Mutual information of clusters and classes, normalised by the mean of both entropies, and adjusted for chance.
    ari : float
        Rand index adjusted for chance.
    homogeneity, completeness, v_measure : float
        Whether clusters hold one class each, classes one cluster each, and their harmonic mean.
    fowlkes_mallows : float
        Geometric mean of precision and recall over pairs of pictures.
    """

    k: int
    n_images: int
    n_unassigned: int
    accuracy: float
    purity: float
    nmi: float
    ami: float
    ari: float
    homogeneity: float
    completeness: float
    v_measure: float
    fowlkes_mallows: float

    def to_mapping(self) -> dict[str, Any]:
        """Plain numbers for a JSON file."""
        return asdict(self)


@dataclass(frozen=True)
class Compactness:
    """How well clusters hang together, without classes; NaN where there are not 2 clusters or more.

    Attributes
    ----------
    silhouette : float
        -1 to 1, higher is better; of at most 2000 pictures.
    davies_bouldin : float
        From 0, lower is better.
    calinski_harabasz : float
        Higher is better; only of use between clusterings of the same pictures.
    """

    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float

    def to_mapping(self) -> dict[str, Any]:
        """Plain numbers for a JSON file; NaN becomes None."""
        return {name: None if np.isnan(value) else value for name, value in asdict(self).items()}


def agreement(clusters: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]], n_classes: int) -> ClusterScore:
    """Compare clusters with classes.

    Parameters
    ----------
    clusters : ndarray, integer, (n_images,)
        Any numbers from 0 on, or `NO_ANSWER`.
    labels : ndarray, integer, (n_images,)
        Classes, 0 .. n_classes - 1.
    n_classes : int
        Number of classes.

    Raises
    ------
    StdpbenchError
        If there are no pictures, or numbers differ.
    """
    from sklearn import metrics

    truth, found = checked_labels(labels, n_classes), np.asarray(clusters)
    if found.shape != truth.shape or not len(truth):
        raise StdpbenchError(f"there are clusters of {found.size} pictures, but labels of {truth.size}")
    table = contingency(found, truth, n_classes)
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(truth, found)
    return ClusterScore(
        k=len(table),
        n_images=len(truth),
        n_unassigned=int((found == NO_ANSWER).sum()),
        accuracy=matched(table) / len(truth),
        purity=float(table.max(axis=1).sum() / len(truth)) if len(table) else 0.0,
        nmi=float(metrics.normalized_mutual_info_score(truth, found)),
        ami=float(metrics.adjusted_mutual_info_score(truth, found)),
        ari=float(metrics.adjusted_rand_score(truth, found)),
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        v_measure=float(v_measure),
        fowlkes_mallows=float(metrics.fowlkes_mallows_score(truth, found)),
    )


def contingency(clusters: NDArray[np.integer[Any]], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    """Pictures by cluster (row, those with members) and class: int64, (k, n_classes); without those in no cluster."""
    assigned = clusters != NO_ANSWER
    names, rows = np.unique(clusters[assigned], return_inverse=True)
    table = np.zeros((len(names), n_classes), np.int64)
    np.add.at(table, (rows, labels[assigned]), 1)
    return table


def matched(table: NDArray[np.int64]) -> int:
    """Pictures that are right with clusters matched one to one to classes (Kuhn's Hungarian algorithm)."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return int(table[rows, columns].sum())


def compactness(points: Features, clusters: NDArray[np.integer[Any]]) -> Compactness:
    """Look at how clusters lie, without classes; pictures in no cluster are left out."""
    from sklearn import metrics

    kept = clusters != NO_ANSWER
    points, clusters = points[kept], clusters[kept]
    found = len(np.unique(clusters))
    if not 2 <= found < len(points):
        return Compactness(np.nan, np.nan, np.nan)
    some = slice(None, _SAMPLE)
    silhouette = np.nan
    if 2 <= len(np.unique(clusters[some])) < len(clusters[some]):
        silhouette = float(metrics.silhouette_score(points[some], clusters[some]))
    return Compactness(
        silhouette,
        float(metrics.davies_bouldin_score(points, clusters)),
        float(metrics.calinski_harabasz_score(points, clusters)),
    )
