"""The verdict at the top of the Evaluate page: whether learning helped, with the accuracies that say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QDockWidget, QWidget

from stdpbench.base.units import minus
from stdpbench.runs.catalog.access_log import ABOUT_LOOKS
from stdpbench.runs.catalog.comparison import Account, stream_measures
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.rows import Accuracy
from stdpbench.studies.report.views import ViewData
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import named, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, split, vbox
from stdpbench_gui.widgets.plot import Plot, PlotArea
from stdpbench_gui.widgets.tables import add_row, table_of

_BASELINES = ("untrained", "start")
_ROW = 22  # height of a bar in pixels


class Verdict(QWidget):
    """A sentence, and a bar with its 95 % interval for the network and each baseline of the run."""

    def __init__(self) -> None:
        super().__init__()
        self.sentence = named(wrapped(""), "Verdict", style="verdict")
        self.protocol = named(wrapped("", "faint"), "What was evaluated", tip=ABOUT_LOOKS)
        self.graphics = PlotArea()
        self.graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot = Plot()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideAxis("bottom")
        self.plot.getViewBox().invertY(True)
        self.plot.setXRange(0, 100, padding=0.02)
        self.bars = pg.BarGraphItem(x0=[], y=[], width=[], height=0.6)
        self.intervals = pg.ErrorBarItem(x=np.empty(0), y=np.empty(0), beam=0.3)
        self.plot.addItem(self.bars)
        self.plot.addItem(self.intervals)
        self.graphics.addItem(self.plot)
        words = vbox(self.sentence, self.protocol, STRETCH, spacing=theme.GRID // 2)
        hbox((words, 2), (self.graphics, 3), within=self, spacing=2 * theme.GRID)
        self.rows: list[Accuracy] = []

    def show_look(self, look: ViewData) -> None:
        """Show the verdict on a run."""
        self.sentence.setText(look.verdict or "This run has no baselines to compare with; its report has them.")
        self.protocol.setText(look.protocol)
        readout = next(iter(look.answers))
        network = [row for row in look.accuracies if row.group == "read-out" and row.name == readout]
        baselines = [
            row
            for row in look.accuracies
            if row.group == "pixels" or (row.group in _BASELINES and row.name.endswith(f", {readout}"))
        ]
        self.rows = [*network, *sorted(baselines, key=lambda row: -row.accuracy)]
        values, low, high = (
            100 * np.array([getattr(row, name) for row in self.rows]) for name in ("accuracy", "low", "high")
        )
        y = np.arange(len(self.rows), dtype=float)
        self.bars.setOpts(x0=np.zeros(len(y)), y=y, width=values)
        self.intervals.setData(x=values, y=y, left=values - low, right=high - values)
        names = [f"{_short(row.name, readout)}  {value:.1f} %" for row, value in zip(self.rows, values, strict=True)]
        widest = max(map(self.fontMetrics().horizontalAdvance, names), default=0)
        self.plot.getAxis("left").setTicks([list(zip(y, names, strict=True))])
        self.plot.getAxis("left").setWidth(widest + theme.GRID)
        self.plot.setYRange(-0.5, len(y) - 0.5, padding=0)
        self.graphics.setFixedHeight(_ROW * len(y) + theme.GRID)
        bounds = [f"{name} ({first:.1f} to {last:.1f})" for name, first, last in zip(names, low, high, strict=True)]
        self.graphics.setAccessibleName(f"Right answers with 95 % intervals: {'; '.join(bounds)}")
        self.graphics.setToolTip("\n".join(["Right answers, with 95 % Wilson intervals:", *bounds]))
        self.restyle()

    def restyle(self) -> None:
        """Apply the colours of the theme; the network is the one in colour."""
        colours = theme.current()
        self.graphics.setBackground(colours.window)
        brushes = [pg.mkBrush(colours.exc if row.group == "read-out" else colours.line) for row in self.rows]
        self.bars.setOpts(brushes=brushes, pen=pg.mkPen(None))
        self.intervals.setData(pen=pg.mkPen(colours.ink, width=1))
        self.plot.restyle()
        self.plot.getAxis("left").setPen(pg.mkPen(None))


def _short(name: str, readout: str) -> str:
    """Return the name of a row without what the others share or its tool tip explains."""
    return "network" if name == readout else name.partition(", ")[0]


_REDRAW_MS = 100


class StreamView(QWidget):
    """Measures at the end of a stream as a table, and all of its curves."""

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self.session = RunSession()
        self.about = wrapped("", "faint", name="What was measured")
        self.rows = table_of(
            "Measures at the end of the stream",
            (
                ("at the end of the stream", "Means over its last third, at most 150 s"),
                ("measured", "In this run"),
                ("expected", "As the experiment says; a run with other parameters has no expected values"),
            ),
        )
        self.curves = Curves(self.session)
        self.curves.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self.curves.as_grid.setChecked(True)
        self._drawing = timer(self, self.curves.draw_if_needed, _REDRAW_MS)
        left = holding(vbox((self.rows, 1), self.about, spacing=theme.GRID))
        halves = split((left, 0), (self.curves, 0))
        halves.setSizes([500, 600])
        vbox((halves, 1), within=self)

    def show_run(self, path: Path) -> None:
        """Show a finished run."""
        self.rows.clear()
        self.about.setText("")
        self._path = path
        self.session.open(path)
        self.session.work(lambda: Account.of(RunFolder(path)), self._take, "Cannot read the measures")

    def _take(self, account: Account) -> None:
        if account.path != str(self._path):
            return  # another run was chosen meanwhile
        self.rows.clear()
        for name in stream_measures(account):
            metric = account.metrics[name]
            expected = "" if metric.expected is None else minus(f"{metric.expected:.6g}")
            add_row(self.rows, [name, minus(f"{metric.value:.6g}"), expected])
        text = account.parameters.get("about.expected_accuracy")
        self.about.setText(f"Expected: {text}." if text and not (account.changes or account.learned_set) else "")

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the curves while they can be seen."""
        super().showEvent(event)
        self._drawing.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw nothing."""
        super().hideEvent(event)
        self._drawing.stop()

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.curves.restyle()
