"""The benchmark's scripts run and measure the network that they say; nothing here is timed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import shipped
from stdpbench.cli import bench
from stdpbench.cli.bench import Measurement, bench_training, plan, training_name
from stdpbench.compiling.toolchain import find_compiler

BASELINES = ("plain_network.py", "plain_runtime.py", "long_runtime.py", "standalone.py", "kernel_float32.py")
TINY = ("--n-exc", "100", "--presentations", "2")

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="there is no C++ compiler")


def measure(script: str, *arguments: str, cache: Path | None = None) -> dict[str, Any]:
    return dict(bench.run(Measurement("tiny", script, arguments), None, cache or Path()))


def is_time(figure: dict[str, float], n: int = 2) -> bool:
    return 0 < figure["min"] <= figure["median"] <= figure["max"] and figure["n"] == n


def check_baseline(figures: dict[str, Any], name: str) -> None:
    assert figures["baseline"] == name
    assert (figures["n_exc"], figures["pictures"]) == (100, "synthetic")
    assert figures["set_up_s"] > 0
    for protocol in bench.PROTOCOLS:
        assert is_time(figures[f"{protocol}_ms"])
    # early in training: the network is really simulated
    assert 5 <= figures["exc_spikes_per_image"] <= 40
    assert 2000 <= figures["input_spikes_per_image"] <= 2600


def check_training(figures: dict[str, Any], simulator: str) -> None:
    assert figures["simulator"] == simulator
    for protocol in bench.PROTOCOLS:
        parts = figures[protocol]
        assert all(is_time(parts[f"{part}_ms"]) for part in ("encode", "normalise", "simulate", "whole"))
        assert parts["training_presentations_per_s"] > 0
        assert 5 <= parts["exc_spikes_per_image"] <= 40
        assert 2000 <= parts["input_spikes_per_image"] <= 2600


# -- pictures ------------------------------------------------------------------------------------------------------


# -- scripts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", BASELINES)
def test_baselines_use_nothing_of_stdpbench(script: str) -> None:
    text = (shipped("benchmarks") / script).read_text(encoding="utf-8")
    assert not re.search(r"^\s*(import|from) stdpbench", text, re.MULTILINE)


@needs_compiler
@pytest.mark.parametrize("inhibition", ["layer", "direct"])
def test_kernel_simulates_the_network(inhibition: str) -> None:
    figures = measure("kernel_float32.py", *TINY, "--inhibition", inhibition)
    check_baseline(figures, "kernel_float32")
    assert figures["inhibition"] == inhibition
    assert is_time(figures["normalise_ms"])


@pytest.mark.slow
@needs_compiler
def test_standalone_simulates_the_network() -> None:
    # seven pictures, so that the clocks of both protocols meet; the first and the last are not timed
    figures = measure("standalone.py", "--n-exc", "100", "--presentations", "2")
    for protocol in bench.PROTOCOLS:
        assert figures[f"{protocol}_ms"].pop("n") == 5
        figures[f"{protocol}_ms"]["n"] = 2
    check_baseline(figures, "standalone")
    assert 5 <= figures["exc_spikes_per_image_without_rest"] <= 40
    assert figures["weight_sum_at_end"] == pytest.approx(78, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("script", ["plain_runtime", "long_runtime"])
@pytest.mark.parametrize(
    "target", [pytest.param(("--target", "numpy"), id="numpy"), pytest.param((), id="cython", marks=needs_compiler)]
)
def test_runtime_baselines_simulate_the_network(script: str, target: tuple[str, ...]) -> None:
    check_baseline(measure(f"{script}.py", *TINY, *target), script)


@needs_compiler
def test_training_of_a_network_that_other_tests_use_is_measured() -> None:
    network = ("--n-exc", "12", "--inhibition", "direct-undelayed")
    check_training(measure("training.py", *network, "--presentations", "2", "--warm-up", "0"), "compiled")


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize(
    "command",
    [
        "against_kernel.py --n-exc 100 --inhibition direct --precision float32 --rounds 1",
        "app.py --n-exc 12 --seconds 0.3 --rounds 2",
        "app.py --still",
        "held_out.py --n-exc 12 --pairs 2 --every 100 --images 20",
        "lateral.py --n-exc 12 --presentations 2 --warm-up 1",
        "neurons.py --n-exc 12 --presentations 2 --warm-up 1",
        "presentations.py digits --images 200",
        "publishing.py --n-exc 12 --presentations 20",
        "recording.py --n-exc 100 --presentations 4 --warm-up 1",
        "rule_lab.py --kinds pair-additive --steps 5",
        "rules.py --n-exc 12 --presentations 2 --warm-up 1 --kinds oja",
        "wire.py",
    ],
)
def test_scripts_that_bench_does_not_run_work(command: str) -> None:
    assert measure(*command.split())


def test_a_script_that_fails_says_why() -> None:
    with pytest.raises(StdpbenchError, match=r"plain_runtime\.py exited with status 2: .*--no-such-option"):
        measure("plain_runtime.py", "--no-such-option")


# -- the command ---------------------------------------------------------------------------------------------------


def canned(measurement: Measurement) -> dict[str, Any]:
    """Figures as a script would give them: every time is 2 ms, but for the plain script, which takes 200."""
    time = {"median": 2.0, "min": 1.0, "max": 3.0, "n": 2}
    if measurement.script == "scaling.py":
        sizes = {
            size: {"ms": time, "ratio": {**time, "median": ratio}} for size, ratio in (("1600", 3.6), ("6400", 15))
        }
        return {"pictures": "synthetic", **dict.fromkeys(bench.PROTOCOLS, sizes)}
    if measurement.script == "against_kernel.py":
        return {"pictures": "synthetic", "kernel_sha256": "0"}
    if measurement.script != "training.py":
        slow = {"median": 200.0, "min": 190.0, "max": 230.0, "n": 2}
        own = slow if measurement.script == "plain_runtime.py" else time
        return {
            "baseline": measurement.script,
            "pictures": "synthetic",
            "stimulus_ms": own,
            "stimulus_and_rest_ms": own,
            "exc_spikes_per_image": 12.0,
            "set_up_s": 1.0,
        }
    figures: dict[str, Any] = {"open_s": 0.1, "import_s": 0.2, "compiled_anew": False}
    if "--memory" in measurement.arguments:
        figures["resident_mb_after"] = {"0": 60.0, "1000": 61.0}
    elif "--open-only" not in measurement.arguments:
        parts: dict[str, Any] = {f"{part}_ms": time for part in ("encode", "normalise", "simulate", "whole")}
        parts |= {"training_presentations_per_s": 500.0, "exc_spikes_per_image": 12.0}
        figures |= {"pictures": "synthetic", **dict.fromkeys(bench.PROTOCOLS, parts)}
    return figures


def test_command_writes_figures_and_prints_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def run(measurement: Measurement, mnist: Path | None, cache: Path, limit: float) -> dict[str, Any]:
        assert limit > 100
        if measurement.script == "standalone.py":
            raise StdpbenchError("make was not found")
        return canned(measurement)

    monkeypatch.setattr(bench, "run", run)
    output = tmp_path / "My thesis ü" / "bench.json"
    output.parent.mkdir()
    bench_training(True, output)
    record = json.loads(output.read_text(encoding="utf-8"))
    assert record["full"] is True
    assert record["stopped"] is False
    assert record["host"]["cpus"] == os.cpu_count()
    assert set(record["measurements"]) == {m.name for m in plan(True)} - {"standalone 400"}
    assert record["failures"] == {"standalone 400": "make was not found"}
    assert "standalone / compiled" not in record["ratios"]
    assert [path.name for path in output.parent.iterdir()] == ["bench.json"]


def test_times_are_compared_with_those_of_an_earlier_benchmark(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "run", lambda measurement, *_: canned(measurement))
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    bench_training(False, first)
    earlier = json.loads(first.read_text(encoding="utf-8"))
    own = training_name("compiled", 400)
    earlier["measurements"][own]["stimulus"]["whole_ms"]["median"] = 4.0
    del earlier["measurements"]["plain runtime 400, NumPy"]
    earlier["host"]["cpus"] = 1024
    first.write_text(json.dumps(earlier), encoding="utf-8")
    capsys.readouterr()
    bench_training(False, second, first)
    found = json.loads(second.read_text(encoding="utf-8"))["against"]["ratios"]
    assert found[own] == {"stimulus": 0.5, "stimulus_and_rest": 1.0}
    assert found["kernel 400 layer"] == {"stimulus": 1.0, "stimulus_and_rest": 1.0}
    assert found["first compile 400"] == {"open": 1.0}
    assert "plain runtime 400, NumPy" not in found
    assert "also differs in: the machine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "cannot be read"),
        ("{", "no measurements"),
        ("[1]", "no measurements"),
        ('{"measurements": {"a": 3}}', "no measure"),
    ],
)
def test_what_is_no_earlier_benchmark_is_refused_at_once(
    content: str | None, error: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench, "run", lambda *_: pytest.fail("measured all the same"))
    earlier = tmp_path / "earlier.json"
    if content is not None:
        earlier.write_text(content, encoding="utf-8")
    with pytest.raises(StdpbenchError, match=error):
        bench_training(False, tmp_path / "bench.json", earlier)


def test_output_is_refused_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "run", lambda *_: pytest.fail("measured all the same"))
    with pytest.raises(StdpbenchError, match="is a folder; give a file in it"):
        bench_training(True, tmp_path)
    with pytest.raises(StdpbenchError, match="there is no folder"):
        bench_training(True, tmp_path / "none" / "bench.json")
