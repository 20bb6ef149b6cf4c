"""What of the responses of a run is exported: those that it has kept, or with potentials of some neurons."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDialogButtonBox, QLineEdit, QSpinBox, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.report.recordings import neurons_named
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Dialog, ProblemLabel, named, wrapped
from stdpbench_gui.widgets.layouts import form, vbox

_MOST = 1_000_000
_HINT = (
    "Without neurons, the spikes that the run has kept of the population that is read. With neurons, stimuli are "
    "presented again, and potentials of these neurons and spikes of all populations are written."
)


class ExportResponsesDialog(Dialog):
    """Asks for the neurons whose potentials are exported, and for the number of stimuli.

    Attributes
    ----------
    chosen : signal of (dict of str to list of int, int)
        The neurons by population, and the number of stimuli; 0: all, or if they are presented again, 100.
    """

    chosen = pyqtSignal(object, int)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(f"Export responses of {name}", parent)
        self.setAccessibleName(f"Export responses of {name}")
        self.neurons = named(QLineEdit(), "Neurons whose potentials are exported")
        self.neurons.setPlaceholderText("none; exc=0,3,7 inh=1")
        self.stimuli = named(QSpinBox(), "Number of stimuli, from the first")
        self.stimuli.setRange(0, _MOST)
        self.stimuli.setSpecialValueText("all; 100 with potentials")
        self.problem = ProblemLabel()
        fields = form(("&Potentials of", self.neurons), ("&Stimuli", self.stimuli))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        file = buttons.addButton("Choose &file…", QDialogButtonBox.ButtonRole.AcceptRole)
        assert file is not None
        file.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        hint = wrapped(_HINT, "faint")
        vbox(fields, hint, self.problem, buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        self.resize(520, 220)
        self.neurons.setFocus()

    def accept(self) -> None:
        """Tell what was chosen, or say what is not valid."""
        try:
            neurons = neurons_named(self.neurons.text().split())
        except StdpbenchError as error:
            self.problem.say(f"⚠ {error}.")
            return
        super().accept()
        self.chosen.emit(neurons, self.stimuli.value())
