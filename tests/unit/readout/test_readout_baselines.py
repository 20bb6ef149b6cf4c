"""k-means on blobs that can be told apart, and what it says about itself."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.experiment import Experiment
from stdpbench.kinds.encoding import CONTROLS, Timing
from stdpbench.results.readout import Score, baselines
from stdpbench.results.readout.baselines import (
    filtered_trains,
    k_means_kinds,
    k_means_score,
    kmeans_accuracy,
    prototype_accuracy,
    spherical_k_means_accuracy,
)
from stdpbench.results.readout.supervised import grey, linear_probe, nearest_neighbours, rooted
from stdpbench.runs.preparation.start import load_split


def blobs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 3 × 4 pixels around six far points, two of each of three classes."""
    rng = np.random.default_rng(seed)
    where = rng.integers(0, 6, n)
    centres = np.eye(6, 12) * 200
    return np.clip(centres[where] + rng.normal(0, 5, (n, 12)), 0, 255).reshape(n, 3, 4), where % 3


def test_separable_blobs_are_separated_and_labels_of_training_pictures_name_the_centres() -> None:
    train, test = blobs(300, 0), blobs(90, 1)
    found = kmeans_accuracy(*train, *test, 6, 0, n_classes=3)
    assert found.accuracy == 1.0
    assert found.confusion.shape == (3, 4)
    assert found.n_images == 90
    turned = kmeans_accuracy(train[0], (train[1] + 1) % 3, *test, 6, 0, n_classes=3)
    assert turned.accuracy == 0.0
    assert turned.n_unanswered == 0


def test_pixels_are_left_alone_and_their_type_does_not_matter() -> None:
    train, test = blobs(200, 2), blobs(60, 3)
    pixels = train[0].astype(np.float32)
    before = pixels.copy()
    one = kmeans_accuracy(pixels, train[1], *test, 9, 0, n_classes=3)
    assert np.array_equal(pixels, before)
    assert one == kmeans_accuracy(pixels.astype(np.float64).reshape(200, 12), train[1], *test, 9, 0, n_classes=3)


def test_many_centres_come_from_mini_batches_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "LLOYD_UP_TO", 5)
    found = kmeans_accuracy(*blobs(300, 0), *blobs(90, 1), 12, 0, n_classes=3)
    assert found.accuracy == 1.0


def test_seeds_of_an_experiment_are_longer_than_those_of_scikit_learn() -> None:
    train, test = blobs(60, 0), blobs(30, 1)
    assert kmeans_accuracy(*train, *test, 6, 2**63 - 1, n_classes=3) == kmeans_accuracy(
        *train, *test, 6, 2**63 - 1, n_classes=3
    )


def test_class_without_training_pictures_is_never_answered() -> None:
    train, test = blobs(200, 0), blobs(90, 1)
    kept = train[1] != 2
    found = kmeans_accuracy(train[0][kept], train[1][kept], *test, 4, 0, n_classes=3)
    assert found.confusion[:, 2].sum() == 0
    assert found.confusion[2].sum() > 0
    assert found.class_accuracy[:2] == pytest.approx([1, 1])


def test_centres_are_found_by_all_pictures_and_named_by_those_with_labels() -> None:
    train, test = blobs(300, 0), blobs(90, 1)
    assert kmeans_accuracy(train[0], train[1][:100], *test, 6, 0, n_classes=3).accuracy == pytest.approx(1)
    order = np.argsort(train[1] == 2, kind="stable")  # the pictures of class 2 come last, and keep their labels back
    labelled = train[1][order][train[1][order] != 2]
    found = kmeans_accuracy(train[0][order], labelled, *test, 6, 0, n_classes=3)
    assert found.n_unanswered == int((test[1] == 2).sum()) > 0
    assert found.class_accuracy[:2] == pytest.approx([1, 1])


