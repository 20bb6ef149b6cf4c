"""A fit as JSON, as a table of its points, as a page of Markdown, as the file of the fitted rule, and as a figure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from stdpbench import __version__
from stdpbench.base.units import minus
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.kinds.release import Release
from stdpbench.results.figures.drawing import OKABE_ITO, new_figure
from stdpbench.results.figures.paper import table_text
from stdpbench.results.figures.saving import Width, at_width, millimetres
from stdpbench.studies.lab.fitting import Fit, Fitted

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


_MARGIN = 0.02  # of axes of bootstrapped values, as a part of the range between the bounds
_APART = 3.0  # standard errors of a difference
_UNLIKELY = 0.01  # probability of a misfit that is remarked upon
_EDGE = 1e-3  # of the range between the bounds: a value as close to one is at it


def name_of(fit: Fit) -> str:
    """Return the name of the rule."""
    return rule_name(fit.rule.to_mapping())


def number(value: float) -> str:
    """Return a number with three digits; a dash if it is not finite."""
    return minus(f"{value:.3g}") if np.isfinite(value) else "–"


def finite(value: float) -> float | None:
    """Return a number for JSON, which has none that is not finite."""
    return float(value) if np.isfinite(value) else None


def parameter_row(each: Fitted) -> tuple[str, str, str, str]:
    """Return name, value, interval, and whether the data determine it."""
    free, unit = each.free, f" {each.free.unit}" if each.free.unit else ""
    if each.interval is None:
        return free.name, number(each.value) + unit, "–", "–"
    low, high = each.interval
    ends = f"{'≤ ' if low <= free.low else ''}{number(low)} … {'≥ ' if high >= free.high else ''}{number(high)}{unit}"
    return free.name, number(each.value) + unit, ends, "yes" if each.determined else "no"


def sentences(fit: Fit) -> list[str]:
    """Return what the fit says about the data, as sentences."""
    n = len(fit.error)
    before, after = (number(each / n) for each in (fit.misfit_before, fit.misfit))
    texts = [f"Mean of ((model − data)/error)² over {n} points: {after}, with the given values {before}."]
    if fit.estimated:
        error = number(100 * float(fit.error[0]))
        texts = [
            f"The data have no errors: all points count alike, with an error of {error} % estimated from the fit."
        ]
    for label, points in fit.repeated().items():
        changes, errors = np.array(points).T
        if np.ptp(changes) > _APART * np.hypot(errors.max(), errors.max()):
            texts.append(f"Points of the same protocol contradict each other: {label}.")
    above = stats.chi2.sf(fit.misfit, n - len(fit.parameters))
    if not (fit.estimated or fit.robust) and above < _UNLIKELY:
        texts.append(
            f"The misfit is larger than these errors explain (χ² test, p = {number(above)}): the rule does not fit, "
            "or the errors are too small, and so are the intervals."
        )
    ends = [each.free.name for each in fit.parameters if not _EDGE < each.free.place(each.value) < 1 - _EDGE]
    if ends:
        texts.append(f"At a bound: {', '.join(ends)}.")
    if fit.undetermined:
        texts.append(f"The data do not determine {', '.join(fit.undetermined)}.")
    return texts


def to_mapping(fit: Fit) -> dict[str, Any]:
    """Return everything as plain values, for JSON."""
    rows = [
        {**asdict(point), "model": float(model), "residual": float(residual)}
        for point, model, residual in zip(fit.points, fit.change, fit.residuals, strict=True)
    ]
    return {
        "stdpbench": __version__,
        "rule": fit.rule.to_mapping(),
        "data": {each.name: each.about for each in fit.sets},
        "parameters": [{**asdict(each), "error": finite(each.error)} for each in fit.parameters],
        "level": fit.level,
        "misfit": fit.misfit,
        "misfit_as_given": finite(fit.misfit_before),
        "aicc": finite(fit.aicc),
        "errors_estimated": fit.estimated,
        "robust": fit.robust,
        "weight": fit.weight,
        "relative_to": fit.relative_to,
        "seed": fit.seed,
        "points": rows,
    }


def point_rows(fit: Fit) -> list[tuple[Any, ...]]:
    """Return data set, protocol, change, error, change of the model and residual of each point."""
    names = [each.name for each in fit.sets for _ in each.points]
    return [
        (name, point.label, point.change, float(error), float(model), float(residual))
        for name, point, error, model, residual in zip(
            names, fit.points, fit.error, fit.change, fit.residuals, strict=True
        )
    ]


def to_csv(fit: Fit) -> str:
    """Return the points with the changes of the model."""
    return table_text((["data", "protocol", "change", "error", "model", "residual"], point_rows(fit)))


def to_toml(fit: Fit) -> str:
    """Return the fitted rule as a file that an experiment or the laboratory can use."""
    import tomli_w

    data = ", ".join(each.name for each in fit.sets)
    return f"# Fitted to {data} by stdpbench {__version__}, seed {fit.seed}. {_of_points(fit)}.\n" + tomli_w.dumps(
        fit.rule.to_mapping()
    )


def to_markdown(fit: Fit) -> str:
    """Return one page about the fit."""
    level = f"{100 * fit.level:g} %"
    lines = [f"# {name_of(fit)}, fitted to {', '.join(each.name for each in fit.sets)}", ""]
    lines += [f"* {each.name}: {each.about}." for each in fit.sets]
    lines += ["", *(f"{sentence}\n" for sentence in sentences(fit))]
    lines += [f"| parameter | value | {level} interval | determined | bounds |", "| --- | --- | --- | --- | --- |"]
    for each in fit.parameters:
        bounds = f"{number(each.free.low)} … {number(each.free.high)}{' (log)' if each.free.log else ''}"
        lines.append(f"| {' | '.join((*parameter_row(each), bounds))} |")
    lines += ["", "| point | data | model | residual |", "| --- | --- | --- | --- |"]
    for point, error, model, residual in zip(fit.points, fit.error, fit.change, fit.residuals, strict=True):
        data = f"{number(point.change)} ± {number(error)}"
        lines.append(f"| {point.label} | {data} | {number(model)} | {number(residual)} |")
    loss = "Huber's loss, linear beyond 1.5 errors" if fit.robust else "sum of squares"
    lines += [
        "",
        f"{_of_points(fit)}. Loss: {loss}. Intervals: profile likelihood. Seed {fit.seed}, stdpbench {__version__}.",
    ]
    return "\n".join(lines) + "\n"


def _of_points(fit: Fit) -> str:
    if isinstance(fit.rule, Release):
        return "Changes are those of amplitudes from the first"
    return f"Changes are relative to {fit.relative_to:g}; points start from the weight {fit.weight:g}"


def draw(fit: Fit, width: Width | None = None, drawn: NDArray[np.float64] | None = None) -> Figure:
    """Draw the points with the changes of the model, the residuals below, and bootstrapped values in pairs."""
    wide, n = None if width is None else millimetres(width), len(fit.error)
    figure = new_figure(860, 560 if drawn is None else 1360, constrained=True)
    parts = figure.subfigures(
        1 if drawn is None else 2, 1, squeeze=False, height_ratios=None if drawn is None else (56, 80)
    )
    above, below = parts[0, 0].subplots(2, sharex=True, height_ratios=(3, 1))
    x = np.arange(n)
    data = [point.change for point in fit.points]
    above.errorbar(x, data, fit.error, fmt="o", color="black", markerfacecolor="white", capsize=3, label="data")
    above.plot(x, fit.change, "s", color=OKABE_ITO[0], label=name_of(fit))
    below.axhspan(-1, 1, color="0.92")
    below.bar(x, fit.residuals, 0.5, color=OKABE_ITO[0])
    below.set_xticks(x, [point.label for point in fit.points], rotation=40, ha="right", fontsize=8)
    what = "amplitude / first − 1" if isinstance(fit.rule, Release) else "relative weight change"
    above.set_ylabel(what, fontsize=11)
    below.set_ylabel("residual / error", fontsize=11)
    for axes in (above, below):
        axes.axhline(0.0, color="black", linewidth=0.8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    above.set_title(f"{name_of(fit)}: {', '.join(each.name for each in fit.sets)}", fontsize=12, loc="left")
    above.legend(fontsize=9, frameon=False)
    if drawn is not None:
        _draw_pairs(parts[1, 0], fit, drawn)
    return at_width(figure, wide)


def _label(each: Fitted) -> str:
    return f"{each.free.name} ({each.free.unit})" if each.free.unit else each.free.name


def _around(each: Fitted, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges of bins of all values, with a margin, so that values at a bound do not fill the axis."""
    low, high = each.free.place(values.min()), each.free.place(values.max())
    return np.asarray(each.free.value(np.linspace(low - _MARGIN, high + _MARGIN, 16)))


