"""Sweeps over a Dask scheduler: with a stand-in for it, and with two real workers, one of which is killed."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from harness import wait_until

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State
from stdpbench.studies.sweeps import SweepState, carry_out, cluster, make_report, read_sweep
from stdpbench.studies.sweeps.carry_out import rounds
from stdpbench.studies.sweeps.cluster import Cluster
from stdpbench.studies.sweeps.local import Local
from stdpbench.studies.sweeps.workplace import Begun, Ended, JobFolders

distributed: Any
try:
    import distributed
except ImportError:
    distributed = None


FILE = """
experiment = "digits"
seeds = [0, 1]
[set]
network.n_exc = 12
exc.theta_plus = "0.02 mV"
schedule.train_images = 500
schedule.test_images = 30
schedule.passes = 2
[[arm]]
label = "strong"
[[arm]]
label = "weak"
set = { network.w_inh_exc = 5 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "far.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


# -- with a stand-in for Dask --------------------------------------------------------------------------


class Future:
    def __init__(self, value: Any) -> None:
        self.status, self._value = "finished", value

    def result(self) -> Any:
        return self._value

    def release(self) -> None:
        pass


class Client:
    """Carries a task out at once, as a worker would that shares nothing with us but this machine."""

    tasks: ClassVar[list[dict[str, Any]]] = []

    submitted = 0

    def __init__(self, address: str, **options: Any) -> None:
        self.status = "running"

    def submit(self, task: Any, *arguments: str, **options: Any) -> Future:
        Client.submitted += 1
        Client.tasks.append(json.loads(arguments[0]))
        return Future(task(*arguments))

    def cancel(self, futures: list[Future]) -> None:
        pass

    def close(self, timeout: float) -> None:
        pass


class Event:
    def __init__(self, name: str, client: Any = None) -> None:
        pass

    def is_set(self) -> bool:
        return False


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of the worker."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(cluster, "_distributed", lambda: SimpleNamespace(Client=Client, Event=Event))
    monkeypatch.setattr(Client, "submitted", 0)
    monkeypatch.setattr(Client, "tasks", [])
    return tmp_path / "tmp"


ONE_FAILS = """
experiment = "digits"
seeds = [0]
[set]
network.n_exc = 12
schedule.train_images = 60
schedule.test_images = 30
schedule.passes = 1
[[arm]]
label = "some"
[[arm]]
label = "blown up"
set = { plasticity.w_max = 1e308, plasticity.nu_post = 1e308 }
"""


def test_run_folders_come_home(
    call: Callable[..., str],
    run_cli: Callable[..., tuple[int, str, str]],
    stand_in: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, home = tmp_path / "far.toml", tmp_path / "runs" / "far"
    file.write_text(ONE_FAILS, encoding="utf-8")
    command = ["sweep", str(file), "--runs", str(tmp_path / "runs"), "--dask", "tcp://nowhere:1", "--json"]
    code, out, _ = run_cli(*command)
    assert code == 1
    results = json.loads(out.splitlines()[-1])["results"]
    assert list(results["failures"]) == ["blown up, seed 0"]
    (run,) = results["arms"][0]["runs"]
    printed = call("list", "--sweep", "far", "--runs", str(tmp_path / "runs"), "--json", "--columns", "evaluated_on")
    listed = {entry["name"]: entry for entry in json.loads(printed)}
    assert len(listed) == 2
    entry = listed.pop(run["folder"])
    assert (entry["state"], entry["vote"]) == ("finished", run["accuracy"]["vote"])
    assert entry["evaluated_on"] == "validation"
    (failed,) = listed.values()
    assert failed["state"] == "failed"  # in the presentation that measures speed, before training
    assert "finite" in failed["reason"]
    about = json.loads((home / run["folder"] / "run.json").read_text(encoding="utf-8"))
    assert about["sweep"] == {"name": "far", "arm": "some"}
    there = {path.name for path in (home / run["folder"]).iterdir()}
    assert {"weights.npy", "journal.jsonl", "checkpoints", "training.npz"} <= there
    assert not {"lock", "requests"} & there
    assert not list(home.glob(".*"))
    assert not list(stand_in.iterdir()), "a run was left behind on the worker"
    # what is finished is known, also by its folder alone
    assert Client.submitted == 2
    (home / "sweep.jsonl").unlink()
    monkeypatch.setattr(cluster, "carry_out_task", lambda wanted, stop: {"error": "not again"})
    run_cli(*command)
    assert Client.submitted == 3, "only the failed run is carried out again"
    assert f'"folder":"{run["folder"]}"' in (home / "sweep.jsonl").read_text(encoding="utf-8")


def test_with_shared_storage_runs_stay_where_they_are_and_continue_there(
    stand_in: Path, tmp_path: Path, call: Callable[..., str]
) -> None:
    file, home = tmp_path / "near.toml", tmp_path / "runs" / "near"
    file.write_text(ONE_FAILS.partition('[[arm]]\nlabel = "blown')[0], encoding="utf-8")
    command = ["sweep", str(file), "--runs", str(tmp_path / "runs"), "--dask", "tcp://nowhere:1", "--shared", "--json"]
    with SweepState(home) as state:  # a worker was killed in the middle: its run waits at a checkpoint
        (job, *_) = next(rounds(read_sweep(file), state)).jobs
        begun = JobFolders(state).make(job)
    stdpbench.open_run(begun.path).resume().pause().stop()
    assert state_of(begun)[0] is State.STOPPED
    (run,) = json.loads(call(*command).splitlines()[-1])["results"]["arms"][0]["runs"]
    assert run["folder"] == begun.path.name
    assert Client.tasks == [{"folder": str(begun.path.resolve())}]
    assert state_of(begun)[0] is State.FINISHED
    assert not list(stand_in.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--shared"], "--shared is for --dask and --slurm"),
        (["--slurm", "2", "--dask", "tcp://x:1"], "--dask and --slurm exclude each other"),
        (["--slurm", "2"], "--slurm needs the"),
    ],
)
def test_places_that_cannot_be(
    options: list[str],
    message: str,
    file: Path,
    tmp_path: Path,
    call: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # without sbatch
    assert message in call("sweep", str(file), "--runs", str(tmp_path), *options, status=2)


def test_a_run_folder_that_is_damaged_on_its_way_leaves_nothing(file: Path, tmp_path: Path) -> None:
    with SweepState(tmp_path / "far") as state:
        folders = JobFolders(state)
        (job, *_) = next(rounds(read_sweep(file), state)).jobs
        empty = io.BytesIO()
        zipfile.ZipFile(empty, "w").close()
        for content, message in ((b"no zip", "is damaged"), (empty.getvalue(), "experiment.toml is missing")):
            with pytest.raises(StdpbenchError, match=message):
                folders.receive(job, "../elsewhere", content)
    assert run_names(tmp_path / "far") == []
    assert not list((tmp_path / "far").glob(".*"))
    assert not (tmp_path / "elsewhere").exists()


# -- with Dask -----------------------------------------------------------------------------------------

with_dask = [
    pytest.mark.slow,
    pytest.mark.skipif(distributed is None, reason="needs the package distributed"),
    pytest.mark.skipif(sys.platform == "win32", reason="kills processes as Unix does"),
]


def marked(test: Any) -> Any:
    for mark in with_dask:
        test = mark(test)
    return test


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # where the runs of the workers lie
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made


def parents_of_runs() -> list[int]:
    """Processes of workers that have a run, of this process only."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"stdpbench.studies.sweeps.remote" in entry.read_bytes():
                worker = above = parent(int(entry.parent.name))
                while above > 1 and above != os.getpid():
                    above = parent(above)
                found += [worker] if above == os.getpid() else []
        except (OSError, IndexError):
            continue
    return found


def parent(pid: int) -> int:
    """Process that has started another one."""
    return int(Path(f"/proc/{pid}/status").read_text().split("PPid:")[1].split()[0])


def running(folder: Path) -> list[int]:
    """Processes of runs whose training has begun, by the worker that started each."""
    for path in folder.glob("stdpbench-run-*/*/progress.json"):
        found = parents_of_runs()
        if found and path.is_file():
            return found
    return []


@marked
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds the worker of a run by /proc")
def test_a_worker_that_is_killed_has_its_run_done_again_and_nothing_counts_twice(
    file: Path, workers: Any, tmp_path: Path, call: Callable[..., str]
) -> None:
    made, events, killed = read_sweep(file), [], 0
    with SweepState(tmp_path / "runs" / "far") as state:
        place = Cluster(workers.scheduler_address, state)

        def shoot() -> bool:
            """Asked between two looks: kill the first worker whose run trains."""
            nonlocal killed
            if not killed:
                for pid in running(tmp_path / "tmp"):
                    killed = pid
                    os.kill(pid, signal.SIGKILL)
                    break
            return False

        for event in carry_out(made, state, place, shoot):
            events.append(event)
        place.close()
        assert killed
        report = make_report(made, state)
        results = dict(state.results)
    ended = [event for event in events if isinstance(event, Ended)]
    assert [event for event in ended if event.result is None] == []
    assert len(ended) == len({event.job.key for event in ended}) == 4
    assert sum(isinstance(event, Begun) for event in events) == 4
    assert report.missing == 0
    text = (tmp_path / "runs" / "far" / "sweep.jsonl").read_text(encoding="utf-8")
    assert text.count('"finished"') == 4
    # every run folder is here, though the workers write elsewhere
    folders = {result.folder for result in results.values()}
    assert folders == set(run_names(tmp_path / "runs" / "far"))
    listed = json.loads(call("list", "--sweep", "far", "--runs", str(tmp_path / "runs"), "--json"))
    assert {entry["name"] for entry in listed if entry["state"] == "finished"} == folders
    # the same runs on this machine give the same numbers to the bit
    with SweepState(tmp_path / "runs" / "near") as state:
        for _ in carry_out(made, state, Local(state, 2)):
            pass
        assert {key: r.outcome for key, r in state.results.items()} == {key: r.outcome for key, r in results.items()}
    wait_until(lambda: not list((tmp_path / "tmp").glob("stdpbench-run-*")))


@marked
def test_a_sweep_that_is_stopped_leaves_no_run_behind_and_goes_on(
    file: Path, workers: Any, tmp_path: Path, call: Callable[..., str]
) -> None:
    made = read_sweep(file)
    with SweepState(tmp_path / "far") as state:
        place = Cluster(workers.scheduler_address, state)
        events = carry_out(made, state, place, lambda: bool(running(tmp_path / "tmp")) or bool(state.results))
        seen = list(events)
        place.close()
        assert any(isinstance(end, Ended) and end.stopped for end in seen)
        assert len(state.results) < 4
        assert state.failures == {}
    wait_until(lambda: not list((tmp_path / "tmp").glob("stdpbench-run-*")))
    printed = call("sweep", str(file), "--runs", str(tmp_path), "--dask", workers.scheduler_address, "--json")
    record = json.loads(printed.splitlines()[-1])
    assert record["stopped"] is False
    assert [arm["n"] for arm in record["results"]["arms"]] == [2, 2]


@marked
def test_a_scheduler_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    with (
        SweepState(tmp_path) as state,
        pytest.raises(StdpbenchError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 "),
    ):
        Cluster("tcp://127.0.0.1:1", state)


# -- with Slurm ----------------------------------------------------------------------------------------

SBATCH = """#!/bin/sh
# starts a job script at once, on this machine, and says its number, as sbatch does
for script; do :; done
cp "$script" "{folder}/$$.sh"
setsid sh "{folder}/$$.sh" >"{folder}/$$.log" 2>&1 &
echo $! >"{folder}/$$.job"
echo "Submitted batch job $$"
"""
SCANCEL = """#!/bin/sh
for job; do kill -TERM -- "-$(cat "{folder}/$job.job")" 2>/dev/null; done
"""


@marked
@pytest.mark.skipif(find_spec("dask_jobqueue") is None, reason="needs the package dask-jobqueue")
@pytest.mark.parametrize("shared", [False, True], ids=["separate", "shared"])
def test_jobs_of_slurm_execute_a_sweep_and_are_cancelled(
    shared: bool, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., str]
) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    for name, script in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (jobs / name).write_text(script.format(folder=jobs), encoding="utf-8")
        (jobs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{jobs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    words = ["--slurm", "2", *(["--shared"] if shared else []), "--json"]
    import_module("dask_jobqueue")  # which brings its defaults
    with import_module("dask").config.set({"jobqueue.slurm.interface": "lo"}):
        out = call("sweep", str(file), "--runs", str(tmp_path / "runs"), *words)
    record = json.loads(out.splitlines()[-1])
    assert [arm["n"] for arm in record["results"]["arms"]] == [2, 2]
    groups = [int(path.read_text()) for path in jobs.glob("*.job")]
    assert len(groups) == 2
    wait_until(lambda: not any(alive(group) for group in groups))


def alive(group: int) -> bool:
    """Whether a group of processes has a member that still works."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, number = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(number) == group and state != "Z":
            return True
    return False
