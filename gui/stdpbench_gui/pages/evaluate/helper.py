"""Client of the process that evaluates a finished run (`stdpbench.studies.report.service`)."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject

from stdpbench_gui.session.helper_process import HelperProcess


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
