"""Learned arrays of a paused run are replaced: every way to that network is the same, and nothing else is taken."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import (
    EVERY,
    N_TRAIN,
    Driven,
    arrays,
    drive,
    ended,
    experiment,
    finished,
    killed_at_position,
    new_run,
    untroubled,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder import learned_arrays
from stdpbench.runs.folder.checkpoints import checkpoint_path, newest_checkpoint, positions, read_checkpoint
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import read_learned, write_learned
from stdpbench.runs.folder.past_weights import newest_weights
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, resume_position, rewind
from stdpbench.runs.lineage.export import export_run, unpack_run
from stdpbench.runs.lineage.reproduction import compare, prepare
from stdpbench.runs.protocol.facts import LearnedSet
from stdpbench.runs.protocol.live_run import LiveRun

SMALL = {"schedule__label_images": 4, "schedule__test_images": 3, "schedule__between": "carry"}
FIRST, SECOND = 7, 10
"""Positions at which arrays are set: where there is no checkpoint but that of the pause, and where there is one."""
W = np.random.default_rng(3).random((64, 4)) * 0.6
THETA = np.linspace(0.01, 0.02, 4)


def new(runs: Path, **changes: Any) -> RunFolder:
    return new_run(runs, experiment(**SMALL, **changes), baselines=False)


def asks(folder: RunFolder, **arrays: Any) -> tuple[str, dict[str, Any]]:
    """A request to set arrays, whose files are written; ``w`` and ``theta`` are those of the first layer."""
    named = {
        {"w": "feed.w", "theta": "exc.theta", "lateral": "compete.w"}.get(name, name): values
        for name, values in arrays.items()
    }
    return "set_learned", {"arrays": write_learned(folder.path, named)}


def set_by_hand(folder: RunFolder) -> dict[str, Any]:
    """Pauses, and what is asked for in each."""
    wishes = [[asks(folder, w=W, theta=THETA), "resume"], [asks(folder, theta=THETA * 2), "resume"]]
    return {"at": {FIRST: ["pause"], SECOND: ["pause"]}, "paused": wishes}


def sets_in(folder: RunFolder) -> list[tuple[int, list[str]]]:
    facts = [(record.position, record.fact) for record in read_journal(folder.path)]
    return [(position, list(fact.sha256)) for position, fact in facts if isinstance(fact, LearnedSet)]


def kept_in(folder: RunFolder) -> set[str]:
    return {path.stem for path in (folder.path / "arrays").glob("*")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run, arrays set twice on the way."""
    folder = new(tmp_path_factory.mktemp("run"))
    return untroubled(folder, **set_by_hand(folder))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return ended(new(tmp_path_factory.mktemp("untouched")))


def test_arrays_hold_from_the_next_presentation_on(run: RunFolder, untouched: RunFolder) -> None:
    assert sets_in(run) == [(FIRST, ["feed.w", "exc.theta"]), (SECOND, ["exc.theta"])]
    assert arrays(run)["weights.npy"] != arrays(untouched)["weights.npy"]
    spikes, of_untouched = (np.load(each.path / "training.npz")["spikes"] for each in (run, untouched))
    assert (spikes[:FIRST] == of_untouched[:FIRST]).all()
    assert (spikes[FIRST:] != of_untouched[FIRST:]).any()
    facts = [record.fact for record in read_journal(run.path) if isinstance(record.fact, LearnedSet)]
    np.testing.assert_array_equal(read_learned(run.path, facts[0].sha256["feed.w"]), W)
    assert facts[0].shape == {"feed.w": W.shape, "exc.theta": THETA.shape}
    assert len(kept_in(run)) == 3


def test_what_is_set_is_in_the_network_at_once_and_on_disk_before(tmp_path: Path) -> None:
    folder, seen = new(tmp_path), list[Any]()

    def replied(engine: Driven, name: str, error: str) -> None:
        if name == "set_learned":
            seen.append((error, engine.simulator.w.copy(), engine.simulator.theta.copy(), sets_in(folder)))

    drive(folder, at={FIRST: ["pause"]}, paused=[[asks(folder, w=W.tolist()), "stop"]], replied=replied)
    ((error, w, theta, journal),) = seen
    assert error == ""
    np.testing.assert_array_equal(w, W)
    assert not np.array_equal(theta, THETA)
    assert journal == [(FIRST, ["feed.w"])]
    np.testing.assert_array_equal(newest_weights(folder.path).learned["feed.w"].argmax(axis=0), W.argmax(axis=0))


def test_a_run_goes_on_from_a_checkpoint_before_arrays_were_set(run: RunFolder, tmp_path: Path) -> None:
    folder = new(tmp_path)
    drive(folder, **set_by_hand(folder), die=killed_at_position(SECOND + 2))
    for position in positions(folder.path):
        if position > EVERY:
            shutil.rmtree(checkpoint_path(folder.path, position))
    drive(folder, die=killed_at_position(SECOND + 1))  # the checkpoint at SECOND knows what was set there
    assert newest_checkpoint(folder.path)[0].position == SECOND  # type: ignore[union-attr]
    np.testing.assert_array_equal(read_checkpoint(folder.path, SECOND).state["exc.theta"], THETA * 2)
    assert finished(folder) == outcome(run)


