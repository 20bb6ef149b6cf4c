"""IDX files: the format, and the kind that reads any of them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from dataset_files import blobs, idx_bytes, write_idx
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._idx_format import read_idx
from stdpbench.data.datasets.idx import IDX


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("packed", [False, True])
def test_reads_every_type_plain_and_packed(tmp_path, dtype, packed):
    array = (np.arange(24).reshape(2, 3, 4) - (0 if dtype == "uint8" else 12)).astype(dtype)
    read = read_idx(write_idx(tmp_path / "a file with ümlaut", array, packed=packed))
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    assert np.array_equal(read, array)


def damaged_gzip() -> bytes:
    content = bytearray(gzip.compress(idx_bytes(blobs(9, 28, 28))))
    content[len(content) // 2] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"is not an IDX file: it starts with the bytes \(none\)"),
        (b"\x89PNG....", "is not an IDX file: it starts with the bytes 89 50 4e 47, not 00 00"),
        (b"\0\0\x07\x01\0\0\0\1!", "is not an IDX file"),
        (b"\0\0\x08\0", "is not an IDX file"),
        (b"\0\0\x08\x03\0\0", "is truncated: it ends inside its header"),
        (
            idx_bytes(blobs(2))[:-1],
            r"is truncated: its header declares 60 bytes of values \(2×6×5\), but it holds 59",
        ),
        (idx_bytes(blobs(2)) + b"!", "is too long: its header declares 60 bytes"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "declares .* MiB of values, .* at most 160 MiB"),
        (b"\0\0\x08\xff" + bytes(1020), "is not an IDX file: it starts with the bytes 00 00 08 ff"),
        (gzip.compress(idx_bytes(blobs(9)))[:-20], "is a damaged gzip file"),
        (damaged_gzip(), "is a damaged gzip file"),
    ],
)
def test_damage_is_one_sentence_with_the_file(tmp_path, content, sentence):
    path = tmp_path / "some-idx3-ubyte"
    path.write_bytes(content)
    with refused(str(path), match=sentence):
        read_idx(path)


def test_what_is_not_there_or_no_file(tmp_path):
    with pytest.raises(StdpbenchError, match=r"there is no file .*nowhere"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(StdpbenchError, match="cannot be read"):
        read_idx(tmp_path)


def test_given_halves(tmp_path):
    files = {
        "train_images": write_idx(tmp_path / "träin", blobs(6), packed=True),
        "train_labels": write_idx(tmp_path / "train labels", np.array([7, -3, 7, 100, -3, 7], np.int32)),
        "test_images": write_idx(tmp_path / "test", blobs(2, seed=4)),
        "test_labels": write_idx(tmp_path / "test labels", np.array([100, 42], np.int32)),
    }
    split = IDX(**{name: str(path) for name, path in files.items()}).load()
    assert split.class_names == ("-3", "7", "42", "100")
    assert split.train.labels.tolist() == [1, 0, 1, 3, 0, 1]
    assert split.test.labels.tolist() == [3, 2]
    assert split.train.labels.dtype == np.int64
    assert np.array_equal(split.train.pixels, blobs(6))
    assert np.array_equal(split.test.pixels, blobs(2, seed=4))


def test_without_test_pictures_a_stated_share_is_held_out(tmp_path):
    images = write_idx(tmp_path / "images", blobs(40))
    labels = write_idx(tmp_path / "labels", np.arange(40, dtype=np.uint8) % 4)
    given = {"train_images": str(images), "train_labels": str(labels)}
    split = IDX(**given, test_fraction=0.3).load()
    assert (len(split.train), len(split.test)) == (28, 12)
    assert np.bincount(split.test.labels).tolist() == [3, 3, 3, 3]
    numbers = split.test.pixels[:, 0, 0]
    assert np.array_equal(numbers % 4, split.test.labels)
    assert set(numbers) | set(split.train.pixels[:, 0, 0]) == set(range(40))
    assert np.array_equal(IDX(**given, test_fraction=0.3).load().test.pixels, split.test.pixels)
    assert not np.array_equal(IDX(**given, test_fraction=0.3, holdout_seed=1).load().test.pixels, split.test.pixels)


def test_unlabelled(tmp_path):
    split = IDX(train_images=str(write_idx(tmp_path / "images", blobs(10)))).load()
    assert (len(split.train), len(split.test)) == (8, 2)
    assert split.train.labels is None
    assert split.test.labels is None
    assert split.class_names == ()


def test_what_does_not_fit_together(tmp_path):
    images = str(write_idx(tmp_path / "images", blobs(5)))
    four = str(write_idx(tmp_path / "four", np.zeros(4, np.uint8)))
    other_size = str(write_idx(tmp_path / "other", blobs(3, 7, 7)))
    one = str(write_idx(tmp_path / "one", blobs(1)))
    for files, message in (
        ({}, r"data\.train_images is missing"),
        ({"train_images": images, "test_labels": four}, r"data\.test_labels needs data\.test_images"),
        ({"train_images": images, "train_labels": four}, "four holds 4 labels, but .*images holds 5 pictures"),
        ({"train_images": images, "train_labels": images}, "images holds 5×6×5 labels, but .*images holds 5 pictures"),
        ({"train_images": four}, "four has the shape 4; it must be number×height×width"),
        ({"train_images": images, "test_images": other_size}, "of 6×5 pixels, but .*other has 7×7"),
        ({"train_images": one}, "one holds 1 picture; training and testing need at least 2"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            IDX(**files).load()
    resized = IDX(train_images=images, test_images=other_size, resize=8).prepare()
    assert resized.train.pixels.shape[1:] == resized.test.pixels.shape[1:] == (8, 8)
