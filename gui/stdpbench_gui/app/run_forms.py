"""Opens the form for a new run, from wherever it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.bridges.nir.imported import nir_network
from stdpbench.declare.learned_names import listed
from stdpbench.experiment import Experiment, NetworkDraft, read_experiment, shipped_experiments, trained_kinds
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.features import Past
from stdpbench.runs.preparation.creation import create_run_of_nir
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.new_run import NewRun
from stdpbench_gui.dialogs.branch_form import BranchForm
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.dialogs.run_form import ABOUT
from stdpbench_gui.session.sentences import Failed
from stdpbench_gui.session.timeline import Timeline
from stdpbench_gui.widgets.basic import not_none, question

if TYPE_CHECKING:
    from stdpbench_gui.app.window import MainWindow
    from stdpbench_gui.app.window_services import WindowServices

_USUAL_FOR_RULES = "fast-100"


class RunForms:
    """Opens the form.

    Parameters
    ----------
    window : MainWindow
        Parent of the forms, which gets what they make.
    services : WindowServices
        Holds the dialog that was opened last.
    """

    def __init__(self, window: MainWindow, services: WindowServices) -> None:
        self._window, self._services = window, services

    def ask_to_run(self, experiment: Experiment, path: Path) -> NewRunForm:
        """Open the form for a run of an experiment file."""
        shipped = next((name for name, file in shipped_experiments().items() if file == path), "")
        return self.new_run(NewRun.of(experiment, shipped or str(path.absolute())))

    def run_network(self, path: Path) -> None:
        """Run the network of a NIR file, as ``stdpbench run FILE.nir`` does."""
        runs = self._window.runs

        def create() -> RunFolder:
            network = not_none(nir_network(path, {}))
            return create_run_of_nir(network, network.experiment, path.name, runs, Options(), ABOUT)

        self._window.session.start_new(create)

    def new_run(self, run: NewRun | None = None, *, called: str = "") -> NewRunForm:
        """Open the form for a new run.

        Parameters
        ----------
        run : NewRun, optional
            What it starts from. Default: the experiment of the current run, else digits.
        called : str
            What the experiment is called if it is neither shipped nor a file.
        """
        if run is None:
            run, called = self._usual("digits")
        return self._open(NewRunForm(run, self._window.session, self._window.runs, self._window, called=called))

    def new_run_here(self, path: str, edited: Mapping[str, str]) -> None:
        """Open the form for a run from the weights of the run on display, with its parameters and their changes.

        Parameters
        ----------
        path : str
            Dotted path of the parameter to show, or of the stages of the training.
        edited : mapping of str to str
            What is typed into the Parameters panel but not sent, by dotted path.
        """
        session, folder, own = self._window.session, self._window.session.folder, self._window.session.experiment
        if folder is None or own is None:
            self._window.report("Open a run first: the new one starts from its weights.")
            return
        if own.missing_kinds:
            self._window.report(Failed(f"The run cannot be continued here: {listed(own.missing_kinds)}."))
            return
        start = Experiment.from_mapping(session.live.before_changes())

        def show(options: Options) -> None:
            run = NewRun("", start, start, NetworkDraft(own), options=options, start_from=folder.path)
            self.new_run(run, called=f"{own.name} (current run)").prefill(edited, path)

        session.work(
            lambda: Options.from_mapping(folder.about.get("options", {})),
            show,
            f"Cannot read {folder.path.name}",
            owner=self._window,
        )

    def use_rule(self, rule: PlasticityRule, projection: str) -> NewRunForm:
        """Open the form for a run that learns by a rule of the Rules page."""
        run, called = self._usual(_USUAL_FOR_RULES)
        form = NewRunForm(
            run, self._window.session, self._window.runs, self._window, called=called, rule=rule, projection=projection
        )
        return self._open(form)

    def branch_current(self) -> None:
        """Open the form for a branch of the run on display, which is then shown."""
        folder = self._window.session.folder
        if folder is None:
            self._window.report("Open a run first: a branch continues it.")
        else:
            self._window.session.work(
                lambda: Past.read(folder), self._open_branch, f"Cannot branch {folder.path.name}", owner=self._window
            )

    def _open_branch(self, past: Past) -> None:
        form = BranchForm(past, self._window.session, self._window.runs, self._window)
        if (at := Timeline.of(self._window.session).wanted) is not None:
            form.at.setValue(at)

        def done(made: RunFolder, what: str) -> None:
            self._open_and_say(made.path, f"Created {made.path.name} as a branch of {past.name}. {what.rstrip('.')}.")

        form.branched.connect(done)
        self._services.open(form)

    def branch_here(self) -> None:
        """Create a branch at the moment on the timeline, paused, and show it."""
        folder, at = self._window.session.folder, Timeline.of(self._window.session).wanted
        if folder is None:
            self._window.report("Open a run first: a branch continues it.")
            return

        def make() -> tuple[RunFolder, str]:
            from stdpbench.api import Run

            past = Past.read(folder)
            made = Run(folder.path).branch(at, start=False)
            where = past.reached if at is None else at
            return RunFolder(made.path), past.resumption(where, thousands)

        def show(found: tuple[RunFolder, str]) -> None:
            made, resumes = found
            said = f"Created {made.path.name} as a branch of {folder.path.name}, paused. {resumes}"
            self._open_and_say(made.path, said)

        self._window.session.work(make, show, f"Cannot branch {folder.path.name}", owner=self._window)

    def rewind_here(self) -> None:
        """Rewind the run to the moment on the timeline, after a question."""
        session = self._window.session
        folder, to = session.folder, Timeline.of(session).wanted
        if folder is None or to is None:
            self._window.report("Choose an earlier moment on the timeline of the Train page first.")
            return

        def ask(past: Past) -> None:
            stops = " It is stopped first." if past.active else ""
            text = (
                f"Rewind {past.name} to presentation {thousands(to)}?{stops} The later part is kept as another run. "
                f"{past.resumption(to, thousands)}"
            )
            self._services.open(question(self._window, f"Rewind {past.name}", text, "Rewind", rewind))

        def rewind() -> None:
            session.work(work, done, f"Cannot rewind {folder.path.name}", owner=self._window)

        def work() -> str:
            from stdpbench.api import Run

            return Run(folder.path).rewind(to).name

        def done(kept: str) -> None:
            back = f"{folder.path.name} is back at presentation {thousands(to)}."
            self._open_and_say(folder.path, f"{back} The later presentations are kept as {kept}.")

        session.work(lambda: Past.read(folder), ask, f"Cannot rewind {folder.path.name}", owner=self._window)

    def _open_and_say(self, run: Path, sentence: str) -> None:
        """Show a run, and then a sentence about it: one from before is taken away when a run is opened."""
        opened, once = self._window.session.opened, Qt.ConnectionType.SingleShotConnection
        opened.connect(lambda: self._window.report(sentence), type=once)  # type: ignore[call-arg]
        self._window.session.open(run)

    def train_reference(self) -> NewRunForm:
        """Open the form for a run that trains a network with labels, on the data of this run or of an included one."""
        run, called = self._usual("digits")
        kind = trained_kinds()[0]
        try:
            run = run.trained_by(kind)
        except StdpbenchError:  # a stream, say
            run, called = NewRun.of(read_experiment("digits"), "digits").trained_by(kind), ""
        return self.new_run(run, called=called)

    def _usual(self, name: str) -> tuple[NewRun, str]:
        """Return a run of the experiment of the current run, and what it is called; else of an included one."""
        own = self._window.session.experiment
        if own is None or own.missing_kinds:
            return NewRun.of(read_experiment(name), name), ""
        return NewRun.of(own), f"{own.name} (current run)"

    def _open(self, form: NewRunForm) -> NewRunForm:
        form.missing = self._window.machine.missing
        form.made.connect(lambda folder: self._window.session.start(folder))
        form.reported.connect(self._window.report)
        form.data_wanted.connect(self._get_data_for_run)
        return self._services.open(form)

    def _get_data_for_run(self, name: str, run: NewRun) -> None:
        session, make = self._window.session, partial(run.create, self._window.runs, ABOUT)
        self._services.get_data_for(name, run.draft.unchecked.name, lambda: session.start_new(make))
