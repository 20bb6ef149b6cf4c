r"""Neurons with alpha-shaped potentials that fire once: exact spike times, and the gradient of what depends on them.

The potential of a neuron is a sum over synapses, each of which gets one spike, at the time a:

.. math::

    v(t) = \sum_{a_s < t} w_s\, \epsilon(t - a_s), \qquad
    \epsilon(x) = \frac{x}{\tau}\, e^{1 - x/\tau} = \frac{e}{\tau}\, e^{-t/\tau}\, e^{a/\tau}\, (t - a)

so between two arrivals, :math:`v(t) = (e/\tau)\, e^{-t/\tau} (P\, t - Q)` with the sums P of
:math:`w_s e^{a_s/\tau}` and Q of :math:`w_s a_s e^{a_s/\tau}` so far: no step of time is needed to find the first
crossing of the threshold. Where the neuron fires at t, the implicit function theorem gives

.. math::

    \frac{\partial t}{\partial w_s} = -\frac{\epsilon(t - a_s)}{v'(t)}, \qquad
    \frac{\partial t}{\partial a_s} = \frac{w_s\, \epsilon'(t - a_s)}{v'(t)}

Source: Bohte, Kok & La Poutré (2002), equations 7 to 19; they compute v in steps of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_HALVINGS = 50
_ROUNDING = 1e-9  # of a step: a time that exceeds a step by less lies on it


@dataclass(frozen=True)
class Cell:
    """Neurons of one layer, and the time in which they can fire.

    Attributes
    ----------
    tau : float
        Time constant of the potential, in ms.
    threshold : float
        Potential that a spike exceeds, in the unit of the weights.
    end : float
        No neuron fires later than this, in ms.
    step : float
        Arrivals are rounded to multiples of this, and spikes occur at the first multiple at which v exceeds the
        threshold, as in a simulator with this time step; in ms. 0: times are exact.
    """

    tau: float
    threshold: float
    end: float
    step: float = 0.0


@dataclass(frozen=True, eq=False)
class Fired:
    r"""When the neurons of a layer fire, and what their gradient needs.

    Attributes
    ----------
    times : ndarray, float64, (n, n_neurons)
        Spike times, in ms; infinite for neurons that do not fire.
    exact : ndarray, float64, (n, n_neurons)
        Time of the crossing before rounding, in ms; of a silent neuron, that of the maximum of its potential.
    slope : ndarray, float64, (n, n_neurons)
        Slope of v at the crossing, per ms.
    peak : ndarray, float64, (n, n_neurons)
        Maximum of v of the neurons that are silent; of others, v at the crossing.
    cell : Cell
        The neurons.
    arrivals : ndarray, float64, (n, n_synapses)
        When the spike of each synapse arrives, in ms, at most the end. Synapses are numbered by delay, then source.
    rank : ndarray, int64, (n, n_synapses)
        Number of the interval between two arrivals that an arrival begins.
    last : ndarray, int64, (n, n_neurons)
        Number of the interval in which `exact` lies.
    rising, delayed : sparse array, (n * n_intervals, n_synapses)
        :math:`e^{a/\tau}` and :math:`a\, e^{a/\tau}` where the spike of a synapse begins an interval.
    """

    times: Floats
    exact: Floats
    slope: Floats
    peak: Floats
    cell: Cell
    arrivals: Floats
    rank: NDArray[np.int64]
    last: NDArray[np.int64]
    rising: Any
    delayed: Any

    @property
    def fires(self) -> NDArray[np.bool_]:
        """Which neurons fire, (n, n_neurons)."""
        return np.isfinite(self.times)


def fire(times: Floats, weights: Floats, delays: Floats, cell: Cell) -> Fired:
    """Return when the neurons of a layer fire.

    Parameters
    ----------
    times : ndarray, float64, (n, n_source)
        Spike times of the sources for each input, in ms; infinite where one does not fire.
    weights : ndarray, float64, (n_delays, n_source, n_neurons)
        Maximum of the potential that a spike evokes.
    delays : ndarray, float64, (n_delays,)
        Times from a spike to its arrival, in ms.
    cell : Cell
        The neurons.
    """
    n, n_synapses, n_neurons = len(times), weights.shape[0] * weights.shape[1], weights.shape[2]
    arrivals = (times[:, None, :] + delays[None, :, None]).reshape(n, n_synapses)
    if cell.step:
        arrivals = np.rint(arrivals / cell.step) * cell.step
    arrivals = np.minimum(arrivals, cell.end)
    rank, starts = _intervals(arrivals, cell.end)
    rising, delayed = _matrices(arrivals, rank, starts.shape[1], cell)
    flat = weights.reshape(n_synapses, n_neurons)
    shape = (n, starts.shape[1], n_neurons)
    p = np.asarray(rising @ flat).reshape(shape).cumsum(axis=1)
    q = np.asarray(delayed @ flat).reshape(shape).cumsum(axis=1)
    ends = np.append(starts[:, 1:], np.full((n, 1), cell.end), axis=1)[:, :, None]
    top = _highest(p, q, starts[:, :, None], ends, cell)
    # where v falls from the start of an interval on, the end of the one before has its maximum
    reached = np.where(top > starts[:, :, None], _potential(top, p, q, cell.tau), -np.inf)
    above = reached > cell.threshold
    fires = above.any(axis=1)
    last = np.where(fires, above.argmax(axis=1), reached.argmax(axis=1))
    p, q, top, reached = (np.take_along_axis(x, last[:, None, :], axis=1)[:, 0] for x in (p, q, top, reached))
    crossing = _crossing(np.take_along_axis(starts, last, axis=1), top, p, q, cell)
    exact = np.where(fires, crossing, top)
    v = _potential(exact, p, q, cell.tau)
    slope = (np.e * np.exp(-exact / cell.tau) * p - v) / cell.tau
    shown = np.ceil(exact / cell.step - _ROUNDING) * cell.step if cell.step else exact
    return Fired(
        np.where(fires, shown, np.inf),
        exact,
        slope,
        np.where(fires | np.isneginf(reached), v, reached),
        cell,
        arrivals,
        rank,
        last,
        rising,
        delayed,
    )


def of_weights(fired: Fired, shape: tuple[int, ...], change: Floats) -> Floats:
    r"""Return the gradient of the weights, float64, (n_delays, n_source, n_neurons).

    Parameters
    ----------
    fired : Fired
        What `fire` returned.
    shape : tuple of int
        That of the weights.
    change : ndarray, float64, (n, n_neurons)
        By how much the loss falls as the potential at the time `fired.exact` rises: :math:`\partial L/\partial t\; /\;
        v'` where a neuron fires, since a higher potential makes it fire earlier; :math:`-\partial L/\partial v_{max}`
        where it is silent.
    """
    tau, t = fired.cell.tau, fired.exact
    kept = change * np.exp(-t / tau)
    n_intervals = fired.rising.shape[0] // len(t)
    before = np.arange(n_intervals)[None, :, None] <= fired.last[:, None, :]
    late, early = (np.where(before, x[:, None, :], 0.0).reshape(-1, t.shape[1]) for x in (kept * t, kept))
    found = -(np.e / tau) * (fired.rising.T @ late - fired.delayed.T @ early)
    return np.asarray(found, np.float64).reshape(shape)


def of_times(fired: Fired, weights: Floats, change: Floats) -> Floats:
    """Return the gradient of the spike times of the sources, float64, (n, n_source); 0 for those without effect.

    Parameters
    ----------
    fired : Fired
        What `fire` returned.
    weights : ndarray, float64, (n_delays, n_source, n_neurons)
        The same weights.
    change : ndarray, float64, (n, n_neurons)
        As for `of_weights`.
    """
    tau, t, a = fired.cell.tau, fired.exact, fired.arrivals
    kept = change * np.exp(-t / tau)
    arrived, flat = fired.rank[:, :, None] <= fired.last[:, None, :], weights.reshape(-1, weights.shape[2])
    constant, linear = (
        np.einsum("nsj,sj->ns", np.where(arrived, x[:, None, :], 0.0), flat)
        for x in (kept * (1 - t / tau), kept / tau)
    )
    found = (np.e / tau) * np.exp(a / tau) * (constant + a * linear)
    # a maximum at which the next spike arrives moves with it
    kink = (fired.rank[:, :, None] == fired.last[:, None, :] + 1) & ~fired.fires[:, None, :]
    moved = np.where(kink, (change * fired.slope)[:, None, :], 0.0) / np.maximum(kink.sum(axis=1, keepdims=True), 1)
    found = np.where(a < fired.cell.end, found - moved.sum(axis=2), 0.0)
    return np.asarray(found.reshape(len(t), *weights.shape[:2]).sum(axis=1))


def _intervals(arrivals: Floats, end: float) -> tuple[NDArray[np.int64], Floats]:
    """Return the number of the interval that each arrival begins, and the start of each interval."""
    order = np.argsort(arrivals, axis=1, kind="stable")
    ordered = np.take_along_axis(arrivals, order, axis=1)
    new = np.zeros(arrivals.shape, np.int64)
    new[:, 1:] = ordered[:, 1:] > ordered[:, :-1]
    ranks = new.cumsum(axis=1)
    rank = np.empty_like(ranks)
    np.put_along_axis(rank, order, ranks, axis=1)
    starts = np.full((len(arrivals), int(ranks.max()) + 1), end)
    np.put_along_axis(starts, ranks, ordered, axis=1)
    return rank, starts


def _matrices(arrivals: Floats, rank: NDArray[np.int64], n_intervals: int, cell: Cell) -> tuple[Any, Any]:
    """Return the sparse matrices of `Fired`, whose products with weights are the steps of P and Q."""
    from scipy.sparse import csr_array

    row, synapse = np.nonzero(arrivals < cell.end)
    a = arrivals[row, synapse]
    where = (row * n_intervals + rank[row, synapse], synapse)
    shape = (len(arrivals) * n_intervals, arrivals.shape[1])
    grown = np.exp(a / cell.tau)
    return csr_array((grown, where), shape=shape), csr_array((grown * a, where), shape=shape)


def _potential(t: Floats, p: Floats, q: Floats, tau: float) -> Floats:
    found: Floats = (np.e / tau) * np.exp(-t / tau) * (p * t - q)
    return found


def _highest(p: Floats, q: Floats, starts: Floats, ends: Floats, cell: Cell) -> Floats:
    """Return the time in each interval after its start at which v is highest, among multiples of a step if any."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        top = np.where(p > 0, cell.tau + q / p, np.inf)
    top = np.clip(top, starts, ends)
    if not cell.step:
        return top
    steps = top / cell.step
    low, high = (np.clip(f(steps) * cell.step, starts, ends) for f in (np.floor, np.ceil))
    better = _potential(high, p, q, cell.tau) >= _potential(low, p, q, cell.tau)
    return np.where(better, high, low)


def _crossing(low: Floats, high: Floats, p: Floats, q: Floats, cell: Cell) -> Floats:
    """Return the time at which v crosses the threshold from below, between two times."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = _potential(middle, p, q, cell.tau) > cell.threshold
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high
