"""A layer that learns and competes, shared by several templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.experiment.graph.checks import input_problems
from stdpbench.kinds.connections import Connection
from stdpbench.kinds.connections.all_to_all import AllToAll
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delays.constant import Constant as ConstantDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.normalisations.sum import Sum
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.weights import Weight
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.samples import Samples
from stdpbench.kinds.weights.uniform import Uniform


def feed(
    source: str,
    target: str,
    neuron: Neuron,
    plasticity: PlasticityRule,
    weight_sum: float | None,
    *,
    connect: Connection | None = None,
    weight: Weight | None = None,
    scale: float | None = None,
    delay: float = 0.0,
) -> Projection:
    """Return a plastic projection.

    Parameters
    ----------
    source, target : str
        Names of the populations.
    neuron : Neuron
        Model of the target's neurons.
    plasticity : PlasticityRule
        Rule of the weights.
    weight_sum : float or None
        Sum to which the weights of a target neuron are scaled; None: they are not.
    connect : Connection, optional
        Default: all to all.
    weight : Weight, optional
        Weights before any learning; default: random.
    scale : float, optional
        Factor on all weights.
    delay : float
        In ms.
    """
    return Projection(
        source=source,
        target=target,
        receptor=neuron.sides[0],
        connect=connect or AllToAll(),
        weight=weight or Uniform(),
        scale=scale,
        delay=ConstantDelay(value=delay) if delay else NoDelay(),
        plasticity=plasticity,
        normalise=None if weight_sum is None else Sum(value=weight_sum),
    )


def start_kind(of: str = "") -> Any:
    """Declare the parameter ``start``, the start weights of a layer; `of` names the layer in its help."""
    help_ = f"Initial weights{of}: uniform random, or blurred training pictures."
    return parameter("random", structural=True, help=help_)


START_BLUR = parameter(1.0, unit="px", ge=0, structural=True, help="Width (SD) of the blur for start = 'samples'.")
"""Declaration of the parameter ``start_blur``."""
START_NOISE = parameter(
    0.1, unit="", ge=0, le=1, structural=True, help="Fraction of random weights mixed into start = 'samples'."
)
"""Declaration of the parameter ``start_noise``."""


def start(kind: str, blur: float, noise: float) -> Weight:
    """Return weights before any learning: random, or from training pictures if `kind` is ``samples``."""
    return Samples(blur=blur, noise=noise) if kind == "samples" else Uniform()


def start_paths(kind: str) -> dict[str, str]:
    """Return the paths of the parameters of start weights: path in the expanded network -> path in the template."""
    if kind != "samples":
        return {}
    weight = "network.projections.feed.weight"
    return {f"{weight}.blur": "network.start_blur", f"{weight}.noise": "network.start_noise"}


def compete(name: str, neuron: Neuron, weight: float, delay: float, connect: Others | None = None) -> Projection:
    """Return the lateral inhibition of a population.

    Parameters
    ----------
    name : str
        Name of the population.
    neuron : Neuron
        Model of its neurons.
    weight : float
        Weight of all synapses.
    delay : float
        In ms; with 0, spikes inhibit others at the end of their step.
    connect : Others, optional
        Which neurons are inhibited; default: all others.
    """
    return Projection(
        source=name,
        target=name,
        receptor=neuron.sides[1],
        connect=connect or Others(),
        weight=Constant(value=weight),
        delay=ConstantDelay(value=delay) if delay else NoDelay(),
    )


def place_problems(network: Any, graph: Graph) -> Iterator[str]:
    """Yield a sentence if rows and columns of a network do not follow from the size of pictures, field and stride."""
    shape, feed = graph.populations["input"].shape, graph.projections["feed"].connect
    assert isinstance(feed, Local)
    if len(shape) != 2 or min(shape) < feed.field or shape[0] % feed.planes:
        yield from input_problems(graph)
    elif (expected := feed.places(shape)) != (network.rows, network.columns):
        yield (
            f"network.rows and network.columns must be {expected[0]} and {expected[1]}, not {network.rows} and "
            f"{network.columns}: as many patches of network.field = {feed.field} pixels, network.stride = "
            f"{feed.stride} apart, has a picture of {shape[0] // feed.planes} x {shape[1]}"
        )
