"""Figures of networks: populations as boxes, projections as arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.diagram import lay_out
from stdpbench.results.figures.drawing import DPI, OKABE_ITO, new_figure
from stdpbench.results.figures.saving import INCH, PAPER_DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {True: OKABE_ITO[1], False: OKABE_ITO[0], None: "#707783"}
"""Of projections that inhibit, excite, or of which this is not known."""
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
    made, known = lay_out(graph), rates or {}
    boxes = []
    for name, box in made.boxes.items():
        texts = [name, *box.lines, *([f"{known[name]:.3g} Hz"] if name in known else [])]
        place = (box.rect.x, box.rect.y, box.rect.width, box.rect.height)
        boxes.append({"place": [round(side, 3) for side in place], "texts": texts})
    arrows = []
    for name, arrow in made.arrows.items():
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
    size = {"width": round(made.width, 3), "height": round(made.height, 3)}
    return {"kind": "diagram", **size, "boxes": boxes, "arrows": arrows}


def network_figure(graph: Graph, rates: Mapping[str, float] | None = None, width: float | None = None) -> Figure:
    """Draw a network.

    Parameters
    ----------
    graph, rates
        As of `diagram_spec`.
    width : float, optional
        Width in mm, for a paper, to which texts shrink or grow. Default: that of texts of 9 points.
    """
    spec = diagram_spec(graph, rates)
    font = _FONT if width is None else width / INCH * 72 / spec["width"]  # points
    unit = font * DPI / 72  # pixels
    figure = new_figure(spec["width"] * unit, spec["height"] * unit)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    draw_network(axes, spec["width"], spec["height"], spec["boxes"], spec["arrows"], font)
    if width is not None:
        figure.set_dpi(PAPER_DPI)
    return figure


def draw_network(
    axes: Axes,
    width: float,
    height: float,
    boxes: Sequence[Mapping[str, Any]],
    arrows: Sequence[Mapping[str, Any]],
    font: float,
) -> None:
    """Draw boxes and arrows; a triangle excites, a disc inhibits, a thick line learns."""
    from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path

    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    for box in boxes:
        x, y, w, h = box["place"]
        style = "round,pad=0,rounding_size=0.3"
        axes.add_patch(FancyBboxPatch((x, y), w, h, style, facecolor="#F4F5F7", edgecolor="#5D6470", linewidth=0.8))
        top = y + h / 2 - 1.25 * (len(box["texts"]) - 1) / 2
        for number, text in enumerate(box["texts"]):
            weight, colour = ("bold", "black") if number == 0 else ("normal", "#404650")
            place = (x + w / 2, top + 1.25 * number)
            axes.text(*place, text, ha="center", va="center", fontsize=font, fontweight=weight, color=colour)
    for arrow in arrows:
        path, colour, back = arrow["path"], arrow["colour"], arrow["back"]
        codes = [Path.MOVETO] + [Path.CURVE4] * (len(path) - 1)
        thick = 1.8 if arrow["learns"] else 0.8
        axes.add_patch(PathPatch(Path(path, codes), fill=False, edgecolor=colour, linewidth=thick))
        x, y = path[-1]
        if arrow["head"] == "disc":
            axes.add_patch(Circle((x + 0.36 * back, y), 0.36, facecolor=colour, edgecolor="none", zorder=3))
        else:
            corners = [(x, y), (x + 0.85 * back, y - 0.38), (x + 0.85 * back, y + 0.38)]
            fill = "white" if arrow["head"] == "open" else colour
            axes.add_patch(Polygon(corners, facecolor=fill, edgecolor=colour, linewidth=0.8, zorder=3))
        for number, (text, left, middle) in enumerate(arrow["labels"]):
            weight, colour = ("bold", "black") if number == 0 else ("normal", "#404650")
            axes.text(left, middle, text, va="center", fontsize=font, fontweight=weight, color=colour)
