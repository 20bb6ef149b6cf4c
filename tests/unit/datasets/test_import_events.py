"""Import of N-MNIST and SHD: checked, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from event_files import bin_bytes, write_n_mnist, write_shd

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import data_folders
from stdpbench.data.datasets import datasets
from stdpbench.data.datasets.fetch import fetch
from stdpbench.data.datasets.import_events import IMPORTABLE, imported


def write(name: str, folder: Path) -> Path:
    if name == "n-mnist":
        return write_n_mnist(folder)
    for half in ("train", "test"):
        write_shd(folder / f"shd_{half}.h5", [([0.1], [1]), ([0.2], [699])], [0, 1])
    return folder


@pytest.mark.parametrize("name", IMPORTABLE)
def test_what_is_imported_is_found_by_its_kind(name: str, tmp_path: Path) -> None:
    assert imported(name) is None
    seen = list[tuple[int, int | None]]()
    source = write(name, tmp_path / "downloads" / "deeper").parent
    found = fetch(name, source=source, progress=False, report=lambda _, done, total: seen.append((done, total)))
    assert found == data_folders()[0] / name == imported(name)
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)
    assert len(datasets.build({"kind": name}, "data").prepare().train) == {"n-mnist": 20, "shd": 2}[name]
    assert [path.name for path in found.parent.iterdir()] == [name]
    assert fetch(name, progress=False) == found  # it is there
    content = sorted(path.name for path in found.rglob("*") if path.is_file())
    assert content == sorted(path.name for path in source.rglob("*") if path.is_file())


def test_a_damaged_file_is_found_and_nothing_stays(tmp_path: Path) -> None:
    for name in IMPORTABLE:
        source = write(name, tmp_path / name)
        file = sorted(path for path in source.rglob("*") if path.is_file())[-1]
        file.write_bytes(b"hello, this is not an event" if name == "shd" else bin_bytes([(99, 0, True, 0)]))
        with pytest.raises(StdpbenchError, match=file.name):
            fetch(name, source=source, progress=False)
        assert list(data_folders()[0].glob("*")) == list(data_folders()[0].glob(".*")) == []


def test_an_import_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(name: str, done: int, total: int | None) -> None:
        assert total is not None
        if done > 0.7 * total:  # while files are copied
            raise StoppedError

    with pytest.raises(StoppedError):
        fetch("n-mnist", source=write_n_mnist(tmp_path / "mine"), progress=False, report=stop)
    assert list(data_folders()[0].iterdir()) == []


def test_what_is_missing_is_one_sentence(tmp_path: Path) -> None:
    for name, source, message in (
        ("shd", None, "shd cannot be downloaded; get it from .*stdpbench data fetch shd --from"),
        ("shd", tmp_path / "nowhere", "there is no folder"),
        ("n-mnist", tmp_path, "does not hold the folders Train and Test of n-mnist"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            fetch(name, source=source)
    (data_folders()[0] / "shd").mkdir(parents=True)
    with pytest.raises(StdpbenchError, match="exists, but is not a complete copy of shd"):
        fetch("shd", source=write("shd", tmp_path / "mine"))


def test_commands(tmp_path: Path, call: Callable[..., str]) -> None:
    source = write("shd", tmp_path / "mine")
    assert json.loads(call("data", "fetch", "shd", "--from", str(source), "--json")) == {
        "name": "shd",
        "folder": str(data_folders()[0] / "shd"),
    }
    rows = {row["name"]: row for row in json.loads(call("data", "list", "--json"))}
    assert rows["shd"]["folder"] == str(data_folders()[0] / "shd")
    assert rows["n-mnist"]["where"] == "missing; stdpbench data fetch n-mnist --from FOLDER"
