"""Fit the parameters of a rule to measured weight changes, and say how sure they are.

The misfit is the sum over points of ((model - data)/error)², as in Pfister & Gerstner (2006), who divide it by the
number of points. Without errors all points count alike, and their variance is estimated from the misfit. The optimum
is searched by differential evolution and then by least squares from several starts (`scipy.optimize`).

A parameter's interval is that of its profile likelihood (Raue et al. 2009, doi:10.1093/bioinformatics/btp358): its
values at which the misfit, minimal over all other parameters, exceeds the optimum by less than a quantile of the χ²
distribution. A parameter is *determined* if the interval ends within its bounds and the standard error that belongs to
its width is less than 0.4 of the value. Estimates scatter, so a parameter whose standard error is half of its value is
then called undetermined for most data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.declare.parameters import Parameter
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.release import Release, releases
from stdpbench.studies.lab.batch import effects_of
from stdpbench.studies.lab.data_sets import AMPLITUDES, DataSet, Point, data_set
from stdpbench.studies.lab.protocols import as_rule, starting_weight

Model = PlasticityRule | Release
Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and the total; an exception in it cancels."""

_DECADES, _LINEAR = 30.0, 10.0  # of the bounds by default
_WORST = 1e6  # residual where weights are not finite
_LOWER = 0.05  # of the misfit: the optimum that the search ended in was a local one
_STEP = 1e-6  # of finite differences, as a part of the range
_DETERMINED = 0.4  # a value is determined if its standard error is below this part of it: half, with a margin
_MAD = 1.4826  # standard deviation of normal residuals by their median size
_CORNER = 1.5  # of Huber's loss, in errors
_ROUNDS = 60  # of fits to many data sets at once
_GAIN = 1e-5  # of the misfit: less ends such a fit
_STEEPEST = 1e6  # damping at which it ends


