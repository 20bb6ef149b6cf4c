"""Implementation of ``hardware``."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stdpbench.cli.follow import find_run
from stdpbench.hardware import ChipCheck
from stdpbench.paths import runs_folder
from stdpbench.report.chip_check import check_run


def hardware_command(run: str, targets: Sequence[str], runs: Path | None, json: bool) -> None:
    """Carry out ``stdpbench hardware``."""
    folder = find_run(run, runs or runs_folder())
    checks = check_run(folder, tuple(dict.fromkeys(targets)))
    if json:
        record = {"path": str(folder.path.resolve()), "targets": [each.to_mapping() for each in checks]}
        sys.stdout.write(json_format.dumps(record, ensure_ascii=False) + "\n")
        return
    console = Console()
    _show_activity(checks[0], console)
    for each in checks:
        _show(each, console)


def _show_activity(found: ChipCheck, console: Console) -> None:
    table = Table(title="per stimulus", title_justify="left")
    table.add_column("what")
    table.add_column("mean", justify="right")
    table.add_column("measured", overflow="fold")
    for name, spikes in found.spikes.items():
        table.add_row(f"spikes of {name}", _number(spikes), found.origin[name])
    for name, operations in found.operations.items():
        table.add_row(f"synaptic operations of {name}", _number(operations), "")
    table.add_row("synaptic operations", _number(found.total_operations), "")
    console.print(table)


def _show(found: ChipCheck, console: Console) -> None:
    sources = list(dict.fromkeys([*(row.source for row in found.rows), *(each.source for each in found.energies)]))
    number = {source: n for n, source in enumerate(sources, 1)}
    table = Table(title=f"{found.target.title}: {'fits' if found.fits else 'does not fit'}", title_justify="left")
    for heading in ("what", "where", "network", "chip", ""):
        table.add_column(heading, overflow="fold")
    table.add_column("source", justify="right")
    for row in found.rows:
        style = "bold" if row.verdict == "does not fit" else None
        cells = (escape(each) for each in (row.what, row.where, row.value, row.limit, row.verdict))
        table.add_row(*cells, str(number[row.source]), style=style)
    console.print(table)
    for each in found.energies:
        amount = "not known" if each.nanojoule is None else f"{_energy(1e3 * each.nanojoule)} per stimulus"
        text = f"energy of {each.operation}s: {amount}, at {_energy(each.picojoule)} each ({each.note})"
        console.print(f"{text}; source {number[each.source]}", highlight=False, soft_wrap=True)
    for remark in found.target.remarks:
        console.print(remark, highlight=False, soft_wrap=True)
    for source, n in number.items():
        console.print(f"  {n}: {escape(source)}", highlight=False, soft_wrap=True)
    console.print()


def _energy(picojoule: float) -> str:
    units = {"mJ": 1e9, "µJ": 1e6, "nJ": 1e3, "pJ": 1.0}
    unit = next((name for name, size in units.items() if picojoule >= size), "pJ")
    return f"{picojoule / units[unit]:.3g} {unit}"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.1f}"
