"""Clusterings with known answers: perfect, permuted, random; and what each method finds in plain blobs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import NO_ANSWER
from stdpbench.results.readout.cluster_measures import agreement, compactness
from stdpbench.results.readout.clustering import METHODS, cluster, features, free_k, winners
from stdpbench.results.readout.embedding import embed

LABELS = np.repeat(np.arange(4), 50)
AGREEMENT = ("accuracy", "purity", "nmi", "ami", "ari", "homogeneity", "completeness", "v_measure", "fowlkes_mallows")


def blobs(k: int = 4, n: int = 50) -> np.ndarray:
    """Counts of 12 neurons: each class drives three of them."""
    rng = np.random.default_rng(1)
    rates = np.kron(np.eye(4)[:k], np.ones(3)) * 20 + 0.3
    return rng.poisson(np.repeat(rates, n, axis=0)).astype(np.uint16)


@pytest.mark.parametrize("names", [[0, 1, 2, 3], [3, 2, 0, 1], [17, 4, 90, 8]])
def test_a_perfect_clustering_scores_1_whatever_clusters_are_called(names):
    found = agreement(np.array(names)[LABELS], LABELS, 4)
    assert found.k == 4
    for measure in AGREEMENT:
        assert getattr(found, measure) == pytest.approx(1.0), measure


def test_a_random_clustering_is_at_chance():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 500)
    found = agreement(rng.integers(0, 4, 2000), labels, 4)
    assert abs(found.ari) < 0.005
    assert abs(found.ami) < 0.005
    assert 0.25 <= found.accuracy < 0.3
    assert 0.25 <= found.purity < 0.3


def test_one_cluster_and_all_alone_are_told_apart():
    one = agreement(np.zeros(200, int), LABELS, 4)
    assert (one.k, one.accuracy, one.purity, one.nmi, one.ari) == (1, 0.25, 0.25, 0, 0)
    assert (one.homogeneity, one.completeness) == (0, 1)
    alone = agreement(np.arange(200), LABELS, 4)
    assert (alone.k, alone.purity, alone.homogeneity) == (200, 1, pytest.approx(1))  # the flattery of many clusters
    assert alone.accuracy == pytest.approx(4 / 200)
    assert alone.ari == pytest.approx(0)
    assert alone.ami == pytest.approx(0, abs=1e-9)


def test_a_textbook_case_by_hand():
    # Manning, Raghavan & Schütze (2008), figure 16.4: x = 0, o = 1, diamond = 2
    clusters = np.repeat([0, 1, 2], [6, 6, 5])
    labels = np.array([0] * 5 + [1] + [0] + [1] * 4 + [2] + [0] * 2 + [2] * 3)
    found = agreement(clusters, labels, 3)
    assert found.purity == pytest.approx(12 / 17)  # 0.71 in the book
    assert found.accuracy == pytest.approx(12 / 17)
    assert found.nmi == pytest.approx(0.36, abs=0.005)
    # TP 20, FP 20, FN 24, TN 72
    assert found.fowlkes_mallows == pytest.approx(20 / np.sqrt(40 * 44))


def test_pictures_in_no_cluster_are_wrong():
    clusters = LABELS.copy()
    clusters[:10] = NO_ANSWER
    found = agreement(clusters, LABELS, 4)
    assert (found.n_unassigned, found.k) == (10, 4)
    assert found.accuracy == found.purity == pytest.approx(190 / 200)
    nobody = agreement(np.full(200, NO_ANSWER), LABELS, 4)
    assert (nobody.k, nobody.accuracy, nobody.purity) == (0, 0, 0)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_plain_blobs(method):
    points = features(blobs())
    found = cluster(points, method, None if method == "hdbscan" else 4, seed=3)
    assert agreement(found, LABELS, 4).ari > 0.95
    np.testing.assert_array_equal(found, cluster(points, method, None if method == "hdbscan" else 4, seed=3))


def test_a_free_k_is_found_without_labels():
    points = features(blobs())
    assert free_k(points, "k-means", 0) == 4
    assert len(np.unique(cluster(points, "k-means", None, 0))) == 4


def test_what_cannot_be_clustered_is_refused():
    points = features(blobs())
    for method, k, message in (
        ("kmeans", 4, "there is no clustering method 'kmeans'; did you mean 'k-means'"),
        ("k-means", 201, "k must be 1 to 200"),
        ("hdbscan", 4, "omitted"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            cluster(points, method, k, 0)


def test_fewer_different_responses_than_clusters_are_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = cluster(features(np.repeat(np.eye(3, dtype=np.uint16) * 9, 4, axis=0)), "k-means", 5, 0)
    assert 3 <= len(set(found.tolist())) < 5


@pytest.mark.parametrize("method", METHODS)
def test_responses_that_are_all_alike_are_one_cluster(method):
    alike = features(np.full((30, 6), 2, np.uint16))
    assert set(cluster(alike, method, None if method == "hdbscan" else 4, 0).tolist()) == {0}


def test_neurons_as_clusters():
    counts = np.array([[0, 3, 1], [2, 2, 0], [0, 0, 0], [0, 0, 9]], np.uint16)
    assert winners(counts).tolist() == [1, 0, NO_ANSWER, 2]


@pytest.mark.parametrize("method", ["pca", "t-sne", "umap"])
def test_embeddings_keep_neighbours(method):
    if method == "umap":
        pytest.importorskip("umap", reason="UMAP is an extra: pip install 'stdpbench[umap]'")
    found = embed(features(blobs()), method, 0)
    assert found.points.shape == (200, 2)
    assert found.trustworthiness > 0.75
    assert compactness(found.points, LABELS).silhouette > (0.2 if method == "pca" else 0.5)


def test_an_embedding_that_is_not_there_is_said():
    points = features(blobs())
    with pytest.raises(StdpbenchError, match="there is no embedding 'tsne'"):
        embed(points, "tsne", 0)
    with pytest.raises(StdpbenchError, match="at least 3"):
        embed(points[:2], "pca", 0)
