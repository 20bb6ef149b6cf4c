"""The table of a sweep on terminals of several widths."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from stdpbench.cli.sweep import print_report
from stdpbench.studies.sweeps import SweepState, make_report, read_sweep


@pytest.mark.parametrize(("width", "left_out"), [(80, "Further columns (2) are in"), (110, ""), (200, "")])
def test_names_of_arms_can_be_read(tmp_path: Path, width: int, left_out: str) -> None:
    sweep = read_sweep("local-ablation")
    with SweepState(tmp_path / "sweep") as state:
        report = make_report(sweep, state)
    console = Console(file=io.StringIO(), width=width)
    print_report(report, tmp_path, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    table = text[: min(text.index(end) for end in ("vote on", "Further columns") if end in text)]
    assert all(name in table for name in ("random start weights", "weight_sum 14, tau_theta", "twice the intensity"))
    assert all(len(line) <= width for line in table.splitlines())
    assert ("Further columns" in text) == bool(left_out)
    assert left_out in text
