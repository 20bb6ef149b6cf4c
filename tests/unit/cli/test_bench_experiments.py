"""Whole runs that ``bench`` times: goals, comparison, interruption, refusals; nothing here is timed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli import bench
from stdpbench.cli.bench import bench_experiments
from stdpbench.compiling.toolchain import find_compiler
from stdpbench.experiment import read_experiment
from stdpbench.runs.catalog.access_log import count_looks
from stdpbench.runs.folder.run_folder import RunFolder

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="there is no C++ compiler")


def whole(seconds: float = 100.0, vote: float = 0.93) -> dict[str, Any]:
    """Figures of a run as `run_whole` returns them."""
    return {
        "wall_s": seconds,
        "cpu_s": 2 * seconds,
        "peak_bytes": 2**30,
        "load": [0.5, 1.5],
        "accuracy": {"vote": vote, "confidence": vote + 0.01},
        "evaluated_on": "test",
        "n_test_images": 10000,
        "path": "runs/one",
    }


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    changes = {"name": "tiny", "network.n_exc": 12, "schedule.passes": 1, "schedule.train_images": 40}
    changes |= {"schedule.label_images": 40, "schedule.test_images": 30}
    file = tmp_path / "tiny.toml"
    file.write_text(read_experiment("digits").override(changes).to_toml(), encoding="utf-8")
    return file


@pytest.mark.slow
@needs_compiler
def test_a_whole_run_is_measured_with_an_empty_cache(
    tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output, runs = tmp_path / "bench.json", tmp_path / "runs ü"
    bench_experiments([str(tiny)], output, None, runs)
    figures = json.loads(output.read_text(encoding="utf-8"))["experiments"]["tiny"]
    assert RunFolder.open(Path(figures["path"])).read_json("metrics.json")["accuracy"]["vote"]["n_images"] == 30
    assert set(figures["accuracy"]) == {"vote", "proportion", "confidence", "likelihood"}
    assert figures["cpu_s"] > 0
    assert figures["wall_s"] > 0
    assert 2**26 < figures["peak_bytes"] < 2**33
    assert figures["digest"] == read_experiment(str(tiny)).digest
    assert "goal" not in figures
    assert count_looks(read_experiment(str(tiny)), runs) == 1
    shown = capfd.readouterr()
    assert "compil" in shown.err, "the cache was not empty"
    assert "tiny" in shown.out


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for a run")
def test_control_c_stops_the_run_and_keeps_what_was_measured(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "interrupted"  # a run during which Ctrl+C is pressed
    script.write_text("#!/bin/sh\ntrap 'exit 130' INT\nkill -INT $PPID\nwhile :; do sleep 0.02; done\n")
    script.chmod(0o755)
    measured = bench.run_whole

    def run(name: str, runs: Path) -> dict[str, Any] | None:
        if name == "best-quick":
            return whole()
        monkeypatch.setattr(sys, "executable", str(script))
        return measured(name, runs)

    monkeypatch.setattr(bench, "run_whole", run)
    with pytest.raises(SystemExit) as stop:
        bench_experiments(["best-quick", str(tiny), "digits"], tmp_path / "bench.json", None, tmp_path / "runs")
    assert stop.value.code == 130
    record = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert record["stopped"] is True
    assert list(record["experiments"]) == ["best-quick"]


def test_experiments_stand_beside_their_goals_and_an_earlier_benchmark(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of = {"best-quick": whole(vote=0.89), "fast-1600-long": whole(3000.0), "best-6400": whole(6000.0)}

    def run(name: str, runs: Path) -> dict[str, Any]:
        if name == "digits":
            raise StdpbenchError("it exited")
        return of.get(name, whole())

    monkeypatch.setattr(bench, "run_whole", run)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    bench_experiments([], first, None, tmp_path)
    record = json.loads(first.read_text(encoding="utf-8"))
    assert {name: run["met"] for name, run in record["experiments"].items()} == {
        "best-quick": False,  # fast enough, but not accurate enough
        "fast-1600-long": True,
        "best-6400": False,
    }
    assert record["experiments"]["best-quick"]["goal"] == {"seconds": 120, "vote": 0.9}
    of["best-6400"] = whole(3000.0)
    capsys.readouterr()
    other = read_experiment("best-quick").override({"network.n_exc": 12}).to_toml()
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    bench_experiments(["best-6400", "digits", str(tmp_path / "other.toml")], second, first, tmp_path)
    record = json.loads(second.read_text(encoding="utf-8"))
    assert record["against"]["experiments"] == {"best-6400": {"wall": 0.5, "CPU": 0.5, "memory": 1.0}}
    assert record["failures"] == {"digits": "it exited"}
    assert "goal" not in record["experiments"]["best-quick"], "another experiment of this name"
    printed = capsys.readouterr().out
    assert "5400 s" in printed
    assert max(len(line) for line in printed.splitlines() if str(tmp_path) not in line) <= 100  # paths are long


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["no-such"], "no-such"),
        (["--experiments", "--full"], "--full measures training speed"),
        (["--runs", "elsewhere"], "--runs is for whole runs"),
        (["best-quick", "--against", "no-such.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(
    arguments: list[str],
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run_cli: Callable[..., tuple[int, str, str]],
) -> None:
    monkeypatch.setattr(bench, "run_whole", lambda *_: pytest.fail("measured all the same"))
    monkeypatch.chdir(tmp_path)
    code, _, err = run_cli("bench", *arguments)
    assert code != 0
    assert error in err
