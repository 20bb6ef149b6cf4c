"""What is noted on a run: title, tags, star, notes, and the neurons with a star."""

from __future__ import annotations

import re
from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialogButtonBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.notes import LONGEST_TITLE, Notes
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import CheckBox, Dialog, ProblemLabel, named, wrapped
from stdpbench_gui.widgets.layouts import form, vbox

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
        self.setAccessibleName(f"Notes on {name}")
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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        vbox(fields, self.problem, buttons, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
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
            return
        self.saved.emit(change)
        super().accept()

    def _show_neuron(self, item: QListWidgetItem) -> None:
        population, number = item.data(Qt.ItemDataRole.UserRole)
        self.neuron_wanted.emit(population, number)
        self.accept()
