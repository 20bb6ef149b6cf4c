"""Summary, table and paper figure of a plot on the Rules page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stdpbench import __version__
from stdpbench.base.units import signed
from stdpbench.results.figures.paper import Table
from stdpbench.studies.lab.result import Result, gap
from stdpbench_gui.look import theme
from stdpbench_gui.pages.rules import line_styles
from stdpbench_gui.pages.rules.plot import SPLIT, Drawn
from stdpbench_gui.pages.rules.state import ShownPoints, name_of

_LONGEST, _SHORTEST = 34, 12


def summary(title: str, shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> str:
    """Describe the edited rule, which is last in `shown`, and name what it is compared with."""
    result = shown[-1].result
    parts = []
    for curve in result.curves:
        change = curve.change[np.isfinite(curve.change)]
        if not len(change):
            continue
        low, high = float(change.min()), float(change.max())
        text = "is 0 throughout" if low == high == 0 else f"from {signed(low, '.3g')} to {signed(high, '.3g')}"
        if low < 0 < high:
            text += f", 0 near {_crossings(result.x, curve.change)}"
        parts.append(" ".join(filter(None, [curve.label, text])))
    compared = [f"{len(shown) - 1} kept"] if len(shown) > 1 else []
    compared += [one.points.label for one in points]
    return (
        f"{title} of {name_of(result.rule)}: {result.y_name} {'; '.join(parts)}. "
        + (f"Compared with: {', '.join(compared)}. " if compared else "")
        + " ".join([f"{result.conditions}.", *result.remarks])
    )


def table(shown: Sequence[Drawn]) -> Table | None:
    """Return rule, x and all curves, one row per x and rule."""
    rows: list[tuple[object, ...]] = []
    names: list[str] = []
    for drawn in reversed(shown):
        columns = drawn.result.columns()
        names = names or ["rule", *columns]
        rows += [(drawn.name or name_of(drawn.result.rule), *row) for row in zip(*columns.values(), strict=True)]
    return (names, rows) if rows else None


def figure(shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> dict[str, Any] | None:
    """Return all curves as a figure of `stdpbench.results.figures.paper`; data points have error bands."""
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
            line["style"] = (
                "o" if drawn.result.x_labels else line_styles.PAPER_LINES[which % len(line_styles.PAPER_LINES)]
            )
            lines.append(line | ({"error": spread} if spread is not None else {}))
    for one in points:
        lines.append({"x": one.points.x, "y": one.points.y, "label": one.points.label, "colour": "#000000"})
        lines[-1]["style"] = line_styles.PAPER_POINTS[one.number % len(line_styles.PAPER_POINTS)]
        if one.points.error is not None:
            lines[-1]["error"] = one.points.error
    label = f"{first.x_name} ({first.x_unit})" if first.x_unit else first.x_name
    return {"kind": "lines", "x_label": label, "plots": [{"label": first.y_name, "lines": lines}]}


def caption(title: str, shown: Sequence[Drawn], points: Sequence[ShownPoints]) -> str:
    """Return a caption with rules, values, conditions, and the sources of data points."""
    parts = [f"{title}."]
    for drawn in reversed(shown):
        rule = drawn.result.rule
        values = ", ".join(f"{p.name} {p.show(getattr(rule, p.name))}" for p in rule.describe())
        parts.append(f"{drawn.name or getattr(rule, 'kind', '')}: {values}; {drawn.result.conditions}.")
        parts += drawn.result.remarks
    parts += [f"{one.points.label}: {one.points.about}." for one in points]
    return " ".join([*parts, f"stdpbench {__version__}."])


def conditions_of(results: Sequence[tuple[str, Result]]) -> list[str]:
    """Return conditions and remarks of named results; those common to all appear once, first."""
    found: dict[str, list[str]] = {}
    names = told_apart([name for name, _ in results])
    for name, (_, result) in zip(names, results, strict=True):
        for text in (f"{result.conditions}.", *result.remarks):
            found.setdefault(text, []).append(name)
    return [text if len(of) == len(results) else f"{', '.join(of)}: {text}" for text, of in found.items()]


def told_apart(names: Sequence[str]) -> list[str]:
    """Shorten the names of rules, such as ``"pair-additive (a_plus 0.01, tau 20 ms)"``, for a legend.

    Values that all of a kind have go first, then the end of the kind; a value that differs is never left out.
    """
    parts = [name.removesuffix(")").partition(" (") for name in names]
    values = [text.split(", ") if text else [] for _, _, text in parts]
    found = []
    for (kind, _, _), listed in zip(parts, values, strict=True):
        alike = [set(others) for (other, _, _), others in zip(parts, values, strict=True) if other == kind]
        common = set.intersection(*alike) if len(alike) > 1 else set()
        own = ", ".join(value for value in listed if value not in common)
        tail = f" ({own})" if own else ""
        room = max(_SHORTEST, _LONGEST - len(tail))
        found.append(f"{kind if len(kind) <= room else f'{kind[: room - 1].rstrip()}…'}{tail}")
    return found


def _crossings(x: Any, y: Any) -> str:
    """Return the first few zero crossings of a curve as text."""
    order = np.argsort(x)
    x, y = np.asarray(x)[order], np.asarray(y)[order]
    places = np.flatnonzero(y[:-1] * y[1:] < 0)[:3]
    found = [float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])) for k in places]
    return ", ".join(f"{each:.3g}" for each in found) or "one of the points"
