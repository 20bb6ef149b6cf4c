"""A choice of one of the runs in the runs folder, or of none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import pyqtSignal

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench_gui.session.background import Background
from stdpbench_gui.widgets.parameter_fields import Choice

_MOST = 500


class RunChoice(Choice):
    """A drop-down list of runs, newest first, which a thread reads.

    Parameters
    ----------
    runs : Path
        The runs folder.
    none : str
        Text of the first item, which stands for no run.
    fits : callable
        Whether a run can be chosen.
    name : str
        Name of the list for screen readers.

    Attributes
    ----------
    chosen : signal of Path or None
        The user has chosen a run.
    """

    chosen = pyqtSignal(object)

    def __init__(self, runs: Path, none: str, fits: Callable[[Entry], bool], name: str) -> None:
        super().__init__((none,))
        self._runs, self._fits = runs, fits
        self.setAccessibleName(name)
        self._background = Background(self, 1)
        self._wanted: Path | None = None
        self.activated.connect(lambda _: self.chosen.emit(self.path))

    @property
    def path(self) -> Path | None:
        """Folder of the chosen run."""
        found: Path | None = self.currentData()
        return found

    def fill(self) -> None:
        """Read the runs folder in a thread and list its runs."""
        runs = self._runs

        def look() -> list[Entry]:
            try:
                return newest(runs, _MOST)
            except (StdpbenchError, OSError):  # the Runs page says why
                return []

        self._background.do(look, self._take)

    def _take(self, entries: list[Entry]) -> None:
        while self.count() > 1:
            self.removeItem(1)
        for entry in filter(self._fits, entries):
            self.addItem(f"{entry.title} · {entry.name}" if entry.title else entry.name, entry.path)
        self.show_path(self._wanted)

    def show_path(self, path: Path | None) -> None:
        """Show a run, which is added to the list if it is not in it; None: no run."""
        self._wanted = path
        place = 0 if path is None else next((i for i in range(1, self.count()) if self.itemData(i) == path), -1)
        if place < 0 and path is not None:
            self.insertItem(1, path.name, path)
            place = 1
        self.setCurrentIndex(place)
