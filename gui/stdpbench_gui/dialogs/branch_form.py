"""The forms that continue a run: a branch with changes, or the run itself after a rewind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QPushButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.experiment import Experiment, NetworkDraft, parameter_groups
from stdpbench.experiment.draft_changes import changes_from
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, resume_position, resumption
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
_AS_IT_WAS = "Rewinding restores the parameters of that presentation. To change some, create a branch."


class PastForm(RunForm):
    """A form for what continues from a position of a run.

    Parameters
    ----------
    past : Past
        The run.
    session : RunSession
        Provides threads; outlives the form.
    runs : Path
        The runs folder.
    title, explanation, asked : str
        Title of the form, what it is for, and what the position is called.
    parent : QWidget
        Parent of the dialog.

    Attributes
    ----------
    at : QSpinBox
        The position.
    resumes : QLabel
        Where it resumes.
    """

    def __init__(
        self,
        past: Past,
        session: RunSession,
        runs: Path,
        title: str,
        explanation: str,
        asked: str,
        parent: QWidget | None,
    ) -> None:
        self.past = past
        super().__init__(NewRun.of(self.experiment_at(past.reached)), session, runs, title, parent)
        total = f" of {thousands(past.reached)}"
        self.at = number_field(0, past.reached, past.reached, asked, tip=asked, suffix=total)
        self.resumes = wrapped("", "faint", name="Where it resumes")
        asks = form(("presentation", self.at))
        head = vbox(wrapped(explanation), asks, self.resumes, margins=(0, 0, theme.GRID, 0), spacing=theme.GRID)
        self.head = holding(head)
        self.at.valueChanged.connect(self._move)

    @property
    def presentations_done(self) -> int:
        """Training presentations before the position."""
        return self.at.value()

    def experiment_at(self, at: int) -> Experiment:
        """Return the experiment that is continued from a position."""
        raise NotImplementedError

    def _open_at(self, buttons: tuple[QPushButton, ...]) -> None:
        self.lay_out(self.head, buttons)
        self.at.setFocus()
        self.at.selectAll()

    def show_run(self) -> None:
        """Show where it resumes."""
        self.resumes.setText(self.past.resumption(self.at.value(), thousands))

    def _move(self, at: int) -> None:
        """Continue from another position, where other parameters may be in force; with the same changes."""
        raise NotImplementedError


class BranchForm(PastForm):
    """The form for a branch.

    Attributes
    ----------
    branched : signal of (RunFolder, str)
        The branch was created; what happens with it, in a sentence.
    """

    branched = pyqtSignal(object, str)

    def __init__(self, past: Past, session: RunSession, runs: Path, parent: QWidget | None) -> None:
        explanation = (
            f"A branch is a second run that continues from {past.name} with changed parameters and the same input "
            f"spikes. {past.name} stays as it is. The Runs page compares their curves."
        )
        asked = "Number of training presentations before the branch starts"
        super().__init__(past, session, runs, f"Branch of {past.name}", explanation, asked, parent)
        self._structural = _structural(self.run.template)
        self.later_button = push_button(
            "Create only", clicked=lambda _: self.make(lambda _: "It is in the history; “Resume” starts it")
        )
        self.queue_button = push_button("Add to queue", clicked=lambda _: self.make(self._enqueue))
        self.go.setText("Start branch")
        self._open_at((self.later_button, self.queue_button))

    def experiment_at(self, at: int) -> Experiment:
        """Return the experiment that a branch at a position continues with."""
        return self.past.branched_at(at)

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
        template, values = self.experiment_at(at), self.values
        if template != self.run.template:
            try:
                draft = NetworkDraft(template.override(values))
            except StdpbenchError:  # such as parameters of a rule that was not in force yet
                draft = NetworkDraft(template)
            self._structural = _structural(template)
            run = replace(self.run, given=template, template=template, draft=draft)
            self.run = run
            self.history.clear()  # steps before were those of other parameters
        self.refresh()

    def submit(self) -> None:
        """Create the branch and start it."""
        self.make(_resume)

    def _enqueue(self, folder: RunFolder) -> str:
        return f"It is item {Queue(self.runs).add_run(folder.path).number} in the queue"

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


class RewindForm(PastForm):
    """The form that rewinds a run; its parameters are shown as they will be."""

    def __init__(self, past: Past, session: RunSession, runs: Path, parent: QWidget | None) -> None:
        stops = " It is stopped first." if past.active else ""
        explanation = (
            f"Rewind {past.name} to an earlier presentation. The later part is not lost: it is kept as a separate run."
            f"{stops}"
        )
        asked = "Training presentations to keep"
        super().__init__(past, session, runs, f"Rewind {past.name}", explanation, asked, parent)
        self.go.setText("Stop and rewind" if past.active else "Rewind")
        self._now = past.branched_at(past.reached)
        self._open_at(())
        self.copy_button.hide()

    def experiment_at(self, at: int) -> Experiment:
        """Return the experiment that the run continues with."""
        return self.past.rewound_to(at)

    def cannot_go(self) -> str:
        """Return why the run cannot be rewound; empty if it can."""
        return "It is at this presentation: choose an earlier one." if self.at.value() == self.past.reached else ""

    def why_not(self, path: str) -> str:
        """Return why no parameter can be changed."""
        return _AS_IT_WAS

    def show_run(self) -> None:
        """Show where it resumes, and which changes of the run are taken back."""
        super().show_run()
        undone = changes_from(self._now, self.draft)
        title = "Rewinding undoes these changes" if undone else "Rewinding undoes no change of parameters"
        self.changes.show_changes(title, undone, fixed=True)

    def _move(self, at: int) -> None:
        made = self.experiment_at(at)
        self.run = self._saved = replace(self.run, given=made, template=made, draft=NetworkDraft(made))
        self.refresh()

    def submit(self) -> None:
        """Rewind the run in a thread."""
        if self._busy:
            return
        path, to = self.past.folder.path, self.at.value()

        def rewind() -> str:
            from stdpbench.api import Run

            kept = Run(path).rewind(to)
            resumes = resumption(resume_position(path, to), to, thousands)
            back = f"{self.past.name} is back at presentation {thousands(to)}."
            return f"{back} {resumes} The later presentations are kept as {kept.name}."

        self.work(rewind, self.reported.emit)


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
