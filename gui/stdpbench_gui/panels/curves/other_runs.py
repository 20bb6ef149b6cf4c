"""Other runs in the plots of Curves: their names, and the legend that tells all runs apart."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape, unescape
from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import QLineF, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPixmap

from stdpbench.base.toml_lines import flat
from stdpbench.runs.catalog.filters import value_text
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.panels.curves.measure import OWN, THIS_RUN, Line, Measure, Other
from stdpbench_gui.session.overlays import Overlay, Overlays
from stdpbench_gui.widgets.legend import Legend, distinct_names, terse_names
from stdpbench_gui.widgets.pictures import html_of

_SCATTER: Any = importlib.import_module("pyqtgraph.graphicsItems.ScatterPlotItem")
_TAG = re.compile("<[^>]*>")
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


def look_different(others: Iterable[Other]) -> list[Other]:
    """Return those other runs whose lines differ in colour or style, the first one of each."""
    return list({other.slot % run_lines.N_DIFFERENT: other for other in reversed(list(others))}.values())[::-1]


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

    Runs that it has no room to name are not drawn, and it says so. Its tooltip has all names in full. The lines of the
    name under the mouse are drawn bold, and those of a name that was clicked until the next click on it.

    Attributes
    ----------
    bold : int or None
        The run whose lines are drawn bold, as `Line.run`.
    bold_changed : signal
        Another one, or none.
    """

    bold_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._under_mouse: int | None = None
        self._kept: int | None = None
        self._links: dict[str, tuple[int, str]] = {}
        self._written: tuple[object, ...] = ()
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.linkHovered.connect(self._on_hovered)
        self.linkActivated.connect(self._on_clicked)
        self.setAccessibleName("Legend of the runs")
        self.hide()
        self.left_out = ""
        """The sentence that says how many runs are drawn; empty: all."""

    def name_runs(self, others: Sequence[Other], n_alike: int, measures: Iterable[Measure]) -> list[int]:
        """Name the runs of which there are lines, and return those that can be drawn, as `Line.run`.

        Parameters
        ----------
        others : sequence of Other
            The other runs, which look different.
        n_alike : int
            Number of further runs that are not drawn, since they would look like one of these.
        measures : iterable of Measure
            What is drawn if there is room for all names.
        """
        lines: dict[int, list[Line]] = {}
        for measure in measures:
            if any(line.run != OWN for line in measure.lines):
                for line in measure.lines:
                    lines.setdefault(line.run, []).extend([line] if len(line.x) else [])
        some = [other for other in others if lines.get(other.slot)]
        self.setVisible(bool(some))
        self.left_out = ""
        if not some:
            self.setAccessibleDescription("")
            return [OWN]
        own = [_entry(THIS_RUN, lines[OWN])] if lines.get(OWN) else []
        entries = {other.slot: _entry(other.name, lines[other.slot]) for other in some}
        looks = {run: _sample(lines[run]) for run in (OWN, *entries) if lines.get(run)}
        n_all = len(some) + n_alike

        def cut(n: int) -> str:
            n_drawn = max(0, n - len(own))
            sentence = _left_out(n_drawn, len(some), n_all)
            return f'<span style="color:{theme.current().faint}">{sentence}</span>' if sentence else ""

        key = own, entries, looks, n_alike, theme.current(), self.font().key(), self._room()
        full = {other.name: other.name for other in some}
        for names in (full, terse_names(full)) if key != self._written else ():
            written = [(*entries[other.slot][:2], escape(names[other.name])) for other in some]
            self._links = dict(zip((name for *_, name in (*own, *written)), looks.items(), strict=True))
            self.write([*own, *written], [], cut)
            if self.named == len(own) + len(some):
                break
        self._written = key
        n_drawn = max(0, self.named - len(own))
        self.left_out = _left_out(n_drawn, len(some), n_all)
        self.setToolTip("<br>".join(f"{looks[other.slot]}&nbsp;{escape(other.full)}" for other in some))
        self.setAccessibleDescription("; ".join([THIS_RUN, *(other.full for other in some[:n_drawn]), self.left_out]))
        return [OWN, *(other.slot for other in some[:n_drawn])]

    def _room(self) -> tuple[int, int]:
        around = self.parentWidget()
        return self.width(), around.height() if around is not None else 0

    @property
    def bold(self) -> int | None:
        """The run whose lines are drawn bold."""
        return self._kept if self._under_mouse is None else self._under_mouse

    def _on_hovered(self, link: str) -> None:
        self._under_mouse = int(link) if link else None
        self.bold_changed.emit()

    def _on_clicked(self, link: str) -> None:
        self._kept = int(link) if self._kept != int(link) else None
        self.bold_changed.emit()

    def _entry(self, line: tuple[str, str, str]) -> str:
        run, look = self._links[line[2]]
        _, _, text = super()._entry(line).partition("</span>&nbsp;")
        style = f"color:{theme.current().ink}; text-decoration:none"
        return f'<a href="{run}" style="{style}">{look}&nbsp;{text}</a>'

    def _joined(self, parts: Sequence[str]) -> str:
        """Return the text of the legend, whose lines end between entries: Qt would end them after a picture, too."""
        metrics, gap = self.fontMetrics(), "&nbsp;&nbsp; "
        most, taken, text = self.width() - 2 * theme.GRID, 0, ""
        for part in parts:
            words = unescape(_TAG.sub("", part))
            width = metrics.horizontalAdvance(words) + (_SAMPLE[0] if "<img" in part else 0) + 2
            between = metrics.horizontalAdvance(unescape(gap)) if text else 0
            fits = not text or taken + between + width <= most
            text += part if not text else f"{gap if fits else '<br>'}{part}"
            taken = taken + between + width if fits else width
        return text

    def restyle(self) -> None:
        """Apply the font of the plots."""
        self.setFont(theme.plot_font())


def _entry(name: str, lines: Sequence[Line]) -> tuple[str, str, str]:
    return lines[0].colour, "".join(dict.fromkeys(line.mark for line in lines)), escape(name)


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


def _left_out(n_drawn: int, n_different: int, n_all: int) -> str:
    """Say how many of the other runs are drawn; empty: all."""
    if n_drawn == n_all:
        return ""
    why = "a larger panel names more" if n_drawn < n_different else "more lines would look alike"
    return f"Showing {n_drawn} of {n_all} overlays; {why}."
