"""Measures of responses to held-out pictures, on responses whose measures are known."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import READOUTS
from stdpbench.results.readout.held_out import MEASURES, cross_fitted, measure_held_out

LABELS = np.array([0, 0, 1, 1, 0, 0, 1, 1])  # both classes in either half


def counts(per_picture: list[int], n_exc: int = 3) -> np.ndarray:
    """Four spikes of one neuron per picture; none where it is -1."""
    found = np.zeros((len(per_picture), n_exc), np.int64)
    for picture, neuron in enumerate(per_picture):
        if neuron >= 0:
            found[picture, neuron] = 4
    return found


def test_neurons_of_one_class_each_are_perfect():
    found = measure_held_out(counts([0, 0, 1, 1, 0, 0, 1, 1]), LABELS, 2, duplicates=1)
    assert list(found) == list(MEASURES)
    for name in ("accuracy_vote", "purity", "nmi", "ami", "ari", "neuron_purity", "selectivity"):
        assert found[name] == pytest.approx(1.0), name
    assert found["neuron_entropy"] == found["silent_images"] == 0
    assert (found["clusters"], found["dead"], found["duplicates"], found["spikes_per_image"]) == (2, 1, 1, 4)
    assert found["population_sparseness"] == pytest.approx(1.0)
    assert found["lifetime_sparseness"] == pytest.approx((1 - 0.5) / (1 - 1 / 8))


def test_one_neuron_for_everything_says_nothing():
    found = measure_held_out(counts([2] * 8), LABELS, 2, duplicates=0)
    assert found["accuracy_vote"] == found["purity"] == found["neuron_purity"] == 0.5
    assert found["nmi"] == found["ami"] == found["ari"] == found["selectivity"] == 0
    assert (found["neuron_entropy"], found["clusters"], found["dead"]) == (1, 1, 2)


def test_no_picture_is_answered_by_neurons_that_it_has_labelled():
    # each picture has a neuron of its own: with its own label it would be right
    assert cross_fitted(np.eye(8, dtype=np.int64), LABELS, 2) == dict.fromkeys(READOUTS, 0)
    # neuron 0 answers for class 0 in one half and for class 1 in the other
    assert cross_fitted(counts([0, 1, 1, 0, 0, 1, 1, 0]), LABELS, 2)["vote"] == 0


def test_without_labels_what_needs_none_is_measured():
    found = measure_held_out(counts([0, -1, 1, -1]), None, 0, duplicates=0)
    assert list(found) == list(MEASURES)
    assert {name for name, value in found.items() if value is not None} == {
        "lifetime_sparseness",
        "population_sparseness",
        "dead",
        "duplicates",
        "spikes_per_image",
        "silent_images",
    }
    assert (found["silent_images"], found["spikes_per_image"], found["dead"]) == (0.5, 2, 1)


def test_a_silent_network_is_measured_too_and_one_picture_is_not():
    found = measure_held_out(counts([-1] * 8), LABELS, 2, duplicates=0)
    assert (found["accuracy_vote"], found["dead"], found["selectivity"], found["purity"]) == (0, 3, None, 0)
    with pytest.raises(StdpbenchError, match="at least 2"):
        measure_held_out(counts([0]), LABELS[:1], 2, duplicates=0)
