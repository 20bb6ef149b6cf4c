"""The C++ compiler of this machine, and how to ask it for a fast shared library."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stdpbench.base.errors import StdpbenchError

# No -ffast-math: at link time it would change the floating point mode of the whole process, and reordered sums would
# depend on the width of vectors. What vectorises exp, min and comparisons is this part of it.
_COMMON = [
    "-std=c++17",
    "-O3",
    "-fPIC",
    "-w",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-ffinite-math-only",
]

# zig has its C++ library as source, and compiling that takes twenty times as long as a network, which needs little of
# it. What it needs is in bare.h, if it is compiled without exceptions and linked without that library.
_BARE = ["-fno-exceptions", "-fvisibility-global-new-delete=force-hidden"]
LINK_BARE = ["-nostdlib++", "-fno-sanitize=undefined"]
if sys.platform != "win32":  # where the compiler's own library checks the stack
    LINK_BARE += ["-rtlib=none"]
if sys.platform.startswith("linux"):
    LINK_BARE += ["-Wl,-z,defs"]  # what is missing is an error now, not when the library is loaded


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes
    ----------
    command : tuple of str
        How it is called.
    family : {"gcc", "clang", "zig"}
        Whose flags it knows.
    version : str
        First line of what it says about itself.
    """

    command: tuple[str, ...]
    family: str
    version: str

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags for a library for this machine."""
        if self.family == "gcc":
            # GCC gives up vectorising loops over many arrays unless it may check more of them for overlap
            own = ["-march=native", "--param=vect-max-version-for-alias-checks=200"]
            if "avx512f" in cpu_flags():
                own.append("-mprefer-vector-width=512")
            if sys.platform == "win32":  # where Python does not look for GCC's own libraries on the path
                own.append("-static")
        elif self.family == "zig":
            own = ["-mcpu=native", "-ffp-contract=fast", "-fno-sanitize=undefined"]
        else:
            own = ["-march=native" if not _is_apple_arm() else "-mcpu=native", "-ffp-contract=fast"]
        return (*_COMMON, *own)


def _is_apple_arm() -> bool:
    return sys.platform == "darwin" and os.uname().machine == "arm64"


@cache
def find_compiler() -> Compiler | None:
    """The first C++ compiler that answers: ``$CXX``, g++, c++, clang++, then the ``ziglang`` wheel."""
    for _, command in candidates():
        if compiler := _ask(command):
            return compiler
    return None


def candidates() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What compilers are called and how they are run, best first; whether they work is not asked here."""
    if named := os.environ.get("CXX", "").strip():
        try:
            yield "$CXX", tuple(shlex.split(named, posix=os.name != "nt")) or (named,)
        except ValueError:  # a quote that is not closed
            yield "$CXX", (named,)
    for name in ("g++", "c++", "clang++"):
        if path := shutil.which(name):
            yield name, (path,)
    if find_spec("ziglang"):
        yield "ziglang", (sys.executable, "-m", "ziglang", "c++")


def _ask(command: tuple[str, ...]) -> Compiler | None:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0 or not done.stdout:
        return None
    version = done.stdout.splitlines()[0]
    family = "clang" if "clang" in done.stdout.lower() else "gcc"
    return Compiler(command, "zig" if "ziglang" in command else family, version)


@cache
def cpu_flags() -> frozenset[str]:
    """Instruction sets of this processor, as far as the system tells; they name the cache of compiled networks."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return frozenset(line.partition(":")[2].split())
    except OSError:
        pass
    import platform

    return frozenset((platform.machine(), platform.processor()))


def compile_library(
    compiler: Compiler, source: Path, library: Path, log: Path | None = None, parts: Sequence[Path] = ()
) -> None:
    """Compile one translation unit into a shared library.

    Parameters
    ----------
    compiler : Compiler
        Which compiler.
    source, library : Path
        The source, and the library to write.
    log : Path, optional
        File for the output of the compiler if it fails; default: ``compiler.log`` next to the source.
    parts : sequence of Path
        Objects of what the source includes unless ``RESIDENT_PARTS_APART`` is defined; see parts.py. If it cannot be
        linked with them, they are left out.

    Raises
    ------
    StdpbenchError
        If the compiler fails.
    """
    target = str(library.resolve())
    command = [*compiler.command, *compiler.flags, "-shared", "-I.", source.name, "-o", target]
    if compiler.family == "zig" and _compile_bare(compiler, source, library):
        return
    if parts:
        objects = [str(each.resolve()) for each in parts]
        apart = [*command[:-3], "-DRESIDENT_PARTS_APART", source.name, *objects, "-o", target]
        if _run(apart, source.parent).returncode == 0 and library.is_file():
            return
    done = _run(command, source.parent)
    if done.returncode == 0 and library.is_file():
        return
    log = log or source.parent / "compiler.log"
    log.write_text(shlex.join(command) + "\n\n" + done.stdout + done.stderr, encoding="utf-8")
    errors = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    first = next(
        (line for line in errors if "error" in line),
        errors[0] if errors else f"status {done.returncode}, and no library",
    )
    raise StdpbenchError(
        f"{compiler.version} could not compile the network ({first}); the output of the compiler is in {log}; "
        "--simulator runtime works without compiling"
    )


def compile_object(compiler: Compiler, source: Path, target: Path, define: Sequence[str] = ()) -> bool:
    """Compile one translation unit that is to be linked into libraries; return whether that worked."""
    command = [*compiler.command, *compiler.flags, "-DRESIDENT_PARTS_APART", *define, "-c", source.name]
    return _run([*command, "-o", str(target.resolve())], source.parent).returncode == 0 and target.is_file()


def _compile_bare(compiler: Compiler, source: Path, library: Path) -> bool:
    """Compile without exceptions, and link without the C++ library; return whether that worked.

    It does not with a zig whose headers need more of the library than bare.h has.
    """
    with tempfile.TemporaryDirectory(prefix="zig-", dir=library.parent, ignore_cleanup_errors=True) as folder:
        # or zig would keep every object in its own cache, from which it evicts nothing
        environment = {"ZIG_LOCAL_CACHE_DIR": folder, **os.environ}
        compiled, target = str(Path(folder).resolve() / "resident.o"), str(library.resolve())
        steps = (
            [*compiler.command, *compiler.flags, *_BARE, "-c", "-I.", source.name, "-o", compiled],
            [*compiler.command, "-O3", "-shared", *LINK_BARE, compiled, "-o", target],
        )
        return all(_run(step, source.parent, environment).returncode == 0 for step in steps) and library.is_file()


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise StdpbenchError(f"the compiler {command[0]} cannot be run: {error.strerror}") from error
