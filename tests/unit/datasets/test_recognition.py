"""What somebody points at is recognised: folders, npz files, IDX files with what lies beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dataset_files import write_idx

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets.folder import Folder
from stdpbench.data.datasets.idx import IDX
from stdpbench.data.datasets.npz import NPZ
from stdpbench.data.datasets.recognition import dataset_at, is_idx


@pytest.fixture
def idx(tmp_path: Path) -> Path:
    for name in ("train", "t10k"):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", np.zeros((3, 4, 4), np.uint8))
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(3, dtype=np.uint8), packed=True)
    return tmp_path


def test_an_idx_file_brings_its_labels_and_test_pictures(idx):
    expected = IDX(
        train_images=str(idx / "train-images-idx3-ubyte"),
        train_labels=str(idx / "train-labels-idx1-ubyte.gz"),
        test_images=str(idx / "t10k-images-idx3-ubyte"),
    )
    assert dataset_at(idx / "train-images-idx3-ubyte") == expected
    assert dataset_at(idx / "train-labels-idx1-ubyte.gz") == expected
    assert dataset_at(idx) == expected


def test_a_single_idx_file_is_enough(tmp_path):
    path = write_idx(tmp_path / "mine.idx", np.zeros((3, 4, 4), np.uint8))
    assert dataset_at(path) == IDX(train_images=str(path))
    assert is_idx(path)


def test_labels_alone_are_refused(tmp_path):
    path = write_idx(tmp_path / "labels-idx1-ubyte", np.zeros(3, np.uint8))
    with pytest.raises(StdpbenchError, match="their pictures are not in the same folder"):
        dataset_at(path)


def test_a_folder_and_an_npz_file(tmp_path):
    assert dataset_at(tmp_path) == Folder(path=str(tmp_path))
    np.savez(tmp_path / "mine.npz", images=np.zeros((2, 3, 3)))
    assert dataset_at(tmp_path / "mine.npz") == NPZ(path=str(tmp_path / "mine.npz"))
    assert not is_idx(tmp_path / "mine.npz")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("a.png", "is a single picture; choose the folder"), ("a.txt", "neither an .npz file nor"), (None, "no file")],
)
def test_what_is_none_of_them_is_refused_in_a_sentence(tmp_path, name, sentence):
    path = tmp_path / (name or "absent")
    if name:
        path.write_bytes(b"something else")
    with pytest.raises(StdpbenchError, match=sentence):
        dataset_at(path)
