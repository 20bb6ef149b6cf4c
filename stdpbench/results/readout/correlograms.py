"""Rasters and rates of single neurons, intervals between their spikes, and correlograms of pairs of neurons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout.spike_trains import SpikeTrains

_SHIFTS = 10  # pictures by which the second neuron's responses are shifted, at most; the mean of all is expected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Correlogram:
    """Pairs of spikes of two neurons, by the time between them.

    Attributes
    ----------
    lag : ndarray, float64, (n_lags,)
        Time from a spike of the first neuron to one of the second, ms.
    pairs : ndarray, int64, (n_lags,)
        Number of pairs in which both spikes answer the same stimulus.
    expected : ndarray, float64, (n_lags,)
        Number of pairs if the second spike answers another stimulus (shift predictor): what the time course of
        responses alone brings about.
    """

    lag: Floats
    pairs: Ints
    expected: Floats


def intervals(trains: SpikeTrains, neuron: int) -> Floats:
    """Return the intervals between successive spikes of a neuron within a presentation: float64, (n,), in ms.

    Raises
    ------
    StdpbenchError
        If there is no such neuron.
    """
    image, bins = _spikes(trains, neuron)
    same = np.diff(image) == 0
    found: Floats = np.diff(bins)[same] * trains.dt
    return found


def raster(trains: SpikeTrains, neuron: int) -> tuple[Ints, Floats]:
    """Return the spikes of a neuron: the stimulus of each, and its time since the start of the stimulus in ms.

    Returns
    -------
    stimulus : ndarray, int64, (n,)
        Numbers of the stimuli, in their order.
    time : ndarray, float64, (n,)
        Times within them, ms.

    Raises
    ------
    StdpbenchError
        If there is no such neuron.
    """
    image, bins = _spikes(trains, neuron)
    return image, np.asarray(bins * trains.dt, np.float64)


def rate(trains: SpikeTrains, neuron: int) -> float:
    """Return the mean rate of a neuron during stimuli in Hz; NaN without stimuli.

    Raises
    ------
    StdpbenchError
        If there is no such neuron.
    """
    seconds = len(trains) * trains.n_bins * trains.dt / 1000
    return len(_spikes(trains, neuron)[0]) / seconds if seconds else float("nan")


def correlogram(trains: SpikeTrains, first: int, second: int, window: float = 50.0) -> Correlogram:
    """Return the cross-correlogram of two neurons, or the autocorrelogram of one, with its shift predictor.

    A spike is not paired with itself. Source: Perkel, Gerstein & Moore (1967), doi:10.1016/S0006-3495(67)86597-4.

    Parameters
    ----------
    trains : SpikeTrains
        Responses; stimuli that follow each other should not be related.
    first, second : int
        Numbers of the neurons.
    window : float
        Largest time between two spikes, ms.

    Raises
    ------
    StdpbenchError
        If there is no such neuron, or the window is shorter than a time step.
    """
    most = int(window / trains.dt + 1e-9)
    if most < 1:
        raise StdpbenchError(f"the window must be at least a time step of {trains.dt:g} ms, not {window:g} ms")
    mine, other = _spikes(trains, first), _spikes(trains, second)
    pairs = _pairs(mine, other, most)
    if first == second:
        pairs[most] -= len(mine[0])
    n = len(trains)
    shifts = range(1, min(_SHIFTS, n - 1) + 1)
    expected = np.zeros(2 * most + 1)
    for shift in shifts:
        moved = (other[0] + shift) % n
        order = np.argsort(moved, kind="stable")
        expected += _pairs(mine, (moved[order], other[1][order]), most)
    lag = np.asarray(np.arange(-most, most + 1) * trains.dt, np.float64)
    return Correlogram(lag, pairs, expected / max(1, len(shifts)))


def _spikes(trains: SpikeTrains, neuron: int) -> tuple[Ints, Ints]:
    """Return picture and time step of each spike of a neuron, in order."""
    if not 0 <= neuron < trains.n_exc:
        raise StdpbenchError(f"there are neurons 0 to {trains.n_exc - 1}, not {neuron}")
    mine = trains.neuron == neuron
    return trains.image[mine], trains.bin[mine].astype(np.int64)


def _pairs(mine: tuple[Ints, Ints], other: tuple[Ints, Ints], most: int) -> Ints:
    """Count pairs by lag, -most to most time steps."""
    (image, bins), (other_image, other_bins) = mine, other
    left = np.searchsorted(other_image, image, "left")
    counts = np.searchsorted(other_image, image, "right") - left
    which = np.repeat(np.arange(len(image)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + left[which]
    lags = other_bins[place] - bins[which]
    near = lags[np.abs(lags) <= most] + most
    return np.bincount(near, minlength=2 * most + 1).astype(np.int64)
