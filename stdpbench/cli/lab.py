"""The commands ``stdpbench lab``, which applies a protocol to a rule, and ``stdpbench validate``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import write_aside
from stdpbench.base.units import minus, ordinal
from stdpbench.cli import completion
from stdpbench.cli.options import AsJson, EndWithJson, FigureWidth, Rule
from stdpbench.cli.output import write_json

if TYPE_CHECKING:
    from rich.table import Table

    from stdpbench.cli.terminal import Console
    from stdpbench.kinds.plasticity import PlasticityRule
    from stdpbench.studies.lab.checks.base import Outcome
    from stdpbench.studies.lab.result import Result

lab_app = typer.Typer()
_MOST_ROWS, _PLOT_WIDE, _PLOT_HIGH = 24, 64, 15
_MARKS = "●○◆◇▲△"


@lab_app.command()
def lab(
    rule: Rule,
    protocol: Annotated[
        str | None,
        typer.Argument(
            metavar="PROTOCOL",
            help="pair-window, frequency, pairing, triplets, quadruplets, poisson-pairs, weight-dependence, neuron or "
            "reward-delay. Default: the most informative one for the rule.",
            autocompletion=completion.protocols,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change a parameter of the rule, or choose a preset by preset=NAME. Repeatable.",
            autocompletion=completion.rule_assignments,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME=VALUE", help="Option of the protocol: pairs=60, dts=10,-10. Repeatable."
        ),
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(
            "--overlay",
            metavar="RULE[,NAME=VALUE…]",
            help="Also apply the protocol to another rule, or to other parameters. Repeatable.",
            autocompletion=completion.rule_names,
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", metavar="FILE", help="Figure (.pdf, .svg, .png) or numbers (.csv). Repeatable."),
    ] = None,
    width: FigureWidth = None,
    json: AsJson = False,
) -> None:
    """Show the weight changes that a plasticity rule causes in response to given spikes."""
    from stdpbench.cli.terminal import Console
    from stdpbench.results.figures.saving import FORMATS, check_figure_file, millimetres
    from stdpbench.studies.lab.default_protocol import run

    for file in output or []:
        check_figure_file(file, "--output", (*FORMATS, ".csv"))
    if width is not None:
        millimetres(width, "--width")
    options = pairs_of(option or [], "--option")
    parameters = {name.removeprefix("plasticity."): value for name, value in pairs_of(set_ or [], "--set").items()}
    results = [run(rule_of(rule), protocol, parameters, options)]
    opening, defaults = results[0].rule.opening, dict[str, str]()
    if results[0].protocol == opening.protocol:  # overlaid rules get the same spikes
        defaults = {key: _text(value) for key, value in opening.options.items()}
    for text in overlay or []:
        kind, *changes = text.split(",")
        results.append(
            run(rule_of(kind), results[0].protocol, pairs_of(changes, "--overlay"), {**defaults, **options})
        )
    for file in output or []:
        _write(file, results, width)
    if json:
        write_json([result.to_mapping() for result in results])
        return
    console = Console()
    for result in results:
        _print_result(console, result, why=protocol is None and result is results[0])
    for file in output or []:
        console.print(f"written: {file}", soft_wrap=True)


@lab_app.command("validate")
def validate_rules(
    rule: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RULE…",
            help="Kinds of rules for weights or delays, or of normalisations. Default: all.",
            autocompletion=completion.checked_kinds,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out checks that take minutes.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write validation.md and its figures to this folder, such as docs."),
    ] = None,
    json: EndWithJson = False,
) -> None:
    """Check rules and normalisations against theory and published figures; exit status 1 for an unknown mismatch."""
    from stdpbench.cli.terminal import Console
    from stdpbench.studies.lab.checks import suite
    from stdpbench.studies.lab.checks.page import UNMATCHED, write

    if output is not None:
        with disk_errors(f"--output {output}: cannot create this folder"):
            output.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=json)
    outcomes: list[Outcome] = []
    for outcome in suite.validate(rule or [], quick=quick):
        outcomes.append(outcome)
        console.print(findings_table(outcome))
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    for outcome in outcomes:
        for finding in outcome.findings:
            if finding.verdict != "match":
                title, expected, value, *_ = finding.row
                why = f"; this is known: {finding.known}" if finding.known else ""
                text = f"{UNMATCHED[finding.verdict]} in {outcome.kind}: {title}: expected {expected}, found {value}"
                console.print(f"{text}{why}.", soft_wrap=True)
    counted = f"{sum(finding.reached for finding in findings)} of {len(findings)} values match"
    n_known = sum(finding.verdict == "known" for finding in findings)
    console.print(f"{counted}; known mismatches: {n_known}" if n_known else counted)
    if output is not None:
        command = " ".join(
            ["stdpbench validate", *(rule or []), *(["--quick"] if quick else []), f"--output {output}"]
        )
        origin = f"{command}      # {date.today().isoformat()}, stdpbench {__version__}, Brian2 {version('brian2')}"
        console.print(f"written: {write(outcomes, output, origin)}", soft_wrap=True)
    if json:
        records = [{"kind": o.kind, "findings": [asdict(finding) for finding in o.findings]} for o in outcomes]
        write_json(records)
    if not all(outcome.as_declared for outcome in outcomes):
        sys.exit(1)


def rule_of(text: str) -> str | PlasticityRule:
    """Return the name of a kind, or the rule in a TOML file; a custom rule without a title is named after its file."""
    from stdpbench.kinds.plasticity import rules
    from stdpbench.kinds.plasticity.tables import rule_table

    if text in rules.kinds():
        return text
    table = rule_table(text)
    if table["kind"] == "custom":
        table.setdefault("title", Path(text).stem)
    return rules.build(table, "plasticity")


def pairs_of(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return the pairs NAME=VALUE that an option was given."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise StdpbenchError(f"{option}: expected NAME=VALUE, got {text!r}")
        pairs[name.strip()] = value.strip()
    return pairs


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _write(file: Path, results: Sequence[Result], width: str | None) -> None:
    if file.suffix.lower() == ".csv":
        text = "\n".join(result.to_csv() for result in results)
        write_aside(file, lambda stream: stream.write(text.encode()))
        return
    from stdpbench.results.figures.saving import write_figure
    from stdpbench.studies.lab.figures import draw

    write_figure(draw(results, width=width), file)


def _print_result(console: Console, result: Result, why: bool) -> None:
    from stdpbench.cli.terminal import PLAIN, new_table

    console.print(f"{result.name}: {result.protocol}", style="bold")
    if why:
        console.print(result.rule.opening.why)
    console.print(result.conditions)
    columns = result.columns()
    table = new_table(*columns, right_from=0, **PLAIN)
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
    import numpy as np

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


def findings_table(outcome: Outcome) -> Table:
    """Return the findings of a rule as a table."""
    from stdpbench.cli.terminal import new_table

    headings = ("check", "expected (tolerance)", "found", "verdict")
    table = new_table(*headings, title=outcome.kind, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for f in outcome.findings:
        style = None if f.as_declared else "bold red"
        title, expected, value, tolerance, verdict, _ = f.row
        table.add_row(title, f"{expected} ({tolerance})".removesuffix(" (–)"), value, verdict, style=style)
    if not outcome.findings:
        table.add_row("no check available")
    table.caption, table.caption_justify = "; ".join(dict.fromkeys(f.reference for f in outcome.findings)), "left"
    return table
