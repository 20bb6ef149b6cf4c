"""Folders of picture files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from dataset_files import blobs
from PIL import Image
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.folder import Folder


def write(path: Path, pixels: np.ndarray, mode: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path) if mode else Image.fromarray(pixels).save(path)


def test_classes_are_folders_and_take_turns(tmp_path):
    root = tmp_path / "mes données 数字"
    pixels = blobs(20)
    for number in range(8):
        write(root / "class 10" / f"{number}.png", pixels[number])
    for number in range(8, 12):
        write(root / "class 9" / f"ü {number}.PNG", pixels[number])
    (root / "class 9" / "notes.txt").write_text("not a picture")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.png").write_bytes(b"never read")
    (root / "empty").mkdir()
    split = Folder(path=str(root), test_fraction=0.25).load()
    assert split.class_names == ("class 9", "class 10")
    assert (len(split.train), len(split.test)) == (9, 3)
    assert np.bincount(split.test.labels).tolist() == [1, 2]
    order = sorted([*split.train.pixels[:, 0, 0].tolist(), *split.test.pixels[:, 0, 0].tolist()])
    assert order == list(range(12))
    assert np.array_equal(split.train.labels, split.train.pixels[:, 0, 0] < 8)
    assert set(split.train.labels[:3]) == {0, 1}  # not one class after the other
    assert np.array_equal(Folder(path=str(root), test_fraction=0.25).load().train.pixels, split.train.pixels)


def test_numbers_in_file_names_count_as_numbers(tmp_path):
    pixels = blobs(12)
    for number in range(12):
        write(tmp_path / "in" / "train" / f"{number}.png", pixels[number])
        write(tmp_path / "in" / "test" / "a" / f"{number}.png", pixels[number])
    assert Folder(path=str(tmp_path / "in")).load().train.pixels[:, 0, 0].tolist() == list(range(12))


def test_train_and_test_folders(tmp_path):
    pixels = blobs(9)
    for number, name in enumerate(["train/cat/a", "train/cat/b", "train/dog/a", "test/dog/a", "test/eel/a"]):
        write(tmp_path / f"{name}.png", pixels[number])
    split = Folder(path=str(tmp_path)).load()
    assert split.class_names == ("cat", "dog", "eel")
    assert sorted(split.train.labels.tolist()) == [0, 0, 1]
    assert split.test.labels.tolist() == [1, 2]
    assert split.test.pixels[:, 0, 0].tolist() == [3, 4]


def test_unlabelled_and_a_single_class(tmp_path):
    for number, picture in enumerate(blobs(10)):
        write(tmp_path / "none" / f"{number}.png", picture)
        write(tmp_path / "one" / "only" / f"{number}.png", picture)
    unlabelled = Folder(path=str(tmp_path / "none")).load()
    assert unlabelled.train.labels is None
    assert unlabelled.class_names == ()
    assert (len(unlabelled.train), len(unlabelled.test)) == (8, 2)
    single = Folder(path=str(tmp_path / "one")).load()
    assert single.class_names == ("only",)
    assert not single.train.labels.any()


def test_every_kind_of_picture_becomes_grey(tmp_path):
    grey = np.linspace(0, 255, 64).astype(np.uint8).reshape(8, 8)
    write(tmp_path / "1 grey.png", grey)
    write(tmp_path / "2 colour.png", np.stack([grey] * 3, axis=-1))
    write(tmp_path / "3 deep.png", grey.astype(np.uint16) * 257)
    write(tmp_path / "4 palette.png", np.stack([grey] * 3, axis=-1), "P")
    alpha = np.stack([np.full_like(grey, 255)] * 3 + [grey], axis=-1)
    write(tmp_path / "5 transparent.png", alpha)
    write(tmp_path / "6 photo.jpeg", grey)
    write(tmp_path / "7 bits.png", grey > 127)
    split = Folder(path=str(tmp_path), test_fraction=0.01, holdout_seed=3).load()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(split.train) + len(split.test) == len(names) == 7
    seen = np.concatenate([split.train.pixels, split.test.pixels]).astype(int)
    errors = np.abs(seen - grey.astype(int)).max(axis=(1, 2))
    assert np.count_nonzero(errors <= 1) >= 4  # grey, colour, deep, transparent
    assert np.count_nonzero(errors <= 40) == 6  # and the lossy ones
    assert np.array_equal(np.unique(seen[errors.argmax()]), [0, 255])


def test_mixed_sizes_need_resize(tmp_path):
    for number, (height, width) in enumerate([(8, 8), (8, 8), (30, 20), (5, 9)]):
        write(tmp_path / f"{number}.png", blobs(1, height, width)[0])
    with pytest.raises(StdpbenchError, match=r"2\.png has 30×20 pixels, but .*0\.png has 8×8; all must have one size"):
        Folder(path=str(tmp_path)).load()
    split = Folder(path=str(tmp_path), resize=8).prepare()
    assert split.train.pixels.shape == (3, 8, 8)
    assert any(np.array_equal(picture, blobs(1, 8, 8)[0]) for picture in split.train.pixels)


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only there can names be any bytes")


@pytest.mark.parametrize(
    ("names", "shape", "sentence"),
    [
        (["big.png", "two.png"], (10, 600), r"big\.png has 10×600 pixels.*set data\.resize to at most 512"),
        (
            ["stray.png", "cat/a.png"],
            (6, 5),
            r"holds pictures, such as stray\.png, next to class folders, such as cat",
        ),
        pytest.param(
            ["tea/a.png", os.fsdecode(b"caf\xe9") + "/a.png"],
            (6, 5),
            r"a folder caf\\xe9, whose name is not UTF-8",
            marks=LINUX,
            id="no text",
        ),
    ],
)
def test_pictures_that_make_no_data_set_are_refused(tmp_path, names, shape, sentence):
    for name in names:
        write(tmp_path / name, blobs(1, *shape)[0])
    with pytest.raises(StdpbenchError, match=sentence):
        Folder(path=str(tmp_path)).load()


def cut_png(tmp_path: Path) -> bytes:
    write(tmp_path / "whole.png", blobs(1, 50, 50)[0])
    return (tmp_path / "whole.png").read_bytes()[:400]


@pytest.mark.parametrize("content", [b"", b"no picture", "cut"])
def test_a_picture_that_cannot_be_read_is_named(tmp_path, content):
    data = cut_png(tmp_path) if content == "cut" else content
    write(tmp_path / "in" / "a.png", blobs(1, 50, 50)[0])
    (tmp_path / "in" / "broken one.png").write_bytes(data)
    with refused(match=r"broken one\.png cannot be read as a PNG or JPEG picture"):
        Folder(path=str(tmp_path / "in")).load()


def test_folders_that_are_none(tmp_path):
    for name in ("empty", "halves/train", "halves/test"):
        (tmp_path / name).mkdir(parents=True)
    for folder, message in (
        (Folder(), r"data\.path is missing"),
        (Folder(path=str(tmp_path / "nowhere")), "there is no folder .*nowhere"),
        (Folder(path=str(tmp_path / "empty")), "empty holds no PNG or JPEG files"),
        (Folder(path=str(tmp_path / "halves")), "train holds no PNG or JPEG files"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            folder.load()
