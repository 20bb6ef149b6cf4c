"""The selected neuron, shared by all panels."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from stdpbench.learned_names import SHOWN_POPULATION, SHOWN_PROJECTION, weights_of


class NeuronSelection(QObject):
    """The selected neuron, and the population and projection that panels show which can only show one of each.

    Attributes
    ----------
    neuron : int
        Its index; -1 if none is selected.
    population, projection : str
        Names of the population that the neuron is one of, and of the projection whose weights are shown.
    neuron_changed : signal of int
        Another neuron was selected.
    """

    neuron_changed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.neuron = -1
        self.population, self.projection = SHOWN_POPULATION, SHOWN_PROJECTION

    @property
    def weights(self) -> str:
        """Name of the learned array with the weights of the projection."""
        return weights_of(self.projection)

    @property
    def thresholds(self) -> str:
        """Name of the learned array with the thresholds of the population."""
        return f"{self.population}.theta"

    def select_neuron(self, neuron: int) -> None:
        """Select a neuron; -1 for none."""
        if neuron != self.neuron:
            self.neuron = neuron
            self.neuron_changed.emit(neuron)
