"""Download of a published data set with progress, or import from a folder; both in a thread."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialog, QFileDialog, QWidget

from stdpbench.base.paths import data_folders
from stdpbench.data.datasets import fetch as fetching
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Job, check_cancelled
from stdpbench_gui.session.machine import DATA_SETS
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.timers import timer
from stdpbench_gui.widgets.basic import ProblemLabel, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.progress_bar import ProgressBar

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


class FetchDialog(QDialog):
    """Asks for the source of a data set, gets it, and shows progress.

    Attributes
    ----------
    fetched : signal of (str, Path)
        Name and folder of the data set, once it is installed.
    """

    fetched = pyqtSignal(str, object)

    def __init__(self, name: str, session: RunSession, parent: QWidget | None = None, why: str = "") -> None:
        words = DATA_SETS.get(name, name)
        super().__init__(parent)
        self.setWindowTitle(f"Get {words}")
        self.name = name
        self._session = session
        self._transfer: _Transfer | None = None
        self._job: Job | None = None
        where = f"to {data_folders()[0]}. Or choose a folder with its four files."
        self.text = wrapped(f"{why} {'It' if why else words} is downloaded once (10 to 30 MB) {where}".strip())
        self.progress = ProgressBar("Progress of the download", thin=False)
        self.status = wrapped("", "faint")
        self.problem = ProblemLabel()
        self.download_button = push_button(f"Download {words}", clicked=self.download, style="primary")
        self.download_button.setDefault(True)
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
        self._show_busy(False)
        self.resize(520, 200)

    def download(self) -> None:
        """Download the files, or continue an interrupted download."""
        self._get(None, "Requesting the files …")

    def take_from(self, folder: Path) -> None:
        """Import the files from a folder."""
        self._get(folder, f"Checking and copying the files of {folder} …")

    def _get(self, source: Path | None, words: str) -> None:
        self._transfer = transfer = _Transfer()
        self.problem.hide()
        self.status.setText(words)
        self.progress.setRange(0, 0)
        self._show_busy(True)
        self._timer.start()

        def work() -> Path:
            return fetching.fetch(self.name, source=source, progress=False, report=transfer.report)

        self._job = self._session.work(work, self._take, failed=self._fail, owner=self)

    def _fail(self, reason: str) -> None:
        self._end()
        self.problem.say(f"⚠ {reason.rstrip('.')}.")
        self.download_button.setText("Try again")

    def _take(self, found: Path) -> None:
        self._end()
        self._session.message.emit(f"{DATA_SETS.get(self.name, self.name)} is installed in {found}.")
        self.fetched.emit(self.name, found)
        self.accept()

    def _end(self) -> None:
        self._job = self._transfer = None
        self._timer.stop()
        self._show_busy(False)

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

    def _show_busy(self, busy: bool) -> None:
        self.progress.setVisible(busy)
        self.status.setVisible(busy)
        self.download_button.setEnabled(not busy)
        self.folder_button.setEnabled(not busy)

    def done(self, result: int) -> None:
        """Cancel the transfer; partial files are kept, and the next transfer continues from them."""
        if self._job is not None:
            self._job.cancel()
            self._end()
        super().done(result)
