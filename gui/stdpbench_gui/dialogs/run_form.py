"""The form of an experiment: parameters, network, stimulus, changes, forecast, undo, texts that do the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import (
    Experiment,
    Group,
    NetworkDraft,
    Placed,
    draft_groups,
    group_of,
    parameter_groups,
    placed,
)
from stdpbench.experiment.draft_changes import DraftChange, changes_from, taking_back
from stdpbench.experiment.draft_steps import Step, setting
from stdpbench.runs.analysis.silence import nothing_learns
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.catalog.store import Entry
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_settings import SECTION, RunSettings
from stdpbench.runs.queue.run_text import ActionText
from stdpbench_gui.look import theme
from stdpbench_gui.look.icons import PATHS, icon
from stdpbench_gui.session.background import Background
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.session.undo import History, UndoActions
from stdpbench_gui.widgets.basic import (
    Dialog,
    Scrolling,
    breakable,
    experiment_target,
    menu_action,
    menu_button,
    named,
    not_none,
    plain_tip,
    push_button,
    question,
    scrolling,
    search_field,
    tool_button,
    wrapped,
)
from stdpbench_gui.widgets.encoding_preview import EncodingPreviewBox
from stdpbench_gui.widgets.forecast_label import ForecastLabel
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, split, vbox
from stdpbench_gui.widgets.network_diagram import NetworkDiagram
from stdpbench_gui.widgets.parameter_form import ParameterForm, sheet
from stdpbench_gui.widgets.parameter_row import RowTexts
from stdpbench_gui.widgets.stages_form import StagesForm

ABOUT = {"command": "desktop app"}
STAGES = "schedule.stages"
TEXTS = RowTexts(
    "the value of the experiment that this is made from", "in the experiment that this is made from", sent=False
)
_MOST_SHOWN = 3
_LINES = 7
"""Of text: smallest height of the list of changes."""
_WIDTH, _HEIGHT, _FORM_WIDTH = 1240, 760, 370


class InputShape(QObject):
    """Finds out the shape of the input in a thread: pictures whose size is not published are read.

    Parameters
    ----------
    session : RunSession
        Provides the thread; outlives this object.
    found : callable
        Called once the shape is known, unless it was known at once.
    parent : QObject
        The form.

    Attributes
    ----------
    shape : tuple of int
        Height and width; empty: not known, since data are being read or cannot be.
    """

    def __init__(self, session: RunSession, found: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._found = session, found
        self._of: tuple[object, object] | None = None
        self.shape: tuple[int, ...] = ()

    def show_for(self, experiment: Experiment) -> None:
        """Find out the shape for an experiment, which may contradict itself."""
        of = experiment.data, experiment.encoding
        if of == self._of:
            return
        self._of, self.shape = of, ()

        def take(shape: tuple[int, ...]) -> None:
            if self._of == of:
                self.shape = shape
                self._found()

        def look() -> tuple[int, ...]:
            return Size.of_experiment(experiment).input_shape(experiment)

        if getattr(experiment.data, "published", None) is not None:
            self.shape = look()
        else:
            self._session.work(look, take, failed=lambda _: None, owner=self)


WAYS = (("command line", "command"), ("Python", "python"))
"""What a form can be copied as, and the field of `ActionText`."""


class ChangeList(Scrolling):
    """A list of changes.

    Attributes
    ----------
    undo_wanted : signal of DraftChange
        Request to take a change back.
    buttons : dict of str to QToolButton
        The undo of each change, by its path.
    """

    undo_wanted = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Changes")
        self.buttons: dict[str, QToolButton] = {}
        self._shown: tuple[str, tuple[DraftChange, ...]] | None = None
        self.restyle()

    def show_changes(self, title: str, changes: Sequence[DraftChange]) -> None:
        """Show changes under a title."""
        shown = title, tuple(changes)
        if shown == self._shown:
            return
        focused = next((path for path, button in self.buttons.items() if button.hasFocus()), "")
        place = list(self.buttons).index(focused) if focused else -1
        self._shown, self.buttons = shown, {}
        layout = vbox(wrapped(title, "cardtitle"), margins=theme.GRID, spacing=theme.GRID // 2)
        for change in changes:
            layout.addLayout(self._row(change))
        if not changes:
            layout.addWidget(wrapped("What you change is listed here, and can be taken back one by one.", "faint"))
        layout.addStretch(1)
        self.setWidget(holding(layout, "panel"))
        if place >= 0 and self.buttons:
            list(self.buttons.values())[min(place, len(self.buttons) - 1)].setFocus()

    def _row(self, change: DraftChange) -> QHBoxLayout:
        button = tool_button(
            "↺",
            clicked=lambda _=False: self.undo_wanted.emit(change),
            name=f"Undo {change.path}",
            tip=plain_tip(f"Back to {change.before}"),
            flat=True,
        )
        self.buttons[change.path] = button
        return hbox((wrapped(breakable(change.text)), 1), (button, 0), spacing=theme.GRID // 2)

    def restyle(self) -> None:
        """Apply the colours of the theme."""
        self.setStyleSheet(f"ChangeList, #panel {{ background: {theme.current().base}; }}")


class RunForm(Dialog):
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
    saved : signal of Path
        The experiment was written to a file.
    reported : signal of str
        A sentence about what was done.
    run : NewRun
        What the form shows.
    history : History
        The run before and after each step.
    entries : sequence of Entry
        Runs that can give their responses or weights.
    form, changes, diagram, preview, time
        All parameters, what is changed, the network, a stimulus, and the expected duration and memory.
    """

    made = pyqtSignal(object)
    saved = pyqtSignal(object)
    reported = pyqtSignal(str)

    def __init__(self, run: NewRun, session: RunSession, runs: Path, title: str, parent: QWidget | None) -> None:
        super().__init__(title, parent)
        self.session, self.runs = session, runs
        self.run = self._saved = run
        self.history = History(self._put, self)
        self.entries: Sequence[Entry] = ()
        self.groups: tuple[Group, ...] = ()
        self.problems: tuple[Placed, ...] = ()
        self._template = NetworkDraft(run.template)
        self._of_template: frozenset[str] | None = None
        self._more_problems: list[str] = []
        self._first: Mapping[str, Parameter] = {}
        self._closing = self._busy = False
        self._background = Background(self)
        self._input = InputShape(session, self.refresh, self)
        self.form = ParameterForm(TEXTS)
        self.search = search_field("Search parameters", "Search parameters (Ctrl+F)", self.form.search)
        self.stages = StagesForm()
        self.stages.wanted.connect(self._set_stage)
        self.stages.edited.connect(self.enable)
        self.form.put_below("schedule", self.stages, f"{STAGES}: which projections learn, for how long")
        self.changes = ChangeList()
        self.diagram = NetworkDiagram()
        self.preview = EncodingPreviewBox(session)
        self.time = ForecastLabel(runs, session)
        self.problem = wrapped("", "problem", name="Why it cannot be started")
        self.said = wrapped("", "faint", name="Last step")
        self.go = push_button("", clicked=lambda _: self.submit(), style="primary")
        self.save_button = push_button("Save as file…", clicked=lambda _: self._choose_target())
        self.actions_: dict[str, QAction] = {}
        self.add_action("undo", "Undo", "Ctrl+Z", self._undo)
        self.add_action("redo", "Redo", "Ctrl+Shift+Z", self.history.redo)
        self.add_action("find", "Find parameters", "Ctrl+F", self.search.setFocus)
        self.add_action("go", "Start", "Ctrl+Return", self.submit)
        UndoActions(self.actions_["undo"], self.actions_["redo"], self.history, self)
        self.form.committed.connect(self.set_value)
        self.form.edited.connect(lambda *_: self.enable())
        self.changes.undo_wanted.connect(self._take_back)
        self.diagram.chosen.connect(self.reveal)

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

    def groups_of(self, draft: NetworkDraft) -> tuple[Group, ...]:
        """Return the parameters of an experiment as the Parameters panel groups them, none of them structural."""
        if draft.template:
            groups = (group.all_live for group in parameter_groups(draft.unchecked))
            return tuple(replace(group, primary=group.primary or group.path == "reference") for group in groups)
        graph = draft.graph()
        first = ("reference", f"network.populations.{graph.read}", f"network.projections.{graph.shown}")
        return tuple(replace(group, primary=group.path in first) for group in draft_groups(draft))

    def first(self) -> Mapping[str, Parameter]:
        """Return what the form asks for first, by dotted path."""
        return {}

    def shown_groups(self) -> list[Group]:
        """Return the groups that the form shows after what it asks for first."""
        return list(self.groups)

    def show_run(self) -> None:
        """Show what only this form has, when `refresh` shows the rest."""

    def more_problems(self) -> list[str]:
        """Return what else is wrong with an experiment that does not contradict itself."""
        return []

    def compared_with(self) -> str:
        """Return what the experiment is compared with, in a few words."""
        return self.run.template.name

    def reveal(self, name: str) -> None:
        """Show the parameters of a population or projection that was chosen in the diagram."""
        self.diagram.select([name])
        self.form.reveal(group_of(self.draft.unchecked, name))

    # -- layout ----------------------------------------------------------------------------------------------------

    def add_action(
        self,
        key: str,
        text: str,
        shortcut: str,
        slot: Callable[[], object],
        tip: str = "",
        within: QWidget | None = None,
    ) -> None:
        """Add an action with a shortcut, which acts in the whole form or only in a widget."""
        action = QAction(text, self)
        if key in PATHS:
            action.setIcon(icon(key))
        action.setShortcut(QKeySequence(shortcut))
        action.setToolTip(f"{tip or text}{f' ({shortcut})' if shortcut else ''}")
        action.triggered.connect(lambda _=False: slot())
        if within is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        (within or self).addAction(action)
        self.actions_[key] = action

    def buttons(self, *keys: str) -> list[QToolButton]:
        """Return buttons for actions."""
        found = []
        for key in keys:
            button = named(QToolButton(), self.actions_[key].text().replace("&", ""))
            button.setDefaultAction(self.actions_[key])
            found.append(button)
        return found

    def lay_out(self, head: QWidget, others: tuple[QPushButton, ...], *, stretch: int = 0) -> None:
        """Arrange the form: head and changes, parameters, network and stimulus; then the buttons."""
        self._others = {button: button.toolTip() for button in others}
        self.changes.setMinimumHeight(_LINES * self.fontMetrics().height())
        self._left = holding(vbox((head, stretch), (self.changes, 1), spacing=theme.GRID))
        parameters = vbox(self.search, (self.form, 1), margins=theme.GRID, spacing=theme.GRID)
        self._middle = holding(parameters, "panel")
        shown = split((self.diagram, 0), (self.preview, 0), upright=True)
        shown.setSizes([210, 350])
        self._right = holding(vbox(shown, margins=theme.GRID), "panel")
        left = scrolling(self._left)
        left.setMinimumWidth(
            self._left.minimumSizeHint().width() + not_none(left.verticalScrollBar()).sizeHint().width()
        )
        sides = split((left, 0), (self._middle, 0), (self._right, 0))
        menu = QMenu(self)
        for words, field in WAYS:
            menu_action(menu, f"As {words}", partial(self.copy, field))
        self.copy_button = menu_button("Copy", menu, name="Copy as a command line or as Python")
        cancel = push_button("Cancel", clicked=self.reject)
        steps = self.buttons("undo", "redo")
        row = hbox(*steps, STRETCH, self.copy_button, cancel, *others, self.go, spacing=theme.GRID)
        rest = (self.said, self.problem, self.time, row)
        vbox((sides, 1), *rest, within=self, margins=2 * theme.GRID, spacing=theme.GRID)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter applies the value of a field
        around = self.parentWidget()
        if around is None:
            self.resize(_WIDTH, _HEIGHT)
        else:
            room = not_none(around.window()).size()
            self.resize(max(900, min(1500, room.width() - 40)), max(480, min(960, room.height() - 40)))
        width = self.width() - _FORM_WIDTH - 6 * theme.GRID
        first = width // (2 if stretch else 3)
        sides.setSizes([first, _FORM_WIDTH, width - first])
        self.restyle()

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
    def settings(self) -> RunSettings:
        """The settings of the run beside its experiment."""
        return RunSettings(self.run, self.entries)

    @property
    def presentations_done(self) -> int:
        """Training presentations that the new run does not have to carry out."""
        return 0

    def refresh(self) -> None:
        """Show the current run."""
        run, draft = self.run, self.draft
        self._input.show_for(draft.unchecked)
        self.groups = self.groups_of(draft)
        if self._of_template is None or self._template.unchecked is not run.template:
            self._template = NetworkDraft(run.template)
            self._of_template = frozenset(path for group in self.groups_of(self._template) for path in group.paths)
        self.form.keep_refused(path for group in (self.settings.group, *self.groups) for path in group.paths)
        self.problems = placed(draft.problems(*self._input.shape), self.groups)
        self._more_problems = [] if self.problems else self.more_problems()
        self.show_form()
        self.stages.show_draft(draft, [one.sentence for one in self.problems if one.group == "schedule"])
        self.stages.setEnabled(not self.why_not(STAGES))
        self.stages.setToolTip(plain_tip(self.why_not(STAGES)))
        self.diagram.show_graph(draft.graph(*self._input.shape))
        found = changes_from(run.template, draft)
        n, name = len(found), self.compared_with()
        self.changes.show_changes(f"{n} change{'s' if n > 1 else ''} of {name}" if n else f"As {name}", found)
        self.show_run()
        whole = None if self.problems else draft.unchecked
        self.preview.show_for(whole)
        self.preview.setVisible(draft.unchecked.stream is None)
        done = self.presentations_done
        self.time.show_for(whole, trust=run.is_template and not done, done=done)
        self.enable()

    def show_form(self) -> None:
        """Show the parameters, and problems in the rows that they belong to."""
        first = self._first = self.first()
        groups = self.shown_groups()
        if first:
            head = Group("", (self.windowTitle().lower(),), first, primary=True)
            groups = [head, *(_without(group, first) for group in groups)]
        self.form.show_groups(groups, self.value, self.value_before, self.why_not)
        self.form.show_problems({one.row: one.sentence for one in self.problems if one.row})

    def value(self, path: str) -> Any:
        """Return the value of a parameter, or of a setting of the run."""
        return self.settings.value(path) if path.startswith(f"{SECTION}.") else self.draft.value(path)

    def value_before(self, path: str) -> Any:
        """Return the value that a row can go back to: that of the template, or the current one of what it lacks."""
        if path.startswith(f"{SECTION}."):
            return self._first[path].default
        return (self._template if path in (self._of_template or ()) else self.draft).value(path)

    def wrong(self) -> list[str]:
        """Return what is wrong: values that cannot be used, and contradictions."""
        refused = (*self.form.refusals(), *self.stages.refused.values())
        return [*refused, *(one.sentence for one in self.problems), *self._more_problems]

    def enable(self) -> None:
        """Enable the button that does what the form is for, or say why it is not possible."""
        wrong = self.wrong()
        reason = "" if wrong else self.cannot_go()
        shown = [f"⚠ {sentence}" for sentence in wrong[:_MOST_SHOWN]]
        if len(wrong) > _MOST_SHOWN:
            shown.append(f"… and {len(wrong) - _MOST_SHOWN} more, beside their rows")
        if not wrong and (warning := reason or nothing_learns(self.draft.unchecked)):
            shown = [warning if reason else f"⚠ {warning}"]
        self.problem.say("\n".join(shown))
        can = not wrong and not reason and not self._busy
        self.go.setEnabled(can)
        self.go.setToolTip(plain_tip("\n".join(wrong) or reason or f"{self.go.text()} (Ctrl+Return)"))
        self.actions_["go"].setEnabled(can)
        self.copy_button.setEnabled(not wrong)
        for button, tip in self._others.items():
            button.setEnabled(not wrong and not self._busy)
            button.setToolTip(plain_tip("\n".join(wrong) or tip))

    def say(self, sentence: str) -> None:
        """Show a sentence about the last step; an empty one hides it."""
        self.said.say(sentence)

    # -- steps -----------------------------------------------------------------------------------------------------

    def do(self, text: str, run: NewRun, sentence: str = "") -> None:
        """Do a step and show the result."""
        if run != self.run:
            self.history.do(text, self.run, run)
        self.run = run
        self.refresh()
        self.say(sentence)

    def take(self, step: Step) -> None:
        """Do a step of the draft."""
        self.do(step.text, replace(self.run, draft=step.draft), step.after(self.draft))

    def set_value(self, path: str, value: Any) -> None:
        """Change a parameter or a setting; an invalid value is an error in its row."""
        try:
            if path.startswith(f"{SECTION}."):
                run = self.settings.changed(path, value)
                self.form.revert(path)
                self.do(f"{path.removeprefix(f'{SECTION}.')} → {value}", run)
            else:
                step = setting(self.draft, path, value)
                self.form.revert(path)
                self.take(step)
        except StdpbenchError as error:
            self.refuse(path, value, str(error))

    def _set_stage(self, make: Callable[[NetworkDraft], Step], number: int) -> None:
        """Change stages of the training; an invalid value is an error in the row of its stage."""
        try:
            step = make(self.draft)
        except StdpbenchError as error:
            self.stages.show_error(number, str(error))
            self.enable()
        else:
            self.stages.show_error(number, "")
            self.take(step)

    def refuse(self, path: str, value: Any, sentence: str) -> None:
        """Show that a value is invalid, in its row, or below the form if the row is gone."""
        if self.form.declared(path) is None:
            self.say(f"⚠ {sentence}.")
        else:
            self.form.refuse(path, value, sentence)
        self.enable()

    def commit(self) -> None:
        """Confirm everything that is typed."""
        self.form.commit()
        self.stages.commit()

    def apply_edited(self) -> bool:
        """Apply what was typed but not confirmed; return whether all is valid."""
        if not self._busy:
            self.commit()
        return not self._busy and not self.wrong()

    def _take_back(self, change: DraftChange) -> None:
        try:
            step = taking_back(self.draft, self.run.template, change)
        except StdpbenchError as error:
            self.say(f"⚠ {error}.")
        else:
            self.take(step)

    def _undo(self) -> None:
        """Undo the last step, which is what was typed last."""
        self.commit()
        self.history.undo()

    def _put(self, run: NewRun, done: Callable[[bool], None]) -> None:
        """Undo or redo a step; values that were refused are forgotten."""
        self.form.revert()
        self.stages.revert()
        self.run = run
        self.refresh()
        self.say(self.history.sentence)
        done(True)

    # -- what is done ----------------------------------------------------------------------------------------------

    def copy(self, field: str) -> None:
        """Copy what does the same as the form: ``"command"`` or ``"python"``."""
        if not self.apply_edited():
            return
        words = next(words for words, name in WAYS if name == field)
        try:
            text = getattr(self.text(), field)
        except StdpbenchError as error:
            self.say(f"Cannot be copied: {error}.")
            return
        if not text:
            self.say(f"There is no {words} for this.")
            return
        not_none(QGuiApplication.clipboard()).setText(text)
        lines = " ".join(text.split()) if len(text) < 200 else f"{len(text.splitlines())} lines"
        self.say(f"Copied as {words}: {lines}")

    def experiment(self) -> Experiment:
        """Return the experiment.

        Raises
        ------
        StdpbenchError
            If it contradicts itself.
        """
        return self.run.experiment(*self._input.shape)

    def _choose_target(self) -> None:
        chosen = experiment_target(self, self.draft.unchecked) if self.apply_edited() else None
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        try:
            write_text_aside(path, self.experiment().to_toml())
        except StdpbenchError as error:
            self.say(f"⚠ {error}.")
        else:
            self._saved = self.run
            self.say(f"Saved the experiment to {path}.")
            self.saved.emit(path)

    def work(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        """Do something in a thread; the form closes on success and says what went wrong otherwise."""

        def succeed(outcome: Any) -> None:
            self.finish()
            done(outcome)

        def fail(reason: str) -> None:
            self.say("")
            self.problem.say(f"⚠ {reason}")

        self.read(work, succeed, fail)

    def read(self, work: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[str], object]) -> None:
        """Do something in a thread, while nothing can be started."""

        def settle(then: Callable[[Any], object], outcome: Any) -> None:
            self._busy = False
            self.enable()
            then(outcome)

        self._busy = True
        self.say("One moment …")
        self.enable()
        self._background.do(
            work, lambda outcome: settle(done, outcome), lambda reason: settle(failed, reason), owner=self
        )

    def finish(self) -> None:
        """Close the form, whose work is done."""
        self._closing = True
        self.accept()

    def reject(self) -> None:
        """Close the form; ask first if changes would be lost."""
        if self._closing or self.run == self._saved:
            super().reject()
            return

        def close() -> None:
            self._closing = True
            self.reject()

        text, discard = "The changes are not saved.", "Discard them"
        question(self, "Close the form?", text, discard, close, "Keep editing").open()


def _without(group: Group, paths: Mapping[str, Parameter]) -> Group:
    found = {name: declared for name, declared in group.parameters.items() if f"{group.path}.{name}" not in paths}
    return replace(group, parameters=found)
