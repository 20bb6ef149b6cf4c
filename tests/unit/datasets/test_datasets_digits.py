"""The digits of scikit-learn, and the choice of what is held out."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from stdpbench.data.datasets import datasets
from stdpbench.data.datasets._holding_out import held_out
from stdpbench.data.datasets.digits import Digits


def test_digits_are_complete_and_stratified():
    split = Digits().load()
    assert split.train.pixels.shape == (1347, 8, 8)
    assert split.test.pixels.shape == (450, 8, 8)
    assert split.train.pixels.dtype == np.uint8
    assert split.train.pixels.max() == 255
    assert split.class_names == tuple("0123456789")
    counts = np.bincount(split.test.labels)
    shares = (counts + np.bincount(split.train.labels)) * 450 / 1797
    assert np.abs(counts - shares).max() < 1


def test_digits_hold_out_the_same_pictures_for_ever():
    test = Digits().load().test
    assert hashlib.sha256(test.pixels.tobytes()).hexdigest().startswith("50919c92dc763c05")
    assert test.labels[:10].tolist() == [1, 2, 3, 1, 3, 5, 0, 1, 5, 5]


def test_digits_train_and_test_share_no_picture_and_lose_none():
    from sklearn.datasets import load_digits

    split = Digits().load()
    both = np.concatenate([split.train.pixels, split.test.pixels]).reshape(1797, -1)
    theirs = np.rint(load_digits().data * 255 / 16).astype(np.uint8)
    assert sorted(map(bytes, both)) == sorted(map(bytes, theirs))


def test_what_is_held_out_depends_on_the_seed_alone():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    kept, held = held_out(100, labels, 10, 5)
    assert np.bincount(labels[held]).tolist() == [5, 3, 2]
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(100))
    assert np.array_equal(held_out(100, labels, 10, 5)[1], held)
    assert not np.array_equal(held_out(100, labels, 10, 6)[1], held)
    # pinned: another NumPy must choose the same
    assert held_out(8, None, 3, 0)[1].tolist() == held_out(8, np.zeros(8, np.int64), 3, 0)[1].tolist() == [1, 2, 3]


@pytest.mark.parametrize("count", range(1, 12))
def test_exactly_as_many_are_held_out_as_asked_for(count):
    kept, held = held_out(12, np.array([0] * 5 + [1] * 4 + [2] * 3), count, 1)
    assert len(held) == count
    assert len(kept) == 12 - count


# logical functions as data


@pytest.mark.parametrize(("function", "values"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])])
def test_four_pairs_with_a_bright_pixel_train_in_turn_and_are_the_test(function: str, values: list[int]) -> None:
    split = datasets.build({"kind": "logic", "function": function, "repeats": 3}, "data").prepare()
    assert split.test.labels.tolist() == values
    assert split.train.labels.tolist() == 3 * values
    rows = np.asarray(split.test.static).reshape(4, 3)
    assert rows.tolist() == [[127.5, 127.5, 255], [127.5, 255, 255], [255, 127.5, 255], [255, 255, 255]]
    assert np.array_equal(np.asarray(split.train.static)[8:], np.asarray(split.test.static))
