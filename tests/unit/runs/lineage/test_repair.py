"""Damaged journals: facts before the damage are shown, and a repaired run continues from the checkpoint before it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from harness import drive, driven, ended, finished, killed_at_position, new_run, remarks, set_

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.access_log import count_readings
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import NAME, read_journal
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held, state_of
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.lineage.repair import repair
from stdpbench.runs.protocol.facts import Block, LabelsRead, ParametersChanged
from stdpbench.runs.protocol.states import State

DAMAGE = "line {} is damaged: it does not match its digest"
CHANGES = {6: [set_(plasticity__nu_post=0.05)]}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run, with a change at presentation 6."""
    return ended(new_run(tmp_path_factory.mktemp("done"), baselines=False), at=CHANGES)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The same run, killed at presentation 17: its checkpoints are of 5, 10 and 15."""
    folder = driven(
        new_run(tmp_path_factory.mktemp("killed"), baselines=False), at=CHANGES, die=killed_at_position(17)
    )
    assert positions(folder.path) == [5, 10, 15]
    return folder


def damaged(folder: RunFolder, into: Path, position: int, kind: type = Block) -> tuple[RunFolder, int, bytes]:
    """A copy with one byte changed in the first fact of a kind at a position: copy, index of the line, journal."""
    copy = RunFolder(Path(shutil.copytree(folder.path, into / folder.path.name)))
    records = read_journal(copy.path)
    line = 1 + next(r.number for r in records if r.position == position and isinstance(r.fact, kind))
    lines = (copy.path / NAME).read_bytes().splitlines(keepends=True)
    lines[line] = b"z" + lines[line][1:]
    (copy.path / NAME).write_bytes(b"".join(lines))
    return copy, line, b"".join(lines)


@pytest.mark.parametrize(("position", "kind", "back"), [(12, Block, 10), (15, Block, 10), (16, Block, 15)])
def test_a_run_continues_from_the_checkpoint_before_the_damage(position, kind, back, done, killed, tmp_path):
    folder, line, journal = damaged(killed, tmp_path, position, kind)
    known = [record.fact for record in read_journal(killed.path)[: line - 1]]
    remark = repair(folder)
    assert remark.startswith(
        f"The journal was damaged in line {line + 1}: the run continues from presentation {back}. "
    )
    aside = folder.path / "before-repair-1"
    assert (aside / NAME).read_bytes() == journal
    assert positions(aside) == [at for at in (5, 10, 15) if at > back]
    assert positions(folder.path) == [at for at in (5, 10, 15) if at <= back]
    assert [record.fact for record in read_journal(folder.path)[: line - 1]] == known
    assert remark in remarks(folder)
    assert state_of(folder) == (State.STOPPED, "the journal was damaged and has been repaired")
    assert repair(folder) == "", "it is whole"
    assert finished(folder) == outcome(done)


@pytest.mark.parametrize(("position", "kind"), [(1, Block), (6, ParametersChanged)])
def test_what_was_changed_after_the_damage_is_counted(position, kind, done, killed, tmp_path):
    folder, _, _ = damaged(killed, tmp_path, position, kind)
    remark = repair(folder)
    readable = position < 6
    assert remark.count("missing, and 1 change after it, must be made again.") == readable
    back = "the beginning" if readable else "presentation 5"
    assert f"continues from {back}." in remark
    assert positions(folder.path) == ([] if readable else [5])
    assert finished(folder, at=CHANGES) == outcome(done)


def test_arrays_that_were_set_after_the_damage_are_counted_too(killed, tmp_path):
    run = RunFolder(Path(shutil.copytree(killed.path, tmp_path / killed.path.name)))
    arrays = write_learned(run.path, {"exc.theta": np.full(4, 0.03)})
    drive(
        run, at={18: ["pause"]}, paused=[[("set_learned", {"arrays": arrays}), "resume"]], die=killed_at_position(20)
    )
    folder, _, _ = damaged(run, tmp_path / "damaged", 12)
    assert "missing, and 1 change after it, must be made again." in repair(folder)


def test_an_empty_journal_is_damaged(done, killed, tmp_path, call):
    folder = RunFolder(Path(shutil.copytree(killed.path, tmp_path / killed.path.name)))
    (folder.path / NAME).write_bytes(b"")
    assert call("resume", str(folder.path), status=2).endswith("--repair` continues from the beginning\n")
    assert "damaged in line 1: the run continues from the beginning" in repair(folder)
    assert finished(folder, at=CHANGES) == outcome(done)


@pytest.mark.parametrize("kept", [0, 20])
def test_a_journal_that_lost_its_end_is_said_to_lack_changes(kept, killed, tmp_path):
    folder = RunFolder(Path(shutil.copytree(killed.path, tmp_path / killed.path.name)))
    lines = (folder.path / NAME).read_bytes().splitlines(keepends=True)
    change = next(r.number for r in read_journal(folder.path) if isinstance(r.fact, ParametersChanged)) + 1
    (folder.path / NAME).write_bytes(b"".join(lines[:change]) + lines[change][:kept])
    drive(folder, die=killed_at_position(8))
    lacks = "the journal lacks facts that precede the checkpoint at position {}, and any change among them must be"
    assert [r.startswith(lacks.format(at)) for r, at in zip(remarks(folder)[-2:], (15, 10), strict=True)] == [True] * 2


def test_a_finished_run_is_repaired_and_its_readings_of_labels_still_count(done, tmp_path):
    before = count_readings(done).run
    assert before == 1
    folder, _, _ = damaged(done, tmp_path, 12)
    repair(folder)
    assert count_readings(folder).run == before
    assert finished(folder) == outcome(done)
    assert count_readings(folder).run == 2 * before
    assert len([r for r in read_journal(folder.path) if isinstance(r.fact, LabelsRead)]) == 2


def test_a_second_damaged_journal_is_kept_as_well(killed, tmp_path):
    folder, _, _ = damaged(killed, tmp_path, 16)
    repair(folder)
    again, _, journal = damaged(folder, tmp_path / "again", 12)
    repair(again)
    assert (again.path / "before-repair-2" / NAME).read_bytes() == journal
    assert positions(again.path / "before-repair-2") == [15]


def test_a_run_with_damaged_origin_is_not_repaired(killed, tmp_path):
    made = branch(killed, 12, {"exc.tau_m": "90 ms"}, tmp_path / "branches")
    folder, _, journal = damaged(made, tmp_path, 1)
    with pytest.raises(
        StdpbenchError, match=rf"line 5 is damaged: .* copied from {killed.path.name}.*create it again"
    ):
        repair(folder)
    assert (folder.path / NAME).read_bytes() == journal
    assert not list(folder.path.glob("before-repair-*"))
    folder, _, _ = damaged(killed, tmp_path / "killed", 12)  # the branch may have the same name
    with held(folder), pytest.raises(StdpbenchError, match="another process is working"):
        repair(folder)


def test_commands_show_what_precedes_the_damage_and_name_the_repair(killed, tmp_path, call, monkeypatch):
    folder, line, _ = damaged(killed, tmp_path, 12)
    started: list[Path] = []
    monkeypatch.setattr(
        "stdpbench.cli.follow.carry_out", lambda folder, console, **options: started.append(folder.path)
    )

    out = call("show", str(folder.path))
    assert (
        f"line {line + 1} is damaged: it does not match its digest; later entries are not shown; `stdpbench resume"
        in out
    )
    assert f"line {line + 1} is damaged" in json.loads(call("show", str(folder.path), "--json"))["damage"]
    compared = call("compare", str(folder.path), str(killed.path))
    assert "is damaged: it does not match its digest; later entries are not shown." in compared
    assert call("resume", str(folder.path), status=2).endswith(
        f"{DAMAGE.format(line + 1)}; `stdpbench resume {folder.path} --repair` continues from "
        "presentation 10, the newest checkpoint before it\n"
    )
    assert started == []
    assert "the run continues from presentation 10." in " ".join(call("resume", str(folder.path), "--repair").split())
    assert started == [folder.path]
    assert "nothing to repair" in call("resume", str(folder.path), "--repair")


def test_from_python(done, killed, tmp_path):
    folder, _, _ = damaged(killed, tmp_path, 12)
    run = stdpbench.open_run(folder.path)
    assert run.state == "failed"
    with pytest.raises(
        StdpbenchError, match=r"is damaged.*; resume\(repair=True\) continues from presentation 10"
    ) as e:
        run.resume()
    assert "--" not in str(e.value)
    run.resume(repair=True).wait(progress=False)
    assert run.state == "finished"
    assert outcome(folder) == outcome(done)
