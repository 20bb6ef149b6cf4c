"""Download of a published data set with progress, or import from a folder; both in a thread."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from stdpbench.base.paths import data_folders
from stdpbench.data.datasets import fetch as fetching
from stdpbench_gui.dialogs.job_dialog import JobDialog
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import check_cancelled
from stdpbench_gui.session.machine import DATA_SETS
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

_TICK_MS = 100
_MEGABYTE = 1e6


class _Transfer:
    """Progress of a transfer, written by its thread and polled by the dialog."""

    def __init__(self) -> None:
        self.name = ""
        self.done = 0
        self.total: int | None = None

    def report(self, name: str, done: int, total: int | None) -> None:
        check_cancelled()
        self.name, self.done, self.total = name, done, total


class FetchDialog(JobDialog):
    """Asks for the source of a data set, gets it, and shows progress.

    Attributes
    ----------
    fetched : signal of (str, Path)
        Name and folder of the data set, once it is installed.
    """

    fetched = pyqtSignal(str, object)

    def __init__(self, name: str, session: RunSession, parent: QWidget | None = None, why: str = "") -> None:
        words = DATA_SETS.get(name, name)
        super().__init__(f"Get {words}", session, "download", parent)
        self.name = name
        self._transfer: _Transfer | None = None
        where = f"to {data_folders()[0]}. Or choose a folder with its four files."
        self.text = wrapped(f"{why} {'It' if why else words} is downloaded once (10 to 30 MB) {where}".strip())
        self.status = wrapped("", "faint")
        self.download_button = self.main_button(f"Download {words}", self.download)
        self.folder_button = push_button("Choose folder…", clicked=self._choose)
        self.cancel_button = push_button("Cancel", clicked=self.reject)
        buttons = hbox(STRETCH, self.cancel_button, self.folder_button, self.download_button)
        vbox(
            self.text,
            self.progress,
            self.status,
            self.problem,
            STRETCH,
            buttons,
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )
        self._timer = timer(self, self._look, _TICK_MS)
        self.show_busy(False)
        self.resize(520, 200)

    def download(self) -> None:
        """Download the files, or continue an interrupted download."""
        self._get(None, "Requesting the files …")

    def take_from(self, folder: Path) -> None:
        """Import the files from a folder."""
        self._get(folder, f"Checking and copying the files of {folder} …")

    def _get(self, source: Path | None, words: str) -> None:
        self._transfer = transfer = _Transfer()
        self.status.setText(words)
        self._timer.start()
        self.do(lambda _: fetching.fetch(self.name, source=source, progress=False, report=transfer.report), self._take)

    def fail(self, reason: str) -> None:
        """Say why the transfer failed."""
        super().fail(reason)
        self.download_button.setText("Try again")

    def _take(self, found: Path) -> None:
        self._session.message.emit(f"{DATA_SETS.get(self.name, self.name)} is installed in {found}.")
        self.fetched.emit(self.name, found)
        self.accept()

    def _look(self) -> None:
        transfer = self._transfer
        if transfer is None or not transfer.name:
            return
        done = transfer.done / _MEGABYTE
        if transfer.total:
            self.progress.show_part(transfer.done, transfer.total)
            self.status.setText(f"{transfer.name}: {done:.1f} of {transfer.total / _MEGABYTE:.1f} MB")
        else:
            self.status.setText(f"{transfer.name}: {done:.1f} MB")

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, f"Choose a folder with the files of {DATA_SETS.get(self.name, self.name)}"
        )
        if chosen:
            self.take_from(Path(chosen))

    def show_busy(self, busy: bool) -> None:
        """Allow one transfer at a time; what a cancelled one has got is kept, and the next continues from it."""
        super().show_busy(busy)
        if not busy:
            self._transfer = None
            self._timer.stop()
        self.status.setVisible(busy)
        self.folder_button.setEnabled(not busy)
