"""Selections in a hand-made run: six pictures, three neurons, two classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stdpbench.studies.report.rows import Accuracy
from stdpbench.studies.report.views import NOTHING, Chosen, Clustering, ViewData

LABELS = np.array([0, 0, 0, 1, 1, 1])
ANSWERS = {"vote": np.array([0, 0, 1, 1, 1, -1]), "proportion": LABELS}
CLUSTERS = Clustering("k-means", "chosen", np.array([0, 0, 2, 2, 2, -1]))


@pytest.fixture
def look() -> ViewData:
    return ViewData(
        path=Path("runs/small"),
        experiment="small",
        seed=3,
        part="test",
        class_names=("cat", "dog"),
        labels=LABELS,
        pixels=np.zeros((6, 2, 2), np.uint8),
        answers=ANSWERS,
        winners=np.array([0, 0, 2, 1, 2, -1]),
        spikes=np.array([3, 4, 5, 6, 7, 0]),
        w=np.zeros((4, 4), np.float32),
        theta=np.array([0.01, 0.02, 0.03, 0.0]),
        neuron_labels=np.array([0, 1, 1, -1]),
        neuron_purity=np.array([0.9, 0.6, 0.8, np.nan]),
        accuracies=(Accuracy("read-out", "vote", 4 / 6, 0.3, 1.0, 6, 10, 1),),
        label_readings=1,
        label_readings_of_all=4,
    )


@pytest.mark.parametrize(
    ("chosen", "pictures", "neurons"),
    [
        (NOTHING, [0, 1, 2, 3, 4, 5], []),
        (Chosen("class", (1,)), [3, 4, 5], [1, 2]),
        (Chosen("cell", (0, 1)), [2], [2]),
        (Chosen("cell", (1, -1)), [5], []),
        (Chosen("cluster", (2,)), [2, 3, 4], [1, 2]),
        (Chosen("cluster", (-1,)), [5], []),
        (Chosen("neuron", (2,)), [2, 4], [2]),
        (Chosen("pictures", (4, 0, 4)), [0, 4], [0, 2]),
    ],
)
def test_a_selection_has_pictures_and_neurons(look: ViewData, chosen, pictures, neurons) -> None:
    found = look.pictures(chosen, "vote", CLUSTERS)
    assert found.tolist() == pictures
    assert look.neurons(chosen, found).tolist() == neurons


def test_clusters_are_listed_with_majority_and_purity(look: ViewData) -> None:
    lines = [(line.number, line.size, line.majority, line.purity) for line in CLUSTERS.lines(LABELS, 2)]
    assert lines == [(0, 2, 0, 1.0), (2, 3, 1, pytest.approx(2 / 3)), (-1, 1, 1, 1.0)]


def test_neurons_are_sorted_by_class(look: ViewData) -> None:
    assert look.neuron_clusters(CLUSTERS).tolist() == [0, 2, 2, -1]
    for by, clusters, order in (
        ("class", None, [0, 2, 1, 3]),
        ("cluster", CLUSTERS, [0, 1, 2, 3]),
        ("purity", None, [0, 2, 1, 3]),
        ("number", None, [0, 1, 2, 3]),
    ):
        assert look.order_of_neurons(by, clusters).tolist() == order


def test_answers_of_a_selection_are_counted(look: ViewData) -> None:
    whole, part = look.score_of("vote"), look.score_of("vote", np.array([2, 5]))
    assert whole.confusion.tolist() == [[2, 1, 0], [0, 2, 1]]
    assert part.confusion.tolist() == [[0, 1, 0], [0, 0, 1]]
    assert look.score_of("vote", np.empty(0, np.int64)) is None
