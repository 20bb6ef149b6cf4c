"""Networks as frozen declarations: populations of neurons, and projections between them."""

from stdpbench.experiment.graph.elements import Population, Projection
from stdpbench.experiment.graph.graph import Graph, Precision

__all__ = ["Graph", "Population", "Precision", "Projection"]
