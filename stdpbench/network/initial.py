"""Arrays that a network starts with, from NumPy and so the same for every simulator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images
from stdpbench.experiment import Experiment
from stdpbench.network.normalisation import normalise

_WEIGHTS, _DELAYS, _SAMPLES = 101, 102, 103  # streams of the seed, apart from those of the encoder


def start_pictures(experiment: Experiment, n_images: int) -> NDArray[np.int64]:
    """Which training pictures the weights start from: int64, (n_exc,); none unless ``start = "samples"``.

    Parameters
    ----------
    experiment : Experiment
        Gives seed, size and kind of start.
    n_images : int
        Number of training pictures.
    """
    if experiment.network.start != "samples":
        return np.empty(0, np.int64)
    n_exc = experiment.network.n_exc
    chooser = np.random.default_rng(np.random.SeedSequence((experiment.seed, _SAMPLES)))
    order = np.concatenate([chooser.permutation(n_images) for _ in range(-(-n_exc // n_images))])
    return np.asarray(order[:n_exc], np.int64)


def start_weights(experiment: Experiment, images: Images) -> NDArray[np.float64]:
    """Weights before any learning.

    ``start = "random"``: w = (U(0, 1) + 0.01) * 0.3, as in Diehl & Cook's code. ``start = "samples"``: each exc
    neuron gets a training picture, drawn without replacement as long as they last, blurred with a Gaussian and mixed
    with ``start_noise`` of a random start (after Cachi et al. 2020, who start from training samples). Labels are not
    looked at.

    Parameters
    ----------
    experiment : Experiment
        Gives seed, sizes and kind of start.
    images : Images
        The training pictures; used only with ``start = "samples"``.

    Returns
    -------
    ndarray, float64, (n_input, n_exc)
        Not yet normalised, except that with ``"samples"`` each column sums to ``weight_sum``.
    """
    network, n_input = experiment.network, images.n_input
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _WEIGHTS)))
    w: NDArray[np.float64] = (random.random((n_input, network.n_exc)) + 0.01) * 0.3
    if network.start == "random":
        return w
    pictures = images.pixels[start_pictures(experiment, len(images))].astype(np.float64)
    blurred = _blur(_blur(pictures, network.start_blur, 1), network.start_blur, 2)
    samples = blurred.reshape(network.n_exc, n_input).T
    total = network.weight_sum or float(w.sum(axis=0).mean())
    parts = [part / np.maximum(part.sum(axis=0), np.finfo(float).tiny) for part in (samples, w)]
    mixed = (1 - network.start_noise) * parts[0] + network.start_noise * parts[1]
    clipped = np.ascontiguousarray(np.clip(mixed * total, 0, experiment.plasticity.w_max))
    if network.weight_sum is not None:
        normalise(clipped, network.weight_sum)
    return clipped


def _blur(pictures: NDArray[np.float64], sigma: float, axis: int) -> NDArray[np.float64]:
    """Blur along an axis with a Gaussian cut off at four sigma; beyond the edge is 0.

    As ``scipy.ndimage.gaussian_filter1d``, in the same order of operations. Importing that takes a quarter of the CPU
    time in which the process of a small run starts.
    """
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return pictures
    kernel = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    kernel /= kernel.sum()
    n = pictures.shape[axis]
    lines = np.pad(np.moveaxis(pictures, axis, -1), ((0, 0), (0, 0), (radius, radius)))
    blurred = lines[..., radius : radius + n] * kernel[radius]
    for k in range(radius):
        blurred += (lines[..., k : k + n] + lines[..., 2 * radius - k : 2 * radius - k + n]) * kernel[k]
    return np.moveaxis(blurred, -1, axis)


def delay_bins(experiment: Experiment, n_input: int) -> NDArray[np.int32]:
    """Delay of every synapse from input to exc in time steps, uniform over 0 .. max_delay.

    Returns
    -------
    ndarray, int32, (n_input, n_exc)
    """
    network = experiment.network
    random = np.random.default_rng(np.random.SeedSequence((experiment.seed, _DELAYS)))
    delays = random.random((n_input, network.n_exc)) * network.max_delay
    return np.rint(delays / network.dt).astype(np.int32)


def lateral_start(experiment: Experiment) -> NDArray[np.float64]:
    """Weights of lateral inhibition before any learning: ``lateral.start`` for all, 0 of a neuron on itself.

    Returns
    -------
    ndarray, float64, (n_exc, n_exc)
    """
    n = experiment.network.n_exc
    w = np.full((n, n), experiment.lateral.quantities()["start"])
    np.fill_diagonal(w, 0.0)
    return w
