"""Feed-forward networks that trainers can compute: layers of discrete neurons, each connected to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from stdpbench.experiment.graph import Graph
from stdpbench.experiment.references.spiking_layers import Neurons
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete

LAYERS: Final[dict[str, Any]] = {
    "network.kind": "layers",
    "encoding.kind": "current",
    "schedule.order": "shuffled",
    "schedule.rest": "0 ms",
    "schedule.between": "reset",
    "schedule.min_spikes": 0,
    "schedule.max_attempts": 1,
}
"""Values of an experiment with which layers can be trained with pictures; see `Reference.usual`."""


def chain(graph: Graph) -> list[str]:
    """Return the names of the projections from the input to the population that is read, one after the other.

    Sources of constants (`bringing_constants`) are ignored. Empty if the network is not a chain in which each
    population has one input.
    """
    names, population, constants = list[str](), graph.read, bringing_constants(graph)
    while population != graph.input:
        into = [
            name
            for name, projection in graph.projections.items()
            if projection.target == population and projection.source not in constants
        ]
        if len(into) != 1 or len(names) == len(graph.projections):
            return []
        names.append(into[0])
        population = graph.projections[into[0]].source
    return names[::-1]


def bringing_constants(graph: Graph) -> set[str]:
    """Return the names of populations without input, such as ``bias``, whose spikes are the same for all stimuli."""
    reached = {element.target for element in graph.projections.values()} | {graph.input}
    return {name for name, element in graph.populations.items() if name not in reached and element.noise is None}


def neurons_of(graph: Graph, population: str) -> Neurons:
    """Return the neurons of a population of `lif-discrete`."""
    neuron = graph.populations[population].neuron
    assert isinstance(neuron, LIFDiscrete)
    return Neurons(neuron.kept(graph.dt), neuron.v_thresh, "zero" if neuron.reset_mechanism == "zero" else "subtract")


def layer_problems(graph: Graph) -> Iterator[str]:
    """Yield a sentence for each reason why a network is not a chain of layers that can be trained."""
    names = chain(graph)
    if names and (constant := bringing_constants(graph)):
        yield (
            f"network.populations.{min(constant)} brings constants, which this reference does not train; remove it, "
            "or use network.kind = 'layers'"
        )
        return
    if not names or len(names) < len(graph.projections):
        yield (
            "network must be a chain of layers from the input to the population that is read to be trained by this "
            "reference; use network.kind = 'layers'"
        )
        return
    for name in names:
        yield from projection_problems(graph, name)
        if graph.projections[name].delay.longest:
            yield f"network.projections.{name} must have no delay to be trained by this reference"
        yield from _neuron_problems(graph, graph.projections[name].target)


def projection_problems(graph: Graph, name: str) -> Iterator[str]:
    """Yield a sentence for each reason why a reference cannot train a projection, regardless of its delay."""
    projection, where = graph.projections[name], f"network.projections.{name}"
    if not projection.weight.trained:
        yield f"{where}.weight.kind must be 'trained', so that this reference can train it"
    if projection.learns or projection.normalise is not None or projection.release is not None:
        yield f"{where} must neither learn by a rule, nor release, nor be normalised while a reference trains it"
    if projection.connect.storage != "dense" or projection.scale is not None:
        yield f"{where} must connect all neurons, without scale, to be trained by this reference"
    if projection.receptor != "I_exc":
        yield f"{where}.receptor must be 'I_exc' to be trained by this reference"


def _neuron_problems(graph: Graph, population: str) -> Iterator[str]:
    neuron, at = graph.populations[population].neuron, f"network.populations.{population}.neuron"
    if not isinstance(neuron, LIFDiscrete):
        yield f"{at}.kind must be 'lif-discrete' to be trained by this reference"
        return
    if neuron.reset_mechanism == "to-value" or (neuron.reset_mechanism == "subtract" and neuron.v_reset is not None):
        yield f"{at} must be reset by subtracting the threshold or to zero to be trained by this reference"
    if neuron.reset_mechanism == "subtract" and neuron.reset_step == "same":
        yield f"{at}.reset_step must be 'next' to be trained by this reference"
    if neuron.refractory_steps or neuron.I_background:
        yield f"{at} must have no refractory_steps and no I_background to be trained by this reference"
