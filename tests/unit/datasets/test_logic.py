"""Logical functions as data."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.data.datasets import datasets


@pytest.mark.parametrize(("function", "values"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])])
def test_four_pairs_with_a_bright_pixel_train_in_turn_and_are_the_test(function: str, values: list[int]) -> None:
    split = datasets.build({"kind": "logic", "function": function, "repeats": 3}, "data").prepare()
    assert split.train.labels is not None
    assert split.test.labels is not None
    assert split.test.labels.tolist() == values
    assert split.train.labels.tolist() == 3 * values
    rows = np.asarray(split.test.static).reshape(4, 3)
    assert rows.tolist() == [[127.5, 127.5, 255], [127.5, 255, 255], [255, 127.5, 255], [255, 255, 255]]
    assert np.array_equal(np.asarray(split.train.static)[8:], np.asarray(split.test.static))
