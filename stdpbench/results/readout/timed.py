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

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters
from stdpbench.results.readout.base import Assignment, checked_labels
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

    def __post_init__(self) -> None:
        """Check consistency."""
        checked_labels(self.labels, self.assignment.n_classes)
        if len(self.labels) != len(self.trains):
            raise StdpbenchError(
                f"there are trains for {len(self.trains)} pictures, but labels for {len(self.labels)}"
            )
        if self.trains.n_exc != self.assignment.n_exc:
            raise StdpbenchError(
                f"the trains are of {self.trains.n_exc} neurons, but {self.assignment.n_exc} neurons were labelled"
            )


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

        Raises
        ------
        StdpbenchError
            If the trains are from another network.
        """


def check_trains(trains: SpikeTrains, known: Known) -> None:
    """Check that trains have the neurons and time step of the labelled responses."""
    if (trains.n_exc, trains.dt) != (known.trains.n_exc, known.trains.dt):
        raise StdpbenchError(
            f"the trains are of {trains.n_exc} neurons in steps of {trains.dt:g} ms, but "
            f"{known.trains.n_exc} in steps of {known.trains.dt:g} ms were labelled"
        )
