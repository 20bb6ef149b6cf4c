"""Sweeps over a real Dask scheduler with two workers on this machine, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stdpbench.cli import main
from stdpbench.errors import StdpbenchError
from stdpbench.sweeps import SweepState, carry_out, make_report, read_sweep
from stdpbench.sweeps.cluster import Cluster
from stdpbench.sweeps.local import Local
from stdpbench.sweeps.workplace import Begun, Ended

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kills processes as Unix does"),
]

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


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # where the runs of the workers lie
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made


def running(folder: Path) -> list[int]:
    """Processes of runs whose training has begun, by the worker that started each."""
    found = []
    for path in folder.glob("stdpbench-run-*/*/progress.json"):
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if b"stdpbench.sweeps.remote" in entry.read_bytes():
                    status = (entry.parent / "status").read_text()
                    found.append(int(status.split("PPid:")[1].split()[0]))
            except (OSError, IndexError):
                continue
        if found and path.is_file():
            return found
    return []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds the worker of a run by /proc")
def test_a_worker_that_is_killed_has_its_run_done_again_and_nothing_counts_twice(
    file: Path, cluster: Any, tmp_path: Path
) -> None:
    made, events, killed = read_sweep(file), [], 0
    workers = {worker.pid for worker in cluster.workers.values()}
    with SweepState(tmp_path / "runs" / "far") as state:
        place = Cluster(cluster.scheduler_address)

        def shoot() -> bool:
            """Asked between two looks: kill the first worker whose run trains."""
            nonlocal killed
            if not killed:
                for pid in running(tmp_path / "tmp"):
                    killed = pid
                    os.kill(pid, signal.SIGKILL)
                    break
            return False

        for told in carry_out(made, state, place, shoot):
            events.append(told)
        place.close()
        assert killed
        assert killed != os.getpid()
        report = make_report(made, state)
        results = dict(state.results)
    ended = [told for told in events if isinstance(told, Ended)]
    assert [told for told in ended if told.result is None] == []
    assert len(ended) == len({told.job.key for told in ended}) == 4
    assert sum(isinstance(told, Begun) for told in events) == 4
    assert report.missing == 0
    text = (tmp_path / "runs" / "far" / "sweep.jsonl").read_text(encoding="utf-8")
    assert text.count('"finished"') == 4
    assert workers  # pids of nannies or workers, as this version of Dask has it
    # the same runs on this machine give the same numbers to the bit
    with SweepState(tmp_path / "runs" / "near") as state:
        for _ in carry_out(made, state, Local(state, 2)):
            pass
        assert {key: r.outcome for key, r in state.results.items()} == {key: r.outcome for key, r in results.items()}
    until = time.monotonic() + 20
    while list((tmp_path / "tmp").glob("stdpbench-run-*")) and time.monotonic() < until:
        time.sleep(0.1)
    assert not list((tmp_path / "tmp").glob("stdpbench-run-*")), "a run was left behind"


def test_a_sweep_that_is_stopped_leaves_no_run_behind_and_goes_on(
    file: Path, cluster: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = read_sweep(file)
    with SweepState(tmp_path / "far") as state:
        place = Cluster(cluster.scheduler_address)
        events = carry_out(made, state, place, lambda: bool(running(tmp_path / "tmp")) or bool(state.results))
        told = list(events)
        place.close()
        assert any(isinstance(end, Ended) and end.stopped for end in told)
        assert len(state.results) < 4
        assert state.failures == {}
    until = time.monotonic() + 20
    while list((tmp_path / "tmp").glob("stdpbench-run-*")) and time.monotonic() < until:
        time.sleep(0.1)
    assert not list((tmp_path / "tmp").glob("stdpbench-run-*"))
    with pytest.raises(SystemExit) as end:
        main(["sweep", str(file), "--runs", str(tmp_path), "--dask", cluster.scheduler_address, "--json"])
    assert not end.value.code
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["stopped"] is False
    assert [arm["n"] for arm in said["results"]["arms"]] == [2, 2]


def test_a_scheduler_that_does_not_answer_is_said_in_a_sentence() -> None:
    with pytest.raises(StdpbenchError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 "):
        Cluster("tcp://127.0.0.1:1")
