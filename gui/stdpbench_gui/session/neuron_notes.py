"""Title of the run on display, and stars and notes of its neurons."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal

from stdpbench.runs.folder.notes import NeuronNote, Notes, change_notes, read_notes
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench_gui.session.run_session import PartOfSession, RunSession


class NeuronNotes(PartOfSession):
    """What is noted on the run on display and its neurons; read when the run is opened, and changed in threads.

    Attributes
    ----------
    notes : Notes
        The notes on the run.
    changed : signal
        `notes` has changed.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._folder: RunFolder | None = None
        self._wanted: tuple[Path, str, int] | None = None
        self.notes = Notes()
        session.opened.connect(self.look)
        self.look()

    @property
    def starred(self) -> list[int]:
        """The neurons of the population on display that have a star, in order."""
        return self.notes.starred_neurons(self._session.selection.population)

    def note(self, neuron: int) -> NeuronNote:
        """Return what is noted on a neuron of the population on display."""
        return self.notes.neurons.get((self._session.selection.population, neuron), NeuronNote())

    def show(self, path: Path, population: str, neuron: int) -> None:
        """Open a run and select one of its neurons."""
        self._wanted = path, population, neuron
        self._session.open(path)

    def look(self) -> None:
        """Read the notes on the run on display."""
        folder, wanted = self._session.folder, self._wanted
        if wanted is not None and folder is not None and folder.path == wanted[0]:
            self._wanted = None
            self._session.selection.choose_item(wanted[1])
            self._session.selection.select_neuron(wanted[2])
        if folder is None or self._folder is None or folder.path != self._folder.path:
            self._folder = folder
            self._take(folder, Notes())
        if folder is not None:
            self._session.work(
                lambda: read_notes(folder.path),
                lambda notes: self._take(folder, notes),
                "The notes on the run are not shown",
                owner=self,
            )

    def put(self, neuron: int, text: str | None = None, starred: bool | None = None) -> None:
        """Note something on a neuron of the population on display; None leaves a value as it is."""
        folder, population = self._session.folder, self._session.selection.population
        if folder is None or neuron < 0:
            return
        self._session.work(
            lambda: change_notes(folder.path, lambda notes: notes.with_neuron(population, neuron, text, starred))[1],
            lambda notes: self._take(folder, notes),
            f"Nothing is noted on neuron {neuron}",
            owner=self,
        )

    def _take(self, folder: RunFolder | None, notes: Notes) -> None:
        if folder is self._session.folder and notes != self.notes:
            self.notes = notes
            self.changed.emit()
