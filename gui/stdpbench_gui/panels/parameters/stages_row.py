"""The stages of the training in the Parameters panel, and a button for a run with other ones."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QPushButton, QWidget

from stdpbench.experiment import Experiment
from stdpbench.experiment.draft_stages import stages_in_words
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox

STAGES = "schedule.stages"


class StagesRow(QWidget):
    """What learns in which stage.

    Attributes
    ----------
    new_run_wanted : signal of str
        The path of the stages.
    """

    new_run_wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        name = Label("stages")
        name.setObjectName("parametername")
        self.words = wrapped("", "faint")
        self.words.setAccessibleName(STAGES)
        self.new_run = QPushButton("new run…")
        self.new_run.setFlat(True)
        self.new_run.setObjectName("newrun")
        self.new_run.setAccessibleName(f"New run from here with a different {STAGES}")
        self.new_run.clicked.connect(lambda _: self.new_run_wanted.emit(STAGES))
        margins = (3 * theme.GRID, 0, theme.GRID // 2, theme.GRID // 2)
        vbox(
            hbox(name, self.new_run, STRETCH, spacing=theme.GRID), self.words, within=self, margins=margins, spacing=0
        )

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the stages of an experiment."""
        self.words.setText(stages_in_words(experiment))
