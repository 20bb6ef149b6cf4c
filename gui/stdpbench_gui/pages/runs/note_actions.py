"""Titles, notes, tags and stars of runs: changed in threads, and undone like other steps of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.folder.notes import LONGEST_TITLE, Notes, change_notes, read_notes
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.basic import CheckBox, Dialog, ProblemLabel, named, push_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, vbox
from stdpbench_gui.widgets.notices import Notices

_ROWS = 5  # of the list of neurons


class NotesDialog(Dialog):
    """Form for what is noted on a run.

    Attributes
    ----------
    saved : signal of callable
        Saved: a function from the present notes to the new ones, which leaves notes on neurons as they are.
    neuron_wanted : signal of (str, int)
        Request to show a neuron: its population and index.
    """

    saved = pyqtSignal(object)
    neuron_wanted = pyqtSignal(str, int)

    def __init__(self, name: str, notes: Notes, parent: QWidget) -> None:
        super().__init__(f"Notes on {name}", parent)
        self.title = named(QLineEdit(notes.title), "Title")
        self.title.setMaxLength(LONGEST_TITLE)
        self.title.setPlaceholderText(name)
        self.tags = named(QLineEdit(" ".join(notes.tags)), "Tags")
        self.tags.setPlaceholderText("words, separated by spaces or commas")
        self.star = CheckBox("★ starred")
        self.star.setChecked(notes.starred)
        self.text = named(QPlainTextEdit(notes.text), "Notes")
        self.text.setTabChangesFocus(True)
        self.neurons = named(QListWidget(), "Neurons with notes; Enter shows one on the Train page")
        for (population, number), note in notes.neurons.items():
            text = f"{'★' if note.starred else '  '} {population} {number}   {' '.join(note.text.split())}".rstrip()
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, (population, number))
            self.neurons.addItem(item)
        self.neurons.setFixedHeight(_ROWS * self.fontMetrics().lineSpacing() + theme.GRID)
        self.neurons.itemActivated.connect(self._show_neuron)
        self.problem = ProblemLabel()
        hint = wrapped("Stars of neurons are given in the Neuron panel of the Train page.", "faint")
        neurons = self.neurons if notes.neurons else hint
        fields = form(
            ("&Title", self.title), ("Ta&gs", self.tags), ("", self.star), ("&Notes", self.text), ("Neurons", neurons)
        )
        save = push_button("Save", clicked=self.accept, style="primary")
        cancel = push_button("Cancel", clicked=self.reject)
        for button in (save, cancel):
            button.setAutoDefault(False)  # Enter ends the editing of a field
        vbox(
            fields, self.problem, hbox(STRETCH, cancel, save), within=self, margins=2 * theme.GRID, spacing=theme.GRID
        )
        self.resize(520, 380)
        self.title.setFocus()

    def change(self) -> Callable[[Notes], Notes]:
        """Return a function that puts the content of the form into notes.

        Raises
        ------
        StdpbenchError
            If a title or a tag is not valid.
        """
        title, text, star = self.title.text(), self.text.toPlainText(), self.star.isChecked()
        tags = [word for word in re.split(r"[\s,]+", self.tags.text()) if word]

        def put(notes: Notes) -> Notes:
            return notes.with_title(title).with_text(text).with_tags(tags).with_star(star)

        put(Notes())
        return put

    def accept(self) -> None:
        """Save, or say what is not valid."""
        try:
            change = self.change()
        except StdpbenchError as error:
            self.problem.say(f"⚠ {error}.")
        else:
            self.saved.emit(change)
            super().accept()

    def _show_neuron(self, item: QListWidgetItem) -> None:
        population, number = item.data(Qt.ItemDataRole.UserRole)
        self.neuron_wanted.emit(population, number)
        self.accept()


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
            "tags": lambda notes: notes.with_tags([word for word in re.split(r"[\s,]+", text) if word]),
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
