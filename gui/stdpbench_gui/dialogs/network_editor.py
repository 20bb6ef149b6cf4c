"""The editor of a network: populations and projections in a list, a diagram and a form, with undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QToolButton,
    QWidget,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.declare.learned_names import listed
from stdpbench.engine.network.costs import costs, costs_sentence
from stdpbench.experiment import Experiment, Group, NetworkDraft, Placed, draft_groups, placed
from stdpbench.experiment.draft_steps import (
    POPULATIONS,
    PROJECTIONS,
    Step,
    adding,
    copying,
    kind_sentence,
    moving,
    name_of,
    naming,
    removing,
    renaming,
    setting,
    starting_again,
)
from stdpbench.experiment.starting_points import starting_points
from stdpbench.runs.analysis.silence import nothing_learns
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.undo import History
from stdpbench_gui.widgets.basic import (
    ask_to_discard,
    experiment_target,
    plain_tip,
    wrapped,
)
from stdpbench_gui.widgets.encoding_preview import DiagramOrPreview
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.input_shape import InputShape
from stdpbench_gui.widgets.layouts import STRETCH, hbox, vbox
from stdpbench_gui.widgets.network_diagram import NetworkDiagram
from stdpbench_gui.widgets.network_tree import NetworkTree
from stdpbench_gui.widgets.parameter_fields import Choice
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import RowTexts, row_around
from stdpbench_gui.widgets.stages_form import StagesForm
from stdpbench_gui.widgets.undo import UndoActions

_TEXTS = RowTexts(
    edited="Not applied yet: Enter applies it, Esc or a click here reverts it",
    start="the value before editing",
    at_start="before editing",
)
_ACTIONS = {
    "input": ("Add input", "", "Add the input population, whose spikes come from the data"),
    "population": ("Add population", "Ctrl+N", "Add a population of neurons"),
    "projection": ("Add projection", "Ctrl+Shift+N", "Connect two populations; the chosen one is the source"),
    "duplicate": ("Duplicate", "Ctrl+D", "Copy the chosen population or projection"),
    "rename": ("Rename", "F2", "Give the chosen part another name"),
    "remove": ("Remove", "Del", ""),
    "earlier": ("Earlier", "Alt+Up", "The projection acts before the one above it"),
    "later": ("Later", "Alt+Down", "The projection acts after the one below it"),
    "undo": ("Undo", "Ctrl+Z", ""),
    "redo": ("Redo", "Ctrl+Shift+Z", ""),
    "save": ("Save as file…", "Ctrl+S", ""),
}
"""Text, shortcut and tip of each action."""
_MOST_SHOWN = 3
"""Problems in full below the form; the others are counted."""


class NetworkEditor(QDialog):
    """Edits the network of an experiment, which can then be saved or started.

    Parameters
    ----------
    draft : NetworkDraft
        What the editor starts from.
    session : RunSession
        Provides threads; outlives the editor.
    runs : Path
        The runs folder, for the forecast.
    parent : QWidget
        Parent of the dialog.
    go : str
        Text of the button that emits `chosen`.

    Attributes
    ----------
    chosen : signal of Experiment
        Request to start the experiment, or to go on with it.
    draft, start : NetworkDraft
        The current draft, and the first one.
    history : History
        The draft before and after each step.
    tree, form, diagram
        The list of parts, the parameters of the chosen one, and the drawing of the network.
    """

    chosen = pyqtSignal(object)

    def __init__(
        self,
        draft: NetworkDraft,
        session: RunSession,
        runs: Path,
        parent: QWidget | None,
        go: str = "Start learning",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Edit a network")
        self.setAccessibleName("Edit a network")
        self.draft = self.start = self._saved = draft
        self.history = History(self._put, self)
        self._groups: tuple[Group, ...] = draft_groups(draft)
        self._groups_of = draft
        self._at_start = {f"{group.path}.{name}" for group in self._groups for name in group.parameters}
        self._path = "network"
        self._problems: tuple[Placed, ...] = ()
        self._input = InputShape(session, self.refresh, self)
        self._closing = False
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the experiment")
        self.name.editingFinished.connect(self._rename_experiment)
        self.start_from = Choice(("…", *starting_points()))
        self.start_from.setAccessibleName("Start again from an empty network or a template")
        self.start_from.setToolTip("\n".join(f"{kind}: {words}" for kind, words in starting_points().items()))
        self.start_from.activated.connect(lambda _: self._start_again(self.start_from.currentText()))
        self.kind = wrapped("", "faint")
        self.kind.setAccessibleName("Kind of the network")
        self.tree = NetworkTree()
        self.tree.chosen.connect(self._choose)
        # in the next event: the rows are made anew, but the editor of this one is still closing
        self.tree.renamed.connect(self._rename, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self.totals = wrapped("", "faint")
        self.totals.setAccessibleName("Synapses and memory")
        self.diagram = NetworkDiagram()
        self.diagram.chosen.connect(self._choose_named)
        self.top = DiagramOrPreview(self.diagram, session)
        self.form = ParameterForm(_TEXTS)
        self.form.committed.connect(self._set)
        self.stages = StagesForm()
        self.stages.wanted.connect(self._set_stage)
        self.part_problem = wrapped("", "problem")
        self.part_problem.setAccessibleName("Problems of the chosen part")
        self.said = wrapped("", "faint")
        self.said.setAccessibleName("Last step")
        self.problem = wrapped("", "problem")
        self.problem.setAccessibleName("Problems of the network")
        self.time = ForecastLabel(runs, session)
        self.actions_: dict[str, QAction] = {}
        self._add_actions()
        self.save_button, self.start_button = QPushButton("Save as file…"), QPushButton(go)
        self.start_button.setObjectName("primary")
        self.save_button.clicked.connect(lambda _: self._choose_target())
        self.start_button.clicked.connect(lambda _: self._start())
        self._lay_out()
        self.restyle()
        self.resize(1180, 760)
        self.refresh()
        self.tree.setFocus()

    # -- layout ----------------------------------------------------------------------------------------------------

    def _add_actions(self) -> None:
        slots: dict[str, Callable[[], object]] = {
            "input": lambda: self._add("input"),
            "population": lambda: self._add("population"),
            "projection": lambda: self._add("projection"),
            "duplicate": lambda: self._do(lambda: copying(self.draft, self._path)),
            "rename": self.tree.edit_name,
            "remove": lambda: self._do(lambda: removing(self.draft, self._path)),
            "earlier": lambda: self._do(lambda: moving(self.draft, self._path, -1)),
            "later": lambda: self._do(lambda: moving(self.draft, self._path, 1)),
            "undo": self.history.undo,
            "redo": self.history.redo,
            "save": self._choose_target,
        }
        for key, (text, shortcut, tip) in _ACTIONS.items():
            action = QAction(text, self)
            action.setShortcut(QKeySequence(shortcut))
            action.setToolTip(f"{tip or text}{f' ({shortcut})' if shortcut else ''}")
            action.triggered.connect(lambda _=False, slot=slots[key]: slot())
            if key in ("rename", "remove"):  # in a text field, Del is the field's
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                self.tree.addAction(action)
            else:
                self.addAction(action)
            self.actions_[key] = action
        UndoActions(self.actions_["undo"], self.actions_["redo"], self.history, self)

    def _buttons(self, *keys: str) -> list[QToolButton]:
        found = []
        for key in keys:
            button = QToolButton()
            self.actions_[key].setIconText(_ACTIONS[key][0])
            button.setDefaultAction(self.actions_[key])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(_ACTIONS[key][0])
            found.append(button)
        return found

    def _lay_out(self) -> None:
        head = QFormLayout()
        head.setSpacing(theme.GRID)
        head.addRow("name", self.name)
        head.addRow("start again from", self.start_from)
        left = QWidget()
        vbox(
            head,
            self.kind,
            hbox(*self._buttons("input", "population", "projection"), STRETCH, *self._buttons("undo", "redo")),
            (self.tree, 1),
            hbox(*self._buttons("duplicate", "rename", "remove"), STRETCH, *self._buttons("earlier", "later")),
            self.totals,
            within=left,
            spacing=theme.GRID,
        )
        below = QWidget()
        below.setObjectName("panel")
        self._form_panel = below
        vbox(self.part_problem, self.stages, (self.form, 1), within=below, margins=theme.GRID, spacing=theme.GRID)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.top)
        right.addWidget(below)
        right.setSizes([280, 360])
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.addWidget(left)
        sides.addWidget(right)
        sides.setSizes([560, 600])
        for splitter in (right, sides):
            splitter.setChildrenCollapsible(False)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        buttons = (cancel, self.save_button, self.start_button)
        for button in buttons:
            button.setAutoDefault(False)  # Enter applies the value of a field
        vbox(
            (sides, 1),
            self.said,
            self.problem,
            hbox((self.time, 1), *buttons),
            within=self,
            margins=2 * theme.GRID,
            spacing=theme.GRID,
        )

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self._form_panel.setStyleSheet(sheet())
        self.diagram.restyle()

    # -- showing ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the draft."""
        draft = self.draft
        self._input.show_for(draft.unchecked)
        if draft is not self._groups_of:
            self._groups, self._groups_of = draft_groups(draft), draft
        groups = {group.path: group for group in self._groups}
        if self._path not in groups:
            self._path = "network"
        problems = placed(draft.problems(*self._input.shape), self._groups)
        wrong = defaultdict[str, list[str]](list)
        for one in problems:
            wrong[one.group].append(one.sentence)
        graph = draft.graph(*self._input.shape)
        known = costs(graph)
        if self.name.text() != draft.unchecked.name:
            self.name.setText(draft.unchecked.name)
        self.start_from.setCurrentIndex(0)
        self.kind.setText(kind_sentence(draft))
        self.tree.show_draft(draft, self._groups, known, wrong, self._path)
        self.diagram.show_graph(graph)
        self.totals.setText(costs_sentence(known, len(draft.projections)))
        self._problems = problems
        self._show_part(groups[self._path])
        self.time.show_for(None if problems else draft.unchecked)

    def _show_part(self, group: Group) -> None:
        problems = self._problems
        self.top.show_part(group.path, None if problems else self.draft.unchecked)
        focused = row_around(QApplication.focusWidget())
        path = "" if focused is None else focused.path
        self.form.show_groups([group], self.draft.value, self._before)
        rows = self.form.rows()
        in_rows = {one.row: one.sentence for one in problems if one.row in rows}
        for name, row in rows.items():
            row.show_error(in_rows.get(name, ""))
        others = [one.sentence for one in problems if one.group == group.path and one.row not in rows]
        if not self.draft.populations:
            others = []  # the sentence above the list says what to add first
        self.stages.setVisible(group.path == "schedule")
        if group.path == "schedule":
            others = self.stages.show_draft(self.draft, others)
        self.part_problem.setText("\n".join(f"⚠ {sentence}" for sentence in others))
        self.part_problem.setVisible(bool(others))
        self.diagram.select([name_of(self._path)])
        self.diagram.reveal(name_of(self._path))
        if path in rows and rows[path] is not focused:  # rows are made anew where choices change
            rows[path].editor.setFocus()
        self._show_problems(problems)
        self._enable()

    def _before(self, path: str) -> Any:
        """Return the value before editing, or the current one of a parameter that was not there."""
        return (self.start if path in self._at_start else self.draft).value(path)

    def _show_problems(self, problems: tuple[Placed, ...]) -> None:
        all_ = "\n".join(one.sentence for one in problems)
        sentences = [one.sentence for one in problems if one.group != self._path]  # those of the part are with it
        shown = [f"⚠ {sentence}" for sentence in sentences[:_MOST_SHOWN]]
        if len(sentences) > _MOST_SHOWN:
            shown.append(f"… and {len(sentences) - _MOST_SHOWN} more, marked in the list")
        if not problems and (warning := nothing_learns(self.draft.unchecked)):
            shown = [f"⚠ {warning}"]
        self.problem.setText("\n".join(shown))
        self.problem.setToolTip(plain_tip(all_))
        self.problem.setVisible(bool(shown))
        for widget in (self.save_button, self.start_button):
            widget.setEnabled(not problems)
            widget.setToolTip(plain_tip(all_))
        self.actions_["save"].setEnabled(not problems)

    def _enable(self) -> None:
        draft, actions = self.draft, self.actions_
        name = name_of(self._path)
        is_population = name in draft.populations
        actions["input"].setEnabled(not draft.input)
        actions["projection"].setEnabled(any(one.neuron is not None for one in draft.populations.values()))
        for key in ("duplicate", "rename", "remove"):
            actions[key].setEnabled(bool(name))
        if name == draft.input:  # a network has one
            actions["duplicate"].setEnabled(False)
        names = list(draft.projections)
        actions["earlier"].setEnabled(name in names[1:])
        actions["later"].setEnabled(name in names[:-1])
        gone = draft.ending_at(name) if is_population else ()
        with_ = f", and with it {listed(gone)}" if gone else ""
        actions["remove"].setToolTip(f"Remove {name}{with_} (Del)" if name else "Remove (Del)")

    # -- choosing --------------------------------------------------------------------------------------------------

    def _choose(self, path: str) -> None:
        self._path = path
        self._show_part(next(group for group in self._groups if group.path == path))

    def _choose_named(self, name: str) -> None:
        self.tree.choose((POPULATIONS if name in self.draft.populations else PROJECTIONS) + name)

    # -- steps -----------------------------------------------------------------------------------------------------

    def _do(self, make: Callable[[], Step]) -> None:
        """Do a step and show the result, or why it is not possible."""
        before = self.draft
        try:
            step = make()
        except StdpbenchError as error:
            self.refresh()
            self._say(f"⚠ {error}.")
            return
        if step.draft != before:
            self.history.do(step.text, before, step.draft)
        self.draft = step.draft
        self._path = step.part or self._path
        self.refresh()
        self._say(step.after(before))

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.said.setVisible(bool(sentence))

    def _set(self, path: str, value: Any) -> None:
        """Change a parameter; an invalid value is an error in its row."""
        row = self.form.row(path)
        try:
            step = setting(self.draft, path, value)
        except StdpbenchError as error:
            row.show_error(str(error))
            return
        row.revert()
        self._do(lambda: step)

    def _set_stage(self, make: Callable[[NetworkDraft], Step], number: int) -> None:
        """Change stages of the training; an invalid value is an error in the row of its stage."""
        try:
            step = make(self.draft)
        except StdpbenchError as error:
            self.stages.show_error(number, str(error))
            return
        self._do(lambda: step)

    def _add(self, what: str) -> None:
        self._do(lambda: adding(self.draft, what, self._path))
        self.tree.setFocus()

    def _rename(self, part: str, new: str) -> None:
        self._do(lambda: renaming(self.draft, part, new))
        self.tree.setFocus()

    def _rename_experiment(self) -> None:
        name = self.name.text().strip()
        if name != self.draft.unchecked.name:
            self._do(lambda: naming(self.draft, name))

    def _start_again(self, kind: str) -> None:
        if kind in starting_points():
            self._do(lambda: starting_again(self.draft, kind))

    def _put(self, draft: NetworkDraft, done: Callable[[bool], None]) -> None:
        self.draft = draft
        self.refresh()
        self._say(self.history.sentence)
        done(True)

    # -- the experiment --------------------------------------------------------------------------------------------

    def experiment(self) -> Experiment | None:
        """Return the experiment; None while the draft has problems."""
        try:
            return self.draft.finished(*self._input.shape)
        except StdpbenchError:
            return None

    def _start(self) -> None:
        made = self.experiment()
        if made is not None:
            self._closing = True
            self.accept()
            self.chosen.emit(made)

    def _choose_target(self) -> None:
        made = self.experiment()
        chosen = None if made is None else experiment_target(self, made)
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        made = self.experiment()
        if made is None:
            return
        try:
            write_text_aside(path, made.to_toml())
        except StdpbenchError as error:
            self._say(f"⚠ {error}.")
            return
        self._saved = self.draft
        self._say(f"Saved the experiment to {path}.")

    def open(self) -> None:
        """Show the editor in the next event, since making it takes a moment; one closed by then is deleted."""
        QTimer.singleShot(0, lambda: None if sip.isdeleted(self) else QDialog.open(self))

    def reject(self) -> None:
        """Close the editor; ask first if steps would be lost."""
        if self._closing or self.draft == self._saved:
            super().reject()
            return

        def close() -> None:
            self._closing = True
            self.reject()

        ask_to_discard(self, "Close the editor?", "The changes of this network are not saved.", close)
