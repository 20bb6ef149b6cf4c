"""Runs in processes of their own: killed for good, asked by others, left alone by their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from harness import ended, experiment, finished, new_run, wait_until

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import RunClient, ask, has_process
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import TOO_LATE
from stdpbench.runs.protocol.states import State

pytestmark = [
    pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

N_TRAIN, N_TEST = 150, 60
OPTIONS = {"checkpoint_every": 10, "baselines": False}


def longer() -> Experiment:
    """All pictures that train label, too: in three parts, so that two processes share them."""
    return experiment(schedule__train_images=N_TRAIN, schedule__label_images=N_TRAIN, schedule__test_images=N_TEST)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What comes out of the run that is disturbed below; from this process."""
    return finished(new_run(tmp_path_factory.mktemp("undisturbed"), longer(), **OPTIONS))


def connected(runs: Path) -> tuple[RunFolder, RunClient]:
    """A new run, and the client of its process, which has begun."""
    folder = new_run(runs, longer(), workers=1, **OPTIONS)
    client = RunClient.start(folder.path)
    client.wait_for_connection()
    return folder, client


def pid_of(folder: RunFolder) -> int:
    wait_until(lambda: "pid" in folder.read_json("run.json"))  # which a new process writes
    return int(folder.read_json("run.json")["pid"])


def kill(client: RunClient, folder: RunFolder) -> bool:
    """Kill -9; False where the run had come to its end before."""
    with suppress(ProcessLookupError):
        os.kill(pid_of(folder), signal.SIGKILL)
    status = client.wait_for_process(60)
    client.close()
    assert status in (0, -signal.SIGKILL)
    return status != 0


def reached(folder: RunFolder) -> int:
    try:
        return max((record.position for record in read_journal(folder.path)), default=0)
    except StdpbenchError:
        return 0


def watch(client: RunClient, until: Callable[[LiveRun], bool], live: LiveRun | None = None) -> LiveRun:
    """Follow a run until something holds of it, or it is over."""
    live, deadline = live or LiveRun(), time.monotonic() + 250
    while not client.over and not until(live):
        assert time.monotonic() < deadline
        for message in client.drain(wait=0.05):
            live.take(message)
    return live


def test_killed_three_times_a_run_comes_to_the_same_and_leaves_no_process_behind(undisturbed, tmp_path):
    folder = new_run(tmp_path, longer(), workers=2, **OPTIONS)
    for number, position in enumerate([0, 13, N_TRAIN]):
        client = RunClient.start(folder.path)
        if number:
            client.wait_for_connection()
            if position < N_TRAIN:
                client.request("pace", seconds=0.05)  # so that it is killed before it ends
            wait_until(lambda position=position: reached(folder) >= position, 200)
            if position == N_TRAIN:  # among those that label
                watch(client, lambda live: live.progress.get("phase") == "label" and children(pid_of(folder)) != [])
        else:
            wait_until(lambda: "pid" in folder.read_json("run.json"), 200)
        session = pid_of(folder)
        if not kill(client, folder):  # it had come to its end
            break
        wait_until(lambda session=session: children(session) == [])
        state, reason = state_of(folder)
        assert state is State.FAILED
        assert "killed" in reason
        assert not has_process(folder.path)
    else:
        finished(folder)
    assert outcome(folder) == undisturbed


