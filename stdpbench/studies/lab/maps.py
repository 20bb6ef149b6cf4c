"""Weight changes, or the misfit of a fit, over two parameters of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.results.figures.drawing import new_figure
from stdpbench.results.figures.saving import Width, at_width, millimetres
from stdpbench.studies.lab.batch import Batch
from stdpbench.studies.lab.data_sets import Point
from stdpbench.studies.lab.fitting import Fit, Free, free_parameters
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
    ranges: Mapping[str, tuple[float, float]],
    points: Sequence[Point],
    *,
    n: int = 40,
    weight: float | None = None,
    set: Mapping[str, Any] | None = None,
) -> Map:
    """Return the weight change in protocols over two parameters.

    Parameters
    ----------
    rule : str or PlasticityRule
        Kind of the rule, or a rule.
    ranges : mapping of str to (float, float)
        Two parameters with their ranges in their units; ranges above 0 are divided evenly in their logarithm.
    points : sequence of Point
        Protocols; their changes and errors are not read.
    n : int
        Number of values of each parameter.
    weight : float, optional
        Weight at the start; default: half of w_max.
    set : mapping of str to Any, optional
        Parameters of the rule.

    Raises
    ------
    StdpbenchError
        If there are not two parameters, or a value is not allowed.
    """
    plasticity, trains = as_rule(rule, set), [point.trains() for point in points]
    x, y = _two(free_parameters(plasticity, ranges))
    inputs, outputs = [fed for fed, _ in trains], [fired for _, fired in trains]
    batch = Batch(plasticity, inputs, outputs, starting_weight(plasticity, weight))
    places = np.linspace(0.0, 1.0, n)
    x_values, y_values = x.value(places), y.value(places)
    changes = batch.changes({x.name: np.tile(x_values, n), y.name: np.repeat(y_values, n)})
    return Map(x, y, x_values, y_values, changes.reshape(n, n, -1))


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


def draw_map(drawn: Map, at: tuple[float, float] | None = None, width: Width | None = None) -> Figure:
    """Draw the misfit over two parameters, with contours; `at` is marked."""
    wide = None if width is None else millimetres(width)
    figure = new_figure(620, 520, constrained=True)
    axes = figure.subplots()
    image = axes.pcolormesh(drawn.x_values, drawn.y_values, np.log10(1 + drawn.values), cmap="Blues_r", shading="auto")
    axes.contour(drawn.x_values, drawn.y_values, drawn.values, _LEVELS, colors="black", linewidths=(1.6, 1.0, 0.6))
    if at is not None:
        axes.plot(*at, "+", color="black", markersize=12)
    for free, name in ((drawn.x, "x"), (drawn.y, "y")):
        getattr(axes, f"set_{name}scale")("log" if free.log else "linear")
        getattr(axes, f"set_{name}label")(f"{free.name} ({free.unit})" if free.unit else free.name, fontsize=11)
    figure.colorbar(image, label="log10(1 + misfit above the optimum)")
    axes.set_title("lines: 68, 90 and 99 % of two parameters, others fixed", fontsize=10, loc="left")
    return at_width(figure, wide)


def _two(free: Sequence[Free]) -> tuple[Free, Free]:
    if len(free) != len(("x", "y")):
        raise StdpbenchError(f"a map has two parameters, not {len(free)}")
    return free[0], free[1]
