"""The star and the note of the selected neuron, and the list of those that have one."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from stdpbench_gui.look import theme
from stdpbench_gui.session.neuron_notes import NeuronNotes
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import menu_action, not_none, plain_tip
from stdpbench_gui.widgets.layouts import hbox

_LONGEST = 60  # letters of a note in the menu


class StarBar(QWidget):
    """A button for the star of the selected neuron, with a menu of noted neurons and for its note."""

    def __init__(self, session: RunSession) -> None:
        super().__init__()
        self._session = session
        self.notes = NeuronNotes.of(session)
        self.dialog: QInputDialog | None = None
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.toggled.connect(lambda on: self.notes.put(session.selection.neuron, starred=on))
        self.menu = QMenu(self.button)
        self.menu.aboutToShow.connect(self.fill)
        self.button.setMenu(self.menu)
        hbox(self.button, within=self, spacing=theme.GRID // 2)
        for signal in (session.selection.neuron_changed, session.selection.shown_changed, self.notes.changed):
            signal.connect(lambda *_: self.refresh())
        session.opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the star of the selected neuron."""
        neuron = self._session.selection.neuron
        note = self.notes.note(neuron)
        with QSignalBlocker(self.button):
            self.button.setChecked(note.starred)
        self.button.setText("★" if note.starred else "☆")
        self.button.setEnabled(self._session.folder is not None)
        word = "Take the star away" if note.starred else "Star the selected neuron"
        text = f"\n{note.text}" if note.text else ""
        self.button.setToolTip(plain_tip(f"{word}; the menu lists all that have one{text}"))
        self.button.setAccessibleName(f"{'Starred' if note.starred else 'Not starred'} neuron; menu of noted neurons")

    def fill(self) -> None:
        """List the noted neurons of the population on display; choosing one selects it."""
        self.menu.clear()
        selection = self._session.selection
        menu_action(self.menu, "Note on this neuron…", self.ask).setEnabled(selection.neuron >= 0)
        noted = [
            (number, note)
            for (population, number), note in self.notes.notes.neurons.items()
            if population == selection.population
        ]
        if noted:
            self.menu.addSeparator()
        for number, note in noted:
            words = " ".join(note.text.split()).replace("&", "&&")
            short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
            text = f"{'★ ' if note.starred else ''}{selection.population} {number}{f': {short}' if short else ''}"
            menu_action(self.menu, text, partial(selection.select_neuron, number))
        if not noted:
            not_none(self.menu.addAction("No neuron is noted yet")).setEnabled(False)

    def ask(self) -> None:
        """Ask for the note on the selected neuron."""
        neuron = self._session.selection.neuron
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(f"Note on neuron {neuron}")
        dialog.setLabelText(f"Note on neuron {neuron} of {self._session.selection.population}:")
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue(self.notes.note(neuron).text)
        dialog.textValueSelected.connect(lambda text: self.notes.put(neuron, text))
        self.dialog = dialog
        dialog.open()
