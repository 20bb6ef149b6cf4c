"""A finished stream: its measures beside the values to expect, and their curves."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QDockWidget, QWidget

from stdpbench.base.units import minus
from stdpbench.runs.catalog.comparison import Account, stream_measures
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.look import theme
from stdpbench_gui.panels.curves.curves_panel import Curves
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.layouts import holding, split, vbox
from stdpbench_gui.widgets.tables import add_row, table_of

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
