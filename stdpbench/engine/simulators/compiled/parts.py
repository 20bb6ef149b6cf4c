"""Code that is the same in every network, compiled once and linked into each.

This reduces the time to compile a network by a third to two thirds. With zig, or if this code cannot be compiled
separately, the source of each network includes it instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from stdpbench.base.files import remove_tree
from stdpbench.compiling.entries import MAKING, is_intact, replace_entry, seal
from stdpbench.compiling.toolchain import Compiler, compile_object, cpu_flags
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled.deliveries import delivered

DELIVERY = "delivery.cpp"
PARTS = ("parts.cpp", DELIVERY)
"""Sources of shared code; the second, for one precision, is for networks that use `deliveries`."""
REALS = {"float64": "double", "float32": "float"}
"""Floating point types of C++, by precision."""
_HEADERS = ("bare.h", "parts.h", "delays.h", "graded.h")
_TEMPLATES = Path(__file__).parent / "templates"


def fetch_parts(compiler: Compiler, layout: Layout, networks: Path) -> list[Path]:
    """Return the objects of shared code for a network; compile those that are not in the cache.

    Parameters
    ----------
    compiler : Compiler
        The compiler.
    layout : Layout
        The network.
    networks : Path
        Folder of the cache with networks; each part has a subfolder.

    Returns
    -------
    list of Path
        The objects; empty if shared code is to be compiled with the network.
    """
    if compiler.family == "zig":
        return []
    delivers = any(delivered(layout, projection) for projection in layout.projections.values())
    objects = list[Path]()
    for name in PARTS if delivers else PARTS[:1]:
        define = [f"-DRESIDENT_REAL={REALS[layout.graph.precision]}"] if name == DELIVERY else []
        folder = networks / _key(compiler, name, define)
        object_file = folder / "part.o"
        if not is_intact(folder, object_file.name):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                if not is_intact(folder, object_file.name) and not _make(compiler, name, define, folder):
                    return []
        with suppress(OSError):  # time of last use; the entry may have been evicted
            os.utime(folder)
        objects.append(object_file)
    return objects


def _key(compiler: Compiler, name: str, define: list[str]) -> str:
    texts = [(_TEMPLATES / file).read_text(encoding="utf-8") for file in (*_HEADERS, name)]
    everything = [texts, define, compiler.command, compiler.version, compiler.flags, sorted(cpu_flags())]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:32]


def _make(compiler: Compiler, name: str, define: list[str], folder: Path) -> bool:
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        if not compile_object(compiler, _TEMPLATES / name, temporary / "part.o", define):
            return False
        seal(temporary, "part.o")
        replace_entry(folder, temporary)
        return True
    finally:
        with suppress(OSError):
            remove_tree(temporary, MAKING)
