"""What is the same in every network, compiled once for all of them and linked into each.

A network takes a third to two thirds less time to compile without it. The source of each network includes it unless it
is linked: with zig, and if it cannot be compiled apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from stdpbench.base.files import TEMPORARY, remove_tree
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled.deliveries import delivered
from stdpbench.engine.simulators.compiled.toolchain import Compiler, compile_object, cpu_flags

DELIVERY = "delivery.cpp"
PARTS = ("parts.cpp", DELIVERY)
"""Sources of what networks share; the second is for those whose spikes are delivered, in one precision."""
REALS = {"float64": "double", "float32": "float"}
"""Numbers with a point in C++, by precision."""
_HEADERS = ("bare.h", "parts.h", "delays.h", "graded.h")
_TEMPLATES = Path(__file__).parent / "templates"
ENTRY, MAKING = "[0-9a-f]{32}", rf"\.making-{TEMPORARY}"
"""Names of folders in the cache: networks and what they share, and those in which something is made."""
_DIGEST = "sha256"


def seal(folder: Path, *names: str) -> None:
    """Write the digest of files of an entry of the cache, by which damage to them is found."""
    (folder / _DIGEST).write_text(_digest_of(folder, names), encoding="ascii")


def is_intact(folder: Path, *names: str) -> bool:
    """Return whether an entry of the cache is there, and its files are as they were written."""
    try:
        return (folder / _DIGEST).read_text(encoding="ascii") == _digest_of(folder, names)
    except (OSError, ValueError):
        return False


def _digest_of(folder: Path, names: tuple[str, ...]) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def fetch_parts(compiler: Compiler, layout: Layout, networks: Path) -> list[Path]:
    """Objects of what a network shares with others, compiled now if they never were.

    Parameters
    ----------
    compiler : Compiler
        The compiler.
    layout : Layout
        The network.
    networks : Path
        Folder of the cache in which networks are; a part has a folder of its own there.

    Returns
    -------
    list of Path
        The objects; none if they are to be compiled with the network.
    """
    if compiler.family == "zig":
        return []
    delivers = any(delivered(layout, each) for each in layout.projections.values())
    objects = list[Path]()
    for name in PARTS if delivers else PARTS[:1]:
        define = [f"-DRESIDENT_REAL={REALS[layout.graph.precision]}"] if name == DELIVERY else []
        folder = networks / _key(compiler, name, define)
        made = folder / "part.o"
        if not is_intact(folder, made.name):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                if not is_intact(folder, made.name) and not _make(compiler, name, define, folder):
                    return []
        with suppress(OSError):  # the time of last use; it may have been evicted by now
            os.utime(folder)
        objects.append(made)
    return objects


def _key(compiler: Compiler, name: str, define: list[str]) -> str:
    texts = [(_TEMPLATES / each).read_text(encoding="utf-8") for each in (*_HEADERS, name)]
    everything = [texts, define, compiler.command, compiler.version, compiler.flags, sorted(cpu_flags())]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:32]


def _make(compiler: Compiler, name: str, define: list[str], folder: Path) -> bool:
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        if not compile_object(compiler, _TEMPLATES / name, aside / "part.o", define):
            return False
        seal(aside, "part.o")
        with suppress(OSError):  # one that is damaged
            remove_tree(folder, ENTRY)
        aside.rename(folder)
        return True
    finally:
        with suppress(OSError):
            remove_tree(aside, MAKING)