def _draw_pairs(figure: SubFigure, fit: Fit, drawn: NDArray[np.float64]) -> None:
    """Draw the distribution of the bootstrapped values of each parameter and pair; lines are the fitted values."""
    n = len(fit.parameters)
    for (row, column), axes in np.ndenumerate(figure.subplots(n, n, sharex="col", squeeze=False)):
        (across, x), (up, y) = ((fit.parameters[at], drawn[:, at]) for at in (column, row))
        axes.set_visible(column <= row)
        axes.axvline(across.value, color="black", linewidth=0.8)
        if row == column:
            axes.hist(x, _around(across, x), color=OKABE_ITO[0])
            axes.set_yticks([])
        else:
            axes.axhline(up.value, color="black", linewidth=0.8)
            axes.plot(x, y, ".", color=OKABE_ITO[0], markersize=3)
            axes.set_yscale("log" if up.free.log else "linear")
            axes.set_ylim(*_around(up, y)[[0, -1]])
        axes.set_xscale("log" if across.free.log else "linear")
        axes.set_xlim(*_around(across, x)[[0, -1]])
        axes.set_xlabel(_label(across))
        axes.set_ylabel("" if row == column else _label(up))
        axes.label_outer()
    figure.suptitle(f"{len(drawn)} bootstrapped fits", fontsize=11)
