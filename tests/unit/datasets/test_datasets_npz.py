"""Arrays in a NumPy archive."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from dataset_files import blobs
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.npz import NPZ
from stdpbench.experiment import Experiment
from stdpbench.runs.preparation.start import load_split


@pytest.fixture
def archive(tmp_path):
    def write(**arrays: object) -> NPZ:
        path = tmp_path / "mine é.npz"
        np.savez_compressed(path, **arrays)
        return NPZ(path=str(path))

    return write


def test_given_halves_with_texts_as_labels(archive):
    split = archive(
        images=blobs(4),
        labels=np.array(["b10", "b9", "a", "b9"]),
        test_images=blobs(2),
        test_labels=np.array(["a", "ç"]),
    ).load()
    assert split.class_names == ("a", "b9", "b10", "ç")
    assert split.train.labels.tolist() == [1, 0, 2, 1]  # they take turns
    assert split.test.labels.tolist() == [0, 3]
    assert split.train.pixels.dtype == np.uint8
    assert np.array_equal(split.train.pixels, blobs(4)[[1, 2, 0, 3]])


def test_the_first_pictures_of_a_sorted_file_have_all_classes(archive):
    labels = np.repeat([0, 1, 2], [40, 20, 20])
    dataset = archive(images=blobs(80), labels=labels, test_images=blobs(80), test_labels=labels)
    experiment = Experiment.from_mapping({"data": dataset, "schedule": {"train_images": 8, "test_images": 8}})
    split = load_split(experiment, validation=False)
    for part in (split.train, split.test):
        assert np.bincount(part.labels).tolist() == [4, 2, 2]
        for label in range(3):
            assert np.array_equal(part.pixels[part.labels == label], blobs(80)[labels == label][: (4, 2, 2)[label]])


@pytest.mark.parametrize(
    "labels", [np.array([3, 1, 1, 3, 3]), np.array([3.0, 1, 1, 3, 3]), np.array([b"3", b"1", b"1", b"3", b"3"])]
)
def test_labels_of_any_whole_kind(archive, labels):
    split = archive(images=blobs(5), labels=labels, test_images=blobs(1)).load()
    assert split.class_names == ("1", "3")
    assert split.train.labels.tolist() == [1, 0, 1, 0, 1]
    assert split.test.labels is None


def test_holds_out_its_share(archive):
    split = archive(images=blobs(20)).load()
    assert (len(split.train), len(split.test)) == (16, 4)
    assert split.class_names == ()


def test_decimals_up_to_one_are_fractions_of_white(archive):
    pixels = blobs(6)
    split = archive(images=pixels / 255, test_images=pixels[:2] / 510).load()
    assert split.train.pixels.dtype == np.float32
    np.testing.assert_allclose(split.train.pixels, pixels, atol=1e-4)
    np.testing.assert_allclose(split.test.pixels, pixels[:2] / 2, atol=1e-4)  # scaled alike, though all below one half


def test_decimals_beyond_one_and_whole_numbers_are_grey_values(archive):
    np.testing.assert_allclose(archive(images=blobs(6) / 2, test_images=blobs(1)).load().train.pixels, blobs(6) / 2)
    ones = archive(images=np.ones((6, 4, 4), np.int64)).load().train.pixels
    assert ones.max() == 1
    assert ones.dtype == np.uint8
    assert archive(images=np.ones((6, 4, 4), bool)).load().train.pixels.max() == 255


def test_colours_become_grey_when_made_ready(archive):
    colours = np.stack([blobs(5)] * 3, axis=-1)
    dataset = archive(images=colours, test_images=blobs(2)[..., None])
    assert dataset.load().train.pixels.shape == (5, 6, 5, 3)
    split = dataset.prepare()
    assert np.array_equal(split.train.pixels, blobs(5))
    assert np.array_equal(split.test.pixels, blobs(2))


def objects() -> np.ndarray:
    return np.array([[[None]]], dtype=object)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({}, "holds no array images .* it holds nothing"),
        ({"x_train": blobs(3), "y_train": np.zeros(3)}, "holds no array images .* it holds x_train, y_train"),
        ({"images": blobs(3)[0]}, "images of .* has the shape 6×5"),
        ({"images": np.zeros((3, 4, 4, 2))}, "has the shape 3×4×4×2"),
        ({"images": np.zeros(())}, "has the shape a single value"),
        ({"images": np.zeros((0, 4, 4))}, "has the shape 0×4×4; it must be .* each at least 1"),
        ({"images": objects()}, "holds Python objects, which are not read"),
        ({"images": np.zeros((3, 4, 4), complex)}, "holds values of type complex128; it must hold numbers"),
        ({"images": np.array([[["a"]]])}, "it must hold numbers"),
        ({"images": np.full((3, 4, 4), np.nan)}, "holds the value nan; grey values must lie in"),
        ({"images": np.full((3, 4, 4), np.inf)}, "holds the value inf; grey values must lie in"),
        ({"images": np.full((3, 4, 4), -1)}, "holds the value -1; grey values must lie in 0 .. 255"),
        ({"images": np.full((3, 4, 4), -0.5)}, "holds the value -0.5"),
        ({"images": np.full((3, 4, 4), 256)}, "holds the value 256"),
        ({"images": blobs(3), "labels": np.zeros(2, int)}, "labels of .* holds 2 labels, but images of .* 3 pictures"),
        ({"images": blobs(3), "labels": np.eye(3)}, "labels of .* holds 3×3 labels, but images of .* 3 pictures"),
        ({"images": blobs(3), "labels": np.array([0.5, 1, 2])}, "labels of .* must hold whole numbers or texts"),
        ({"images": blobs(3), "test_labels": np.zeros(3)}, "holds test_labels, but no test_images"),
        (
            {"images": blobs(2), "labels": np.arange(2), "test_images": blobs(2), "test_labels": np.array(["a", "b"])},
            "training and test labels must both be numbers or both be texts",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_file(archive, arrays, sentence):
    dataset = archive(**arrays)
    with refused("mine é.npz", match=sentence):
        dataset.load()


def test_files_that_are_no_archives(tmp_path):
    for name, content in (("empty.npz", b""), ("text.npz", b"hello"), ("cut.npz", b"PK\x03\x04 and no more")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StdpbenchError, match=rf"{name} is damaged, or not an \.npz file"):
            NPZ(path=str(tmp_path / name)).load()
    np.save(tmp_path / "single.npy", blobs(3))
    unterminated = (tmp_path / "single.npy").read_bytes().replace(b"}", b" ")
    for member, content in (("images", b"hello"), ("images.npy", b"hello"), ("images.npy", unterminated)):
        with zipfile.ZipFile(tmp_path / "no arrays.npz", "w") as archive:
            archive.writestr(member, content)
        with pytest.raises(StdpbenchError, match=r"no arrays\.npz is damaged, or not an \.npz file"):
            NPZ(path=str(tmp_path / "no arrays.npz")).load()
    for path, message in (
        ("~nobody here/x", r"data\.path = .* is not a valid path"),
        ("a\0b", r"data\.path = .* is not a valid path"),
        (str(tmp_path / "nowhere.npz"), "there is no file"),
        (str(tmp_path), "there is no file"),
        ("", r"data\.path is missing"),
        (str(tmp_path / "single.npy"), "is a single array"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            NPZ(path=path).load()
