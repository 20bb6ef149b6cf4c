"""Implementation of ``hardware``."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from stdpbench.base.paths import runs_folder
from stdpbench.bridges.hardware import ChipCheck
from stdpbench.bridges.hardware.check import activity_rows, energy_sentence, sources, verdict_text
from stdpbench.cli.terminal import Console
from stdpbench.runs.catalog.names import find_run
from stdpbench.studies.report.chip_check import check_run


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
    for row in activity_rows(found):
        table.add_row(*row)
    console.print(table)


def _show(found: ChipCheck, console: Console) -> None:
    number = sources(found)
    table = Table(title=verdict_text(found), title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("what", "where", "network", "chip", ""):
        table.add_column(heading, overflow="fold")
    table.add_column("", justify="right")  # of the source below
    for row in found.rows:
        style = "bold" if row.verdict == "does not fit" else None
        cells = (row.what, row.where, row.value, row.limit, row.verdict)
        table.add_row(*cells, f"({number[row.source]})", style=style)
    console.print(table)
    for each in found.energies:
        console.print(f"{energy_sentence(each)} ({number[each.source]})", soft_wrap=True)
    for remark in found.remarks:
        console.print(remark, soft_wrap=True)
    for source, n in number.items():
        console.print(f"  ({n}) {source}", soft_wrap=True)
    console.print()
