"""Arrays by name: an array wherever scripts expect one, and a mapping for those that ask by name."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from stdpbench.api.tables import NamedArrays
from stdpbench.base.errors import StdpbenchError

FEED, COMPETE = np.arange(12.0).reshape(4, 3), np.eye(3)


@pytest.fixture
def weights() -> NamedArrays:
    return NamedArrays({"compete": COMPETE.copy(), "feed": FEED.copy()}, "feed")


def test_it_is_a_mapping_of_names(weights: NamedArrays) -> None:
    assert list(weights.keys()) == ["compete", "feed"]
    np.testing.assert_array_equal(weights["compete"], COMPETE)
    np.testing.assert_array_equal(weights["feed"], FEED)
    assert type(weights["feed"]) is np.ndarray
    assert dict(weights).keys() == {"compete", "feed"}  # type: ignore[call-overload]
    assert [name for name, _ in weights.items()] == ["compete", "feed"]
    assert [array.shape for array in weights.values()] == [(3, 3), (4, 3)]
    assert "compete" in weights
    assert "other" not in weights
    with pytest.raises(StdpbenchError, match="there is no learned array 'fed'; did you mean 'feed'"):
        weights["fed"]


def test_it_is_an_array_for_scripts_that_know_no_names(weights: NamedArrays) -> None:
    assert isinstance(weights, np.ndarray)
    assert (weights.shape, len(weights), weights.dtype) == ((4, 3), 4, np.float64)
    np.testing.assert_array_equal(np.asarray(weights), FEED)
    np.testing.assert_array_equal(weights[:, 1], FEED[:, 1])
    np.testing.assert_array_equal(list(weights), FEED)
    np.testing.assert_array_equal(weights @ COMPETE, FEED)
    assert (weights[2, 1], weights.max(), float(weights.sum())) == (7.0, 11.0, 66.0)
    assert 7.0 in weights
    assert repr(weights) == repr(FEED)
    for made in (weights * 2, weights[1:], np.exp(weights), weights.copy(), weights.mean(axis=0)):
        assert type(made) is np.ndarray
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(weights)), FEED)
    np.testing.assert_array_equal(copy.deepcopy(weights), FEED)


def test_only_copies_can_be_written(weights: NamedArrays) -> None:
    for array in (weights, weights["compete"], weights[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    changed = weights.copy()
    changed[:, 1] = 0
    assert not changed[:, 1].any()


def test_where_no_array_has_the_name_that_is_shown_it_is_the_first() -> None:
    arrays = NamedArrays({"second": COMPETE.copy(), "third": FEED.copy()}, "feed")
    np.testing.assert_array_equal(arrays, COMPETE)
