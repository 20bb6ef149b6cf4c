"""Checkpoints: whole or not there; damaged ones give way to earlier ones and say so; some are kept of all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.runs.folder.checkpoints import (
    Checkpoint,
    checkpoint_path,
    copy_checkpoint,
    newest_checkpoint,
    positions,
    read_checkpoint,
    remove_checkpoints,
    tidy_checkpoints,
    write_checkpoint,
)


def checkpoint(position: int = 10, number: int = 4, seed: int = 0) -> Checkpoint:
    rng = np.random.default_rng(seed)
    state = {"feed.w": rng.random((6, 3)), "exc.theta": rng.random(3), "exc.v": np.array([5e-324, -0.0, 1e308])}
    history = {"image": np.arange(position), "recent_counts": rng.integers(0, 9, (4, 3)).astype(np.uint16)}
    experiment = {"name": "ü", "seed": 3, "exc": {"tau_m": "100 ms"}, "network": {"weight_sum": 0.1 + 0.2}}
    return Checkpoint(position, number, experiment, 1 / 3, 2, {"python": "3.11"}, state, history)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    for name in ("position", "number", "experiment", "seconds", "silent", "versions"):
        assert getattr(one, name) == getattr(other, name)
    for arrays, others in ((one.state, other.state), (one.history, other.history)):
        assert arrays.keys() == others.keys()
        for key in arrays:
            assert arrays[key].dtype == others[key].dtype
            assert arrays[key].tobytes() == others[key].tobytes()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path):
    given = checkpoint()
    assert write_checkpoint(tmp_path, given) == "000000010"
    assert_same(read_checkpoint(tmp_path, 10), given)
    found, remarks = newest_checkpoint(tmp_path)
    assert found is not None
    assert_same(found, given)
    assert remarks == []
    assert left(tmp_path) == ["000000010"]
    # no pickle in it: NumPy alone reads it
    with np.load(checkpoint_path(tmp_path, 10) / "state.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) == set(given.state)


def test_one_that_is_written_again_takes_the_place_of_the_old_one(tmp_path):
    write_checkpoint(tmp_path, checkpoint(number=4))
    write_checkpoint(tmp_path, checkpoint(number=9, seed=1))
    assert_same(read_checkpoint(tmp_path, 10), checkpoint(number=9, seed=1))
    assert left(tmp_path) == ["000000010"]


def test_the_newest_up_to_a_position(tmp_path):
    for position in (5, 10, 15):
        write_checkpoint(tmp_path, checkpoint(position))
    for at_most, expected in [(4, None), (5, 5), (14, 10), (15, 15), (99, 15), (None, 15)]:
        found, _ = newest_checkpoint(tmp_path, at_most)
        assert (found and found.position) == expected
    remove_checkpoints(tmp_path, 10)
    assert positions(tmp_path) == [5, 10]


def test_one_that_knows_more_facts_than_the_journal_is_passed_over(tmp_path):
    write_checkpoint(tmp_path, checkpoint(5, number=10))
    write_checkpoint(tmp_path, checkpoint(10, number=20))
    for n_facts, expected, n_remarks in [(20, 10, 0), (19, 5, 1), (10, 5, 1), (9, None, 2)]:
        found, remarks = newest_checkpoint(tmp_path, n_facts=n_facts)
        assert (found and found.position) == expected
        assert len(remarks) == n_remarks
        assert all("journal" in sentence for sentence in remarks)


def test_names_that_are_no_position_do_not_count(tmp_path):
    write_checkpoint(tmp_path, checkpoint(5))
    for name in ("²", "٣", "x", "5.old", ".000000007.part", "-3", "000000007x"):
        (tmp_path / "checkpoints" / name).mkdir()
    assert positions(tmp_path) == [5]
    (tmp_path / "checkpoints" / "000000009").write_text("a file")
    (tmp_path / "checkpoints" / "11").mkdir()
    found, remarks = newest_checkpoint(tmp_path)
    assert found.position == 5
    assert len(remarks) == 2


# -- damage ----------------------------------------------------------------------------------------


def damage(folder: Path, how: str) -> None:
    """Damage a checkpoint in a way that only its digest tells, or remove it; `test_run_fuzz.py` has all others."""
    about = folder / "checkpoint.json"
    if how == "no folder":
        shutil.rmtree(folder)
    elif how == "a parameter":
        about.write_text(about.read_text().replace("100 ms", "900 ms"))
    else:
        about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 99}))


@pytest.mark.parametrize("how", ["a parameter", "of a later format"])
def test_a_damaged_one_gives_way_to_the_one_before_and_says_so(how, tmp_path):
    for position in (5, 10):
        write_checkpoint(tmp_path, checkpoint(position))
    damage(checkpoint_path(tmp_path, 10), how)
    found, remarks = newest_checkpoint(tmp_path)
    assert found is not None
    assert_same(found, checkpoint(5))
    (sentence,) = remarks
    assert "000000010" in sentence
    assert "damaged" in sentence
    assert ("another version" in sentence) == (how == "of a later format")
    assert "the previous checkpoint is used" in sentence
    assert "\n" not in sentence
    damage(checkpoint_path(tmp_path, 5), how)
    found, remarks = newest_checkpoint(tmp_path)
    assert found is None
    assert len(remarks) == 2


# -- what is left behind ---------------------------------------------------------------------------


def full(*arguments: Any, **options: Any) -> None:
    raise OSError(28, "No space left on device")


def not_created(path: Any, flags: int, *arguments: Any, opened: Any = os.open, **options: Any) -> int:
    if flags & os.O_CREAT:
        full()
    return int(opened(path, flags, *arguments, **options))


@pytest.mark.parametrize("name", ["mkdir", "open", "rename", "replace"])
def test_where_there_is_no_room_the_old_one_stays(name, tmp_path, monkeypatch):
    write_checkpoint(tmp_path, checkpoint(5))
    write_checkpoint(tmp_path, checkpoint(10))
    for position in (10, 15):
        with monkeypatch.context() as patch:
            patch.setattr(os if name == "open" else Path, name, full if name != "open" else not_created)
            with pytest.raises(DiskError, match="No space left"):
                write_checkpoint(tmp_path, checkpoint(position, seed=1))
        assert left(tmp_path) == ["000000005", "000000010"]
        assert_same(read_checkpoint(tmp_path, 10), checkpoint(10))


def test_what_a_killed_process_left_is_tidied_up(tmp_path):
    for position in (5, 10, 15):
        write_checkpoint(tmp_path, checkpoint(position))
    folder = tmp_path / "checkpoints"
    (folder / "000000010").rename(folder / ".000000010.7.old")  # killed between two names
    shutil.copytree(folder / "000000005", folder / ".000000005.7.old")  # killed after both
    shutil.copytree(folder / "000000005", folder / ".000000020.123.part")
    (folder / ".000000020.123.part" / "state.npz").write_bytes(b"half")
    tidy_checkpoints(tmp_path)
    assert left(tmp_path) == ["000000005", "000000010", "000000015"]
    assert_same(read_checkpoint(tmp_path, 10), checkpoint(10))


def test_a_copy_is_whole(tmp_path):
    (tmp_path / "one").mkdir()  # a run folder that is not there is not made
    write_checkpoint(tmp_path / "one", checkpoint())
    copy_checkpoint(tmp_path / "one", tmp_path / "other", 10)
    assert_same(read_checkpoint(tmp_path / "other", 10), checkpoint())
    assert left(tmp_path / "other") == ["000000010"]
    with pytest.raises(StdpbenchError, match="cannot be copied"):
        copy_checkpoint(tmp_path / "one", tmp_path / "other", 11)
    assert left(tmp_path / "other") == ["000000010"]


@pytest.mark.parametrize("every", [1, 7, 50, 1000])
def test_the_newest_and_some_of_the_others_are_kept(every, tmp_path):
    small = checkpoint(0)
    (tmp_path / "checkpoints").mkdir()
    for number in range(1, 150):
        position = number * every
        # the folders alone: what counts here are names
        (tmp_path / "checkpoints" / f"{position:09d}").mkdir()
        if number % 5 == 0:
            write_checkpoint(tmp_path, Checkpoint(position, 0, {}, 0.0, 0, {}, small.state, {}))
            kept = positions(tmp_path)
            assert kept[-2:] == [position - every, position]
            assert len(kept) <= 14
            if number >= 10:
                assert np.diff([0, *kept]).max() <= 0.2 * position + 6 * every, "they are not spread"
