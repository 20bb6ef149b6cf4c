"""The index of runs: its contents, updates when folders change, and recovery after loss."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from run_folders import Make

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.filters import Filter
from stdpbench.runs.catalog.store import INDEX, Entry, Store
from stdpbench.runs.catalog.trash import empty_bin, move_to_bin, names_in_bin, restore
from stdpbench.runs.folder.lock import has_process, lock_path
from stdpbench.runs.folder.run_folder import RunFolder


def entries(runs: Path, *columns: str, filters: tuple[str, ...] = (), sort: str | None = None) -> list[Entry]:
    return Store(runs).select(columns, [Filter.parse(text) for text in filters], sort)


def names(runs: Path, *filters: str, sort: str | None = None) -> list[str]:
    return [entry.name for entry in entries(runs, filters=filters, sort=sort)]


@pytest.fixture
def three(tmp_path: Path, make_run: Make) -> Path:
    make_run(tmp_path, "a", vote=0.9, parameters={"seed": 1, "exc.tau_m": "25 ms"})
    make_run(tmp_path, "b", vote=0.7, parameters={"seed": 2}, changes={"plasticity.nu_post": (0.01, 0.02)})
    make_run(
        tmp_path,
        "c",
        state="stopped",
        vote=None,
        about={"parent": {"id": "id of a", "name": "a", "at": 7}, "reason": "x"},
    )
    return tmp_path


def test_entries_agree_with_the_files(three: Path) -> None:
    a, b, c = entries(three, "exc.tau_m")
    assert (a.name, a.experiment, a.seed, a.state, a.vote, a.progress) == (
        "a",
        "tiny",
        1,
        "finished",
        0.9,
        "all 7",
    )
    assert a.value("exc.tau_m") == "25 ms"
    assert a.value("accuracy.vote.interval_95") == pytest.approx([0.8, 1.0])
    assert a.value("accuracy.vote.confusion") is None, "tables of numbers belong in no list"
    assert b.value("plasticity.nu_post") == 0.02
    assert b.text("plasticity.nu_post") == "0.01 → 0.02"
    assert (c.parent, c.parent_id, c.reason, c.vote) == ("a at 7", "id of a", "x", None)
    store = Store(three)
    assert [child.name for child in store.children("id of a")] == ["c"]
    assert store.children("") == []
    assert store.by_id("id of b") is not None


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["state=finished"], ["a", "b"]),
        (["state!=finished"], ["c"]),
        (["experiment=ti*", "seed=2"], ["b"]),
        (["exc.tau_m=25 ms"], ["a"]),
        (["exc.tau_m=25"], ["a"]),
        (["exc.tau_m=25 s"], []),
        (["exc.tau_m>=25 ms"], ["a", "b", "c"]),
        (["plasticity.nu_post=2e-2"], ["b"]),
        (["vote>0.7"], ["a"]),
        (["vote<=0.7"], ["b"]),
        (["vote=none"], ["c"]),
        (["data.invert=false", "name=c"], ["c"]),
        (["started<2026-01-03"], ["a", "b", "c"]),
        (["started<2026-01-02"], []),
    ],
)
def test_filters(three: Path, filters: list[str], found: list[str]) -> None:
    assert names(three, *filters) == found


def test_the_index_follows_the_folders(three: Path, make_run: Make) -> None:
    assert names(three) == ["a", "b", "c"]
    make_run(three, "b", vote=0.8)
    make_run(three, "d")
    shutil.rmtree(three / "a")
    (three / "no run").mkdir()
    again = entries(three, "plasticity.nu_post")
    assert [entry.name for entry in again] == ["b", "c", "d"]
    assert again[0].vote == 0.8
    assert again[0].text("plasticity.nu_post") == "0.01"


def test_only_changed_folders_are_read_again(three: Path, make_run: Make) -> None:
    names(three)
    make_run(three, "b", vote=0.8)
    unseen = three / "a" / "metrics.json"
    before = unseen.stat()
    unseen.write_text(unseen.read_text(encoding="utf-8").replace("0.9", "0.1"), encoding="utf-8")
    os.utime(unseen, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if nothing had been written
    assert [entry.vote for entry in entries(three)] == [0.9, 0.8, None]


def test_an_incomplete_change_and_one_out_of_order(three: Path) -> None:
    path = three / "b" / "journal.jsonl"
    early = {
        "n": 3,
        "position": 5,
        "time": "t",
        "fact": "ParametersChanged",
        "changes": {"plasticity.nu_post": [0.0, 9.0]},
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(early, separators=(",", ":")) + "\n")
        file.write(json.dumps({**early, "n": 4, "position": 8}, separators=(",", ":")))
    (entry,) = entries(three, "plasticity.nu_post", filters=("name=b",))
    assert entry.value("plasticity.nu_post") == 0.02, "that of the later position counts, and only what is whole"


def test_a_run_whose_process_died_has_failed(tmp_path: Path, make_run: Make) -> None:
    folder = make_run(tmp_path, "r", state="running")
    assert names(tmp_path, "state=failed") == ["r"]
    assert not has_process(folder)
    with FileLock(lock_path(folder)):
        assert has_process(folder)
        assert names(tmp_path, "state=running") == ["r"]
    assert entries(tmp_path)[0].reason.startswith("the process exited unexpectedly")


def test_damaged_folders_are_listed_as_such(three: Path) -> None:
    (three / "a" / "journal.jsonl").write_text("{", encoding="utf-8")
    (three / "b" / "experiment.toml").write_text("name = [", encoding="utf-8")
    (three / "c" / "journal.jsonl").write_text("nonsense\n", encoding="utf-8")
    found = entries(three)
    assert [entry.state for entry in found] == ["damaged"] * 3
    assert all("cannot be read" in entry.reason for entry in found)
    (three / "b" / "metrics.json").write_text("[" * 100_000, encoding="utf-8")
    assert len(entries(three)) == 3


@pytest.mark.parametrize("content", [b"", b"no cache at all", b"[1]", b"flipped", b"[" * 100_000])
def test_a_damaged_or_missing_cache_is_written_again(three: Path, content: bytes) -> None:
    assert names(three) == ["a", "b", "c"]
    whole = (three / INDEX).read_bytes()
    (three / INDEX).write_bytes(whole.replace(b"0.9", b"0.1") if content == b"flipped" else content)
    assert names(three, "vote>0.8") == ["a"]
    assert (three / INDEX).read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_left_out(three: Path, tmp_path: Path) -> None:
    (three / INDEX).mkdir()
    assert names(three) == ["a", "b", "c"]
    assert Store(tmp_path / "nowhere").entries() == []
    assert not (tmp_path / "nowhere").exists()


def test_the_store_imports_nothing_heavy(three: Path) -> None:
    code = (
        "import sys; from stdpbench.cli import main\n"
        f"try: main(['list', '--runs', {str(three)!r}, '--columns', 'exc.tau_m'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'sklearn', 'matplotlib', 'brian2', 'rich', 'filelock', 'PyQt6', 'stdpbench.experiment'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "25 ms" in done.stdout


# -- the bin ----------------------------------------------------------------------------------------------------------


def test_deleted_runs_are_restored_from_the_bin(three: Path) -> None:
    move_to_bin(RunFolder.open(three / "a"))
    assert names(three) == ["b", "c"]
    assert names(three / "bin") == ["a"]
    assert names_in_bin(three) == ["a"]
    with pytest.raises(StdpbenchError, match="known are a"):
        restore(three, "q")
    assert restore(three, "a").path == three / "a"
    assert names(three) == ["a", "b", "c"]
    with pytest.raises(StdpbenchError, match="the bin is empty"):
        restore(three, "a")


def test_the_bin_keeps_runs_of_one_name_apart(three: Path, make_run: Make) -> None:
    for _ in range(2):
        move_to_bin(RunFolder.open(make_run(three, "a")))
    assert names_in_bin(three) == ["a", "a-2"]
    make_run(three, "a")
    with pytest.raises(StdpbenchError, match="already exists"):
        restore(three, "a")
    assert restore(three, "a-").path.name == "a-2"
    with pytest.raises(StdpbenchError, match="already in the bin"):
        move_to_bin(RunFolder.open(three / "bin" / "a"))


def test_an_active_run_is_neither_deleted_nor_removed(three: Path) -> None:
    with FileLock(lock_path(three / "a")), pytest.raises(StdpbenchError, match="another process is working"):
        move_to_bin(RunFolder.open(three / "a"))
    assert names(three) == ["a", "b", "c"]
    move_to_bin(RunFolder.open(three / "a"))
    move_to_bin(RunFolder.open(three / "b"))
    with FileLock(lock_path(three / "bin" / "b")):
        removed, kept, size = empty_bin(three, ["a", "b"])
    assert (removed, kept) == (["a"], ["b"])
    assert size > 1000
    assert empty_bin(three, ["b"])[0] == ["b"]
    assert not (three / "bin").exists()
    assert empty_bin(three, ["b"]) == ([], [], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only there is a name of any bytes possible")
def test_a_run_folder_whose_name_is_not_utf_8_is_skipped(three: Path) -> None:
    odd = os.fsencode(three) + b"/odd\xff"
    shutil.copytree(os.fsencode(three / "a"), odd)
    store = Store(three)
    assert [entry.name for entry in store.entries()] == ["a", "b", "c"]
    (remark,) = store.remarks
    assert r"odd\xff" in remark
    assert "UTF-8" in remark
