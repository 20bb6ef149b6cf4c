"""Polling of a runs folder: changes are found, and nothing else is read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from edited_journal import edit_journal
from filelock import FileLock
from run_folders import Make

from stdpbench.runs import watching
from stdpbench.runs.catalog.trash import move_to_bin, restore
from stdpbench.runs.folder.lock import lock_path
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.queue.run_queue import INTERRUPTED, WAITING, Queue
from stdpbench.runs.watching import RunsWatch


@pytest.fixture(autouse=True)
def _fine_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_FRESH", 0)


def age(path: Path) -> None:
    """Set the modification time of a folder far back, so that another change shows on any clock."""
    os.utime(path, (0, 0))


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    watch = RunsWatch(tmp_path / "runs")
    assert dict(watch.look().entries) == {}
    assert watch.look() is None
    assert not (tmp_path / "runs").exists()


def test_only_changed_runs_are_read(tmp_path: Path, make_run: Make) -> None:
    for name in "abc":
        age(make_run(tmp_path, name))
    watch = RunsWatch(tmp_path)
    first = watch.look()
    assert list(first.entries) == ["a", "b", "c"]
    assert first.entries["a"].parameters["name"] == "tiny"
    assert watch.look() is None
    assert watch.read == 3
    edit_journal(tmp_path / "b", state="stopped")
    make_run(tmp_path, "d", about={"started": "2025-01-01T00:00:00+00:00"})
    second = watch.look()
    assert watch.read == 5
    assert list(second.entries) == ["d", "a", "b", "c"]
    assert second.entries["b"].state == "stopped"
    assert second.entries["a"] is first.entries["a"]
    shutil.rmtree(tmp_path / "c")
    assert list(watch.look().entries) == ["d", "a", "b"]
    assert watch.read == 5


def test_recent_changes_are_read_again(tmp_path: Path, make_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(tmp_path, "a")
    monkeypatch.setattr(watching, "_FRESH", 10**12)
    watch = RunsWatch(tmp_path)
    watch.look()
    edit_journal(tmp_path / "a", reason="of no change of the folder")
    assert watch.look().entries["a"].reason == "of no change of the folder"


def test_a_dead_process_is_noticed_although_no_file_changes(tmp_path: Path, make_run: Make) -> None:
    path = make_run(tmp_path, "a", state="running")
    lock = FileLock(lock_path(path))
    watch = RunsWatch(tmp_path)
    with lock:
        age(path)
        seen = watch.look()
        assert seen.entries["a"].state == "running"
        assert watch.look() is None
    age(path)
    watch._marks["a"] = path.stat().st_mtime_ns
    seen = watch.look()
    assert seen.entries["a"].state == "failed"


def test_the_queue_and_the_bin_are_watched(tmp_path: Path, make_run: Make) -> None:
    path = make_run(tmp_path, "a", state="stopped")
    watch, queue = RunsWatch(tmp_path), Queue(tmp_path)
    watch.look()
    queue.add_run(path)
    seen = watch.look()
    assert [(item.name, standing) for item, standing in seen.queue.items] == [("a", WAITING)]
    assert watch.look() is None
    queue.claim("nobody")
    seen = watch.look()
    assert seen.queue.items[0][1] == INTERRUPTED
    queue.remove([1])
    move_to_bin(RunFolder(path))
    seen = watch.look()
    assert (dict(seen.entries), seen.queue.items, seen.in_bin) == ({}, (), 1)
    restore(tmp_path, "a")
    seen = watch.look()
    assert (list(seen.entries), seen.in_bin) == (["a"], 0)
