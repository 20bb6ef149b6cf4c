"""Figures of networks: populations as boxes, projections as arrows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.diagram import lay_out
from stdpbench.results.figures.drawing import OKABE_ITO
from stdpbench.results.figures.paper import draw
from stdpbench.results.figures.saving import INCH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = {True: OKABE_ITO[1], False: OKABE_ITO[0], None: "#707783"}
"""Colour of projections that inhibit, excite, or whose effect is unknown."""
_HEADS = {True: "disc", False: "triangle", None: "open"}
_FONT = 9.0  # points


def diagram_spec(graph: Graph, rates: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Return the specification of the figure of a network; see `stdpbench.results.figures.paper`.

    Parameters
    ----------
    graph : Graph
        The network.
    rates : mapping of str to float, optional
        Rates of populations in Hz, shown in their boxes.
    """
    layout, known_rates = lay_out(graph), rates or {}
    boxes = []
    for name, box in layout.boxes.items():
        texts = [name, *box.lines, *([f"{known_rates[name]:.3g} Hz"] if name in known_rates else [])]
        rect = (box.rect.x, box.rect.y, box.rect.width, box.rect.height)
        boxes.append({"place": [round(side, 3) for side in rect], "texts": texts})
    arrows = []
    for name, arrow in layout.arrows.items():
        labels = [(label.text, round(label.rect.x, 3), round(label.rect.middle[1], 3)) for label in arrow.labels]
        arrows.append(
            {
                "name": name,
                "path": np.array(arrow.path).round(3),
                "colour": _COLOURS[arrow.inhibits],
                "head": _HEADS[arrow.inhibits],
                "back": -1 if arrow.from_left else 1,
                "learns": arrow.learns,
                "labels": labels,
            }
        )
    size = {"width": round(layout.width, 3), "height": round(layout.height, 3)}
    return {"kind": "diagram", **size, "boxes": boxes, "arrows": arrows}


def network_figure(graph: Graph, rates: Mapping[str, float] | None = None, width: float | None = None) -> Figure:
    """Draw a network.

    Parameters
    ----------
    graph, rates
        See `diagram_spec`.
    width : float, optional
        Width in mm, for a paper; texts are scaled to it. Default: the width with texts of 9 points.
    """
    spec = diagram_spec(graph, rates)
    return draw(spec, width or spec["width"] * _FONT * INCH / 72, _FONT)
