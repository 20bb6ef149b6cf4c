"""Figures for papers, drawn with matplotlib from the specifications of `stdpbench.results.figures.paper`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.results.figures.diagram import draw_network
from stdpbench.results.figures.drawing import OKABE_ITO, greys, oranges_and_purples
from stdpbench.results.figures.saving import INCH, PAPER_DPI, POINTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Part = Mapping[str, Any]

_STYLES = ("-", "--", ":", "-.")
_MARKS = ("o", "x", "^", "s", "+", "D", "v", "*")
_MANY = 500  # number of spikes above which dots are small
_BELOW: dict[str, Any] = {"fontsize": "small", "loc": "upper right", "bbox_to_anchor": (1, -0.3)}
"""Arguments for a legend below its plot."""
_LETTERS = 40
"""Legend columns that fit below a plot of one text column."""


def draw(spec: Part, width: float = 88.0, font_size: float = POINTS, dpi: int = PAPER_DPI) -> Figure:
    """Draw a figure.

    Parameters
    ----------
    spec : mapping
        What it shows; see `stdpbench.results.figures.paper`.
    width : float
        In mm.
    font_size : float
        In points.
    dpi : int
        Dots per inch, for images and PNG.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    import matplotlib
    from matplotlib.figure import Figure

    parts = list(spec["parts"]) if spec["kind"] == "stack" else [spec]
    heights = [_heights(part) for part in parts]  # as shares of the width
    flat = [height for part in heights for height in part]
    high = width * sum(flat) + 2.2 * font_size  # mm, with room for the lowest label
    shared = len(parts) == 1 and parts[0]["kind"] in ("lines", "raster")
    style: dict[Any, Any] = {"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False}
    with matplotlib.rc_context({**style, "font.size": font_size, "text.parse_math": False}):
        figure = Figure((width / INCH, high / INCH), dpi, layout="constrained")
        grid = figure.subplots(len(flat), 1, squeeze=False, sharex=shared, height_ratios=flat)
        left = list(grid[:, 0])
        for part, own in zip(parts, heights, strict=True):
            axes, left = left[: len(own)], left[len(own) :]
            if part.get("title"):
                side = "right" if part["kind"] == "bars" and _lies(part) else "left"  # beside long names
                axes[0].set_title(part["title"], loc=side)
            _DRAWN[part["kind"]](part, axes)
        figure.draw_without_rendering()  # texts of ticks are made here, in this font
    return figure


def _heights(part: Part) -> list[float]:
    """Return the heights of the axes of a part, as shares of the width."""
    kind = part["kind"]
    if kind == "lines":
        return [0.62] if len(part["plots"]) == 1 else [0.36] * len(part["plots"])
    if kind == "raster":
        return [0.34] * len(part["rows"])
    if kind == "image":
        rows, columns = np.shape(part["image"])
        return [min(1.3, max(0.2, 0.76 * rows / columns))]
    if kind == "bars":
        lines = len(part.get("labels", ())) * (1 if len(part["series"]) == 1 else 1 + len(part["series"]) / 2)
        return [max(0.62, 0.05 * lines) if _lies(part) else 0.62]
    if kind == "diagram":
        return [part["height"] / part["width"]]
    return [0.9 if kind == "points" else 0.72]


def _lines(part: Part, axes: Sequence[Axes]) -> None:
    names = {tuple(str(line.get("label", "")) for line in plot["lines"]) for plot in part["plots"]}
    same = len(axes) > 1 and len(names) == 1  # one legend for all plots, outside of them
    for plot, place in zip(part["plots"], axes, strict=True):
        for number, line in enumerate(plot["lines"]):
            x, y = np.asarray(line["x"]), np.asarray(line["y"])
            colour = line.get("colour", _colour(number))
            style = line.get("style", _STYLES[number % len(_STYLES)])
            steps = "steps-mid" if line.get("steps") else "default"
            label = line.get("label") or "_"
            place.plot(x, y, style, color=colour, linewidth=1, markersize=3, drawstyle=steps, label=label)
            if line.get("error") is not None:
                below, above = np.broadcast_to(line["error"], (2, len(y)))
                place.fill_between(x, y - below, y + above, color=colour, alpha=0.2, linewidth=0)
        for x_mark, text in part.get("marks", ()):
            place.axvline(x_mark, color="0.5", linewidth=0.7, linestyle="--")
            if place is axes[0] and text:
                where: Any = ("data", "axes fraction")
                beside: dict[str, Any] = {"fontsize": "small", "rotation": 90, "va": "top", "ha": "right"}
                place.annotate(text, (x_mark, 1), xycoords=where, **beside)
        place.set(ylabel=plot["label"], ylim=plot.get("range"))
        if any(line.get("label") for line in plot["lines"]):
            if not same:
                place.legend(fontsize="small")
            elif place is axes[-1]:
                place.legend(**_BELOW)
    _share_time(part, axes)
    axes[-1].set_xlabel(part.get("x_label", ""))
    if part.get("x_ticks"):
        axes[-1].set_xticks(range(len(part["x_ticks"])), part["x_ticks"])
    axes[-1].get_figure().align_ylabels()  # type: ignore[union-attr]


def _share_time(part: Part, axes: Sequence[Axes]) -> None:
    for place in axes:
        if part.get("x_range"):
            place.set_xlim(*part["x_range"])


def _image(part: Part, axes: Sequence[Axes]) -> None:
    (place,) = axes
    image, diverging = np.asarray(part["image"], np.float64), part.get("map") == "diverging"
    levels = part.get("levels")
    if levels is None:
        known = image[np.isfinite(image)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        levels = (-max(abs(low), abs(high)), max(abs(low), abs(high))) if diverging else (min(low, 0.0), high)
    colours = oranges_and_purples() if diverging else greys()
    drawn = place.imshow(image, colours, interpolation="nearest", vmin=levels[0], vmax=levels[1])
    place.get_figure().colorbar(drawn, ax=place, label=part.get("label", ""), shrink=0.8)  # type: ignore[union-attr]
    place.spines[:].set_visible(True)
    for side, axis in (("x", place.xaxis), ("y", place.yaxis)):
        axis.set_label_text(part.get(f"{side}_label", ""))
        ticks = part.get(f"{side}_ticks")
        if ticks:
            axis.set_ticks(range(len(ticks)), [str(tick) for tick in ticks])
        elif not part.get(f"{side}_label"):
            axis.set_ticks([])


def _bars(part: Part, axes: Sequence[Axes]) -> None:
    (place,) = axes
    n, x, lies = len(part["series"]), part.get("x"), _lies(part)
    names, values = (place.yaxis, place.xaxis) if lies else (place.xaxis, place.yaxis)
    if x is None:
        labels = [str(label) for label in part.get("labels", ())]
        places, room = np.arange(len(labels)), 0.8
        names.set_ticks(range(len(labels)), labels)
    else:  # a histogram: bars at their values
        places, room = np.asarray(x), float(np.min(np.diff(x))) if len(x) > 1 else 1.0
    width = room / max(1, n)
    for number, series in enumerate(part["series"]):
        style: dict[str, Any] = {"color": _colour(number), "edgecolor": "white", "linewidth": 0.4}
        style["label"] = series.get("label") or "_"
        if series.get("error") is not None:
            style |= {"xerr" if lies else "yerr": np.asarray(series["error"]), "capsize": 2}
        bar = place.barh if lies else place.bar
        bar(places + (number - (n - 1) / 2) * width, np.asarray(series["values"]), width, **style)
    names.set_label_text(part.get("x_label", ""))
    values.set_label_text(part.get("y_label", ""))
    if lies:  # the first at the top, as in a table
        place.invert_yaxis()
    if any(series.get("label") for series in part["series"]):
        place.legend(**_BELOW)


def _points(part: Part, axes: Sequence[Axes]) -> None:
    (place,) = axes
    for number, group in enumerate(part["groups"]):
        style: dict[str, Any] = {"s": 3, "linewidths": 0.4, "rasterized": True, "label": group["label"]}
        colour = group.get("colour", _colour(number))
        place.scatter(group["x"], group["y"], marker=_mark(number), color=colour, **style)
    place.set_aspect("equal", adjustable="datalim")
    place.set(xlabel=part.get("x_label", ""), ylabel=part.get("y_label", ""))
    if not part.get("x_label"):
        place.set(xticks=[], yticks=[])
    columns = -(-len(part["groups"]) // 20)
    beside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
    place.legend(fontsize="small", markerscale=2, ncols=columns, **beside)


def _scatter(part: Part, axes: Sequence[Axes]) -> None:
    (place,) = axes
    x, y = np.asarray(part["x"]["values"]), np.asarray(part["y"]["values"])
    shade, words = part.get("colour"), np.array(part.get("words", ()))
    framed = [word for word in dict.fromkeys(words.tolist()) if word]
    for number, word in enumerate(framed):
        frame: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "linewidths": 0.7, "label": word}
        place.scatter(x[words == word], y[words == word], s=45, marker="sD"[number % 2], **frame)
    if shade is None:
        place.scatter(x, y, s=14, color=OKABE_ITO[0])
    elif shade["names"]:
        for number, name in enumerate(shade["names"]):
            of_name = np.asarray(shade["values"]) == number
            place.scatter(x[of_name], y[of_name], s=14, marker=_mark(number), color=_colour(number), label=str(name))
    else:
        norm = "log" if shade["log"] else None
        drawn = place.scatter(x, y, s=14, c=shade["values"], norm=norm, cmap="viridis", plotnonfinite=True)
        bar = place.get_figure().colorbar(drawn, ax=place, label=shade["label"])  # type: ignore[union-attr]
        if shade["log"]:
            _label_powers(bar.ax.yaxis)
    if shade is not None and shade["names"]:
        place.legend(title=shade["label"], **_BELOW)
    elif framed:
        place.legend(**_BELOW)
    for side, axis in (("x", place.xaxis), ("y", place.yaxis)):
        axis.set_label_text(part[side]["label"])
        if part[side]["names"]:
            axis.set_ticks(range(len(part[side]["names"])), [str(name) for name in part[side]["names"]])
        elif part[side]["log"]:
            place.set(**{f"{side}scale": "log"})
            _label_powers(axis)


def _label_powers(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, since formulas are not drawn."""
    from matplotlib.ticker import LogFormatter

    axis.set_major_formatter(LogFormatter())
    axis.set_minor_formatter(LogFormatter())


def _raster(part: Part, axes: Sequence[Axes]) -> None:
    for number, (row, place) in enumerate(zip(part["rows"], axes, strict=True)):
        size = 1.5 if len(row["t"]) > _MANY else 4.0
        style: dict[str, Any] = {"markersize": size, "markeredgewidth": 0, "rasterized": True}
        place.plot(row["t"], row["index"], ".", color=_colour(number), **style)
        place.set_ylabel(row.get("label", ""))
        if row.get("size"):  # the first above
            room = 0.5 + 0.02 * row["size"]
            place.set_ylim(row["size"] - 1 + room, -room)
    _share_time(part, axes)
    axes[-1].set_xlabel(part.get("x_label", "time (ms)"))


def _diagram(part: Part, axes: Sequence[Axes]) -> None:
    import matplotlib

    (place,) = axes
    wide, high = float(part["width"]), float(part["height"])
    # texts fit into their boxes
    font = min(matplotlib.rcParams["font.size"], 72 * place.get_figure().get_figwidth() / (wide + 1))  # type: ignore[union-attr]
    draw_network(place, wide, high, part["boxes"], part["arrows"], font)


_DRAWN = {
    "lines": _lines,
    "image": _image,
    "bars": _bars,
    "points": _points,
    "scatter": _scatter,
    "raster": _raster,
    "diagram": _diagram,
}


def _lies(part: Part) -> bool:
    """Whether bars are horizontal, since their names would overlap otherwise."""
    labels = [str(label) for label in part.get("labels", ())]
    return len(labels) * max(map(len, labels), default=0) > _LETTERS


def _colour(number: int) -> str:
    return OKABE_ITO[number % len(OKABE_ITO)]


def _mark(number: int) -> str:
    return _MARKS[number % len(_MARKS)]
