"""Client of the process that evaluates a run (`stdpbench.studies.report.service`), and what writes its report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices

from stdpbench_gui.session.helper_process import Arrays, HelperProcess
from stdpbench_gui.widgets.notices import Notices, Task


class ReportWriter(QObject):
    """Writes one report at a time.

    Attributes
    ----------
    changed : signal
        A report was started or has ended.
    """

    changed = pyqtSignal()

    def __init__(self, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = notices
        self._helper = Helper(self)
        self._helper.progress.connect(self._on_progress)
        self._task: Task | None = None
        self._name = ""

    @property
    def busy(self) -> bool:
        """Whether a report is being written."""
        return self._task is not None

    def write(self, path: Path) -> None:
        """Start writing the report of a run."""
        self._helper.turn_to(path)
        self._name = path.name
        self._task = self._notices.add_task(f"Writing the report of {path.name}:")
        self._task.cancel.clicked.connect(lambda _=False: self._give_up())
        self._helper.ask("report", self._take, self._fail)
        self.changed.emit()

    def give_up(self) -> None:
        """End the process as the window closes."""
        self._helper.give_up()

    def _on_progress(self, phase: str, done: int, total: int) -> None:
        if self._task is not None:
            self._task.phase, self._task.done, self._task.total = phase, done, total
            self._task.look()

    def _take(self, value: Mapping[str, Any], arrays: Arrays) -> None:
        page = Path(value["page"])
        self._end(f"Wrote the report of {self._name} to {page}")
        open_page(page)

    def _fail(self, reason: str) -> None:
        self._end(f"Cannot write the report of {self._name}: {reason}", True)

    def _give_up(self) -> None:
        self._helper.give_up()
        self._end(f"Report of {self._name} cancelled; an earlier report is unchanged")

    def _end(self, sentence: str, failed: bool = False) -> None:
        if self._task is not None:
            self._notices.end_task(self._task)
            self._task = None
        self._notices.add_notice(sentence, failed, brief=not failed)
        self.changed.emit()


def open_page(page: Path) -> None:
    """Open a page in the browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))


class Helper(HelperProcess):
    """Sends requests about one run at a time to a process."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: Path | None = None

    def turn_to(self, folder: Path) -> None:
        """Switch to this run, and cancel requests about another one."""
        if folder != self._folder:
            self.give_up()
            self._folder = folder

    def command(self) -> list[str]:
        """Return the service and the run."""
        return ["stdpbench.studies.report.service", str(self._folder)]
