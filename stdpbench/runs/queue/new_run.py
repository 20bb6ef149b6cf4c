"""A run that is still to be made: an experiment, what is changed in it, seeds, and what it starts from.

Experiments are built and checked before they enter the queue, so that mistakes show at once and not hours later.
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
        ``PATH=VALUE``, as after ``--set``.
    seeds : sequence of int
        One experiment is built for each seed; if empty, a single one with the seed of the base experiment.

    Raises
    ------
    StdpbenchError
        If the experiment or a parameter does not exist, or a value is invalid.
    """
    changes: dict[str, Any] = dict(parse_assignment(text) for text in assignments)
    base = read_experiment(name)
    return [base.override({**changes, "seed": seed}) for seed in seeds] or [base.override(changes)]


def check_data(experiment: Experiment, options: Options) -> None:
    """Check that the pictures of an experiment exist and match the network, and that its weights match, too.

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
    """A run that is still to be made, or several with different seeds.

    Attributes
    ----------
    source : str
        Where `given` comes from: the name of a shipped experiment, or a file; empty for neither.
    given : Experiment
        The experiment that the run is made from.
    template : Experiment
        That experiment or, with a reference, the one that `with_reference` makes of it: what changes refer to.
    draft : NetworkDraft
        The experiment with its changes.
    seeds : tuple of int
        One run for each; empty: one with the seed of the experiment.
    options : Options
        Options of the runs.
    reference : str
        Kind of the reference that trains the network in place of what `given` declares; empty for none.
    features : Path or None
        Folder of the run whose responses are the data of the reference.
    weights : str
        File of a trained network that the reference converts; empty for none.
    start_from : Path or None
        Folder of the run whose weights and thresholds the new one starts from.
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

    @classmethod
    def of(cls, experiment: Experiment, source: str = "") -> NewRun:
        """Return the run of an experiment as it is."""
        return cls(source, experiment, experiment, NetworkDraft(experiment))

    # -- changes ---------------------------------------------------------------------------------------------------

    def made_from(self, experiment: Experiment, source: str = "") -> NewRun:
        """Return the run of another experiment, with the same seeds, options, reference and start.

        Raises
        ------
        StdpbenchError
            If the reference cannot be trained on its data.
        """
        made = replace(self, source=source, given=experiment)
        kind = str(getattr(experiment.reference, "kind", ""))
        return made.trained_by("" if self.reference == kind else self.reference)

    def trained_by(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        features: Path | None = None,
        weights: str = "",
    ) -> NewRun:
        """Return the run with a reference in place of what the experiment declares; without changes.

        Parameters
        ----------
        kind : str
            Kind of the reference; empty for none.
        data : mapping of str to Any, optional
            Section ``data`` of the reference, made of the responses of `features`.
        features : Path, optional
            Folder of the run that responded.
        weights : str
            File of a trained network that the reference converts.

        Raises
        ------
        StdpbenchError
            If the reference cannot be trained on these data.
        """
        changes = {"reference.weights": weights} if weights else {}
        template = with_reference(self.given, kind, changes, data) if kind else self.given
        made = replace(self, template=template, draft=NetworkDraft(template), reference=kind)
        return replace(made, features=features, weights=weights)

    def with_draft(self, draft: NetworkDraft) -> NewRun:
        """Return the run with another draft of its experiment."""
        return replace(self, draft=draft)

    # -- the experiment --------------------------------------------------------------------------------------------

    @property
    def is_template(self) -> bool:
        """Whether the experiment is the template, apart from its seed and its name."""
        return not self.template.differences(self.draft.unchecked).keys() - {"seed"}

    def experiment(self, *shape: int) -> Experiment:
        """Return the experiment; texts about the template are left out where they no longer hold.

        Parameters
        ----------
        *shape : int
            Shape of the input, which the data give; without it, the network is not checked against them.

        Raises
        ------
        StdpbenchError
            If it contradicts itself.
        """
        made, about = self.draft.finished(*shape), self.template.about
        if self.is_template:
            return made.model_copy(update={"about": about})
        return made.model_copy(update={"about": About()}) if made.about == about else made

    def experiments(self) -> tuple[Experiment, ...]:
        """Return the experiment for each seed.

        Raises
        ------
        StdpbenchError
            If it contradicts itself.
        """
        made = self.experiment()
        return tuple(made.override({"seed": seed}) for seed in self.seeds) or (made,)

    # -- runs ------------------------------------------------------------------------------------------------------

    def create(self, runs: Path, about: Mapping[str, Any] | None = None) -> RunFolder:
        """Create the folder of the run, that of the first seed, ready to be started.

        Raises
        ------
        StdpbenchError
            If the experiment contradicts itself, data are missing, or the weights that it starts from do not fit.
        """
        return self._create(self.experiments()[0], runs, about)

    def enqueue(self, queue: Queue, *, hold: bool = False, about: Mapping[str, Any] | None = None) -> list[Item]:
        """Add an item to the queue for each seed, held or not.

        Raises
        ------
        StdpbenchError
            If the experiment contradicts itself, its data do not fit, or the weights that it starts from do not.
        """
        wanted = self.experiments()
        if self.start_from is None:
            check_data(wanted[0], self.options)
            return [queue.add(experiment, self.options, hold=hold) for experiment in wanted]
        folders = [self._create(experiment, queue.runs, about) for experiment in wanted]
        return [queue.add_run(folder.path, hold=hold) for folder in folders]

    def _create(self, experiment: Experiment, runs: Path, about: Mapping[str, Any] | None) -> RunFolder:
        if self.start_from is None:
            return create_run(experiment, runs, self.options, about)
        return create_run_from(RunFolder.open(self.start_from), {}, runs, self.options, about, experiment)


def read_seeds(text: str) -> tuple[int, ...]:
    """Return the seeds in a text such as ``"0 1 2"``, ``"0, 1, 2"`` or ``"0-4"``; none if it is empty.

    Raises
    ------
    StdpbenchError
        If it is anything else, or names a seed twice.
    """
    found: list[int] = []
    for part in re.sub(r"\s*[-–]\s*", "-", text).replace(",", " ").split():
        matched = _SEED.fullmatch(part)
        if matched is None:
            raise StdpbenchError(f"seeds must be whole numbers from 0, such as 0 1 2 or 0-4, not {text!r}")
        first = int(matched[1])
        last = int(matched[2] or first)
        if last < first:
            raise StdpbenchError(f"the seeds {part} run backwards; write {last}-{first}")
        if last - first >= _MOST_SEEDS:
            raise StdpbenchError(f"{part} are {last - first + 1} seeds; at most {_MOST_SEEDS} can be given at once")
        found += range(first, last + 1)
    twice = [seed for seed, often in Counter(found).items() if often > 1]
    if twice:
        raise StdpbenchError(f"seed {twice[0]} is named twice in {text!r}")
    return tuple(found)
