"""Base of read-outs of spike times.

Like `stdpbench.results.readout.base`, but for `SpikeTrains`: `predict` gets the trains of the label phase, the classes
of their pictures, and the assignment of neurons, but never the labels of the pictures that it classifies.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import Parameters
from stdpbench.results.readout.base import Assignment
from stdpbench.results.readout.spike_trains import SpikeTrains


@dataclass(frozen=True, eq=False)
class Known:
    """Labelled responses to training pictures.

    Attributes
    ----------
    trains : SpikeTrains
        Responses in the label phase, or in a part of it.
    labels : ndarray, int64, (n_images,)
        Classes of those pictures.
    assignment : Assignment
        Classes of the neurons.
    """

    trains: SpikeTrains
    labels: NDArray[np.int64]
    assignment: Assignment


class TimedReadout(Parameters):
    """A read-out of spike trains; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]

    @abstractmethod
    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Predict the class of each picture.

        Parameters
        ----------
        trains : SpikeTrains
            Responses to the pictures.
        known : Known
            Labelled responses with the classes of neurons.

        Returns
        -------
        ndarray, int64, (n_images,)
            Classes 0 .. n_classes - 1, or `NO_ANSWER`. In a tie, the lowest class.
        """
