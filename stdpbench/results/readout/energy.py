"""Cost of a presentation: synaptic operations, and their energy from published figures.

A synaptic operation is the arrival of one spike at one synapse. The estimate ignores neurons, leakage and, for the
first figure, data movement. It compares orders of magnitude, and is not a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from stdpbench.experiment.graph import Graph


@dataclass(frozen=True)
class OperationEnergy:
    """Energy of one operation.

    Attributes
    ----------
    name : str
        Operation and technology.
    picojoule : float
        Energy of one operation.
    source : str
        Publication.
    """

    name: str
    picojoule: float
    source: str


ADDITION: Final = OperationEnergy(
    "32-bit floating-point addition, 45 nm, without memory",
    0.9,
    "M. Horowitz, Computing's energy problem, ISSCC 2014, doi:10.1109/ISSCC.2014.6757323",
)
MULTIPLY_ADD: Final = OperationEnergy(
    "32-bit floating-point multiplication and addition, 45 nm, without memory",
    4.6,
    "M. Horowitz, Computing's energy problem, ISSCC 2014, doi:10.1109/ISSCC.2014.6757323",
)
LOIHI: Final = OperationEnergy(
    "synaptic operation on Loihi, 14 nm",
    23.6,
    "M. Davies et al., IEEE Micro 38:82 (2018), doi:10.1109/MM.2018.112130359",
)


@dataclass(frozen=True)
class Cost:
    """Mean cost of one picture.

    Attributes
    ----------
    population : str
        Name of the population that is read.
    input_spikes, exc_spikes : float
        Spikes per picture of the input and of the population that is read.
    input_operations : float
        Synaptic operations of projections from the input.
    lateral_operations : float
        Synaptic operations of all other projections: lateral inhibition, and projections between layers.
    by_projection : mapping of str to float
        Synaptic operations of each projection.
    """

    population: str
    input_spikes: float
    exc_spikes: float
    input_operations: float
    lateral_operations: float
    by_projection: Mapping[str, float]

    @property
    def operations(self) -> float:
        """Total number of synaptic operations."""
        return self.input_operations + self.lateral_operations

    def nanojoule(self, figure: OperationEnergy) -> float:
        """Return the energy with a figure per operation."""
        return self.operations * figure.picojoule * 1e-3

    def to_mapping(self) -> dict[str, Any]:
        """Return plain numbers for a JSON file, with the figures used."""
        return {
            **asdict(self),
            "operations": self.operations,
            "energy_nJ": {figure.name: self.nanojoule(figure) for figure in (ADDITION, LOIHI)},
            "sources": {figure.name: f"{figure.picojoule:g} pJ: {figure.source}" for figure in (ADDITION, LOIHI)},
        }


def cost(graph: Graph, spikes: Mapping[str, float]) -> Cost:
    """Count synaptic operations: spikes of the source of each projection times the synapses of a source neuron.

    Parameters
    ----------
    graph : Graph
        The network, with the shape of its input.
    spikes : mapping of str to float
        Spikes per picture of all source populations, and of the population that is read.
    """
    operations, from_input = dict[str, float](), 0.0
    for name, projection in graph.projections.items():
        shapes = (graph.populations[end].shape for end in (projection.source, projection.target))
        operations[name] = spikes[projection.source] * projection.connect.mean_out_degree(*shapes)
        from_input += operations[name] if projection.source == graph.input else 0.0
    others = sum(operations[name] for name, other in graph.projections.items() if other.source != graph.input)
    return Cost(graph.read, spikes.get(graph.input, 0.0), spikes[graph.read], from_input, others, operations)


def pixel_distances_nanojoule(n_input: int, centres: int) -> float:
    """Return the energy to compare a picture with centres: one multiplication and addition per pixel and centre."""
    return n_input * centres * MULTIPLY_ADD.picojoule * 1e-3