def children(session: int) -> list[int]:
    """Living processes of a session but its leader."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and int(path.name) != session and fields[0] != "Z":
            found.append(int(path.name))
    return found


def test_a_run_is_followed_asked_and_left_by_several(undisturbed, tmp_path):
    folder, client = connected(tmp_path)
    client.want("progress", "network", "presentation")
    client.request("pace", seconds=0.1)  # so that it is asked before it ends
    live = watch(client, lambda live: live.state is State.RUNNING)
    assert ask(folder.path, "pause")["state"] in ("running", "paused")
    watch(client, lambda live: live.state is State.PAUSED, live)
    position = live.position
    # another process gets a sentence
    second = subprocess.run(
        [sys.executable, "-m", "stdpbench.runs.process.worker", str(folder.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 3
    assert second.stderr.strip() == f"stdpbench: another process is working on {folder.path}"
    with pytest.raises(StdpbenchError, match="another process is working on"):
        RunClient.start(folder.path)
    # by way of the folder
    assert ask(folder.path, "checkpoint") == {"state": "paused", "position": position}
    assert position in positions(folder.path) or position == 0
    with pytest.raises(StdpbenchError, match="did you mean"):
        ask(folder.path, "set", changes={"plasticity.nu_pots": 1})
    with pytest.raises(StdpbenchError, match="does not support the request 'fly'"):
        ask(folder.path, "fly")
    # a reader that comes later hears of the past, too; one that dies does no harm
    other = RunClient.attach(folder.path)
    also = watch(other, lambda live: live.state is State.PAUSED)
    also = watch(other, lambda live: live.position == position and live.checkpoints != [], also)
    other.close()
    script = f"from pathlib import Path; from stdpbench.runs.client.run_client import RunClient; import os, time; \
        c = RunClient.attach(Path({str(folder.path)!r})); c.want('network'); \
        print(c.drain(wait=9) != [], flush=True); os._exit(9)"
    died = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (died.returncode, died.stdout) == (9, "True\n"), died.stderr
    # Ctrl+C is not for it
    os.kill(pid_of(folder), signal.SIGINT)
    client.request("pace", seconds=0.0)
    assert ask(folder.path, "resume")["state"] == "running"
    watch(client, lambda live: False, live)
    assert client.wait_for_process(60) == 0
    assert live.state is State.FINISHED
    assert outcome(folder) == undisturbed
    replayed = LiveRun.replay(read_journal(folder.path))
    for name in (
        "state",
        "reason",
        "started",
        "position",
        "blocks",
        "changes",
        "log",
        "metrics",
        "labelled",
        "checkpoints",
    ):
        assert getattr(live, name) == getattr(replayed, name), name
    assert live.network["position"] == 2 * N_TRAIN + N_TEST
    assert live.presentation["position"] == N_TRAIN
    assert live.progress["done"] == live.progress["total"] == N_TEST
    with pytest.raises(StdpbenchError, match="has no active process"):
        ask(folder.path, "pause")
    with pytest.raises(StdpbenchError, match="is finished"):
        RunClient.start(folder.path)
    assert list((folder.path / "requests").iterdir()) == []


START = """
import sys, time
from pathlib import Path
from stdpbench.runs.client.run_client import RunClient
client = RunClient.start(Path(sys.argv[1]))
if sys.argv[2] == "connected":
    client.wait_for_connection()
    client.want("progress", "network", "presentation")
print("started", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize(
    ("when", "number"),
    [
        ("at once", signal.SIGSTOP),
        ("connected", signal.SIGKILL),
    ],
)
def test_a_parent_that_hangs_or_dies_stops_no_training(when, number, undisturbed, tmp_path):
    folder = new_run(tmp_path, longer(), workers=1, **OPTIONS)
    parent = subprocess.Popen([sys.executable, "-c", START, str(folder.path), when], stdout=subprocess.PIPE)
    try:
        assert parent.stdout.readline() == b"started\n"
        parent.send_signal(number)
        wait_until(lambda: folder.about["state"] == "finished", 250)
        wait_until(lambda: not has_process(folder.path))
        assert outcome(folder) == undisturbed
    finally:
        parent.kill()
        parent.communicate()


def test_a_process_that_is_asked_to_end_stops_at_a_boundary(undisturbed, tmp_path):
    folder, client = connected(tmp_path)
    client.request("pace", seconds=0.1)
    live = watch(client, lambda live: live.state is State.RUNNING and live.position > 2)
    os.kill(pid_of(folder), signal.SIGTERM)
    watch(client, lambda live: False, live)
    assert client.wait_for_process(60) == 0
    assert live.state is State.STOPPED
    assert "asked to end" in live.reason
    assert positions(folder.path)[-1] == live.position
    assert finished(folder) == undisturbed


def test_what_is_asked_too_late_is_refused(tmp_path):
    folder, client = connected(tmp_path)
    stop, late = client.request("stop"), client.request("checkpoint")
    live = watch(client, lambda live: False)
    assert live.replies[stop][0] == ""
    assert live.replies[late] == (TOO_LATE, None)
    with pytest.raises(StdpbenchError, match=r"the run is stopped \(on request\)"):
        ask(folder.path, "pause")


def test_a_process_that_cannot_begin_says_why(tmp_path):
    folder = new_run(tmp_path)
    with (folder.path / "journal.jsonl").open("a") as journal:
        journal.write("nonsense\n")
    client = RunClient.start(folder.path)
    with pytest.raises(StdpbenchError, match=r"line 2 is damaged"):
        client.wait_for_connection()
    client.close()
    assert not has_process(folder.path)
    about: Any = folder.read_json("run.json")
    assert about["state"] == "queued"


def test_a_run_whose_folder_is_moved_goes_on_in_it_and_leaves_what_takes_its_name(undisturbed, tmp_path):
    folder = new_run(tmp_path, longer(), workers=1, **OPTIONS)
    other = ended(new_run(tmp_path, experiment(), baselines=False))
    client = RunClient.start(folder.path)
    client.wait_for_connection()
    client.request("pace", seconds=0.02)
    watch(client, lambda live: live.position >= 5)
    moved = RunFolder(folder.path.rename(tmp_path / "moved"))
    other.path.rename(folder.path)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    client.request("pace", seconds=0)
    assert client.wait_for_process(250) == 0
    client.close()
    assert state_of(moved) == (State.FINISHED, "")
    assert outcome(moved) == undisturbed
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before
