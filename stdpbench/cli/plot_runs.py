"""Figures of many runs: the option ``--plot`` of ``stdpbench list``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stdpbench import __version__
from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.results.figures.paper import Order, export
from stdpbench.results.figures.saving import figure_width
from stdpbench.runs.catalog.run_axes import (
    NO_ERRORS,
    RunAxis,
    axes_of,
    axes_spec,
    axes_table,
    origins_sentence,
    usual_axes,
)
from stdpbench.runs.catalog.store import Entry


@dataclass(frozen=True)
class RunsPlot:
    """A scatter of runs over two axes.

    Attributes
    ----------
    target : Path
        The file.
    axes, colour : str or None
        Paths of axes, separated by commas, and of the one that gives the colour; None: chosen here.
    width : str or None
        Width for a paper; None: 88 mm.
    """

    target: Path
    axes: str | None
    colour: str | None
    width: str | None = None

    def draw(self, runs: Sequence[Entry]) -> None:
        """Draw runs, and say where.

        Raises
        ------
        StdpbenchError
            If there are too few runs, they do not differ in an axis, or the file cannot be written.
        """
        wide = figure_width(self.target, "--plot", self.width)
        known = axes_of(runs) if len(runs) > 1 else {}
        across, up, colour = usual_axes(known)
        named = [path.strip() for path in self.axes.split(",") if path.strip()] if self.axes else [across, up]
        if len(named) != 2 or not all(named):
            raise StdpbenchError("a figure has two axes, in which at least two runs differ; --axes A,B names them")
        shown = [_found(path, known) for path in named]
        shade = _found(self.colour, known) if self.colour else known.get(colour if not self.axes else "")
        labels = ", ".join(axis.label for axis in shown)
        coloured = "" if shade is None else f", coloured by {shade.label}"
        sentences = [f"{len(runs)} runs over {labels}{coloured}; stdpbench {__version__}.", origins_sentence(runs)]
        caption = " ".join(filter(None, (*sentences, NO_ERRORS)))
        spec = {**axes_spec(shown, shade, runs), "title": f"{len(runs)} runs"}
        of_table = [*shown, *([] if shade is None or shade in shown else [shade])]
        made = export(spec, axes_table(runs, of_table), Order(str(self.target), wide or 88.0, caption=caption))
        others = ", ".join(path.suffix for path in made[1:])
        sys.stderr.write(f"figure: {self.target} (and {others})\n")


def _found(path: str, known: Mapping[str, RunAxis]) -> RunAxis:
    if path in known:
        return known[path]
    raise StdpbenchError(f"these runs do not differ in {path!r}; {suggestion(path, known)}")
