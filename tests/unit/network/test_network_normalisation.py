"""Scaling of each neuron's input weights to one sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stdpbench.engine.network import normalise
from stdpbench.experiment import Experiment
from stdpbench.kinds.connections import Synapses
from stdpbench.kinds.normalisations.norm import Norm


def test_columns_sum_up_in_place():
    w = np.random.default_rng(0).random((784, 400))
    shares = w / w.sum(axis=0)
    same = w
    silent = normalise(w, 78.0)
    assert same is w
    assert silent.tolist() == []
    np.testing.assert_allclose(w.sum(axis=0), 78.0, rtol=1e-13)
    np.testing.assert_allclose(w, shares * 78.0, rtol=1e-12)
    assert w.mean() == pytest.approx(0.0995, abs=5e-5)


def test_views_of_any_layout_are_changed_in_place():
    whole = np.random.default_rng(0).random((10, 8))
    kept = whole.copy()
    normalise(whole[:, ::2], 5.0)
    np.testing.assert_allclose(whole[:, ::2].sum(axis=0), 5.0)
    assert (whole[:, 1::2] == kept[:, 1::2]).all()
    turned = np.asfortranarray(kept)
    normalise(turned, 5.0)
    np.testing.assert_allclose(turned.sum(axis=0), 5.0)


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-307])
def test_a_column_of_next_to_nothing_stays_finite(tiny):
    """78 divided by a denormal sum is infinite."""
    w = np.array([[tiny, 0.5], [0.0, 0.5]])
    silent = normalise(w, 78.0)
    assert np.isfinite(w).all()
    assert silent.tolist() in ([], [0])


@given(arrays(np.float64, (6, 4), elements=st.floats(1e-200, 1) | st.just(0.0)), st.floats(0.01, 1e4))
def test_what_comes_out_is_always_finite(w, weight_sum):
    before = w.copy()
    silent = normalise(w, weight_sum)
    assert np.isfinite(w).all()
    for column in range(4):
        if column in silent:
            assert (w[:, column] == before[:, column]).all()
        else:
            assert w[:, column].sum() == pytest.approx(weight_sum, rel=1e-9)


def test_columns_get_a_length_in_place():
    w = np.random.default_rng(0).random((50, 6))
    directions = w / np.linalg.norm(w, axis=0)
    w[:, 2] = 0.0
    assert Norm(value=3.0).apply(w).tolist() == [2]
    others = [0, 1, 3, 4, 5]
    np.testing.assert_allclose(w[:, others], 3.0 * directions[:, others], rtol=1e-12)
    assert not w[:, 2].any()


def test_sparse_weights_get_a_length():
    synapses = Synapses.of_pairs(np.array([0, 2, 4, 5, 7]), 3, 3)
    w = np.array([1.0, 2.0, 3.0, 4.0, 0.0])
    dense = synapses.dense(w)
    assert Norm(value=2.0).apply(w, synapses.target).tolist() == []
    np.testing.assert_allclose(synapses.dense(w), 2.0 * dense / np.linalg.norm(dense, axis=0))


def test_a_network_may_have_a_norm_rather_than_a_sum():
    made = Experiment.from_mapping({"network": {"weight_norm": 1.0}})
    assert made.graph().projections["feed"].normalise == Norm(value=1.0)
    assert made.short_path("network.projections.feed.normalise.value") == "network.weight_norm"
    assert "weight_norm" not in Experiment.from_mapping({}).to_mapping()["network"]
