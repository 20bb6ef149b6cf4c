"""The C++ compiler of this machine, and its flags for a fast shared library."""

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
from typing import NoReturn

from stdpbench.base.errors import StdpbenchError

# No -ffast-math: at link time it would change the floating point mode of the whole process, and reordered sums would
# depend on the width of vectors. These of its options suffice to vectorise exp, min and comparisons.
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

# zig ships its C++ library as source, and compiling it takes twenty times as long as compiling a network. A network
# that is compiled without exceptions and linked without that library only needs the functions in bare.h.
_BARE = ["-fno-exceptions", "-fvisibility-global-new-delete=force-hidden"]
LINK_BARE = ["-nostdlib++", "-fno-sanitize=undefined"]
if sys.platform != "win32":  # there, the compiler's runtime library checks the stack
    LINK_BARE += ["-rtlib=none"]
if sys.platform.startswith("linux"):
    LINK_BARE += ["-Wl,-z,defs"]  # report undefined symbols at link time, not at load time


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler.

    Attributes
    ----------
    command : tuple of str
        Command that calls it.
    family : {"gcc", "clang", "zig"}
        Family, which determines its flags.
    version : str
        First line of the output of ``--version``.
    """

    command: tuple[str, ...]
    family: str
    version: str

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags for a library for this machine."""
        if self.family == "gcc":
            # allows GCC to vectorise loops over many arrays, with more checks for overlap
            specific = ["-march=native", "--param=vect-max-version-for-alias-checks=200"]
            if "avx512f" in cpu_flags():
                specific.append("-mprefer-vector-width=512")
            if sys.platform == "win32":  # there, Python does not find GCC's libraries on the path
                specific.append("-static")
        elif self.family == "zig":
            specific = ["-mcpu=native", "-ffp-contract=fast", "-fno-sanitize=undefined"]
        else:
            apple_arm = sys.platform == "darwin" and os.uname().machine == "arm64"
            specific = ["-mcpu=native" if apple_arm else "-march=native", "-ffp-contract=fast"]
        return (*_COMMON, *specific)


@cache
def find_compiler() -> Compiler | None:
    """Return the first working compiler of ``$CXX``, g++, c++, clang++ and the ``ziglang`` wheel; None if none."""
    for _, command in candidates():
        if compiler := _ask(command):
            return compiler
    return None


def candidates() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and command of possible compilers, best first, without trying them."""
    if named := os.environ.get("CXX", "").strip():
        try:
            yield "$CXX", tuple(shlex.split(named, posix=os.name != "nt")) or (named,)
        except ValueError:  # an unclosed quote
            yield "$CXX", (named,)
    for name in ("g++", "c++", "clang++"):
        if path := shutil.which(name):
            yield name, (path,)
    if find_spec("ziglang"):
        yield "ziglang", (sys.executable, "-m", "ziglang", "c++")


def _ask(command: tuple[str, ...]) -> Compiler | None:
    try:
        process = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if process.returncode != 0 or not process.stdout:
        return None
    version = process.stdout.splitlines()[0]
    family = "clang" if "clang" in process.stdout.lower() else "gcc"
    return Compiler(command, "zig" if "ziglang" in command else family, version)


@cache
def cpu_flags() -> frozenset[str]:
    """Return the instruction sets of this processor, as far as known; they are part of the key of networks."""
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
        The compiler.
    source, library : Path
        The source, and the library to write.
    log : Path, optional
        File for the output of the compiler if it fails; default: ``compiler.log`` next to the source.
    parts : sequence of Path
        Objects of the code that the source includes unless ``RESIDENT_PARTS_APART`` is defined; see parts.py. If
        linking fails, they are ignored.

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
        objects = [str(part.resolve()) for part in parts]
        linked_command = [*command[:-3], "-DRESIDENT_PARTS_APART", source.name, *objects, "-o", target]
        if _run(linked_command, source.parent).returncode == 0 and library.is_file():
            return
    process = _run(command, source.parent)
    if process.returncode == 0 and library.is_file():
        return
    try:
        _refuse(compiler, command, process, log or source.parent / "compiler.log")
    except StdpbenchError as error:
        raise StdpbenchError(f"{error}; --simulator runtime works without compiling") from None


def compile_as_told(
    compiler: Compiler, sources: Sequence[Path], library: Path, flags: Sequence[str], link: Sequence[str], log: Path
) -> None:
    """Compile sources with the flags of somebody else, and link them without, into a shared library.

    When linked with ``-ffast-math``, a library would change the floating point mode of the whole process.

    Raises
    ------
    StdpbenchError
        If the compiler fails.
    """
    objects, target = list[str](), str(library.resolve())
    for number, source in enumerate(sources):
        objects.append(str((library.parent / f"{number}.o").resolve()))
        command = [*compiler.command, *flags, "-fPIC", "-c", str(source.resolve()), "-o", objects[-1]]
        process = _run(command, library.parent)
        if process.returncode:
            _refuse(compiler, command, process, log)
    command = [*compiler.command, "-shared", *objects, *link, "-o", target]
    process = _run(command, library.parent)
    if process.returncode or not library.is_file():
        _refuse(compiler, command, process, log)


def _refuse(
    compiler: Compiler, command: Sequence[str], process: subprocess.CompletedProcess[str], log: Path
) -> NoReturn:
    """Keep the output of the compiler, and say in one sentence that it failed."""
    log.write_text(shlex.join(command) + "\n\n" + process.stdout + process.stderr, encoding="utf-8")
    errors = [line.strip() for line in process.stderr.splitlines() if line.strip()]
    first = next(
        (line for line in errors if "error" in line),
        errors[0] if errors else f"status {process.returncode}, and no library",
    )
    raise StdpbenchError(
        f"{compiler.version} could not compile the network ({first}); the output of the compiler is in {log}"
    )


def compile_object(compiler: Compiler, source: Path, target: Path, define: Sequence[str] = ()) -> bool:
    """Compile one translation unit for later linking; return whether it succeeded."""
    command = [*compiler.command, *compiler.flags, "-DRESIDENT_PARTS_APART", *define, "-c", source.name]
    return _run([*command, "-o", str(target.resolve())], source.parent).returncode == 0 and target.is_file()


def _compile_bare(compiler: Compiler, source: Path, library: Path) -> bool:
    """Compile without exceptions, and link without the C++ library; return whether it succeeded.

    It fails with a version of zig whose headers need more of the library than bare.h has.
    """
    with tempfile.TemporaryDirectory(prefix="zig-", dir=library.parent, ignore_cleanup_errors=True) as folder:
        # otherwise zig would store every object in its cache, which never evicts
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
