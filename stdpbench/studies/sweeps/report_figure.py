"""The numbers and the caption of the figure of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stdpbench import __version__
from stdpbench.results.figures.paper import Table
from stdpbench.studies.sweeps.arms import shown, supervised_remarks
from stdpbench.studies.sweeps.measures import title
from stdpbench.studies.sweeps.report import Report, arm_results


def figure_table(report: Report) -> Table:
    """Return a row for each arm that is drawn: mean and SD, difference from the reference, and the value of each seed.

    Accuracies are in per cent, their differences in points.
    """
    sweep = report.sweep
    pictures = sweep.base.stream is None
    unit, points = (" (%)", " (points)") if pictures else ("", "")
    names = (
        "arm",
        "seeds",
        f"mean {sweep.metric}{unit}",
        f"SD{points}",
        f"difference{points}",
        "low (95 % t interval)",
        "high (95 % t interval)",
        *(f"seed {seed}{unit}" for seed in sweep.seeds),
    )
    scale, drawn = 100 if pictures else 1, {arm.label: arm for arm in arm_results(report)}
    rows = []
    for row in report.rows:
        if (arm := drawn.get(row.arm.title)) is not None:
            values = row.values(sweep.metric)
            numbers = [arm.mean, arm.sd, *(arm.difference or ("", "", ""))]
            numbers += [scale * values[seed] if seed in values else "" for seed in sweep.seeds]
            rows.append((arm.label, len(arm.values), *(_cell(number) for number in numbers)))
    return names, rows


def figure_caption(report: Report) -> str:
    """Return the caption: arms and settings, version, on what was measured, n, and what bars and lines are."""
    sweep = report.sweep
    measured = title(sweep.metric).removesuffix(" (%)")
    sentences = [
        f"{sweep.name}: {measured} of {len(report.rows)} arms of {sweep.experiment}; stdpbench {__version__}.",
        report.remarks[0],
        *supervised_remarks([row.arm for row in report.rows]),
        "Dots: single runs; vertical bar: their mean; horizontal line: SD over seeds.",
    ]
    if sweep.reference is not None and sweep.ranks:
        sentences.append(
            f"Squares: mean difference from {sweep.reference}, seed by seed; line: its 95 % t interval, not corrected "
            "for the number of arms."
        )
    sentences += [f"All arms: {_listed(sweep.set)}."] if sweep.set else []
    sentences += [f"{row.arm.label}: {_listed(row.arm.settings)}." for row in report.rows if row.arm.settings]
    return " ".join(sentences)


def _cell(number: float | str) -> object:
    """Round a number; one that is not defined is empty."""
    return "" if isinstance(number, str) or number != number else round(number, 8)


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} = {shown(value)}" for path, value in settings.items())
