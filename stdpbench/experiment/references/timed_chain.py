"""Networks that SpikeProp can compute: layers of neurons that fire once, each connected to the next by delays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stdpbench.experiment.graph import Graph
from stdpbench.experiment.templates.timed_layers import G_L
from stdpbench.kinds.neurons.lif_current import LIFCurrent


@dataclass(frozen=True)
class TimedLayer:
    """A layer of neurons, and the projections to it.

    Attributes
    ----------
    name : str
        Population.
    projections : tuple of str
        One for each delay.
    delays : tuple of float
        In ms.
    tau : float
        Time constant of the potential, in ms.
    threshold : float
        In mV, the unit of the weights.
    """

    name: str
    projections: tuple[str, ...]
    delays: tuple[float, ...]
    tau: float
    threshold: float


def timed_chain(graph: Graph) -> list[TimedLayer]:
    """Return the layers from the first one after the input to the one that is read.

    Empty if they are not a chain, in which each layer has one source; projections of a population to itself, such as
    lateral inhibition, are no part of it.
    """
    found, at, used = list[TimedLayer](), graph.read, set[str]()
    while at != graph.input:
        into = {n: each for n, each in graph.projections.items() if each.target == at and each.source != at}
        sources, neuron = {each.source for each in into.values()}, graph.populations[at].neuron
        if len(sources) != 1 or at in used or not isinstance(neuron, LIFCurrent):
            return []
        used.add(at)
        delays = tuple(each.delay.longest for each in into.values())
        found.append(TimedLayer(at, tuple(into), delays, neuron.tau_m, neuron.v_thresh - neuron.v_rest))
        at = sources.pop()
    return found[::-1]


def timed_problems(graph: Graph, duration: float) -> Iterator[str]:
    """Yield a sentence for each way in which a network is not one that SpikeProp can train.

    Parameters
    ----------
    graph : Graph
        The network.
    duration : float
        Of a presentation, in ms.
    """
    layers = timed_chain(graph)
    lateral = [n for n, each in graph.projections.items() if each.source == each.target == graph.read]
    if not layers or sum(len(layer.projections) for layer in layers) + len(lateral) < len(graph.projections):
        yield (
            "network must be a chain of layers of the neuron 'lif-current' from the input to the population that is "
            "read to be trained by this reference; use network.kind = 'timed-layers'"
        )
        return
    for layer in layers:
        for name in layer.projections:
            yield from _projection_problems(graph, name)
        neuron, at = graph.populations[layer.name].neuron, f"network.populations.{layer.name}.neuron"
        assert isinstance(neuron, LIFCurrent)
        if not neuron.tau_m == neuron.tau_exc == neuron.tau_inh:
            yield f"{at}.tau_exc and tau_inh must equal tau_m for this reference, so that potentials are alpha-shaped"
        if abs(neuron.g_L / G_L - 1) > 1e-9 or neuron.I_background:
            yield f"{at}.g_L must be {G_L:.15g} and I_background 0 for this reference, so that weights are in mV"
        if neuron.t_ref < duration:
            yield f"{at}.t_ref must be at least schedule.stimulus for this reference, so that neurons fire once"
    for name in lateral:
        if graph.projections[name].receptor != "I_inh":
            yield f"network.projections.{name}.receptor must be 'I_inh' to be trained by this reference"


def _projection_problems(graph: Graph, name: str) -> Iterator[str]:
    projection, where = graph.projections[name], f"network.projections.{name}"
    if not projection.weight.trained:
        yield f"{where}.weight.kind must be 'trained', so that this reference can train it"
    if projection.learns or projection.normalise is not None:
        yield f"{where} must neither learn by a rule nor be normalised while a reference trains it"
    if projection.connect.storage != "dense" or projection.delay.form == "each" or projection.scale is not None:
        yield f"{where} must connect all neurons, with one delay and no scale, to be trained by this reference"
    if projection.receptor != "I_exc":
        yield f"{where}.receptor must be 'I_exc' to be trained by this reference"
