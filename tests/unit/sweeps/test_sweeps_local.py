"""Sweeps of real runs in processes of this machine: killed in the middle, stopped, gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import wait_until

from stdpbench.runs.queue.run_queue import Queue
from stdpbench.studies.sweeps import SweepState, carry_out, read_sweep
from stdpbench.studies.sweeps.local import Local
from stdpbench.studies.sweeps.workplace import Begun, Ended, Moved, Remarked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as Unix does")

FILE = """
experiment = "digits"
seeds = [0]
reference = "strong"

[set]
network.n_exc = 12
exc.theta_plus = "0.02 mV"
schedule.train_images = 300
schedule.test_images = 30
schedule.passes = 10

[[arm]]
label = "strong"

[[arm]]
label = "weak"
set = { network.w_inh_exc = 5 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kill me.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def command(file: Path, runs: Path, *more: str) -> subprocess.Popen[str]:
    # a process that is started in the background may be born deaf to Ctrl+C
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from stdpbench.cli import main; main(sys.argv[1:])"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "sweep", str(file), "--runs", str(runs), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def training(sweep: Path) -> list[Path]:
    """The folders of runs that train."""
    found = sweep.glob("*/progress.json")
    return [path.parent for path in found if json.loads(path.read_text(encoding="utf-8")).get("position", 0) > 10]


def lines(sweep: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sweep / "sweep.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_sweep_and_a_run_that_are_killed_go_on_and_nothing_counts_twice(file: Path, tmp_path: Path) -> None:
    runs, folder = tmp_path / "runs ü", tmp_path / "runs ü" / "kill-me"
    killed = command(file, runs, "--processes", "1")
    (first, *_) = wait_until(lambda: training(folder))
    killed.kill()
    killed.communicate()
    made, events, shot = read_sweep(file), [], False
    with SweepState(folder) as state:
        assert state.results == {}
        for event in carry_out(made, state, Local(state, 2)):
            events.append(event)
            if isinstance(event, Moved) and event.job.arm == "weak" and event.share > 0.2 and not shot:
                about = json.loads((folder / state.folders[event.job.key] / "run.json").read_text(encoding="utf-8"))
                os.kill(about["pid"], signal.SIGKILL)
                shot = True
        # the run of the killed sweep was followed to its end, not begun anew
        assert {path.parent.name for path in folder.glob("*/run.json")} == set(state.folders.values())
        assert first.name in state.folders.values()
        assert len(state.results) == 2
    assert (
        sum(isinstance(event, Begun) for event in events) + sum(line["what"] == "made" for line in lines(folder)) <= 4
    )
    assert [event.job.arm for event in events if isinstance(event, Ended) and event.result is None] == []
    if shot:  # else it was too quick for the bullet
        assert any(
            isinstance(event, Remarked) and "continues from its newest checkpoint" in event.text for event in events
        )
    assert [line["what"] for line in lines(folder)].count("finished") == 2
    assert Queue(folder).items() == []  # whose items they were

    with SweepState(folder) as state:
        assert list(carry_out(made, state, Local(state, 2))) == []
    # without its memory it finds the runs by what they say of themselves
    (folder / "sweep.jsonl").unlink()
    with SweepState(folder) as state:
        events = list(carry_out(made, state, Local(state, 2)))
        assert [type(event) for event in events] == [Ended, Ended]
    assert len(list(folder.glob("*/run.json"))) == 2


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    file: Path, tmp_path: Path, run_cli: Callable[..., tuple[int, str, str]]
) -> None:
    runs, folder = tmp_path / "runs", tmp_path / "runs" / "kill-me"
    stopped = command(file, runs, "--processes", "1")
    (run, *_) = wait_until(lambda: training(folder))
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate()
    assert stopped.returncode == 130, err
    assert f"stdpbench sweep '{file}' --runs {runs}" in out
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["state"] == "stopped"

    code, out, err = run_cli("sweep", str(file), "--runs", str(runs), "--processes", "2", "--json")
    assert code == 0
    record = json.loads(out.splitlines()[-1])
    assert record["stopped"] is False
    assert [arm["n"] for arm in record["results"]["arms"]] == [1, 1]
    assert record["results"]["evaluated_on"] == "validation"
    assert run.name in {arm["runs"][0]["folder"] for arm in record["results"]["arms"]}
    for name in ("README.txt", "results.md", "results.csv", "results.json", "results.png"):
        assert (folder / name).is_file()
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["evaluated_on"] == "validation"
    assert metrics["baselines"] == {}


def test_a_run_that_cannot_be_begun_is_said_and_ends_with_status_1(
    tmp_path: Path, run_cli: Callable[..., tuple[int, str, str]]
) -> None:
    path = tmp_path / "too-many.toml"
    path.write_text(
        'experiment = "digits"\nseeds = [0]\n[set]\nnetwork.n_exc = 12\nschedule.train_images = 5000\n'
        '[[arm]]\nlabel = "all"\n',
        encoding="utf-8",
    )
    code, out, _ = run_cli("sweep", str(path), "--runs", str(tmp_path))
    assert code == 1
    out = " ".join(out.split())
    assert "all, seed 0: failed: schedule.train_images = 5000, but there are only" in out
