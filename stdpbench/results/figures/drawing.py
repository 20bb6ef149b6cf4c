"""Sizes, colours and number formats of figures."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

DPI: Final = 100
GRID_COLOUR: Final = "#DDDDDD"
OKABE_ITO: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Blue, vermilion, green, purple, orange, sky blue, black."""
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")

_GAP_COLOUR = "#C7D3DB"
_LONGEST_NAME = 24


@cache
def _figure_class() -> type[Figure]:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    class LiteralFigure(Figure):
        """A figure that does not interpret text as mathematics, since names of classes and runs may have a `$`."""

        def draw(self, renderer: Any) -> None:
            axes = [axis for plot in self.axes for axis in (plot.xaxis, plot.yaxis)]
            logarithmic = [axis for axis in axes if axis.get_scale() == "log"]
            powers = {label for axis in logarithmic for label in axis.get_ticklabels(which="both")}
            for text in self.findobj(Text):
                text.set_parse_math(text in powers)
            super().draw(renderer)

    return LiteralFigure


def new_figure(wide: float, high: float, *, constrained: bool = False, pad: float = 0.12) -> Figure:
    """Create an empty figure of a size in pixels on an Agg canvas; `constrained` adds a layout with `pad` inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    layout = ConstrainedLayoutEngine(w_pad=pad, h_pad=pad) if constrained else None
    figure = _figure_class()(figsize=(wide / DPI, high / DPI), dpi=DPI, facecolor="white", layout=layout)
    FigureCanvasAgg(figure)
    return figure


def greys() -> Colormap:
    """Return a colour map from white to black with evenly decreasing lightness; NaN has the gap colour."""
    import matplotlib

    return matplotlib.colormaps["gray_r"].with_extremes(bad=_GAP_COLOUR)


def reds_and_blues() -> Colormap:
    """Return a colour map from red (negative) through white to blue (positive); NaN has the gap colour."""
    import matplotlib

    return matplotlib.colormaps["RdBu"].with_extremes(bad=_GAP_COLOUR)


def oranges_and_purples() -> Colormap:
    """Return a colour map from purple (negative) through white to orange (positive); NaN has the gap colour."""
    import matplotlib

    return matplotlib.colormaps["PuOr_r"].with_extremes(bad=_GAP_COLOUR)


def blues() -> Colormap:
    """Return a colour map from white through Okabe and Ito's blue to dark blue, with evenly decreasing CIE L*."""
    from matplotlib.colors import LinearSegmentedColormap

    # L* is 46 for the blue and 12 for the dark blue: 46 lies at 0.61 of the way from 100 to 12
    return LinearSegmentedColormap.from_list("blues", [(0.0, "#FFFFFF"), (0.61, OKABE_ITO[0]), (1.0, "#00213A")])


def readable_on(colour: tuple[float, float, float, float]) -> str:
    """Return black or white, whichever contrasts more with a colour."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour[:3]
    )
    # relative luminance of sRGB, and the value with equal contrast to black and white (WCAG 2)
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "white"


def spaced(number: int) -> str:
    """Format a whole number; from five digits on with thin spaces between thousands."""
    return str(number) if abs(number) < 10_000 else thousands(number)


def percent(share: float) -> str:
    """Format a share as a percentage with one decimal; a dash for NaN."""
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def shortened(name: str) -> str:
    """Shorten a name to at most 24 characters by omitting its middle; names with a common beginning still differ."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:14]}…{name[-9:]}"


def curve(axes: Axes, x: NDArray[Any], y: NDArray[Any], series: int, label: str) -> None:
    """Draw one quantity over presentations with the colour and marker of a series, skipping NaN without a gap."""
    x, y = np.asarray(x), np.asarray(y, np.float64)
    known = ~np.isnan(y)
    # of many points only some have markers, different ones in each series, so that markers do not overlap
    step = max(1, int(known.sum()) // 12)
    axes.plot(
        x[known],
        y[known],
        color=OKABE_ITO[series % len(OKABE_ITO)],
        marker=MARKERS[series % len(MARKERS)],
        markevery=(series * step // 3 % step, step),
        markersize=5,
        linewidth=1.6,
        label=label,
    )
    axes.grid(visible=True, color=GRID_COLOUR, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
