"""A queue runner in a separate process: start, list, requests, stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue.run_queue import RUNNING, WAITING, Queue
from stdpbench.runs.queue.runner_process import (
    AFTER,
    LOG,
    NOW,
    Runner,
    announce,
    ask_runner,
    lock_of,
    runners,
    start_runner,
)

OPTIONS = Options(workers=1, baselines=False, checkpoint_every=20)


def tiny(name: str, **schedule: Any) -> Experiment:
    usual = {"train_images": 60, "label_images": 10, "test_images": 10, "stimulus": 30.0, "rest": 5.0}
    return Experiment.from_mapping(
        {
            "name": name,
            "data": {"kind": "digits"},
            "network": {"n_exc": 4, "delays": "none", "weight_sum": 20.0, "w_inh_exc": 4.0},
            "schedule": {**usual, "max_attempts": 1, **schedule},
        }
    )


def when(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def test_there_is_no_runner_without_a_queue(tmp_path: Path) -> None:
    assert runners(tmp_path / "runs") == []
    with pytest.raises(StdpbenchError, match="the queue is no longer running"):
        ask_runner(tmp_path, "x", at_once=2)


def test_files_of_a_dead_runner_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    announce(tmp_path, "x", 3)
    lock_of(tmp_path, "x").touch()
    assert runners(tmp_path) == []
    with FileLock(lock_of(tmp_path, "x")):
        assert runners(tmp_path) == [Runner("x", os.getpid(), 3)]
        lock_of(tmp_path, "x").with_suffix(".about").write_text('{"at_once": true, "stopping": 7}', encoding="utf-8")
        assert runners(tmp_path) == [Runner("x")]


def test_a_runner_without_items_exits_successfully(tmp_path: Path) -> None:
    start_runner(tmp_path, 1)
    assert runners(tmp_path) == []
    assert "queue is empty" in (tmp_path / "queue" / LOG).read_text(encoding="utf-8")


def test_a_queue_is_processed_and_stopped_by_requests(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    for name in "abc":
        queue.add(tiny(name, passes=10_000), OPTIONS)
    start_runner(tmp_path, 1)
    (runner,) = runners(tmp_path)
    assert runner == Runner(runner.name, runner.pid, 1, "")
    assert runner.pid > 0
    with pytest.raises(StdpbenchError, match="the queue is already running"):
        start_runner(tmp_path, 1)
    folder = RunFolder(when(lambda: next(tmp_path.glob("a-*/checkpoints/*0"), None)).parents[1])
    run = stdpbench.open_run(folder.path).pause()
    assert run.state is State.PAUSED
    ask_runner(tmp_path, runner.name, at_once=2)
    assert runners(tmp_path)[0].at_once == 2
    when(lambda: next(tmp_path.glob("b-*/checkpoints/*0"), None))
    assert [item.state for item in queue.items()] == [RUNNING, RUNNING, WAITING]
    ask_runner(tmp_path, runner.name, stop=AFTER)
    assert runners(tmp_path)[0].stopping == AFTER
    run.resume()
    ask_runner(tmp_path, runner.name, stop=NOW)
    when(lambda: not runners(tmp_path))
    assert [item.state for item in queue.items()] == [WAITING] * 3
    assert state_of(folder)[0] is State.STOPPED
    assert not list((tmp_path / "queue").glob("runner-*"))

    # and from outside of any queue
    run.resume().pause()
    assert run.stop().state is State.STOPPED
    assert run.stop().state is State.STOPPED
    with pytest.raises(StdpbenchError, match="only an active run can be paused"):
        run.pause()
