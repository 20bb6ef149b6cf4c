"""``stdpbench validate``: check every rule and normalisation against theory and published figures."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.terminal import Console
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.page import UNMATCHED, write
from stdpbench.studies.lab.checks.suite import validate


def validate_command(kinds: Sequence[str], quick: bool, output: Path | None, json: bool) -> None:
    """Carry out ``stdpbench validate``.

    Raises
    ------
    SystemExit
        With status 1 if a value does not match that is to match, or one matches that is known not to.
    """
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StdpbenchError(f"--output {output}: cannot create this folder: {error.strerror}") from None
    console, outcomes = Console(stderr=json), list[Outcome]()
    for outcome in validate(kinds, quick=quick):
        outcomes.append(outcome)
        console.print(_table(outcome))
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    for outcome in outcomes:
        for one in (finding for finding in outcome.findings if finding.verdict != "match"):
            what, expected, found, *_ = one.row
            why = f"; this is known: {one.known}" if one.known else ""
            text = f"{UNMATCHED[one.verdict]} in {outcome.kind}: {what}: expected {expected}, found {found}{why}"
            console.print(f"{text}.", soft_wrap=True)
    counted = f"{sum(finding.reached for finding in findings)} of {len(findings)} values match"
    known = sum(finding.verdict == "known" for finding in findings)
    console.print(f"{counted}; known mismatches: {known}" if known else counted)
    if output is not None:
        command = " ".join(["stdpbench validate", *kinds, *(["--quick"] if quick else []), f"--output {output}"])
        made = f"{command}      # {date.today().isoformat()}, stdpbench {__version__}, Brian2 {version('brian2')}"
        console.print(f"written: {write(outcomes, output, made)}", soft_wrap=True)
    if json:
        records = [{"kind": o.kind, "findings": [asdict(finding) for finding in o.findings]} for o in outcomes]
        sys.stdout.write(json_format.dumps(records, ensure_ascii=False) + "\n")
    if not all(outcome.as_declared for outcome in outcomes):
        sys.exit(1)


def _table(outcome: Outcome) -> Table:
    table = Table(title=outcome.kind, title_justify="left", box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("check", "expected (tolerance)", "found", "verdict"):
        table.add_column(heading, overflow="fold")
    for f in outcome.findings:
        style = None if f.as_declared else "bold red"
        what, expected, found, tolerance, verdict, _ = f.row
        table.add_row(what, f"{expected} ({tolerance})".removesuffix(" (–)"), found, verdict, style=style)
    if not outcome.findings:
        table.add_row("no check available")
    table.caption, table.caption_justify = "; ".join(dict.fromkeys(f.reference for f in outcome.findings)), "left"
    return table
