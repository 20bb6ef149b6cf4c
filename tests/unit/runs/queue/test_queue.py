"""The queue: order of items, exclusive claims, and the outcome of items for every way in which a run can end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from edited_journal import edit_journal
from filelock import FileLock
from harness import wait_until
from run_folders import Make

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.store import QUEUE, Store
from stdpbench.runs.client.run_client import ask
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.facts import Record, StateChanged
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue import runner as queue_runner
from stdpbench.runs.queue.run_queue import FAILED, HELD, RUNNING, WAITING, Item, Queue
from stdpbench.runs.queue.runner import QueueRunner
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


def tiny(name: str, **schedule: Any) -> Experiment:
    return Experiment.from_mapping(
        {
            "name": name,
            "data": {"kind": "digits"},
            "network": {"n_exc": 4, "delays": "none", "weight_sum": 20.0, "w_inh_exc": 4.0},
            "schedule": {
                "train_images": 60,
                "label_images": 10,
                "test_images": 10,
                "stimulus": 30.0,
                "rest": 5.0,
                "max_attempts": 1,
                **schedule,
            },
        }
    )


def filled(runs: Path, *names: str) -> Queue:
    queue = Queue(runs)
    for name in names:
        queue.add(tiny(name), Options())
    return queue


def order(queue: Queue) -> list[str]:
    return [item.name.partition(",")[0] for item in queue.items()]


# -- items -----------------------------------------------------------------------------------------------------------


def test_items_keep_experiment_options_and_order(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert Queue(runs).items() == []
    assert not runs.exists()
    queue = Queue(runs)
    added = queue.add(tiny("a"), Options(workers=3, validation=True))
    queue.add(tiny("b"), Options(), hold=True)
    first, second = queue.items()
    assert first == added
    assert (first.number, first.state, first.name) == (1, WAITING, "a, seed 0")
    assert Options.from_mapping(first.options or {}) == Options(workers=3, validation=True)
    assert "weight_sum = 20.0" in first.experiment
    assert (second.number, second.state) == (2, HELD)


@pytest.mark.parametrize(
    ("number", "to", "found"),
    [
        (3, "front", "cabd"),
        (1, "back", "bcda"),
        (4, "2", "adbc"),
        (1, "3", "bcad"),
        (2, "2", "abcd"),
        (1, "4", "bcda"),
    ],
)
def test_moving(tmp_path: Path, number: int, to: str, found: str) -> None:
    queue = filled(tmp_path, *"abcd")
    queue.move(number, to)
    assert order(queue) == list(found)


def test_moving_works_when_ranks_become_too_close(tmp_path: Path) -> None:
    queue = filled(tmp_path, *"abc")
    for _ in range(60):
        queue.move(queue.items()[2].number, "2")
    assert sorted(order(queue)) == list("abc")
    last = queue.items()[2].number
    queue.move(last, "2")
    assert queue.items()[1].number == last


@pytest.mark.parametrize("to", ["0", "5", "-1", "first", "²"])
def test_invalid_positions_are_refused(tmp_path: Path, to: str) -> None:
    queue = filled(tmp_path, *"abc")
    with pytest.raises(StdpbenchError, match="from 1 to 3"):
        queue.move(1, to)
    with pytest.raises(StdpbenchError, match="no item 9"):
        queue.move(9, "front")


def test_hold_release_and_remove_change_all_items_or_none(tmp_path: Path) -> None:
    queue = filled(tmp_path, *"abc")
    with pytest.raises(StdpbenchError, match="no item 7"):
        queue.hold([1, 7])
    assert {item.state for item in queue.items()} == {WAITING}
    queue.hold([1, 2])
    assert queue.claim("r") == queue.items()[0]
    assert queue.items()[0].number == 3
    assert queue.claim("r2") is not None, "the lock of the runner r is held by nobody"
    queue.remove([1])
    queue.release([2])
    assert [(item.number, item.state) for item in queue.items()] == [(3, RUNNING), (2, WAITING)]
    assert not ((tmp_path / QUEUE) / "1.json").exists()


def test_an_item_of_a_live_runner_cannot_be_changed(tmp_path: Path) -> None:
    queue = filled(tmp_path, *"ab")
    with FileLock(lock_of(queue.runs, "r")):
        item = queue.claim("r")
        assert item is not None
        assert queue.busy(item)
        for act in (queue.hold, queue.release, queue.remove):
            with pytest.raises(StdpbenchError, match="item 1 is running"):
                act([1])
        assert queue.claim("s").number == 2
    assert queue.claim("t").number == 1, "what a runner left behind comes first"


def test_a_run_folder_is_added_once(tmp_path: Path, make_run: Make) -> None:
    folder = make_run(tmp_path / "runs", "r", state="stopped")
    elsewhere = make_run(tmp_path / "other", "s", state="queued")
    queue = Queue(tmp_path / "runs")
    assert queue.add_run(folder).folder == "r"
    assert queue.add_run(elsewhere).folder == str(elsewhere)
    with pytest.raises(StdpbenchError, match="as item 1"):
        queue.add_run(folder)
    assert queue.forget(folder) is not None
    assert queue.forget(folder) is None
    assert [queue.folder_of(item) for item in queue.items()] == [elsewhere]


def test_concurrent_processes_never_claim_the_same_item(tmp_path: Path) -> None:
    filled(tmp_path, *(f"x{number}" for number in range(12)))
    code = (
        "import sys; from pathlib import Path; from filelock import FileLock\n"
        "from stdpbench.runs.queue.run_queue import Queue; from stdpbench.runs.queue.runner_process import lock_of\n"
        "queue = Queue(Path(sys.argv[1])); lock = FileLock(lock_of(queue.runs, sys.argv[2])); lock.acquire()\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "while item := queue.claim(sys.argv[2]): print(item.number, flush=True)\n"
        "print('done', flush=True); sys.stdin.readline()"  # the lock is held until all have claimed
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    claimed = [int(line) for process in processes for line in iter(process.stdout.readline, "done\n")]
    for process in processes:
        process.communicate("end\n")
    assert sorted(claimed) == list(range(1, 13))


def test_a_damaged_item_has_failed_and_can_be_removed(tmp_path: Path) -> None:
    queue = filled(tmp_path, *"abc")
    (tmp_path / QUEUE / "1.json").write_text("{", encoding="utf-8")
    (tmp_path / QUEUE / "2.json").write_text(json.dumps({"number": 2}), encoding="utf-8")
    (tmp_path / QUEUE / "my-notes.json").write_text("{", encoding="utf-8")
    assert [(item.number, item.state) for item in queue.items()] == [(1, FAILED), (2, FAILED), (3, WAITING)]
    assert "1.json cannot be read" in queue.items()[0].reason
    refused = "item 1 is damaged and cannot be"
    for change in (lambda: queue.release([1]), lambda: queue.hold([1]), lambda: queue.move(1, "back")):
        with pytest.raises(StdpbenchError, match=refused):
            change()
    assert (tmp_path / QUEUE / "1.json").read_text(encoding="utf-8") == "{"
    queue.remove([1, 2])
    assert order(queue) == ["c"]


# -- the runner, with processes that only seem to be -----------------------------------------------------------------


class Script:
    """What the process of a run does: states that it writes and tells, then how it ends."""

    def __init__(self, *states: tuple[str, str], status: int = 0) -> None:
        self.states = states
        self.status = status


FINISHES = Script(("building", ""), ("running", ""), ("finished", ""))


class FakeClient:
    """Stands for `RunClient`: plays the next script of the run's experiment."""

    scripts: ClassVar[dict[str, list[Script]]] = {}
    begun: ClassVar[list[str]] = []
    together: ClassVar[list[int]] = []
    alive: ClassVar[set[Path]] = set()

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        name = self.folder.experiment.name
        self.script = FakeClient.scripts.get(name, [FINISHES]).pop(0) if FakeClient.scripts.get(name) else FINISHES
        self.left = list(self.script.states)
        self.connected = True
        self.over = False
        FakeClient.begun.append(name)
        FakeClient.alive.add(folder)
        FakeClient.together.append(len(FakeClient.alive))

    @classmethod
    def start(cls, folder: Path) -> FakeClient:
        return cls(folder)

    @classmethod
    def attach(cls, folder: Path) -> FakeClient:
        raise StdpbenchError("it does not answer")

    def want(self, *kinds: str) -> None:
        pass

    def drain(self, budget: float = 0.0, wait: float = 0.0) -> list[Any]:
        if not self.left:
            if self.folder.about["state"] != "paused":
                self.over = True
                FakeClient.alive.discard(self.folder.path)
            return []
        state, reason = self.left.pop(0)
        edit_journal(self.folder, state=state, reason=reason)
        return [("record", Record(0, 0, "t", StateChanged(state, reason)))]

    def request(self, name: str, **arguments: Any) -> int:
        assert name == "stop"
        self.left = [("stopped", arguments["reason"])]
        return 1

    def wait_for_process(self, timeout: float) -> int:
        return self.script.status

    def why_ended(self) -> str:
        return "killed by SIGKILL"

    def close(self) -> None:
        pass


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    monkeypatch.setattr(queue_runner, "RunClient", FakeClient)
    monkeypatch.setattr(queue_runner, "has_process", lambda folder: folder in FakeClient.alive)
    monkeypatch.setattr("stdpbench.runs.folder.status.has_process", lambda folder: folder in FakeClient.alive)
    monkeypatch.setattr(queue_runner, "_LOOK", 0.0)
    FakeClient.begun, FakeClient.together, FakeClient.alive = [], [], set()

    def run(at_once: int = 1, **scripts: Script | list[Script]) -> list[str]:
        FakeClient.scripts = {name: s if isinstance(s, list) else [s] for name, s in scripts.items()}
        lines: list[str] = []
        QueueRunner(tmp_path, at_once, lambda item, sentence: lines.append(f"{item.number} {sentence}")).run()
        return lines

    return run


