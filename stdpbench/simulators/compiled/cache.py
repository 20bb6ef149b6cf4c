"""Compiled networks, kept by content.

A network is compiled once for everything it depends on: the structural part of the experiment, the code that
generates it, the versions of Brian2, NumPy and the compiler, and this processor. Start weights and parameters are
not part of it. The symbol table lies beside the library, so that a hit needs no brian2.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from filelock import FileLock

from stdpbench.errors import StdpbenchError
from stdpbench.files import TEMPORARY, remove_file, remove_tree
from stdpbench.network import Layout
from stdpbench.paths import cache_folder
from stdpbench.simulators.compiled.toolchain import Compiler, compile_library, cpu_flags

_KEPT = 200  # networks of about 0.7 MB
_FORGOTTEN = 86_400  # s
_ENTRY, _MAKING = "[0-9a-f]{32}", rf"\.making-{TEMPORARY}"  # names of folders in the cache
_SECONDS = "seconds"  # file beside a library: how long it took to compile
_GUESS = 5.0  # s to compile a network on a machine that has compiled none
_PACKAGES = ("network", "simulators", "plasticity", "neurons")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


def key(layout: Layout, compiler: Compiler) -> str:
    """SHA-256, hexadecimal, of all that a compiled network depends on."""
    experiment, rule, lateral = layout.experiment, layout.experiment.plasticity, layout.lateral
    neurons = {name: getattr(experiment, name) for name in ("exc", "inh")}
    structural = {
        "n_input": layout.n_input,
        "n_exc": layout.n_exc,
        "inhibition": experiment.network.inhibition,
        "delays_differ": layout.delays_differ,
        "dt": experiment.network.dt,
        "neurons": {
            name: [repr(n.variables), n.conductances, n.update, n.threshold, n.reset] for name, n in neurons.items()
        },
        "rule": [repr(rule.traces), repr(rule.averages), rule.on_input_spike, rule.on_output_spike],
        "synapses": [rule.each_step, rule.synapse_variables, rule.protocol_variables, rule.input_spike_needs],
        "lateral": lateral and [repr(lateral.traces), lateral.on_input_spike, lateral.on_output_spike],
        "parameters": {group: sorted(values) for group, values in layout.parameters().items()},
        "code": _code_digest(),
        "versions": [version("brian2"), version("numpy"), sys.version_info[:2]],
        "compiler": [compiler.command, compiler.version, compiler.flags],
        "cpu": sorted(cpu_flags()),
    }
    return hashlib.sha256(json.dumps(structural, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _code_digest() -> str:
    package = Path(__file__).resolve().parents[2]
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


def usual_seconds() -> float:
    """Seconds that it takes here to compile a network: the median of those that were compiled, else a guess."""
    taken = []
    for path in (cache_folder() / "networks").glob(f"*/{_SECONDS}"):
        with suppress(OSError, ValueError):
            taken.append(float(path.read_text(encoding="ascii")))
    return median(taken) if taken else _GUESS


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
                    _make(layout, compiler, folder)
                    _prune(folder)
                    symbols = _read(library, table) or []
    except OSError as error:
        raise StdpbenchError(
            f"the cache of compiled networks at {cache_folder()} cannot be used ({error.strerror}); "
            "make room or name another folder in STDPBENCH_CACHE"
        ) from error
    return library, symbols


def _prune(newest: Path) -> None:
    """Remove the networks that were compiled longest ago, beyond the number that is kept.

    A network in use is safe: every simulator loads a copy of its own. What processes left behind that were killed
    while they compiled goes after a day.
    """
    found = list(newest.parent.iterdir())
    for path in (path for path in found if re.fullmatch(_MAKING, path.name)):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _FORGOTTEN:
                remove_tree(path, _MAKING)
    entries = [path for path in found if re.fullmatch(_ENTRY, path.name)]
    entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[_KEPT:]:
        if path != newest:
            with suppress(OSError):
                remove_tree(path, _ENTRY)
                remove_file(path.with_suffix(".log"))


def _read(library: Path, table: Path) -> list[dict[str, Any]] | None:
    """The symbol table of a whole cache entry; None if there is none, or it is damaged and has to be made again."""
    try:
        symbols = json.loads(table.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return symbols if library.is_file() and isinstance(symbols, list) and symbols else None


def _make(layout: Layout, compiler: Compiler, folder: Path) -> None:
    from stdpbench.simulators.compiled.device import generate

    aside, begun = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent)), time.monotonic()
    try:
        source = aside / "source"
        source.mkdir()
        symbols = generate(layout, source)
        log = folder.with_suffix(".log")
        compile_library(compiler, source / "resident.cpp", aside / f"network{_SUFFIX}", log)
        remove_tree(source / "brianlib", "brianlib")
        (aside / "symbols.json").write_text(json.dumps(symbols), encoding="utf-8")
        (aside / _SECONDS).write_text(f"{time.monotonic() - begun:.1f}\n", encoding="ascii")
        with suppress(OSError):
            remove_tree(folder, _ENTRY)
        aside.rename(folder)
    finally:
        with suppress(OSError):
            remove_tree(aside, _MAKING)
