"""Figure of a sweep: all runs, mean and SD of each arm, and differences from the reference."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.results.figures.drawing import OKABE_ITO
from stdpbench.results.figures.paper import figure_of
from stdpbench.results.figures.saving import letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_ARMS = 40
_LABEL = 40  # letters per line of the name of an arm


@dataclass(frozen=True)
class ArmResult:
    """The results of one arm, accuracies in per cent.

    Attributes
    ----------
    label : str
        Name of the arm.
    values : tuple of float
        The metric of each finished run.
    mean, sd : float
        Over the runs; the SD of a single run is NaN.
    difference : tuple of (float, float, float) or None
        Mean difference from the reference arm, of accuracies in percentage points, and its 95 % t interval, which
        may be NaN.
    is_reference : bool
        Whether the other arms are compared with this one.
    """

    label: str
    values: tuple[float, ...]
    mean: float
    sd: float
    difference: tuple[float, float, float] | None
    is_reference: bool


def sweep_figure(
    title: str,
    metric: str,
    arms: Sequence[ArmResult],
    unit: str = "percentage points",
    width: float | None = None,
) -> Figure:
    """Draw the results of a sweep.

    Parameters
    ----------
    title : str
        Name of the sweep, its experiment and number of seeds.
    metric : str
        Name of the horizontal axis.
    unit : str
        Unit of differences; empty if they have none.
    arms : sequence of ArmResult
        Arms with at least one finished run; at most the best 40 are drawn.
    width : float, optional
        Width in mm, for a paper. Default: a width for the screen.

    Returns
    -------
    matplotlib.figure.Figure
        One line per arm: the metric of each run (dots), mean (bar) and SD (line). With a reference, below: mean
        differences from it, seed by seed, with 95 % t intervals.
    """
    left_out = len(arms) - _MOST_ARMS
    if left_out > 0:
        arms = sorted(arms, key=lambda arm: -arm.mean)[:_MOST_ARMS]
        title += f"; the best {_MOST_ARMS} of {_MOST_ARMS + left_out} arms"
    room = letters(width, 2 * _LABEL)
    names = [textwrap.fill(arm.label, min(_LABEL, room // 3)) for arm in arms]
    runs = {
        "values": [arm.mean for arm in arms],
        "error": [arm.sd for arm in arms],
        "dots": [arm.values for arm in arms],
        "marker": "|",
    }
    parts: list[dict[str, Any]] = [{"labels": names, "y_label": textwrap.fill(metric, room), "series": [runs]}]
    compared = [(name, arm.difference) for name, arm in zip(names, arms, strict=True) if arm.difference is not None]
    if compared:
        compared_names, differences = zip(*compared, strict=True)
        mean, low, high = np.array(differences).T
        series = {"values": mean, "error": (mean - low, high - mean), "marker": "s", "colour": OKABE_ITO[1]}
        reference = next((arm.label for arm in arms if arm.is_reference), "the reference")
        about = textwrap.fill(f"difference from {reference}, seed by seed{f' ({unit})' if unit else ''}", room)
        parts.append({"labels": compared_names, "y_label": about, "series": [series], "marks": [0.0]})
    for part in parts:
        lines = sum(1 + name.count("\n") for name in part["labels"])
        part |= {"kind": "bars", "lying": True, "share": 0.1 + 0.06 * lines}
    parts[0]["title"] = textwrap.fill(title, room)
    return figure_of({"kind": "stack", "parts": parts}, width)
