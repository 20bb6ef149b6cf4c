"""Measures of clusters: agreement with classes, and internal quality.

Measures of agreement use classes. Accuracy fits a matching of clusters to classes, and purity the majority class of
each cluster, on the pictures that are scored. This biases both upwards, more so with more clusters: purity is 1 if
each picture is its own cluster, so it is always reported with K. The other measures have no fitted part. AMI and ARI
are 0 on average for clusters that are independent of classes.

A picture in no cluster (`NO_ANSWER`) counts as wrong in accuracy and purity; in the other measures, all such pictures
form one cluster.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.base import NO_ANSWER, checked_labels
from stdpbench.results.readout.clustering import Features

_SAMPLE = 2000  # limit for silhouettes, which need all distances


@dataclass(frozen=True)
class ClusterScore:
    """Agreement of clusters with classes.

    Attributes
    ----------
    k : int
        Number of non-empty clusters.
    n_images, n_unassigned : int
        Number of pictures, and of those in no cluster.
    accuracy : float
        Accuracy with the best one-to-one matching of clusters to classes (Hungarian algorithm); unmatched clusters are
        wrong.
    purity : float
        Share of pictures in the majority class of their cluster.
    nmi, ami : float
        Mutual information of clusters and classes, normalised by the mean of both entropies, and adjusted for chance.
    ari : float
        Rand index adjusted for chance.
    homogeneity, completeness, v_measure : float
        Whether each cluster contains one class, whether each class is in one cluster, and the harmonic mean of both.
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


@dataclass(frozen=True)
class Compactness:
    """Internal quality of clusters, without classes; NaN for fewer than 2 clusters.

    Attributes
    ----------
    silhouette : float
        -1 to 1, higher is better; from at most 2000 pictures.
    davies_bouldin : float
        From 0, lower is better.
    calinski_harabasz : float
        Higher is better; only comparable between clusterings of the same pictures.
    """

    silhouette: float
    davies_bouldin: float
    calinski_harabasz: float

    def to_mapping(self) -> dict[str, Any]:
        """Return plain numbers for a JSON file; NaN becomes None."""
        return {name: None if np.isnan(value) else value for name, value in asdict(self).items()}


def agreement(clusters: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]], n_classes: int) -> ClusterScore:
    """Compare clusters with classes.

    Parameters
    ----------
    clusters : ndarray, integer, (n_images,)
        Any numbers of at least 0, or `NO_ANSWER`.
    labels : ndarray, integer, (n_images,)
        Classes, 0 .. n_classes - 1.
    n_classes : int
        Number of classes.
    """
    from sklearn import metrics

    truth, assigned = checked_labels(labels, n_classes), np.asarray(clusters)
    table = contingency(assigned, truth, n_classes)
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(truth, assigned)
    return ClusterScore(
        k=len(table),
        n_images=len(truth),
        n_unassigned=int((assigned == NO_ANSWER).sum()),
        accuracy=matched(table) / len(truth),
        purity=float(table.max(axis=1).sum() / len(truth)) if len(table) else 0.0,
        nmi=float(metrics.normalized_mutual_info_score(truth, assigned)),
        ami=float(metrics.adjusted_mutual_info_score(truth, assigned)),
        ari=float(metrics.adjusted_rand_score(truth, assigned)),
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        v_measure=float(v_measure),
        fowlkes_mallows=float(metrics.fowlkes_mallows_score(truth, assigned)),
    )


def contingency(clusters: NDArray[np.integer[Any]], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    """Count pictures by non-empty cluster (row) and class, ignoring those in no cluster: int64, (k, n_classes)."""
    assigned = clusters != NO_ANSWER
    names, rows = np.unique(clusters[assigned], return_inverse=True)
    table = np.zeros((len(names), n_classes), np.int64)
    np.add.at(table, (rows, labels[assigned]), 1)
    return table


def matched(table: NDArray[np.int64]) -> int:
    """Return the number of correct pictures with the best one-to-one matching of clusters (Hungarian algorithm)."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return int(table[rows, columns].sum())


def compactness(points: Features, clusters: NDArray[np.integer[Any]]) -> Compactness:
    """Measure the quality of clusters without classes; pictures in no cluster are ignored."""
    from sklearn import metrics

    kept = clusters != NO_ANSWER
    points, clusters = points[kept], clusters[kept]
    n_clusters = len(np.unique(clusters))
    if not 2 <= n_clusters < len(points):
        return Compactness(np.nan, np.nan, np.nan)
    sample = slice(None, _SAMPLE)
    silhouette = np.nan
    if 2 <= len(np.unique(clusters[sample])) < len(clusters[sample]):
        silhouette = float(metrics.silhouette_score(points[sample], clusters[sample]))
    return Compactness(
        silhouette,
        float(metrics.davies_bouldin_score(points, clusters)),
        float(metrics.calinski_harabasz_score(points, clusters)),
    )
