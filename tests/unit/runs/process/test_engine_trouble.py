"""What a run does when weights blow up or the disk is full: it pauses with the reason, and nothing is lost."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from harness import (
    N_LABEL,
    N_TRAIN,
    TOTAL,
    Driven,
    drive,
    experiment,
    finished,
    killed_at_position,
    new_run,
    set_,
)
from packages import install_package

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.lineage.branches import rewind
from stdpbench.runs.presentation import processes
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol.facts import ParametersChanged, StateChanged

# -- weights that are no longer finite -------------------------------------------------------------

TOO_LARGE = set_(plasticity__w_max=1e308, plasticity__nu_post=1e308)
TOO_STRONG = set_(network__w_inh_exc=1.7e308, exc__v_thresh=-90.0)  # all fire at once, and inhibit each other


def test_a_parameter_that_blows_weights_up_pauses_the_run_which_can_be_rewound(undisturbed, tmp_path):
    folder = new_run(tmp_path)
    engine = drive(
        folder, at={7: [TOO_LARGE]}, paused=[["resume", ("step", {"n": 1}), "checkpoint", set_(exc__tau_m=90), "stop"]]
    )
    (position, reason), *more = engine.pauses
    assert not more
    assert "finite" in reason
    assert "rewind" in reason
    refused = [(name, error) for name, error, _ in engine.replies if error]
    assert [name for name, _ in refused] == ["resume", "step", "checkpoint"]
    assert all("finite" in error or "diverged" in error for _, error in refused)
    assert positions(folder.path) == [5]  # none where weights were not finite, none on the way out
    assert not (folder.path / "weights.npy").exists()
    # the same again, if it goes on from where it was
    again = drive(folder, paused=["stop"])
    assert again.pauses == [(position, reason)]
    kept = rewind(folder, 6)
    assert folder.about["state"] == "stopped"
    assert finished(folder) == undisturbed
    assert len([r for r in read_journal(kept.path) if isinstance(r.fact, ParametersChanged)]) == 2


@pytest.mark.parametrize(("array", "value"), [("w", np.nan), ("theta", np.inf)])
def test_what_is_not_finite_is_never_kept(array, value, undisturbed, tmp_path):
    folder = new_run(tmp_path)

    def spoil(engine: Driven) -> None:
        if engine.position == 9:  # the next checkpoint is due with the next presentation
            getattr(engine.simulator, array).reshape(-1)[2] = value

    engine = drive(folder, boundary=spoil, paused=["stop"])
    assert [position for position, _ in engine.pauses] == [10]
    assert positions(folder.path) == [5]
    assert finished(folder) == undisturbed


def test_going_on_with_what_is_not_finite_is_refused_even_if_it_was_asked_before(undisturbed, tmp_path):
    folder = new_run(tmp_path)

    def spoil(engine: Driven) -> None:
        if engine.position == N_TRAIN - 1:
            engine.simulator.w[3, 1] = np.nan
        elif engine.position == N_TRAIN and not engine.pauses:
            engine.ask("resume")  # answered before the run stands

    engine = drive(folder, boundary=spoil, paused=["stop"])
    assert [position for position, _ in engine.pauses] == [N_TRAIN]
    assert "finite" in engine.replies[0][1]
    assert not (folder.path / "weights.npy").exists()
    assert finished(folder) == undisturbed


# -- neurons whose state is no longer finite -------------------------------------------------------

ACME = """
from typing import ClassVar, Literal

from stdpbench.kinds.neurons import Variable
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.declare.parameters import parameter


