from __future__ import annotations

import numpy as np

from stdpbench.runs.analysis.fields import by_label, by_similarity, duplicates, pooled


def test_pooled_fields_are_means_over_squares() -> None:
    w = np.random.default_rng(0).random((5 * 4, 3)).astype(np.float32)
    found, shape = pooled(w, (5, 4), 2)
    assert shape == (2, 2)
    expected = w.reshape(5, 4, 3)[:2, 2:4].mean(axis=(0, 1))
    np.testing.assert_allclose(found.reshape(2, 2, 3)[0, 1], expected, rtol=1e-6)
    assert pooled(w, (5, 4), 1)[1] == (5, 4)
    assert pooled(w, (5, 4), 6)[1] == (5, 4)


def test_orders_are_permutations_that_group() -> None:
    labels, theta = np.array([1, -1, 0, 1, 0]), np.array([5.0, 9.0, 1.0, 7.0, 2.0])
    assert by_label(labels, theta).tolist() == [4, 2, 3, 0, 1]
    w = np.random.default_rng(1).random((30, 4))
    pairs = np.concatenate([w, w + 0.01 * np.random.default_rng(2).random(w.shape)], axis=1)
    order = by_similarity(pairs).tolist()
    assert sorted(order) == list(range(8))
    assert all(abs(order.index(n) - order.index(n + 4)) == 1 for n in range(4))
    assert by_similarity(w[:, :2]).tolist() == [0, 1]


def test_duplicates_name_all_but_the_first() -> None:
    w = np.random.default_rng(3).random((50, 1100))
    w[:, 7], w[:, 1090] = 2 * w[:, 3], w[:, 3] + 0.5
    assert np.flatnonzero(duplicates(w)).tolist() == [7, 1090]
    assert not duplicates(np.zeros((4, 3))).any()
