"""Content-addressed cache of compiled networks.

The key of a network covers everything that it depends on: the structural part of the experiment, the code that
generates it, the versions of Brian2, NumPy and the compiler, and the processor. Start weights and parameters are not
part of it. The symbol table is stored with the library, so that a hit needs no brian2.
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
from stdpbench.base.files import TEMPORARY, code_digest, is_own, remove_file, remove_tree
from stdpbench.base.paths import cache_folder
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled.parts import ENTRY, MAKING, fetch_parts, is_intact, replace_entry, seal
from stdpbench.engine.simulators.compiled.toolchain import Compiler, compile_library, cpu_flags
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import PlasticityRule

COPY = ".stdpbench-loaded-"
"""Prefix of the names of private copies of libraries."""
_ROOM = 256 * 2**20  # bytes for all networks; one takes about 0.7 MB
_ABANDONED = 86_400  # s after which temporary files count as left by a killed process
_BYTES = "bytes"  # file with the size of an entry
_PACKAGES = ("engine", "kinds", "experiment/graph")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_EVICTED = r"\.evicted-[0-9a-f]{32}-[0-9]+"
"""Names of folders in the cache that are being removed."""
_COPIES = rf"{re.escape(COPY)}{TEMPORARY}{re.escape(_SUFFIX)}"
"""Names of private copies of libraries."""


def key(layout: Layout, compiler: Compiler) -> str:
    """Return the SHA-256, hexadecimal, of everything that a compiled network depends on."""
    structural = {
        "dt": layout.graph.dt,
        "stream": layout.graph.stream,
        "precision": layout.graph.precision,
        "populations": [
            [
                population.size,
                sorted(population.receptors),
                population.sleeps,
                population.delay_bins,
                population.decaying,
                [population.winner_of, population.slow_group, population.population.n_slow],
                "" if population.population.noise is None else population.population.noise.receptor,
                *_of_neuron(population.population.neuron),
            ]
            for population in layout.populations.values()
        ],
        "projections": [
            [
                projection.source.number,
                projection.target.number,
                projection.projection.receptor,
                # rows are passed to the loaded library
                projection.shape if projection.shared or not projection.sparse else [projection.together],
                [projection.n_groups, projection.group_of("i")],
                [projection.dense, projection.sparse, projection.at_end, projection.counted, projection.has_weights],
                [projection.delay_form, projection.delay_bins],
                projection.projection.scale is None,
                *_of_rule(projection.rule),
                *_of_delay_rule(projection.delay_rule),
                *([] if projection.spreading is None else ["spread", projection.spreading.name]),
            ]
            for projection in layout.projections.values()
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
    """Return the versions that a compiled network depends on; cached, since looking them up is slow."""
    return [version("brian2"), version("numpy"), sys.version_info[:2]]


@cache
def _code_digest() -> str:
    package = Path(__file__).resolve().parents[3]
    return code_digest(*(package / name for name in _PACKAGES))


def is_cached(layout: Layout, compiler: Compiler) -> bool:
    """Return whether a network is in the cache."""
    folder = _folder(layout, compiler)
    return _read(folder / f"network{_SUFFIX}", folder / "symbols.json") is not None


def _folder(layout: Layout, compiler: Compiler) -> Path:
    return cache_folder() / "networks" / key(layout, compiler)[:32]


def fetch(layout: Layout, compiler: Compiler) -> tuple[Path, list[dict[str, Any]]]:
    """Return the library of a network and its symbol table; compile it if it is not in the cache.

    Only one process compiles a network; others wait. A library appears in the cache atomically.

    Raises
    ------
    StdpbenchError
        If the compiler fails, or the cache cannot be written.
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
        with suppress(OSError):  # time of last use, not stored in a read-only cache
            os.utime(folder)
    except OSError as error:
        raise StdpbenchError(
            f"the cache of compiled networks at {cache_folder()} cannot be used ({error.strerror}); "
            "make room or name another folder in STDPBENCH_CACHE"
        ) from error
    return library, symbols


def hold(library: Path) -> BinaryIO:
    """Open a library of the cache; its network is not evicted until the file is closed.

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
    """Evict least recently used networks beyond `_ROOM`, but none in use, and remove abandoned files."""
    paths = list(newest.parent.iterdir())
    for path in paths:
        for pattern in (MAKING, _EVICTED):
            if re.fullmatch(pattern, path.name) and _is_abandoned(path):
                with suppress(OSError):
                    remove_tree(path, pattern)
    entries = [path for path in paths if re.fullmatch(ENTRY, path.name)]
    _remove_copies(Path(tempfile.gettempdir()))
    room = _ROOM
    for path in sorted(entries, key=_last_use, reverse=True):
        _remove_copies(path)
        room -= _size(path)
        if room < 0 and path != newest:
            _evict(path)


def _remove_copies(folder: Path) -> None:
    """Remove private copies left by killed processes."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if re.fullmatch(_COPIES, path.name) and _is_abandoned(path) and is_own(path):
                with suppress(OSError):
                    remove_file(path, _COPIES)


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
    library, evicted = folder / f"network{_SUFFIX}", folder.with_name(f".evicted-{folder.name}-{os.getpid()}")
    with suppress(OSError):
        if library.is_file():
            with library.open("rb") as file:
                if not _locked(file, "LOCK_EX"):
                    return
        # a process that has just opened the library still reads it; one that opens it later compiles it again
        folder.rename(evicted)
        remove_tree(evicted, _EVICTED)
        remove_file(folder.with_suffix(".log"))


def _read(library: Path, table: Path) -> list[dict[str, Any]] | None:
    """Return the symbol table of a cache entry; None if there is no intact entry."""
    if not is_intact(library.parent, library.name, table.name):
        return None
    symbols: list[dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))
    return symbols


def _make(layout: Layout, compiler: Compiler, folder: Path) -> list[dict[str, Any]]:
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        source = temporary / "source"
        source.mkdir()
        with ThreadPoolExecutor(1) as pool:  # parts compile while Brian2 is imported and the source is generated
            parts = pool.submit(fetch_parts, compiler, layout, folder.parent)
            from stdpbench.engine.simulators.compiled.device import generate

            symbols = generate(layout, source)
        log = folder.with_suffix(".log")
        compile_library(compiler, source / "resident.cpp", temporary / f"network{_SUFFIX}", log, parts.result())
        remove_tree(source / "brianlib", "brianlib")
        (temporary / "symbols.json").write_text(json.dumps(symbols), encoding="utf-8")
        seal(temporary, f"network{_SUFFIX}", "symbols.json")
        (temporary / _BYTES).write_text(f"{_size(temporary)}\n", encoding="ascii")
        replace_entry(folder, temporary)
        return symbols
    finally:
        with suppress(OSError):
            remove_tree(temporary, MAKING)
