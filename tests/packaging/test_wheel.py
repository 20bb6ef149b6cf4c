"""What is in the wheel, judged by building it from what would be committed."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from stdpbench.cli.bench import plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def relative(folder: str, pattern: str) -> set[str]:
    return {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob(pattern)}


def test_only_the_two_packages_are_at_top_level(names: list[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith((".dist-info", ".data"))} == {"stdpbench", "stdpbench_gui"}


def test_a_desktop_finds_the_app(names: list[str]) -> None:
    (data,) = {name.split("/")[0] for name in names if ".data/" in name}
    shared = {name.removeprefix(f"{data}/data/share/") for name in names if name.startswith(f"{data}/")}
    assert shared == {
        "applications/stdpbench.desktop",
        "icons/hicolor/scalable/apps/stdpbench.svg",
        "mime/packages/stdpbench.xml",
    }


def test_every_module_is_inside(names: list[str]) -> None:
    assert {f"stdpbench/{module}" for module in relative("stdpbench", "*.py")} <= set(names)
    assert {f"stdpbench_gui/{module}" for module in relative("gui/stdpbench_gui", "*.py")} <= set(names)
    assert {"stdpbench/py.typed", "stdpbench_gui/py.typed"} <= set(names)


def test_experiments_and_what_bench_runs_are_inside(names: list[str]) -> None:
    experiments, scripts = relative("experiments", "*.toml"), {measurement.script for measurement in plan(full=True)}
    assert experiments
    assert scripts
    assert {f"stdpbench/_shipped/experiments/{name}" for name in experiments} <= set(names)
    inside = {name.rpartition("/")[2] for name in names if "_shipped/benchmarks" in name}
    assert inside == scripts | {"inputs.py", "plain_network.py", "kernel_float32.cpp"}


def test_no_tests_and_caches_are_inside(names: list[str]) -> None:
    for name in names:
        *folders, last = name.split("/")
        assert not {"tests", "__pycache__"} & set(folders), name
        assert not last.startswith(("test_", "conftest")), name


def test_the_command_and_the_licence_are_declared(wheel: Path, names: list[str]) -> None:
    (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
    with zipfile.ZipFile(wheel) as archive:
        scripts = configparser.ConfigParser()
        scripts.read_string(archive.read(f"{info}/entry_points.txt").decode())
        described = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
    assert scripts["console_scripts"]["stdpbench"] == "stdpbench.cli:main"
    assert described["License-Expression"] == "GPL-3.0-or-later"
    assert f"{info}/licenses/LICENSE" in names
    assert described["Requires-Python"].replace(" ", "") in ("<3.14,>=3.11", ">=3.11,<3.14")
    needs = described.get_all("Requires-Dist")
    assert needs is not None
    pinned = [need for need in needs if need.startswith("numpy") and "<2.4" in need]
    assert len(pinned) == 1
    assert "python_version < '3.12'" in pinned[0].replace('"', "'")


def test_what_ships_is_found_in_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from stdpbench.experiment import shipped_experiments\n"
        "for name, path in shipped_experiments().items(): print(f'{name}={path}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],  # isolated, so that the checkout is not found instead
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        cwd=tmp_path,
    )
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert set(found) == {Path(name).stem for name in relative("experiments", "*.toml") if "/" not in name}
    shipped = tmp_path / "stdpbench" / "_shipped" / "experiments"
    assert {Path(path).parent for path in found.values()} == {shipped}
