"""Nothing but the run folder, the declared data and installed packages changes a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stdpbench.engine.simulators import find_compiler

EXECUTED = "(__import__('pathlib').Path(r'{marks}').joinpath('{name}').touch() or {value})"
TINY = """
name = "tiny"
data = { kind = "digits" }
network = { n_exc = 4, weight_sum = 20, w_inh_exc = 4, delays = "uniform" }
schedule = { train_images = 12, label_images = 10, test_images = 6, stimulus = 30, rest = 5 }
"""


def place(folder: Path, marks: Path) -> dict[str, str]:
    """Write files into a folder and a home folder that would change results, or leave a mark when executed."""
    home = folder / "home"
    (home / ".brian").mkdir(parents=True)
    (home / ".config" / "matplotlib").mkdir(parents=True)
    dtype = EXECUTED.format(marks=marks, name="preferences", value="float32")
    schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    for path in (folder / "brian_preferences", home / ".brian" / "user_preferences"):
        path.write_text(f"core.default_float_dtype = {dtype}\ncore.network.default_schedule = {schedule}\n")
    for path in (folder / "matplotlibrc", home / ".config" / "matplotlib" / "matplotlibrc"):
        path.write_text("font.size: 3\nfigure.facecolor: red\n")
    for name in ("numpy", "secrets", "json"):
        (folder / f"{name}.py").write_text(f"import pathlib\npathlib.Path({str(marks)!r}, {name!r}).touch()\n")
    return {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}


def run_beside_them(folder: Path, code: str) -> str:
    """Run Python where such files are, of which none is executed; return what it says."""
    (marks := folder / "marks").mkdir()
    environment, command = os.environ | place(folder, marks), [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert list(marks.iterdir()) == []
    return done.stdout


def test_brian2_reads_no_files_of_preferences(tmp_path: Path) -> None:
    code = (
        "from stdpbench.engine.network.brian import brian2, preferences\n"
        "brian2.prefs['core.network.default_schedule'] = ['start']\n"
        "with preferences(): print(brian2.prefs['core.default_float_dtype'].__name__, "
        "brian2.prefs['core.network.default_schedule'])"
    )
    said = run_beside_them(tmp_path, code)
    assert said.strip() == "float64 ['start', 'groups', 'thresholds', 'synapses', 'resets', 'end']"


def test_processes_that_libraries_start_import_nothing_from_the_current_folder(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "from stdpbench.cli import main\n"
        "try: main(['--version'])\n"
        "finally: subprocess.run([sys.executable, '-c', 'import secrets'], check=True)"
    )
    run_beside_them(tmp_path, code)


@pytest.mark.slow
@pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")
@pytest.mark.parametrize("simulator", ["compiled", "runtime"])
def test_a_run_beside_such_files_gives_the_same_bytes(simulator: str, tmp_path: Path) -> None:
    """The run is started by ``python -m``, which imports from the current folder where nothing prevents it."""
    (marks := tmp_path / "marks").mkdir()
    results = []
    for name in ("clean", "beside"):
        (folder := tmp_path / name).mkdir()
        environment = {**os.environ, "STDPBENCH_CACHE": str(tmp_path / f"cache-{name}")}
        if name == "beside":
            environment |= place(folder, marks)
        (folder / "tiny.toml").write_text(TINY)
        command = [sys.executable, "-m", "stdpbench", "run", "tiny.toml", "--simulator", simulator, "--json"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        run = folder / json.loads(done.stdout.splitlines()[-1])["path"]
        kept = sorted([*run.glob("*.np?"), *run.glob("figures/*"), run / "metrics.json"])
        results.append({str(path.relative_to(run)): path.read_bytes() for path in kept})
    metrics = [json.loads(result.pop("metrics.json")) for result in results]
    assert metrics[0]["accuracy"] == metrics[1]["accuracy"]
    assert len(results[0]) > 6
    assert results[0] == results[1]
    assert list(marks.iterdir()) == []
