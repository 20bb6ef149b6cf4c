"""Weight changes, or the misfit of a fit, over two parameters of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.results.figures.drawing import new_figure
from stdpbench.results.figures.saving import Width, at_width, millimetres
from stdpbench.studies.lab.batch import Batch
from stdpbench.studies.lab.data_sets import DataSet, Point
from stdpbench.studies.lab.fitting import Fit, Free, Problem, Progress, as_sets, free_parameters
from stdpbench.studies.lab.protocols import as_rule, starting_weight

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
_LEVELS = (2.30, 4.61, 9.21)  # 68, 90 and 99 % of two parameters together, with all others fixed


@dataclass(frozen=True, eq=False)
class Map:
    """A quantity over two parameters.

    Attributes
    ----------
    x, y : Free
        The parameters with their ranges.
    x_values, y_values : ndarray, float64, (n,)
        Their values, in their units.
    values : ndarray, float64, (n, n) or (n, n, n_points)
        The quantity, y first.
    """

    x: Free
    y: Free
    x_values: Floats
    y_values: Floats
    values: Floats


def change_map(
    rule: str | PlasticityRule,
    ranges: Mapping[str, tuple[float, float] | None],
    points: Sequence[Point],
    *,
    n: int = 40,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Map:
    """Return the weight change in protocols over two parameters.

    Parameters
    ----------
    rule : str or PlasticityRule
        Kind of the rule, or a rule.
    ranges : mapping of str to (float, float) or None
        Two parameters with their ranges in their units, None for the usual bounds of a fit; ranges above 0 are
        divided evenly in their logarithm.
    points : sequence of Point
        Protocols; their changes and errors are not read.
    n : int
        Number of values of each parameter.
    weight : float, optional
        Weight at the start; default: half of w_max.
    set : mapping of str to Any, optional
        Parameters of the rule.
    progress : callable, optional
        See `stdpbench.studies.lab.fitting.Progress`.

    Raises
    ------
    StdpbenchError
        If there are not two parameters, or a value is not allowed.
    """
    plasticity, trains = as_rule(rule, set), [point.trains() for point in points]
    x, y = _two(free_parameters(plasticity, ranges))
    inputs, outputs = [fed for fed, _ in trains], [fired for _, fired in trains]
    batch = Batch(plasticity, inputs, outputs, starting_weight(plasticity, weight))
    return _map(x, y, n, lambda at: batch.changes({x.name: x.value(at[:, 0]), y.name: y.value(at[:, 1])}), progress)


def data_map(
    rule: str | PlasticityRule,
    data: str | Path | DataSet | Sequence[str | Path | DataSet],
    ranges: Mapping[str, tuple[float, float] | None],
    *,
    n: int = 40,
    weight: float | None = None,
    relative_to: float | None = None,
    set: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Map:
    """Return by how much the misfit to data exceeds its least value in the map, over two parameters of a rule.

    Without errors in the data, their variance is estimated from this least value.

    Parameters
    ----------
    rule, data, weight, relative_to, set, progress
        As of `stdpbench.studies.lab.fit`.
    ranges : mapping of str to (float, float) or None
        As of `change_map`; None for the usual bounds of a fit.
    n : int
        Number of values of each parameter.

    Raises
    ------
    StdpbenchError
        If there are not two parameters, or the data cannot be fitted.
    """
    plasticity = as_rule(rule, set)
    x, y = _two(free_parameters(plasticity, ranges))
    problem = Problem(plasticity, as_sets(data), (x, y), weight, relative_to, False)
    made = _map(x, y, n, problem.misfit, progress)
    least = made.values.min()
    variance = least / max(len(problem.points) - len(problem.free), 1) if problem.estimated else 1.0
    return replace(made, values=(made.values - least) / variance)


def _map(x: Free, y: Free, n: int, of: Callable[[Floats], Floats], progress: Progress | None) -> Map:
    """Return a map of what `of` returns for places between the bounds, row by row."""
    places, rows = np.linspace(0.0, 1.0, n), list[Floats]()
    for number, place in enumerate(places, 1):
        rows.append(of(np.column_stack([places, np.full(n, place)])))
        if progress is not None:
            progress("map", number, n)
    return Map(x, y, x.value(places), y.value(places), np.array(rows))


def misfit_map(fit: Fit, x: str, y: str, *, n: int = 80) -> Map:
    """Return by how much the misfit exceeds the optimum, over two fitted parameters; the others keep their values.

    Raises
    ------
    StdpbenchError
        If a parameter was not fitted.
    """
    problem, names = fit.problem(), [each.free.name for each in fit.parameters]
    if missing := [name for name in (x, y) if name not in names]:
        raise StdpbenchError(f"{missing[0]} was not fitted; fitted were {', '.join(names)}")
    across, up, even = names.index(x), names.index(y), np.linspace(0.0, 1.0, n)
    places = np.tile(problem.given, (n * n, 1))
    places[:, across], places[:, up] = np.tile(even, n), np.repeat(even, n)
    above = problem.misfit(places) - problem.misfit(problem.given[np.newaxis])
    first, second = problem.free[across], problem.free[up]
    return Map(first, second, first.value(even), second.value(even), above.reshape(n, n))


def draw_map(drawn: Map, at: tuple[float, float] | None = None, width: Width | None = None, title: str = "") -> Figure:
    """Draw the misfit over two parameters, with contours; `at` is marked."""
    wide = None if width is None else millimetres(width)
    figure = new_figure(620, 520, constrained=True)
    axes = figure.subplots()
    image = axes.pcolormesh(drawn.x_values, drawn.y_values, np.log10(1 + drawn.values), cmap="Blues_r", shading="auto")
    axes.contour(drawn.x_values, drawn.y_values, drawn.values, _LEVELS, colors="black", linewidths=(1.6, 1.0, 0.6))
    if at is not None:
        axes.plot(*at, "P", color="black", markeredgecolor="white", markersize=12)
    for free, name in ((drawn.x, "x"), (drawn.y, "y")):
        getattr(axes, f"set_{name}scale")("log" if free.log else "linear")
        getattr(axes, f"set_{name}label")(f"{free.name} ({free.unit})" if free.unit else free.name, fontsize=11)
    figure.colorbar(image, label="log10(1 + misfit above the optimum)")
    lines = "lines: 68, 90 and 99 % of two parameters, others fixed"
    axes.set_title("\n".join(filter(None, (title, lines))), fontsize=10, loc="left")
    return at_width(figure, wide)


def _two(free: Sequence[Free]) -> tuple[Free, Free]:
    if len(free) != len(("x", "y")):
        raise StdpbenchError(f"a map has two parameters, not {len(free)}")
    return free[0], free[1]
