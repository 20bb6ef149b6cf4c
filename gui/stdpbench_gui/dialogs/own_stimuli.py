"""The user's own signals, events or tables: preview them with their spikes, and make an experiment from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PyQt6.QtWidgets import QWidget

from stdpbench.data.datasets import Source, Split
from stdpbench.data.datasets.recognition import stimuli_at
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Experiment
from stdpbench.experiment.own_stimuli import (
    StimuliNetwork,
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
from stdpbench_gui.widgets.basic import not_none
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox


class OwnStimuliDialog(OwnDialog):
    """Makes an experiment from signals, events or the rows of a table.

    Attributes
    ----------
    preview : EncodingPreviewBox
        One stimulus and its spikes.
    """

    def __init__(self, session: RunSession, runs: Path, path: Path, parent: QWidget | None = None) -> None:
        patterns = "Signals, events and tables (*.npz *.csv *.ts *.h5 *.hdf5)"
        super().__init__(session, runs, "Your own data", parent, patterns=patterns)
        self._read: tuple[Source, Split] | None = None
        self.place.setAccessibleName("Location of the data")
        self.folder_button.setToolTip("A folder of CSV files, one per signal, with one subfolder per class")
        self.file_button.setToolTip("An .npz, .csv, .ts or .h5 file")
        self.preview = EncodingPreviewBox(session)
        self._lay_out(self.preview, (2, 3))
        self.resize(1000, 640)
        self.take(path)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        super().restyle()
        self.preview.restyle()

    def take(self, path: Path) -> None:
        """Preview a file or folder; of pictures, leave that to the dialog for them."""
        self._show_path(path)

        def read() -> tuple[Source, Split] | None:
            source = stimuli_at(path)
            return None if source is None else (source, source.prepare())

        def done(found: tuple[Source, Split] | None) -> None:
            if found is None:
                self.other_wanted.emit(path)
                self.reject()
                return
            source, split = self._read = found
            name, encoding = experiment_name(path), encoders_for(source)[0]
            self._suggest(source, StimuliNetwork(name=name, n_exc=suggested_neurons(split), encoding=encoding))
            self._refresh()

        self._work(read, done, self._fail)

    def _declared(self) -> dict[str, Parameter]:
        """Return the settings of the network."""
        source, declared = self._parts["data"], super()._declared()
        assert isinstance(source, Source)
        encoding = replace(declared["encoding"], type="choice", choices=encoders_for(source))
        return declared | {"encoding": encoding}

    def _refresh(self) -> None:
        """Make the experiment from the settings, in a thread."""
        known, split = not_none(self._read)
        source, network = self._parts["data"], self._parts["network"]
        assert isinstance(source, Source)
        assert isinstance(network, StimuliNetwork)
        self._forget()

        def make() -> tuple[Source, Split, Experiment]:
            read = split if source == known else source.prepare()
            made = experiment_on_stimuli(source, read, network.encoding, network.n_exc, network.name)
            check_brightness(made, read)
            return source, read, made

        self._work(make, lambda found: self._take_made(*found), self._fail)

    def _take_made(self, source: Source, split: Split, made: Experiment) -> None:
        self._read = source, split
        self.status.setText(stimuli_sentence(source, split))
        size = Size.of(split)
        plan = self._plan(made, size.n_input(made), len(split.train))
        rest = (
            f"{made.schedule.stimulus:g} ms at most per stimulus. "
            "These settings are a starting point, not tuned for your data."
        )
        self._show_experiment(made, plan=f"{plan} {rest}")
        self.time.show_for(made, size)
        self.preview.show_for(made)

    def _fail(self, reason: str) -> None:
        if self._read is None:
            self.status.setText("The data could not be read.")
        super()._fail(reason)

    def done(self, result: int) -> None:
        """Cancel reading, and the preview."""
        self.preview.show_for(None)
        super().done(result)
