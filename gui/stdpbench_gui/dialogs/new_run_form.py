"""The form for a new run: everything that its experiment declares, seeds, start and reference; start, queue, save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QWidget

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.trust import is_trusted, trust
from stdpbench.declare.parameters import Parameter
from stdpbench.experiment import Experiment, NetworkDraft, asked_first, read_experiment, shipped_experiments
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.runs.catalog.store import Entry, newest
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.features import features_of
from stdpbench.runs.queue.new_run import NewRun
from stdpbench.runs.queue.run_queue import Item, Queue
from stdpbench.runs.queue.run_settings import RESPONSES, TRAINED_BY
from stdpbench.runs.queue.run_text import ActionText, command_of, python_of, stopped_first
from stdpbench.studies.lab.use import experiment_with
from stdpbench_gui.dialogs.network_editor import NetworkEditor
from stdpbench_gui.dialogs.run_form import ABOUT, STAGES, RunForm
from stdpbench_gui.look import theme
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import Label, ask_for_file, named, not_none, push_button, question, wrapped
from stdpbench_gui.widgets.layouts import STRETCH, hbox, holding, vbox
from stdpbench_gui.widgets.parameter_fields import Choice

_KIND, _WEIGHTS = "reference.kind", "reference.weights"
_LEARNS = "run.learns by it"
_MOST = 500


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
    source : Choice
        What the run is made from.
    missing : set of str
        Kinds of data sets that are not on this machine.
    """

    data_wanted = pyqtSignal(str, object)

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
        self._problem, self._refused = "", run.source
        if rule is not None:
            run, self._problem = self._with_rule(run)
        super().__init__(run, session, runs, "New run", parent)
        given = "" if run.source else called or run.given.name
        self.source = named(Choice([given] if given else []), "Experiment that the run is made from")
        if given:
            self.source.setItemData(0, "")
        for name in shipped_experiments():
            self.source.addItem(name, name)
        self.source.activated.connect(lambda _: self._choose_source(str(self.source.currentData() or "")))
        file = push_button("File…", clicked=lambda _: self._choose_file(), name="Choose an experiment file")
        self.about = wrapped("", "faint", name="About the experiment")
        tip = "Change populations and projections"
        self.network_button = push_button("Edit network…", clicked=lambda _: self.edit_network(), tip=tip)
        others = hbox(file, self.network_button, STRETCH, spacing=theme.GRID)
        self.head = holding(vbox(Label("made from"), self.source, others, self.about, spacing=theme.GRID))
        self.queue_button = push_button("Add to queue", clicked=lambda _: self.enqueue())
        self.lay_out(self.head, (self.save_button, self.queue_button))
        self.source.setFocus()
        self._background.do(lambda: newest(runs, _MOST), self._take_entries, lambda _: None)  # the Runs page says why

    def _take_entries(self, entries: list[Entry]) -> None:
        self.entries = entries
        if self.groups:
            self.show_form()

    # -- showing ---------------------------------------------------------------------------------------------------

    def first(self) -> Mapping[str, Parameter]:
        """Return the settings of the run, and size, start and length of the training."""
        found = dict(self.settings.group.paths)
        if self._rule is not None:
            trained = found.pop(TRAINED_BY)
            learners = tuple(self.run.given.rules_by_projection)
            if len(learners) > 1:
                words = "Projection that learns by the rule."
                found[_LEARNS] = replace(
                    trained, name="learns by it", choices=learners, default=learners[0], help=words
                )
        return found | asked_first(self.draft, self.groups)

    def value(self, path: str) -> Any:
        """Return the value of a parameter, or of a setting of the run."""
        if path != _LEARNS:
            return super().value(path)
        learners = tuple(self.run.given.rules_by_projection)
        return self._projection if self._projection in learners else learners[0]

    def show_run(self) -> None:
        """Show what the run is made from."""
        run, source = self.run, self._refused if self._problem else self.run.source
        place = self.source.findData(source)
        if place < 0:
            self.source.addItem(Path(source).name, source)
            place = self.source.count() - 1
        self.source.setCurrentIndex(place)
        self.source.setToolTip(source)
        about = run.template.about
        accuracy = f"Expected: {about.expected_accuracy}." if about.expected_accuracy else ""
        self.about.say(" ".join(filter(None, (about.summary, accuracy))) if run.is_template else "")
        self.network_button.setEnabled(self.draft.template != "brian2")  # its network is in a file

    def prefill(self, values: Mapping[str, str], path: str) -> None:
        """Change parameters before anything else, and show the row of one of them or a section."""
        self.refresh()
        for each, value in values.items():
            self.set_value(each, value)
        self._saved = self.run
        self.form.reveal("schedule" if path == STAGES else path)
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
        why = f"Start is not possible: {n} seeds make {n} runs: add them to the queue, or name one seed to start it."
        return why if n > 1 else ""

    def wrong(self) -> list[str]:
        """Return what is wrong, first of all with what the run is made from."""
        return [*([self._problem] if self._problem else []), *super().wrong()]

    def enable(self) -> None:
        """Enable the buttons, or say why they are not."""
        self.go.setText("Start" if self.stopped_first is None else "Stop that run and start")
        n = len(self.run.seeds)
        self.queue_button.setText(f"Add {n} runs to queue" if n > 1 else "Add to queue")
        super().enable()

    # -- steps -----------------------------------------------------------------------------------------------------

    def set_value(self, path: str, value: Any) -> None:
        """Change a parameter; another reference, and the file of a trained network, bring their networks with them."""
        run = self.run
        if path == _KIND:
            declared = str(getattr(run.given.reference, "kind", "none"))
            labels = list(self.settings.group.paths[TRAINED_BY].choices)
            super().set_value(TRAINED_BY, labels[0] if value == declared else f"{value} (labels)")
        elif path == _LEARNS:
            self._projection = value
            self._take_source(run.given, run.source)
        elif path == RESPONSES:
            features = self.settings.responses[value]

            def trained() -> NewRun:
                data = None if features is None else features_of(RunFolder.open(features))
                return run.trained_by(run.reference, data, features)

            self._set_read(path, value, trained)
        elif path == _WEIGHTS and run.reference:
            file = "" if value in (None, "none") else str(value).strip("\"'")
            self._set_read(path, file, lambda: run.trained_by(run.reference, weights=file))
        else:
            super().set_value(path, value)

    def _set_read(self, path: str, value: str, make: Callable[[], NewRun]) -> None:
        """Change a parameter that names files, which a thread reads; again if something else was changed meanwhile."""
        before = self.run
        self.form.revert(path)

        def done(made: NewRun) -> None:
            if self.run is before:
                self.do(f"{path.partition('.')[2]} → {value or 'none'}", made)
            elif self.form.declared(path) is not None:
                self.set_value(path, value)

        self.read(make, done, lambda reason: self.refuse(path, value, reason))

    def _choose_source(self, source: str) -> None:
        if Path(source).is_absolute():
            self.read_file(Path(source))
        else:
            self._take_source(read_experiment(source) if source else self._opened_with, source)

    def _choose_file(self) -> None:
        ask_for_file(self, "Choose an experiment file", "Experiments (*.toml)", self.read_file)

    def read_file(self, path: Path) -> None:
        """Make the run from an experiment file, which a thread reads."""
        source = str(path)
        self.read(
            lambda: read_experiment(path),
            lambda made: self._take_source(made, source),
            lambda reason: self._refuse_source(source, reason),
        )

    def _refuse_source(self, source: str, sentence: str) -> None:
        """Show why a run cannot be made from what was chosen, until something else is, or until a step is undone."""
        self._problem, self._refused = sentence, source
        self.say("")
        self.refresh()

    def _put(self, run: NewRun, done: Callable[[bool], None]) -> None:
        """Undo or redo a step."""
        self._problem = ""
        super()._put(run, done)

    def _take_source(self, experiment: Experiment, source: str) -> None:
        lost = " Undo brings the changes back." if not self.run.is_template and self._rule is None else ""
        try:
            run, problem = self.run.made_from(experiment, source), ""
        except StdpbenchError as error:
            self._refuse_source(source, str(error))
            return
        if self._rule is not None:
            run, problem = self._with_rule(run)
        if problem:
            self._refuse_source(source, problem)
        else:
            self._problem = ""
            self.form.revert()
            self.do(f"made from {experiment.name}", run, f"Made from {experiment.name}.{lost}")

    def _with_rule(self, run: NewRun) -> tuple[NewRun, str]:
        """Return a run whose network learns by the rule, or the run and why it cannot."""
        learners = tuple(run.given.rules_by_projection)
        projection = self._projection if self._projection in learners else ""
        try:
            made = experiment_with(not_none(self._rule), run.given, projection=projection)
        except StdpbenchError as error:
            return run, str(error)
        return run.with_draft(NetworkDraft(made)), ""

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
        if not self.apply_edited() or self.cannot_go() or self._asks_for_trust(self.submit):
            return
        run, runs, stop = self.run, self.runs, self._stopping()
        kind = str(getattr(self.draft.unchecked.data, "kind", ""))
        if kind in self.missing:
            self.finish()
            self.data_wanted.emit(kind, run)
            return

        def create() -> RunFolder:
            stop()
            return run.create(runs, ABOUT)

        self.work(create, self.made.emit)

    def _asks_for_trust(self, then: Callable[[], object]) -> bool:
        """Ask whether to trust the file that builds the network, unless it is trusted; if so, go on with `then`."""
        file = self.draft.unchecked.graph().file if self.draft.template == "brian2" else None
        if file is None or is_trusted(file.sha256):
            return False

        def go_on() -> None:
            trust(file.sha256)
            then()

        text = f"{file.name} is a program, which would run with your rights. Read it before you trust it."
        self.question = question(self, f"Trust {file.name}?", text, "Trust it and go on", go_on, more=file.path)
        self.question.open()
        return True

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
        if not self.apply_edited() or self._asks_for_trust(self.enqueue):
            return
        run, queue, stop = self.run, Queue(self.runs), self._stopping()

        def added(items: list[Item]) -> None:
            numbers = ", ".join(str(item.number) for item in items)
            self.reported.emit(f"Added item{'s' if len(items) > 1 else ''} {numbers} to the queue.")

        def enqueue() -> list[Item]:
            stop()
            return run.enqueue(queue, about=ABOUT)

        self.work(enqueue, added)

    def text(self) -> ActionText:
        """Return what starts the run, queues several, or carries them out one after the other."""
        run, runs, stopped = self.run, self.runs, self.stopped_first
        made = ActionText(command_of(run, runs), python_of(run, runs))
        return made if stopped is None else stopped_first(stopped.path, runs, made)
