"""``stdpbench lab``: apply a protocol to a rule; output as table and plot, as figure, CSV or JSON."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_aside
from stdpbench.base.units import minus, ordinal
from stdpbench.cli.terminal import Console
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.tables import rule_table
from stdpbench.results.figures.saving import FORMATS, check_figure_file, millimetres, write_figure
from stdpbench.studies.lab.default_protocol import run
from stdpbench.studies.lab.result import Result

_MOST_ROWS, _PLOT_WIDE, _PLOT_HIGH = 24, 64, 15
_MARKS = "●○◆◇▲△"


def lab_command(
    rule: str,
    protocol: str | None,
    assignments: Sequence[str],
    options: Sequence[str],
    overlay: Sequence[str],
    output: Sequence[Path],
    width: str | None,
    json: bool,
) -> None:
    """Carry out ``stdpbench lab``."""
    for file in output:
        check_figure_file(file, "--output", (*FORMATS, ".csv"))
    if width is not None:
        millimetres(width, "--width")
    given = _pairs(options, "--option")
    results = [run(_rule(rule), protocol, _parameters(assignments), given)]
    opening, same = results[0].rule.opening, dict[str, str]()
    if results[0].protocol == opening.protocol:  # rules drawn over it get the same spikes
        same = {key: _text(value) for key, value in opening.options.items()}
    for other in overlay:
        kind, *changes = other.split(",")
        results.append(run(_rule(kind), results[0].protocol, _pairs(changes, "--overlay"), {**same, **given}))
    for file in output:
        _write(file, results, width)
    if json:
        sys.stdout.write(json_format.dumps([result.to_mapping() for result in results], ensure_ascii=False) + "\n")
        return
    console = Console()
    for result in results:
        _show(console, result, why=protocol is None and result is results[0])
    for file in output:
        console.print(f"written: {file}", soft_wrap=True)


def _rule(text: str) -> str | PlasticityRule:
    """Return a kind, before parameters and presets, or the rule in a TOML file; without a title, named by its file."""
    if text in rules.kinds():
        return text
    table = rule_table(text)
    if table["kind"] == "custom":
        table.setdefault("title", Path(text).stem)
    return rules.build(table, "plasticity")


def _parameters(assignments: Sequence[str]) -> dict[str, str]:
    """Parse parameters of the rule: NAME=VALUE, or plasticity.NAME=VALUE as elsewhere."""
    return {name.removeprefix("plasticity."): value for name, value in _pairs(assignments, "--set").items()}


def _pairs(texts: Sequence[str], where: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise StdpbenchError(f"{where}: expected NAME=VALUE, got {text!r}")
        found[name.strip()] = value.strip()
    return found


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _write(file: Path, results: Sequence[Result], width: str | None) -> None:
    if file.suffix.lower() == ".csv":
        text = "\n".join(result.to_csv() for result in results)
        write_aside(file, lambda stream: stream.write(text.encode()))
        return
    from stdpbench.studies.lab.figures import draw

    write_figure(draw(results, width=width), file)


def _show(console: Console, result: Result, why: bool) -> None:
    console.print(f"{result.name}: {result.protocol}", style="bold")
    if why:
        console.print(result.rule.opening.why)
    console.print(result.conditions)
    table = Table(box=None, padding=(0, 2, 0, 0))
    columns = result.columns()
    for heading in columns:
        table.add_column(heading, justify="right")
    rows = list(zip(*columns.values(), strict=True))
    step = -(-len(rows) // _MOST_ROWS)
    for row in rows[::step]:
        table.add_row(*(value if isinstance(value, str) else minus(f"{value:.4g}") for value in row))
    console.print(table)
    if step > 1:
        console.print(f"(every {ordinal(step)} of {len(rows)} points; --output FILE.csv has all)")
    if not result.x_labels:
        console.print(_plot(result), soft_wrap=True)
    for remark in result.remarks:
        console.print(remark)


def _plot(result: Result) -> str:
    """Plot the curves as text."""
    values = np.concatenate([curve.change for curve in result.curves])
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    if low == high:
        return "  (zero everywhere)"
    canvas = [[" "] * _PLOT_WIDE for _ in range(_PLOT_HIGH)]

    def row(value: float) -> int:
        return round((high - value) / (high - low) * (_PLOT_HIGH - 1))

    canvas[row(0.0)] = ["·"] * _PLOT_WIDE
    left, right = float(result.x.min()), float(result.x.max())
    for number, curve in enumerate(result.curves):
        for x, y in zip(result.x.tolist(), curve.change.tolist(), strict=True):
            column = round((x - left) / ((right - left) or 1.0) * (_PLOT_WIDE - 1))
            canvas[row(y)][column] = _MARKS[number % len(_MARKS)]
    edges = {0: f"{high:9.3g}", row(0.0): f"{0:9d}", _PLOT_HIGH - 1: f"{low:9.3g}"}
    lines = [f"{edges.get(number, ' ' * 9)} {''.join(line)}".rstrip() for number, line in enumerate(canvas)]
    lines.append(f"{'':9} {left:<{_PLOT_WIDE // 2}g}{right:>{_PLOT_WIDE - _PLOT_WIDE // 2}g} {result.x_unit}".rstrip())
    names = [f"{_MARKS[n % len(_MARKS)]} {curve.label}" for n, curve in enumerate(result.curves) if curve.label]
    return "\n".join([*lines, *([f"{'':10}{'   '.join(names)}"] if names else [])])
