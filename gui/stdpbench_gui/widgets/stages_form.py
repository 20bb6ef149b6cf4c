"""The stages of the training in a form: which projections learn, for how long, in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QGridLayout, QLineEdit, QMenu, QToolButton, QWidget

from stdpbench.experiment import NetworkDraft
from stdpbench.experiment.draft_stages import (
    WITHOUT_STAGES,
    StageRow,
    adding_stage,
    choosing_projections,
    learnable,
    moving_stage,
    removing_stage,
    setting_length,
    stage_of,
    stages_of,
    unit_of_stages,
)
from stdpbench.experiment.draft_steps import Step
from stdpbench_gui.look import theme
from stdpbench_gui.widgets.basic import Label, check_action, menu_button, named, push_button, tool_button, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, grid, hbox, vbox

_WITHOUT = f"{WITHOUT_STAGES} Stages let them learn one after the other."
_NOTHING_LEARNS = "No projection has a rule, so there is nothing to learn in stages."
_LONGEST = 32  # letters of the names in a button


class StagesForm(QWidget):
    """A row per stage, and a button that adds one.

    Attributes
    ----------
    wanted : signal of (callable, int)
        A step: function of the draft that returns it, and the number of the stage in whose row an error belongs.
    edited : signal
        A length is being typed, so that what was wrong with it no longer counts.
    refused : dict of int to str
        What is wrong with the length that stands in the row of a stage.
    """

    wanted = pyqtSignal(object, int)
    edited = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Stages of the training")
        title = named(Label("stages"), style="cardtitle")
        self.about = wrapped("", "faint")
        self.add = push_button("Add stage", clicked=lambda _=False: self._want(adding_stage))
        self.add.setAutoDefault(False)
        self._rows = QWidget()
        self._shown: object = None
        self._errors: list[Label] = []
        self._commits: list[Callable[[], None]] = []
        self.refused: dict[int, str] = {}
        self._unit = "passes"
        self._layout = vbox(
            hbox(title, STRETCH, self.add), self.about, self._rows, within=self, spacing=theme.GRID // 2
        )

    def show_draft(self, draft: NetworkDraft, problems: Iterable[str]) -> list[str]:
        """Show the stages of a draft.

        Parameters
        ----------
        draft : NetworkDraft
            The draft.
        problems : iterable of str
            Sentences, of which those about a stage are shown in its row.

        Returns
        -------
        list of str
            The other sentences.
        """
        stages, able, unit = stages_of(draft), learnable(draft), unit_of_stages(draft)
        self.about.setText(_WITHOUT if able else _NOTHING_LEARNS)
        self.about.setVisible(not stages)
        self.add.setEnabled(bool(able))
        if (stages, able, unit) != self._shown:
            self._shown, self._unit = (stages, able, unit), unit
            self._make_rows(stages, able)
        of_stages, others = defaultdict[int, list[str]](list), list[str]()
        for sentence in problems:
            number = stage_of(sentence)
            (others if number is None else of_stages[number]).append(sentence)
        for number, label in enumerate(self._errors):
            label.warn(self.refused.get(number) or "\n".join(of_stages[number]))
        return others

    def show_error(self, number: int, sentence: str) -> None:
        """Say what is wrong with what was entered for a stage; an empty sentence: nothing."""
        if number < len(self._errors):
            self.refused.pop(number, "")
            if sentence:
                self.refused[number] = sentence
            self._errors[number].warn(sentence)

    def commit(self) -> None:
        """Confirm the lengths that are typed."""
        for commit in self._commits:
            commit()

    def revert(self) -> None:
        """Discard the lengths that are typed, when a draft is shown next."""
        self._shown = None

    def _want(self, step: Callable[[NetworkDraft], Step]) -> None:
        self.commit()
        self.wanted.emit(step, 0)

    def _edit(self, number: int) -> None:
        self.show_error(number, "")
        self.edited.emit()

    def _make_rows(self, stages: Sequence[StageRow], able: Sequence[str]) -> None:
        focus = QApplication.focusWidget()
        focused = focus.objectName() if focus is not None and self._rows.isAncestorOf(focus) else ""
        before, self._rows = self._rows, QWidget()
        cells = grid(self._rows, theme.GRID // 2)
        cells.setColumnStretch(1, 1)
        for field in before.findChildren(QLineEdit):
            field.blockSignals(True)  # hiding ends the editing
        self._errors, self._commits, self.refused = [], [], {}
        for number, stage in enumerate(stages):
            self._make_row(cells, number, stage, able, len(stages))
        self._layout.replaceWidget(before, self._rows)
        before.hide()
        before.deleteLater()
        self._rows.setVisible(bool(stages))
        again = self._rows.findChild(QWidget, focused) if focused else None
        if again is not None:
            again.setFocus()

    def _make_row(self, grid: QGridLayout, number: int, stage: StageRow, able: Sequence[str], n: int) -> None:
        name, row = f"stage {number + 1}", 2 * number
        menu = QMenu(self._rows)
        for each in dict.fromkeys((*able, *stage.projections)):  # also those that cannot, so that they can be removed
            learns = each in stage.projections
            check_action(menu, each, learns, partial(self._toggle, number, stage, each))
        words = ", ".join(stage.projections) or "choose projections"
        projections = menu_button(
            words if len(words) <= _LONGEST else f"{len(stage.projections)} projections",
            menu,
            name=f"Projections of {name}: {words}",
            tip=f"Projections that learn in {name}: {words}",
            style=f"projections-{number}",
        )
        projections.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        unit = self._unit.capitalize()
        length = named(QLineEdit(stage.length), f"{unit} of {name}", style=f"length-{number}")
        length.setFixedWidth(length.fontMetrics().horizontalAdvance("0000000 ms") + 2 * theme.GRID)
        length.editingFinished.connect(lambda: self._commit(number, stage, length))
        length.textEdited.connect(lambda _: self._edit(number))
        self._commits.append(lambda: self._commit(number, stage, length))
        error = named(wrapped("", "problem"), f"Problems of {name}")
        self._errors.append(error)
        up, down = partial(moving_stage, number=number, by=-1), partial(moving_stage, number=number, by=1)
        buttons = [
            self._button("▲", f"Move {name} up", f"up-{number}", up),
            self._button("▼", f"Move {name} down", f"down-{number}", down),
            self._button("✕", f"Remove {name}", f"remove-{number}", partial(removing_stage, number=number)),
        ]
        buttons[0].setEnabled(number > 0)
        buttons[1].setEnabled(number < n - 1)
        cells = (Label(str(number + 1)), projections, Label(self._unit), length, *buttons)
        for column, widget in enumerate(cells):
            grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignVCenter)
        grid.setAlignment(projections, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(error, row + 1, 1, 1, len(cells) - 1)

    def _button(self, text: str, tip: str, name: str, step: Callable[[NetworkDraft], Step]) -> QToolButton:
        return tool_button(text, clicked=lambda _=False: self._want(step), name=tip, tip=tip, style=name)

    def _toggle(self, number: int, stage: StageRow, name: str, on: bool) -> None:
        kept = [each for each in stage.projections if each != name]
        names = [*kept, name] if on else kept
        self.wanted.emit(partial(choosing_projections, number=number, names=names), number)

    def _commit(self, number: int, stage: StageRow, field: QLineEdit) -> None:
        if field.text().strip() != stage.length:
            self.wanted.emit(partial(setting_length, number=number, text=field.text()), number)
