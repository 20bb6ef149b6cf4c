"""A network as a diagram: populations as boxes, projections as arrows, without Qt or matplotlib.

Boxes stand in columns, one for each layer: the longest path from the input. Between two columns there is first room
for labels, then room in which arrows bend. An arrow has a row of its own wherever it passes through the room for
labels, and its label stands there, the name above its line and the rule below. An arrow over several layers has a row
in each of the columns between. So no box, label or arrow lies on another, except that arrows cross where they bend.

Coordinates are those of the texts: `Measure` says how wide a text is, and y points down.
"""

from stdpbench.experiment.graph.diagram.elements import (
    STATIC,
    Arrow,
    Box,
    Diagram,
    Label,
    Measure,
    Point,
    Rect,
    inhibits,
    roles_of,
    rule_text,
    size_text,
)
from stdpbench.experiment.graph.diagram.layout import lay_out, settled

__all__ = [
    "STATIC",
    "Arrow",
    "Box",
    "Diagram",
    "Label",
    "Measure",
    "Point",
    "Rect",
    "inhibits",
    "lay_out",
    "roles_of",
    "rule_text",
    "settled",
    "size_text",
]
