"""The comparison below the history: curves of the ticked runs, and a table of results and differing parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QColor
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from stdpbench import __version__
from stdpbench.figures.paper import Table
from stdpbench.runs.catalog.comparison_spec import (
    MEASURES,
    comparison_rows,
    comparison_spec,
    comparison_words,
    course_table,
    labels_of,
    short_names,
)
from stdpbench_gui.dialogs import figure_export
from stdpbench_gui.look import run_lines, theme
from stdpbench_gui.look.plot_area import PlotArea
from stdpbench_gui.pages.runs.selection import RunSelection
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.axes import SmallPlot, double_clicked, stepped
from stdpbench_gui.widgets.basic import explain, not_none, title_buttons, wrapped
from stdpbench_gui.widgets.layouts import hbox, vbox
from stdpbench_gui.widgets.legend import Legend

_EMPTY = "Tick runs in the history to compare their curves here; for two or more, a table lists the differences."
_LINES = 13
"""Minimum height of the curves, in lines of text."""
_HELP = (
    "The runs ticked in the history: running accuracy during training, spikes per stimulus of the neurons that are "
    "read, and the mean threshold. The line of each run is also shown next to its name in the history. A branch "
    "receives the same input spikes as its parent run, so any divergence between them is the effect of the change. "
    "The table lists results and differing parameters. To test whether a difference exceeds chance, use several "
    "seeds: `stdpbench sweep`. (Running accuracy: Diehl &amp; Cook 2015, figure 2, doi:10.3389/fncom.2015.00099)"
)


class ComparisonPanel(QWidget):
    """Comparison of the ticked runs.

    Attributes
    ----------
    clear_wanted : signal
        Request to untick all runs.
    """

    clear_wanted = pyqtSignal()
    title = "Comparison"

    def __init__(self, session: RunSession, ticks: RunSelection) -> None:
        super().__init__()
        self.session = session
        self._ticks = ticks
        self._range: dict[str, tuple[float, float]] = {}
        self.legend = Legend()
        self.graphics = PlotArea()
        self.graphics.setAccessibleName("Curves of the ticked runs")
        self.graphics.ci.layout.setContentsMargins(2, 2, theme.GRID, 2)
        self.graphics.ci.layout.setSpacing(4)
        self.graphics.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        self.plots = {name: SmallPlot(label) for name, (label, _) in MEASURES.items()}
        for place, plot in enumerate(self.plots.values()):
            if not place:
                self.graphics.addItem(plot, row=0, col=0, colspan=2)
            else:
                self.graphics.addItem(plot, row=1, col=place - 1)
                plot.setLabel("bottom", "training presentations")
            double_clicked(plot, self.show_all)
        self.graphics.ci.layout.setRowStretchFactor(0, 3)
        self.graphics.ci.layout.setRowStretchFactor(1, 2)
        self.rows = QTreeWidget()
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setAlternatingRowColors(True)
        self.rows.setItemsExpandable(False)
        self.rows.setObjectName("rows")
        self.rows.setAccessibleName("Results and differing parameters of the ticked runs")
        self.words = wrapped("", "faint")
        self.words.setAccessibleName("Summary of the comparison")
        self.problem = wrapped("", "problem")
        self.problem.hide()
        self.empty = wrapped(_EMPTY, "faint")
        self._halves = QSplitter(Qt.Orientation.Horizontal)
        self.body: QWidget = self._halves
        curves = QWidget()
        curves.setObjectName("panel")
        vbox(self.legend, (self.graphics, 1), within=curves, spacing=0)
        self._halves.addWidget(curves)
        self._halves.addWidget(self.rows)
        self._halves.setSizes([560, 620])
        self._halves.setChildrenCollapsible(False)
        vbox(self._bar(), self.problem, self.empty, (self.body, 1), within=self, spacing=theme.GRID // 2)
        ticks.changed.connect(self.refresh)
        ticks.read.connect(self.refresh)
        self.restyle()

    def _bar(self) -> QHBoxLayout:
        title = QLabel(self.title)
        title.setObjectName("cardtitle")
        self.clear = QPushButton("Clear")
        self.clear.clicked.connect(self.clear_wanted)
        menu = QMenu(self)
        figure_export.add_actions(menu, self, self)
        self.question, self.more = title_buttons("Comparison", self.explain, menu)
        row = hbox(spacing=theme.GRID)
        row.addWidget(title, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        row.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.question, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        return row

    # -- drawing ---------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.graphics.setBackground(theme.current().base)
        for plot in self.plots.values():
            plot.restyle()
        self.refresh()

    def show_all(self) -> None:
        """Show the full range of all runs."""
        self._range.clear()
        self.refresh()

    def refresh(self) -> None:
        """Draw the ticked runs."""
        ticks = self._ticks
        some = bool(ticks.slots)
        for widget in (self.body, self.clear, self.more):
            widget.setVisible(some)
        self.empty.setVisible(not some)
        self.problem.setText(f"⚠ {ticks.problem}")
        self.problem.setVisible(some and bool(ticks.problem))
        if not some:
            self._range.clear()
        self.words.setText(self.summary() if some else "")
        self.setAccessibleDescription(self.summary())
        self._draw_curves()
        self._write_rows()

    def _names(self) -> dict[str, str]:
        """Return short names of the ticked runs."""
        return short_names(list(self._ticks.slots))

    def _draw_curves(self) -> None:
        names = self._names()
        self.legend.write(
            [(run_lines.colour(slot), run_lines.mark(slot), names[name]) for name, slot in self._ticks.slots.items()],
            [],
        )
        ends = [int(course.presentations[-1]) for course in self._ticks.ordered if len(course.presentations)]
        for measure, label in labels_of(self._ticks.ordered).items():
            self.plots[measure].set_title(label)
        for measure, plot in self.plots.items():
            for item in list(plot.listDataItems()):
                plot.removeItem(item)
            factor, low, high = MEASURES[measure][1], np.inf, -np.inf
            for course in self._ticks.ordered:
                y = factor * getattr(course, measure)
                known = np.isfinite(y)
                if known.any():
                    low, high = min(low, float(y[known].min())), max(high, float(y[known].max()))
                    pen = run_lines.pen(self._ticks.slots[course.name])
                    plot.plot(course.presentations[known].astype(float), y[known], pen=pen)
            if low <= high:
                room = 0.3 * max(high - low, 1e-9)  # for the title
                self._range[measure] = stepped(low, high + room, self._range.get(measure))
                plot.setYRange(*self._range[measure], padding=0.02)
            plot.setXRange(0, max(ends, default=1), padding=0.02)

    def _write_rows(self) -> None:
        comparison, names, colours = self._ticks.comparison, self._names(), theme.current()
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
            head.setText(number, f"{run_lines.mark(slot)} {names.get(name, name)}")
            head.setToolTip(number, name)
            head.setTextAlignment(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        heading = ""
        for kind, what, texts in comparison_rows(comparison):
            if kind != heading:
                heading = kind
                row = QTreeWidgetItem(self.rows, [kind])
                row.setFirstColumnSpanned(True)
                row.setForeground(0, QBrush(QColor(colours.faint)))
                row.setFlags(Qt.ItemFlag.ItemIsEnabled)
            row = QTreeWidgetItem(self.rows, [what, *texts])
            for number, text in enumerate(texts, 1):
                row.setToolTip(number, text)
                row.setTextAlignment(number, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.setToolTip(0, what)
        for number in range(len(accounts) + 1):
            self.rows.resizeColumnToContents(number)

    # -- summary and export ---------------------------------------------------------------------------------------

    def explain(self) -> None:
        """Show the explanation of this view."""
        explain(self, self.title, _HELP, self.summary())

    def summary(self) -> str:
        """Describe what is shown."""
        ticks = self._ticks
        if not ticks.slots:
            return _EMPTY
        crowded = f" Lines repeat after {run_lines.N_DIFFERENT} runs." if ticks.crowded else ""
        if ticks.comparison is not None:
            return f"{comparison_words(ticks.comparison)}{crowded}"
        n = len(ticks.slots)
        return (
            f"{n} run{'' if n == 1 else 's'} drawn; {'tick another one to compare them' if n == 1 else 'comparing …'}"
        )

    def table(self) -> Table | None:
        """Return one row per point and run."""
        return course_table(self._ticks.ordered) if self._ticks.ordered else None

    def figure(self) -> dict[str, Any] | None:
        """Return the figure for a paper."""
        return comparison_spec(self._ticks.ordered, __version__)
