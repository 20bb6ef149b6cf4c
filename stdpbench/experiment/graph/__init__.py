"""Networks as frozen declarations: populations of neurons, and projections between them."""

from stdpbench.experiment.graph.elements import Population, Projection
from stdpbench.experiment.graph.graph import Graph, NetworkFile, Precision

__all__ = ["Graph", "NetworkFile", "Population", "Precision", "Projection"]
