"""Specification of a new run: an experiment, changes, seeds, and the weights it starts from.

Experiments are built and checked before they enter the queue, so that errors are reported at once, not hours later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import About, Experiment, NetworkDraft, parse_assignment, read_experiment, with_reference
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run, create_run_from
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.queue.run_queue import Item, Queue


def experiments_of(name: str, assignments: Sequence[str], seeds: Sequence[int]) -> list[Experiment]:
    """Build the experiments to enqueue, one per seed.

    Parameters
    ----------
    name : str
        Name of a shipped experiment, or path of a TOML file.
    assignments : sequence of str
        Texts ``PATH=VALUE``, as after ``--set``.
    seeds : sequence of int
        One experiment is built for each seed; if empty, a single one with the seed of the given experiment.

    Raises
    ------
    StdpbenchError
        If the experiment or a parameter does not exist, or a value is invalid.
    """
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    base = read_experiment(name)
    return [base.override({**changes, "seed": seed}) for seed in seeds] or [base.override(changes)]


def check_data(experiment: Experiment, options: Options) -> None:
    """Check that the pictures of an experiment exist, and that they and its weights match the network.

    Raises
    ------
    StdpbenchError
        If a check fails.
    """
    from stdpbench.runs.preparation.start import check_brightness, check_weights, load_split

    split = load_split(experiment, options.validation)
    check_weights(experiment, split)
    check_brightness(experiment, split)


_SEED = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")
_MOST_SEEDS = 1000


@dataclass(frozen=True)
class NewRun:
    """Specification of a new run, or of several with different seeds.

    Attributes
    ----------
    source : str
        Origin of `given`: the name of a shipped experiment, or a file; empty for neither.
    given : Experiment
        The original experiment.
    template : Experiment
        The experiment that changes refer to: `given` or, with a reference, the result of `with_reference`.
    draft : NetworkDraft
        The experiment with its changes.
    seeds : tuple of int
        Seeds of the runs, one run for each; empty: one run with the seed of the experiment.
    options : Options
        Options of the runs.
    reference : str
        Kind of the reference that trains the network instead of the plasticity in `given`; empty for none.
    features : Path or None
        Folder of the run whose responses are the data of the reference.
    weights : str
        File of a trained network that the reference converts; empty for none.
    start_from : Path or None
        Folder of the run whose weights and thresholds the new one starts from.
    hold : bool
        Whether items of the queue are held until they are released.
    """

    source: str
    given: Experiment
    template: Experiment
    draft: NetworkDraft
    seeds: tuple[int, ...] = ()
    options: Options = field(default_factory=Options)
    reference: str = ""
    features: Path | None = None
    weights: str = ""
    start_from: Path | None = None
    hold: bool = False

    @classmethod
    def of(cls, experiment: Experiment, source: str = "") -> NewRun:
        """Return the specification of a run of an unchanged experiment."""
        return cls(source, experiment, experiment, NetworkDraft(experiment))

    # -- changes ---------------------------------------------------------------------------------------------------

    def made_from(self, experiment: Experiment, source: str = "") -> NewRun:
        """Return the specification for another experiment, with the same seeds, options, reference and start.

        Raises
        ------
        StdpbenchError
            If the reference cannot be trained on its data.
        """
        run = replace(self, source=source, given=experiment)
        kind = str(getattr(experiment.reference, "kind", ""))
        return run.trained_by("" if self.reference == kind else self.reference)

    def trained_by(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        features: Path | None = None,
        weights: str = "",
    ) -> NewRun:
        """Return the specification with a reference instead of the plasticity in the experiment, without changes.

        Parameters
        ----------
        kind : str
            Kind of the reference; empty for none.
        data : mapping of str to Any, optional
            Section ``data`` of the reference, with the responses of `features`.
        features : Path, optional
            Folder of the run whose responses are the data.
        weights : str
            File of a trained network that the reference converts.

        Raises
        ------
        StdpbenchError
            If the reference cannot be trained on these data.
        """
        changes = {"reference.weights": weights} if weights else {}
        template = with_reference(self.given, kind, changes, data) if kind else self.given
        run = replace(self, template=template, draft=NetworkDraft(template), reference=kind)
        return replace(run, features=features, weights=weights)

    def with_draft(self, draft: NetworkDraft) -> NewRun:
        """Return the specification with another draft of its experiment."""
        return replace(self, draft=draft)

    # -- the experiment --------------------------------------------------------------------------------------------

    @property
    def is_template(self) -> bool:
        """Whether the experiment equals the template, apart from seed and name."""
        return not self.template.differences(self.draft.unchecked).keys() - {"seed"}

    def experiment(self, *shape: int) -> Experiment:
        """Return the experiment, without the description of the template if it no longer applies.

        Parameters
        ----------
        *shape : int
            Shape of the input, from the data; without it, the network is not checked against the data.

        Raises
        ------
        StdpbenchError
            If the experiment is inconsistent.
        """
        experiment, about = self.draft.finished(*shape), self.template.about
        if self.is_template:
            return experiment.model_copy(update={"about": about})
        return experiment.model_copy(update={"about": About()}) if experiment.about == about else experiment

    def experiments(self) -> tuple[Experiment, ...]:
        """Return the experiment for each seed.

        Raises
        ------
        StdpbenchError
            If the experiment is inconsistent.
        """
        experiment = self.experiment()
        return tuple(experiment.override({"seed": seed}) for seed in self.seeds) or (experiment,)

    # -- runs ------------------------------------------------------------------------------------------------------

    def create(self, runs: Path, about: Mapping[str, Any] | None = None) -> RunFolder:
        """Create the run folder of the first seed, ready to be started.

        Raises
        ------
        StdpbenchError
            If the experiment is inconsistent, data are missing, or the start weights do not fit.
        """
        return self._create(self.experiments()[0], runs, about)

    def enqueue(self, queue: Queue, about: Mapping[str, Any] | None = None) -> list[Item]:
        """Add an item to the queue for each seed.

        Raises
        ------
        StdpbenchError
            If the experiment is inconsistent, or its data or start weights do not fit.
        """
        wanted = self.experiments()
        if self.start_from is None:
            check_data(wanted[0], self.options)
            return [queue.add(experiment, self.options, hold=self.hold) for experiment in wanted]
        folders = [self._create(experiment, queue.runs, about) for experiment in wanted]
        return [queue.add_run(folder.path, hold=self.hold) for folder in folders]

    def _create(self, experiment: Experiment, runs: Path, about: Mapping[str, Any] | None) -> RunFolder:
        if self.start_from is None:
            return create_run(experiment, runs, self.options, about)
        return create_run_from(RunFolder.open(self.start_from), {}, runs, self.options, about, experiment)


def read_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds in a text such as ``"0 1 2"``, ``"0, 1, 2"`` or ``"0-4"``; none if it is empty.

    Raises
    ------
    StdpbenchError
        If the text has another form, or contains a seed twice.
    """
    seeds: list[int] = []
    for word in re.sub(r"\s*[-–]\s*", "-", text).replace(",", " ").split():
        matched = _SEED.fullmatch(word)
        if matched is None:
            raise StdpbenchError(f"seeds must be whole numbers from 0, such as 0 1 2 or 0-4, not {text!r}")
        first = int(matched[1])
        last = int(matched[2] or first)
        if last < first:
            raise StdpbenchError(f"the seeds {word} are in descending order; write {last}-{first}")
        if last - first >= _MOST_SEEDS:
            raise StdpbenchError(f"{word} are {last - first + 1} seeds; at most {_MOST_SEEDS} can be given at once")
        seeds += range(first, last + 1)
    twice = [seed for seed, count in Counter(seeds).items() if count > 1]
    if twice:
        raise StdpbenchError(f"seed {twice[0]} occurs twice in {text!r}")
    return tuple(seeds)
