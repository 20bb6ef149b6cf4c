"""Check whether this machine meets the requirements of runs and of the app, and suggest fixes.

Packages are checked by their metadata and never imported, since a broken package must not break the doctor. The
compiler compiles a small library, since partial installations are common.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

from stdpbench.base import paths
from stdpbench.base.errors import StdpbenchError

DATA_SETS = ("mnist", "fashion-mnist", "kmnist")
PYTHONS = ((3, 11), (3, 13))
"""Oldest and newest supported Python."""

_ROOM_WANTED, _ROOM_NEEDED = 2e9, 2e8  # bytes: for data sets and a few runs; for one run


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Attributes
    ----------
    name : str
        Subject of the check.
    state : {"ok", "warning", "fault"}
        Warning: everything works, but slower or without some feature. Fault: something does not work.
    detail : str
        Result in words.
    fix : str
        A command or a sentence that fixes it; empty if and only if the state is ``"ok"``.
    """

    name: str
    state: Literal["ok", "warning", "fault"]
    detail: str
    fix: str = ""


def diagnose() -> tuple[Finding, ...]:
    """Check everything that a run or the app needs; takes about a second, mostly for the compiler."""
    return (
        _python(),
        *_packages(),
        _compiler(),
        _headers(),
        display(),
        *_data_sets(),
        _folder("cache folder", paths.cache_folder(), "STDPBENCH_CACHE"),
        _folder("runs folder", paths.runs_folder(), "STDPBENCH_RUNS"),
        _room(),
    )


def _system() -> str:
    """Return the system whose commands a fix should name: debian, fedora, macos, windows or other."""
    name = {"Darwin": "macos", "Windows": "windows"}.get(platform.system())
    if name:
        return name
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "other"
    families = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if families & {"debian", "ubuntu"}:
        return "debian"
    return "fedora" if families & {"fedora", "rhel"} else "other"


def _pip(*requirements: str) -> str:
    command = [sys.executable, "-m", "pip", "install", *requirements]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def _python() -> Finding:
    version = platform.python_version()
    description = f"{platform.python_implementation()} {version} at {sys.executable}"
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Finding("Python", "ok", description)
    oldest, newest = (".".join(map(str, python)) for python in PYTHONS)
    fix = {
        "debian": f"sudo apt install python{newest} python{newest}-venv",
        "fedora": f"sudo dnf install python{newest}",
        "macos": f"brew install python@{newest}",
        "windows": f"winget install Python.Python.{newest}",
    }.get(_system(), f"install Python {newest}")
    return Finding(
        "Python", "fault", f"{description}; {oldest} to {newest} is required", f"{fix}, then install stdpbench with it"
    )


