"""Titles, notes, tags and stars of a run and its neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stdpbench.api.arguments import whole_number
from stdpbench.api.view import RunView
from stdpbench.runs.folder.notes import NeuronNote, Notes, change_notes, neuron_of, read_notes


class NotedRun(RunView):
    """What people note on a run, stored in its folder in ``notes.json``; no result or digest depends on it."""

    @property
    def title(self) -> str:
        """Name of the run for people, a line; set it to change it. `name`, that of the folder, stays as it is."""
        return self._noted.title

    @title.setter
    def title(self, title: str) -> None:
        self._note(lambda notes: notes.with_title(title))

    @property
    def notes(self) -> str:
        """Free text on the run; set it to change it."""
        return self._noted.text

    @notes.setter
    def notes(self, text: str) -> None:
        self._note(lambda notes: notes.with_text(text))

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the run, words that several runs can share; set it to a list of words to change it."""
        return self._noted.tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self._note(lambda notes: notes.with_tags(tags))

    @property
    def starred(self) -> bool:
        """Whether the run has a star; set it to change it."""
        return self._noted.starred

    @starred.setter
    def starred(self, on: bool) -> None:
        self._note(lambda notes: notes.with_star(on))

    @property
    def neuron_notes(self) -> dict[tuple[str, int], NeuronNote]:
        """What is noted on neurons, by population and index; `note_neuron` changes it.

        A `NeuronNote` has ``starred``, ``text`` and ``tags``, the words of the text that begin with ``#``.
        """
        return dict(self._noted.neurons)

    def note_neuron(
        self, neuron: int, text: str | None = None, *, starred: bool | None = None, population: str = ""
    ) -> None:
        """Note something on a neuron, or give it a star.

        Parameters
        ----------
        neuron : int
            Its index in the population.
        text : str, optional
            Free text. Default: it stays as it is.
        starred : bool, optional
            Whether it has a star. Default: it stays as it is.
        population : str
            Name of its population. Default: the one that is read.

        Raises
        ------
        StdpbenchError
            If there is no such neuron, or the notes cannot be saved.

        Examples
        --------
        >>> run.note_neuron(137, "answers to 4 and 9", starred=True)
        """
        index = whole_number(neuron, "the index of a neuron")
        name, number = neuron_of(self._folder, population, index)
        self._note(lambda notes: notes.with_neuron(name, number, text, starred))

    @property
    def _noted(self) -> Notes:
        return read_notes(self.path)

    def _note(self, change: Any) -> None:
        change_notes(self.path, change)
