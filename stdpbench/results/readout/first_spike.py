"""Read-out of the first spike."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.results.readout.base import NO_ANSWER
from stdpbench.results.readout.spike_trains import SpikeTrains
from stdpbench.results.readout.timed import Known, TimedReadout


class FirstSpike(TimedReadout):
    """The class of the labelled neuron that fires first.

    If several fire in that time step, the majority decides. Later spikes are ignored, so this shows how much
    information the first spikes carry. After S. Thorpe, A. Delorme and R. Van Rullen (2001), who argue that the first
    spikes carry the information for fast recognition.
    """

    kind: Literal["first-spike"] = "first-spike"

    summary: ClassVar[str] = "Class of the labelled neuron that fires first"
    reference: ClassVar[str] = "Thorpe, Delorme & Van Rullen 2001, doi:10.1016/S0893-6080(01)00083-1"

    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Predict the class of each picture; see `TimedReadout.predict`."""
        classes = known.assignment.labels[trains.neuron]
        labelled = classes != NO_ANSWER
        classes, bins, image = classes[labelled], trains.bin[labelled].astype(np.int64), trains.image[labelled]
        earliest = np.full(len(trains), np.iinfo(np.int64).max)
        np.minimum.at(earliest, image, bins)
        first = bins == earliest[image]
        votes = np.zeros((len(trains), known.assignment.n_classes), np.int64)
        np.add.at(votes, (image[first], classes[first]), 1)
        return np.where(votes.any(axis=1), votes.argmax(axis=1), NO_ANSWER).astype(np.int64)
