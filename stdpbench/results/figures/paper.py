"""Publication figures: the content of a panel, drawn with matplotlib in a separate process.

The module is a process that serves requests over `stdpbench.base.helper`: a *spec*, a table and the fields of an
`Order`. Next to the figure it writes its numbers (``.csv``) and its caption (``.txt``).

The spec is a dict of plain values and arrays:

``{"kind": "lines", "x_label": …, "plots": [{"label": …, "lines": [{"x": …, "y": …, "label": …}, …]}, …]}``
    Plots below each other with a common horizontal axis, each of which may have ``"range": (low, high)`` and
    ``"log": True``. A line may have ``"error"``, as for bars, drawn as a band, ``"style"`` (such as ``"--"`` or
    ``"o-"``), ``"colour"``, and ``"steps"`` if y are values of bins around x. ``"marks": [(x, text), …]`` are vertical
    lines. Optional: ``"x_range": (low, high)``, and ``"x_ticks"``, texts at 0, 1, 2, ….
``{"kind": "image", "image": (rows, columns), "label": …}``
    ``"map"``: ``"sequential"`` (white to black) or ``"diverging"`` (around 0; orange is positive).
    Optional: ``"levels": (low, high)``, ``"extent": (left, right, low, high)`` of axes with units, ``"x_label"``,
    ``"y_label"``, ``"x_ticks"`` and ``"y_ticks"`` (a text for each column and row). NaN is a gap.
``{"kind": "confusion", "score": …, "class_names": […]}``
    A confusion matrix; the score is the mapping that `Score.to_mapping` returns.
``{"kind": "bars", "labels": […], "y_label": …, "series": [{"values": …, "label": …, "error": …}, …]}``
    Bars side by side. ``"error"`` is one array, or two rows with the lengths of the error bar below and above the
    value. A series may have a ``"colour"``, ``"texts"`` at the ends of its bars, a ``"marker"`` to draw instead of
    bars, and ``"dots"``, further values at each bar. Optional: ``"x_label"``, ``"marks"``, values with a line, and
    ``"lying"`` for horizontal bars; bars with long names are always horizontal. With ``"x"``, evenly spaced numbers,
    instead of ``"labels"``: bars around these, as in a histogram.
``{"kind": "points", "groups": [{"x": …, "y": …, "label": …}, …]}``
    Points in a plane, each group with its own marker and colour, optionally ``"colour"``. Without ``"x_label"`` and
    ``"y_label"`` the axes have no units.
``{"kind": "scatter", "x": axis, "y": axis}``
    A point for each run. An axis is ``{"label": …, "values": …, "names": […], "log": …}``; with names, values are
    their indices. Optional: ``"colour"``, an axis, and ``"words"``, a text for each run, such as "supervised": points
    with a text are framed, and the legend explains the frame.
``{"kind": "raster", "x_label": …, "rows": [{"t": …, "index": …, "label": …}, …]}``
    Spikes, one plot for each group, which may have ``"size"``, its number of neurons. Optional: ``"x_range"``.
``{"kind": "diagram", "width": …, "height": …, "boxes": […], "arrows": […]}``
    A network, as made by `stdpbench.results.figures.diagram.diagram_spec`.
``{"kind": "stack", "parts": [spec, …]}``
    Several specs below each other.

A part of one plot may have ``"share"``, its height relative to the width. Every spec may have ``"title"``, ``"n"``
(a text: number and kind of samples), ``"errors"`` (a text: meaning of error bars) and ``"about"`` (a sentence on the
numbers).
"""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.base.helper import ProgressCallback, serve
from stdpbench.results.figures import saving
from stdpbench.results.figures.confusion import confusion_on
from stdpbench.results.figures.drawing import DPI, OKABE_ITO, greys, new_figure, oranges_and_purples
from stdpbench.results.figures.saving import INCH, PAPER_DPI, PAPER_PAD, POINTS
from stdpbench.results.readout.metrics import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Part = Mapping[str, Any]

