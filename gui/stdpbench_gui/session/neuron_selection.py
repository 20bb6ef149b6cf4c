"""The selected neuron, shared by all panels."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal


class NeuronSelection(QObject):
    """The selected exc neuron.

    Attributes
    ----------
    neuron : int
        Its index; -1 if none is selected.
    neuron_changed : signal of int
        Another neuron was selected.
    """

    neuron_changed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.neuron = -1

    def select_neuron(self, neuron: int) -> None:
        """Select an exc neuron; -1 for none."""
        if neuron != self.neuron:
            self.neuron = neuron
            self.neuron_changed.emit(neuron)
