"""The wiring of a network, from which polychronous groups are found (`stdpbench.results.readout.polychrony`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import delays_of, projection_weights
from stdpbench.experiment.graph import Graph
from stdpbench.kinds.neurons.izhikevich import Izhikevich
from stdpbench.results.readout.polychrony import Wiring


def wiring_of(graph: Graph, weights: Mapping[str, NDArray[np.floating]]) -> Wiring:
    """Return the wiring of a network of Izhikevich neurons, numbered in the order of populations.

    Parameters
    ----------
    graph : Graph
        The network, with sparse projections between populations of the neuron ``izhikevich`` and a step of 1 ms.
    weights : mapping of str to ndarray
        Weights of the projections that learn, (n_synapses,).

    Raises
    ------
    StdpbenchError
        If the network has other neurons, projections or time steps.
    """
    neurons = {name: population.neuron for name, population in graph.populations.items()}
    cells = {name: neuron for name, neuron in neurons.items() if isinstance(neuron, Izhikevich)}
    if len(cells) < len(neurons) or graph.dt != 1.0 or not all(map(graph.is_sparse, graph.projections)):
        raise StdpbenchError(
            "polychronous groups are searched in networks of izhikevich neurons with sparse projections and dt = 1 ms"
        )
    starts = dict(zip(cells, np.cumsum([0, *(graph.populations[name].size for name in cells)]).tolist(), strict=False))
    excites, parts = np.ones(sum(graph.populations[name].size for name in cells), bool), []
    drawn = projection_weights(graph)
    for name, projection in graph.projections.items():
        synapses, inhibits = graph.synapses(name), projection.receptor == "I_inh"
        start = starts[projection.source]
        if inhibits:
            excites[start : start + synapses.n_source] = False
        late = delays_of(graph, name) if projection.delays_differ else round(projection.delay.longest)
        w = weights.get(name, drawn.get(name, projection.weight.quantities().get("value", 0.0)))
        w = np.broadcast_to(np.asarray(w, float), len(synapses))
        w = w * (1.0 if projection.scale is None else projection.scale)
        source, target = synapses.source + start, synapses.target + starts[projection.target]
        parts.append((source, target, np.broadcast_to(late, len(synapses)) + 1, -w if inhibits else w))
    source, target, delay, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    sizes = [graph.populations[name].size for name in cells]
    a, b, c, d = (np.repeat([float(getattr(neuron, name)) for neuron in cells.values()], sizes) for name in "abcd")
    rules = [projection.plasticity for projection in graph.projections.values()]
    w_max = max((rule.w_max for rule in rules if rule is not None), default=float(weight.max(initial=0.0)))
    ends = (source.astype(np.int64), target.astype(np.int64), delay.astype(np.int64))
    return Wiring(a, b, c, d, excites, *ends, weight.astype(float), w_max)
