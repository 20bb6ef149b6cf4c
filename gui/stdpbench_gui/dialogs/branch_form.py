"""The form that continues a run as a branch with changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.experiment import Experiment, NetworkDraft, parameter_groups
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.lineage.features import Past
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_queue import Queue
from stdpbench.runs.queue.run_text import ActionText, branch_text
from stdpbench_gui.dialogs.run_form import ABOUT, STAGES, RunForm
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import number_field, push_button, wrapped
from stdpbench_gui.widgets.layouts import form, holding, vbox

_SAME_NETWORK = (
    "Structural: a branch continues with the same network. “New run…” (Ctrl+N) starts one with another value, also "
    "from the weights of this run."
)


class BranchForm(RunForm):
    """The form for a branch.

    Attributes
    ----------
    at : QSpinBox
        The position at which it starts.
    resumes : QLabel
        Where it resumes.
    branched : signal of (RunFolder, str)
        The branch was created; what happens with it, in a sentence.
    """

    branched = pyqtSignal(object, str)

    def __init__(self, past: Past, session: RunSession, runs: Path, parent: QWidget | None) -> None:
        self.past = past
        super().__init__(NewRun.of(past.branched_at(past.reached)), session, runs, f"Branch of {past.name}", parent)
        explanation = (
            f"A branch is a second run that continues from {past.name} with changed parameters and the same input "
            f"spikes. {past.name} stays as it is. The Runs page compares their curves."
        )
        asked = "Number of training presentations before the branch starts"
        total = f" of {thousands(past.reached)}"
        self.at = number_field(0, past.reached, past.reached, asked, tip=asked, suffix=total)
        self.resumes = wrapped("", "faint", name="Where it resumes")
        asks = form(("presentation", self.at))
        head = vbox(wrapped(explanation), asks, self.resumes, margins=(0, 0, theme.GRID, 0), spacing=theme.GRID)
        self.head = holding(head)
        self.at.valueChanged.connect(self._move)
        self._structural = _structural(self.run.template)
        self.later_button = push_button(
            "Create only", clicked=lambda _: self.make(lambda _: "It is in the history; “Resume” starts it")
        )
        queue = Queue(runs)
        self.queue_button = push_button(
            "Add to queue",
            clicked=lambda _: self.make(lambda made: f"It is item {queue.add_run(made.path).number} in the queue"),
        )
        self.go.setText("Start branch")
        self.lay_out(self.head, (self.later_button, self.queue_button))
        self.at.setFocus()
        self.at.selectAll()

    @property
    def presentations_done(self) -> int:
        """Training presentations before the position."""
        return self.at.value()

    def show_run(self) -> None:
        """Show where it resumes."""
        self.resumes.setText(self.past.resumption(self.at.value(), thousands))

    def why_not(self, path: str) -> str:
        """Return why a parameter cannot be changed in a branch; empty if it can."""
        return _SAME_NETWORK if path == STAGES or path in self._structural else ""

    def compared_with(self) -> str:
        """Return what the branch is compared with."""
        return f"{self.past.name} at {thousands(self.at.value())}"

    @property
    def values(self) -> dict[str, Any]:
        """The changed values, by dotted path."""
        found = self.run.template.differences(self.draft.unchecked)
        return {path: "none" if new is None else new for path, (_, new) in found.items()}

    def more_problems(self) -> list[str]:
        """Return why the changes cannot be made during a run."""
        try:
            self.run.template.changed_live(self.values)
        except StdpbenchError as error:
            return list(error.sentences)
        return []

    def _move(self, at: int) -> None:
        """Continue from another position, where other parameters may be in force; with the same changes."""
        template, values = self.past.branched_at(at), self.values
        if template != self.run.template:
            try:
                draft = NetworkDraft(template.override(values))
            except StdpbenchError:  # such as parameters of a rule that was not in force yet
                draft = NetworkDraft(template)
            self._structural = _structural(template)
            self.run = replace(self.run, given=template, template=template, draft=draft)
            self.history.clear()  # steps before were those of other parameters
        self.refresh()

    def submit(self) -> None:
        """Create the branch and start it."""
        self.make(_resume)

    def make(self, then: Callable[[RunFolder], str]) -> None:
        """Create the branch in a thread, and do something with it that says what it did."""
        if not self.apply_edited():
            return
        folder, at, values = self.past.folder, self.at.value(), self.values
        made: list[RunFolder] = []

        def work() -> tuple[RunFolder, str]:
            made.append(branch(folder, at, values, about=ABOUT))
            return made[0], then(made[0])

        self.work(work, lambda found: self.branched.emit(*found))

    def text(self) -> ActionText:
        """Return what branches the run."""
        return branch_text(self.past.folder.path, self.runs, self.at.value(), self.values)


def _resume(folder: RunFolder) -> str:
    from stdpbench.api import Run

    return f"{Run(folder.path).resume().name} starts."


def _structural(experiment: Experiment) -> frozenset[str]:
    """Return the paths of the parameters that cannot change during a run."""
    return frozenset(
        f"{group.path}.{name}"
        for group in parameter_groups(experiment)
        for name, declared in group.parameters.items()
        if declared.structural
    )
