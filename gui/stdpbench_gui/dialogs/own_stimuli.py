"""The user's own signals, events or tables: preview them with their spikes, and make an experiment from them."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QComboBox, QFileDialog, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Source, Split
from stdpbench.data.datasets.recognition import stimuli_at
from stdpbench.experiment import Experiment
from stdpbench.experiment.own_stimuli import (
    encoders_for,
    experiment_on_stimuli,
    stimuli_sentence,
    suggested_neurons,
)
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.preparation.own_data import experiment_name
from stdpbench.runs.preparation.start import check_brightness
from stdpbench_gui.dialogs.own_dialog import OwnDialog
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import named
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox

_FILTER = "Signals, events and tables (*.npz *.csv *.ts *.h5 *.hdf5);;All files (*)"


class OwnStimuliDialog(OwnDialog):
    """Makes an experiment from signals, events or the rows of a table.

    Attributes
    ----------
    preview : EncodingPreviewBox
        One stimulus and its spikes.
    """

    def __init__(self, session: RunSession, runs: Path, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(session, runs, "Your own data", parent)
        self._source: Source | None = None
        self._split: Split | None = None
        self.place.setAccessibleName("Location of the data")
        self.folder_button.setToolTip("A folder of CSV files, one per signal, with one subfolder per class")
        self.file_button.setToolTip("An .npz, .csv, .ts or .h5 file")
        self.preview = EncodingPreviewBox(session)
        self.encoder = named(
            QComboBox(), "Encoding", tip="How stimuli become spikes; its parameters follow from the data"
        )
        self.n_exc.setKeyboardTracking(False)
        self.encoder.activated.connect(lambda _: self._timer.start())
        self.n_exc.valueChanged.connect(lambda _: self._timer.start())
        self.name.textEdited.connect(lambda _: self._timer.start())
        self._lay_out("Data", ("encoding", self.encoder), self.preview, (2, 3))
        self.resize(1000, 640)
        self.take(path)

    # -- location --------------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Preview a file or folder; of pictures, leave that to the dialog for them."""
        self._show_path(path)
        self._forget()

        def read() -> tuple[Source, Split] | None:
            source = stimuli_at(path)
            return None if source is None else (source, source.prepare())

        def done(found: tuple[Source, Split] | None) -> None:
            if found is None:
                self.other_wanted.emit(path)
                self.reject()
                return
            self._take_read(path, *found)

        self._work(read, done, self._fail)

    def _take_read(self, path: Path, source: Source, split: Split) -> None:
        self._source, self._split = source, split
        with QSignalBlocker(self.form):
            self.form.show_dataset(source)
        with QSignalBlocker(self.n_exc):
            self.n_exc.setValue(suggested_neurons(split))
        self.encoder.clear()
        self.encoder.addItems(encoders_for(source))
        self.name.setText(experiment_name(path))
        self._refresh()

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of signals", str(self._path))
        if chosen:
            self.take(Path(chosen))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a file", str(self._path), _FILTER)
        if chosen:
            self.take(Path(chosen))

    # -- the experiment --------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Make the experiment anew from the form, in a thread."""
        known, split = self._source, self._split
        if known is None or split is None:
            return
        try:
            source = self.form.dataset()
        except StdpbenchError as error:
            self._fail(str(error))
            return
        encoder, n_exc, name = self.encoder.currentText(), self.n_exc.value(), self.name.text().strip() or "own-data"
        self._forget()

        def make() -> tuple[Source, Split, Experiment]:
            read = split if source == known else source.prepare()
            made = experiment_on_stimuli(source, read, encoder, n_exc, name)
            check_brightness(made, read)
            return source, read, made

        self._work(make, lambda found: self._take_made(*found), self._fail)

    def _take_made(self, source: Source, split: Split, made: Experiment) -> None:
        self._source, self._split, self._experiment = source, split, made
        self.status.setText(stimuli_sentence(source, split))
        self._show_problem("")
        self._enable(True)
        size, passes = Size.of(split), made.schedule.passes
        self.plan.setText(
            f"{thousands(size.n_input(made))} inputs, weights per neuron sum to {made.network.weight_sum:g}; "
            f"{made.schedule.stimulus:g} ms at most per stimulus; "
            f"{passes} pass{'es' if passes > 1 else ''}, {thousands(passes * len(split.train))} presentations. "
            "These settings are a starting point, not tuned for your data."
        )
        self.time.show_for(made, size)
        self.preview.show_for(made)

    def _fail(self, reason: str) -> None:
        self._forget()
        if self._split is None:
            self.status.setText("The data could not be read.")
        self.plan.setText("")
        self.time.show_for(None)
        self._show_problem(f"{reason.rstrip('.')}.")

    def _forget(self) -> None:
        self._experiment = None
        self._enable(False)

    def done(self, result: int) -> None:
        """Cancel reading, and the preview."""
        self.preview.show_for(None)
        super().done(result)