def test_branches_come_to_the_same_before_and_after(run: RunFolder, untouched: RunFolder, tmp_path: Path) -> None:
    before = branch(run, FIRST - 1, runs=tmp_path)
    assert sets_in(before) == []
    assert not (before.path / "arrays").exists()
    finished(before)
    assert arrays(before) == arrays(untouched)
    for at in (FIRST, FIRST + 1, SECOND, N_TRAIN):
        after = branch(run, at, runs=tmp_path)
        assert sets_in(after) == [one for one in sets_in(run) if one[0] <= at]
        hooks: dict[str, Any] = {}
        if at < SECOND:
            hooks = {"at": {SECOND: ["pause"]}, "paused": [[asks(after, theta=THETA * 2), "resume"]]}
        finished(after, **hooks)
        assert arrays(after) == arrays(run), at
        assert LiveRun.replay(read_journal(after.path)).blocks == LiveRun.replay(read_journal(run.path)).blocks


@pytest.mark.parametrize("to", [FIRST - 1, FIRST, SECOND - 1])
def test_a_run_that_is_taken_back_forgets_what_was_set_there_and_later(
    to: int, run: RunFolder, untouched: RunFolder, tmp_path: Path
) -> None:
    folder = RunFolder(Path(shutil.copytree(run.path, tmp_path / "run")))
    resumes_at = resume_position(folder.path, to)
    assert resumes_at == max(position for position in positions(folder.path) if position <= to)
    kept = rewind(folder, to)
    assert max(positions(folder.path)) == resumes_at
    assert outcome(kept) == outcome(run)
    assert kept_in(kept) == kept_in(run)
    assert sets_in(folder) == [one for one in sets_in(run) if one[0] < to]
    assert len(kept_in(folder)) == (2 if to > FIRST else 0)
    hooks: dict[str, Any] = {}
    if to > FIRST:
        hooks = {"at": {SECOND: ["pause"]}, "paused": [[asks(folder, theta=THETA * 2), "resume"]]}
    finished(folder, **hooks)
    assert arrays(folder) == arrays(run if to > FIRST else untouched)


def test_a_zip_reproduces_it_and_the_run_again_can_be_branched(run: RunFolder, tmp_path: Path) -> None:
    folder = unpack_run(export_run(run, tmp_path / "run.zip"), tmp_path / "unpacked")
    assert kept_in(folder) == kept_in(run)
    again, _ = prepare(folder, tmp_path, workers=1)
    finished(again)
    found = compare(folder, again)
    assert found.same, found.results
    assert found.results["learned arrays"]
    made = ended(branch(again, SECOND, runs=tmp_path))
    assert arrays(made) == arrays(run)
    assert LiveRun.replay(read_journal(made.path)).blocks == LiveRun.replay(read_journal(run.path)).blocks


# -- what is refused -------------------------------------------------------------------------------


def test_what_cannot_be_set_is_refused_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    folder = new(tmp_path)
    bad = W.copy()
    bad[3, 2] = np.nan
    wishes = [
        (asks(folder, w=W[:, :3]), "feed.w has the shape (64, 3), but (64, 4) in this network"),
        (asks(folder, theta=THETA[None]), "exc.theta has the shape (1, 4), but (4,) in this network"),
        (asks(folder, w=bad), "feed.w contains values from nan to nan"),
        (asks(folder, w=W - 0.3), "allowed are 0 to 1 (plasticity.w_max = 1)"),
        (asks(folder, w=W + 0.5), "allowed are 0 to 1 (plasticity.w_max = 1)"),
        (asks(folder, theta=np.full(4, 20.0)), "exc.theta contains values from 20 to 20; allowed are 0 to 1, in volt"),
        (asks(folder, lateral=np.zeros((4, 4))), "compete.w cannot be set: lateral inhibition does not learn"),
        (("set_learned", {"arrays": {"feed.w": "0" * 64}}), f"arrays/{'0' * 64}.npy is missing"),
        (("set_learned", {"arrays": {"feed.w": "../run"}}), "'../run' is not the SHA-256 of an array"),
        (("set_learned", {"arrays": {}}), "malformed"),
        (("set_learned", {"arrays": {"v": "0" * 64}}), "is missing"),
        (("set_learned", {}), "malformed"),
    ]
    engine = drive(folder, at={FIRST: ["pause"]}, paused=[[*(wish for wish, _ in wishes), "stop"]])
    errors = [error for name, error, _ in engine.replies if name == "set_learned"]
    for (_, message), error in zip(wishes, errors, strict=True):
        assert message in error
        assert "\n" not in error
    assert sets_in(folder) == []
    assert kept_in(folder) == set()


