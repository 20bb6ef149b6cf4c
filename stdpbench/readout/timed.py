"""What a read-out is that also looks at when neurons fired.

As `stdpbench.readout.base`, but on `SpikeTrains`: `predict` sees the trains of the label phase with the classes of
their pictures, and what the neurons stand for. Labels of the pictures that are read never come near it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.parameters import Parameters
from stdpbench.readout.base import Assignment, checked_labels
from stdpbench.readout.spike_trains import SpikeTrains


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of labelled training pictures.

    Attributes
    ----------
    trains : SpikeTrains
        Responses of the label phase, or of a part of it.
    labels : ndarray, int64, (n_images,)
        Classes of those pictures.
    assignment : Assignment
        What each neuron stands for.
    """

    trains: SpikeTrains
    labels: NDArray[np.int64]
    assignment: Assignment

    def __post_init__(self) -> None:
        """See that they belong together."""
        checked_labels(self.labels, self.assignment.n_classes)
        if len(self.labels) != len(self.trains):
            raise StdpbenchError(f"there are trains of {len(self.trains)} pictures, but labels of {len(self.labels)}")
        if self.trains.n_exc != self.assignment.n_exc:
            raise StdpbenchError(
                f"the trains are those of {self.trains.n_exc} neurons, but {self.assignment.n_exc} were labelled"
            )


class TimedReadout(Parameters):
    """A way to read classes off spike trains; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]

    @abstractmethod
    def predict(self, trains: SpikeTrains, known: Known) -> NDArray[np.int64]:
        """Say what class each picture belongs to.

        Parameters
        ----------
        trains : SpikeTrains
            Responses to the pictures.
        known : Known
            Labelled responses, and what the neurons stand for.

        Returns
        -------
        ndarray, int64, (n_images,)
            Classes 0 .. n_classes - 1, or `NO_ANSWER`. Of several classes that are equally good, the lowest.

        Raises
        ------
        StdpbenchError
            If the trains are those of another network.
        """


def check_trains(trains: SpikeTrains, known: Known) -> None:
    """See that trains to be read are of the network that was labelled."""
    if (trains.n_exc, trains.dt) != (known.trains.n_exc, known.trains.dt):
        raise StdpbenchError(
            f"the trains are those of {trains.n_exc} neurons in steps of {trains.dt:g} ms, but "
            f"{known.trains.n_exc} in steps of {known.trains.dt:g} ms were labelled"
        )
