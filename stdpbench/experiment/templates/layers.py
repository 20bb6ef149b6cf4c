"""Layers of discrete neurons, each connected to the next: the network of supervised references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.weights.trained import TrainedWeight

FIRST = "feed"
"""Name of the projection from the input; later ones are called feed2, feed3 and so on."""
_NEURON = {"beta": "beta", "threshold": "v_thresh", "reset": "reset_mechanism"}


def layer_names(n_hidden: int) -> tuple[str, ...]:
    """Return the names of hidden layers and output: hidden, or hidden1, hidden2 and so on; output."""
    hidden = ("hidden",) if n_hidden == 1 else (f"hidden{number}" for number in range(1, n_hidden + 1))
    return (*hidden, "output")


def layer_populations(names: Sequence[str], sizes: Sequence[int], neuron: Neuron) -> dict[str, Population]:
    """Return the input, without a shape, and a population of each name and size."""
    layers = {name: Population(shape=(size,), neuron=neuron) for name, size in zip(names, sizes, strict=True)}
    return {"input": Population(), **layers}


class LayersNetwork(Template):
    """Layers of discrete leaky integrate-and-fire neurons: input, hidden layers, output.

    All neurons of a layer are connected to all of the next one, by projections that are called feed, feed2 and so on,
    with weights of both signs that a supervised reference trains (the section ``reference``). Populations are called
    input, hidden (or hidden1, hidden2 and so on if there are several), and output, which has one neuron per class and
    is read.
    """

    kind: Literal["layers"] = "layers"

    hidden: tuple[Annotated[int, Field(ge=1, le=100_000, strict=True)], ...] = parameter(
        (256,),
        structural=True,
        help="Number of neurons of each hidden layer, such as [256] or [400, 100]; [] for none.",
    )
    outputs: int = parameter(
        10, ge=2, le=10_000, structural=True, help="Number of output neurons, one for each class."
    )
    dt: float = parameter(1.0, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    beta: float = parameter(0.9, unit="", ge=0, le=1, help="β: fraction of the potential that is kept per step.")
    threshold: float = parameter(1.0, unit="", gt=0, help="Firing threshold, exceeded by a spike.")
    reset: Literal["subtract", "zero"] = parameter(
        "subtract",
        structural=True,
        help="What a spike does to the potential in the next step: subtract the threshold, or set it to 0.",
    )
    gain: float = parameter(
        0.5, unit="", ge=0, structural=True, help="SD of the start weights times the root of the number of sources."
    )

    summary: ClassVar[str] = "Layers of discrete neurons whose weights a supervised reference trains"

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        neuron = LIFDiscrete(beta=self.beta, v_thresh=self.threshold, reset_mechanism=self.reset)
        names = self.layers
        populations = layer_populations(names, (*self.hidden, self.outputs), neuron)
        projections = {
            FIRST if number == 1 else f"{FIRST}{number}": Projection(
                source=source, target=target, receptor="I_exc", weight=TrainedWeight(gain=self.gain)
            )
            for number, (source, target) in enumerate(zip(("input", *names), names, strict=False), 1)
        }
        return Graph(populations, projections, self.dt, read="output")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the populations but the input."""
        return layer_names(len(self.hidden))

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {"network.populations.output.size": "network.outputs"}
        for name in self.layers:
            for short, long in _NEURON.items():
                paths[f"network.populations.{name}.neuron.{long}"] = f"network.{short}"
        for number in range(1, len(self.hidden) + 2):
            projection = FIRST if number == 1 else f"{FIRST}{number}"
            paths[f"network.projections.{projection}.weight.gain"] = "network.gain"
        return paths
