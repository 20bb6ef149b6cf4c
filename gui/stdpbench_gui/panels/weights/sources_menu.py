"""The menu that chooses what the weight map shows: weights, or a difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from stdpbench.units import thousands
from stdpbench_gui.panels.weights.weight_sources import WeightSources
from stdpbench_gui.widgets.basic import not_none


class SourcesMenu(QMenu):
    """Menu for weights, or their difference to the start, a checkpoint, or another run."""

    def __init__(self, sources: WeightSources, parent: QWidget) -> None:
        super().__init__("Show", parent)
        self._sources = sources
        _add(self, "Weights", sources.compare_with_nothing)
        _add(self, "Difference to the start", sources.compare_with_start)
        self._checkpoints = QMenu("Difference to a checkpoint", self)
        self.addMenu(self._checkpoints)
        _add(self, "Difference to another run…", self._choose_run)
        self.aboutToShow.connect(self._list_checkpoints)

    def _list_checkpoints(self) -> None:
        self._checkpoints.clear()
        for position in self._sources.positions:
            _add(
                self._checkpoints,
                f"at presentation {thousands(position)}",
                lambda position=position: self._sources.compare_with_checkpoint(position),  # type: ignore[misc]
            )
        self._checkpoints.setEnabled(bool(self._sources.positions))

    def _choose_run(self) -> None:
        folder = self._sources.folder
        if folder is not None:
            chosen = QFileDialog.getExistingDirectory(self, "Choose a run to compare with", str(folder.path.parent))
            if chosen:
                self._sources.compare_with_run(Path(chosen))


def _add(menu: QMenu, text: str, slot: Callable[[], None]) -> None:
    not_none(menu.addAction(text)).triggered.connect(lambda _=False: slot())
