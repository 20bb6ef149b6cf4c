"""Duration of `stdpbench list` with a thousand runs: the whole command, in a separate process.

Synthetic run folders, with files as long as those of real runs, are created in a temporary folder. The first list
builds the index; later ones use it. For comparison, ``stdpbench --version`` shows the start-up time of the command
line.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from stdpbench.runs.folder.journal import write_journal
from stdpbench.runs.protocol.facts import Block, Record, StateChanged

_STATES = ("finished", "finished", "finished", "stopped", "failed", "running")


def main() -> None:
    """Create the folders and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="number of runs")
    parser.add_argument("--repeats", type=int, default=7, help="timings of each command, of which the median is used")
    parser.add_argument("--json", metavar="FILE", help="file for the results")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="stdpbench-list-"))
    try:
        for number in range(options.runs):
            make_run(folder, number)
        figures = measure(folder, options.runs, options.repeats)
    finally:
        shutil.rmtree(folder)
    figures = {"runs": options.runs, **figures}
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        Path(options.json).write_text(text + "\n", encoding="utf-8")


def measure(folder: Path, runs: int, repeats: int) -> dict[str, float]:
    """Time lists of the runs in a folder; return seconds by kind of list."""
    command = ["list", "--runs", str(folder)]
    columns = [
        *command,
        "--columns",
        "exc.tau_m,accuracy.confidence.accuracy",
        "--filter",
        "vote>0.5",
        "--sort",
        "vote",
    ]
    figures = {"first_list_s": timed(command)}
    version, plain, asked, changed = [], [], [], []
    for _ in range(repeats):  # alternating, so that a slow moment of the machine affects all of them
        version.append(timed(["--version"]))
        plain.append(timed(command))
        asked.append(timed(columns))
        for number in range(0, runs, max(1, runs // 10)):
            make_run(folder, number)
        changed.append(timed(command))
    figures["version_s"] = statistics.median(version)
    figures["list_s"] = statistics.median(plain)
    figures["list_columns_s"] = statistics.median(asked)
    figures["list_ten_changed_s"] = statistics.median(changed)
    figures["list_over_version"] = figures["list_s"] / figures["version_s"]
    return {name: round(value, 3) for name, value in figures.items()}


def timed(arguments: list[str]) -> float:
    """Return the duration of a command in seconds."""
    begun = perf_counter()
    subprocess.run([sys.executable, "-m", "stdpbench", *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begun


def make_run(runs: Path, number: int, change: Callable[[dict[str, Any]], None] = lambda about: None) -> Path:
    """Create the folder of a synthetic run, or rewrite its files; `change` may modify what its journal says first."""
    folder = runs / f"fast-400-seed{number}-20260101-{number:06d}"
    folder.mkdir(parents=True, exist_ok=True)
    state = _STATES[number % len(_STATES)]
    about = {
        "id": f"{number:032x}",
        "command": f"stdpbench run fast-400 --seed {number}",
        "options": {"workers": 0, "simulator": None, "validation": False, "baselines": True, "checkpoint_every": 0},
        "digest": f"{number:064x}",
        "state": state,
        "reason": "" if state == "finished" else "on request",
        "started": datetime.fromtimestamp(1_767_225_600 + 60 * number, UTC).isoformat(timespec="seconds"),
        "versions": dict.fromkeys(("python", "stdpbench", "brian2", "numpy", "scipy", "scikit-learn"), "1.0"),
        "host": {"system": "Linux", "processor": "synthetic", "cpus": 2},
        "ended": "2026-01-09T00:00:00+00:00",
    }
    change(about)
    vote = 0.5 + number % 400 / 1000
    score = {
        "accuracy": vote,
        "interval_95": [vote - 0.01, vote + 0.01],
        "n_images": 10_000,
        "class_accuracy": [vote] * 10,
        "confusion": [[number] * 11 for _ in range(10)],
    }
    metrics = {
        "evaluated_on": "test",
        "n_label_images": 10_000,
        "n_test_images": 10_000,
        "accuracy": dict.fromkeys(("vote", "proportion", "confidence"), score),
        "baselines": {"start_weights": {"vote": score}, "k_means": score},
        "training": {"presentations": 60_000, "seconds": 300.0 + number, "mean_theta_mV": 40.0},
    }
    progress = {"phase": "train", "done": number, "total": 60_000, "position": number}
    block = Block(0, [1] * 250, [20] * 250, 30.0, 0.01, {"vote": 0.5})
    facts = [Record(n, 250 * n, about["started"], block) for n in range(60)]
    facts.append(Record(60, 60 * 250, about.pop("ended"), StateChanged(about.pop("state"), about.pop("reason"))))
    (folder / "experiment.toml").write_text(_EXPERIMENT.format(seed=number), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    (folder / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
    write_journal(folder, facts, about)
    (folder / "lock").touch()
    return folder


_EXPERIMENT = """\
name = "fast-400"
seed = {seed}

[about]
title = "400 exc neurons"
summary = "A synthetic run: the files that a list reads are as long as those of a real one."
expected_accuracy = "none"

[data]
kind = "mnist"
invert = false
center = false
pixel_sum = 26520.0

[encoding]
kind = "poisson"
rate_per_grey = "0.125 Hz"
intensity = 2.0
intensity_step = 1.0

[network]
n_exc = 400
dt = "0.5 ms"
inhibition = "direct-undelayed"
w_exc_inh = 10.4
w_inh_exc = 17.0
delays = "none"
max_delay = "10 ms"
weight_sum = 78.0

[exc]
kind = "adaptive-lif"
v_rest = "-65 mV"
v_reset = "-65 mV"
v_thresh = "-52 mV"
tau_m = "100 ms"
t_ref = "5 ms"
tau_ge = "1 ms"
tau_gi = "2 ms"
theta_plus = "0.05 mV"
tau_theta = "10000000 ms"

[inh]
kind = "lif"
v_rest = "-60 mV"
v_reset = "-45 mV"
v_thresh = "-40 mV"
tau_m = "10 ms"

[plasticity]
kind = "diehl-cook-triplet"
nu_pre = 0.0001
nu_post = 0.01
tau_x = "20 ms"
tau_y1 = "20 ms"
tau_y2 = "40 ms"

[schedule]
passes = 1
order = "dataset"
stimulus = "350 ms"
rest = "150 ms"
between = "carry"
min_spikes = 5
max_attempts = 20
"""

if __name__ == "__main__":
    main()
