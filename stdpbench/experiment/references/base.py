"""Base classes of references: `Reference` declares the training of a network, `Trainer` does it.

A reference *declares* how a network is trained with labels (`Reference`, a section of an experiment) and makes a
`Trainer`, which changes weights. Everything else belongs to the run: the order of pictures, positions, checkpoints,
the journal, the test. A trainer imports neither a simulator nor the code of runs. The simulated network owns the
weights: the run copies them into the trainer before each part of the training, and back after it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Source
from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.encoding import Encoder


@dataclass(frozen=True, eq=False)
class Task:
    """Data and setting of the training of a network.

    Attributes
    ----------
    graph : Graph
        The network, with the shape of its input.
    inputs : callable
        Returns the inputs of training pictures, given their numbers: (n, n_input), float32. According to
        `Reference.takes`: currents, or the time steps of spikes, infinite for inputs that do not fire.
    labels : ndarray, int64, (n_images,)
        Classes of the training pictures.
    n_classes : int
        Number of classes.
    n_steps : int
        Time steps of a presentation.
    total : int
        Number of training presentations in the whole run.
    seed : int
        Seed of the experiment, for random numbers of the trainer.
    """

    graph: Graph
    inputs: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    labels: NDArray[np.int64]
    n_classes: int
    n_steps: int
    total: int
    seed: int = 0


@dataclass(frozen=True)
class Learnt:
    """The result of consecutive training presentations.

    Attributes
    ----------
    loss : float
        Mean loss, before the resulting changes of weights.
    correct : int
        Number of pictures that were classified correctly before these changes.
    values : mapping of str to float
        Further measures by name, such as ``"hidden.spikes"``, mean per picture.
    """

    loss: float
    correct: int
    values: Mapping[str, float] = field(default_factory=dict)


class Trainer(ABC):
    """Trains a network.

    The weights after some presentations depend only on the start weights, the task, the parameters in force and the
    sequence of pictures shown so far. `learn` may be called with any parts of this sequence that end at multiples of
    `batch` and at the end of each pass. Between two calls, weights may be set.

    Parameters
    ----------
    weights : mapping of str to ndarray
        Start weights by the name of their projection, (n_source, n_target); changed in place.
    task : Task
        What to learn.

    Attributes
    ----------
    weights : dict of str to ndarray
        The current weights.
    batch : int
        Number of pictures between two changes of weights.
    """

    batch: int

    def __init__(self, weights: Mapping[str, NDArray[Any]], task: Task) -> None:
        self.weights = dict(weights)
        self.task = task

    @abstractmethod
    def learn(self, numbers: NDArray[np.int64], position: int) -> Learnt:
        """Show training pictures and change the weights.

        Parameters
        ----------
        numbers : ndarray, int64, (n,)
            Numbers of the pictures, in the order in which they are shown.
        position : int
            Number of presentations before them.
        """

    @abstractmethod
    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of all arrays, except weights, that later presentations depend on, by name."""

    @abstractmethod
    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from the result of `state`."""


class Reference(Parameters):
    """A way to train a network with labels; one kind per file.

    A kind overrides `usual`, `problems` and `trainer`.
    """

    summary: ClassVar[str]
    reference: ClassVar[str]
    """Its publication."""
    trains: ClassVar[bool] = True
    """Whether it trains a network; False for the kind ``none``."""
    usual: ClassVar[Mapping[str, Any]] = {}
    """Values, by dotted path, with which this reference can train an experiment; its data, seed and number of pictures
    are kept."""
    takes: ClassVar[Literal["currents", "times"]] = "currents"
    """Inputs of its trainer: constant currents, or the time of the single spike of each input."""
    in_few_bits: ClassVar[bool] = True
    """Whether it can train rounded weights, because its trainer changes the weights of the network directly."""

    @classmethod
    def usual_for(cls, data: Source) -> Mapping[str, Any]:
        """Return `usual` for these data."""
        return cls.usual

    @property
    def file(self) -> str:
        """File with the weights of a network that was trained elsewhere; empty if this reference trains it."""
        return ""

    @classmethod
    def usual_of_file(cls, file: str) -> Mapping[str, Any]:
        """Return `usual` for a network whose weights a file gives.

        Raises
        ------
        StdpbenchError
            If this reference takes no weights from files.
        """
        raise StdpbenchError("reference.weights: only the reference 'ann-conversion' converts the network of a file")

    @classmethod
    def network_of_file(cls, file: str) -> dict[str, Any]:
        """Return the table ``network`` for the network of a file.

        Raises
        ------
        StdpbenchError
            If it cannot be read or converted: a sentence for each error.
        """
        raise StdpbenchError("reference.weights: only the reference 'ann-conversion' converts the network of a file")

    def problems(self, graph: Graph, encoding: Encoder, n_steps: int) -> Iterator[str]:
        """Yield a sentence for each reason why a network or its input cannot be trained.

        Parameters
        ----------
        graph : Graph
            The network; its input may have no shape yet.
        encoding : Encoder
            The encoder of its input.
        n_steps : int
            Time steps of a presentation.
        """
        yield from ()

    @abstractmethod
    def trainer(self, weights: Mapping[str, NDArray[Any]], task: Task) -> Trainer:
        """Return the trainer of a network.

        Parameters
        ----------
        weights : mapping of str to ndarray
            Start weights by projection, float32 or float64, which the trainer changes in place.
        task : Task
            What to learn.
        """
