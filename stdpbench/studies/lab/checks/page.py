"""Write docs/validation.md and its figures from the findings of the checks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stdpbench.base.files import write_aside
from stdpbench.results.figures.drawing import new_figure
from stdpbench.studies.lab.checks.base import Outcome
from stdpbench.studies.lab.checks.kinds import summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BY_HAND = "## Planted errors"
"""Heading of the hand-written section at the end of the page, which is kept when the page is written again."""
UNMATCHED = {"mismatch": "mismatch", "known": "known mismatch", "vanished": "known mismatch that matches"}
"""Texts for verdicts other than a match."""
HEADINGS = ("check", "expected", "found", "tolerance", "verdict", "reference")


def draw(outcome: Outcome) -> Figure:
    """Draw all panels of a rule side by side, each with its conditions below."""
    from stdpbench.studies.lab.figures import conditions, draw_on

    figure = new_figure(560 * len(outcome.panels), 470, constrained=True)
    for axes, panel in zip(figure.subplots(1, len(outcome.panels), squeeze=False)[0], outcome.panels, strict=True):
        draw_on(axes, panel.results, panel.points)
        axes.set_title(f"{outcome.kind}: {panel.title}", fontsize=11, loc="left")
        label = axes.get_xlabel() + "".join(f"\n{line}" for line in conditions(panel.results, 76))
        axes.set_xlabel(label, fontsize=9)
    return figure


def write(outcomes: Sequence[Outcome], folder: Path, made: str) -> Path:
    """Write ``validation.md`` and ``images/validation-KIND.png`` into a folder.

    Text after the heading `BY_HAND` on an existing page is kept.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The outcomes, in the order of the page.
    folder : Path
        A folder that exists.
    made : str
        The command, its date and the versions, for the page.
    """
    (folder / "images").mkdir(exist_ok=True)
    for outcome in outcomes:
        if outcome.panels:
            _save(draw(outcome), folder / "images" / f"validation-{outcome.kind}.png")
    page = folder / "validation.md"
    before = page.read_text(encoding="utf-8") if page.is_file() else ""
    heading, kept = f"\n{BY_HAND}\n", before.partition(f"\n{BY_HAND}\n")[2]
    text = _text(outcomes, made) + (heading + kept if kept else "")
    write_aside(page, lambda stream: stream.write(text.encode()))
    return page


def _save(figure: Figure, target: Path) -> None:
    """Save as PNG with 64 colours, which suffice for these figures and keep the repository small."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    small = Image.open(drawn).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    write_aside(target, lambda stream: small.save(stream, format="PNG", optimize=True))


def _text(outcomes: Sequence[Outcome], made: str) -> str:
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    listed = {
        verdict: [
            f"{outcome.kind}, {f.row[0]}{f' ({f.known})' if f.known else ''}"
            for outcome in outcomes
            for f in outcome.findings
            if f.verdict == verdict
        ]
        for verdict in UNMATCHED
    }
    clauses = [
        f" {UNMATCHED[verdict].capitalize()}: {'; '.join(texts)}." for verdict, texts in listed.items() if texts
    ]
    lines = [
        "# Validation of the plasticity rules",
        "",
        "Each rule is compared with theory, or with the published figure that is canonical for it. The protocols of",
        "the laboratory ([plasticity.md](plasticity.md#the-laboratory)) run its actual equations in Brian2; rules",
        "that need a network run in a small one. Nothing is tuned to pass. This page is written by the command:",
        "",
        "<!-- slow: takes minutes -->",
        "```sh",
        made,
        "```",
        "",
        f"{sum(f.reached for f in findings)} of {len(findings)} values match.{''.join(clauses)}",
        "",
        "<!-- generated -->",
        "",
    ]
    for outcome in outcomes:
        lines += [f"## {outcome.kind}", "", f"{summary(outcome.kind)}.", ""]
        if not outcome.findings:
            lines += ["There are no checks for this kind, which comes from another package.", ""]
            continue
        lines += [f"| {' | '.join(HEADINGS)} |", "|" + "---|" * len(HEADINGS)]
        for f in outcome.findings:
            verdict = f.verdict if f.as_declared else f"**{f.verdict}**"
            row = [cell.replace("|", "\\|") for cell in f.row]
            lines.append(f"| {' | '.join([*row[:4], verdict, row[5]])} |")
        lines.append("")
        if outcome.panels:
            lines += [f"![{outcome.kind}: results](images/validation-{outcome.kind}.png)", ""]
    lines += ["<!-- end -->", ""]
    return "\n".join(lines)