def _packages() -> Iterator[Finding]:
    """Yield one finding for each unsuitable package, and one that lists the suitable ones."""
    try:
        declared = [Requirement(text) for text in metadata.requires("stdpbench") or ()]
    except metadata.PackageNotFoundError:
        yield Finding(
            "packages",
            "warning",
            "stdpbench runs from a folder and is not installed, so its requirements are unknown",
            f"{_pip('--editable', '.')} in the folder with pyproject.toml",
        )
        return
    requirements = [
        requirement
        for requirement in declared
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    suitable = []
    for requirement in requirements:
        installed = _version(requirement.name)
        if installed is None:
            yield Finding(
                requirement.name, "fault", "is not installed", _pip(f"{requirement.name}{requirement.specifier}")
            )
        elif requirement.name == "numpy" and (clash := _numpy_clash(installed)):
            yield clash
        elif not requirement.specifier.contains(installed, prereleases=True):
            detail = f"{installed} is installed, but stdpbench requires {requirement.specifier}"
            yield Finding(requirement.name, "fault", detail, _pip(f"{requirement.name}{requirement.specifier}"))
        else:
            suitable.append(f"{requirement.name} {installed}")
    if suitable:
        yield Finding("packages", "ok", ", ".join(suitable))


def _version(package: str) -> Version | None:
    try:
        return Version(metadata.version(package))
    except metadata.PackageNotFoundError:
        return None


def _numpy_clash(numpy: Version) -> Finding | None:
    brian2 = _version("brian2")
    if brian2 is None or brian2 >= Version("2.10") or numpy < Version("2.4.dev0"):
        return None
    detail = f"Brian2 {brian2} cannot be imported with NumPy {numpy}"
    return Finding("numpy", "fault", detail, _pip("numpy<2.4"))


def _compiler() -> Finding:
    failed: list[str] = []
    from stdpbench.compiling.toolchain import candidates

    for shown, command in candidates():
        problem = _try_compiler(command)
        if problem is not None:
            failed.append(f"{shown} does not work ({problem})")
            continue
        description = f"{shown}: {_version_line(command)}"
        if failed:
            # the compiled simulator would use the broken compiler, since it takes the first one that answers
            remedy = "unset CXX, or set it to one that works" if os.environ.get("CXX") else f"set CXX={shown}"
            return Finding("C++ compiler", "warning", f"{'; '.join(failed)}; but {description}", remedy)
        return Finding("C++ compiler", "ok", description)
    tried = "; ".join(failed) or "none of $CXX, g++, c++, clang++ and the package ziglang was found"
    fix = {
        "debian": "sudo apt install g++",
        "fedora": "sudo dnf install gcc-c++",
        "macos": "xcode-select --install",
    }.get(_system())
    wheel = _pip("ziglang")
    return Finding(
        "C++ compiler",
        "warning",
        f"{tried}, so networks run on NumPy, many times slower",
        f"{fix} (without administrator rights: {wheel})" if fix else wheel,
    )


def _try_compiler(command: Sequence[str]) -> str | None:
    """Compile a small shared library and call it; return the problem, or None."""
    from stdpbench.compiling.toolchain import LINK_BARE

    # networks do not use the C++ library of zig, which would have to be compiled first
    zig = "ziglang" in command
    source = "" if zig else "#include <cmath>\n#include <vector>\n"
    source += 'extern "C" double stdpbench_probe(double x) { return 2 * x; }\n'
    with tempfile.TemporaryDirectory(prefix="stdpbench-doctor-", ignore_cleanup_errors=True) as name:
        probe, library = Path(name, "probe.cpp"), Path(name, "probe.so")
        probe.write_text(source, encoding="ascii")
        flags = ["-shared", "-fPIC", *(LINK_BARE if zig else [])]
        try:
            done = subprocess.run(
                [*command, *flags, str(probe), "-o", str(library)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "compiling three lines took more than two minutes"
        except OSError as error:
            return f"{command[0]} cannot be run: {error.strerror}"
        if done.returncode != 0:
            lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            errors = [line for line in lines if "error" in line.lower()]
            return (errors or lines or [f"exit status {done.returncode}"])[0]
        try:
            function = ctypes.CDLL(str(library)).stdpbench_probe
        except (OSError, AttributeError) as error:
            return f"its output cannot be loaded: {error}"
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
        return None if function(21.0) == 42.0 else "its output computes wrong values"


def _version_line(command: Sequence[str]) -> str:
    ask = [*command, "--version"]
    done = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    return next(iter(done.stdout.splitlines()), "of unknown version")


def _headers() -> Finding:
    header = Path(sysconfig.get_path("include"), "Python.h")
    if header.is_file():
        return Finding("Python headers", "ok", str(header))
    version = ".".join(map(str, sys.version_info[:2]))
    fix = {
        "debian": f"sudo apt install python{version}-dev",
        "fedora": f"sudo dnf install python{version}-devel",
        "macos": f"brew install python@{version}",
        "windows": f"winget install Python.Python.{version}",
    }.get(_system(), f"install the development files of Python {version}")
    detail = f"{header} is missing, so the runtime simulator runs on NumPy, not on Cython, and slower"
    return Finding("Python headers", "warning", detail, fix)


# shared library -> package on Debian, package on Fedora; the wheels of Qt include none of these
_QT_LIBRARIES = {
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
}
_X11_LIBRARIES = {
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
}


def display() -> Finding:
    """Check whether the app can open a window, without importing Qt."""
    if platform.system() in ("Darwin", "Windows"):
        return Finding("display", "ok", {"Darwin": "macOS", "Windows": "Windows"}[platform.system()])
    # Qt accepts a list: "wayland;xcb", and each may have parameters: "offscreen:configfile=…"
    plugins = [name.partition(":")[0] for name in os.environ.get("QT_QPA_PLATFORM", "").split(";") if name]
    screenless = [name for name in plugins if not name.startswith(("wayland", "xcb"))]
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    libraries = dict(_QT_LIBRARIES)
    if wayland and (not plugins or any(name.startswith("wayland") for name in plugins)):
        description = f"Wayland ({wayland})"
    elif screenless:
        description = f"{screenless[0]}, set by QT_QPA_PLATFORM"
    elif x11 and (not plugins or "xcb" in plugins):
        description, libraries = f"X11 ({x11})", libraries | _X11_LIBRARIES
    else:
        return Finding(
            "display",
            "warning",
            "none, as neither WAYLAND_DISPLAY nor DISPLAY is set; the app needs one, the command line does not",
            "start from a desktop session, or connect with ssh -X",
        )
    missing = [name for name in libraries if not _loads(name)]
    if not missing:
        return Finding("display", "ok", description)
    column = {"debian": 0, "fedora": 1}.get(_system())
    fix = "install the packages that contain them"
    if column is not None:
        install = ("sudo apt install", "sudo dnf install")[column]
        fix = f"{install} {' '.join(libraries[name][column] for name in missing)}"
    return Finding("display", "fault", f"{description}, but Qt, and so the app, lacks {', '.join(missing)}", fix)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _data_sets() -> Iterator[Finding]:
    from stdpbench.data.datasets.fetch import damaged, status

    for name in DATA_SETS:
        fetch = f"stdpbench data fetch {name}"
        try:
            path = status(name)
        except StdpbenchError as error:
            yield Finding(name, "fault", str(error), fetch)
            continue
        if path is not None and (bad_files := damaged(name, path)):
            are = "is" if len(bad_files) == 1 else "are"
            detail = f"{path}: {', '.join(bad_files)} {are} not as published; fetching keeps what is there as .old"
            yield Finding(name, "fault", detail, fetch)
        elif path is not None:
            yield Finding(name, "ok", str(path))
        else:
            where = " or ".join(map(str, paths.data_folders()))
            yield Finding(name, "warning", f"is not in {where}; only experiments with it need it", fetch)


def _existing(folder: Path) -> Path:
    """Return the folder, or its nearest existing ancestor."""
    folder = folder.absolute()
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)


def _folder(name: str, folder: Path, variable: str) -> Finding:
    shown = folder.absolute()
    try:
        # write a file: permissions alone do not show read-only and full disks
        with tempfile.TemporaryFile(dir=_existing(folder)) as file:
            file.write(b"stdpbench")
    except OSError as error:
        detail = f"{shown} cannot be written to: {error.strerror}"
        return Finding(name, "fault", detail, f"set {variable} to a writable folder")
    return Finding(name, "ok", str(shown))


def _room() -> Finding:
    places = {_existing(folder) for folder in (paths.data_folder(), paths.cache_folder(), paths.runs_folder())}
    free, place = min((shutil.disk_usage(path).free, path) for path in places)
    detail = f"{free / 1e9:.1f} GB free at {place}"
    if free >= _ROOM_WANTED:
        return Finding("disk", "ok", detail)
    state: Literal["warning", "fault"] = "warning" if free >= _ROOM_NEEDED else "fault"
    return Finding(
        "disk",
        state,
        f"{detail}; data sets and some runs need {_ROOM_WANTED / 1e9:g} GB",
        "delete old run folders, or set STDPBENCH_RUNS, STDPBENCH_CACHE and STDPBENCH_DATA to folders on another disk",
    )
