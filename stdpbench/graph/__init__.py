"""Networks as frozen declarations: populations of neurons, and projections between them."""

from stdpbench.graph.elements import Population, Projection
from stdpbench.graph.graph import Graph, Precision

__all__ = ["Graph", "Population", "Precision", "Projection"]
