"""Compiled networks, kept by content.

A network is compiled once for everything it depends on: the structural part of the experiment, the code that
generates it, the versions of Brian2, NumPy and the compiler, and this processor. Start weights and parameters are
not part of it. The symbol table lies beside the library, so that a hit needs no brian2.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import TEMPORARY, is_own, remove_file, remove_tree
from stdpbench.base.paths import cache_folder
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled.parts import ENTRY, MAKING, fetch_parts, is_intact, seal
from stdpbench.engine.simulators.compiled.toolchain import Compiler, compile_library, cpu_flags
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import PlasticityRule

COPY = ".stdpbench-loaded-"
"""Prefix of the names of private copies of libraries."""
_ROOM = 256 * 2**20  # bytes for all networks; one takes about 0.7 MB
_ABANDONED = 86_400  # s after which temporary files count as left behind by a killed process
_BYTES = "bytes"  # likewise: how much room the whole entry takes
_PACKAGES = ("engine", "kinds", "experiment/graph")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_EVICTED = r"\.evicted-[0-9a-f]{32}-[0-9]+"
"""Names of folders in the cache that are being removed."""
_COPIES = rf"({re.escape(COPY)}|\.loaded-){TEMPORARY}{re.escape(_SUFFIX)}"
"""Names of private copies, of this version and of earlier ones, in these folders."""


def key(layout: Layout, compiler: Compiler) -> str:
    """SHA-256, hexadecimal, of all that a compiled network depends on."""
    structural = {
        "dt": layout.graph.dt,
        "stream": layout.graph.stream,
        "precision": layout.graph.precision,
        "populations": [
            [
                each.size,
                sorted(each.receptors),
                each.sleeps,
                each.delay_bins,
                each.decaying,
                "" if each.population.noise is None else each.population.noise.receptor,
                *_of_neuron(each.population.neuron),
            ]
            for each in layout.populations.values()
        ],
        "projections": [
            [
                each.source.number,
                each.target.number,
                each.projection.receptor,
                [] if each.sparse else each.shape,  # rows are given to the library when it is loaded
                each.units_per_field,
                [each.dense, each.sparse, each.at_end, each.counted, each.has_weights],
                [each.delay_form, each.delay_bins],
                each.projection.scale is None,
                *_of_rule(each.rule),
                *_of_delay_rule(each.delay_rule),
                *([] if each.spreading is None else ["spread", each.spreading.name]),
            ]
            for each in layout.projections.values()
        ],
        "parameters": {group: sorted(values) for group, values in layout.parameters.items()},
        "code": _code_digest(),
        "versions": _versions(),
        "compiler": [compiler.command, compiler.version, compiler.flags],
        "cpu": sorted(cpu_flags()),
    }
    return hashlib.sha256(json.dumps(structural, sort_keys=True, default=str).encode()).hexdigest()


def _of_neuron(neuron: Neuron | None) -> list[Any]:
    if neuron is None:
        return []
    return [repr(neuron.variables), neuron.conductances, neuron.update, neuron.threshold, neuron.reset]


def _of_rule(rule: PlasticityRule | None) -> list[Any]:
    if rule is None:
        return []
    code = [rule.on_input_spike, rule.on_output_spike, rule.each_step, rule.input_spike_needs, rule.output_neuron]
    return [repr(rule.traces), repr(rule.averages), *code, rule.synapse_variables, rule.protocol_variables]


def _of_delay_rule(rule: DelayRule | None) -> list[Any]:
    if rule is None:
        return []
    return [repr(rule.traces), rule.on_input_spike, rule.on_output_spike, rule.input_spike_needs]


@cache
def _versions() -> list[Any]:
    """Versions that a compiled network depends on; finding them takes longer than all else in a key."""
    return [version("brian2"), version("numpy"), sys.version_info[:2]]


@cache
def _code_digest() -> str:
    package = Path(__file__).resolve().parents[3]
    digest = hashlib.sha256()
    for name in _PACKAGES:
        for path in sorted((package / name).rglob("*")):
            if path.suffix in {".py", ".cpp", ".h"}:
                digest.update(path.relative_to(package).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_cached(layout: Layout, compiler: Compiler) -> bool:
    """Whether a network was compiled before, so that `fetch` takes no time."""
    folder = _folder(layout, compiler)
    return _read(folder / f"network{_SUFFIX}", folder / "symbols.json") is not None


def _folder(layout: Layout, compiler: Compiler) -> Path:
    return cache_folder() / "networks" / key(layout, compiler)[:32]


def fetch(layout: Layout, compiler: Compiler) -> tuple[Path, list[dict[str, Any]]]:
    """The library of a network and its symbol table, compiled now if it never was.

    Only one process compiles a network; others wait for it. A library appears in the cache whole or not at all.

    Raises
    ------
    StdpbenchError
        If the compiler refuses, or the cache cannot be written.
    """
    folder = _folder(layout, compiler)
    library, table = folder / f"network{_SUFFIX}", folder / "symbols.json"
    try:
        symbols = _read(library, table)
        if symbols is None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                symbols = _read(library, table)
                if symbols is None:
                    symbols = _make(layout, compiler, folder)
                    _prune(folder)
        with suppress(OSError):  # the time of last use; a read-only cache keeps none
            os.utime(folder)
    except OSError as error:
        raise StdpbenchError(
            f"the cache of compiled networks at {cache_folder()} cannot be used ({error.strerror}); "
            "make room or name another folder in STDPBENCH_CACHE"
        ) from error
    return library, symbols


def hold(library: Path) -> BinaryIO:
    """Open a library of the cache, which keeps its network from being evicted until the file is closed.

    Raises
    ------
    FileNotFoundError
        If it has been evicted.
    """
    file = library.open("rb")
    if not _locked(file, "LOCK_SH"):
        file.close()
        raise FileNotFoundError(library)
    return file


def _locked(file: BinaryIO, how: str) -> bool:
    """Try to lock an open library, to use it (``LOCK_SH``) or to evict it (``LOCK_EX``), until it is closed."""
    if sys.platform == "win32":  # a folder with an open file cannot be renamed, so it is not evicted
        return True
    import fcntl

    try:
        fcntl.flock(file, getattr(fcntl, how) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _prune(newest: Path) -> None:
    """Evict the least recently used networks that exceed `_ROOM`, never one in use, and remove abandoned files."""
    found = list(newest.parent.iterdir())
    for path in found:
        for named in (MAKING, _EVICTED):
            if re.fullmatch(named, path.name) and _is_abandoned(path):
                with suppress(OSError):
                    remove_tree(path, named)
    entries = [path for path in found if re.fullmatch(ENTRY, path.name)]
    _remove_copies(Path(tempfile.gettempdir()), rf"{re.escape(COPY)}{TEMPORARY}{re.escape(_SUFFIX)}")
    room = _ROOM
    for path in sorted(entries, key=_last_use, reverse=True):
        _remove_copies(path, _COPIES)
        room -= _size(path)
        if room < 0 and path != newest:
            _evict(path)


def _remove_copies(folder: Path, named: str) -> None:
    """Remove private copies that killed processes left behind."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if re.fullmatch(named, path.name) and _is_abandoned(path) and is_own(path):
                with suppress(OSError):
                    remove_file(path, named)