def left(runs: Path) -> list[tuple[int, str, str]]:
    return [(item.number, item.state, item.reason) for item in Queue(runs).items()]


def test_all_are_run_in_order_and_leave_the_queue(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    queue = filled(tmp_path, *"abcd")
    queue.hold([2])
    queue.move(4, "front")
    play()
    assert FakeClient.begun == ["d", "a", "c"]
    assert max(FakeClient.together) == 1
    assert left(tmp_path) == [(2, HELD, "")]
    store = Store(tmp_path)
    assert {entry.state for entry in store.entries()} == {"finished"}
    assert not list((tmp_path / QUEUE).glob("runner-*")), "a runner takes its lock away"


def test_the_number_of_concurrent_runs_is_bounded(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    filled(tmp_path, *"abcdef")
    play(at_once=3)
    assert max(FakeClient.together) == 3
    assert left(tmp_path) == []


def test_a_failed_item_keeps_its_reason_and_the_next_one_runs(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    queue = filled(tmp_path, *"abc")
    queue.update(2, experiment="no toml [")
    play(a=Script(("building", ""), ("failed", "no pictures")))
    assert left(tmp_path)[0] == (1, FAILED, "no pictures")
    assert left(tmp_path)[1][:2] == (2, FAILED)
    assert "is damaged" in left(tmp_path)[1][2]
    queue.release([1])
    play()
    assert left(tmp_path) == [(2, FAILED, left(tmp_path)[0][2])]
    assert len(Store(tmp_path).entries()) == 2, "a released item goes on in its folder"


def test_a_run_whose_process_dies_is_resumed_a_limited_number_of_times(
    tmp_path: Path, play: Callable[..., list[str]]
) -> None:
    filled(tmp_path, *"ab")
    dies = Script(("building", ""), ("running", ""), status=-9)
    play(a=[dies, dies], b=[dies] * 9)
    assert FakeClient.begun == ["a"] * 3 + ["b"] * 4
    ((number, state, reason),) = left(tmp_path)
    assert (number, state) == (2, FAILED)
    assert reason == "the process exited: killed by SIGKILL"


def test_a_run_that_was_terminated_or_found_the_lock_taken_is_resumed(
    tmp_path: Path, play: Callable[..., list[str]]
) -> None:
    filled(tmp_path, *"ab")
    play(a=Script(("building", ""), ("stopped", "the process was asked to end")), b=Script(status=3))
    assert FakeClient.begun == ["a", "a", "b", "b"]
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("end", "item"),
    [
        (("stopped", "on request"), (1, HELD, "stopped on request")),
        (("paused", "no space left on device"), (1, FAILED, "no space left on device")),
    ],
    ids=["stopped by the user", "paused because of a problem"],
)
def test_a_run_that_does_not_finish_stays_in_the_queue(
    end: tuple[str, str], item: tuple[int, str, str], tmp_path: Path, play: Callable[..., list[str]]
) -> None:
    filled(tmp_path, *"ab")
    play(a=Script(("building", ""), ("running", ""), end))
    assert left(tmp_path) == [item]


def test_a_run_that_was_paused_and_resumed_is_not_stopped(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    filled(tmp_path, "a")
    steps, running = ("paused", "the requested steps are done"), ("running", "")
    lines = play(a=Script(running, ("paused", ""), running, steps, running, ("finished", "")))
    assert left(tmp_path) == []
    assert len([sentence for sentence in lines if "is paused" in sentence]) == 2


def test_a_stopped_queue_can_be_resumed(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    filled(tmp_path, *"ab")
    runner = QueueRunner(tmp_path, on_message=lambda item, sentence: runner.stop())
    FakeClient.scripts = {"a": [Script(*[("running", "")] * 50)]}
    runner.run()
    assert left(tmp_path) == [(1, WAITING, ""), (2, WAITING, "")]
    assert FakeClient.begun == ["a"]
    play()
    assert FakeClient.begun == ["a", "a", "b"]
    assert left(tmp_path) == []


def test_a_folder_that_a_runner_made_before_it_died_is_found(tmp_path: Path, play: Callable[..., list[str]]) -> None:
    queue = filled(tmp_path, "a")
    item = queue.claim("gone")
    queue_runner.create_run(tiny("a"), tmp_path, Options(), {"queue": item.token})
    play()
    assert len(Store(tmp_path).entries()) == 1


def test_the_runner_waits_for_a_process_that_does_not_answer(
    tmp_path: Path, make_run: Make, play: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Queue(tmp_path).add_run(make_run(tmp_path, "r", state="running"))
    looked: list[Path] = []

    def has_process(path: Path) -> bool:
        looked.append(path)
        return path in FakeClient.alive or len(looked) < 9

    monkeypatch.setattr(queue_runner, "has_process", has_process)
    monkeypatch.setattr("stdpbench.runs.folder.status.has_process", has_process)
    assert "attached to its running process" in play()[0]
    assert FakeClient.begun == ["tiny"]
    assert left(tmp_path) == []


def test_items_that_are_finished_or_gone(tmp_path: Path, make_run: Make, play: Callable[..., list[str]]) -> None:
    queue = Queue(tmp_path)
    queue.add_run(make_run(tmp_path, "done"))
    queue.add_run(tmp_path / "gone")
    play()
    ((number, state, reason),) = left(tmp_path)
    assert (number, state) == (2, FAILED)
    assert "does not exist" in reason
    assert FakeClient.begun == []


# -- the runner, with processes --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="kills processes")
def test_a_queue_survives_a_reboot(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    options = Options(workers=1, baselines=False, checkpoint_every=20)
    long = queue.add(tiny("long", passes=50), options)
    pictures = tmp_path / "pictures.npz"
    np.savez(pictures, images=np.zeros((9, 8, 8), np.uint8))
    queue.add(tiny("lost").override({"data.kind": "npz", "data.path": str(pictures)}), options)
    queue.add(tiny("short"), options)
    pictures.unlink()
    code = "import sys; from pathlib import Path; from stdpbench.runs.queue.runner import QueueRunner\n"
    code += "QueueRunner(Path(sys.argv[1])).run()"
    runner = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        folder = wait_until(lambda: next(tmp_path.glob("long-*/run.json"), None)).parent
        wait_until(lambda: has_process(folder))
        ask(folder, "pause")  # so that it does not end before it is killed
        ask(folder, "step", n=30)
        wait_until(lambda: next((folder / "checkpoints").glob("*20"), None))
        with pytest.raises(StdpbenchError, match="is running"):
            queue.remove([long.number])
    finally:
        runner.kill()
        runner.wait()
    os.kill(RunFolder(folder).read_json("run.json")["pid"], signal.SIGKILL)  # it may hold its lock for a moment still
    (item,) = [item for item in queue.items() if item.number == long.number]
    assert item.state == RUNNING
    assert not queue.busy(item)
    events: list[tuple[Item, str]] = []
    QueueRunner(tmp_path, 2, lambda item, sentence: events.append((item, sentence))).run()
    ((number, state, reason),) = left(tmp_path)
    assert (number, state) == (2, FAILED)
    assert "pictures.npz" in reason
    store = Store(tmp_path)
    found = {entry.experiment: entry for entry in store.entries()}
    assert len(store.entries()) == 3, "nothing was begun anew"
    assert found["long"].path == folder
    assert found["long"].state == found["short"].state == "finished"
    states = [record.fact for record in read_journal(folder) if isinstance(record.fact, StateChanged)]
    assert states.count(StateChanged("building")) == 2
    assert any(sentence.startswith("resumed: ") for _, sentence in events)


# a queue runner in a separate process: start, list, requests, stop

OPTIONS = Options(workers=1, baselines=False, checkpoint_every=20)


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
        lock_of(tmp_path, "x").with_suffix(".about").unlink()
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
    folder = RunFolder(wait_until(lambda: next(tmp_path.glob("a-*/checkpoints/*0"), None)).parents[1])
    run = stdpbench.open_run(folder.path).pause()
    assert run.state is State.PAUSED
    ask_runner(tmp_path, runner.name, at_once=2)
    assert runners(tmp_path)[0].at_once == 2
    wait_until(lambda: next(tmp_path.glob("b-*/checkpoints/*0"), None))
    assert [item.state for item in queue.items()] == [RUNNING, RUNNING, WAITING]
    ask_runner(tmp_path, runner.name, stop=AFTER)
    assert runners(tmp_path)[0].stopping == AFTER
    run.resume()
    ask_runner(tmp_path, runner.name, stop=NOW)
    wait_until(lambda: not runners(tmp_path))
    assert [item.state for item in queue.items()] == [WAITING] * 3
    assert state_of(folder)[0] is State.STOPPED
    assert not list((tmp_path / "queue").glob("runner-*"))
