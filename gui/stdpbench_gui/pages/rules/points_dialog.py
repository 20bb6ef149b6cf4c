"""The dialog in which data points are typed, or those of a file are changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_text, write_text_aside
from stdpbench.studies.lab.data_sets import read_points
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Dialog, ProblemLabel, named, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_START = """# Where the data are from
dt (ms), frequency (Hz), repeats, change (%), error (%)
10, 1, 60, 40, 10
-10, 1, 60, -25, 8
"""


class PointsDialog(Dialog):
    """Asks for data points as lines of a file, and writes the file once they are valid.

    Parameters
    ----------
    path : Path or None
        The file to change; None: a new one.
    show_points : callable
        Called with the path of the file that was written.
    """

    def __init__(self, path: Path | None, show_points: Callable[[str], object], parent: QWidget) -> None:
        super().__init__("Data points" if path is None else f"Data points of {path.name}", parent)
        self._path, self._show_points = path, show_points
        self.text = named(QPlainTextEdit(_START if path is None else read_text(path)), "Data points, one per line")
        self.problem = ProblemLabel()
        about = wrapped(
            "The first line names columns and units. Needed are dt (ms), the time of the output spike minus that of "
            "the input spike, and change (%). Possible are frequency (Hz), repeats, error (%), protocol and dt2 (ms); "
            "lines with # say where the data are from.",
            "faint",
        )
        save = push_button("Save and show", clicked=self.save)
        save.setDefault(True)
        buttons = hbox(STRETCH, push_button("Cancel", clicked=self.reject), save)
        rows = (about, (self.text, 1), self.problem, buttons)
        vbox(*rows, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(560, 420)

    def save(self) -> None:
        """Write the file and show its points, or say what is wrong with them."""
        text, path = self.text.toPlainText(), self._path
        try:
            read_points(text, "The text" if path is None else path.name)
            if path is None:
                chosen, _ = QFileDialog.getSaveFileName(
                    self, "Save the data points as", "points.csv", "Tables (*.csv)"
                )
                if not chosen:
                    return
                path = Path(chosen)
            write_text_aside(path, text)
        except StdpbenchError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.accept()
        self._show_points(str(path))
