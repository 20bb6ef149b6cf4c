"""Publication figures: the content of a panel, drawn with matplotlib in a separate process.

``python -m stdpbench.results.figures.paper ORDER.npz`` carries out an *order* written by `write_order`, which has
content, target file and width. Next to the figure it writes its numbers (``.csv``) and its caption (``.txt``). This
module imports matplotlib only to draw (`stdpbench.results.figures.paper_parts`).

The content is a *spec*, a dict of plain values and arrays:

``{"kind": "lines", "x_label": …, "plots": [{"label": …, "lines": [{"x": …, "y": …, "label": …}, …]}, …]}``
    Plots below each other with one horizontal axis, each of which may have ``"range": (low, high)``. A line may have
    ``"error"`` as bars have, drawn as a band, ``"style"`` (such as ``"--"`` or ``"o-"``), ``"colour"``, and
    ``"steps"`` where y is of bins around x. ``"marks": [(x, text), …]`` are vertical lines. Optional:
    ``"x_range": (low, high)``, and ``"x_ticks"``, texts at 0, 1, 2, ….
``{"kind": "image", "image": (rows, columns), "label": …}``
    ``"map"``: ``"sequential"`` (white to black) or ``"diverging"`` (about 0; orange is more, as on the screen).
    Optional: ``"levels": (low, high)``, ``"x_label"``, ``"y_label"``, ``"x_ticks"`` and ``"y_ticks"`` (a text for each
    column and row). NaN is a gap.
``{"kind": "bars", "labels": […], "y_label": …, "series": [{"values": …, "label": …, "error": …}, …]}``
    Bars side by side. ``"error"`` is one array, or two rows: how far the bar reaches below and above the value.
    Optional: ``"x_label"``. With ``"x"``, evenly spaced numbers, instead of ``"labels"``: bars around these, as in a
    histogram.
``{"kind": "points", "groups": [{"x": …, "y": …, "label": …}, …]}``
    Points in a plane, each group with its own marker and colour, which may be given (``"colour"``). There are no
    units, unless there are ``"x_label"`` and ``"y_label"``.
``{"kind": "scatter", "x": axis, "y": axis}``
    A point for each run. An axis is ``{"label": …, "values": …, "names": […], "log": …}``; with names, values are
    places among them. Optional: ``"colour"``, an axis, and ``"words"``, a text for each run, such as "supervised":
    points with a text are framed, and the legend says it.
``{"kind": "raster", "x_label": …, "rows": [{"t": …, "index": …, "label": …}, …]}``
    Spikes, one plot for each group, which may have ``"size"``, its number of neurons. Optional: ``"x_range"``.
``{"kind": "diagram", "width": …, "height": …, "boxes": […], "arrows": […]}``
    A network, as made by `stdpbench.results.figures.diagram.diagram_spec`.
``{"kind": "stack", "parts": [spec, …]}``
    Several specs below each other.

Every spec may have ``"title"``, ``"n"`` (a text: how many of what), ``"errors"`` (a text: what error bars mean) and
``"about"`` (a sentence: what the numbers are).
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.results.figures import saving

Spec = Mapping[str, Any]
Table = tuple[Sequence[str], Sequence[Sequence[object]]]

FORMATS = tuple(ending.removeprefix(".") for ending in saving.FORMATS)
_ARRAY = "array:"
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
    """Draw the other columns over the first numeric column, one plot each; None if there are no numbers.

    If the table starts with a column of texts, such as the names of runs, each text has its own line. A unit in
    brackets at the end of a name stays in the label of its axis. Missing numbers are gaps.
    """
    names, rows = table
    columns = [np.array([_number(row[k]) for row in rows], np.float64) for k in range(len(names))]
    of_numbers = [k for k, column in enumerate(columns) if np.isfinite(column).any()]
    if not rows or not of_numbers:
        return None
    groups = [""] * len(rows) if of_numbers[0] == 0 else [str(row[0]) for row in rows]
    distinct = list(dict.fromkeys(groups))
    if len(distinct) > _MOST_GROUPS:  # not names of series: every row has another
        groups, distinct = [""] * len(rows), [""]
    x_known = len(of_numbers) > 1
    x = columns[of_numbers[0]] if x_known else np.arange(len(rows), dtype=np.float64)
    plots = []
    for k in of_numbers[1:] if x_known else of_numbers:
        lines = []
        for group in distinct:
            mine = np.array([other == group for other in groups])
            lines.append({"x": x[mine], "y": columns[k][mine], "label": group if len(distinct) > 1 else ""})
        plots.append({"label": names[k], "lines": lines})
    return {"kind": "lines", "x_label": names[of_numbers[0]] if x_known else "row", "plots": plots}


def table_text(table: Table, dialect: str = "csv") -> str:
    """Format a table: ``"csv"`` for a file, ``"tsv"`` for the clipboard of a spreadsheet."""
    names, rows = table
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t" if dialect == "tsv" else ",", lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


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
    """Return a caption with the information needed to find the run of a figure.

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
        Sentences on what the numbers are, and on the settings of the run.
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
    """Check that the numbers and the caption beside a figure replace no other file.

    Parameters
    ----------
    figure : Path
        The file of the figure.

    Raises
    ------
    StdpbenchError
        If a file has one of their names, and there is no figure of that name to which it could belong.
    """
    if any(figure.with_suffix(suffix).exists() for suffix in saving.FORMATS):
        return
    for path in map(figure.with_suffix, _BESIDE):
        if path.exists():
            raise StdpbenchError(f"{path} exists, and would be written beside {figure.name}: choose another name")