@dataclass(frozen=True)
class Free:
    """A parameter that is fitted.

    Attributes
    ----------
    name, unit : str
        Its name, and its declared unit.
    low, high : float
        Bounds, in this unit.
    log : bool
        Whether its logarithm is varied.
    """

    name: str
    unit: str
    low: float
    high: float
    log: bool

    def value(self, place: Any) -> Any:
        """Return values, as arrays or a number, at places from 0 to 1 between the bounds."""
        if self.log:
            return self.low * (self.high / self.low) ** place
        return self.low + (self.high - self.low) * place

    def place(self, value: float) -> float:
        """Return the place of a value between the bounds."""
        inside = min(max(value, self.low), self.high)
        if self.log:
            return float(np.log(inside / self.low) / np.log(self.high / self.low))
        return (inside - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Fitted:
    """A fitted parameter.

    Attributes
    ----------
    free : Free
        The parameter with its bounds.
    value : float
        Its value at the optimum, in its unit.
    error : float
        Standard error from the curvature of the misfit (Fisher information); inf if the data do not depend on it.
    interval : (float, float) or None
        Profile interval; an end at a bound is open. None if profiles were not computed.
    determined : bool or None
        Whether the interval ends within the bounds, and is narrow; see above.
    """

    free: Free
    value: float
    error: float
    interval: tuple[float, float] | None = None
    determined: bool | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """The result of a fit.

    Attributes
    ----------
    rule : PlasticityRule
        The rule with the fitted values, to six digits.
    sets : tuple of DataSet
        The data.
    parameters : tuple of Fitted
        The fitted parameters.
    change : ndarray, float64, (n_points,)
        Relative weight changes of the model at the points of all sets.
    error : ndarray, float64, (n_points,)
        Errors of the points; without errors in the data, the standard deviation of the residuals.
    misfit : float
        Sum of squares of (model - data)/error; with estimated errors, the number of points minus that of parameters.
    misfit_before : float
        The same for the rule as it was given.
    weight, relative_to : float
        Weight at the start, and the weight change that counts as 1.
    level : float
        Probability of the intervals.
    seed : int
        Seed of the search.
    estimated : bool
        Whether the errors were estimated.
    robust : bool
        Whether points far from the model counted less.
    """

    rule: Model
    sets: tuple[DataSet, ...]
    parameters: tuple[Fitted, ...]
    change: Floats
    error: Floats
    misfit: float
    misfit_before: float
    weight: float
    relative_to: float
    level: float
    seed: int
    estimated: bool
    robust: bool

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of all sets."""
        return tuple(point for each in self.sets for point in each.points)

    @property
    def residuals(self) -> Floats:
        """Return (model - data)/error of each point."""
        return np.asarray((self.change - [point.change for point in self.points]) / self.error)

    @property
    def aicc(self) -> float:
        """Akaike's information criterion, corrected for few points; inf if there are too few.

        With k parameters and n points: misfit + 2k + 2k(k + 1)/(n - k - 1) for known errors; else n log(RSS/n) in
        place of the misfit, and k counts the variance (Hurvich & Tsai 1989).
        """
        n, k = len(self.change), len(self.parameters) + self.estimated
        raw = np.sum((self.change - [point.change for point in self.points]) ** 2)
        fits = n * np.log(raw / n) if self.estimated else self.misfit
        return float(fits + 2 * k + 2 * k * (k + 1) / (n - k - 1)) if n > k + 1 else np.inf

    def repeated(self) -> dict[str, list[tuple[float, float]]]:
        """Return change and error of the points of each protocol that occurs more than once, by its name."""
        alike = dict[tuple[Any, ...], list[int]]()
        for at, p in enumerate(self.points):
            alike.setdefault((p.protocol, p.dt, p.dt2, p.frequency, p.repeats), []).append(at)
        return {
            self.points[places[0]].label: [(self.points[at].change, float(self.error[at])) for at in places]
            for places in alike.values()
            if len(places) > 1
        }

    def problem(self) -> Problem:
        """Return the problem that was solved, with the errors of the fit, to solve parts of it."""
        free = tuple(each.free for each in self.parameters)
        problem = Problem(self.rule, self.sets, free, self.weight, self.relative_to, self.robust)
        problem.error = self.error
        return problem

    @property
    def undetermined(self) -> tuple[str, ...]:
        """Names of the parameters that the data do not determine; empty without profiles."""
        return tuple(each.free.name for each in self.parameters if each.determined is False)


def fit(
    rule: str | Model,
    data: str | Path | DataSet | Sequence[str | Path | DataSet],
    *,
    free: Sequence[str] | Mapping[str, tuple[float, float] | None] | None = None,
    set: Mapping[str, Any] | None = None,
    weight: float | None = None,
    relative_to: float | None = None,
    robust: bool = False,
    starts: int = 6,
    search: bool = True,
    profiles: bool = True,
    level: float = 0.9,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fit:
    """Fit a rule to one or several data sets.

    Parameters
    ----------
    rule : str, PlasticityRule or Release
        A rule or short-term plasticity, or its kind; its values are those of parameters that are not fitted.
    data : str, Path, DataSet, or a sequence of them
        Published sets by name, or files, see `stdpbench.studies.lab.data_set`.
    free : sequence of str, or mapping of str to (float, float) or None, optional
        Names of the parameters to fit, with bounds in their units. Default: all numbers but `w_max`, from a thirtieth
        of the value to thirty times it. If the value is 0, from 0 to ten times the largest of its unit; if it is
        negative, ten times its size on both sides.
    set : mapping of str to Any, optional
        Parameters of the rule.
    weight : float, optional
        Weight at the start; default: half of w_max.
    relative_to : float, optional
        Weight change that counts as 100 %; default: the weight at the start. Additive rules are often fitted far from
        their bounds, with changes in units of 1: ``set={"w_max": 30}, weight=15, relative_to=1``.
    robust : bool
        Whether points far from the model count less (Huber's loss, linear beyond 1.5 errors).
    starts : int
        Number of local fits, from the best places that the search has found.
    search : bool
        Whether to search globally first; else there are local fits from the given values and from random places.
    profiles : bool
        Whether to compute intervals.
    level : float
        Probability of the intervals.
    seed : int
        Seed of the search.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    StdpbenchError
        If a name or value is wrong, or the data cannot be fitted.
    """
    plasticity = _model(rule, set)
    if isinstance(plasticity, Release) and (weight, relative_to) != (None, None):
        raise StdpbenchError("amplitudes are relative to that of the first spike; leave out weight and relative_to")
    problem = Problem(plasticity, as_sets(data), free_parameters(plasticity, free), weight, relative_to, robust)
    shown = progress or (lambda what, done, total: None)
    best = problem.optimum(starts, search, seed, shown)
    return problem.result(best, level, seed, profiles, shown)


def as_sets(data: str | Path | DataSet | Sequence[str | Path | DataSet]) -> tuple[DataSet, ...]:
    """Return one or several data sets, given as for `fit`."""
    given = [data] if isinstance(data, str | Path | DataSet) else data
    return tuple(each if isinstance(each, DataSet) else data_set(each) for each in given)


def _model(rule: str | Model, set: Mapping[str, Any] | None) -> Model:
    if isinstance(rule, Release) or rule in releases.kinds():
        table = {"kind": rule} if isinstance(rule, str) else rule.to_mapping()
        return releases.build({**table, **(set or {})}, "release")
    return as_rule(rule, set)


class Problem:
    """Residuals of a rule at data points, as a function of the places of its free parameters within their bounds.

    Attributes
    ----------
    rule : PlasticityRule
        The rule; its values are where local fits begin.
    exact : bool
        Whether it is evaluated from spike to spike, and not in time steps.
    error : ndarray, float64, (n_points,)
        Errors of the points: inf for a point that does not count, 1 if they are to be estimated.
    """

    def __init__(
        self,
        rule: Model,
        sets: tuple[DataSet, ...],
        free: tuple[Free, ...],
        weight: float | None,
        relative_to: float | None,
        robust: bool,
    ) -> None:
        self.rule, self.sets, self.free, self.robust = rule, sets, free, robust
        self.points = [point for each in sets for point in each.points]
        of_trains = {point.protocol == AMPLITUDES for point in self.points}
        if of_trains != {isinstance(rule, Release)}:
            raise StdpbenchError(
                "short-term plasticity is fitted to amplitudes, a rule to weight changes; give each its own data"
            )
        self.weight = 1.0 if isinstance(rule, Release) else starting_weight(rule, weight)
        self.relative_to = self.weight if relative_to is None else relative_to
        if not self.relative_to > 0:
            raise StdpbenchError(f"changes must be relative to a weight above 0, not {self.relative_to:g}")
        self.data = np.array([point.change for point in self.points])
        errors = [point.error for point in self.points]
        self.estimated = None in errors
        if self.estimated and any(error is not None for error in errors):
            raise StdpbenchError("some points have an error, and others have none; give all of them an error, or none")
        n, k = len(self.points), len(free)
        if n <= k - (not self.estimated):
            raise StdpbenchError(
                f"{n} point{'s' if n > 1 else ''} cannot determine {k} parameters; fit fewer (free), or add data"
            )
        if n > 1 and not np.ptp(self.data):
            raise StdpbenchError(f"all changes are {100 * self.data[0]:g} %, so there is nothing to fit")
        self.error = np.ones(n) if self.estimated else np.array(errors, np.float64)
        self._batch = effects_of(rule, self.points, self.weight)
        self.exact = self._batch.exact

    @property
    def given(self) -> Floats:
        """The place of the values of the rule."""
        return np.array([free.place(getattr(self.rule, free.name)) for free in self.free])

    def changes(self, places: Floats) -> Floats:
        """Return relative changes: float64, (n_sets, n_points)."""
        values = {free.name: free.value(places[:, at]) for at, free in enumerate(self.free)}
        return np.asarray(self._batch.changes(values) / self.relative_to)

    def residuals(self, places: Floats) -> Floats:
        """Return (model - data)/error: float64, (n_sets, n_points)."""
        away: Floats = (self.changes(places) - self.data) / self.error
        return np.where(np.isfinite(away), away, _WORST)

    def misfit(self, places: Floats) -> Floats:
        """Return the sum over points: float64, (n_sets,)."""
        total: Floats = self._loss(self.residuals(places)).sum(axis=1)
        return total

    def _loss(self, residuals: Floats) -> Floats:
        return _huber(residuals**2) if self.robust else residuals**2

    def jacobian(self, place: Floats) -> Floats:
        """Return derivatives of the residuals: float64, (n_points, n_free); all sets are computed at once."""
        return np.asarray(self._linear(place[np.newaxis])[1][0].T)

    def local(self, place: Floats, fixed: int | None = None) -> tuple[Floats, float]:
        """Return the optimum near a place and its misfit; one parameter may be fixed."""
        moves = [at for at in range(len(place)) if at != fixed]
        if not moves:
            return place, float(self.misfit(place[np.newaxis])[0])

        def whole(part: Floats) -> Floats:
            full = place.copy()
            full[moves] = part
            return full

        def residuals(part: Floats) -> Floats:
            return np.asarray(self.residuals(whole(part)[np.newaxis])[0])

        def jacobian(part: Floats) -> Floats:
            return self.jacobian(whole(part))[:, moves]

        ended = optimize.least_squares(
            residuals,
            np.clip(place[moves], 1e-9, 1 - 1e-9),
            jacobian,
            bounds=(0.0, 1.0),
            loss="huber" if self.robust else "linear",
            f_scale=_CORNER,
            x_scale="jac",
            max_nfev=100,
        )
        return whole(ended.x), 2 * float(ended.cost)

    def near(self, places: Floats, counts: NDArray[np.int64], progress: Progress) -> Floats:
        """Return the optimum near each place, with the number of times that each point counts there.

        All sets are computed at once, by the method of Levenberg and Marquardt.

        Parameters
        ----------
        places : ndarray, float64, (n_sets, n_free)
        counts : ndarray, int64, (n_sets, n_points)
        progress : callable

        Returns
        -------
        ndarray, float64, (n_sets, n_free)
        """
        places, (away, slopes) = places.copy(), self._linear(places)
        moving, damping, one = np.arange(len(places)), np.full(len(places), 1e-3), np.eye(len(self.free))
        for done in range(_ROUNDS):
            here, times = places[moving], counts[moving]
            beyond = np.minimum(1.0, _CORNER / np.maximum(np.abs(away), _CORNER)) if self.robust else 1.0
            gradient = np.einsum("skp,sp->sk", slopes, times * beyond * away)
            held = (here <= 0) & (gradient > 0) | (here >= 1) & (gradient < 0)
            slopes_free = np.where(held[..., np.newaxis], 0.0, slopes)
            curvature = np.einsum("skp,sp,slp->skl", slopes_free, times * beyond, slopes_free)
            scale = damping[:, np.newaxis] * np.einsum("skk->sk", curvature) + 1e-9
            step = np.linalg.solve(curvature + scale[..., np.newaxis] * one, np.where(held, 0.0, gradient)[..., None])
            trial = np.clip(here - step[..., 0], 0.0, 1.0)
            away_there, slopes_there = self._linear(trial)
            before, after = (np.sum(times * self._loss(each), axis=1) for each in (away, away_there))
            better = after < before
            places[moving] = np.where(better[:, np.newaxis], trial, here)
            away = np.where(better[:, np.newaxis], away_there, away)
            slopes = np.where(better[:, np.newaxis, np.newaxis], slopes_there, slopes)
            damping *= np.where(better, 0.2, 5.0)
            on = np.where(better, before - after > _GAIN * (before + _GAIN), damping < _STEEPEST)
            moving, damping, away, slopes = moving[on], damping[on], away[on], slopes[on]
            progress("bootstrap", _ROUNDS if not len(moving) else done + 1, _ROUNDS)
            if not len(moving):
                break
        return places

    def _linear(self, places: Floats) -> tuple[Floats, Floats]:
        """Return the residuals, (n_sets, n_points), and their derivatives, (n_sets, n_free, n_points)."""
        steps = np.where(places > 0.5, -_STEP, _STEP)[..., np.newaxis]
        sets = np.concatenate([places[:, np.newaxis], places[:, np.newaxis] + steps * np.eye(len(self.free))], axis=1)
        around = self.residuals(sets.reshape(-1, len(self.free))).reshape(*sets.shape[:2], -1)
        return around[:, 0], (around[:, 1:] - around[:, :1]) / steps

    def optimum(self, starts: int, search: bool, seed: int, progress: Progress) -> Floats:
        """Return the place of the smallest misfit that was found."""
        random, k = np.random.default_rng(seed), len(self.free)
        given = self.given
        tried = np.vstack([given, random.random((max(starts - 1, 0), k))])
        if search:
            rounds = 60 if self.exact else 8

            def misfits(places: Any) -> Any:  # of all sets at once, which the stubs do not know
                return self.misfit(places.T)

            def note(intermediate_result: Any) -> None:
                progress("search", min(rounds, intermediate_result.nit), rounds)

            population = max(20, 10 * k)
            ended = optimize.differential_evolution(
                misfits,
                optimize.Bounds(np.zeros(k), np.ones(k)),
                init=np.vstack([given, stats.qmc.LatinHypercube(k, rng=random).random(population - 1)]),
                maxiter=rounds,
                vectorized=True,
                updating="deferred",
                polish=False,
                callback=note,
                rng=random,
            )
            order = np.argsort(ended.population_energies)
            tried = np.vstack([given, ended.population[order[: max(starts - 1, 1)]]])
        ends = list[tuple[Floats, float]]()
        for number, place in enumerate(tried, 1):
            ends.append(self.local(place))
            progress("local fits", number, len(tried))
        best, misfit = min(ends, key=lambda end: end[1])
        if misfit >= _WORST:
            raise StdpbenchError("the weight is not finite for any values that were tried; narrow the bounds (free)")
        return best

    def result(self, best: Floats, level: float, seed: int, profiles: bool, progress: Progress) -> Fit:
        """Return the fit with the errors and intervals of its parameters."""
        best = self._with_errors(best)
        spans: list[tuple[float, float] | None] = [None] * len(self.free)
        while profiles:
            self._lowest = start = best, float(self.misfit(best[np.newaxis])[0])
            spans = [self._profile(at, best, level, progress) for at in range(len(self.free))]
            profiles = self._lowest is not start  # a profile came upon a lower misfit
            best = self._with_errors(self._lowest[0]) if profiles else best
        values = [float(free.value(best[at])) for at, free in enumerate(self.free)]
        errors = self._standard_errors(best)
        fitted = tuple(
            Fitted(free, value, error, span, None if span is None else self._determined(free, value, span, level))
            for free, value, error, span in zip(self.free, values, errors, spans, strict=True)
        )
        texts = {free.name: f"{value:.6g} {free.unit}".strip() for free, value in zip(self.free, values, strict=True)}
        return Fit(
            _model(self.rule, texts),
            self.sets,
            fitted,
            self.changes(best[np.newaxis])[0],
            self.error,
            float(np.sum(self.residuals(best[np.newaxis]) ** 2)),
            self._misfit_as_given(),
            self.weight,
            self.relative_to,
            level,
            seed,
            self.estimated,
            self.robust,
        )

    def _with_errors(self, best: Floats) -> Floats:
        """Estimate errors from the residuals of an optimum if the data have none; return the optimum with them."""
        if not self.estimated:
            return best
        away, rest = self.changes(best[np.newaxis])[0] - self.data, len(self.points) - len(self.free)
        variance = float((_MAD * np.median(np.abs(away))) ** 2 if self.robust else np.sum(away**2) / rest)
        self.error = np.full(len(self.points), np.sqrt(max(variance, 1e-300)))
        return self.local(best)[0] if self.robust else best  # only now is it known which points are far

    def _misfit_as_given(self) -> float:
        """Return the misfit of the values of the rule, which may lie outside the bounds."""
        values = {free.name: np.array([getattr(self.rule, free.name)], np.float64) for free in self.free}
        away = (self._batch.changes(values)[0] / self.relative_to - self.data) / self.error
        return float(np.sum(away**2))

    def _standard_errors(self, best: Floats) -> list[float]:
        slopes = np.array([_slope(free, best[at]) for at, free in enumerate(self.free)])
        information = self.jacobian(best) / slopes
        scale = np.linalg.norm(information, axis=0)
        if not scale.all():  # a parameter without any effect
            return [np.inf if not each else np.nan for each in scale]
        inverse = np.linalg.pinv((information / scale).T @ (information / scale), rcond=1e-12)
        return [float(each) for each in np.sqrt(np.diag(inverse)) / scale]

    def _profile(self, at: int, best: Floats, level: float, progress: Progress) -> tuple[float, float]:
        """Return the ends of the interval of a parameter; a bound where it is not reached before."""
        lowest, free = float(self.misfit(best[np.newaxis])[0]), self.free[at]
        quantile = self._quantile(level)
        ends = []
        for number, direction in enumerate((-1.0, 1.0)):
            place, inner, step = best.copy(), float(best[at]), self._first_step(at, best, quantile)
            reached, level_before = 0.0 if direction < 0 else 1.0, lowest
            while (direction < 0 and inner > 0.0) or (direction > 0 and inner < 1.0):
                outer = min(1.0, max(0.0, inner + direction * step))
                trial = place.copy()
                trial[at] = outer
                trial, misfit = self.local(trial, at)
                if misfit < self._lowest[1] - _LOWER:
                    self._lowest = self.local(trial)
                if misfit > lowest + quantile:
                    reached = self._between(at, place, trial, level_before, misfit, lowest + quantile)
                    break
                step *= 2.0 if misfit - lowest < quantile / 2 else 1.0
                place, inner, level_before = trial, outer, misfit
            ends.append(float(free.value(reached)))
            progress("intervals", 2 * at + number + 1, 2 * len(self.free))
        return ends[0], ends[1]

    def _between(self, at: int, inside: Floats, outside: Floats, low: float, high: float, wanted: float) -> float:
        """Return where the profile crosses a misfit, by bisection with interpolation."""
        for _ in range(6):
            part = float(np.clip((np.sqrt(max(wanted - low, 0.0)) + 1e-12) / (np.sqrt(high - low) + 1e-12), 0.1, 0.9))
            trial = inside.copy()
            trial[at] = inside[at] + part * (outside[at] - inside[at])
            trial, misfit = self.local(trial, at)
            if misfit > wanted:
                outside, high = trial, misfit
            else:
                inside, low = trial, misfit
            if abs(misfit - wanted) < 0.01:
                return float(trial[at])
        return float((inside[at] + outside[at]) / 2)

    def _quantile(self, level: float) -> float:
        rest = len(self.points) - len(self.free)
        return float(stats.f.ppf(level, 1, rest) if self.estimated else stats.chi2.ppf(level, 1))

    def _determined(self, free: Free, value: float, span: tuple[float, float], level: float) -> bool:
        error = (span[1] - span[0]) / 2 / np.sqrt(self._quantile(level))
        return free.low < span[0] and span[1] < free.high and bool(error < _DETERMINED * abs(value))

    def _first_step(self, at: int, best: Floats, quantile: float) -> float:
        sensitivity = float(np.linalg.norm(self.jacobian(best)[:, at]))
        return min(0.1, max(1e-4, 0.5 * np.sqrt(quantile) / sensitivity)) if sensitivity else 0.25


def _huber(squares: Floats) -> Floats:
    linear = 2 * _CORNER * np.sqrt(squares) - _CORNER**2
    return np.where(squares <= _CORNER**2, squares, linear)


def _slope(free: Free, place: float) -> float:
    """Return the derivative of a value with respect to its place."""
    return float(free.value(place) * np.log(free.high / free.low)) if free.log else free.high - free.low


def free_parameters(
    rule: Model, wanted: Sequence[str] | Mapping[str, tuple[float, float] | None] | None
) -> tuple[Free, ...]:
    """Return the free parameters with bounds."""
    declared = {p.name: p for p in rule.describe() if p.unit is not None and not p.structural}
    usual = [name for name in declared if name != "w_max" and getattr(rule, name) is not None]
    chosen = dict.fromkeys(usual if wanted is None else wanted)
    bounds = {**chosen, **wanted} if isinstance(wanted, Mapping) else chosen
    for name in bounds:
        if name not in declared:
            raise StdpbenchError(f"there is no number {name!r} to fit; {suggestion(name, declared)}")
    if not bounds:
        raise StdpbenchError("there is no parameter to fit")
    return tuple(_with_bounds(rule, declared[name], given) for name, given in bounds.items())


def _with_bounds(rule: Model, declared: Parameter, given: tuple[float, float] | None) -> Free:
    name, value = declared.name, getattr(rule, declared.name)
    least = -np.inf if declared.minimum is None else declared.minimum
    most = np.inf if declared.maximum is None else declared.maximum
    if given is None and value is None:
        raise StdpbenchError(f"{name} has no value; set one, or give its bounds")
    low, high = given or _usual_bounds(rule, declared, value)
    if given is None:
        low, high = max(low, least), min(high, most)
    if not (np.isfinite([low, high]).all() and least <= low < high <= most):
        allowed = f"; allowed is {declared.allowed}" if declared.bounds else ""
        raise StdpbenchError(
            f"the bounds of {name} must be two numbers in ascending order, not {low:g} and {high:g}{allowed}"
        )
    return Free(name, declared.unit or "", float(low), float(high), low > 0)


def _usual_bounds(rule: Model, declared: Parameter, value: float) -> tuple[float, float]:
    if value > 0:
        return value / _DECADES, value * _DECADES
    if value < 0:
        return _LINEAR * value, -_LINEAR * value
    alike = [
        abs(getattr(rule, p.name) or 0.0) for p in rule.describe() if p.unit == declared.unit and p.name != "w_max"
    ]
    return 0.0, _LINEAR * (max(alike) or 1.0)