def lit(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of two classes with different stripes, each as bright as it happens to be, up to forty times."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    stripes = np.array([[3, 2] * 6, [2, 3] * 6])
    pictures = stripes[labels] * rng.uniform(1, 40, (n, 1)) + rng.uniform(0, 0.5, (n, 12))
    return pictures.reshape(n, 3, 4).astype(np.uint8), labels


def test_brightness_misleads_k_means_and_not_spherical_k_means() -> None:
    train, test = lit(400, 0), lit(200, 1)
    assert spherical_k_means_accuracy(*train, *test, 2, 0, n_classes=2).accuracy == 1.0
    assert kmeans_accuracy(*train, *test, 2, 0, n_classes=2).accuracy < 0.7


def test_spherical_k_means_is_k_means_where_lengths_are_equal_and_depends_on_its_seed_alone() -> None:
    train, test = blobs(300, 0), blobs(90, 1)
    result = spherical_k_means_accuracy(*train, *test, 6, 2**63 - 1, n_classes=3, of="blobs")
    assert result == spherical_k_means_accuracy(*train, *test, 6, 2**63 - 1, n_classes=3, of="blobs")
    assert result.description.startswith("spherical k-means on blobs, K = 6 (")
    assert result.accuracy == 1.0
    few = spherical_k_means_accuracy(train[0], train[1][:100], *test, 6, 0, n_classes=3)
    assert few.accuracy == pytest.approx(1), "centres come from all pictures, their names from those with labels"


def test_black_and_equal_pictures_may_be_among_those_of_spherical_k_means() -> None:
    black = np.zeros((10, 12), np.uint8)
    train, labels = np.vstack([black, np.repeat(np.eye(2, 12, dtype=np.uint8), 20, axis=0)]), np.repeat([0, 1, 2], 20)
    result = spherical_k_means_accuracy(train, labels[10:], train, labels[10:], 5, 0, n_classes=3)
    assert result.class_accuracy[1:] == pytest.approx([1, 1])
    assert spherical_k_means_accuracy(black, labels[:10], black, labels[:10], 3, 0, n_classes=3).accuracy == 1.0


ORDER = {
    "data": {"kind": "order", "span": "20 ms", "noise": "2 Hz", "n_train": 200, "n_test": 200},
    "encoding": {"kind": "events"},
    "schedule": {"stimulus": "100 ms"},
}


def of_trains(timing: str, **changes: object) -> Score:
    made = Experiment.from_mapping(ORDER).override({"schedule.timing": timing, **changes})
    split = load_split(made, validation=False)
    assert "filtered_k_means" in k_means_kinds(made, split)
    return k_means_score("filtered_k_means", made, split, 100, 8)


def test_filtered_spike_trains_tell_orders_of_spikes_apart() -> None:
    score = of_trains("intact")
    assert score.accuracy > 0.98
    assert score.description.startswith("k-means on spike trains filtered with SD 2 ms, K = 8 (")
    assert score == of_trains("intact")
    assert of_trains("intact", **{"data.channels": 60}).accuracy > 0.98, "3000 values are projected on 2000"


@pytest.mark.parametrize("timing", CONTROLS)
def test_baselines_of_spike_trains_get_the_changed_times(timing: Timing) -> None:
    scores = [of_trains(timing, seed=seed).accuracy for seed in range(3)]
    assert np.mean(scores) == pytest.approx(0.25, abs=0.06)


def test_a_filtered_spike_is_a_gaussian_in_time() -> None:
    made = Experiment.from_mapping(ORDER).override({"data.noise": 0.0, "data.jitter": 0.0, "data.n_train": 4})
    train = load_split(made, validation=False).train
    values = filtered_trains(made, train, "label", 200).reshape(4, 40, 50)
    spikes = train.stimulus(1)
    middle = np.empty(40)
    middle[spikes.index] = (np.floor(spikes.time / 0.5e-3) + 0.5) * 0.5  # ms, the middle of its time step
    samples = (np.arange(50) + 0.5) * 2
    np.testing.assert_allclose(values[1], np.exp(-((samples - middle[:, None]) ** 2) / 8), atol=1e-5)


def test_pictures_have_no_filtered_spike_trains() -> None:
    made = Experiment.from_mapping({"data": {"kind": "digits"}})
    assert [*k_means_kinds(made, load_split(made, validation=False))] == ["k_means", "spherical_k_means"]


def test_samples_answer_for_the_class_of_the_pictures_most_similar_to_them() -> None:
    train, test = blobs(300, 0), blobs(90, 1)
    first = [int(np.flatnonzero(train[1] == number)[0]) for number in range(3)]
    six = np.eye(6, 12)
    assert prototype_accuracy(six, *train, *test, n_classes=3).accuracy == 1.0
    assert prototype_accuracy(six, train[0], (train[1] + 1) % 3, *test, n_classes=3).accuracy == 0.0
    few = prototype_accuracy(train[0][first], *train, *test, n_classes=3, name="start weights")
    assert 0.3 < few.accuracy < 1.0
    assert few.description.startswith("3 start weights as prototypes")


def test_the_length_of_prototypes_and_pictures_does_not_matter() -> None:
    train, test = blobs(200, 2), blobs(60, 3)
    one = prototype_accuracy(train[0][:9], *train, *test, n_classes=3)
    longer = train[0][:9] * np.arange(1, 10)[:, None, None]
    assert prototype_accuracy(longer, train[0] * 0.5, train[1], test[0] * 3, test[1], n_classes=3) == one


def test_a_prototype_without_pictures_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "_AT_ONCE", 4)  # a few pictures at a time give the same
    train, test = blobs(40, 0), blobs(20, 1)
    blank = np.zeros((3, 12))
    assert prototype_accuracy(np.vstack([blank[:1], np.eye(6, 12)]), *train, *test, n_classes=3).accuracy == 1.0
    one_class = prototype_accuracy(np.eye(6, 12), train[0][:1], train[1][:1], *test, n_classes=3)
    assert one_class.n_unanswered > 0


# supervised read-outs, on cases with known answers

READERS = [linear_probe, nearest_neighbours]


@pytest.mark.parametrize("reader", READERS)
def test_classes_that_are_apart_are_learned(reader):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    known = rooted(rng.poisson(np.eye(3)[labels] * 30 + 1))
    assert (reader(known[:200], labels[:200], known[200:]) == labels[200:]).mean() > 0.97


def test_a_linear_probe_cannot_learn_what_is_not_linear_but_neighbours_can():
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 2, (400, 2))
    points = (corners + rng.normal(0, 0.1, (400, 2))).astype(np.float32)
    labels = corners[:, 0] ^ corners[:, 1]
    assert (linear_probe(points[:200], labels[:200], points[200:]) == labels[200:]).mean() < 0.75
    assert (nearest_neighbours(points[:200], labels[:200], points[200:]) == labels[200:]).mean() > 0.97


@pytest.mark.parametrize("reader", READERS)
def test_classes_that_were_never_seen_are_never_answered(reader):
    known = np.eye(4, dtype=np.float32)
    assert set(reader(known, np.array([1, 1, 5, 5]), known).tolist()) <= {1, 5}
    assert reader(known, np.full(4, 2), known).tolist() == [2, 2, 2, 2]


def test_pixels_are_scaled_to_the_brightest():
    rows = grey(np.array([[[0, 51], [255, 0]]], np.uint8))
    np.testing.assert_allclose(rows, [[0, 0.2, 1, 0]])
    assert grey(np.zeros((1, 2, 2))).max() == 0
