"""MNIST and the sets that stand in for it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from dataset_files import blobs, write_idx

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import shipped
from stdpbench.data.datasets import datasets, prepared
from stdpbench.data.datasets._mnist_like import PUBLISHED
from stdpbench.data.datasets.fashion_mnist import FashionMNIST
from stdpbench.data.datasets.fetch import FETCHABLE, status
from stdpbench.data.datasets.mnist import MNIST

LABELS = np.array([3, 0, 9], np.uint8)


def write_set(folder, *, packed=True, dotted=False, n=3):
    for half in ("train", "t10k"):
        for what, array in (("images-idx3", blobs(n)), ("labels-idx1", np.resize(LABELS, n))):
            name = f"{half}-{what}-ubyte" + (".gz" if packed else "")
            write_idx(folder / (name.replace("-idx", ".idx") if dotted else name), array, packed=packed)
    return folder


@pytest.mark.parametrize("place", ["mnist", "."])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dotted", [True, False])
@pytest.mark.parametrize("root", ["data of the tests", "user data"])
def test_is_found_wherever_it_may_lie(tmp_path, place, packed, dotted, root):
    assert status("mnist") is None
    folder = write_set(tmp_path / root / place, packed=packed, dotted=dotted)
    assert status("mnist") == folder
    split = MNIST().load()
    assert np.array_equal(split.train.pixels, blobs(3))
    assert split.test.labels.tolist() == [3, 0, 9]
    assert split.class_names == tuple("0123456789")


def test_an_explicit_path_alone_counts(tmp_path):
    write_set(tmp_path / "data of the tests" / "mnist")
    assert len(MNIST(path=str(write_set(tmp_path / "mine", n=7))).load().train) == 7
    with pytest.raises(StdpbenchError, match=r"are not in .*nothing here; .*stdpbench data fetch mnist.*data\.path"):
        MNIST(path=str(tmp_path / "nothing here")).load()


def test_missing_files_say_how_to_get_them(tmp_path):
    with pytest.raises(StdpbenchError, match=r"kmnist are not in .*`stdpbench data fetch kmnist`.*STDPBENCH_DATA"):
        datasets.build({"kind": "kmnist"}, "data").load()
    folder = write_set(tmp_path / "data of the tests" / "mnist")
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(StdpbenchError, match=r"mnist lacks train-labels-idx1-ubyte\)"):
        MNIST().load()


def test_labels_that_do_not_fit(tmp_path):
    folder = write_set(tmp_path / "mine")
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", np.array([1, 2], np.uint8))
    with pytest.raises(StdpbenchError, match=r"t10k-labels-idx1-ubyte\.gz holds 2 labels"):
        MNIST(path=str(folder)).load()
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", np.array([1, 2, 10], np.uint8))
    with pytest.raises(StdpbenchError, match=r"holds the label 10, but labels must be 0 \.\. 9"):
        MNIST(path=str(folder)).load()
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", LABELS)
    write_idx(folder / "t10k-images-idx3-ubyte.gz", blobs(3, 9, 9))
    with pytest.raises(StdpbenchError, match="differ in size"):
        MNIST(path=str(folder)).load()


def test_what_is_declared_is_printed_in_the_readme():
    text = (shipped("experiments").parent / "data" / "README.md").read_text(encoding="utf-8")
    for published in PUBLISHED.values():
        assert all(mirror in text for mirror in published.mirrors)
        for file in published.files:
            row = f"| {published.name} | {file.name} | {file.plain.replace(':', ' ')} | {file.packed[7:]} |"
            assert text.count(row) == 1, row
    assert FETCHABLE == ("mnist", "fashion-mnist", "kmnist")


def test_real_mnist(mnist_data):
    split = MNIST().load()
    assert split.train.pixels.shape == (60_000, 28, 28)
    assert split.test.pixels.shape == (10_000, 28, 28)
    assert split.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(split.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    scaled = prepared(split.train, MNIST(pixel_sum=27_000.0)).pixels
    np.testing.assert_allclose(scaled.sum(axis=(1, 2), dtype=np.float64), 27_000, rtol=1e-6)


def test_real_mnist_has_the_published_checksums(mnist_data):
    for file in PUBLISHED["mnist"].files:
        assert file.matches(mnist_data / "mnist" / f"{file.name}.gz")
        assert not PUBLISHED["kmnist"].files[0].matches(mnist_data / "mnist" / f"{file.name}.gz")


def test_one_set_is_not_taken_for_another(mnist_data, tmp_path, monkeypatch):
    flat = tmp_path / "flat"
    shutil.copytree(mnist_data / "mnist", flat)
    monkeypatch.setenv("STDPBENCH_DATA", str(flat))
    assert status("mnist") == flat
    assert status("fashion-mnist") is None
    with pytest.raises(StdpbenchError, match=r"fashion-mnist are not in .*flat holds mnist\)"):
        FashionMNIST().load()
