"""What the forms for a run share: parameters, network, stimulus, changes, forecast, undo, texts that do the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QKeySequence, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QDialog,
    QLineEdit,
    QPushButton,
    QSplitter,
    QToolButton,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import (
    Group,
    NetworkDraft,
    group_of,
    placed,
)
from stdpbench.experiment.draft_changes import DraftChange, changes_from, taking_back
from stdpbench.experiment.draft_steps import Step, setting
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_text import ActionText
from stdpbench_gui.dialogs.run_form_rows import TEXTS, Before, form_groups
from stdpbench_gui.look import theme
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.basic import (
    ask_to_discard,
    not_none,
    plain_tip,
    scrolling,
    wrapped,
)
from stdpbench_gui.widgets.change_list import ChangeList
from stdpbench_gui.widgets.copyable import CopyButton, copy_text
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.input_shape import InputShape
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.network_diagram import NetworkDiagram
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import ParameterRow
from stdpbench_gui.widgets.stages_form import StagesForm
from stdpbench_gui.widgets.undo import UndoActions

ABOUT = {"command": "desktop app"}
STAGES = "schedule.stages"
_MOST_SHOWN = 3
_LINES = 7
"""Of text: smallest height of the list of changes."""
_WIDTH, _HEIGHT = 1240, 760
_ACTIONS = {
    "undo": ("Undo", "Ctrl+Z"),
    "redo": ("Redo", "Ctrl+Shift+Z"),
    "find": ("Find parameters", "Ctrl+F"),
    "go": ("Start", "Ctrl+Return"),
}
"""Text and shortcut of each action."""


class RunForm(QDialog):
    """A form of everything that an experiment declares.

    Parameters
    ----------
    run : NewRun
        What the form starts from.
    session : RunSession
        Provides threads; outlives the form.
    runs : Path
        The runs folder.
    title : str
        Title of the form.
    parent : QWidget
        Parent of the dialog.

    Attributes
    ----------
    made : signal of RunFolder
        A run folder was created, to be started and shown.
    reported : signal of str
        A sentence about what was done.
    run : NewRun
        What the form shows.
    history : History
        The run before and after each step.
    form, changes, diagram, preview, time
        All parameters, what is changed, the network, a stimulus, and the expected duration and memory.
    """

    made = pyqtSignal(object)
    reported = pyqtSignal(str)

    def __init__(self, run: NewRun, session: RunSession, runs: Path, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.session, self.runs = session, runs
        self.run = self._saved = run
        self.history = History(self._put, self)
        self.before: Before | None = None
        self.groups: tuple[Group, ...] = ()
        self._problems: list[str] = []
        self._closing = self._busy = False
        self._invalid: dict[str, str] = {}
        self._edited: dict[str, str] = {}
        self._background = Background(self)
        self._input = InputShape(session, self.refresh, self)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search parameters (Ctrl+F)")
        self.search.setAccessibleName("Search parameters")
        self.search.setClearButtonEnabled(True)
        self.form = ParameterForm(TEXTS)
        self.stages = StagesForm()
        self.stages.wanted.connect(self._set_stage)
        self.form.put_below("schedule", self.stages, f"{STAGES}: which projections learn, for how long")
        self.changes = ChangeList()
        self.diagram = NetworkDiagram()
        self.preview = EncodingPreviewBox(session)
        self.time = ForecastLabel(runs, session, memory=True, grows=False)
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("Why it cannot be started")
        self.said = wrapped("", "faint")
        self.said.setAccessibleName("Last step")
        self.actions_: dict[str, QAction] = {}
        self.go = QPushButton()
        self.go.setObjectName("primary")
        self.go.clicked.connect(lambda _: self.submit())
        self._add_actions()
        self.search.textChanged.connect(self.form.search)
        self.form.committed.connect(self.set_value)
        self.form.edited.connect(self.on_edit)
        self.changes.undo_wanted.connect(self._take_back)
        self.diagram.chosen.connect(self._reveal)

    def open(self) -> None:
        """Fill the form in the next event and show it in the one after: each takes a moment, as making it does."""
        QTimer.singleShot(0, lambda: None if sip.isdeleted(self) else self._fill())

    def _fill(self) -> None:
        if not self.groups:
            self.refresh()
        QTimer.singleShot(0, lambda: None if sip.isdeleted(self) else QDialog.open(self))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fill the form, if it is shown at once."""
        if not self.groups:
            self.refresh()
        super().showEvent(event)

    # -- for subclasses --------------------------------------------------------------------------------------------

    def why_not(self, path: str) -> str:
        """Return why a parameter cannot be changed in this form; empty if it can."""
        return ""

    def submit(self) -> None:
        """Do what the form is for."""
        raise NotImplementedError

    def text(self) -> ActionText:
        """Return the command and the Python that do what the form does, if it offers to copy them."""
        raise NotImplementedError

    def cannot_go(self) -> str:
        """Return why the form cannot do what it is for, apart from invalid values; empty if it can."""
        return ""

    def show_run(self) -> None:
        """Show what only this form has, when `refresh` shows the rest."""

    def more_problems(self) -> list[str]:
        """Return what else is wrong with an experiment that does not contradict itself."""
        return []

    def compared_with(self) -> str:
        """Return what the experiment is compared with, in a few words."""
        return self.run.template.name

    # -- layout ----------------------------------------------------------------------------------------------------

    def _add_actions(self) -> None:
        slots: dict[str, Callable[[], object]] = {
            "undo": self.history.undo,
            "redo": self.history.redo,
            "find": self.search.setFocus,
            "go": self.submit,
        }
        for key, (text, shortcut) in _ACTIONS.items():
            action = QAction(text, self)
            action.setShortcut(QKeySequence(shortcut))
            action.triggered.connect(lambda _=False, slot=slots[key]: slot())
            self.addAction(action)
            self.actions_[key] = action
        UndoActions(self.actions_["undo"], self.actions_["redo"], self.history, self)

    def lay_out(self, fields: QWidget, buttons: tuple[QWidget, ...]) -> None:
        """Arrange the form: fields of the subclass and changes, parameters, network and stimulus; then the buttons."""
        self._left, self._middle, self._right = QWidget(), QWidget(), QWidget()
        for panel in (self._middle, self._right):
            panel.setObjectName("panel")
        self._fields = fields
        self._area = scrolling(fields)
        self._area.setAccessibleName("First settings")
        self.changes.setMinimumHeight(_LINES * self.fontMetrics().height())
        vbox((self._area, 4), (self.changes, 1), within=self._left, spacing=theme.GRID)
        vbox(self.search, (self.form, 1), within=self._middle, margins=theme.GRID, spacing=theme.GRID)
        shown = QSplitter(Qt.Orientation.Vertical)
        shown.addWidget(self.diagram)
        shown.addWidget(self.preview)
        shown.setSizes([260, 300])
        vbox(shown, within=self._right, margins=theme.GRID)
        sides = QSplitter(Qt.Orientation.Horizontal)
        for panel in (self._left, self._middle, self._right):
            sides.addWidget(panel)
        sides.setSizes([360, 330, 510])
        for splitter in (shown, sides):
            splitter.setChildrenCollapsible(False)
        copy = self.copy_button = CopyButton(self.copy)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        for button in (cancel, self.go, *buttons):
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)  # Enter applies the value of a field
        self._steps = [self._step_button(key) for key in ("undo", "redo")]
        vbox(
            (sides, 1),
            self.said,
            self.problem,
            self.time,
            hbox(*self._steps, STRETCH, copy, cancel, *buttons, self.go, spacing=theme.GRID),
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )
        around = self.parentWidget()
        if around is None:
            self.resize(_WIDTH, _HEIGHT)
        else:
            room = not_none(around.window()).size()
            self.resize(max(900, min(1500, room.width() - 40)), max(480, min(960, room.height() - 40)))
        self.restyle()

    def _step_button(self, key: str) -> QToolButton:
        button = QToolButton()
        self.actions_[key].setIconText("↶" if key == "undo" else "↷")
        button.setDefaultAction(self.actions_[key])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(key.capitalize())
        return button

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        for panel in (self._left, self._middle, self._right):
            panel.setStyleSheet(sheet())
        self.changes.restyle()
        self.diagram.restyle()
        self.preview.restyle()

    # -- showing ---------------------------------------------------------------------------------------------------

    @property
    def draft(self) -> NetworkDraft:
        """The experiment that the form shows, with its changes."""
        return self.run.draft

    @property
    def presentations_done(self) -> int:
        """Training presentations that the new run does not have to carry out."""
        return 0

    def refresh(self) -> None:
        """Show the current run."""
        run, draft = self.run, self.draft
        self._input.show_for(draft.unchecked)
        groups = self.groups = form_groups(draft)
        if self.before is None or self.before.template is not run.template:
            self.before = Before(run.template, groups if draft.unchecked is run.template else None)
        self.form.show_groups(groups, draft.value, self.value_before, self.why_not)
        problems = placed(draft.problems(*self._input.shape), groups)
        self._show_errors({one.row: one.sentence for one in problems if one.row})
        self._problems = [one.sentence for one in problems] or self.more_problems()
        self.stages.show_draft(draft, [one.sentence for one in problems if one.group == "schedule"])
        self.stages.setEnabled(not self.why_not(STAGES))
        self.stages.setToolTip(plain_tip(self.why_not(STAGES)))
        self.diagram.show_graph(draft.graph(*self._input.shape))
        found = changes_from(run.template, draft)
        n, name = len(found), self.compared_with()
        title = f"{n} change{'s' if n > 1 else ''} of {name}" if n else f"As {name}"
        self.changes.show_changes(title, found)
        self.show_run()
        whole = None if problems else draft.unchecked
        self.preview.show_for(whole)
        self.preview.setVisible(draft.unchecked.stream is None)
        done = self.presentations_done
        self.time.show_for(whole, trust=run.is_template and not done, done=done)
        self._fit()
        self.enable()

    def _fit(self) -> None:
        """Give the first settings the room that they take, and the rest to the changes."""
        layout, width = not_none(self._fields.layout()), not_none(self._area.viewport()).width()
        layout.activate()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        self._area.setMaximumHeight(height + 2)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the first settings to the new width."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self._fit)  # after the layout

    def value_before(self, path: str) -> Any:
        """Return the value that a row can go back to."""
        assert self.before is not None
        return self.before.of(path, self.draft)

    def _show_errors(self, by_row: dict[str, str]) -> None:
        """Show sentences beside the rows that they belong to; a section that is folded is opened for them."""
        known = set(self.form.sections)
        for path in by_row:
            if any(path.startswith(f"{name}.") for name in known):
                self.form.row(path)
        for path in {*self.form.rows(), *by_row}:
            for row in self.rows_of(path):
                row.show_error(by_row.get(path, self._invalid.get(path, "")))

    def enable(self) -> None:
        """Enable the button that does what the form is for, or say why it is not possible."""
        wrong = [*self._invalid.values(), *self._problems]
        reason = "" if wrong else self.cannot_go()
        shown = [f"⚠ {sentence}" for sentence in wrong[:_MOST_SHOWN]]
        if len(wrong) > _MOST_SHOWN:
            shown.append(f"… and {len(wrong) - _MOST_SHOWN} more, beside their rows")
        self.problem.setText("\n".join(shown))
        self.problem.setVisible(bool(shown))
        can = not wrong and not reason and not self._busy
        self.go.setEnabled(can)
        self.go.setToolTip("\n".join(wrong) or reason or f"{self.go.text()} ({_ACTIONS['go'][1]})")
        self.actions_["go"].setEnabled(can)
        self.copy_button.setEnabled(not wrong)

    @property
    def is_valid(self) -> bool:
        """Whether no value is invalid and nothing contradicts."""
        return not self._invalid and not self._problems

    def say(self, sentence: str) -> None:
        """Show a sentence about the last step; an empty one hides it."""
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    def _reveal(self, name: str) -> None:
        """Show the parameters of what was chosen in the diagram."""
        self.diagram.select([name])
        self.form.reveal(group_of(self.draft.unchecked, name))

    # -- steps -----------------------------------------------------------------------------------------------------

    def do(self, text: str, run: NewRun, sentence: str = "") -> None:
        """Do a step and show the result."""
        if run != self.run:
            self.history.do(text, self.run, run)
        self.run = run
        self.refresh()
        self.say(sentence)

    def set_value(self, path: str, value: Any) -> None:
        """Change a parameter; an invalid value is an error in its row."""
        before = self.draft
        try:
            step = setting(before, path, value)
        except StdpbenchError as error:
            self._edited.pop(path, None)
            self.refuse(path, str(error))
            return
        self.forget(path)
        self.do(step.text, replace(self.run, draft=step.draft), step.after(before))

    def _set_stage(self, make: Callable[[NetworkDraft], Step], number: int) -> None:
        """Change stages of the training; an invalid value is an error in the row of its stage."""
        try:
            step = make(self.draft)
        except StdpbenchError as error:
            self.stages.show_error(number, str(error))
            return
        self.do(step.text, replace(self.run, draft=step.draft))

    def forget(self, path: str) -> None:
        """Forget what was typed into the rows of a parameter."""
        self._edited.pop(path, None)
        self._invalid.pop(path, None)
        for row in self.rows_of(path):
            row.revert()

    def refuse(self, path: str, sentence: str) -> None:
        """Show that a value is invalid, beside its row."""
        self._invalid[path] = sentence
        for row in self.rows_of(path):
            row.show_error(sentence)
        self.enable()

    def rows_of(self, path: str) -> list[ParameterRow]:
        """Return the rows that show a parameter."""
        found = self.form.rows().get(path)
        return [] if found is None else [found]

    def on_edit(self, path: str, text: str | None) -> None:
        """Remember what is typed but not confirmed; None: it was reverted."""
        self._invalid.pop(path, None)
        if text is None:
            self._edited.pop(path, None)
        else:
            self._edited[path] = text
        self.enable()

    def apply_edited(self) -> bool:
        """Apply what was typed but not confirmed; return whether all is valid."""
        for path, text in list(self._edited.items()):
            self.set_value(path, text)
        return self.is_valid and not self._busy

    def _take_back(self, change: DraftChange) -> None:
        try:
            step = taking_back(self.draft, self.run.template, change)
        except StdpbenchError as error:
            self.say(f"⚠ {error}.")
            return
        self.do(step.text, replace(self.run, draft=step.draft))

    def _put(self, run: NewRun, done: Callable[[bool], None]) -> None:
        """Undo or redo a step; what was typed and not applied is forgotten."""
        self._invalid.clear()
        self._edited.clear()
        for row in self.form.rows().values():
            row.revert()
        self.run = run
        self.refresh()
        self.say(self.history.sentence)
        done(True)

    # -- what is done ----------------------------------------------------------------------------------------------

    def copy(self, field: str) -> None:
        """Copy what does the same as the form: ``"command"`` or ``"python"``."""
        if self.apply_edited():
            copy_text(self.text, field, self.say)

    def work(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Do something in a thread; the form closes on success and says what went wrong otherwise."""
        self._busy = True
        self.say("One moment …")
        self.enable()

        def succeed(outcome: Any) -> None:
            self._closing = True
            self.accept()
            done(outcome)

        def fail(reason: str) -> None:
            self._busy = False
            self.say("")
            self.enable()
            self.problem.setText(f"⚠ {reason}")
            self.problem.show()

        self._background.do(work, succeed, fail, owner=self)

    def reject(self) -> None:
        """Close the form; ask first if changes would be lost."""
        if self._closing or self.run == self._saved:
            super().reject()
            return

        def close() -> None:
            self._closing = True
            self.reject()

        ask_to_discard(self, "Close the form?", "The changes are not saved.", close)
