"""What a plot of the Rule lab shows, in words, as a table and as a figure for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stdpbench import __version__
from stdpbench.figures.paper import Table
from stdpbench.lab.result import Result
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules import line_styles
from stdpbench_gui.pages.rules.plot import SPLIT, Drawn, gap
from stdpbench_gui.pages.rules.state import ShownPoints, name_of

_LONGEST = 34


def summary(title: str, shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> str:
    """The rule that changes, which comes last, in words; and what stands beside it."""
    result = shown[-1].result
    parts = []
    for curve in result.curves:
        change = curve.change[np.isfinite(curve.change)]
        if not len(change):
            continue
        low, high = float(change.min()), float(change.max())
        said = "is 0 throughout" if low == high == 0 else f"from {low:+.3g} to {high:+.3g}"
        if low < 0 < high:
            said += f", 0 near {_crossings(result.x, curve.change)}"
        parts.append(" ".join(filter(None, [curve.label, said])))
    beside = [f"{len(shown) - 1} kept beside it"] if len(shown) > 1 else []
    beside += [one.points.label for one in points]
    return (
        f"{title} of {name_of(result.rule)}: {result.y_name} {'; '.join(parts)}. "
        + (f"Beside it: {', '.join(beside)}. " if beside else "")
        + " ".join([f"{result.conditions}.", *result.remarks])
    )


def table(shown: Sequence[Drawn]) -> Table | None:
    """Rule, x, and all curves; a row for each x of each rule."""
    rows: list[tuple[object, ...]] = []
    names: list[str] = []
    for drawn in reversed(shown):
        columns = drawn.result.columns()
        names = names or ["rule", *columns]
        rows += [(drawn.name or name_of(drawn.result.rule), *row) for row in zip(*columns.values(), strict=True)]
    return (names, rows) if rows else None


def figure(shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> dict[str, Any] | None:
    """All that is drawn, as `stdpbench.figures.paper` takes it; points with a band for their errors."""
    if not shown:
        return None
    first, lines = shown[-1].result, []
    for drawn in reversed(shown):
        for which, curve in enumerate(drawn.result.curves):
            label = " ".join(filter(None, [drawn.name, curve.label]))
            colour = theme.LIGHT.exc if drawn.kept < 0 else line_styles.of_rule(drawn.kept).colour
            x, y, spread = drawn.result.x, curve.change, curve.spread
            if drawn.result.protocol in SPLIT:
                x, y, spread = gap(x, y)[0], gap(x, y)[1], None if spread is None else gap(x, spread)[1]
            line = {"x": x, "y": y, "label": label, "colour": colour}
            line["style"] = "o" if drawn.result.x_labels else line_styles.paper_line(which)
            lines.append(line | ({"error": spread} if spread is not None else {}))
    for one in points:
        lines.append({"x": one.points.x, "y": one.points.y, "label": one.points.label, "colour": "#000000"})
        lines[-1]["style"] = line_styles.paper_mark(one.number)
        if one.points.error is not None:
            lines[-1]["error"] = one.points.error
    label = f"{first.x_name} ({first.x_unit})" if first.x_unit else first.x_name
    return {"kind": "lines", "x_label": label, "plots": [{"label": first.y_name, "lines": lines}]}


def caption(title: str, shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> str:
    """Rules, their values and conditions, and where points come from."""
    said = [f"{title}."]
    for drawn in reversed(shown):
        rule = drawn.result.rule
        values = ", ".join(f"{p.name} {p.show(getattr(rule, p.name))}" for p in rule.describe())
        said.append(f"{drawn.name or getattr(rule, 'kind', '')}: {values}; {drawn.result.conditions}.")
        said += drawn.result.remarks
    said += [f"{one.points.label}: {one.points.about}." for one in points]
    return " ".join([*said, f"stdpbench {__version__}."])


def conditions_of(results: Sequence[tuple[str, Result]]) -> list[str]:
    """Conditions and remarks of results by name; what holds for all is said once, and first."""
    found: dict[str, list[str]] = {}
    for name, result in results:
        for text in (f"{result.conditions}.", *result.remarks):
            found.setdefault(text, []).append(name)
    return [
        text if len(names) == len(results) else f"{', '.join(map(short, names))}: {text}"
        for text, names in found.items()
    ]


def short(name: str) -> str:
    """A name that is not too long for a legend."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"


def _crossings(x: Any, y: Any) -> str:
    """Where a curve crosses 0, in a few numbers."""
    order = np.argsort(x)
    x, y = np.asarray(x)[order], np.asarray(y)[order]
    places = np.flatnonzero(y[:-1] * y[1:] < 0)[:3]
    found = [float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])) for k in places]
    return ", ".join(f"{each:.3g}" for each in found) or "one of its points"
