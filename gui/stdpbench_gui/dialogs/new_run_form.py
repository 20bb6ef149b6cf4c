"""The form for a new run: everything that its experiment declares, seeds, start and reference; start, queue, save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QPushButton, QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.experiment import Experiment, NetworkDraft, asked_first, read_experiment
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.features import features_of
from stdpbench.runs.queue.new_run import NewRun, read_seeds
from stdpbench.runs.queue.run_queue import Item, Queue
from stdpbench.runs.queue.run_text import ActionText, command_of, python_of, stopped_first
from stdpbench.studies.lab.use import experiment_with
from stdpbench_gui.dialogs.network_editor import NetworkEditor
from stdpbench_gui.dialogs.new_run_fields import FILE, NewRunFields
from stdpbench_gui.dialogs.run_form import ABOUT, STAGES, RunForm
from stdpbench_gui.dialogs.run_form_rows import TEXTS
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import experiment_target
from stdpbench_gui.widgets.parameter_row import ParameterRow

_KIND, _WEIGHTS = "reference.kind", "reference.weights"
_SEEDS, _CHOICE = "seeds", "choice"
"""Keys of invalid values that are not those of parameters."""


class NewRunForm(RunForm):
    """The form for a new run.

    Parameters
    ----------
    run : NewRun
        What the form starts from.
    session : RunSession
        Provides threads; outlives the form.
    runs : Path
        The runs folder.
    parent : QWidget
        Parent of the dialog.
    called : str
        What the experiment is called if it is neither shipped nor a file. Default: its name.
    rule : PlasticityRule, optional
        A rule by which the network learns, whatever experiment is chosen.
    projection : str
        The projection that learns by it, where several can.

    Attributes
    ----------
    data_wanted : signal of (str, NewRun)
        The data set is not on this machine: a request to get it, and then to start the run.
    saved : signal of Path
        The experiment was written to a file.
    fields : NewRunFields
        What is asked for first.
    missing : set of str
        Kinds of data sets that are not on this machine.
    """

    data_wanted = pyqtSignal(str, object)
    saved = pyqtSignal(object)

    def __init__(
        self,
        run: NewRun,
        session: RunSession,
        runs: Path,
        parent: QWidget | None,
        *,
        called: str = "",
        rule: PlasticityRule | None = None,
        projection: str = "",
    ) -> None:
        self._rule, self._projection = rule, projection
        self.missing: set[str] = set()
        self._opened_with = run.given
        problem = ""
        if rule is not None:
            run, problem = self._with_rule(run)
        super().__init__(run, session, runs, "New run", parent)
        self.fields = NewRunFields("" if run.source else called or run.given.name, runs, TEXTS)
        self.network_button = QPushButton("Edit network…")
        self.network_button.setToolTip("Change populations and projections")
        self.save_button = QPushButton("Save as file…")
        self.queue_button = QPushButton("Add to queue")
        self.go.setText("Start")
        self.network_button.clicked.connect(lambda _: self.edit_network())
        self.save_button.clicked.connect(lambda _: self._choose_target())
        self.queue_button.clicked.connect(lambda _: self.enqueue())
        fields = self.fields
        fields.source_chosen.connect(self._choose_source)
        fields.reference_chosen.connect(lambda kind: self._train_by(kind, None))
        fields.features_chosen.connect(lambda path: self._train_by(self.run.reference, path))
        fields.projection_chosen.connect(self._choose_projection)
        fields.start_chosen.connect(self._start_from)
        fields.name_edited.connect(self._rename)
        fields.seeds_edited.connect(self.set_seeds)
        fields.options_changed.connect(lambda options: self.do("options", replace(self.run, options=options)))
        self._refuse_choice(problem)
        self.lay_out(self.fields, (self.network_button, self.save_button, self.queue_button))
        fields.source.setFocus()

    # -- showing ---------------------------------------------------------------------------------------------------

    def show_run(self) -> None:
        """Show what is asked for first."""
        run, draft = self.run, self.draft
        learners = () if self._rule is None else tuple(run.given.rules_by_projection)
        self.fields.show_run(run, learners, self._projection, has_rule=self._rule is not None)
        self.fields.show_rows(asked_first(draft, self.groups), self.set_value, self.on_edit)
        for path, row in self.fields.rows.items():
            row.show_value(draft.value(path), self.value_before(path), ..., "")
            if path not in self._invalid:
                row.show_error("")
        for sentence_of, label in ((_SEEDS, self.fields.seeds_problem), (_CHOICE, self.fields.choice_problem)):
            self.fields.show_problem(label, self._invalid.get(sentence_of, ""))

    def rows_of(self, path: str) -> list[ParameterRow]:
        """Return the rows that show a parameter, also those of what is asked for first."""
        fields = getattr(self, "fields", None)
        first = None if fields is None else fields.rows.get(path)
        return [*super().rows_of(path), *([] if first is None else [first])]

    def prefill(self, values: Mapping[str, str], path: str) -> None:
        """Change parameters before anything else, and show the row of one of them or a section."""
        for each, value in values.items():
            self.set_value(each, value)
        self._saved = self.run
        if path == STAGES:
            self.form.reveal("schedule")
        else:
            self.form.reveal(path)
        stopped = self.stopped_first
        if stopped is not None:
            self.say(f"{stopped.path.name} is stopped first, so that its weights are saved. It can be resumed.")

    @property
    def stopped_first(self) -> RunFolder | None:
        """The run on display, if the new run starts from its weights and it is active; it is stopped for that."""
        folder = self.session.folder
        starts_there = folder is not None and folder.path == self.run.start_from
        return folder if starts_there and self.session.connected else None

    def cannot_go(self) -> str:
        """Return why the run cannot be started although it is valid."""
        n = len(self.run.seeds)
        return f"{n} seeds make {n} runs: add them to the queue, or name one seed to start it." if n > 1 else ""

    def enable(self) -> None:
        """Enable the buttons, or say why they are not."""
        self.go.setText("Start" if self.stopped_first is None else "Stop that run and start")
        super().enable()
        can = self.is_valid and not self._busy
        for button in (self.save_button, self.queue_button):
            button.setEnabled(can)
            button.setToolTip("" if can else self.go.toolTip())
        n = len(self.run.seeds)
        self.queue_button.setText(f"Add {n} runs to queue" if n > 1 else "Add to queue")
        reason = self.cannot_go()
        if self.is_valid and reason:
            self.problem.setText(f"Start is not possible: {reason}")
            self.problem.show()

    # -- steps -----------------------------------------------------------------------------------------------------

    def _refuse_choice(self, sentence: str) -> None:
        """Show why a choice is not possible, until another one is made."""
        if sentence:
            self._invalid[_CHOICE] = sentence
        else:
            self._invalid.pop(_CHOICE, None)

    def _try(self, text: str, make: Callable[[], NewRun], sentence: str = "") -> None:
        """Do a step that may not be possible, and say why."""
        try:
            made = make()
        except StdpbenchError as error:
            self._refuse_choice(str(error))
            self.refresh()
            return
        self._refuse_choice("")
        self.do(text, made, sentence)

    def set_value(self, path: str, value: Any) -> None:
        """Change a parameter; another reference, and the file of a trained network, bring their networks with them."""
        if path == _KIND:
            declared = str(getattr(self.run.given.reference, "kind", "none"))
            self.forget(path)
            self._train_by("" if value == declared else str(value), None)
            return
        if path != _WEIGHTS or not self.run.reference:
            super().set_value(path, value)
            return
        self.forget(path)
        run, file = self.run, "" if value in (None, "none") else str(value).strip("\"'")

        def done(made: NewRun) -> None:
            self._busy = False
            self.do(f"weights → {file or 'none'}", made)

        def fail(reason: str) -> None:
            self._busy = False
            self.refuse(path, reason)

        self._busy = True
        self.enable()
        self._background.do(lambda: run.trained_by(run.reference, weights=file), done, fail, owner=self)

    def _choose_source(self, source: str) -> None:
        if source == FILE:
            chosen, _ = QFileDialog.getOpenFileName(self, "Choose an experiment file", "", "Experiments (*.toml)")
            if chosen:
                self.read_file(Path(chosen))
            return
        if source and Path(source).is_absolute():
            self.read_file(Path(source))
            return
        self._take_source(read_experiment(source) if source else self._opened_with, source)

    def read_file(self, path: Path) -> None:
        """Make the run from an experiment file, which a thread reads."""

        def fail(reason: str) -> None:
            self._refuse_choice(reason)
            self.refresh()

        self._background.do(
            lambda: read_experiment(path), lambda made: self._take_source(made, str(path)), fail, owner=self
        )

    def _take_source(self, experiment: Experiment, source: str) -> None:
        lost = " Undo brings the changes back." if not self.run.is_template and self._rule is None else ""

        def make() -> NewRun:
            made = self.run.made_from(experiment, source)
            if self._rule is None:
                return made
            made, problem = self._with_rule(made)
            if problem:
                raise StdpbenchError(problem)
            return made

        self._try(f"made from {experiment.name}", make, f"Made from {experiment.name}.{lost}")

    def _with_rule(self, run: NewRun) -> tuple[NewRun, str]:
        """Return a run whose network learns by the rule, or the run and why it cannot."""
        assert self._rule is not None
        learners = tuple(run.given.rules_by_projection)
        projection = self._projection if self._projection in learners else ""
        try:
            made = experiment_with(self._rule, run.given, projection=projection)
        except StdpbenchError as error:
            return run, str(error)
        return run.with_draft(NetworkDraft(made)), ""

    def _choose_projection(self, projection: str) -> None:
        self._projection = projection
        self._take_source(self.run.given, self.run.source)

    def _train_by(self, kind: str, features: Path | None) -> None:
        text = f"trained by {kind}" if kind else "trained as declared"
        run = self.run
        if features is None:
            self._try(text, lambda: run.trained_by(kind))
            return

        def fail(reason: str) -> None:
            self._busy = False
            self._refuse_choice(reason)
            self.refresh()

        def done(data: dict[str, str]) -> None:
            self._busy = False
            self._try(f"responses of {features.name}", lambda: run.trained_by(kind, data, features))

        self._busy = True
        self.say(f"Reading the responses of {features.name} …")
        self.enable()
        self._background.do(lambda: features_of(RunFolder.open(features)), done, fail, owner=self)

    def _start_from(self, path: Path | None) -> None:
        text = "weights as declared" if path is None else f"weights of {path.name}"
        self.do(text, replace(self.run, start_from=path))

    def _rename(self, name: str) -> None:
        if name and name != self.draft.unchecked.name:
            self.do(f"name → {name}", self.run.with_draft(self.draft.named(name)))

    def set_seeds(self, text: str) -> None:
        """Set the seeds from a text such as ``"0 1 2"`` or ``"0-4"``."""
        try:
            seeds = read_seeds(text)
        except StdpbenchError as error:
            self._invalid[_SEEDS] = str(error)
            self.refresh()
            return
        self._invalid.pop(_SEEDS, None)
        self.fields.seeds.setModified(False)
        if seeds == self.run.seeds:
            self.refresh()
        else:
            self.do(f"seeds → {text.strip() or 'that of the experiment'}", replace(self.run, seeds=seeds))

    def _put(self, run: NewRun, done: Callable[[bool], None]) -> None:
        self.fields.seeds.setModified(False)
        super()._put(run, done)

    def edit_network(self) -> NetworkEditor:
        """Open the editor of the network; what it makes is a step here."""
        editor = NetworkEditor(self.draft, self.session, self.runs, self, go="Use this network")
        editor.chosen.connect(
            lambda made: self.do(
                "edit the network", self.run.with_draft(NetworkDraft(made)), "The network was edited."
            )
        )
        editor.open()
        return editor

    # -- what is done ----------------------------------------------------------------------------------------------

    def submit(self) -> None:
        """Create the run and start it; without its data, ask for them first."""
        if not self._apply():
            return
        if self.cannot_go():
            return
        run, runs = self.run, self.runs
        kind = str(getattr(self.draft.unchecked.data, "kind", ""))
        if kind in self.missing:
            self._closing = True
            self.accept()
            self.data_wanted.emit(kind, run)
            return
        stop = self._stopping()

        def create() -> RunFolder:
            stop()
            return run.create(runs, ABOUT)

        self.work(create, self.made.emit)

    def _stopping(self) -> Callable[[], None]:
        """Return a function that stops the run from whose weights the new one starts, if it is active."""
        folder = self.stopped_first

        def stop() -> None:
            if folder is not None:
                from stdpbench.api import Run

                Run(folder.path).stop()

        return stop

    def enqueue(self) -> None:
        """Add an item to the queue for each seed."""
        if not self._apply():
            return
        run, queue, hold, stop = self.run, Queue(self.runs), self.fields.hold.isChecked(), self._stopping()

        def added(items: list[Item]) -> None:
            numbers = ", ".join(str(item.number) for item in items)
            self.reported.emit(f"Added item{'s' if len(items) > 1 else ''} {numbers} to the queue.")

        def enqueue() -> list[Item]:
            stop()
            return run.enqueue(queue, hold=hold, about=ABOUT)

        self.work(enqueue, added)

    def _apply(self) -> bool:
        if self._busy:
            return False
        if self.fields.seeds.isModified():
            self.set_seeds(self.fields.seeds.text())
        self._rename(self.fields.name.text().strip())
        return self.apply_edited()

    def text(self) -> ActionText:
        """Return what starts the run, queues several, or carries them out one after the other."""
        run, runs, stopped = self.run, self.runs, self.stopped_first
        made = ActionText(command_of(run, runs, hold=self.fields.hold.isChecked()), python_of(run, runs))
        if stopped is None:
            return made
        return stopped_first(stopped.path, runs, made)

    def experiment(self) -> Experiment:
        """Return the experiment.

        Raises
        ------
        StdpbenchError
            If it contradicts itself.
        """
        return self.run.experiment(*self._input.shape)

    def _choose_target(self) -> None:
        if not self._apply():
            return
        chosen = experiment_target(self, self.draft.unchecked)
        if chosen is not None:
            self.save(chosen)

    def save(self, path: Path) -> None:
        """Write the experiment to a file."""
        try:
            write_text_aside(path, self.experiment().to_toml())
        except StdpbenchError as error:
            self.say(f"⚠ {error}.")
            return
        self._saved = self.run
        self.say(f"Saved the experiment to {path}.")
        self.saved.emit(path)

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Ask as `reject` does."""
        event.ignore()
        self.reject()
