"""What the tests of the data sets share: data folders of their own, and MNIST where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_data_folders(monkeypatch, tmp_path):
    """No test finds or touches the data of whoever runs it."""
    monkeypatch.setenv("STDPBENCH_DATA", str(tmp_path / "data of the tests"))
    monkeypatch.setattr("stdpbench.base.paths.data_folder", lambda: tmp_path / "user data")


_MNIST_DATA = os.environ.get("STDPBENCH_DATA")


@pytest.fixture
def mnist_data(monkeypatch) -> Path:
    """The data folder with the real MNIST files."""
    folder = Path(_MNIST_DATA).expanduser().resolve() if _MNIST_DATA else None
    if folder is None or not (folder / "mnist" / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("needs the MNIST files as STDPBENCH_DATA/mnist/*.gz")
    monkeypatch.setenv("STDPBENCH_DATA", str(folder))
    return folder
