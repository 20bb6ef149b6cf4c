"""The bin of deleted runs, which can be restored or removed permanently."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QWidget,
)

from stdpbench.runs.catalog import columns
from stdpbench.runs.catalog.store import Entry, Store
from stdpbench.runs.catalog.trash import BinContent, bin_content, bin_folder, empty_bin, restore
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.basic import (
    Dialog,
    ProblemLabel,
    named,
    push_button,
    question,
    wrapped,
)
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox


class BinDialog(Dialog):
    """Lists the runs in the bin.

    Attributes
    ----------
    reported : signal of str
        A sentence about restored or removed runs.
    """

    reported = pyqtSignal(str)

    def __init__(self, runs: Path, background: Background, parent: QWidget) -> None:
        super().__init__("Bin", parent)
        self._runs = runs
        self._background = background
        self._content = BinContent([], [], [])
        self.list = named(QListWidget(), "Runs in the bin")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(lambda _: self.restore())
        self.empty = wrapped("The bin is empty. Deleted runs stay here until you empty it.", "faint")
        self.problem = ProblemLabel()
        self.restore_button = push_button("Restore", clicked=lambda _=False: self.restore())
        self.empty_button = push_button("Empty the bin…", clicked=lambda _=False: self.ask())
        close = push_button("Close", clicked=self.close)
        row = hbox(self.empty_button, STRETCH, self.restore_button, close)
        vbox(self.empty, (self.list, 1), self.problem, row, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(640, 360)
        self.look()

    def look(self) -> None:
        """Read the content of the bin."""
        runs = self._runs

        def read() -> tuple[BinContent, list[Entry]]:
            content = bin_content(runs)
            if not content.runs and not content.busy:
                return content, []
            return content, Store(bin_folder(runs)).entries()

        self._background.do(read, self._show, self._fail)

    def _show(self, found: tuple[BinContent, list[Entry]]) -> None:
        self._content, entries = found
        self.list.clear()
        for entry in entries:
            words = [entry.name, columns.text(entry, "state"), columns.text(entry, "vote")]
            item = QListWidgetItem(" · ".join(word for word in words if word))
            item.setData(Qt.ItemDataRole.UserRole, entry.name)
            self.list.addItem(item)
        self.empty.setVisible(not entries)
        self.list.setVisible(bool(entries))
        self._enable()

    def _fail(self, reason: str) -> None:
        self.problem.say(f"⚠ {reason}")
        self._enable()

    def _enable(self) -> None:
        self.restore_button.setEnabled(bool(self.list.selectedItems()))
        self.empty_button.setEnabled(bool(self._content.runs))

    def restore(self) -> None:
        """Restore the selected runs."""
        names, runs = [str(item.data(Qt.ItemDataRole.UserRole)) for item in self.list.selectedItems()], self._runs
        self.problem.hide()

        def work() -> str:
            for name in names:
                restore(runs, name)
            return f"{names[0] if len(names) == 1 else f'{len(names)} runs'} restored from the bin."

        if names:
            self._background.do(work, self._done, self._fail)

    def ask(self) -> QMessageBox:
        """Ask before removing runs permanently."""
        names, foreign = self._content.runs, self._content.foreign
        text = f"{len(names)} run{'' if len(names) == 1 else 's'} will be removed permanently."
        stays = f" Other files in the folder {bin_folder(self._runs)} are kept." if foreign else ""
        more = f"This cannot be undone.{stays}"
        box = question(self, "Empty the bin?", text, "Remove permanently", lambda: self._empty(names), more=more)
        box.setDetailedText("\n".join(names))
        box.open()
        return box

    def _empty(self, names: list[str]) -> None:
        runs = self._runs

        def work() -> str:
            removed, kept, size = empty_bin(runs, names)
            stays = f" Kept because of an active process: {', '.join(kept)}." if kept else ""
            n_removed = f"{len(removed)} run{'' if len(removed) == 1 else 's'}"
            return f"{n_removed} removed permanently, {size / 1e6:.1f} MB.{stays}"

        self._background.do(work, self._done, self._fail)

    def _done(self, sentence: str) -> None:
        self.reported.emit(sentence)
        self.look()
