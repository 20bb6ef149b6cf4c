"""A drawing is made like the pictures of a data set: as large, in the same place, as bright."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import center_of_mass

from stdpbench.data.datasets import Images
from stdpbench.data.datasets.digits import Digits
from stdpbench.data.datasets.drawing import in_style, measure_style

STROKE = np.zeros((300, 300))
STROKE[40:240, 200:230] = 1.0
STROKE[210:240, 120:230] = 1.0  # a J, far from the middle


def glyphs(n: int = 40) -> np.ndarray:
    """Pictures as MNIST's: 20 pixels long at most, the centre of mass in the middle of 28 × 28."""
    random, made = np.random.default_rng(0), []
    while len(made) < n:
        picture = np.zeros((28, 28))
        width = int(random.integers(6, 20))
        block = random.random((20, width)) * np.linspace(0.2, 1.8, 20)[:, None] * 100 + 60
        block.flat[0] = 255
        row, column = center_of_mass(block)
        picture[(top := round(13.5 - row)) : top + 20, (left := round(13.5 - column)) : left + width] = block
        made.append(picture)
    return np.array(made)


def test_the_manner_of_pictures_as_mnist_made_them():
    style = measure_style(Images(glyphs().astype(np.float32), None))
    assert style.shape == (28, 28)
    assert style.side == 20
    assert style.by_mass
    assert style.centre == pytest.approx((13.5, 13.5), abs=0.3)
    assert style.pixel_sum is None


def test_a_drawing_is_as_large_and_lies_where_the_pictures_lie():
    style = measure_style(Images(glyphs().astype(np.float32), None))
    picture = in_style(STROKE, style)
    assert picture.dtype == np.float32
    assert picture.max() == pytest.approx(style.peak)
    rows = np.flatnonzero((picture > 0.1 * picture.max()).any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20
    assert center_of_mass(picture) == pytest.approx(style.centre, abs=0.6)


@pytest.mark.parametrize(("name", "power"), [("pixel_sum", 1), ("pixel_norm", 2)])
def test_it_has_the_sum_or_length_of_the_pictures_where_they_have_one(name, power):
    split = Digits(resize=20, frame=28, **{name: 26520.0}).prepare()
    style = measure_style(split.train)
    assert getattr(style, name) == pytest.approx(26520, rel=1e-4)
    assert 18 <= style.side <= 20
    drawn = in_style(STROKE, style).astype(np.float64)
    assert (drawn**power).sum() ** (1 / power) == pytest.approx(26520, rel=1e-4)


def test_it_does_not_matter_where_and_how_large_one_draws():
    style = measure_style(Images(glyphs().astype(np.float32), None))
    moved = np.roll(STROKE, (30, -90), axis=(0, 1))
    larger = np.kron(STROKE, np.ones((2, 2)))
    np.testing.assert_allclose(in_style(moved, style), in_style(STROKE, style), atol=1)
    assert np.corrcoef(in_style(larger, style).ravel(), in_style(STROKE, style).ravel())[0, 1] > 0.99


def test_nothing_drawn_is_black_and_a_dot_stays_within_the_frame():
    style = measure_style(Images(glyphs().astype(np.float32), None))
    assert not in_style(np.zeros((10, 10)), style).any()
    dot = np.zeros((10, 10))
    dot[0, 0] = 1
    assert in_style(dot, style).shape == (28, 28)


def test_black_pictures_have_a_manner_too():
    assert measure_style(Images(np.zeros((3, 8, 8), np.uint8), None)).side == pytest.approx(40 / 7)
