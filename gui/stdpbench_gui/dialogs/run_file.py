"""Confirmation before running an experiment file, with its description and a forecast of the time."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from stdpbench.experiment import Experiment
from stdpbench.learned_names import listed
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import wrapped
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import vbox


class RunFileDialog(QDialog):
    """Describes an experiment file and offers to start it.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment.
    network_wanted : signal of Experiment
        Request to edit the network before the run is started.
    """

    chosen = pyqtSignal(object)
    network_wanted = pyqtSignal(object)

    def __init__(self, experiment: Experiment, runs: Path, session: RunSession, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Run an experiment file")
        self.setAccessibleName("Run an experiment file")
        self.setMinimumWidth(520)
        about = experiment.about
        self.time = ForecastLabel(runs, session)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start_button = QPushButton("Start learning")
        self.start_button.setObjectName("primary")
        self.start_button.setDefault(True)
        buttons.addButton(self.start_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.network_button = QPushButton("Edit network…")
        buttons.addButton(self.network_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.network_button.clicked.connect(self.reject)
        self.network_button.clicked.connect(lambda _: self.network_wanted.emit(experiment))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(experiment))
        layout = vbox(
            wrapped(about.title or experiment.name, "cardtitle"),
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )
        if about.summary:
            layout.addWidget(wrapped(about.summary))
        graph = experiment.graph()
        kinds = dict.fromkeys(getattr(graph.projections[name].plasticity, "kind", "") for name in graph.plastic)
        rules = f"rule{'s' if len(kinds) > 1 else ''} {listed(kinds)}, " if kinds else ""
        text = (
            f"{experiment.name}, seed {experiment.seed}: {graph.n_read} {graph.read} neurons, {rules}data "
            f"{getattr(experiment.data, 'kind', '')}."
        )
        layout.addWidget(wrapped(text, "faint"))
        if about.expected_accuracy:
            layout.addWidget(wrapped(f"Accuracy: {about.expected_accuracy}", "faint"))
        layout.addWidget(self.time)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.time.show_for(experiment, trust=True)