def test_only_a_paused_run_that_trains_takes_arrays(run: RunFolder, tmp_path: Path) -> None:
    folder = new(tmp_path)
    when = {FIRST: [asks(folder, w=W)], N_TRAIN: ["pause"]}
    engine = drive(folder, at=when, paused=[[asks(folder, w=W), "stop"]])
    errors = [error for name, error, _ in engine.replies if name == "set_learned"]
    assert "learned arrays can only be set while the run is paused, not while it is running" in errors[0]
    assert "training is over" in errors[1]
    assert kept_in(folder) == set()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to set: give values for an array, such as feed.w"),
        ({"W": W}, "there is no learned array 'W'; known are compete.w, exc.theta, feed.w"),
        ({"feed.w": W * 1j}, "feed.w must be an array of real numbers, not of complex128"),
        ({"feed.w": [["a"]]}, "feed.w must be an array of real numbers"),
        ({"feed.w": [[1, 2], [3]]}, "feed.w is not an array"),
        ({"exc.theta": np.array([object()])}, "exc.theta must be an array of real numbers, not of object"),
    ],
)
def test_what_is_no_array_is_not_written(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(StdpbenchError, match=message):
        write_learned(tmp_path, given)
    assert list(tmp_path.iterdir()) == []


def test_numbers_become_float64(tmp_path: Path) -> None:
    (sha256,) = write_learned(tmp_path, {"exc.theta": np.arange(4, dtype=np.int8)}).values()
    found = read_learned(tmp_path, sha256)
    assert found.dtype == np.float64
    assert found.tolist() == [0, 1, 2, 3]
    assert write_learned(tmp_path, {"exc.theta": [0.0, 1.0, 2.0, 3.0]}) == {"exc.theta": sha256}
    assert [path.name for path in (tmp_path / "arrays").iterdir()] == [f"{sha256}.npy"]


def test_files_that_are_not_what_they_are_named_are_refused(run: RunFolder, tmp_path: Path) -> None:
    folder = RunFolder(Path(shutil.copytree(run.path, tmp_path / "run")))
    (sha256, *_) = learned_arrays.digests_in(read_journal(folder.path))
    path = folder.path / "arrays" / f"{sha256}.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\0")
    with pytest.raises(StdpbenchError, match="is damaged: its SHA-256 does not match its name"):
        read_learned(folder.path, sha256)
    with pytest.raises(StdpbenchError, match=f"damaged.*it was set at presentation {FIRST}"):
        prepare(folder, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    records = read_journal(folder.path)
    assert any("the run cannot be reproduced" in sentence for sentence in damage(folder, records))
    path.unlink()
    assert any(f"arrays/{sha256}.npy is missing" in sentence for sentence in damage(folder, records))
    for position in positions(folder.path):
        if position > EVERY:
            shutil.rmtree(checkpoint_path(folder.path, position))
    rewind(folder, N_TRAIN)
    drive(folder)
    about = folder.read_json("run.json")
    assert about["state"] == "failed"
    assert f"is missing; it was set at presentation {FIRST}" in about["reason"]


def test_lateral_weights_that_learn_can_be_set(tmp_path: Path) -> None:
    plastic = {"lateral__kind": "homeostatic", "lateral__eta": 0.2}
    lateral = 2 * (1 - np.eye(4))
    folder = new(tmp_path, **plastic)
    hooks = {"at": {FIRST: ["pause"]}}
    refused = [asks(folder, lateral=lateral + np.eye(4)), asks(folder, lateral=lateral * 6)]
    engine = drive(folder, **hooks, paused=[[*refused, asks(folder, lateral=lateral), "resume"]])
    errors = [error for name, error, _ in engine.replies if name == "set_learned"]
    assert "0 on its diagonal" in errors[0]
    assert "allowed are 0 to 10 (lateral.w_max = 10)" in errors[1]
    assert errors[2] == ""
    again, _ = prepare(folder, tmp_path / "again", workers=1)
    finished(again)
    assert arrays(again) == arrays(folder)


def test_weights_of_the_network_itself_can_be_put_back(tmp_path: Path) -> None:
    """Scaling may have lifted some above w_max."""
    folder = new(tmp_path, plasticity__w_max=0.4)
    seen: list[str] = []

    def boundary(engine: Driven) -> None:
        if engine.position == FIRST and not seen:
            engine.simulator.w[...] = 0.3
            engine.simulator.w[0, 0] = 0.45
            seen.append("lifted")
            engine.ask("pause")

    w = np.full((64, 4), 0.3)
    w[0, 0] = np.float32(0.45)
    engine = drive(folder, boundary=boundary, paused=[[asks(folder, w=w), asks(folder, w=w * 1.1), "stop"]])
    errors = [error for name, error, _ in engine.replies if name == "set_learned"]
    assert errors[0] == ""
    assert "allowed are 0 to 0.45 (plasticity.w_max = 0.4)" in errors[1]