def _is_abandoned(path: Path) -> bool:
    return time.time() - _last_use(path) > _ABANDONED


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process removed it
        return time.time()


def _size(folder: Path) -> int:
    with suppress(OSError, ValueError):
        return int((folder / _BYTES).read_text(encoding="ascii"))
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size
    return size


def _evict(folder: Path) -> None:
    """Remove a network unless it is in use."""
    library, gone = folder / f"network{_SUFFIX}", folder.with_name(f".evicted-{folder.name}-{os.getpid()}")
    with suppress(OSError):
        if library.is_file():
            with library.open("rb") as file:
                if not _locked(file, "LOCK_EX"):
                    return
        # who has opened the library since copies from the open file; who opens it later finds none and compiles again
        folder.rename(gone)
        remove_tree(gone, _EVICTED)
        remove_file(folder.with_suffix(".log"))


def _read(library: Path, table: Path) -> list[dict[str, Any]] | None:
    """The symbol table of a whole cache entry; None if there is none, or it is damaged and has to be made again."""
    if not is_intact(library.parent, library.name, table.name):
        return None
    symbols: list[dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))
    return symbols


def _make(layout: Layout, compiler: Compiler, folder: Path) -> list[dict[str, Any]]:
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        source = aside / "source"
        source.mkdir()
        with ThreadPoolExecutor(1) as pool:  # the first time, while Brian2 is imported and the source is generated
            parts = pool.submit(fetch_parts, compiler, layout, folder.parent)
            from stdpbench.engine.simulators.compiled.device import generate

            symbols = generate(layout, source)
        log = folder.with_suffix(".log")
        compile_library(compiler, source / "resident.cpp", aside / f"network{_SUFFIX}", log, parts.result())
        remove_tree(source / "brianlib", "brianlib")
        (aside / "symbols.json").write_text(json.dumps(symbols), encoding="utf-8")
        seal(aside, f"network{_SUFFIX}", "symbols.json")
        (aside / _BYTES).write_text(f"{_size(aside)}\n", encoding="ascii")
        with suppress(OSError):
            remove_tree(folder, ENTRY)
        aside.rename(folder)
        return symbols
    finally:
        with suppress(OSError):
            remove_tree(aside, MAKING)
