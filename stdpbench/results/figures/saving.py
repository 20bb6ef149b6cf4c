"""Write figures to files, at the width of a screen or a column of a paper.

Formats and widths are the same for every command and function that writes a figure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_aside

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS: Final = (".pdf", ".svg", ".png")
POINTS: Final = 8.0
"""Font size in points of a figure with a width for papers; ticks and notes are smaller, titles larger."""
PAPER_DPI: Final = 300
PAPER_PAD: Final = 0.04  # inch
NARROW: Final = 120.0
"""Width in mm below which panels are stacked instead of side by side."""
INCH: Final = 25.4  # mm
_SCREEN_POINTS = 11.0
_UNITS = {"mm": 1.0, "cm": 10.0, "in": INCH}
_LEAST, _MOST = 30.0, 600.0
_PAGE_DPI = 160
_INK = "#123457"  # replaced by the colour of the text of a page
_TEXT_AS_TEXT: Final[dict[Any, Any]] = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "stdpbench"}
LETTER = 0.6  # mean width of a letter, as a share of the font size

Width = float | str
"""A width: a number in mm, or a text with its unit, such as ``"88 mm"`` or ``"3.5 in"``."""


def millimetres(width: Width, where: str = "width") -> float:
    """Return a width in mm.

    Parameters
    ----------
    width : float or str
        In mm, or with its unit: mm, cm or in.
    where : str
        Name of the width in error messages.

    Raises
    ------
    StdpbenchError
        If it is not a width, or not from 30 to 600 mm.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(mm|cm|in)?\s*", str(width))
    if match is None or isinstance(width, bool):
        raise StdpbenchError(f"{where}: expected a width such as '88 mm' or '3.5 in', got {width!r}")
    mm = float(match[1]) * _UNITS[match[2] or "mm"]
    if not _LEAST <= mm <= _MOST:
        raise StdpbenchError(f"{where}: {width} is not from {_LEAST:g} to {_MOST:g} mm")
    return mm


def check_figure_file(path: Path, option: str, formats: tuple[str, ...] = FORMATS) -> None:
    """Check that a figure can be written to a file, before it is drawn.

    Parameters
    ----------
    path : Path
        The file.
    option : str
        The option that names it, for error messages.
    formats : tuple of str
        Endings that the name may have.

    Raises
    ------
    StdpbenchError
        If the name has another ending, or there is no such folder.
    """
    if path.suffix.lower() not in formats:
        raise StdpbenchError(f"{option} {path}: the name must end in {', '.join(formats)}")
    if not path.parent.is_dir():
        raise StdpbenchError(f"{option} {path}: there is no folder {path.parent}")


def figure_width(path: Path | None, option: str, width: Width | None) -> float | None:
    """Check file and width of a figure, and return the width in mm; None without a width.

    Parameters
    ----------
    path : Path or None
        The file; None if no figure is written.
    option : str
        The option that names it.
    width : float or str, optional
        Value of ``--width``.

    Raises
    ------
    StdpbenchError
        If the file cannot be written (`check_figure_file`), the width is invalid, or there is a width without a file.
    """
    if path is not None:
        check_figure_file(path, option)
    elif width is not None:
        raise StdpbenchError(f"--width sets the width of a figure: name its file with {option}")
    return None if width is None else millimetres(width, "--width")


def letters(width: float | None, usual: int, points: float = POINTS) -> int:
    """Return the number of letters in a line of a figure of a width in mm, or `usual` without a width."""
    return usual if width is None else max(20, int(width / INCH * 72 / (LETTER * points)))


def at_width(figure: Figure, width: float | None) -> Figure:
    """Resize a figure for the screen to the width of a column of a paper.

    Labels get 8 points; other texts, lines and markers shrink in proportion; plots take the remaining room.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure with constrained layout; modified in place.
    width : float or None
        In mm; None: no change.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    if width is None:
        return figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    factor, (wide, high) = POINTS / _SCREEN_POINTS, figure.get_size_inches()
    across = width / INCH / wide
    figure.set_size_inches(width / INCH, high * (across + max(across, factor)) / 2)
    figure.set_dpi(PAPER_DPI)
    find: Callable[[Any], Sequence[Any]] = figure.findobj
    scales = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    for axis in scales:
        for which in ("major", "minor"):
            labels: Sequence[Any] = axis.get_ticklabels(which=which)
            if labels:
                axis.set_tick_params(which=which, labelsize=labels[0].get_fontsize() * factor)
    ticks = {label for axis in scales for label in axis.get_ticklabels(which="both")}
    for text in find(Text):
        if text not in ticks:
            text.set_fontsize(text.get_fontsize() * factor)
    for artist in find(lambda artist: hasattr(artist, "set_linewidth")):
        artist.set_linewidth(np.multiply(artist.get_linewidth(), factor))
    for line in find(Line2D):
        line.set(markersize=line.get_markersize() * factor, markeredgewidth=line.get_markeredgewidth() * factor)
    if isinstance(layout := figure.get_layout_engine(), ConstrainedLayoutEngine):
        layout.set(w_pad=PAPER_PAD, h_pad=PAPER_PAD)
    return figure


def write_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure to a temporary file and rename it, so that no incomplete file remains.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : str or Path
        Target file, in an existing folder; its ending is the format, one of `FORMATS`. Text of PDF and SVG stays text.

    Raises
    ------
    StdpbenchError
        If the file cannot be written.
    """
    import matplotlib

    path = Path(path)
    ending = path.suffix.lower().removeprefix(".")
    dpi = figure.dpi if ending == "png" else max(PAPER_DPI, figure.dpi)
    settings: AbstractContextManager[None] = nullcontext()
    if ending != "png":  # rcParams are shared by all threads, so change them only if needed
        settings = matplotlib.rc_context(_TEXT_AS_TEXT)
    with settings:
        write_aside(path, lambda file: figure.savefig(file, format=ending, dpi=dpi, metadata=_METADATA[ending]))


def embedded(draw: Callable[..., Figure], *arguments: Any, **options: Any) -> str:
    """Draw a figure for an HTML page.

    Parameters
    ----------
    draw : callable
        Draws the figure from the other arguments, with default colours from matplotlib's settings.

    Returns
    -------
    str
        SVG in the colour of the text of the page, without a background.
    """
    import matplotlib

    text = io.StringIO()
    coloured = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color")
    settings: dict[Any, Any] = {
        **_TEXT_AS_TEXT,
        **dict.fromkeys(coloured, _INK),
        "axes.grid": True,
        "grid.alpha": 0.15,
    }
    with matplotlib.rc_context(settings):
        figure = draw(*arguments, **options)
        figure.savefig(text, format="svg", dpi=_PAGE_DPI, metadata=_METADATA["svg"], transparent=True)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor").replace("#000000", "currentColor")
    return svg.replace("<svg ", '<svg role="img" ', 1)


# no times and versions, so that equal figures give equal files
_METADATA: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Creator": None, "Date": None},
}
