"""Commands to a run in progress, and the same from Python: checkpoints and steps."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock
from harness import wait_until

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.checkpoints import positions, read_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process, lock_path
from stdpbench.runs.lineage.branches import resume_position
from stdpbench.runs.protocol.facts import CheckpointWritten
from stdpbench.runs.protocol.messages import TOO_LATE, Mailbox

Call = Callable[..., str]
SMALL = {
    "network.n_exc": 12,
    "schedule.train_images": 60,
    "schedule.passes": 1,
    "schedule.label_images": 40,
    "schedule.test_images": 30,
}


def start(runs: Path, passes: int) -> stdpbench.Run:
    """Start a run that writes no checkpoint by itself before the end of its training."""
    made = {**SMALL, "schedule.passes": passes}
    return stdpbench.start("digits", set=made, runs=runs, baselines=False, workers=1, checkpoint_every=passes * 60)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[stdpbench.Run]:
    """A run that trains for minutes."""
    made = start(tmp_path / "runs ü", passes=1000)
    yield made
    made.stop()


@pytest.fixture
def short(tmp_path: Path) -> Iterator[stdpbench.Run]:
    """A run that trains for 60 presentations."""
    made = start(tmp_path, passes=1)
    yield made
    made.stop()


def written(run: stdpbench.Run) -> list[int]:
    """Positions of the checkpoints that the journal knows, one for each time that one was written."""
    return [record.position for record in read_journal(run.path) if isinstance(record.fact, CheckpointWritten)]


def until_position(run: stdpbench.Run, position: int) -> None:
    wait_until(lambda: run.state != "building" and run.position >= position)


def test_a_run_writes_a_checkpoint_when_it_is_asked_to(run: stdpbench.Run, call: Call) -> None:
    name, where = run.path.name, ("--runs", str(run.path.parent))
    until_position(run, 5)
    assert written(run) == []
    assert run.checkpoint() is run
    assert run.state == "running"
    (first,) = written(run)
    assert first >= 5
    assert positions(run.path) == [first]
    assert read_checkpoint(run.path, first).position == first

    assert call("checkpoint", name, *where) == f"{name} wrote a checkpoint at presentation {written(run)[1]}.\n"
    assert first < written(run)[1] == positions(run.path)[-1]
    assert run.state == "running"

    at, before = run.pause().position, len(written(run))
    assert run.checkpoint().state == "paused"
    assert call("checkpoint", name[:-1], *where) == f"{name} wrote a checkpoint at presentation {at}.\n"
    assert written(run)[before:] == [at, at]
    assert (run.state, run.position) == ("paused", at)
    assert run.stop().state == "stopped"
    assert resume_position(run.path, at) == at
    with pytest.raises(StdpbenchError, match=f"^{name} is stopped: only an active run can write a checkpoint$"):
        run.checkpoint()


def test_after_training_no_checkpoint_is_claimed(short: stdpbench.Run, call: Call) -> None:
    run = short.pause()
    out = call("step", str(run.path), "-n", str(70 - run.position))
    assert out == f"{run.path.name} is paused at presentation 70.\n"  # in the label phase
    before = written(run)
    with pytest.raises(StdpbenchError, match=r"^no checkpoint is written: training is over; responses are saved"):
        run.checkpoint()
    assert written(run) == before
    out = call("step", str(run.path), "-n", "1000")
    assert re.fullmatch(rf"{run.path.name} is (finishing|finished) at presentation 130\.\n", out)
    assert run.wait(progress=False).state == "finished"


def test_a_step_ends_in_a_pause(run: stdpbench.Run, call: Call) -> None:
    at = run.pause().position
    assert call("step", str(run.path)) == f"{run.path.name} is paused at presentation {at + 1}.\n"
    assert call("step", str(run.path), "-n", "20") == f"{run.path.name} is paused at presentation {at + 21}.\n"
    wait_until(lambda: (run.state, run.position) == ("paused", at + 21))  # another client has waited for it
    for wrong in ("0", "-1", "x"):
        assert "Invalid value for '--presentations'" in call("step", str(run.path), "-n", wrong, status=2)
    run.resume()
    position = int(call("step", str(run.path), "-n", "2").split()[-1].rstrip(".\n"))
    assert position >= at + 23
    wait_until(lambda: (run.state, run.position) == ("paused", position))


def test_a_step_says_when_the_run_ends_instead(run: stdpbench.Run) -> None:
    other = stdpbench.open_run(run.path)

    def stepping(pool: ThreadPoolExecutor) -> Future[stdpbench.Run]:
        """Ask a paused run for more presentations than it has; it runs again once it has heard so."""
        until_position(run, 1)
        other.pause()
        wait_until(lambda: run.state == "paused")
        asked, position = pool.submit(other.step, 50_000), run.position
        until_position(run, position + 50)
        return asked

    with ThreadPoolExecutor(1) as pool:
        asked = stepping(pool)
        run.stop()
        assert asked.result().state == "stopped"
        run.stop().resume()  # once the process has ended
        asked = stepping(pool)
        os.kill(run._folder.read_json("run.json")["pid"], getattr(signal, "SIGKILL", signal.SIGTERM))
        with pytest.raises(StdpbenchError, match="failed: "):
            asked.result()


@pytest.mark.parametrize("answers", [True, False], ids=["refuses", "is gone"])
def test_the_end_of_a_run_that_is_just_ending_is_waited_for(short: stdpbench.Run, call: Call, answers: bool) -> None:
    run, begun = short.wait(progress=False), threading.Event()

    def last_moment() -> None:
        """What the process of a run does after its last look for requests."""
        mailbox = Mailbox(run.path)
        with FileLock(lock_path(run.path)):
            begun.set()
            while not (requests := mailbox.take()):
                time.sleep(0.01)
            if answers:
                requests[0].reply(TOO_LATE, None)
                time.sleep(0.3)

    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(last_moment)
        begun.wait()
        assert call("stop", str(run.path)) == f"{run.path.name} is finished.\n"
        assert not has_process(run.path)
        ending.result()


def test_several_may_stop_a_run_and_one_resume_it_at_once(run: stdpbench.Run) -> None:
    until_position(run, 1)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(run.stop) for _ in range(4)]
        assert [one.result().state for one in asked] == ["stopped"] * 4
    run.resume()
    until_position(run, run.position + 1)
    ask(run.path, "stop")  # returns before the process has ended
    assert run.resume().state in ("building", "running")
