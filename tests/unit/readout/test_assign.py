"""Assignment of neurons to classes, from responses worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import NO_ANSWER, assign, base

# pictures of classes 0, 0, 1, 1, 1 for five neurons: the last never fires
COUNTS = np.array(
    [
        [4, 0, 1, 3, 0],
        [2, 0, 1, 0, 0],
        [0, 3, 1, 2, 0],
        [0, 3, 1, 2, 0],
        [3, 0, 1, 2, 0],
    ],
    np.uint8,
)
LABELS = np.array([0, 0, 1, 1, 1])


def test_mean_response_and_labels_by_hand() -> None:
    found = assign(COUNTS, LABELS, 2)
    assert found.mean_response == pytest.approx(np.array([[3, 0, 1, 1.5, 0], [1, 2, 1, 2, 0]]))
    # neuron 2 responds to both alike: the lower class
    assert found.labels.tolist() == [0, 1, 0, 1, NO_ANSWER]
    assert found.class_counts.tolist() == [2, 3]
    assert found.class_sizes.tolist() == [2, 2]
    assert (found.n_classes, found.n_exc) == (2, 5)
    assert (found.labels.dtype, found.mean_response.dtype) == (np.int64, np.float64)


def test_means_and_not_sums_decide() -> None:
    # class 1 collects more spikes, but only because more of its pictures were shown
    counts = np.array([[3]] + [[1]] * 9, np.uint8)
    found = assign(counts, np.array([0] + [1] * 9), 2)
    assert found.labels.tolist() == [0]
    assert found.proportions[:, 0] == pytest.approx([0.75, 0.25])


def test_tie_of_means_with_other_denominators_goes_to_the_lower_class() -> None:
    # 1/3 and 2/6, neither of which a float holds exactly
    counts = np.array([[1], [0], [0], [1], [1], [0], [0], [0], [0]])
    assert assign(counts, np.array([2, 2, 2, 1, 1, 1, 1, 1, 1]), 3).labels.tolist() == [1]


def test_class_without_pictures_has_no_neuron_and_no_nan() -> None:
    found = assign(COUNTS, LABELS * 2, 4)
    assert found.class_counts.tolist() == [2, 0, 3, 0]
    assert found.class_sizes.tolist() == [2, 0, 2, 0]
    assert np.isfinite(found.mean_response).all()
    assert not found.mean_response[[1, 3]].any()


@pytest.mark.parametrize("elements", [1, 7, 64])
def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, elements: int) -> None:
    rng = np.random.default_rng(2)
    counts, labels = rng.integers(0, 256, (50, 6)).astype(np.uint8), rng.integers(0, 3, 50)
    whole = assign(counts, labels, 3)
    monkeypatch.setattr(base, "_BLOCK_ELEMENTS", elements)
    assert len(list(base.row_blocks(counts))) > 1
    assert np.array_equal(assign(counts, labels, 3).mean_response, whole.mean_response)
    # counts of uint8 would overflow if they were added as such
    assert whole.mean_response.max() * 10 > 255


def test_no_labelled_picture_at_all() -> None:
    assert assign(np.zeros((0, 3), np.uint8), np.zeros(0, np.int64), 2).labels.tolist() == [NO_ANSWER] * 3


@pytest.mark.parametrize(
    ("counts", "labels", "n_classes", "sentence"),
    [
        (COUNTS, LABELS[:4], 2, "spike counts for 5 pictures, but labels for 4"),
        (COUNTS, LABELS, 1, "labels must be 0 to 0, but picture 2 has label 1"),
        (COUNTS, LABELS - 1, 2, "picture 0 has label -1"),
        (COUNTS, LABELS, 0, "number of classes must be at least 1, not 0"),
        (COUNTS, LABELS * 0.5, 2, "labels must be whole numbers"),
        (COUNTS * 0.5, LABELS, 2, "spike counts must be whole numbers"),
        (COUNTS[0], LABELS, 2, "spike counts must be whole numbers"),
        (COUNTS.astype(np.int8) - 1, LABELS, 2, "at least 0, but the smallest is -1"),
    ],
)
def test_errors_are_sentences(counts: np.ndarray, labels: np.ndarray, n_classes: int, sentence: str) -> None:
    with pytest.raises(StdpbenchError, match=sentence):
        assign(counts, labels, n_classes)
