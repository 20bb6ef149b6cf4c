"""Figures that draw text as it is."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text


class LiteralFigure(Figure):
    """A figure that takes no text for mathematics: names of classes and runs, which others wrote, may have a `$`."""

    def draw(self, renderer: Any) -> None:
        """Draw the figure; see `matplotlib.figure.Figure.draw`."""
        logarithmic = [axis for axes in self.axes for axis in (axes.xaxis, axes.yaxis) if axis.get_scale() == "log"]
        powers = {label for axis in logarithmic for label in axis.get_ticklabels(which="both")}
        for text in self.findobj(Text):
            text.set_parse_math(text in powers)
        super().draw(renderer)
