"""Read-out by van Rossum's distance."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.results.readout.base import NO_ANSWER
from stdpbench.results.readout.spike_trains import SpikeTrains
from stdpbench.results.readout.timed import Known, TimedReadout


class VanRossum(TimedReadout):
    r"""The class whose template is nearest in time and space.

    The template of a class is the mean of its labelled responses, with each neuron's train filtered by a causal
    exponential, so it uses more information than the label of each neuron. Distances are summed over neurons:

    .. math:: D_c^2 = \sum_j \frac{1}{\tau} \int (f_j - \bar f_{cj})^2 dt

    The integral is exact, without a grid: products of filtered trains are :math:`\frac12 e^{-|s - t|/\tau}` per pair
    of spikes. A picture without spikes has no answer.
    """

    kind: Literal["van-rossum"] = "van-rossum"
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant, the precision of spike times.")

    summary: ClassVar[str] = "Class whose mean spike train, neuron by neuron, is nearest (van Rossum's distance)"
    reference: ClassVar[str] = "van Rossum 2001, doi:10.1162/089976601300014321"

    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Predict the class of each picture; see `TimedReadout.predict`."""
        distances = self.distances(trains, known)
        answered = np.diff(trains.first) > 0
        return np.where(answered, distances.argmin(axis=1), NO_ANSWER).astype(np.int64)

    def distances(self, trains: SpikeTrains, known: Known) -> NDArray[np.float64]:
        """Return the squared distance to each class without the term common to all classes: (n_images, n_classes).

        The distance is infinite for a class without labelled pictures.
        """
        labelled, n_bins = known.trains, max(trains.n_bins, known.trains.n_bins)
        decay = float(np.exp(-labelled.dt / self.tau))
        distances = np.full((len(trains), known.assignment.n_classes), np.inf)
        classes, image = known.labels[labelled.image], trains.image
        sizes = np.bincount(known.labels, minlength=known.assignment.n_classes)
        for number in np.flatnonzero(sizes):
            mean = np.zeros((labelled.n_exc, n_bins))
            of_class = classes == number
            np.add.at(mean, (labelled.neuron[of_class], labelled.bin[of_class]), 1 / sizes[number])
            products = _products(mean, decay)
            with_template = np.bincount(image, products[trains.neuron, trains.bin], len(trains))
            distances[:, number] = (mean * products).sum() - 2 * with_template
        return distances


def _products(spikes: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    """Return the sum of decay ** |distance| / 2 over spikes at every bin: float64, (n, n_bins)."""
    from scipy.signal import lfilter

    before = lfilter([1.0], [1.0, -decay], spikes, axis=1)
    after = lfilter([1.0], [1.0, -decay], spikes[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(0.5 * (before + after - spikes), np.float64)
