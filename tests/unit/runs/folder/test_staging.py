"""What is left of run folders whose maker was killed goes; what somebody is making stays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from run_folders import Make

from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.store import Store, run_names
from stdpbench.runs.folder.run_folder import RunFolder

_MAKER = """
import sys
from pathlib import Path
from stdpbench.runs.folder.lock import staging_folder
with staging_folder(Path(sys.argv[1])) as place:
    (place / "run.json").write_text("{}")
    (place / "experiment.toml").write_text("")
    print("made", flush=True)
    sys.stdin.read()
"""
HALF = "0" * 32


def _made(runs: Path) -> list[str]:
    return sorted(path.name for path in runs.iterdir() if path.name.startswith(".making-"))


def _list(runs: Path) -> None:
    Store(runs)


def _create(runs: Path) -> None:
    RunFolder.create(runs, Experiment.from_mapping({"name": "tiny"}), {})


@pytest.mark.parametrize("look", [_list, _create])
def test_what_a_killed_maker_left_goes_and_what_a_living_one_makes_stays(
    tmp_path: Path, look: Callable[[Path], None]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _MAKER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as maker:
        try:
            assert maker.stdout.readline().strip() == b"made"
            before = _made(tmp_path)
            assert any((tmp_path / name / "run.json").is_file() for name in before)
            look(tmp_path)
            assert _made(tmp_path) == before
        finally:
            maker.kill()
    look(tmp_path)
    assert _made(tmp_path) == []


def test_a_run_that_is_being_made_is_in_no_list(tmp_path: Path, make_run: Make) -> None:
    make_run(tmp_path, "whole")
    make_run(tmp_path, f".making-{HALF}")  # as an earlier version made them: nobody knows whether its maker lives
    store = Store(tmp_path)
    assert [entry.name for entry in store.entries()] == ["whole"]
    assert run_names(tmp_path) == ["whole"]
    assert _made(tmp_path) == [f".making-{HALF}"]
    os.utime(tmp_path / f".making-{HALF}", (0, 0))
    _list(tmp_path)
    assert _made(tmp_path) == []


def test_what_cannot_be_filled_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: RunFolder) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        RunFolder.create(tmp_path, Experiment.from_mapping({"name": "tiny"}), {}, fill)
    assert list(tmp_path.iterdir()) == []


# names of run folders, which another system must be able to have, too


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("fast-100", "fast-100"),
        ("a/b: c?", "a-b--c"),
        ("..ends with dots..", "ends-with-dots"),
        ("con", "run-con"),  # what Windows keeps for devices, with any ending
        ("Aux.1", "run-Aux.1"),
        ("lpt9", "run-lpt9"),
        ("console", "console"),
        ("com10", "com10"),
    ],
)
def test_a_run_gets_a_name_that_every_system_takes(asked: str, name: str, tmp_path: Path) -> None:
    assert RunFolder.place(tmp_path, asked, lambda folder: None).path.name == name
    assert RunFolder.place(tmp_path, asked, lambda folder: None).path.name == f"{name}-2"