_SCREEN_WIDTH, _SCREEN_POINTS = 230.0, 10.0
_STYLES = ("-", "--", ":", "-.")
_MARKS = ("o", "x", "^", "s", "+", "D", "v", "*")
_LABEL = 31  # letters of a label beside a plot
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
        Content of the figure; see `stdpbench.results.figures.paper`.
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

    parts = list(spec["parts"]) if spec["kind"] == "stack" else [spec]
    heights = [_heights(part) for part in parts]  # relative to the width
    flat = [height for part in heights for height in part]
    below = sum(bool(series.get("label")) for part in parts for series in part.get("series", ()))
    room = 0.0 if spec["kind"] == "diagram" else (2.2 + 0.7 * below) * font_size  # for the lowest label and legends
    high = width * sum(flat) + room  # mm
    shared = len(parts) == 1 and parts[0]["kind"] in ("lines", "raster")
    style: dict[Any, Any] = {"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False}
    with matplotlib.rc_context({**style, "font.size": font_size}):
        figure = new_figure(width / INCH * DPI, high / INCH * DPI, constrained=True, pad=PAPER_PAD)
        figure.set_dpi(dpi)
        grid = figure.subplots(len(flat), 1, squeeze=False, sharex=shared, height_ratios=flat)
        left = list(grid[:, 0])
        for part, part_heights in zip(parts, heights, strict=True):
            axes, left = left[: len(part_heights)], left[len(part_heights) :]
            if part.get("title"):
                side = (
                    "right" if part["kind"] == "bars" and _is_horizontal(part) else "left"
                )  # long names are on the left
                axes[0].set_title(part["title"], loc=side)
            _DRAWN[part["kind"]](part, axes)
        figure.draw_without_rendering()  # creates the tick labels in this font
    return figure


def figure_of(spec: Part, width: float | None) -> Figure:
    """Draw a figure of a width in mm for a paper, or for the screen if `width` is None."""
    return draw(spec, _SCREEN_WIDTH, _SCREEN_POINTS, DPI) if width is None else draw(spec, width)


def _heights(part: Part) -> list[float]:
    """Return the heights of the axes of a part, relative to the width."""
    kind = part["kind"]
    if "share" in part:
        return [part["share"]]
    if kind == "lines":
        return [0.62] if len(part["plots"]) == 1 else [0.36] * len(part["plots"])
    if kind == "raster":
        return [0.34] * len(part["rows"])
    if kind == "image":
        rows, columns = np.shape(part["image"])
        return [min(1.3, max(0.2, 0.76 * rows / columns))]
    if kind == "confusion":
        return [0.9]
    if kind == "bars":
        lines = len(part.get("labels", ())) * (1 if len(part["series"]) == 1 else 1 + len(part["series"]) / 2)
        return [max(0.62, 0.05 * lines) if _is_horizontal(part) else 0.62]
    if kind == "diagram":
        return [part["height"] / part["width"]]
    return [0.9 if kind == "points" else 0.72]


def _lines(part: Part, axes: Sequence[Axes]) -> None:
    names = {tuple(str(line.get("label", "")) for line in plot["lines"]) for plot in part["plots"]}
    same = len(axes) > 1 and len(names) == 1  # one legend for all plots, outside of them
    points = 0.8 * 72 * axes[0].get_figure().get_figwidth() * _heights(part)[0]  # type: ignore[union-attr]
    room = min(
        _LABEL, int(points / (saving.LETTER * float(axes[0].yaxis.label.get_fontsize())))
    )  # letters beside a plot
    for plot, ax in zip(part["plots"], axes, strict=True):
        for number, line in enumerate(plot["lines"]):
            x, y = np.asarray(line["x"]), np.asarray(line["y"])
            colour = line.get("colour", _colour(number))
            style = line.get("style", _STYLES[number % len(_STYLES)])
            steps = "steps-mid" if line.get("steps") else "default"
            label = line.get("label") or "_"
            dots: dict[str, Any] = {"markersize": 3, "rasterized": style == "."}
            ax.plot(x, y, style, color=colour, linewidth=1, drawstyle=steps, label=label, **dots)
            if line.get("error") is not None:
                below, above = np.broadcast_to(line["error"], (2, len(y)))
                ax.fill_between(x, y - below, y + above, color=colour, alpha=0.2, linewidth=0)
        for x_mark, text in part.get("marks", ()):
            ax.axvline(x_mark, color="0.5", linewidth=0.7, linestyle="--")
            if ax is axes[0] and text:
                coordinates: Any = ("data", "axes fraction")
                text_style: dict[str, Any] = {"fontsize": "small", "rotation": 90, "va": "top", "ha": "right"}
                ax.annotate(text, (x_mark, 1), xycoords=coordinates, **text_style)
        ax.set(ylabel=textwrap.fill(plot["label"], room), ylim=plot.get("range"))
        ax.set_yscale("log" if plot.get("log") else "linear")
        if any(line.get("label") for line in plot["lines"]):
            if not same:
                ax.legend(fontsize="small")
            elif ax is axes[-1]:
                ax.legend(**_BELOW)
    _share_time(part, axes)
    axes[-1].set_xlabel(part.get("x_label", ""))
    if part.get("x_ticks"):
        axes[-1].set_xticks(range(len(part["x_ticks"])), part["x_ticks"])
    axes[-1].get_figure().align_ylabels()  # type: ignore[union-attr]


def _share_time(part: Part, axes: Sequence[Axes]) -> None:
    limits = np.array([ax.get_xlim() for ax in axes])
    for ax in axes:
        ax.set_xlim(*(part.get("x_range") or (limits[:, 0].min(), limits[:, 1].max())))


def _image(part: Part, axes: Sequence[Axes]) -> None:
    (ax,) = axes
    image, diverging = np.asarray(part["image"], np.float64), part.get("map") == "diverging"
    levels = part.get("levels")
    if levels is None:
        known = image[np.isfinite(image)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        levels = (-max(abs(low), abs(high)), max(abs(low), abs(high))) if diverging else (min(low, 0.0), high)
    colours = oranges_and_purples() if diverging else greys()
    extent = part.get("extent")
    shape: dict[str, Any] = {"extent": extent, "aspect": "equal" if extent is None else "auto"}
    drawn = ax.imshow(image, colours, interpolation="nearest", vmin=levels[0], vmax=levels[1], **shape)
    ax.get_figure().colorbar(drawn, ax=ax, label=part.get("label", ""), shrink=0.8)  # type: ignore[union-attr]
    ax.spines[:].set_visible(True)
    ax.grid(visible=False)
    for side, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        axis.set_label_text(part.get(f"{side}_label", ""))
        ticks = part.get(f"{side}_ticks")
        if ticks:
            axis.set_ticks(range(len(ticks)), [str(tick) for tick in ticks])
        elif not part.get(f"{side}_label"):
            axis.set_ticks([])


def _confusion(part: Part, axes: Sequence[Axes]) -> None:
    from matplotlib import rcParams

    (ax,) = axes
    score = Score.from_mapping(part["score"])
    cell = 0.7 * 72 * ax.get_figure().get_figwidth() / (score.n_classes + 2.9)  # type: ignore[union-attr]
    confusion_on(ax, score, part["class_names"], points=rcParams["font.size"], cell=cell)


def _bars(part: Part, axes: Sequence[Axes]) -> None:
    (ax,) = axes
    n, x, horizontal = len(part["series"]), part.get("x"), _is_horizontal(part)
    names, values = (ax.yaxis, ax.xaxis) if horizontal else (ax.xaxis, ax.yaxis)
    if x is None:
        labels = [str(label) for label in part.get("labels", ())]
        places, room = np.arange(len(labels)), 0.8
        names.set_ticks(range(len(labels)), labels)
    else:  # a histogram: bars at their values
        places, room = np.asarray(x), float(np.min(np.diff(x))) if len(x) > 1 else 1.0
    width = room / max(1, n)
    for number, series in enumerate(part["series"]):
        positions, values_of_series = places + (number - (n - 1) / 2) * width, np.asarray(series["values"])
        style: dict[str, Any] = {"color": series.get("colour", _colour(number)), "label": series.get("label") or "_"}
        for position, dots in zip(positions, series.get("dots", ()), strict=False):
            spread = (dots, [position] * len(dots)) if horizontal else ([position] * len(dots), dots)
            ax.plot(*spread, ".", color=style["color"], alpha=0.5)
        if series.get("error") is not None:
            style |= {"xerr" if horizontal else "yerr": np.asarray(series["error"]).tolist(), "capsize": 2}
        if "marker" in series:
            x_of, y_of = (values_of_series, positions) if horizontal else (positions, values_of_series)
            ax.errorbar(x_of, y_of, fmt=series["marker"], markersize=6, **style)
        else:
            bar = ax.barh if horizontal else ax.bar
            drawn = bar(positions, values_of_series, width, edgecolor="white", linewidth=0.4, **style)
            ax.bar_label(drawn, series.get("texts", [""] * len(places)), padding=2, fontsize="small")
    for mark in part.get("marks", ()):
        (ax.axvline if horizontal else ax.axhline)(mark, color="0.5", linewidth=0.7, linestyle="--")
    names.set_label_text(part.get("x_label", ""))
    values.set_label_text(part.get("y_label", ""))
    if x is None:
        (ax.set_ylim if horizontal else ax.set_xlim)(-0.6, len(places) - 0.4)
    if horizontal:  # the first at the top, as in a table
        ax.invert_yaxis()
    if any(series.get("label") for series in part["series"]):
        ax.legend(**_BELOW)


def _points(part: Part, axes: Sequence[Axes]) -> None:
    (ax,) = axes
    for number, group in enumerate(part["groups"]):
        style: dict[str, Any] = {"s": 3, "linewidths": 0.4, "rasterized": True, "label": group["label"]}
        colour = group.get("colour", _colour(number))
        ax.scatter(group["x"], group["y"], marker=_mark(number), color=colour, **style)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set(xlabel=part.get("x_label", ""), ylabel=part.get("y_label", ""))
    if not part.get("x_label"):
        ax.set(xticks=[], yticks=[])
    columns = -(-len(part["groups"]) // 20)
    legend_style: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
    ax.legend(fontsize="small", markerscale=2, ncols=columns, **legend_style)


def _scatter(part: Part, axes: Sequence[Axes]) -> None:
    (ax,) = axes
    x, y = np.asarray(part["x"]["values"]), np.asarray(part["y"]["values"])
    shade, words = part.get("colour"), np.array(part.get("words", ()))
    framed = [word for word in dict.fromkeys(words.tolist()) if word]
    for number, word in enumerate(framed):
        frame: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "linewidths": 0.7, "label": word}
        ax.scatter(x[words == word], y[words == word], s=45, marker="sD"[number % 2], **frame)
    if shade is None:
        ax.scatter(x, y, s=14, color=OKABE_ITO[0])
    elif shade["names"]:
        for number, name in enumerate(shade["names"]):
            of_name = np.asarray(shade["values"]) == number
            if of_name.any():
                ax.scatter(x[of_name], y[of_name], s=14, marker=_mark(number), color=_colour(number), label=str(name))
    else:
        norm = "log" if shade["log"] else None
        drawn = ax.scatter(x, y, s=14, c=shade["values"], norm=norm, cmap="viridis", plotnonfinite=True)
        bar = ax.get_figure().colorbar(drawn, ax=ax, label=shade["label"])  # type: ignore[union-attr]
        if shade["log"]:
            _label_powers(bar.ax.yaxis)
    if shade is not None and shade["names"]:
        ax.legend(title=shade["label"], **_BELOW)
    elif framed:
        ax.legend(**_BELOW)
    for side, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        axis.set_label_text(part[side]["label"])
        if part[side]["names"]:
            axis.set_ticks(range(len(part[side]["names"])), [str(name) for name in part[side]["names"]])
        elif part[side]["log"]:
            ax.set(**{f"{side}scale": "log"})
            _label_powers(axis)


def _label_powers(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, since formulas are not drawn."""
    from matplotlib.ticker import LogFormatter

    axis.set_major_formatter(LogFormatter())
    axis.set_minor_formatter(LogFormatter())


def _raster(part: Part, axes: Sequence[Axes]) -> None:
    for number, (row, ax) in enumerate(zip(part["rows"], axes, strict=True)):
        size = 1.5 if len(row["t"]) > _MANY else 4.0
        style: dict[str, Any] = {"markersize": size, "markeredgewidth": 0, "rasterized": True}
        ax.plot(row["t"], row["index"], ".", color=_colour(number), **style)
        ax.set_ylabel(row.get("label", ""))
        if row.get("size"):  # neuron 0 is at the top
            room = 0.5 + 0.02 * row["size"]
            ax.set_ylim(row["size"] - 1 + room, -room)
    _share_time(part, axes)
    axes[-1].set_xlabel(part.get("x_label", "time (ms)"))


def _diagram(part: Part, axes: Sequence[Axes]) -> None:
    """Draw boxes and arrows: triangles for excitation, discs for inhibition, thick lines for plasticity."""
    from matplotlib import rcParams
    from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path as Curve

    (ax,) = axes
    wide, high = float(part["width"]), float(part["height"])
    # font size at which texts fit into their boxes
    font = min(rcParams["font.size"], 72 * ax.get_figure().get_figwidth() / (wide + 1))  # type: ignore[union-attr]
    ax.set(xlim=(0, wide), ylim=(high, 0), aspect="equal")
    ax.axis("off")
    for box in part["boxes"]:
        x, y, w, h = box["place"]
        style = "round,pad=0,rounding_size=0.3"
        ax.add_patch(FancyBboxPatch((x, y), w, h, style, facecolor="#F4F5F7", edgecolor="#5D6470", linewidth=0.8))
        top = y + h / 2 - 1.25 * (len(box["texts"]) - 1) / 2
        for number, text in enumerate(box["texts"]):
            weight, colour = ("bold", "black") if number == 0 else ("normal", "#404650")
            look: dict[str, Any] = {"fontsize": font, "fontweight": weight, "color": colour}
            ax.text(x + w / 2, top + 1.25 * number, text, ha="center", va="center", **look)
    for arrow in part["arrows"]:
        path, colour, back = arrow["path"], arrow["colour"], arrow["back"]
        codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(path) - 1)
        thick = 1.8 if arrow["learns"] else 0.8
        ax.add_patch(PathPatch(Curve(path, codes), fill=False, edgecolor=colour, linewidth=thick))
        x, y = path[-1]
        if arrow["head"] == "disc":
            ax.add_patch(Circle((x + 0.36 * back, y), 0.36, facecolor=colour, edgecolor="none", zorder=3))
        else:
            corners = [(x, y), (x + 0.85 * back, y - 0.38), (x + 0.85 * back, y + 0.38)]
            fill = "white" if arrow["head"] == "open" else colour
            ax.add_patch(Polygon(corners, facecolor=fill, edgecolor=colour, linewidth=0.8, zorder=3))
        for number, (text, left, middle) in enumerate(arrow["labels"]):
            weight, colour = ("bold", "black") if number == 0 else ("normal", "#404650")
            ax.text(left, middle, text, va="center", fontsize=font, fontweight=weight, color=colour)


_DRAWN = {
    "lines": _lines,
    "image": _image,
    "confusion": _confusion,
    "bars": _bars,
    "points": _points,
    "scatter": _scatter,
    "raster": _raster,
    "diagram": _diagram,
}


def _is_horizontal(part: Part) -> bool:
    """Return whether bars are horizontal, as requested or because their names would overlap."""
    labels = [str(label) for label in part.get("labels", ())]
    return bool(part.get("lying")) or len(labels) * max(map(len, labels), default=0) > _LETTERS


def _colour(number: int) -> str:
    return OKABE_ITO[number % len(OKABE_ITO)]


def _mark(number: int) -> str:
    return _MARKS[number % len(_MARKS)]


Table = tuple[Sequence[str], Sequence[Sequence[object]]]

FORMATS = tuple(ending.removeprefix(".") for ending in saving.FORMATS)
_BESIDE = (".csv", ".txt")  # numbers and caption
_MOST_GROUPS = 7


@dataclass(frozen=True)
class Order:
    """Target and format of a figure.

    Attributes
    ----------
    target : str
        The file, ending in ``.pdf``, ``.svg`` or ``.png``.
    width : float
        In mm.
    font_size : float
        In points.
    dpi : int
        Dots per inch, for images and PNG.
    caption : str
        Content of the text file.
    """

    target: str
    width: float = 88.0
    font_size: float = 8.0
    dpi: int = 300
    caption: str = ""


def spec_of_table(table: Table) -> dict[str, Any] | None:
    """Return the specification of the other columns over the first numeric one; None if there are no numbers.

    Each column is a plot. If the table starts with a column of texts, such as the names of runs, each text has its own
    line. A unit in brackets at the end of a name stays in the axis label. Missing numbers are gaps.
    """
    names, rows = table
    columns = [np.array([_number(row[k]) for row in rows], np.float64) for k in range(len(names))]
    numeric = [k for k, column in enumerate(columns) if np.isfinite(column).any()]
    if not rows or not numeric:
        return None
    groups = [""] * len(rows) if numeric[0] == 0 else [str(row[0]) for row in rows]
    distinct = list(dict.fromkeys(groups))
    if len(distinct) > _MOST_GROUPS:  # the texts are not names of series
        groups, distinct = [""] * len(rows), [""]
    x_known = len(numeric) > 1
    x = columns[numeric[0]] if x_known else np.arange(len(rows), dtype=np.float64)
    plots = []
    for k in numeric[1:] if x_known else numeric:
        lines = []
        for group in distinct:
            selected = np.array([other == group for other in groups])
            lines.append({"x": x[selected], "y": columns[k][selected], "label": group if len(distinct) > 1 else ""})
        plots.append({"label": names[k], "lines": lines})
    return {"kind": "lines", "x_label": names[numeric[0]] if x_known else "row", "plots": plots}


def histogram(values: NDArray[np.floating[Any]], x_label: str, y_label: str, bins: int = 20) -> dict[str, Any]:
    """Return the specification of a histogram of the finite values."""
    counts, edges = np.histogram(values[np.isfinite(values)], bins)
    x = (edges[:-1] + edges[1:]) / 2
    return {"kind": "bars", "x": x, "x_label": x_label, "y_label": y_label, "series": [{"values": counts}]}


def table_text(table: Table, dialect: str = "csv") -> str:
    """Format a table: ``"csv"`` for a file, ``"tsv"`` for the clipboard of a spreadsheet."""
    names, rows = table
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if dialect == "tsv" else ",", lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def markdown_table(table: Table) -> str:
    """Format a table as Markdown, without an end of line after the last row."""
    headings, rows = table
    lines = (headings, ["---"] * len(headings), *rows)
    return "\n".join("| " + " | ".join(str(each).replace("|", "\\|") for each in line) + " |" for line in lines)


def caption(
    title: str,
    *,
    run: str,
    experiment: str,
    seed: int,
    version: str,
    n: str = "",
    errors: str = "",
    about: str = "",
    settings: str = "",
) -> str:
    """Return a caption with the information that identifies the run of a figure.

    Parameters
    ----------
    title : str
        Content of the figure, at most one sentence.
    run, experiment, seed, version
        Name of the run folder and of the experiment, its seed, and the version of stdpbench.
    n : str
        Number and kind of samples.
    errors : str
        Meaning of error bars; empty if there are none.
    about, settings : str
        Sentences on the numbers, and on the settings of the run.
    """
    sentences = [
        f"{title.rstrip('.')}.",
        about,
        f"Run {run} (experiment {experiment}, seed {seed}), stdpbench {version}.",
        settings,
        f"n: {n}." if n else "n: one run.",
        f"Error bars: {errors.rstrip('.')}." if errors else "No error bars: values of a single run.",
    ]
    return " ".join(filter(None, sentences))


def check_beside(figure: Path) -> None:
    """Check that the numbers and the caption of a figure do not replace other files.

    Parameters
    ----------
    figure : Path
        The file of the figure.

    Raises
    ------
    StdpbenchError
        If a file with one of their names exists, and no figure of that name to which it could belong.
    """
    if any(figure.with_suffix(suffix).exists() for suffix in saving.FORMATS):
        return
    for path in map(figure.with_suffix, _BESIDE):
        if path.exists():
            raise StdpbenchError(
                f"{path} exists, but would be replaced by a file of {figure.name}: choose another name"
            )


def write_beside(figure: Path, table: Table | None, words: str) -> list[Path]:
    """Write the numbers (``.csv``) and the caption (``.txt``) of a figure next to it.

    Parameters
    ----------
    figure : Path
        The file of the figure; the others have the same name with other suffixes.
    table : tuple or None
        The numbers, if any.
    words : str
        The caption.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StdpbenchError
        If a file cannot be written.
    """
    texts = {} if table is None else {figure.with_suffix(".csv"): table_text(table)}
    texts[figure.with_suffix(".txt")] = f"{words}\n"
    for path, text in texts.items():
        write_text_aside(path, text)
    return list(texts)


def _number(value: object) -> float:
    try:
        return np.nan if value is None or value == "" else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan


def export(spec: Part, table: Table | None, order: Order) -> list[Path]:
    """Write the figure, its numbers and its caption.

    Parameters
    ----------
    spec, table, order
        Content of the figure, its numbers, and its format.

    Returns
    -------
    list of Path
        The files, the figure first.

    Raises
    ------
    StdpbenchError
        If the format is unknown, a file would replace one that does not belong to the figure, or cannot be written.
    """
    target = Path(order.target)
    if target.suffix.lower() not in saving.FORMATS:
        raise StdpbenchError(f"{target.name} must end in .pdf, .svg or .png")
    check_beside(target)
    saving.write_figure(draw(spec, order.width, order.font_size, order.dpi), target)
    return [target, *write_beside(target, table, order.caption)]


def _answer(name: str, request: Mapping[str, Any], on_progress: ProgressCallback) -> list[str]:
    """Draw the figure of a request; return the paths of the files."""
    return list(map(str, export(request["spec"], request["table"], Order(**request["order"]))))


if __name__ == "__main__":
    serve(_answer)
