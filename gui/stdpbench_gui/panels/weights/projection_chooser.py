"""The choice of the projection whose weights are shown."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QComboBox

from stdpbench_gui.session.neuron_selection import NeuronSelection


class ProjectionChooser(QComboBox):
    """A combo box with the projections that can be shown; hidden where there is no choice."""

    def __init__(self, selection: NeuronSelection) -> None:
        super().__init__()
        self._selection = selection
        self.setAccessibleName("Projection")
        self.setToolTip("Projection whose weights are shown; the panels of neurons show its target")
        self.currentIndexChanged.connect(lambda row: selection.choose(self.itemText(row)))

    def follow(self) -> None:
        """Offer the projections of the network on display."""
        names, graph = self._selection.projections, self._selection.graph
        each = graph.projections if graph is not None else {}
        with QSignalBlocker(self):
            if names != tuple(self.itemText(row) for row in range(self.count())):
                self.clear()
                self.addItems(names)
            for row, name in enumerate(names):
                ends = f"{each[name].source} → {each[name].target}"
                self.setItemData(row, ends, Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(self.findText(self._selection.projection))
        self.setVisible(len(names) > 1)
