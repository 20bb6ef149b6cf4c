"""Other runs in the plots of Curves: their names, and the legend that tells all runs apart."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import QLineF, QPointF, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QPainter, QPixmap

from stdpbench.base.toml_lines import flat
from stdpbench.runs.catalog.filters import value_text
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.measure import OWN, THIS_RUN, Line, Measure, Other
from stdpbench_gui.session.overlays import Overlay, Overlays
from stdpbench_gui.widgets.legend import Legend, distinct_names
from stdpbench_gui.widgets.pictures import html_of

_SCATTER: Any = importlib.import_module("pyqtgraph.graphicsItems.ScatterPlotItem")
_MOST_VALUES = 2
"""Parameters whose values may stand in a name."""
_SAMPLE, _FINE = (24, 9), 2
"""Size of a sample of a line in the legend, and its pixels per pixel of the screen."""


def kind_of(live: LiveRun) -> str:
    """Return the kind of a run, which decides what curves it has."""
    return "stream" if live.pieces else "supervised" if live.taught else "pictures"


class DifferingValues:
    """The values of the parameters that differ between runs, computed anew only when the parameters change."""

    def __init__(self) -> None:
        self._known: tuple[object, list[str]] = (), []

    def of(self, lives: Sequence[LiveRun]) -> list[str]:
        """Return the values of each run, such as "nu_post 0.02".

        They are empty for runs whose parameters are not known yet. If more than two parameters differ, they name the
        kinds that do, such as "plasticity triplet", or nothing.
        """
        key = [(live.started, len(live.changes)) for live in lives]
        if key != self._known[0]:
            self._known = key, _differing([live.parameters() for live in lives])
        return self._known[1]


def _differing(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    flats = [{path: value_text(value) for path, value in flat(table).items()} for table in tables]
    known = [each for each in flats if each]
    paths = [
        path
        for path in dict.fromkeys(path for each in known for path in each)
        if path != "name" and not path.startswith("about.") and len({each.get(path) for each in known}) > 1
    ]
    if len(paths) > _MOST_VALUES:  # with another rule, its parameters differ as well
        kinds = [path for path in paths if path.endswith(".kind")]
        paths = kinds if len(kinds) <= _MOST_VALUES else []
    words = [path.removesuffix(".kind").rpartition(".")[2] for path in paths]
    if len(set(words)) < len(words):
        words = paths
    named = list(zip(paths, words, strict=True))
    return [", ".join(f"{word} {each.get(path) or '–'}" for path, word in named) if each else "" for each in flats]


def others_of(overlays: Overlays, own: str, live: LiveRun, kind: str, values: DifferingValues) -> list[Other]:
    """Return the other runs of a kind.

    Parameters
    ----------
    overlays : Overlays
        The runs.
    own : str
        Name of the folder of the current run.
    live : LiveRun
        The current run.
    kind : str
        The kind, see `kind_of`.
    values : DifferingValues
        Finds the values of parameters that differ.
    """
    shown = overlays.shown()
    lives, slots = [overlay.known() for overlay in shown], overlays.slots()
    names = _short_names(shown, own, values.of([live, *lives]))
    found = []
    for overlay, name, known, slot in zip(shown, names, lives, slots, strict=True):
        full = f"{overlay.title}, {overlay.name}" if overlay.title else overlay.name
        found.append(Other(name, full, known, slot))
    return [other for other in found if kind_of(other.live) == kind]


def _short_names(shown: Sequence[Overlay], own: str, values: Sequence[str]) -> list[str]:
    """Return titles and, where there are none of their own, the values that differ, and the parts of names that do.

    `values` has those of the current run first.
    """
    short, titles = distinct_names([overlay.name for overlay in shown], own), [overlay.title for overlay in shown]
    names = []
    for overlay, differs in zip(shown, values[1:], strict=True):
        if overlay.title and titles.count(overlay.title) == 1:
            names.append(overlay.title)
        elif differs and values.count(differs) == 1:
            names.append(differs)
        else:
            names.append(", ".join(filter(None, [differs, short[overlay.name]])))
    unclear = len(set(names)) < len(names) or THIS_RUN in names
    return [overlay.name for overlay in shown] if unclear else names


class RunLegend(Legend):
    """Names of the runs above the plots, whose lines have the same look in each of them.

    The lines of the name under the mouse are drawn bold, and those of a name that was clicked until the next click.

    Attributes
    ----------
    bold_changed : signal
        Another run is drawn bold, or none.
    """

    bold_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._under_mouse: int | None = None
        self._kept: int | None = None
        self.highlighted.connect(self._on_hovered)
        self.anchorClicked.connect(self._on_clicked)
        self.setAccessibleName("Legend of the runs")
        self.hide()

    def name_runs(self, others: Sequence[Other], measures: Iterable[Measure]) -> None:
        """Name the runs of which there are lines; the legend is hidden without other runs."""
        lines: dict[int, list[Line]] = {}
        for line in (line for measure in measures for line in measure.lines if len(line.x)):
            lines.setdefault(line.run, []).append(line)
        drawn = [other for other in others if other.slot in lines]
        self.setVisible(bool(drawn))
        named = [(OWN, THIS_RUN, THIS_RUN)] if OWN in lines else []
        named += [(other.slot, other.name, other.full) for other in drawn]
        entries = [(lines[run][0].colour, _sample(lines[run]), name) for run, name, _ in named]
        self.write(entries, [run for run, _, _ in named])
        self.setToolTip("<br>".join(escape(full) for _, _, full in named))
        self.setAccessibleDescription("; ".join(full for _, _, full in named) if drawn else "")

    @property
    def bold(self) -> int | None:
        """The run whose lines are drawn bold, as `Line.run`."""
        return self._kept if self._under_mouse is None else self._under_mouse

    def _on_hovered(self, link: QUrl) -> None:
        self._under_mouse = int(link.toString()) if link.toString() else None
        self.bold_changed.emit()

    def _on_clicked(self, link: QUrl) -> None:
        run = int(link.toString())
        self._kept = run if self._kept != run else None
        self.bold_changed.emit()

    def restyle(self) -> None:
        """Apply the font of the plots."""
        self.setFont(theme.plot_font())


def _sample(lines: Sequence[Line]) -> str:
    """Return a picture of the lines of a run as HTML."""
    picture = QPixmap(_SAMPLE[0] * _FINE, _SAMPLE[1] * _FINE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_FINE, _FINE)
    y = _SAMPLE[1] / 2
    for line in lines:
        if line.pen is not None:
            painter.setPen(line.pen)
            painter.drawLine(QLineF(0, y, _SAMPLE[0], y))
    symbol = next((line.symbol for line in lines if line.symbol is not None), None)
    if symbol is not None:
        painter.translate(QPointF(_SAMPLE[0] / 2, y))
        _SCATTER.drawSymbol(painter, symbol, 6, pg.mkPen(None), pg.mkBrush(lines[0].colour))
    painter.end()
    return html_of(picture, _SAMPLE[0])
