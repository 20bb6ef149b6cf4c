"""Python scripts that draw a figure with matplotlib, written part by part; see `stdpbench.figures.paper`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.errors import StdpbenchError
from stdpbench.figures.diagram import draw_network

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito (2008)
_STYLES = ("-", "--", ":", "-.")
_MANY = 500  # number of spikes above which dots are small
_BELOW = 'fontsize="small", loc="upper right", bbox_to_anchor=(1, -0.3)'
"""Arguments for a legend below its plot."""
_ANNOTATED = """\
    axes: Axes,
    width: float,
    height: float,
    boxes: Sequence[Mapping[str, Any]],
    arrows: Sequence[Mapping[str, Any]],
    font: float,
) -> None:"""
_PLAIN = "    axes, width, height, boxes, arrows, font\n):"
"""Without names of types, which a script does not import."""
_LETTERS = 40
"""Legend columns that fit below a plot of one text column."""
_MARKS = ("o", "x", "^", "s", "+", "D", "v", "*")


class PaperScript:
    """Collects lines of Python and the arrays that they read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self._next = 0

    @property
    def text(self) -> str:
        """The script."""
        return "\n".join(self.lines)

    def axes_of(self, part: Mapping[str, Any]) -> list[float]:
        """Return the heights of the axes of a part, as fractions of the width."""
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
        if kind == "points":
            return [0.9]
        if kind in ("scatter", "parallel"):
            return [0.72]
        if kind == "diagram":
            return [part["height"] / part["width"]]
        raise StdpbenchError(
            f"a figure of kind {kind!r} cannot be drawn; kinds are lines, image, bars, points, scatter, parallel, "
            "raster and diagram"
        )

    def part(self, part: Mapping[str, Any]) -> None:
        """Write the lines of a part."""
        first = self._next
        self._next += len(self.axes_of(part))
        if part.get("title"):
            side = (
                "right" if part["kind"] == "bars" and _lies(part) else "left"
            )  # where names leave no room on the left
            self.lines.append(f'axes[{first}].set_title({part["title"]!r}, loc="{side}")')
        getattr(self, f"_{part['kind']}")(part, first)

    def _array(self, name: str, values: Any) -> str:
        unique, number = name, 2
        while unique in self.arrays:
            unique, number = f"{name}_{number}", number + 1
        self.arrays[unique] = np.asarray(values)
        return f"data[{unique!r}]"

    def _lines(self, part: Mapping[str, Any], first: int) -> None:
        last = first + len(part["plots"]) - 1
        names = {tuple(str(line.get("label", "")) for line in plot["lines"]) for plot in part["plots"]}
        same = len(part["plots"]) > 1 and len(names) == 1  # one legend for all plots, outside of them
        for k, plot in enumerate(part["plots"], first):
            labelled = False
            for number, line in enumerate(plot["lines"]):
                name = _identifier(line.get("label") or plot["label"])
                x, y = self._array(f"{name}_x", line["x"]), self._array(name, line["y"])
                colour = line.get("colour", _COLOURS[number % len(_COLOURS)])
                style = line.get("style", _STYLES[number % len(_STYLES)])
                label = f", label={line['label']!r}" if line.get("label") else ""
                labelled |= bool(label)
                steps = ', drawstyle="steps-mid"' if line.get("steps") else ""
                self.lines.append(f'axes[{k}].plot({x}, {y}, {style!r}, color="{colour}", linewidth=1{steps}{label})')
                if line.get("error") is not None:
                    error = self._array(f"{name}_error", line["error"])
                    self.lines.append(
                        f"axes[{k}].fill_between({x}, {y} - {error}, {y} + {error}, "
                        f'color="{colour}", alpha=0.2, linewidth=0)'
                    )
            for x_mark, text in part.get("marks", ()):
                self.lines.append(f'axes[{k}].axvline({float(x_mark):g}, color="0.5", linewidth=0.7, linestyle="--")')
                if k == first and text:
                    self.lines.append(
                        f'axes[{k}].annotate({text!r}, ({float(x_mark):g}, 1), xycoords=("data", "axes fraction"), '
                        f'fontsize="small", rotation=90, va="top", ha="right")'
                    )
            self.lines.append(f"axes[{k}].set_ylabel({plot['label']!r})")
            if labelled and not same:
                self.lines.append(f'axes[{k}].legend(fontsize="small")')
            elif labelled and k == last:
                self.lines.append(f"axes[{k}].legend({_BELOW})")
        self._range(part, first, last)
        self.lines.append(f"axes[{last}].set_xlabel({part.get('x_label', '')!r})")
        self.lines.append("figure.align_ylabels()")

    def _range(self, part: Mapping[str, Any], first: int, last: int) -> None:
        if part.get("x_range"):
            low, high = (float(end) for end in part["x_range"])
            self.lines += [f"axes[{k}].set_xlim({low:g}, {high:g})" for k in range(first, last + 1)]

    def _image(self, part: Mapping[str, Any], k: int) -> None:
        picture = self._array(_identifier(part.get("label") or "image"), part["image"])
        diverging = part.get("map") == "diverging"
        levels = part.get("levels")
        if levels is None:
            finite = np.asarray(part["image"], np.float64)
            finite = finite[np.isfinite(finite)]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
            levels = (-max(abs(low), abs(high)), max(abs(low), abs(high))) if diverging else (min(low, 0.0), high)
        low, high = (float(level) for level in levels)
        self.lines += [
            f'colours = plt.colormaps["{"PuOr_r" if diverging else "gray_r"}"].with_extremes(bad="#C7D3DB")',
            f"image = axes[{k}].imshow({picture}, cmap=colours, vmin={low:.6g}, vmax={high:.6g}, "
            f'interpolation="nearest", aspect="equal")',
            f"figure.colorbar(image, ax=axes[{k}], label={part.get('label', '')!r}, shrink=0.8)",
            f"axes[{k}].spines[:].set_visible(True)",
            f"axes[{k}].set_xlabel({part.get('x_label', '')!r})",
            f"axes[{k}].set_ylabel({part.get('y_label', '')!r})",
        ]
        for side in ("x", "y"):
            ticks = part.get(f"{side}_ticks")
            if ticks:
                texts = [str(tick) for tick in ticks]
                self.lines.append(f"axes[{k}].set_{side}ticks(range({len(texts)}), {texts!r})")
            elif not part.get(f"{side}_label"):
                self.lines.append(f"axes[{k}].set_{side}ticks([])")

    def _bars(self, part: Mapping[str, Any], k: int) -> None:
        n, x = len(part["series"]), part.get("x")
        labels = [str(label) for label in part.get("labels", ())]
        lies, one, other = (True, "y", "x") if _lies(part) else (False, "x", "y")
        if x is None:
            places, room = f"np.arange({len(labels)})", 0.8
            self.lines.append(f"axes[{k}].set_{one}ticks(range({len(labels)}), {labels!r})")
        else:  # a histogram: bars at their values
            places, room = self._array("x", x), float(np.min(np.diff(x))) if len(x) > 1 else 1.0
        width = room / max(1, n)
        for number, series in enumerate(part["series"]):
            name = _identifier(series.get("label") or part.get("y_label") or "values")
            values, error = self._array(name, series["values"]), ""
            if series.get("error") is not None:
                error = f", {other}err={self._array(f'{name}_error', series['error'])}, capsize=2"
            label = f", label={series['label']!r}" if series.get("label") else ""
            shift = (number - (n - 1) / 2) * width
            self.lines.append(
                f"axes[{k}].bar{'h' if lies else ''}({places} + {shift:.4g}, {values}, {width:.4g}, "
                f'color="{_COLOURS[number % len(_COLOURS)]}", edgecolor="white", linewidth=0.4{label}{error})'
            )
        self.lines += [
            f"axes[{k}].set_{one}label({part.get('x_label', '')!r})",
            f"axes[{k}].set_{other}label({part.get('y_label', '')!r})",
        ]
        if lies:  # the first at the top, as in a table
            self.lines.append(f"axes[{k}].invert_yaxis()")
        if any(series.get("label") for series in part["series"]):
            self.lines.append(f"axes[{k}].legend({_BELOW})")

    def _points(self, part: Mapping[str, Any], k: int) -> None:
        for number, group in enumerate(part["groups"]):
            name = _identifier(f"group {group['label']}")
            x, y = self._array(f"{name}_x", group["x"]), self._array(f"{name}_y", group["y"])
            mark, colour = _MARKS[number % len(_MARKS)], _COLOURS[number % len(_COLOURS)]
            self.lines.append(
                f'axes[{k}].scatter({x}, {y}, s=3, marker="{mark}", color="{colour}", linewidths=0.4, '
                f"rasterized=True, label={group['label']!r})"
            )
        columns = -(-len(part["groups"]) // 20)
        self.lines += [
            f'axes[{k}].set_aspect("equal", adjustable="datalim")',
            f"axes[{k}].set_xticks([])",
            f"axes[{k}].set_yticks([])",
            f'axes[{k}].legend(fontsize="small", markerscale=2, ncols={columns}, loc="center left", '
            "bbox_to_anchor=(1, 0.5))",
        ]

    def _scatter(self, part: Mapping[str, Any], k: int) -> None:
        x, y = self._array("x", part["x"]["values"]), self._array("y", part["y"]["values"])
        shade, framed = part.get("colour"), _by_word(part)
        for number, (word, runs) in enumerate(framed.items()):
            self.lines.append(
                f'axes[{k}].scatter({x}[{runs}], {y}[{runs}], s=45, marker="{"sD"[number % 2]}", facecolors="none", '
                f'edgecolors="black", linewidths=0.7, label={word!r})'
            )
        if framed and (shade is None or not shade["names"]):
            self.lines.append(f"axes[{k}].legend({_BELOW})")
        if shade is None:
            self.lines.append(f'axes[{k}].scatter({x}, {y}, s=14, color="{_COLOURS[0]}")')
        elif shade["names"]:
            groups = self._array("colour", shade["values"])
            for number, name in enumerate(shade["names"]):
                mark, colour = _MARKS[number % len(_MARKS)], _COLOURS[number % len(_COLOURS)]
                self.lines.append(
                    f'axes[{k}].scatter({x}[{groups} == {number}], {y}[{groups} == {number}], s=14, marker="{mark}", '
                    f'color="{colour}", label={str(name)!r})'
                )
            self.lines.append(f"axes[{k}].legend(title={shade['label']!r}, {_BELOW})")
        else:
            values, norm = self._array("colour", shade["values"]), 'norm="log", ' if shade["log"] else ""
            self.lines += [
                f'points = axes[{k}].scatter({x}, {y}, s=14, c={values}, {norm}cmap="viridis", plotnonfinite=True)',
                f"figure.colorbar(points, ax=axes[{k}], label={shade['label']!r})",
            ]
        for side in ("x", "y"):
            axis = part[side]
            self.lines.append(f"axes[{k}].set_{side}label({axis['label']!r})")
            if axis["names"]:
                names = [str(name) for name in axis["names"]]
                self.lines.append(f"axes[{k}].set_{side}ticks(range({len(names)}), {names!r})")
            elif axis["log"]:
                self.lines.append(f'axes[{k}].set_{side}scale("log")')

    def _parallel(self, part: Mapping[str, Any], k: int) -> None:
        places, ticks = [], []
        for axis in part["axes"]:
            values = np.asarray(axis["values"], np.float64)
            values = np.log10(values) if axis["log"] else values
            known = values[np.isfinite(values)]
            low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
            if axis["names"]:
                low, high = 0.0, float(max(1, len(axis["names"]) - 1))
                ticks.append([(n / high, str(name)) for n, name in enumerate(axis["names"])])
            else:
                ends = (10.0**low, 10.0**high) if axis["log"] else (low, high)
                ticks.append(
                    [(0.0, f"{ends[0]:.3g}"), (1.0, f"{ends[1]:.3g}")] if high > low else [(0.5, f"{ends[0]:.3g}")]
                )
            places.append(np.full(len(values), 0.5) if high == low else (values - low) / (high - low))
        rows, shade = self._array("runs", np.column_stack(places)), part.get("colour")
        self.lines.append(f'shades = ["{_COLOURS[0]}"] * len({rows})')
        dashed, dashes = _by_word(part), ["-"] * len(places[0])
        for number, (word, runs) in enumerate(dashed.items()):
            style = ("--", ":")[number % 2]
            for run in runs:
                dashes[run] = style
            self.lines.append(f'axes[{k}].plot([], [], color="0.3", linestyle="{style}", label={word!r})')
        if dashed and (shade is None or not shade["names"]):
            self.lines.append(f"axes[{k}].legend({_BELOW})")
        if shade is not None and shade["names"]:
            groups = self._array("colour", shade["values"])
            self.lines += [
                f"palette = {list(_COLOURS)!r}",
                f'shades = ["0.7" if n != n else palette[int(n) % {len(_COLOURS)}] for n in {groups}]',
                *(
                    f'axes[{k}].plot([], [], color="{_COLOURS[n % len(_COLOURS)]}", label={str(name)!r})'
                    for n, name in enumerate(shade["names"])
                ),
                f"axes[{k}].legend(title={shade['label']!r}, {_BELOW})",
            ]
        elif shade is not None:
            shades, kind = self._array("colour", shade["values"]), "LogNorm" if shade["log"] else "Normalize"
            self.lines += [
                f"norm = plt.matplotlib.colors.{kind}(np.nanmin({shades}), np.nanmax({shades}))",
                'scale = plt.cm.ScalarMappable(norm, "viridis")',
                f"shades = scale.to_rgba({shades})",
                f"figure.colorbar(scale, ax=axes[{k}], label={shade['label']!r})",
            ]
        labels = [str(axis["label"]) for axis in part["axes"]]
        self.lines += [
            f"dashes = {dashes!r}" if dashed else f"dashes = ['-'] * len({rows})",
            f"for row, shade, dash in zip({rows}, shades, dashes):",
            f"    axes[{k}].plot(row, color=shade, linestyle=dash, linewidth=0.7)",
            f'axes[{k}].set_xticks(range({len(labels)}), {labels!r}, rotation=20, ha="right")',
            f"axes[{k}].set_yticks([])",
            f"axes[{k}].spines[:].set_visible(False)",
        ]
        for n, marks in enumerate(ticks):
            self.lines.append(f'axes[{k}].axvline({n}, color="0.4", linewidth=0.8)')
            self.lines += [
                f'axes[{k}].text({n} + 0.03, {place:.4g}, {text!r}, fontsize="small", va="center", '
                'bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8})'
                for place, text in marks
            ]

    def _diagram(self, part: Mapping[str, Any], k: int) -> None:
        boxes = ",\n    ".join(
            repr({"place": list(box["place"]), "texts": list(box["texts"])}) for box in part["boxes"]
        )
        arrows = []
        for arrow in part["arrows"]:
            values = {**arrow, "labels": [tuple(label) for label in arrow["labels"]]}
            del values["path"]
            path = self._array(f"path_{_identifier(arrow['name'])}", arrow["path"])
            arrows.append(f"{{**{values!r}, 'path': {path}}}")
        width, height = float(part["width"]), float(part["height"])
        self.lines += [
            f"\n\n{inspect.getsource(draw_network).replace(_ANNOTATED, _PLAIN)}\n",
            f"boxes = [\n    {boxes},\n]",
            "arrows = [\n    " + ",\n    ".join(arrows) + ",\n]",
            f'font = min(plt.rcParams["font.size"], 72 * size[0] / {width + 1:g})  # texts fit into their boxes',
            f"draw_network(axes[{k}], {width:g}, {height:g}, boxes, arrows, font)",
        ]

    def _raster(self, part: Mapping[str, Any], first: int) -> None:
        last = first + len(part["rows"]) - 1
        for k, row in enumerate(part["rows"], first):
            name = _identifier(row.get("label") or "spikes")
            t, index = self._array(f"{name}_t", row["t"]), self._array(name, row["index"])
            size = 1.5 if len(row["t"]) > _MANY else 4.0
            self.lines += [
                f'axes[{k}].plot({t}, {index}, ".", color="{_COLOURS[(k - first) % len(_COLOURS)]}", '
                f"markersize={size}, markeredgewidth=0, rasterized=True)",
                f"axes[{k}].set_ylabel({row.get('label', '')!r})",
            ]
            if row.get("size"):  # the first above
                room = 0.5 + 0.02 * row["size"]
                self.lines.append(f"axes[{k}].set_ylim({row['size'] - 1 + room:g}, {-room:g})")
        self._range(part, first, last)
        self.lines.append(f"axes[{last}].set_xlabel({part.get('x_label', 'time (ms)')!r})")


def _lies(part: Mapping[str, Any]) -> bool:
    """Whether bars are horizontal, since their names would overlap otherwise."""
    labels = [str(label) for label in part.get("labels", ())]
    return len(labels) * max(map(len, labels), default=0) > _LETTERS


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in text).strip("_").lower() or "values"


def _by_word(part: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the numbers of the runs that have a text beside their names, by that text."""
    found: dict[str, list[int]] = {}
    for number, word in enumerate(part.get("words", ())):
        if word:
            found.setdefault(str(word), []).append(number)
    return found
