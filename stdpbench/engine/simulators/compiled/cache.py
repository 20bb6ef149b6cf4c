"""Content-addressed cache of compiled networks.

The key of a network covers everything that it depends on: the structural part of the experiment, the code that
generates it, the versions of Brian2, NumPy and the compiler, and the processor. Start weights and parameters are not
part of it. The symbol table is stored with the library, so that a hit needs no brian2.
"""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stdpbench.base.files import code_digest, remove_tree
from stdpbench.compiling.entries import SUFFIX, entry_folder, fetch_entry, is_intact
from stdpbench.compiling.toolchain import Compiler, compile_library, cpu_flags
from stdpbench.engine.network import Layout
from stdpbench.engine.simulators.compiled.parts import fetch_parts
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import PlasticityRule

_PACKAGES = ("engine", "compiling", "kinds", "experiment/graph")
_NAMES = (f"network{SUFFIX}", "symbols.json")


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
                [
                    population.winner_of,
                    population.population.learning_spikes,
                    population.slow_group,
                    population.population.n_slow,
                ],
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
                [projection.n_counters, projection.counter_of, projection.condition] if projection.at_end else [],
                [projection.dense, projection.sparse, projection.at_end, projection.counted, projection.has_weights],
                [projection.delay_form, projection.delay_bins],
                projection.projection.scale is None,
                [] if projection.release is None else [projection.release.variables, projection.release.on_spike],
                *_of_rule(projection.rule),
                *_of_delay_rule(projection.delay_rule),
                [] if projection.passing_on is None else [projection.passing_on[0], projection.spreading],
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
    return is_intact(_folder(layout, compiler), *_NAMES)


def _folder(layout: Layout, compiler: Compiler) -> Path:
    return entry_folder(key(layout, compiler))


def fetch(layout: Layout, compiler: Compiler) -> tuple[Path, list[dict[str, Any]]]:
    """Return the library of a network and its symbol table; compile it if it is not in the cache.

    Raises
    ------
    StdpbenchError
        If the compiler fails, or the cache cannot be written.
    FileNotFoundError
        If the entry was evicted meanwhile.
    """
    folder = _folder(layout, compiler)
    fetch_entry(folder, _NAMES, lambda temporary: _make(layout, compiler, folder, temporary))
    library, table = (folder / name for name in _NAMES)
    symbols: list[dict[str, Any]] = json.loads(table.read_text(encoding="utf-8"))
    return library, symbols


def _make(layout: Layout, compiler: Compiler, folder: Path, temporary: Path) -> None:
    source = temporary / "source"
    source.mkdir()
    with ThreadPoolExecutor(1) as pool:  # parts compile while Brian2 is imported and the source is generated
        parts = pool.submit(fetch_parts, compiler, layout, folder.parent)
        from stdpbench.engine.simulators.compiled.device import generate

        symbols = generate(layout, source)
    log = folder.with_suffix(".log")
    library, table = (temporary / name for name in _NAMES)
    compile_library(compiler, source / "resident.cpp", library, log, parts.result())
    remove_tree(source / "brianlib", "brianlib")
    table.write_text(json.dumps(symbols), encoding="utf-8")
