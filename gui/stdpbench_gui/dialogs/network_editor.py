"""The editor of a network: populations and projections in a list beside their parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import listed
from stdpbench.declare.parameters import Parameter
from stdpbench.engine.network.costs import costs
from stdpbench.experiment import Group, NetworkDraft, draft_groups
from stdpbench.experiment.draft_steps import (
    POPULATIONS,
    PROJECTIONS,
    Step,
    adding,
    copying,
    kind_sentence,
    moving,
    name_of,
    removing,
    renaming,
    starting_again,
)
from stdpbench.experiment.starting_points import starting_points
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_text import ActionText, command_of, python_of
from stdpbench_gui.dialogs.run_form import RunForm
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import named, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, form, hbox, holding, vbox
from stdpbench_gui.widgets.network_tree import NetworkTree
from stdpbench_gui.widgets.parameter_fields import Choice

_NAME = "run.name"


class NetworkEditor(RunForm):
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
    tree : NetworkTree
        The list of parts; the form shows the parameters of the chosen one.
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
        start = draft.unchecked
        super().__init__(NewRun("", start, start, draft), session, runs, "Edit a network", parent)
        self._path = "network"
        tip = "\n".join(f"{kind}: {words}" for kind, words in starting_points().items())
        name = "Start again from an empty network or a template"
        self.start_from = named(Choice(("…", *starting_points())), name, tip=tip)
        self.start_from.activated.connect(lambda _: self._start_again(self.start_from.currentText()))
        self.kind = wrapped("", "faint", name="Kind of the network")
        self.tree = NetworkTree()
        self.tree.chosen.connect(self._choose)
        # in the next event: the rows are made anew, but the editor of this one is still closing
        self.tree.renamed.connect(self._rename, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self.go.setText(go)
        self._add_actions()
        add, change = ("input", "population", "projection"), ("duplicate", "rename", "remove")
        content = vbox(
            form(("start again from", self.start_from)),
            self.kind,
            hbox(*self.buttons(*add), STRETCH),
            (self.tree, 1),
            hbox(*self.buttons(*change), STRETCH, *self.buttons("earlier", "later")),
            spacing=theme.GRID,
        )
        self.lay_out(holding(content), (self.save_button,), stretch=3)
        self.tree.setFocus()

    def _add_actions(self) -> None:
        add, tree = self.add_action, self.tree
        tips = "Add a population of neurons", "Connect two populations; the chosen one is the source"
        add("input", "Add input", "", lambda: self._add("input"), "Add the input population, whose spikes are data")
        add("population", "Add population", "Ctrl+N", lambda: self._add("population"), tips[0])
        add("projection", "Add projection", "Ctrl+Shift+N", lambda: self._add("projection"), tips[1])
        tip = "Copy the chosen population or projection"
        add("duplicate", "Duplicate", "Ctrl+D", lambda: self._try(lambda: copying(self.draft, self._path)), tip)
        add("rename", "Rename", "F2", tree.edit_name, "Give the chosen part another name", tree)
        # in a text field, Del is the field's
        add("remove", "Remove", "Del", lambda: self._try(lambda: removing(self.draft, self._path)), within=tree)
        tip = "The projection acts before the one above it"
        add("earlier", "Earlier", "Alt+Up", lambda: self._try(lambda: moving(self.draft, self._path, -1)), tip)
        tip = "The projection acts after the one below it"
        add("later", "Later", "Alt+Down", lambda: self._try(lambda: moving(self.draft, self._path, 1)), tip)
        add("save", "Save as file…", "Ctrl+S", self.save_button.click)

    # -- showing ---------------------------------------------------------------------------------------------------

    def groups_of(self, draft: NetworkDraft) -> tuple[Group, ...]:
        """Return the parameters of a draft by population and projection."""
        return draft_groups(draft)

    def first(self) -> Mapping[str, Parameter]:
        """Return the name of the experiment."""
        return {_NAME: self.settings.group.paths[_NAME]}

    def shown_groups(self) -> list[Group]:
        """Return the group of the chosen part."""
        if self._path not in {group.path for group in self.groups}:
            self._path = "network"
        return [group for group in self.groups if group.path == self._path]

    def show_run(self) -> None:
        """Show the list of parts."""
        draft, wrong = self.draft, defaultdict[str, list[str]](list)
        for one in self.problems:
            wrong[one.group].append(one.sentence)
        self.start_from.setCurrentIndex(0)
        self.kind.setText(kind_sentence(draft))
        self.tree.show_draft(draft, self.groups, costs(draft.graph(*self._input.shape)), wrong, self._path)
        self._show_part()

    def _show_part(self) -> None:
        draft, actions, name = self.draft, self.actions_, name_of(self._path)
        self.diagram.select([name])
        self.diagram.reveal(name)
        actions["input"].setEnabled(not draft.input)
        actions["projection"].setEnabled(any(one.neuron is not None for one in draft.populations.values()))
        for key in ("duplicate", "rename", "remove"):
            actions[key].setEnabled(bool(name))
        if name == draft.input:  # a network has one
            actions["duplicate"].setEnabled(False)
        names = list(draft.projections)
        actions["earlier"].setEnabled(name in names[1:])
        actions["later"].setEnabled(name in names[:-1])
        gone = draft.ending_at(name)
        with_ = f", and with it {listed(gone)}" if gone else ""
        actions["remove"].setToolTip(f"Remove {name}{with_} (Del)" if name else "Remove (Del)")

    def enable(self) -> None:
        """Enable the buttons, or say why they are not."""
        super().enable()
        self.actions_["save"].setEnabled(self.save_button.isEnabled())

    # -- choosing --------------------------------------------------------------------------------------------------

    def _choose(self, path: str) -> None:
        self._path = path
        self.show_form()
        self._show_part()
        self.enable()

    def reveal(self, name: str) -> None:
        """Choose a population or projection in the list."""
        self.tree.choose((POPULATIONS if name in self.draft.populations else PROJECTIONS) + name)

    # -- steps -----------------------------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        """Do a step, and show the part that it leads to."""
        self._path = step.part or self._path
        super().take(step)

    def _try(self, make: Callable[[], Step]) -> None:
        """Apply what is typed and do a step, or say why it is not possible."""
        self.commit()
        try:
            step = make()
        except StdpbenchError as error:
            self.refresh()
            self.say(f"⚠ {error}.")
        else:
            self.take(step)

    def _add(self, what: str) -> None:
        self._try(lambda: adding(self.draft, what, self._path))
        self.tree.setFocus()

    def _rename(self, part: str, new: str) -> None:
        self._try(lambda: renaming(self.draft, part, new))
        self.tree.setFocus()

    def _start_again(self, kind: str) -> None:
        if kind in starting_points():
            self._try(lambda: starting_again(self.draft, kind))

    # -- what is done ----------------------------------------------------------------------------------------------

    def text(self) -> ActionText:
        """Return what starts a run of the experiment."""
        return ActionText(command_of(self.run, self.runs), python_of(self.run, self.runs))

    def submit(self) -> None:
        """Give the experiment on."""
        if self.apply_edited():
            made = self.experiment()
            self.finish()
            self.chosen.emit(made)