class Surge(AdaptiveLIF):
    kind: Literal["acme-surge"] = "acme-surge"
    growth: float = parameter(0.5, unit="", ge=0, help="What a variable that nothing reads is multiplied by.")

    variables: ClassVar[tuple[Variable, ...]] = (*AdaptiveLIF.variables, Variable("surge", "1"))
    update: ClassVar[str] = AdaptiveLIF.update + "        surge = growth*surge + 1"
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment whose exc neurons are of a kind of another package."""
    points = "[stdpbench.neurons]\nacme-surge = acme_surge:Surge\n"
    install_package(monkeypatch, tmp_path / "packages", points, acme_surge=ACME)
    return experiment(exc__kind="acme-surge")


@pytest.mark.parametrize("between", ["rest", "reset", "carry"])
def test_a_conductance_that_blows_up_pauses_the_run(between, tmp_path):
    """Weights and thresholds stay finite; what a reset would hide is seen before it."""
    folder = new_run(tmp_path, experiment(schedule__between=between))
    engine = drive(folder, at={7: [TOO_STRONG]}, paused=[["resume", "checkpoint", "stop"]])
    ((position, reason),) = engine.pauses
    assert position == 8
    # a potential that is held while refractory may be kept, which depends on the instructions of the processor
    assert re.match(r"(exc\.v, )?exc\.gi are no longer finite after training presentation 7: ", reason), reason
    assert [name for name, error, _ in engine.replies if error] == ["resume", "checkpoint"]
    assert positions(folder.path) == [5]
    assert not (folder.path / "weights.npy").exists()


def test_neurons_that_blow_up_when_nothing_learns_fail_the_run(plug_in, tmp_path, monkeypatch):
    folder = new_run(tmp_path, plug_in)

    def spoil(engine: Driven) -> None:
        if engine.position == N_TRAIN:
            simulator = engine.simulator
            simulator.set_parameters(simulator.experiment.override({"exc.growth": 1e200}))

    drive(folder, boundary=spoil)
    about = folder.about
    assert about["state"] == "failed"
    assert re.fullmatch(
        r"exc\.surge are no longer finite while picture 0 of phase label is shown: a neuron parameter is too large",
        about["reason"],
    )


# -- a full disk -----------------------------------------------------------------------------------


class Disk:
    """A disk that is full when a test says so: half of a line still fits.

    ``end``: full for the last fact alone. ``sync``: a sync fails and loses its data.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full: set[str] = set()
        opened, created, made = Path.open, os.open, Path.mkdir

        def open_(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if "files" in self.full and mode.strip("b") != "r":
                raise self.error()
            return opened(path, mode, *arguments, **options)

        def create(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            name = os.path.basename(path)  # noqa: PTH119 - of whatever sort
            refused = "files" in self.full
            if refused and flags & os.O_CREAT and name.endswith(".part"):
                raise self.error()
            return created(path, flags, *arguments, **options)

        def mkdir(path: Path, *arguments: Any, **options: Any) -> None:
            if "files" in self.full:
                raise self.error()
            made(path, *arguments, **options)

        monkeypatch.setattr(Path, "open", open_)
        monkeypatch.setattr(os, "open", create)
        monkeypatch.setattr(Path, "mkdir", mkdir)

    def filled_at(self, position: int, *what: str) -> Callable[[Driven], None]:
        """What an engine is to do at boundaries, so that the disk is full from this position on."""

        def fill(engine: Driven) -> None:
            if engine.position == position and not engine.pauses:
                self.full = {*what}

        return fill

    def error(self) -> OSError:
        return OSError(errno.ENOSPC, "No space left on device")

    def holds(self, engine: Driven) -> Driven:
        """Have an engine write its journal to this disk."""
        disk, file, path = self, engine._event_log.journal._file, engine._event_log.journal.path
        synced = path.read_bytes()

        class File:
            def fileno(self) -> int:
                nonlocal synced
                content = path.read_bytes()
                if "sync" in disk.full:
                    disk.full = set()
                    path.write_bytes(synced + bytes(len(content) - len(synced)))
                    raise OSError(errno.EIO, "Input/output error")
                synced = content
                return file.fileno()

            def write(self, data: bytes) -> int:
                if "end" in disk.full and b'"state":"finished"' in data:
                    raise disk.error()
                if "journal" in disk.full:
                    if len(data) > 20:
                        return file.write(data[: len(data) // 2])
                    raise disk.error()
                return file.write(data)

            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

        engine._event_log.journal._file = File()  # type: ignore[assignment]
        return engine


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(monkeypatch)
    yield made
    made.full.clear()


@pytest.mark.parametrize(
    ("what", "position"),
    [("everything", 0), ("everything", N_TRAIN), ("files", 9), ("files", TOTAL), ("journal", N_TRAIN), ("journal", 9)],
)
def test_a_run_on_a_full_disk_pauses_and_goes_on_when_there_is_room(what, position, disk, undisturbed, tmp_path):
    folder = new_run(tmp_path)
    filled = {"files", "journal"} if what == "everything" else {what}

    def make_room(engine: Driven, name: str, error: str) -> None:
        read_journal(folder.path)  # whole, whatever could not be written
        if error:
            assert "No space left" in error
            engine.ask("resume")
        if error or len(engine.pauses) == 3:
            disk.full = set()

    engine = disk.holds(Driven(folder, boundary=disk.filled_at(position, *filled), replied=make_room))
    assert finished(folder, engine=engine) == undisturbed
    assert engine.pauses or (what != "everything" and position >= N_TRAIN - 1), "nobody noticed"
    assert all("cannot be" in reason and "No space left" in reason for _, reason in engine.pauses)
    assert [name for name, _, _ in engine.replies].count("resume") >= len(engine.pauses)
    records = read_journal(folder.path)
    assert [record.number for record in records] == list(range(len(records)))


@pytest.mark.parametrize(
    ("end", "position", "what"),
    [
        ("stop", 9, "everything"),
        ("kill", 9, "files"),
        ("kill", 9, "journal"),
        ("stop", N_TRAIN + N_LABEL, "journal"),
        ("kill", N_TRAIN + N_LABEL, "everything"),
    ],
)
def test_a_run_that_ends_while_the_disk_is_full_goes_on_afterwards(end, position, what, disk, undisturbed, tmp_path):
    folder = new_run(tmp_path)

    filled = ("files", "journal") if what == "everything" else (what,)

    def die(engine: Driven) -> bool:
        return end == "kill" and bool(engine.pauses)

    disk.holds(engine := Driven(folder, boundary=disk.filled_at(position, *filled), paused=["stop"], die=die))
    drive(folder, engine=engine)
    assert engine.pauses
    disk.full = set()
    assert finished(folder) == undisturbed


def test_a_journal_that_cannot_be_written_lets_no_checkpoint_run_ahead(disk, undisturbed, tmp_path):
    folder = new_run(tmp_path)

    engine = disk.holds(Driven(folder, boundary=disk.filled_at(3, "journal"), paused=[["checkpoint", "stop"]]))
    drive(folder, engine=engine)
    assert [name for name, error, _ in engine.replies if "No space left" in error] == ["checkpoint"]
    assert positions(folder.path) == []
    disk.full = set()
    assert finished(folder) == undisturbed


def test_a_parameter_is_in_force_only_once_it_is_on_disk(disk, undisturbed, tmp_path):
    folder = new_run(tmp_path)

    def fill(engine: Driven) -> None:
        disk.full = {"journal"} if engine.position == 6 else set()

    def room(engine: Driven, name: str, error: str) -> None:
        disk.full = set()

    engine = disk.holds(Driven(folder, boundary=fill, at={6: [set_(plasticity__nu_post=0.05)]}, replied=room))
    assert finished(folder, engine=engine) == undisturbed
    assert [(name, "No space left" in error) for name, error, _ in engine.replies] == [("set", True)]


def test_a_failed_sync_pauses_the_run_and_what_was_lost_is_written_anew(disk, undisturbed, tmp_path):
    folder = new_run(tmp_path)

    engine = disk.holds(Driven(folder, boundary=disk.filled_at(9, "sync")))
    assert finished(folder, engine=engine) == undisturbed
    assert engine.pauses == [(10, f"{folder.path / 'journal.jsonl'} cannot be written: Input/output error")]
    assert read_journal(folder.path) == engine.records
    assert 10 in positions(folder.path)


# -- the last write --------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["resume", "stop", "kill"])
def test_a_run_is_finished_only_once_that_is_on_disk(then, disk, monkeypatch, undisturbed, tmp_path):
    folder = new_run(tmp_path)
    shown: list[int] = []
    present = processes.present_frozen

    def fill(engine: Driven) -> None:
        if folder.about["state"] == "finishing" and not engine.pauses:
            disk.full = {"end"}

    def make_room(engine: Driven, name: str, error: str) -> None:
        assert folder.about["state"] != "finished"
        disk.full = set()

    def noted(simulator: Any, made: Any, images: Any, phase: str, number: int) -> Any:
        shown.append(number)
        return present(simulator, made, images, phase, number)

    die = killed_at_position(TOTAL + 1)
    if then == "kill":
        die = lambda engine: bool(engine.pauses)  # noqa: E731 - one of two
    engine = disk.holds(Driven(folder, boundary=fill, replied=make_room, paused=["stop"] * (then == "stop"), die=die))
    drive(folder, engine=engine)
    assert {position for position, _ in engine.pauses} == {TOTAL}
    assert all("cannot be written: No space left on device" in reason for _, reason in engine.pauses)
    if then != "resume":
        disk.full = set()
        assert folder.about["state"] != "finished"
        monkeypatch.setattr(processes, "present_frozen", noted)
        finished(folder)
        assert shown == [], "responses were computed again"
    assert folder.about["state"] == "finished"
    assert outcome(folder) == undisturbed
    records = read_journal(folder.path)
    assert [r.fact for r in records if getattr(r.fact, "state", "") == "finished"] == [records[-1].fact]
    assert not (folder.path / "responses").exists()


# -- a folder that is gone -------------------------------------------------------------------------


@pytest.mark.parametrize("position", [4, N_TRAIN])
def test_a_run_whose_folder_is_deleted_fails_and_makes_no_half_of_it_anew(position, tmp_path):
    folder = new_run(tmp_path)

    def delete(engine: Driven) -> None:
        if engine.position >= position:
            shutil.rmtree(folder.path, ignore_errors=True)

    engine = drive(folder, boundary=delete)
    last = engine.records[-1].fact
    assert isinstance(last, StateChanged)
    assert last.state == "failed"
    assert "gone" in last.reason
    assert not folder.path.exists()


class Full:
    """The file of a journal on a disk that is full as long as another file is there."""

    def __init__(self, file: Any, other: Path) -> None:
        self.file, self.other = file, other

    def write(self, data: bytes) -> int:
        if self.other.exists():
            raise OSError(28, "No space left on device")
        written: int = self.file.write(data)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_the_last_state_has_room_on_a_full_disk(tmp_path):
    folder = new_run(tmp_path)
    log = EventLog(folder, Publisher(SimpleQueue()), lambda reason: None)
    log.journal._file = Full(log.journal._file, folder.path / "reserve")  # type: ignore[assignment]
    log.add(StateChanged("stopped", "the disk is full"), 0)
    assert folder.about["state"] == "queued"
    log.close()
    assert (folder.about["state"], folder.about["reason"]) == ("stopped", "the disk is full")
    assert not (folder.path / "reserve").exists()
