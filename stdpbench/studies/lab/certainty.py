"""Bootstrap, cross-validation over protocols and predictions of a fit, and fits compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.release import Release
from stdpbench.studies.lab.batch import effects_of
from stdpbench.studies.lab.data_sets import AMPLITUDES, CANDIDATES, Point
from stdpbench.studies.lab.fitting import Fit, Progress

Floats = NDArray[np.float64]

_TRAINS = tuple(
    Point(AMPLITUDES, dt, 0.0, frequency, spike, 0.0)
    for frequency in (5, 10, 20, 50, 100)
    for spike in (2, 3, 5, 10)
    for dt in (0, 250, 500, 1000)
)
"""Trains among which `most_telling` chooses for short-term plasticity."""


def bootstrap(fit: Fit, n: int = 200, seed: int = 0, progress: Progress | None = None) -> Floats:
    """Return the fitted values for data sets whose points are drawn from the points, with replacement.

    Parameters
    ----------
    fit : Fit
        The fit, from whose optimum each local fit starts.
    n : int
        Number of data sets.
    seed : int
        Seed of the draws.
    progress : callable, optional
        See `stdpbench.studies.lab.fitting.Progress`.

    Returns
    -------
    ndarray, float64, (n, n_parameters)
        Values in the units of the parameters.
    """
    problem, random, n_points = fit.problem(), np.random.default_rng(seed), len(fit.error)
    counts = np.array([np.bincount(random.integers(0, n_points, n_points), minlength=n_points) for _ in range(n)])
    places = problem.near(np.tile(problem.given, (n, 1)), counts, progress or (lambda what, done, total: None))
    return np.stack([free.value(places[:, at]) for at, free in enumerate(problem.free)], axis=1)


def left_out(fit: Fit, progress: Progress | None = None) -> float:
    """Return how well a rule predicts each protocol from the others: the mean of ((model - data)/error)².

    The points of a protocol (pairs of one frequency, triplets, quadruplets) are left out together; the rest is fitted
    from the optimum.

    Raises
    ------
    StdpbenchError
        If all points are of one protocol.
    """
    groups = dict.fromkeys(point.group for point in fit.points)
    if len(groups) < 2:
        raise StdpbenchError("all points are of one protocol, so none can be left out")
    problem, total = fit.problem(), 0.0
    for number, group in enumerate(groups, 1):
        out = np.array([point.group == group for point in fit.points])
        problem.error = np.where(out, np.inf, fit.error)
        place, _ = problem.local(problem.given)
        problem.error = np.where(out, fit.error, np.inf)
        total += float(np.sum(problem.residuals(place[np.newaxis]) ** 2))
        if progress is not None:
            progress("left out", number, len(groups))
    return total / len(fit.error)


def predict(fit: Fit, points: Sequence[Point], values: Floats | None = None) -> Floats:
    """Return relative weight changes in protocols, for the fitted values or for several sets of values.

    Parameters
    ----------
    fit : Fit
        The fit.
    points : sequence of Point
        Protocols; their changes and errors are not read.
    values : ndarray, float64, (n, n_parameters), optional
        Sets of values, such as those of `bootstrap`, whose spread gives a band. Default: the fitted values.

    Returns
    -------
    ndarray, float64, (n, n_points)
    """
    sets = np.array([[each.value for each in fit.parameters]]) if values is None else values
    changes = effects_of(fit.rule, points, fit.weight).changes(
        {each.free.name: sets[:, at] for at, each in enumerate(fit.parameters)}
    )
    return np.asarray(changes / fit.relative_to)


@dataclass(frozen=True)
class Telling:
    """A protocol that tells two rules apart.

    Attributes
    ----------
    point : Point
        The protocol.
    changes : (float, float)
        Relative weight change that each rule predicts.
    distance : float
        Their difference, in standard deviations of predictions and of a measurement.
    """

    point: Point
    changes: tuple[float, float]
    distance: float


def most_telling(
    one: Fit,
    other: Fit,
    points: Sequence[Point] = (),
    n: int = 50,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Telling]:
    """Return protocols in the order in which they tell two fitted rules apart, best first.

    The difference of the predictions is compared with their standard deviations over `n` bootstraps, and with the
    median error of the data as that of a new measurement. Default protocols: `CANDIDATES`, or trains of spikes for
    short-term plasticity.
    """
    points = points or (_TRAINS if isinstance(one.rule, Release) else CANDIDATES)
    changes, variance = list[Floats](), np.median([*one.error, *other.error]) ** 2 + np.zeros(len(points))
    for fit in (one, other):
        changes.append(predict(fit, points)[0])
        variance += np.var(predict(fit, points, bootstrap(fit, n, seed, progress)), axis=0)
    distance = np.abs(changes[0] - changes[1]) / np.sqrt(variance)
    return [
        Telling(points[at], (float(changes[0][at]), float(changes[1][at])), float(distance[at]))
        for at in np.argsort(-np.nan_to_num(distance, nan=-1.0)).tolist()
    ]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Fits of several rules to the same data.

    Attributes
    ----------
    fits : tuple of Fit
        The fits, in the order of their AICc.
    left_out : tuple of float or None
        Result of `left_out` for each; None if all points are of one protocol.
    telling : Telling
        The protocol that best tells the first two apart.
    """

    fits: tuple[Fit, ...]
    left_out: tuple[float | None, ...]
    telling: Telling


def compare(fits: Sequence[Fit], progress: Progress | None = None) -> Comparison:
    """Compare fits of several rules to the same data."""
    ordered = tuple(sorted(fits, key=lambda each: each.aicc))
    several = len({point.group for point in ordered[0].points}) > 1
    out = tuple(left_out(each, progress) if several else None for each in ordered)
    return Comparison(ordered, out, most_telling(ordered[0], ordered[1], progress=progress)[0])
