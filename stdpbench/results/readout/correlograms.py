"""Rasters, rates and interspike intervals of single neurons, and correlograms of pairs of neurons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout.spike_trains import SpikeTrains

_SHIFTS = 10  # the shift predictor averages over shifts by up to this number of pictures

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
        Number of pairs if the second spike answers another stimulus (shift predictor): the effect of the time course
        of responses alone.
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
    values: Floats = np.diff(bins)[same] * trains.dt
    return values


def raster(trains: SpikeTrains, neuron: int) -> tuple[Ints, Floats]:
    """Return the spikes of a neuron: the stimulus of each, and its time since the start of the stimulus in ms.

    Returns
    -------
    stimulus : ndarray, int64, (n,)
        Numbers of the stimuli, in their order.
    time : ndarray, float64, (n,)
        Times since the start of the stimulus, ms.

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
        Responses; consecutive stimuli should be unrelated.
    first, second : int
        Numbers of the neurons.
    window : float
        Largest time between two spikes, ms.

    Raises
    ------
    StdpbenchError
        If there is no such neuron, or the window is shorter than a time step.
    """
    n_lags = int(window / trains.dt + 1e-9)
    if n_lags < 1:
        raise StdpbenchError(f"the window must be at least a time step of {trains.dt:g} ms, not {window:g} ms")
    first_spikes, second_spikes = _spikes(trains, first), _spikes(trains, second)
    pairs = _pairs(first_spikes, second_spikes, n_lags)
    if first == second:
        pairs[n_lags] -= len(first_spikes[0])
    n = len(trains)
    shifts = range(1, min(_SHIFTS, n - 1) + 1)
    expected = np.zeros(2 * n_lags + 1)
    for shift in shifts:
        shifted = (second_spikes[0] + shift) % n
        order = np.argsort(shifted, kind="stable")
        expected += _pairs(first_spikes, (shifted[order], second_spikes[1][order]), n_lags)
    lag = np.asarray(np.arange(-n_lags, n_lags + 1) * trains.dt, np.float64)
    return Correlogram(lag, pairs, expected / max(1, len(shifts)))


def _spikes(trains: SpikeTrains, neuron: int) -> tuple[Ints, Ints]:
    """Return picture and time step of each spike of a neuron, in order."""
    if not 0 <= neuron < trains.n_exc:
        raise StdpbenchError(f"there are neurons 0 to {trains.n_exc - 1}, not {neuron}")
    selected = trains.neuron == neuron
    return trains.image[selected], trains.bin[selected].astype(np.int64)


def _pairs(first: tuple[Ints, Ints], second: tuple[Ints, Ints], n_lags: int) -> Ints:
    """Count pairs by lag, -n_lags to n_lags time steps."""
    (image, bins), (other_image, other_bins) = first, second
    left = np.searchsorted(other_image, image, "left")
    counts = np.searchsorted(other_image, image, "right") - left
    spike = np.repeat(np.arange(len(image)), counts)
    partner = np.arange(len(spike)) - np.repeat(np.cumsum(counts) - counts, counts) + left[spike]
    lags = other_bins[partner] - bins[spike]
    near = lags[np.abs(lags) <= n_lags] + n_lags
    return np.bincount(near, minlength=2 * n_lags + 1).astype(np.int64)
