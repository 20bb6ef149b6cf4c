"""Supervised read-outs, on cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout.supervised import grey, linear_probe, nearest_neighbours, rooted

READERS = [linear_probe, nearest_neighbours]


@pytest.mark.parametrize("reader", READERS)
def test_classes_that_are_apart_are_learned(reader):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    known = rooted(rng.poisson(np.eye(3)[labels] * 30 + 1))
    found = reader(known[:200], labels[:200], known[200:], 3)
    assert (found == labels[200:]).mean() > 0.97


def test_a_linear_probe_cannot_learn_what_is_not_linear_but_neighbours_can():
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 2, (400, 2))
    points = (corners + rng.normal(0, 0.1, (400, 2))).astype(np.float32)
    labels = corners[:, 0] ^ corners[:, 1]
    assert (linear_probe(points[:200], labels[:200], points[200:], 2) == labels[200:]).mean() < 0.75
    assert (nearest_neighbours(points[:200], labels[:200], points[200:], 2) == labels[200:]).mean() > 0.97


@pytest.mark.parametrize("reader", READERS)
def test_classes_that_were_never_seen_are_never_answered(reader):
    known = np.eye(4, dtype=np.float32)
    assert set(reader(known, np.array([1, 1, 5, 5]), known, 8).tolist()) <= {1, 5}
    assert reader(known, np.full(4, 2), known, 8).tolist() == [2, 2, 2, 2]
    with pytest.raises(StdpbenchError, match="4 labelled responses, but 2 labels"):
        reader(known, np.array([0, 1]), known, 8)
    with pytest.raises(StdpbenchError, match="shape"):
        reader(known, np.arange(4), known[:, :3], 8)


def test_pixels_are_scaled_to_the_brightest():
    rows = grey(np.array([[[0, 51], [255, 0]]], np.uint8))
    np.testing.assert_allclose(rows, [[0, 0.2, 1, 0]])
    assert grey(np.zeros((1, 2, 2))).max() == 0