def write_beside(figure: Path, table: Table | None, words: str) -> list[Path]:
    """Write the numbers (``.csv``) and the caption (``.txt``) of a figure beside it.

    Parameters
    ----------
    figure : Path
        The file of the figure; the others have its name.
    table : tuple or None
        The numbers, if there are any.
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


# -- passing the order to the process ----------------------------------------------------------------------------


def write_order(path: Path, spec: Spec, table: Table | None, order: Order) -> None:
    """Write everything that the process needs to one file."""
    arrays: dict[str, NDArray[Any]] = {}
    packed = {"spec": _packed(spec, arrays), "order": asdict(order), "table": _plain(table)}
    with path.open("wb") as file:
        np.savez(file, order=np.array(json.dumps(packed)), **arrays)  # type: ignore[arg-type]


def _read_order(path: Path) -> tuple[Spec, Table | None, Order]:
    with np.load(path, allow_pickle=False) as found:
        packed = json.loads(str(found["order"]))
        arrays = {name: found[name] for name in found.files if name != "order"}
    table = packed["table"]
    return _unpacked(packed["spec"], arrays), None if table is None else (table[0], table[1]), Order(**packed["order"])


def _packed(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return f"{_ARRAY}{name}"
    if isinstance(value, Mapping):
        return {str(key): _packed(inner, arrays) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_packed(inner, arrays) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpacked(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if isinstance(value, str) and value.startswith(_ARRAY):
        return arrays[value.removeprefix(_ARRAY)]
    if isinstance(value, dict):
        return {key: _unpacked(inner, arrays) for key, inner in value.items()}
    return [_unpacked(inner, arrays) for inner in value] if isinstance(value, list) else value


def _plain(table: Table | None) -> Any:
    if table is None:
        return None
    return list(table[0]), [[_cell(value) for value in row] for row in table[1]]


def _cell(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)


def _number(value: object) -> float:
    try:
        return np.nan if value is None or value == "" else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan


# -- in the process ------------------------------------------------------------------------------------------------


def export(spec: Spec, table: Table | None, order: Order) -> list[Path]:
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
        If the format is unknown, a file that does not belong to the figure has the name of one of its files, or a
        file cannot be written.
    """
    target = Path(order.target)
    if target.suffix.lower() not in saving.FORMATS:
        raise StdpbenchError(f"{target.name} must end in .pdf, .svg or .png")
    check_beside(target)
    from stdpbench.results.figures.paper_parts import draw

    saving.write_figure(draw(spec, order.width, order.font_size, order.dpi), target)
    return [target, *write_beside(target, table, order.caption)]


def main(arguments: Sequence[str]) -> int:
    """Carry out the order in a file; print the path of the figure, or why it could not be drawn."""
    try:
        made = export(*_read_order(Path(arguments[0])))
    except StdpbenchError as error:
        print(f"stdpbench: {error}", file=sys.stderr)
        return 1
    print(made[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
