"""Fits as text, JSON, a table of points, a page of Markdown, the file of the fitted rule, and a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from stdpbench import __version__
from stdpbench.base.units import minus
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.kinds.release import Release
from stdpbench.results.figures.drawing import OKABE_ITO, new_figure
from stdpbench.results.figures.paper import Table, markdown_table, table_text
from stdpbench.results.figures.saving import Width, at_width, millimetres
from stdpbench.studies.lab.certainty import Comparison
from stdpbench.studies.lab.fitting import Fit, Fitted

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


_MARGIN = 0.02  # of axes of drawn values, as a part of the range between the bounds
_APART = 3.0  # standard errors of a difference
_UNLIKELY = 0.01  # probability of a misfit that is remarked upon
_EDGE = 1e-3  # of the range between the bounds: a value as close to one is at it
_ALIKE = 2.0  # difference of AICc below which rules are supported about equally (Burnham & Anderson 2002)


class Drawn(NamedTuple):
    """Values of the parameters of a fit, (n, n_parameters): bootstrapped, or of the posterior distribution."""

    kind: Literal["bootstrap", "posterior"]
    values: NDArray[np.float64]

    @property
    def label(self) -> str:
        """How many there are of which kind."""
        return f"{len(self.values)} {'bootstraps' if self.kind == 'bootstrap' else 'posterior values'}"


def name_of(fit: Fit) -> str:
    """Return the name of the rule."""
    return rule_name(fit.rule.to_mapping())


def number(value: float) -> str:
    """Return a number with three digits; a dash if it is not finite."""
    return minus(f"{float(f'{value:.3g}'):g}") if np.isfinite(value) else "–"


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


def to_mapping(fit: Fit, drawn: Drawn | None, compared: Comparison | None) -> dict[str, Any]:
    """Return a fit as plain values, for JSON, with its drawn values and its comparison with others."""
    rows = [
        {**asdict(point), "model": float(model), "residual": float(residual)}
        for point, model, residual in zip(fit.points, fit.change, fit.residuals, strict=True)
    ]
    more: dict[str, Any] = {} if drawn is None else {drawn.kind: drawn.values.tolist()}
    if compared is not None:
        more["compared"] = [
            {
                "rule": name_of(each),
                "parameters": len(each.parameters),
                "misfit": each.misfit / len(each.error),
                "aicc": finite(each.aicc),
                "left_out": left,
            }
            for each, left in zip(compared.fits, compared.left_out, strict=True)
        ]
    return more | {
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
    """Return the points with their protocols and the changes of the model."""
    given = ("protocol", "dt (ms)", "dt2 (ms)", "frequency (Hz)", "repeats", "change")
    rows = [
        (data, *astuple(point)[: len(given)], *of_fit)
        for point, (data, _, _, *of_fit) in zip(fit.points, point_rows(fit), strict=True)
    ]
    return table_text((("data", *given, "error", "model", "residual"), rows))


def to_toml(fit: Fit) -> str:
    """Return the fitted rule as a file that an experiment or the laboratory can use."""
    import tomli_w

    data = ", ".join(each.name for each in fit.sets)
    return f"# Fitted to {data} by stdpbench {__version__}, seed {fit.seed}. {_of_points(fit)}.\n" + tomli_w.dumps(
        fit.rule.to_mapping()
    )


def blocks(fits: Sequence[Fit], drawn: Drawn | None, compared: Comparison | None) -> Iterator[str | Table]:
    """Yield what there is to say about fits, to print or write: headings (``# …``), sentences and tables.

    Parameters
    ----------
    fits : sequence of Fit
        The fits.
    drawn : Drawn or None
        Values drawn for the first one.
    compared : Comparison or None
        Their comparison.
    """
    for fit in fits:
        yield f"# {name_of(fit)}, fitted to {', '.join(each.name for each in fit.sets)}"
        yield from (f"{each.name}: {each.about}." for each in fit.sets)
        yield _parameters(fit, drawn if fit is fits[0] else None)
        yield from sentences(fit)
        yield _points(fit)
        loss = "Huber's loss, linear beyond 1.5 errors" if fit.robust else "sum of squares"
        origin = f"Seed {fit.seed}, stdpbench {__version__}"
        yield f"{_of_points(fit)}. Loss: {loss}. Intervals: profile likelihood. {origin}."
    if compared is not None:
        yield "# Comparison"
        yield _compared(compared)
        one, other = compared.fits[:2]
        apart = other.aicc - one.aicc
        alike = f"do not tell {name_of(one)} and {name_of(other)} apart"
        verdict = f"favour {name_of(one)}" if apart >= _ALIKE else alike
        yield (
            "Misfits are means over points; left out: over the points of protocols left out in turn. "
            f"By AICc, the data {verdict}: the difference is {number(apart)}."
        )
        best, (first, second) = compared.telling, map(number, compared.telling.changes)
        yield (
            f"Most telling between {name_of(one)} and {name_of(other)}: {best.point.protocol}, {best.point.label}, "
            f"with changes of {first} and {second}, {number(best.distance)} standard deviations apart."
        )


def to_markdown(fits: Sequence[Fit], drawn: Drawn | None = None, compared: Comparison | None = None) -> str:
    """Return a page with everything of `blocks`."""
    return (
        "\n\n".join(
            block if isinstance(block, str) else markdown_table(block) for block in blocks(fits, drawn, compared)
        )
        + "\n"
    )


def _parameters(fit: Fit, drawn: Drawn | None) -> Table:
    level = f"{100 * fit.level:g} %"
    columns = [
        ("parameter", "value", f"{level} interval", "determined"),
        *map(parameter_row, fit.parameters),
    ]
    free = [each.free for each in fit.parameters]
    more = [("bounds", *(f"{number(each.low)} … {number(each.high)}{' (log)' if each.log else ''}" for each in free))]
    if drawn is not None:
        ends = np.quantile(drawn.values, [(1 - fit.level) / 2, (1 + fit.level) / 2], axis=0).T.tolist()
        more.append((f"{level} of {drawn.label}", *(f"{number(low)} … {number(high)}" for low, high in ends)))
    headings, *rows = ((*row, *added) for row, *added in zip(columns, *more, strict=True))
    return headings, rows


def _points(fit: Fit) -> Table:
    several = len(fit.sets) > 1
    rows = [
        (
            f"{data}: {label}" if several else label,
            f"{number(change)} ± {number(error)}",
            number(model),
            number(residual),
        )
        for data, label, change, error, model, residual in point_rows(fit)
    ]
    return ("point", "data", "model", "(model − data)/error"), rows


def _compared(compared: Comparison) -> Table:
    least = compared.fits[0].aicc
    rows = [
        (
            name_of(fit),
            str(len(fit.parameters)),
            number(fit.misfit / len(fit.error)),
            number(fit.aicc),
            number(fit.aicc - least),
            "–" if left is None else number(left),
        )
        for fit, left in zip(compared.fits, compared.left_out, strict=True)
    ]
    return ("rule", "parameters", "misfit", "AICc", "ΔAICc", "left out"), rows


def _of_points(fit: Fit) -> str:
    if isinstance(fit.rule, Release):
        return "Changes are those of amplitudes from the first"
    return f"Changes are relative to {fit.relative_to:g}; points start from the weight {fit.weight:g}"


def draw(fits: Sequence[Fit], width: Width | None = None, drawn: Drawn | None = None) -> Figure:
    """Draw the points with the changes of the models, the residuals below, and pairs of values drawn for the first."""
    wide, fit = None if width is None else millimetres(width), fits[0]
    figure = new_figure(860, 560 if drawn is None else 1360, constrained=True)
    parts = figure.subfigures(
        1 if drawn is None else 2, 1, squeeze=False, height_ratios=None if drawn is None else (56, 80)
    )
    above, below = parts[0, 0].subplots(2, sharex=True, height_ratios=(3, 1))
    x = np.arange(len(fit.error))
    data = [point.change for point in fit.points]
    above.errorbar(x, data, fit.error, fmt="o", color="black", markerfacecolor="white", capsize=3, label="data")
    below.axhspan(-1, 1, color="0.92")
    for number_of, (each, colour) in enumerate(zip(fits, cycle(OKABE_ITO))):
        bar = 0.6 / len(fits)
        above.plot(x, each.change, "sDv^"[number_of % 4], color=colour, label=name_of(each))
        below.bar(x + bar * (number_of - (len(fits) - 1) / 2), each.residuals, bar, color=colour)
    below.set_xticks(x, [point.label for point in fit.points], rotation=40, ha="right", fontsize=8)
    what = "amplitude / first − 1" if isinstance(fit.rule, Release) else "relative weight change"
    above.set_ylabel(what, fontsize=11)
    below.set_ylabel("residual / error", fontsize=11)
    for axes in (above, below):
        axes.axhline(0.0, color="black", linewidth=0.8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    above.set_title(", ".join(each.title or each.name for each in fit.sets), fontsize=12, loc="left")
    above.legend(fontsize=9, frameon=False)
    if drawn is not None:
        _draw_pairs(parts[1, 0], fit, drawn)
    return at_width(figure, wide)


def _around(each: Fitted, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges of bins of all values, with a margin, so that values at a bound do not fill the axis."""
    low, high = each.free.place(values.min()), each.free.place(values.max())
    return np.asarray(each.free.value(np.linspace(low - _MARGIN, high + _MARGIN, 16)))


def _ends(values: NDArray[np.float64]) -> tuple[list[float], list[str]]:
    """Return least and largest value, and how they are written."""
    ends = [float(values.min()), float(values.max())]
    return ends, list(map(number, ends))


def _draw_pairs(figure: SubFigure, fit: Fit, drawn: Drawn) -> None:
    """Draw the distribution of the values of each parameter and pair; lines are the fitted values."""
    n = len(fit.parameters)
    for (row, column), axes in np.ndenumerate(figure.subplots(n, n, sharex="col", squeeze=False)):
        (across, x), (up, y) = ((fit.parameters[at], drawn.values[:, at]) for at in (column, row))
        axes.set_visible(column <= row)
        axes.axvline(across.value, color="black", linewidth=0.8)
        if row == column:
            axes.hist(x, _around(across, x), color=OKABE_ITO[0])
            axes.set_yticks([])
            unit = f" ({across.free.unit})" if across.free.unit else ""
            axes.set_title(across.free.name + unit, fontsize=9, loc="right")
        else:
            axes.axhline(up.value, color="black", linewidth=0.8)
            axes.plot(x, y, ".", color=OKABE_ITO[0], markersize=3)
            axes.set_yscale("log" if up.free.log else "linear")
            axes.set_ylim(*_around(up, y)[[0, -1]])
            axes.set_yticks(*_ends(y), fontsize=8)
            axes.set_ylabel(up.free.name, fontsize=8)
            axes.set_yticks([], minor=True)
        axes.set_xscale("log" if across.free.log else "linear")
        axes.set_xlim(*_around(across, x)[[0, -1]])
        axes.set_xticks(*_ends(x), fontsize=8, rotation=40, ha="right")
        axes.set_xticks([], minor=True)
        axes.label_outer()
    figure.suptitle(drawn.label, fontsize=11)
