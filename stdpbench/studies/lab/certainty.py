"""Bootstrap and posterior distribution of a fit, cross-validation over protocols, predictions, and fits compared."""

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
_CHECKED, _STEPS = 200, 20_000  # steps of a chain between looks at its autocorrelation, and at most
_LONG, _BURNT = 50, 5  # autocorrelation times of a chain that is long enough, and of its start, which does not count


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


def posterior(fit: Fit, n: int = 1000, seed: int = 0, progress: Progress | None = None) -> Floats:
    """Return values drawn from the posterior distribution of the parameters, by a Markov chain (emcee).

    Errors are normal, and the prior is flat between the bounds: in the logarithm of a parameter whose lower bound is
    above 0. A standard deviation that the data do not give is integrated over, with the prior 1/σ; a robust fit keeps
    its estimate. The chain ends after fifty of its autocorrelation times, of which the first five do not count
    (Foreman-Mackey et al. 2013, doi:10.1086/670067).

    Parameters
    ----------
    fit : Fit
        The fit, at whose optimum the chain starts.
    n : int
        Number of values.
    seed : int
        Seed of the chain.
    progress : callable, optional
        See `stdpbench.studies.lab.fitting.Progress`.

    Returns
    -------
    ndarray, float64, (n, n_parameters)
        Values in the units of the parameters.

    Raises
    ------
    StdpbenchError
        If emcee is not installed, or the chain is too short after 20 000 steps.
    """
    try:
        import emcee
    except ImportError:
        raise StdpbenchError("posterior distributions need emcee: pip install 'stdpbench[posterior]'") from None
    problem, random, k, n_points = fit.problem(), np.random.default_rng(seed), len(fit.parameters), len(fit.error)

    def log_density(places: Floats) -> Floats:
        inside = ((places >= 0) & (places <= 1)).all(axis=1)
        misfit = problem.misfit(np.clip(places, 0, 1))
        log = -n_points / 2 * np.log(misfit) if fit.estimated and not fit.robust else -misfit / 2
        return np.where(inside, log, -np.inf)

    walkers = max(32, 4 * k)
    sampler = emcee.EnsembleSampler(walkers, k, log_density, vectorize=True)
    start = np.clip(problem.given + random.normal(0, 1e-3, (walkers, k)), 1e-9, 1 - 1e-9)
    state = emcee.State(start, random_state=np.random.RandomState(seed).get_state())
    for done, _ in enumerate(sampler.sample(state, iterations=_STEPS), 1):
        if done % _CHECKED == 0:
            time = sampler.get_autocorr_time(tol=0).max()
            if progress is not None:
                progress("posterior", done, min(max(done, int(_LONG * time)), _STEPS))
            if done >= _LONG * time:
                break
    else:
        raise StdpbenchError(
            f"the chain is too short: {_STEPS} steps are {_STEPS / time:.0f} autocorrelation times, and {_LONG} are "
            "needed; fit fewer parameters (free), or narrow their bounds"
        )
    chain = sampler.get_chain(discard=int(_BURNT * time), flat=True)
    places = chain[random.choice(len(chain), n, replace=n > len(chain))]
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
