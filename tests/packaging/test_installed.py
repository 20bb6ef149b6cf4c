"""Everything that is started by name starts from an installed wheel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stdpbench import __version__
from stdpbench.base.helper import ATTACH
from stdpbench.base.wire import Listener


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pip makes of the wheel; packages that it needs are those of these tests."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "--target"]
    done = subprocess.run([*command, str(folder), str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def started(installed: Path, *command: str, **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), **options}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=installed,
    )


def ended(process: subprocess.Popen[str], asked: str = "") -> tuple[int, str, str]:
    """Exit status, output, errors."""
    output, errors = process.communicate(asked)
    assert "Traceback" not in errors, errors
    return process.returncode, output, errors


def module(installed: Path, name: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return started(installed, sys.executable, "-P", "-m", name, *arguments, **options)


def answer(process: subprocess.Popen[str], asked: Any) -> Any:
    """What it answers while its standard input stays open."""
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def test_every_module_that_is_started_by_name_is_in_this_file() -> None:
    root, tested = Path(__file__).parents[2], Path(__file__).read_text(encoding="utf-8")
    paths = [path for path in (root / "stdpbench").rglob("*.py") if '"__main__"' in path.read_text(encoding="utf-8")]
    names = {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__main__") for path in paths}
    assert len(names) > 10
    assert {name for name in names if f'"{name}"' not in tested} == set()


def test_the_installed_package_is_what_is_started(installed: Path) -> None:
    look = "import stdpbench, stdpbench_gui; print(stdpbench.__file__); print(stdpbench_gui.__file__)"
    _, output, _ = ended(started(installed, sys.executable, "-P", "-c", look))
    assert [Path(line).parents[1] for line in output.splitlines()] == [installed, installed]


@pytest.mark.parametrize("how", ["script", "module"])
def test_the_command_says_its_version_and_helps(how: str, installed: Path) -> None:
    (script,) = (installed / "bin").glob("stdpbench*")
    command = [str(script)] if how == "script" else [sys.executable, "-P", "-m", "stdpbench"]
    version, usage = (started(installed, *command, option) for option in ("--version", "--help"))
    assert ended(version)[:2] == (0, f"stdpbench {__version__}\n")
    status, output, _ = ended(usage)
    assert status == 0
    assert "Usage: " in output


@pytest.mark.parametrize(
    ("name", "arguments", "environment", "error"),
    [
        ("stdpbench_gui", [], {"QT_QPA_PLATFORM": "none"}, r"\AThe app cannot start: "),
        ("stdpbench.runs.process.worker", ["nowhere"], {}, "nowhere"),
    ],
)
def test_the_app_and_the_process_of_a_run_start(
    name: str, arguments: list[str], environment: dict[str, str], error: str, installed: Path
) -> None:
    status, _, errors = ended(module(installed, name, *arguments, **environment))
    assert status == 1
    assert re.search(error, errors)


@pytest.mark.parametrize(
    ("name", "asked", "error"),
    [
        ("stdpbench.runs.process.probe", {}, "nowhere"),
        ("stdpbench.studies.lab.service", {}, "unknown request"),
        ("stdpbench.studies.report.service", {}, "nowhere"),
        ("stdpbench.runs.process.nir_export", {"folder": "nowhere", "target": "network.nir"}, "nowhere"),
        (
            "stdpbench.results.figures.paper",
            {"spec": {}, "table": None, "order": {"target": "figure.txt"}},
            "figure.txt must end in .pdf, .svg or .png",
        ),
        (
            "stdpbench.studies.report.replayed",
            {"folder": "nowhere", "targets": [], "neurons": {}, "n_stimuli": 0, "replace": False},
            "nowhere",
        ),
    ],
)
def test_processes_that_answer_start(name: str, asked: dict[str, Any], error: str, installed: Path) -> None:
    listener = Listener()
    process = module(installed, name, "nowhere", **{ATTACH: json.dumps(listener.invitation.to_mapping())})
    channel = listener.accept()
    channel.send(("request", 3, "fly", asked))
    kind, number, why, _ = channel.receive()
    assert (kind, number) == ("reply", 3)
    assert error in why
    channel.close()
    listener.close()
    assert ended(process)[0] == 0


def test_the_process_that_compiles_starts(installed: Path) -> None:
    asked = {"experiment": {"seed": "x"}, "n_input": 4, "simulator": "runtime"}
    status, output, _ = ended(module(installed, "stdpbench.runs.process.compile_process"), json.dumps(asked))
    assert status == 1
    assert "seed" in output


def test_the_process_of_a_sweep_starts(installed: Path) -> None:
    process = module(installed, "stdpbench.studies.sweeps.remote")
    assert "seed" in answer(process, {"experiment": {"seed": "x"}, "about": {}})["error"]
    assert process.wait(60) == 0  # before its standard input is closed, which ends it at once
    ended(process)


@pytest.mark.parametrize(
    ("parser", "arguments", "sentence"),
    [
        ("stdpbench.data.datasets._hdf5:parse", [], "is damaged, or not an HDF5 file"),
        ("stdpbench.bridges.nir.reading:parse", [None], "is not a NIR file as written by `nir.write`"),
        ("stdpbench.bridges.nir.layers:parse", [], "is not a NIR file as written by `nir.write`"),
    ],
)
def test_the_process_that_reads_foreign_files_starts(
    installed: Path, tmp_path: Path, parser: str, arguments: list[None], sentence: str
) -> None:
    damaged = tmp_path / "file"
    damaged.write_bytes(b"not HDF5")
    given = json.dumps({"arguments": arguments, "memory": 1 << 30, "seconds": 20})
    process = module(installed, "stdpbench.base.foreign_files", parser, str(damaged), str(tmp_path), given)
    status, output, _ = ended(process)
    assert status == 3
    assert f"{damaged} {sentence}" in output
