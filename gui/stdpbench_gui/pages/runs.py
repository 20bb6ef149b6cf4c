"""The Runs page: all runs in one table."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from stdpbench.errors import StdpbenchError
from stdpbench.runs.client import state_of
from stdpbench.runs.folder import RunFolder
from stdpbench_gui import theme
from stdpbench_gui.widgets import short_path


class RunsPage(QWidget):
    """Runs of the runs folder, newest first; a double click opens one."""

    run_chosen = pyqtSignal(object)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.GRID,) * 4)
        self.label = QLabel()
        self.table = QTableWidget(0, 5)
        self.table.setHorizontalHeaderLabels(["run", "state", "vote (%)", "started", "goes on from"])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setAccessibleName("Runs")
        self.table.doubleClicked.connect(lambda _: self._open())
        again = QPushButton("Look again")
        again.clicked.connect(self.refresh)
        show = QPushButton("Open")
        show.clicked.connect(self._open)
        row = QHBoxLayout()
        row.addWidget(self.label)
        row.addStretch(1)
        row.addWidget(show)
        row.addWidget(again)
        layout.addLayout(row)
        layout.addWidget(self.table)

    def refresh(self) -> None:
        """Read the runs folder."""
        rows = recent_runs(self.folder, 500)
        count = f"{len(rows)} run{'' if len(rows) == 1 else 's'}"
        self.label.setText(f"{count} in {short_path(self.folder)}")
        self.table.setRowCount(len(rows))
        for row, (path, state, vote, started, parent) in enumerate(rows):
            for column, text in enumerate((path.name, state, vote, started, parent)):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, path)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()

    def _open(self) -> None:
        item = self.table.item(self.table.currentRow(), 0)
        if item is not None:
            self.run_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def recent_runs(folder: Path, n: int) -> list[tuple[Path, str, str, str, str]]:
    """The newest runs of a folder: path, state, vote in per cent, start, name of the parent."""
    found: list[tuple[Path, str, str, str, str]] = []
    paths = [path.parent for path in folder.glob("*/run.json")]
    for path in sorted(paths, key=lambda p: p.stat().st_mtime, reverse=True)[:n]:
        try:
            run = RunFolder.open(path)
            said = run.read_json("run.json")
            state, _ = state_of(run)
            metrics = run.read_json("metrics.json") if (path / "metrics.json").is_file() else {}
        except StdpbenchError:
            continue
        vote = metrics.get("accuracy", {}).get("vote", {}).get("accuracy")
        found.append(
            (
                path,
                str(state),
                "" if vote is None else f"{100 * vote:.2f}",
                str(said.get("started", "")).replace("T", " ")[:16],
                str(said.get("parent", {}).get("name", "")),
            )
        )
    return found
