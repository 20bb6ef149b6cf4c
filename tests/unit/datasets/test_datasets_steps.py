"""The declared steps between a raw picture and what the network sees."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_files import blobs

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Dataset, Images, Split, prepared, validation_split
from stdpbench.data.datasets.digits import Digits
from stdpbench.data.datasets.npz import NPZ


def steps(**parameters: object) -> Dataset:
    return Digits(**parameters)


def transform(pixels: np.ndarray, dataset: Dataset) -> np.ndarray:
    return prepared(Images(pixels, None), dataset).pixels


def centre_of_mass(picture: np.ndarray) -> tuple[float, float]:
    values = picture.astype(float)
    rows, columns = np.indices(picture.shape)
    return float((rows * values).sum() / values.sum()), float((columns * values).sum() / values.sum())


def test_without_steps_pixels_are_handed_on_untouched():
    pixels = blobs(4)
    assert transform(pixels, steps()) is pixels
    assert pixels.dtype == np.uint8


def test_colours_become_luminance():
    colours = np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [10, 20, 30]]]], np.uint8)
    assert transform(colours, steps()).tolist() == [[[76, 150, 29, 255, 18]]]
    assert transform(colours.astype(float), steps()).dtype == np.float32


def test_resize_is_what_pillow_makes_of_a_picture():
    from PIL import Image

    pixels = blobs(5, 28, 20)
    for side in (13, 28, 45):
        ours = transform(pixels, steps(resize=side))
        assert ours.shape == (5, side, side)
        assert ours.dtype == np.uint8
        theirs = [
            np.asarray(Image.fromarray(picture.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC))
            for picture in pixels
        ]
        np.testing.assert_allclose(ours, np.clip(theirs, 0, 255), atol=0.51)


def test_invert():
    pixels = blobs(3)
    assert np.array_equal(transform(pixels, steps(invert=True)), 255 - pixels)
    assert np.array_equal(transform(pixels.astype(np.float32), steps(invert=True)), 255 - pixels.astype(np.float32))


def test_frame_puts_a_picture_in_the_middle():
    pixels = blobs(2, 4, 3) | 1
    framed = transform(pixels, steps(frame=8))
    assert framed.shape == (2, 8, 8)
    assert np.array_equal(framed[:, 2:6, 2:5], pixels)
    assert np.count_nonzero(framed) == pixels.size


def test_frame_must_hold_the_picture():
    with pytest.raises(
        StdpbenchError, match=r"data\.frame = 5 is smaller than the pictures of 6×5 pixels.*at least 6"
    ):
        transform(blobs(1), steps(frame=5))


def test_frame_comes_after_invert():
    framed = transform(np.full((1, 2, 2), 255, np.uint8), steps(invert=True, frame=4))
    assert not framed.any()


def test_centre_brings_the_centre_of_mass_to_the_middle_without_wrapping():
    rng = np.random.default_rng(3)
    pixels = np.zeros((200, 15, 13), np.uint8)
    for picture in pixels:
        top, left = rng.integers(0, 15 - 4), rng.integers(0, 13 - 4)
        picture[top : top + 4, left : left + 4] = rng.integers(1, 256, (4, 4))
    centred = transform(pixels, steps(center=True))
    assert not np.array_equal(centred, pixels)
    for before, after in zip(pixels, centred, strict=True):
        assert sorted(after[after > 0]) == sorted(before[before > 0])  # moved, not changed
        row, column = centre_of_mass(after)
        assert abs(row - 7) <= 0.5
        assert abs(column - 6) <= 0.5
    assert np.array_equal(transform(centred, steps(center=True)), centred)


def test_centre_uses_the_room_of_the_frame():
    picture = np.zeros((1, 9, 9), np.uint8)
    picture[0, 4] = [9, 0, 0, 0, 0, 0, 0, 255, 255]
    both = transform(picture, steps(center=True, frame=19))
    assert sorted(both[both > 0].tolist()) == [9, 255, 255]


def test_deskewing_leaves_no_slant_and_no_other_centre_of_mass():
    rng = np.random.default_rng(0)
    pictures = np.zeros((40, 21, 41), np.float32)
    for number, picture in enumerate(pictures):
        for row in range(3, 18):
            picture[row, 20 + round((number / 20 - 1) * 0.9 * (row - 10)) + np.arange(-2, 3)] = rng.random(5) * 255
    for before, after in zip(pictures, transform(pictures, steps(deskew=True)), strict=True):
        assert centre_of_mass(after) == pytest.approx(centre_of_mass(before), abs=1e-4)
        rows, columns = np.indices(after.shape)
        row, column = centre_of_mass(after)
        assert abs(float((after * (rows - row) * (columns - column)).sum())) < 1e-4 * after.sum()
        assert after.sum() == pytest.approx(before.sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("step", "picture", "made"),
    [
        # the heavy end moves left; the light one leaves the picture instead of coming back at the other side
        ("center", [[9, 0, 0, 0, 0, 0, 0, 255, 255]], [[0, 0, 0, 0, 255, 255, 0, 0, 0]]),
        # mu11 = mu02 = 200: rows move by 1, 0 and -1 until the principal axis is vertical
        ("deskew", [[0, 100, 0, 0, 0], [0, 0, 100, 0, 0], [0, 0, 0, 100, 0]], [[0, 0, 100, 0, 0]] * 3),
        # mu11 = 100, mu02 = 200: the outer rows move by half a pixel
        (
            "deskew",
            [[0, 50, 50, 0, 0], [0, 0, 100, 0, 0], [0, 0, 50, 50, 0]],
            [[0, 25, 50, 25, 0], [0, 0, 100, 0, 0], [0, 25, 50, 25, 0]],
        ),
        # mu11 / mu02 = 5: turned by 45 degrees at most
        (
            "deskew",
            [[80, 80, 80, 80, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 80, 80, 80, 80]],
            [[40, 80, 80, 80, 40, 0, 0, 0, 0], [0, 0, 0, 0, 40, 80, 80, 80, 40]],
        ),
        # mu11 / mu02 = 200 / 600: what leaves the picture is lost
        ("deskew", [[200, 0, 100], [0, 0, 0], [100, 0, 200]], [[133, 67, 67], [0, 0, 0], [67, 67, 133]]),
    ],
)
def test_pictures_are_moved_as_computed_by_hand(step, picture, made):
    assert transform(np.array([picture], np.uint8), steps(**{step: True})).tolist() == [made]


@pytest.mark.parametrize("picture", [np.zeros((5, 4), np.uint8), np.arange(6, dtype=np.uint8)[None] * 40, np.eye(1)])
def test_deskewing_leaves_black_pictures_and_single_rows_alone(picture):
    assert np.array_equal(transform(picture[None], steps(deskew=True))[0], picture)


def test_on_and_off_are_the_two_sides_of_an_edge() -> None:
    picture = np.zeros((1, 40, 40), np.uint8)
    picture[:, :, 20:] = 255
    on, off = np.split(transform(picture, Digits(on_off=2.0))[0], 2)
    assert on.shape == off.shape == (40, 40)
    row_on, row_off = on[20].astype(int), off[20].astype(int)
    assert row_on.max() == pytest.approx(255, abs=6)  # 1.36 SD from the edge, between two pixels
    assert abs(int(row_on.argmax()) - 22) <= 1
    assert row_off.tolist() == row_on[::-1].tolist()
    assert (np.minimum(on, off) == 0).all()
    for grey in (0, 130, 255):
        assert not transform(np.full((1, 9, 9), grey, np.uint8), Digits(on_off=1.0)).any()
    assert transform(picture, Digits(on_off=2.0, pixel_sum=5000.0)).sum() == pytest.approx(5000)


@pytest.mark.parametrize(("name", "power"), [("pixel_sum", 1), ("pixel_norm", 2)])
def test_sum_or_length_is_equal_and_black_stays_black(name, power):
    pixels = blobs(50, 20, 20)
    pixels[7] = 0
    scaled = transform(pixels, steps(**{name: 2700.0}))
    assert scaled.dtype == np.float32
    sizes = (scaled.astype(np.float64) ** power).sum(axis=(1, 2)) ** (1 / power)
    assert sizes[7] == 0
    np.testing.assert_allclose(np.delete(sizes, 7), 2700, rtol=1e-6)
    np.testing.assert_allclose(scaled[3] / scaled[3].max(), pixels[3] / pixels[3].max(), atol=1e-6)


def test_prepare_applies_the_steps_to_both_halves(tmp_path):
    file = tmp_path / "mine.npz"
    np.savez(file, images=blobs(6), labels=np.arange(6) % 2, test_images=blobs(3, seed=2))
    split = NPZ(path=str(file), resize=10, pixel_sum=1000.0).prepare()
    assert split.train.grey.dtype == np.uint8  # a quarter of what it is shown as
    assert split.train.pixels.shape == (6, 10, 10)
    assert split.test.pixels.shape == (3, 10, 10)
    assert split.train.n_values == 100
    assert split.test.stimulus(2).sum() == pytest.approx(1000)
    assert split.train.labels.tolist() == [0, 1] * 3
    assert split.test.labels is None


def test_validation_holds_out_training_pictures_and_no_test_picture():
    split = Split(Images(blobs(12), np.arange(12)), Images(blobs(4, seed=9), np.arange(4)), tuple("abcdefghijkl"))
    inner = validation_split(split, 3)
    assert inner.train.labels.tolist() == list(range(9))
    assert inner.test.labels.tolist() == [9, 10, 11]
    assert np.array_equal(inner.test.pixels, split.train.pixels[9:])
    assert inner.class_names == split.class_names


def test_validation_may_be_spread_over_all_training_pictures():
    split = Split(Images(blobs(12), np.arange(12)), Images(blobs(4), None), tuple("abcdefghijkl"))
    inner = validation_split(split, 4, "spread")
    assert (inner.test.labels // 3).tolist() == [0, 1, 2, 3]
    assert sorted([*inner.train.labels, *inner.test.labels]) == list(range(12))
    assert (np.diff(inner.train.labels) > 0).all()
    assert np.array_equal(validation_split(split, 4, "spread").test.labels, inner.test.labels)
    many = Split(Images(np.zeros((600, 1, 1), np.uint8), np.arange(600)), split.test, split.class_names)
    assert 30 < (validation_split(many, 100, "spread").test.labels % 2).sum() < 70  # no period
    assert "validation" not in steps().to_mapping()
    assert steps(validation="spread").to_mapping()["validation"] == "spread"


@pytest.mark.parametrize("n", [0, 12, 13])
def test_validation_must_leave_something_on_both_sides(n):
    split = Split(Images(blobs(12), None), Images(blobs(4), None), ())
    with pytest.raises(StdpbenchError, match=r"\(data\.validation_images\) of 12 training .* must lie in 1 \.\. 11"):
        validation_split(split, n)


def test_validation_size_is_a_sixth_unless_said():
    assert steps().validation_size(60_000) == 10_000
    assert steps().validation_size(3) == 1
    assert steps(validation_images=77).validation_size(60_000) == 77
