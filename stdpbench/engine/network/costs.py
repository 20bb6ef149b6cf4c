"""Number of synapses and memory of each projection, before synapses are drawn."""

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
        Number of synapses; the expected number if connections are random.
    memory : int
        Bytes that they take in each process with the network; 0 if spike counters replace synapses.
    expected : bool
        Whether the number of synapses is random.
    """

    synapses: int
    memory: int
    expected: bool = False


def costs(graph: Graph) -> Mapping[str, Cost]:
    """Return the costs of projections, without those with errors or with an input whose shape is unknown."""
    by_name = {name: _cost(graph, name) for name in graph.projections}
    return {name: cost for name, cost in by_name.items() if cost is not None}


def costs_sentence(known: Mapping[str, Cost], n_projections: int) -> str:
    """Return one or two sentences about the total cost of all projections.

    Parameters
    ----------
    known : mapping of str to Cost
        The known costs.
    n_projections : int
        Number of all projections.
    """
    sentences = []
    if known:
        synapses, memory = sum(cost.synapses for cost in known.values()), sum(cost.memory for cost in known.values())
        about = "About " if any(cost.expected for cost in known.values()) else ""
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
