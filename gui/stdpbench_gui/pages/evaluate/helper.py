"""The process that measures a finished run (`stdpbench.report.service`), as the Evaluate page asks it."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject

from stdpbench_gui.session.background import Background
from stdpbench_gui.session.helper_process import HelperProcess


class Helper(HelperProcess):
    """Asks a process about one run at a time."""

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(background, parent)
        self._folder: Path | None = None

    def turn_to(self, folder: Path) -> None:
        """Measure this run from now on; what was asked about another one is given up."""
        if folder != self._folder:
            self.give_up()
            self._folder = folder

    def command(self) -> list[str]:
        """The desk, with the run and a folder for arrays."""
        return ["-P", "-m", "stdpbench.report.service", str(self._folder), self._scratch.name]
