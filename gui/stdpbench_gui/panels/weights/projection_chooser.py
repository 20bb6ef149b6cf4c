"""The choice of the projection whose weights are shown, and of its delays in place of them."""

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


class QuantityChooser(QComboBox):
    """A combo box with what is shown of synapses: weights or delays; hidden where they have no delays of their own."""

    def __init__(self, selection: NeuronSelection) -> None:
        super().__init__()
        self._selection = selection
        self.addItems(("weights", "delays"))
        self.setToolTip("Weights, or axonal delays: the time from a spike of the source to its arrival")
        self.setAccessibleName("Weights or delays")

    @property
    def delays(self) -> bool:
        """Whether delays are chosen, and the projection on display has some."""
        return self._selection.has_delays and self.currentIndex() == 1

    def follow(self) -> None:
        """Show itself if the projection on display has delays."""
        self.setVisible(self._selection.has_delays)
