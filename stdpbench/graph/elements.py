"""The elements of a network: populations and projections."""

from __future__ import annotations

from math import prod

from pydantic import SerializeAsAny

from stdpbench.connections import Connection
from stdpbench.connections.all_to_all import AllToAll
from stdpbench.delays import Delay
from stdpbench.delays.none import NoDelay
from stdpbench.neurons import Neuron
from stdpbench.normalisations import Normalisation
from stdpbench.parameters import Parameters, parameter
from stdpbench.plasticity import PlasticityRule
from stdpbench.weights import Weight
from stdpbench.weights.constant import Constant


class Population(Parameters):
    """Neurons of one kind; or, without a neuron, the spikes of the stimulus.

    Attributes
    ----------
    shape : tuple of int
        Its sides; the product is the number of neurons. Empty for an input whose shape the data give.
    neuron : Neuron or None
        Model of its neurons; None for the input.
    """

    shape: tuple[int, ...] = parameter((), structural=True, help="Sides of the population; their product is its size.")
    neuron: SerializeAsAny[Neuron] | None = None

    @property
    def size(self) -> int:
        """Number of neurons; 0 for an input whose shape is not known yet."""
        return prod(self.shape) if self.shape else 0


class Projection(Parameters):
    """Synapses from one population to another, or to itself.

    Attributes
    ----------
    source, target : str
        Names of the populations.
    receptor : str
        Variable of the target neuron that a spike adds to.
    connect : Connection
        Which neurons are connected.
    weight : Weight
        Weights before any learning.
    scale : float or None
        Factor on all weights, which may change during a run; None: there is none, and none can be added.
    delay : Delay
        Time from a spike to its arrival.
    plasticity : PlasticityRule or None
        How weights learn; None: they do not.
    normalise : Normalisation or None
        How weights are scaled before each training presentation; None: they are not.
    """

    source: str = parameter(..., structural=True, help="Name of the population whose spikes it transmits.")
    target: str = parameter(..., structural=True, help="Name of the population that it acts on.")
    receptor: str = parameter(..., structural=True, help="Variable of the target neuron that a spike adds to.")
    connect: SerializeAsAny[Connection] = AllToAll()
    weight: SerializeAsAny[Weight] = Constant()
    scale: float | None = parameter(None, unit="", ge=0, help="Factor on all weights; none: there is none.")
    delay: SerializeAsAny[Delay] = NoDelay()
    plasticity: SerializeAsAny[PlasticityRule] | None = None
    normalise: SerializeAsAny[Normalisation] | None = None

    @property
    def one_weight(self) -> bool:
        """Whether one number holds the weights of all synapses: those that are equal and do not learn."""
        return self.plasticity is None and isinstance(self.weight, Constant)
