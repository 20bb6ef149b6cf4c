"""What each projection of a network costs, before anything is drawn: synapses and memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stdpbench.base.units import thousands
from stdpbench.engine.network.description import bytes_text, layout_of, n_synapses
from stdpbench.engine.network.memory import projection_memory
from stdpbench.experiment.graph import Graph


@dataclass(frozen=True)
class Cost:
    """Cost of a projection.

    Attributes
    ----------
    synapses : int
        Number of synapses; where it depends on what is drawn, what is expected.
    memory : int
        Bytes that they take in each process with the network; 0 where counters of spikes stand for them.
    expected : bool
        Whether the number of synapses depends on what is drawn.
    """

    synapses: int
    memory: int
    expected: bool = False


def costs(graph: Graph) -> Mapping[str, Cost]:
    """Return the costs of projections, without those that have errors or whose input has no shape yet."""
    found = {name: _cost(graph, name) for name in graph.projections}
    return {name: cost for name, cost in found.items() if cost is not None}


def costs_sentence(known: Mapping[str, Cost], n_projections: int) -> str:
    """Return what all projections cost together, in a sentence or two.

    Parameters
    ----------
    known : mapping of str to Cost
        Those whose costs are known.
    n_projections : int
        Number of all projections.
    """
    sentences = []
    if known:
        synapses, memory = sum(one.synapses for one in known.values()), sum(one.memory for one in known.values())
        about = "About " if any(one.expected for one in known.values()) else ""
        sentences.append(
            f"{about}{thousands(synapses)} synapses take {bytes_text(memory)} in each process with the network."
        )
    if unknown := n_projections - len(known):
        sentences.append(f"Not counted: {unknown} of {n_projections} projections, with errors or an unknown input.")
    return " ".join(sentences)


def _cost(graph: Graph, name: str) -> Cost | None:
    layout = layout_of(graph, name)
    return (
        None
        if layout is None
        else Cost(n_synapses(layout), projection_memory(layout), layout.projection.connect.count_is_random)
    )
