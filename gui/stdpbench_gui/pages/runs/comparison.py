"""The comparison below the history: curves of the ticked runs, and a table of results and differing parameters."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor, QImage, QPixmap, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from stdpbench import __version__
from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.results.figures.comparison import MEASURES, Course, labels_of
from stdpbench.results.figures.paper import Table
from stdpbench.runs.catalog.columns import CHANGED_MARK
from stdpbench.runs.catalog.comparison import Comparison, compare
from stdpbench.runs.catalog.comparison_spec import (
    comparison_rows,
    comparison_spec,
    comparison_words,
    course_of,
    course_table,
)
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.stages import Stage
from stdpbench.studies.sweeps.seeds import OverSeeds, over_seeds
from stdpbench_gui.dialogs.figure_export import View
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.panels.curves.curve_plot import CurvePlot
from stdpbench_gui.panels.curves.measure import Line, Measure, finite
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import (
    Dialog,
    Label,
    ProblemLabel,
    named,
    not_none,
    plain_tip,
    push_button,
    wrapped,
)
from stdpbench_gui.widgets.layouts import TOP, hbox, holding, split, vbox
from stdpbench_gui.widgets.legend import Legend, distinct_names
from stdpbench_gui.widgets.tables import add_heading, add_row, as_table
from stdpbench_gui.widgets.timeline_strip import TimelineStrip, Track

if TYPE_CHECKING:
    from PIL import Image

    from stdpbench.studies.film import Film, Theme


class RunSelection(QObject):
    """The ticked runs, in the order of ticking, and their data.

    Attributes
    ----------
    changed : signal
        Runs were ticked or unticked.
    read : signal
        New data can be drawn.
    slots : dict of str to int
        Line style by the name of a ticked run (`stdpbench_gui.look.run_lines`).
    courses : dict of str to Course
        Curves read so far.
    comparison : Comparison or None
        Comparison of all ticked runs; None for fewer than two, or before it is read.
    over_seeds : OverSeeds or None
        Groups of ticked runs that differ in their seed alone; None if there are none.
    problem : str
        Why a run cannot be read; empty if all can.
    """

    changed = pyqtSignal()
    read = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._background = Background(self, 1)
        self._entries: Mapping[str, Entry] = {}
        self._known: dict[str, Entry] = {}
        self._gone: list[str] = []  # runs that were ticked when they were deleted
        self.slots: dict[str, int] = {}
        self.courses: dict[str, Course] = {}
        self.comparison: Comparison | None = None
        self.over_seeds: OverSeeds | None = None
        self.problem = ""

    def tick(self, names: Iterable[str], on: bool = True) -> None:
        """Tick or untick runs."""
        for name in names:
            if on and name in self._entries and name not in self.slots:
                taken = set(self.slots.values())
                self.slots[name] = next(slot for slot in range(len(taken) + 1) if slot not in taken)
            elif not on:
                self._drop(name)
        self._after()

    def only(self, names: Iterable[str]) -> None:
        """Tick exactly these runs."""
        wanted = list(names)
        self._gone.clear()
        for name in [name for name in self.slots if name not in wanted]:
            self._drop(name)
        self.tick(wanted)

    def show_entries(self, entries: Mapping[str, Entry]) -> None:
        """Untick runs that no longer exist until they are back, and read those that continued again."""
        self._entries = entries
        back = [name for name in self._gone if name in entries]
        gone = [name for name in self.slots if name not in entries]
        self._gone = [name for name in (*self._gone, *self.slots) if name not in entries]
        for name in gone:
            self._drop(name)
        if gone or back:
            self.tick(back)
        else:
            self._look()

    @property
    def ordered(self) -> list[Course]:
        """Curves to draw, in the order of ticking."""
        return [self.courses[name] for name in self.slots if name in self.courses]

    def title(self, name: str) -> str:
        """Return the title that a person gave to a run; empty if there is none."""
        entry = self._entries.get(name)
        return "" if entry is None else entry.title

    def n_changed(self, name: str) -> int:
        """Return how many parameters of a run were changed while it ran."""
        entry = self._entries.get(name)
        return 0 if entry is None else len(entry.changes)

    def path(self, name: str) -> Path:
        """Return the folder of a run."""
        return self._entries[name].path

    def _drop(self, name: str) -> None:
        if self.slots.pop(name, None) is not None:
            self.courses.pop(name, None)
            self._known.pop(name, None)

    def _forget_others(self) -> None:
        """Forget a comparison that is not of the ticked runs."""
        if self.comparison is not None and {a.name for a in self.comparison.accounts} != set(self.slots):
            self.comparison = self.over_seeds = None

    def _after(self) -> None:
        self._forget_others()
        self.changed.emit()
        self._look()

    def _look(self) -> None:
        """Read the changes of ticked runs."""
        stale = [name for name in self.slots if self._known.get(name) is not self._entries.get(name)]
        compared = self.comparison is not None or len(self.slots) < 2
        if not stale and compared:
            return
        if self._background.wait(self._look):
            return
        paths = {name: self._entries[name].path for name in stale}
        everything = [self._entries[name].path for name in self.slots]
        self._known |= {name: self._entries[name] for name in stale}
        self._background.do(lambda: _read(paths, everything), self._take, self._fail)

    def _take(self, found: _Read) -> None:
        courses, self.comparison, self.over_seeds, self.problem = found
        self._forget_others()
        self.courses |= {name: course for name, course in courses.items() if name in self.slots}
        self.read.emit()

    def _fail(self, reason: str) -> None:
        self.problem = reason
        self.read.emit()


_Read = tuple[dict[str, Course], Comparison | None, OverSeeds | None, str]


def _read(paths: Mapping[str, Path], everything: list[Path]) -> _Read:
    """Read curves of some runs, compare all ticked runs, and note the first problem."""
    courses: dict[str, Course] = {}
    problem, comparison, groups = "", None, None
    for name, path in paths.items():
        try:
            courses[name] = course_of(RunFolder.open(path), read_journal(path))
        except StdpbenchError as error:
            problem = f"Cannot draw {name}: {error}"
    try:
        if len(everything) > 1:
            folders = [RunFolder.open(path) for path in everything]
            comparison = compare(folders)
            groups = over_seeds(folders, comparison.accounts)
    except StdpbenchError as error:
        problem = problem or f"Cannot compare the runs: {error}"
    return courses, comparison, groups, problem


class TwoMaps(Dialog):
    """The weights of two runs side by side over training, with one handle."""

    def __init__(self, paths: tuple[Path, ...], parent: QWidget) -> None:
        super().__init__("Weights of two runs over training", parent)
        self._background = Background(self, 1)
        self._film: Film | None = None
        self.strip = TimelineStrip(lane=False)
        self.picture = named(Label("reading …", align=Qt.AlignmentFlag.AlignCenter), "Weights of both runs")
        self.picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        vbox((self.picture, 1), self.strip, within=self, margins=theme.GRID, spacing=theme.GRID)
        self.strip.chosen.connect(self.show_at)
        self.strip.stepped.connect(self._step)
        self.resize(not_none(parent.window()).size() * 0.85)
        colours: Theme = "dark" if theme.current().dark else "light"

        def read() -> Film:
            from stdpbench.studies.film import Film

            return Film([RunFolder.open(path) for path in paths], theme=colours)

        self._background.do(read, self._open, self.picture.setText)

    def _open(self, film: Film) -> None:
        self._film = film
        self.show_at(None)

    def show_at(self, position: int | None) -> None:
        """Show both runs at a position; None: the last."""
        film = self._film
        if film is None:
            return
        at = film.positions[-1] if position is None else position
        track = (Stage("train", film.positions[-1], film.n_train),)
        self.strip.show_track(Track(track, tuple(film.positions), at=at))
        if not self._background.busy:
            self._background.do(lambda: film.frame(at), partial(self._take, at), self.picture.setText)

    def _take(self, at: int, frame: Image.Image) -> None:
        pixels = frame.tobytes()
        image = QImage(pixels, frame.width, frame.height, 3 * frame.width, QImage.Format.Format_RGB888)
        smooth = Qt.TransformationMode.SmoothTransformation
        drawn = QPixmap.fromImage(image).scaled(self.picture.size(), Qt.AspectRatioMode.KeepAspectRatio, smooth)
        self.picture.setPixmap(drawn)
        if at != self.strip.track.at:  # the handle was moved meanwhile
            self.show_at(self.strip.track.at)

    def _step(self, by: int) -> None:
        positions = self.strip.track.positions
        place = positions.index(self.strip.track.at or 0) + by
        self.show_at(positions[min(max(0, place), len(positions) - 1)])


_EMPTY = "Tick runs in the history to compare their curves here; for two or more, a table lists the differences."
_NARROWEST, _READABLE = 18, 20
"""Widths in letters to which a column shrinks so that others fit: the first one, and those of runs."""
_LINES = 13
"""Minimum height of the curves, in lines of text."""
_HELP = (
    "The runs ticked in the history: running accuracy during training, spikes per stimulus of the neurons that are "
    "read, and the mean threshold. The line of each run is also shown next to its name in the history. A branch "
    "receives the same input spikes as its parent run, so any divergence between them is the effect of the change. "
    "The table lists results and differing parameters. To test whether a difference exceeds chance, use several "
    "seeds: `stdpbench sweep`. (Running accuracy: Diehl &amp; Cook 2015, figure 2, doi:10.3389/fncom.2015.00099)"
)


class ComparisonPanel(View, QWidget):
    """Comparison of the ticked runs.

    Attributes
    ----------
    clear_wanted : signal
        Request to untick all runs.
    """

    clear_wanted = pyqtSignal()
    title = "Comparison"
    help_text = _HELP

    def __init__(self, session: RunSession, ticks: RunSelection) -> None:
        super().__init__()
        self.session = session
        self._ticks = ticks
        self.legend = Legend()
        self._drawn = False
        self.plots = {name: CurvePlot(label, chooses=False) for name, (label, _) in MEASURES.items()}
        grid = QGridLayout()
        grid.setSpacing(4)
        for place, plot in enumerate(self.plots.values()):
            grid.addWidget(plot, min(place, 1), max(0, place - 1), 1, 1 if place else 2)
            plot.label_time(*(("training presentations", "presentations") if place else ()))
            plot.whole_wanted.connect(self.show_all)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        curves = holding(vbox(self.legend, (grid, 1), spacing=0), "panel")
        curves.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        self.rows = named(QTreeWidget(), "Results and differing parameters of the ticked runs", style="rows")
        self.seeds = named(QTreeWidget(), "Means over seeds, and differences seed by seed", style="rows")
        self._marks: dict[str, list[pg.InfiniteLine]] = {}
        self.words = named(wrapped("", "faint"), "Summary of the comparison")
        self.problem = ProblemLabel()
        self.empty = wrapped(_EMPTY, "faint")
        tables = holding(vbox((self.rows, 2), (self.seeds, 1), spacing=theme.GRID // 2))
        halves = split((curves, 0), (tables, 0))
        halves.setSizes([500, 680])
        self.body: QWidget = halves
        vbox(self._bar(), self.problem, self.empty, (self.body, 1), within=self, spacing=theme.GRID // 2)
        for table in (self.rows, self.seeds):
            as_table(table, striped=True)
            not_none(table.header()).setTextElideMode(Qt.TextElideMode.ElideRight)
            # a scroll bar that appears takes room
            not_none(table.verticalScrollBar()).rangeChanged.connect(lambda *_: self._fit_tables())
        ticks.changed.connect(self.refresh)
        ticks.read.connect(self.refresh)
        self.restyle()

    def _bar(self) -> QHBoxLayout:
        self.clear = push_button("Clear", clicked=self.clear_wanted)
        tip = "Weights of both runs over training, side by side"
        self.weights = push_button("Weights…", clicked=lambda _: self.show_weights(), tip=tip)
        question, self.more = self._title_buttons()
        return hbox(
            (self.words, 1),
            (self.weights, 0, TOP),
            (self.clear, 0, TOP),
            (question, 0, TOP),
            (self.more, 0, TOP),
            spacing=theme.GRID,
        )

    def show_weights(self) -> TwoMaps:
        """Open the weights of both ticked runs."""
        maps = TwoMaps(tuple(map(self._ticks.path, self._ticks.slots)), self)
        maps.show()
        return maps

    # -- drawing ---------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        for plot in self.plots.values():
            plot.restyle()
        self.refresh()

    def show_all(self) -> None:
        """Show the full range of all runs."""
        for plot in self.plots.values():
            plot.forget()
        self.refresh()

    def refresh(self) -> None:
        """Draw the ticked runs."""
        ticks = self._ticks
        some = bool(ticks.slots)
        for widget in (self.body, self.clear, self.more):
            widget.setVisible(some)
        self.empty.setVisible(not some)
        self.problem.say(f"⚠ {ticks.problem}" if some and ticks.problem else "")
        self.words.setText(self.summary() if some else "")
        self._write_legend()
        self.weights.setVisible(len(ticks.slots) == 2)
        self._draw_curves()
        self._write_rows()

    def _names(self) -> dict[str, str]:
        """Return the titles of the ticked runs, and short names of those without; supervised ones say so."""
        names = distinct_names(list(self._ticks.slots))
        titles = [self._ticks.title(name) for name in names]
        which = zip(names.items(), titles, strict=True)
        found = {name: title if title and titles.count(title) == 1 else short for (name, short), title in which}
        words = {course.name: course.word for course in self._ticks.ordered}
        return {name: units.label(text, words.get(name, "")) for name, text in found.items()}

    def _delta(self, name: str) -> str:
        """Return the mark of a run that was changed, as in the history."""
        n = self._ticks.n_changed(name)
        return f" {CHANGED_MARK}{n}" if n else ""

    def marked(self) -> dict[str, list[int]]:
        """Return where parameters or the rule of ticked runs were changed, which lines mark in the curves."""
        return {course.name: list(course.changes) for course in self._ticks.ordered if course.changes}

    def _write_legend(self) -> None:
        """Name the ticked runs."""
        names = self._names()
        self.legend.write(
            [
                (run_lines.colour(slot), run_lines.mark(slot), names[name] + self._delta(name))
                for name, slot in self._ticks.slots.items()
            ]
        )
        self.legend.setToolTip("<br>".join(map(html.escape, self._ticks.slots)))
        self.setAccessibleDescription(self.summary())

    def _draw_curves(self) -> None:
        """Draw the plots, or wait until they can be seen."""
        self._drawn = self.isVisible()
        for measure, plot in self.plots.items() if self._drawn else ():
            self._draw_plot(measure, plot)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw what changed while the panel was hidden."""
        super().showEvent(event)
        if not self._drawn:
            self._draw_curves()

    def _draw_plot(self, measure: str, plot: CurvePlot) -> None:
        plot.offer({measure: labels_of(self._ticks.ordered)[measure]}, measure)
        lines = []
        for course in self._ticks.ordered:
            x, y = finite(course.presentations, MEASURES[measure][1] * getattr(course, measure))
            slot = self._ticks.slots[course.name]
            lines.append(Line(course.name, x, y, run_lines.colour(slot), pen=run_lines.pen(slot), run=slot))
        plot.draw(Measure(lines), 1)
        plot.plot.setXRange(0, max((float(line.x[-1]) for line in lines if len(line.x)), default=1), padding=0.02)
        self._draw_marks(measure, plot)

    def _draw_marks(self, measure: str, plot: CurvePlot) -> None:
        """Draw a dotted line in the colour of a run where its parameters or its rule were changed."""
        marks = self._marks.setdefault(measure, [])
        for line in marks:
            plot.plot.removeItem(line)
        marks.clear()
        for name, positions in self.marked().items():
            pen = pg.mkPen(run_lines.colour(self._ticks.slots[name]), width=1, style=Qt.PenStyle.DotLine)
            for position in positions:
                line = pg.InfiniteLine(float(position), angle=90, pen=pen)
                line.setToolTip(plain_tip(f"{name} was changed at presentation {thousands(position)}"))
                plot.plot.addItem(line, ignoreBounds=True)
                marks.append(line)

    def _write_seeds(self) -> None:
        """List means over seeds, and paired differences with their intervals."""
        groups = self._ticks.over_seeds
        self.seeds.setVisible(groups is not None)
        self.seeds.clear()
        if groups is None:
            return
        self.seeds.setHeaderLabels(list(groups.headings))
        for row in groups.rows:
            item = QTreeWidgetItem(self.seeds, row)
            for number, text in enumerate(row):
                item.setToolTip(number, plain_tip(text))
        self.seeds.setToolTip(plain_tip(" ".join(groups.remarks)))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the columns of both tables to the new width."""
        super().resizeEvent(event)
        self._fit_tables()

    def _fit_tables(self) -> None:
        for table, shrinks in ((self.rows, 0), (self.seeds, 1)):
            if table.columnCount() and table.topLevelItemCount():
                for number in range(table.columnCount()):
                    table.resizeColumnToContents(number)
                fit_columns(table, shrinks)

    def _write_rows(self) -> None:
        comparison, names = self._ticks.comparison, self._names()
        self._write_seeds()
        self.rows.clear()
        self.rows.setVisible(comparison is not None)
        if comparison is None:
            return
        accounts = [account.name for account in comparison.accounts]
        self.rows.setColumnCount(len(accounts) + 1)
        self.rows.setHeaderLabels(["", *(names.get(name, name) for name in accounts)])
        head = not_none(self.rows.headerItem())
        for number, name in enumerate(accounts, 1):
            slot = self._ticks.slots.get(name, 0)
            head.setForeground(number, QBrush(QColor(run_lines.colour(slot))))
            head.setText(number, f"{run_lines.mark(slot)} {names.get(name, name)}{self._delta(name)}")
            head.setToolTip(number, plain_tip(name))
            head.setTextAlignment(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        heading = ""
        for kind, what, texts in comparison_rows(comparison):
            if kind != heading:
                heading = kind
                add_heading(self.rows, kind)
            add_row(self.rows, [what, *texts])
        self._fit_tables()

    # -- summary and export ---------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe what is shown."""
        ticks = self._ticks
        if not ticks.slots:
            return _EMPTY
        crowded = (
            f" Lines repeat after {run_lines.N_DIFFERENT} runs." if len(ticks.slots) > run_lines.N_DIFFERENT else ""
        )
        if ticks.comparison is not None:
            return f"{comparison_words(ticks.comparison)}{crowded}"
        n = len(ticks.slots)
        return (
            f"{n} run{'' if n == 1 else 's'} drawn; {'tick another one to compare them' if n == 1 else 'comparing …'}"
        )

    def has_content(self) -> bool:
        """Return whether curves of a run are drawn."""
        return bool(self._ticks.ordered)

    def table(self) -> Table | None:
        """Return one row per point and run."""
        return course_table(self._ticks.ordered)

    def figure(self) -> dict[str, Any] | None:
        """Return the figure for a paper."""
        return comparison_spec(self._ticks.ordered, __version__, self._ticks.comparison)


def fit_columns(table: QTreeWidget, shrinks: int) -> None:
    """Take what the columns of a table are too wide from one of them, then from all; their texts are elided.

    Two runs always fit; of more, as many as have room at a readable width.
    """
    header, room = not_none(table.header()), not_none(table.viewport()).width()
    letter = table.fontMetrics().horizontalAdvance("n")
    widths = [header.sectionSize(number) for number in range(table.columnCount())]
    over = sum(widths) - room
    narrowest = _NARROWEST if len(widths) <= 3 or shrinks else _READABLE
    taken = min(max(0, over), max(0, widths[shrinks] - narrowest * letter))
    widths[shrinks] -= taken
    over -= taken
    others = len(widths) - 1
    if over > 0 and others:
        least = min(_READABLE * letter, (room - widths[shrinks]) // others) if others <= 2 else _READABLE * letter
        widths = [
            width if number == shrinks else min(width, max(least, width - -(-over // others)))
            for number, width in enumerate(widths)
        ]
    for number, width in enumerate(widths):
        header.resizeSection(number, width)
