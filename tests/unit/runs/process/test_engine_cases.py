"""Runs that are not the usual one: without labels, without training, held-out pictures, other versions, errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import (
    N_LABEL,
    N_TEST,
    N_TRAIN,
    TOTAL,
    drive,
    driven,
    experiment,
    finished,
    killed_at_position,
    new_run,
    set_,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.process.training import Training
from stdpbench.runs.protocol.facts import Block, Remarked, Started, StateChanged
from stdpbench.runs.protocol.states import State


def notes(folder: RunFolder) -> list[str]:
    return [r.fact.text for r in read_journal(folder.path) if isinstance(r.fact, Remarked) and r.fact.once]


def unlabelled(folder: Path) -> Experiment:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8)).astype(np.uint8)
    np.savez(folder / "pictures.npz", images=pixels[:14], test_images=pixels[14:])
    made = experiment().to_mapping()
    made["data"] = {"kind": "npz", "path": str(folder / "pictures.npz")}
    made["schedule"] |= {"train_images": 14}
    del made["schedule"]["label_images"]
    return Experiment.from_mapping(made)


@pytest.mark.parametrize("at", [5, 16])
def test_pictures_without_labels(at, tmp_path):
    made = unlabelled(tmp_path)
    expected = finished(whole := new_run(tmp_path, made))
    (started,) = [r.fact for r in read_journal(whole.path) if isinstance(r.fact, Started)]
    assert started.phases == (("train", 14), ("test", 6))
    folder = driven(new_run(tmp_path, made), die=killed_at_position(at), at={2: ["pause"]})
    assert finished(folder) == expected


@pytest.mark.parametrize("at", [0, N_LABEL + N_TEST])
def test_a_run_that_does_not_train(at, tmp_path):
    made = experiment(schedule__passes=0)
    expected = finished(new_run(tmp_path, made))
    folder = driven(
        new_run(tmp_path, made), at={0: ["pause", set_(exc__tau_m=90), "checkpoint"]}, die=killed_at_position(at)
    )
    assert finished(folder, at={0: ["pause"]}) == expected


@pytest.mark.parametrize("at", [25, 60])
def test_held_out_pictures_in_another_order_twice(at, tmp_path):
    made = experiment(schedule__order="shuffled", schedule__passes=2, network__start="samples")
    options = {"validation": True, "baselines": False}
    expected = finished(whole := new_run(tmp_path, made, **options))
    assert whole.read_json("metrics.json")["evaluated_on"] == "validation"
    assert read_journal(whole.path)[-1].position == 2 * N_TRAIN + N_LABEL + N_TEST
    folder = driven(new_run(tmp_path, made, **options), die=killed_at_position(at))
    assert finished(folder) == expected


# -- what is remarked ------------------------------------------------------------------------------


def test_other_versions_are_remarked_and_are_no_part_of_the_result(monkeypatch, tmp_path):
    expected = finished(new_run(tmp_path))
    folder = driven(new_run(tmp_path), die=killed_at_position(8))
    for module in ("active_config", "setup"):
        monkeypatch.setattr(f"stdpbench.runs.process.{module}.versions", lambda: {"python": "4.0"})
    drive(folder, die=killed_at_position(9))
    drive(folder, die=killed_at_position(9))
    assert [note.split()[0] for note in notes(folder)] == ["Versions"]  # noted once, not at every later start
    assert finished(folder) == expected


def test_other_pictures_are_remarked(tmp_path):
    made = unlabelled(tmp_path)
    folder = driven(new_run(tmp_path, made), die=killed_at_position(8))
    with np.load(tmp_path / "pictures.npz") as found:
        arrays = {name: found[name].copy() for name in found.files}
    arrays["images"][9] = 255
    np.savez(tmp_path / "pictures.npz", **arrays)
    finished(folder)
    assert "data or their preparation changed" in notes(folder)[0]


def test_results_that_differ_after_an_interruption_are_remarked(tmp_path):
    folder = driven(new_run(tmp_path), die=killed_at_position(9))
    records = [
        replace(record, fact=replace(record.fact, spikes=[77])) if isinstance(record.fact, Block) else record
        for record in read_journal(folder.path)
    ]
    write_journal(folder.path, records)
    finished(folder)
    assert [note for note in notes(folder) if "differ" in note] == [
        "From here on, results differ from those before the run was interrupted."
    ]
    blocks = [r.fact for r in read_journal(folder.path) if type(r.fact).__name__ == "Block" and r.position == 7]
    assert len(blocks) == 2


# -- errors ----------------------------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    step = Training.step

    def fail(training: Training, *args: Any) -> Any:
        if training.position == 7:
            raise error
        return step(training, *args)

    monkeypatch.setattr(Training, "step", fail)


def test_a_run_that_fails_says_why_and_can_be_gone_on_with(monkeypatch, tmp_path):
    expected = finished(new_run(tmp_path))
    folder = new_run(tmp_path)
    with monkeypatch.context() as patch:
        failing(patch, StdpbenchError("the pictures are gone"))
        drive(folder)
    assert state_of(folder) == (State.FAILED, "the pictures are gone")
    with monkeypatch.context() as patch:
        failing(patch, ZeroDivisionError("a bug"))
        with pytest.raises(ZeroDivisionError):
            drive(folder)
    assert state_of(folder) == (State.FAILED, "ZeroDivisionError: a bug")
    failed = [
        r.fact.reason for r in read_journal(folder.path) if r.fact == StateChanged("failed", state_of(folder)[1])
    ]
    assert len(failed) == 1
    assert finished(folder) == expected


def test_a_run_that_cannot_be_built_fails_with_the_reason(tmp_path):
    folder = driven(new_run(tmp_path, experiment(schedule__train_images=100_000)))
    state, reason = state_of(folder)
    assert state is State.FAILED
    assert "there are only" in reason
    assert not (folder.path / "checkpoints").exists()


def test_a_finished_run_is_not_run_again(tmp_path):
    folder = new_run(tmp_path)
    expected = finished(folder)
    with pytest.raises(StdpbenchError, match="finished cannot become building"):
        drive(folder)
    assert outcome(folder) == expected
    assert read_journal(folder.path)[-1].position == TOTAL
