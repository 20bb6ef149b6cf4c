from __future__ import annotations

import io
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from rich.console import Console

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.machine import findings_table, summary
from stdpbench.data.datasets import fetch
from stdpbench.engine import doctor
from stdpbench.engine.doctor import Finding

SYSTEMS = ("debian", "fedora", "macos", "windows", "other")


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    monkeypatch.setattr(doctor, "_system", lambda: name)
    return name


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_system", lambda: "debian")


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("stdpbench.compiling.toolchain.find_spec", lambda name: None)


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Installed packages and their versions: what declared requirements ask for, to be changed by a test."""
    installed = {"stdpbench": "0.1.0", "brian2": "2.9.0", "numpy": "2.3.5", "pydantic": "2.7.1", "PyQt6": "6.10.2"}
    declared = [
        "brian2<2.12,>=2.9",
        "numpy<2.4,>=1.26; python_version < '3.12'",
        "numpy>=1.26; python_version >= '3.12'",
        "pydantic<3,>=2.7",
        "PyQt6!=6.11.0,!=6.11.1,>=6.6",
        "winonly>=1; sys_platform == 'never'",
        "pytest>=8; extra == 'test'",
    ]

    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    def requires(name: str) -> list[str]:
        version(name)
        return declared

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "requires", requires)
    return installed


def expect(finding: Finding, state: str, *details: str, fix: str = "") -> None:
    """A sound finding in this state, with these parts of its detail and of its fix."""
    sound(finding)
    assert finding.state == state
    assert [detail for detail in details if detail not in finding.detail] == []
    assert fix in finding.fix


def sound(finding: Finding) -> None:
    """What holds for every finding."""
    assert finding.name
    assert finding.detail
    assert (finding.fix == "") == (finding.state == "ok")
    assert "\n" not in finding.detail + finding.fix


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_diagnoses_this_machine() -> None:
    findings = doctor.diagnose()
    for finding in findings:
        sound(finding)
    names = [finding.name for finding in findings]
    for name in (
        "Python",
        "C++ compiler",
        "Python headers",
        "display",
        "mnist",
        "cache folder",
        "runs folder",
        "disk",
    ):
        assert name in names
    assert len(names) == len(set(names))


def test_looks_without_importing_what_it_looks_at() -> None:
    code = (
        "import sys; from stdpbench.engine.doctor import diagnose; diagnose(); "
        "print(*{'brian2', 'sklearn', 'matplotlib', 'PyQt6', 'scipy', 'pyqtgraph'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_a_fault(version: tuple[int, int], system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    expect(doctor._python(), "fault", "3.11 to 3.13 is required", fix="3.13")


def test_packages_that_fit_are_listed_in_one_finding(versions: dict[str, str]) -> None:
    assert [finding.state for finding in doctor._packages()] == ["ok"]
    (finding,) = doctor._packages()
    assert finding.detail == "brian2 2.9.0, numpy 2.3.5, pydantic 2.7.1, PyQt6 6.10.2"


@pytest.mark.parametrize("numpy", ["2.4.0", "2.4.0rc1", "2.5.1"])
def test_brian2_2_9_beside_numpy_2_4_is_a_fault(versions: dict[str, str], numpy: str) -> None:
    versions["numpy"] = numpy
    finding = next(iter(finding for finding in doctor._packages() if finding.name == "numpy"))
    expect(finding, "fault")
    assert "numpy<2.4" in finding.fix


@pytest.mark.parametrize(
    ("package", "version", "detail"),
    [
        ("pydantic", "1.10.0", "1.10.0 is installed, but stdpbench requires <3,>=2.7"),
        ("PyQt6", "6.11.0", "6.11.0 is installed, but stdpbench requires"),
        ("PyQt6", "6.11.1", "6.11.1 is installed, but stdpbench requires"),
        ("brian2", None, "is not installed"),
    ],
)
def test_a_package_that_does_not_fit_is_a_fault(
    versions: dict[str, str], package: str, version: str | None, detail: str
) -> None:
    if version is None:
        del versions[package]
    else:
        versions[package] = version
    faults = [finding for finding in doctor._packages() if finding.state != "ok"]
    (finding,) = faults
    sound(finding)
    assert (finding.name, finding.state) == (package, "fault")
    assert detail in finding.detail
    assert f"-m pip install '{package}" in finding.fix.replace('"', "'")


def test_without_an_installation_packages_cannot_be_judged(versions: dict[str, str]) -> None:
    del versions["stdpbench"]
    (finding,) = doctor._packages()
    expect(finding, "warning", fix="--editable .")


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_there_is_a_way_to_one_on_every_system(system: str) -> None:
    finding = doctor._compiler()
    expect(finding, "warning", "none of $CXX, g++, c++, clang++ and the package ziglang was found")
    command = {"debian": "apt install g++", "fedora": "dnf install gcc-c++", "macos": "xcode-select --install"}
    assert command.get(system, "pip install ziglang") in finding.fix


@pytest.mark.usefixtures("no_compiler", "debian")
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("echo 'probe.cpp:1:10: fatal error: cmath: No such file' >&2; exit 1", "fatal error: cmath: No such file"),
        ("exit 3", "exit status 3"),
        ("exit 0", "its output cannot be loaded"),
        ('for last; do :; done; echo nonsense > "$last"', "its output cannot be loaded"),
    ],
)
def test_a_compiler_that_does_not_work_says_why(tmp_path: Path, body: str, detail: str) -> None:
    script(tmp_path, "g++", body)
    expect(doctor._compiler(), "warning", "g++ does not work (", detail)


@pytest.mark.parametrize("named", ["no-such-compiler", "'not closed", "''"])
def test_a_wrong_cxx_is_told_even_where_another_compiler_works(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(map(shutil.which, ("g++", "c++", "clang++"))):
        pytest.skip("this machine has no C++ compiler")
    monkeypatch.setenv("CXX", named)
    expect(doctor._compiler(), "warning", "$CXX does not work", fix="unset CXX")


@pytest.mark.usefixtures("no_compiler")
def test_a_broken_compiler_before_one_that_works_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "g++", "exit 1")
    script(tmp_path, "clang++", "echo 'clang version 19'")
    monkeypatch.setattr(doctor, "_try_compiler", lambda command: None if "clang" in command[0] else "broken")
    finding = doctor._compiler()
    expect(finding, "warning")
    assert finding.fix == "set CXX=clang++"


def test_missing_headers_have_a_fix_on_every_system(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    finding = doctor._headers()
    expect(finding, "warning", "runs on NumPy, not on Cython", fix=f"{sys.version_info[0]}.{sys.version_info[1]}")


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(doctor, "_loads", lambda library: True)
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize(
    ("environment", "state", "detail"),
    [
        ({}, "warning", "neither WAYLAND_DISPLAY nor DISPLAY is set"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "ok", "offscreen, set by QT_QPA_PLATFORM"),
        ({"QT_QPA_PLATFORM": "offscreen:a=b", "DISPLAY": ":0"}, "ok", "offscreen, set by"),
        ({"DISPLAY": ":0"}, "ok", "X11 (:0)"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "ok", "Wayland (wayland-0)"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "xcb"}, "ok", "X11 (:0)"),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland"}, "warning", "neither"),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland;xcb"}, "ok", "X11 (:0)"),
        ({"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "xcb"}, "warning", "neither"),
    ],
)
def test_displays(environment: dict[str, str], state: str, detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    expect(doctor.display(), state, detail)


@pytest.mark.usefixtures("linux")
def test_libraries_that_qt_lacks_are_named_with_their_packages(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(doctor, "_loads", lambda library: library not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    finding = doctor.display()
    expect(finding, "fault", "libEGL.so.1, libxcb-cursor.so.0")
    command = {
        "debian": "sudo apt install libegl1 libxcb-cursor0",
        "fedora": "sudo dnf install libglvnd-egl xcb-util-cursor",
    }
    assert command.get(system, "install the packages that contain them") == finding.fix


@pytest.mark.parametrize(
    ("release", "system"),
    [
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, "debian"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "debian"),
        ({"ID": "debian"}, "debian"),
        ({"ID": "fedora"}, "fedora"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "fedora"),
        ({"ID": "arch"}, "other"),
    ],
)
def test_knows_families_of_linux(release: dict[str, str], system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert doctor._system() == system


def test_data_sets_that_are_missing_damaged_or_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def status(name: str) -> Path | None:
        if name == "kmnist":
            raise StdpbenchError("train-labels is cut off")
        return tmp_path if name == "mnist" else None

    monkeypatch.setattr(fetch, "status", status)
    damaged: list[str] = []
    monkeypatch.setattr(fetch, "damaged", lambda name, folder: damaged)
    mnist, fashion, kmnist = doctor._data_sets()
    assert (mnist.name, mnist.state) == ("mnist", "ok")
    expect(fashion, "warning", fix="stdpbench data fetch fashion-mnist")
    expect(kmnist, "fault", "train-labels is cut off")
    damaged.append("train-images")
    expect(next(iter(doctor._data_sets())), "fault", "train-images is not as published", fix="data fetch mnist")


def test_a_folder_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b ü"
    finding = doctor._folder("cache folder", folder, "STDPBENCH_CACHE")
    assert finding == Finding("cache folder", "ok", str(folder))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        finding = doctor._folder("cache folder", folder, "STDPBENCH_CACHE")
        expect(finding, "fault", str(folder), fix="STDPBENCH_CACHE")


@pytest.mark.parametrize(("free", "state"), [(50e9, "ok"), (1e9, "warning"), (1e6, "fault")])
def test_a_full_disk_is_told(free: float, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=int(free)))
    expect(doctor._room(), state, f"{free / 1e9:.1f} GB free")


def drawn(findings: tuple[Finding, ...]) -> str:
    paper = io.StringIO()
    Console(file=paper, width=100).print(findings_table(findings))
    return paper.getvalue() + summary(findings)


def test_renders_every_finding_with_its_fix() -> None:
    text = drawn(
        (
            Finding("Python", "ok", "CPython 3.11.7 in [test]"),
            Finding("mnist", "warning", "is missing", "stdpbench data fetch mnist"),
            Finding("PyQt6", "fault", "is not installed", "pip install 'stdpbench[test]'"),
        )
    )
    assert "→ stdpbench data fetch mnist" in text
    assert "1 fault and 1 warning; each fix follows an arrow." in text
