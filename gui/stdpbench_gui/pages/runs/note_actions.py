"""Titles, notes, tags and stars of runs: changed in threads, and undone like other steps of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.notes import Notes, change_notes, read_notes
from stdpbench_gui.dialogs.notes_dialog import NotesDialog
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.notices import Notices

_VALUES = ("title", "text", "tags", "starred")


class NoteActions(QObject):
    """Changes what is noted on runs.

    Attributes
    ----------
    changed : signal
        Notes were changed; read the runs folder again.
    neuron_wanted : signal of (Path, str, int)
        Request to show a neuron: the run folder, its population, and its index.
    dialog : NotesDialog or None
        The dialog opened last.
    """

    changed = pyqtSignal()
    neuron_wanted = pyqtSignal(object, str, int)

    def __init__(self, background: Background, notices: Notices, steps: History, parent: QWidget) -> None:
        super().__init__(parent)
        self._background, self._notices, self._steps = background, notices, steps
        self._window = parent
        self.dialog: NotesDialog | None = None

    def star(self, entries: Sequence[Entry]) -> None:
        """Give runs a star or, if all have one, take it away."""
        on = not all(entry.starred for entry in entries)
        self._change(entries, lambda notes: notes.with_star(on), "the star" if on else "taking the star away")

    def write(self, entry: Entry, column: str, text: str) -> None:
        """Put the text of a cell: a title, tags separated by commas or spaces, or notes."""
        change: dict[str, Callable[[Notes], Notes]] = {
            "title": lambda notes: notes.with_title(text),
            "tags": lambda notes: notes.with_tags(tags_in(text)),
            "notes": lambda notes: notes.with_text(text),
        }
        self._change([entry], change[column], f"the {column}")

    def open(self, entry: Entry) -> None:
        """Open the notes on a run."""
        self._background.do(
            lambda: read_notes(entry.path),
            lambda notes: self._show(entry, notes),
            lambda reason: self._fail(entry.name, reason),
        )

    def _show(self, entry: Entry, notes: Notes) -> None:
        dialog = NotesDialog(entry.name, notes, self._window)
        dialog.saved.connect(lambda change: self._change([entry], change, "the notes"))
        dialog.neuron_wanted.connect(lambda name, number: self.neuron_wanted.emit(entry.path, name, number))
        self.dialog = dialog
        dialog.open()

    def _change(self, entries: Sequence[Entry], change: Callable[[Notes], Notes], what: str) -> None:
        names = entries[0].title or entries[0].name if len(entries) == 1 else f"{len(entries)} runs"
        paths = [entry.path for entry in entries]
        made: list[tuple[Path, dict[str, Any], dict[str, Any]]] = []

        def work() -> None:
            for path in paths:
                before, after = change_notes(path, change)
                changed = [name for name in _VALUES if getattr(before, name) != getattr(after, name)]
                if changed:
                    old, new = ({name: getattr(notes, name) for name in changed} for notes in (before, after))
                    made.append((path, old, new))

        def put(place: int) -> str:
            for path, *values in made:
                change_notes(path, lambda notes, values=values: replace(notes, **values[place]))  # type: ignore[misc]
            return f"{('Undid', 'Redid')[place]} {what} of {names}."

        def done(_: object = None) -> None:
            if made:
                self._steps.do(f"{what} of {names}", lambda: put(0), lambda: put(1))
                self.changed.emit()

        def fail(reason: str) -> None:
            done()
            self._fail(names, reason)

        self._background.do(work, done, fail)

    def _fail(self, names: str, reason: str) -> None:
        self._notices.add_notice(f"Cannot change the notes on {names}: {reason}", True)


def tags_in(text: str) -> list[str]:
    """Return the tags in a line of text."""
    return [word for word in re.split(r"[\s,]+", text) if word]
