from __future__ import annotations

from pathlib import Path

import pytest

from stdpbench.base import paths


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STDPBENCH_DATA", "STDPBENCH_CACHE", "STDPBENCH_RUNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["experiments", "benchmarks"])
def test_shipped_folders_lie_beside_the_package_in_a_checkout(name: str) -> None:
    folder = paths.shipped(name)
    assert folder == Path(paths.__file__).resolve().parents[2] / name
    assert folder.is_dir()


def test_shipped_folders_lie_inside_the_package_when_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "My thesis ü" / "stdpbench" / "_shipped" / "experiments"
    inside.mkdir(parents=True)
    monkeypatch.setattr(paths, "_PACKAGE", inside.parent.parent)
    assert paths.shipped("experiments") == inside


def test_data_are_looked_for_first_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.data_folders() == (paths.data_folder(),)
    monkeypatch.setenv("STDPBENCH_DATA", str(tmp_path / "My data ü"))
    assert paths.data_folders() == (tmp_path / "My data ü", paths.data_folder())


@pytest.mark.parametrize(
    ("variable", "function"), [("STDPBENCH_CACHE", paths.cache_folder), ("STDPBENCH_RUNS", paths.runs_folder)]
)
def test_variables_move_folders(variable: str, function: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(function)
    usual = function()
    monkeypatch.setenv(variable, str(Path("~") / "elsewhere"))
    assert function() == Path.home() / "elsewhere"
    monkeypatch.setenv(variable, "")
    assert function() == usual


def test_nothing_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STDPBENCH_CACHE", str(tmp_path / "cache"))
    paths.cache_folder()
    paths.runs_folder()
    assert list(tmp_path.iterdir()) == []
