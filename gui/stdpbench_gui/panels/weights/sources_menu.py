"""The menu that chooses what the weight map shows: weights, or a difference."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from stdpbench.base.units import thousands
from stdpbench_gui.panels.weights.weight_sources import WeightSources
from stdpbench_gui.widgets.basic import menu_action


class SourcesMenu(QMenu):
    """Menu for weights, or their difference to the start, a checkpoint, or another run."""

    def __init__(self, sources: WeightSources, parent: QWidget) -> None:
        super().__init__("Show", parent)
        self._sources = sources
        menu_action(self, "Weights", sources.compare_with_nothing)
        menu_action(self, "Difference from the start", sources.compare_with_start)
        self._checkpoints = QMenu("Difference from a checkpoint", self)
        self.addMenu(self._checkpoints)
        menu_action(self, "Difference from another run…", self._choose_run)
        self.aboutToShow.connect(self._list_checkpoints)

    def _list_checkpoints(self) -> None:
        self._checkpoints.clear()
        for position in self._sources.positions:
            compare = partial(self._sources.compare_with_checkpoint, position)
            menu_action(self._checkpoints, f"at presentation {thousands(position)}", compare)
        self._checkpoints.setEnabled(bool(self._sources.positions))

    def _choose_run(self) -> None:
        folder = self._sources.folder
        if folder is not None:
            chosen = QFileDialog.getExistingDirectory(self, "Choose a run to compare with", str(folder.path.parent))
            if chosen:
                self._sources.compare_with_run(Path(chosen))
