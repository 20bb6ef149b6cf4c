"""The arms of a sweep: named arms, grid, random search; and whether they get the same input.

Input depends on seed, phase, presentation and attempt, and on the parameters that `inputs_apart` compares. Arms that
agree in all of them get the same spikes for the same seed, so that differences in accuracy are due to the network. How
often a picture is repeated with higher rates depends on the network, but the spikes of each attempt are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from stdpbench.base.errors import Collector, StdpbenchError, errors_within
from stdpbench.base.units import first_few
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.comparison import last_parts
from stdpbench.studies.sweeps.definition import Distribution, Settings, Sweep

_DRAWS = 301  # random stream of a random search
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Arm:
    """A combination of settings that is run with every seed.

    Attributes
    ----------
    label : str
        Name in tables.
    name : str
        Base of the names of its run folders.
    settings : mapping of str to Any
        Differences from the sweep's base: dotted path to value.
    start : Experiment
        The base with these settings.
    """

    label: str
    name: str
    settings: Mapping[str, Any]
    start: Experiment

    @property
    def supervised(self) -> bool:
        """Whether its networks are trained with labels."""
        return self.start.reference.trains

    @property
    def title(self) -> str:
        """Its label for results, marked if the arm is supervised."""
        return f"{self.label} (supervised)" if self.supervised else self.label

    def experiment(self, seed: int) -> Experiment:
        """Return the experiment with a given seed."""
        return self.start.model_copy(update={"seed": seed, "name": self.name})


@dataclass(frozen=True)
class Round:
    """Arms that are run together.

    Attributes
    ----------
    arms : sequence of Arm
        The arms.
    seeds : sequence of int
        Seeds of each arm.
    compared : bool
        Whether the sweep compares them, unlike trials of its tuning.
    """

    arms: Sequence[Arm]
    seeds: Sequence[int]
    compared: bool = True

    @property
    def jobs(self) -> list[Job]:
        """Every arm with every seed, ordered by seed, so that pairs are complete early."""
        return [Job(arm.label, seed, arm.experiment(seed)) for seed in self.seeds for arm in self.arms]


@dataclass(frozen=True)
class Job:
    """An arm with a seed: one run.

    Attributes
    ----------
    arm : str
        Label of the arm.
    seed : int
        The seed.
    experiment : Experiment
        The experiment to run.
    """

    arm: str
    seed: int
    experiment: Experiment

    @property
    def key(self) -> str:
        """Permanent identifier of the job: the digest of everything that its result depends on."""
        return self.experiment.digest


def supervised_remarks(arms: Sequence[Arm]) -> list[str]:
    """Return remarks on arms that are trained with labels; empty if there are none."""
    supervised = [arm.label for arm in arms if arm.supervised]
    if not supervised:
        return []
    if len(supervised) == len(arms):
        return ["All arms are trained with labels (supervised): compare their accuracies only with other references."]
    single = len(supervised) == 1
    return [
        f"{'; '.join(supervised)} {'is' if single else 'are'} trained with labels (supervised), the others without: "
        "their accuracies measure different things."
    ]


def fixed_arms(sweep: Sweep) -> tuple[Arm, ...]:
    """Return the arms that are known in advance: all except those chosen by Optuna.

    Raises
    ------
    StdpbenchError
        If a setting is invalid; the message names arm and dotted path.
    """
    declared = [(arm.label, arm.label, arm.set) for arm in sweep.arm]
    declared += [(label, label, chosen) for label, chosen in grid_arms(sweep).items()]
    errors, reported, arms = Collector(), set[tuple[str, ...]](), list[Arm]()
    for label, name, chosen in declared:
        try:
            arms.append(make_arm(sweep, label, name, chosen))
        except StdpbenchError as error:  # a value of the grid is in many arms; report its error once
            sentences = tuple(sentence.removeprefix(f"arm {label!r}: ") for sentence in error.sentences)
            errors.sentences += () if sentences in reported else error.sentences
            reported.add(sentences)
    if sweep.random is not None:
        for number in range(sweep.random.n):
            drawn = draw(sweep.random.distributions, sweep.random.seed, number)
            arms.append(searched_arm(sweep, "draw", number, drawn))
    labels = [arm.label for arm in arms]
    repeated = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
    errors.sentences += [f"two arms have the label {label!r}" for label in repeated]
    errors.check()
    return tuple(arms)


def grid_arms(sweep: Sweep) -> dict[str, Settings]:
    """Return the combinations of the values of a grid by label, the last parameter changing fastest."""
    combinations = [dict(zip(sweep.grid, values, strict=True)) for values in product(*sweep.grid.values())]
    return {settings_label(chosen): chosen for chosen in combinations if chosen}


def settings_label(chosen: Settings) -> str:
    """Return settings as a label, by the last parts of their paths."""
    names = last_parts(chosen)
    return ", ".join(f"{names[path]} = {shown(value)}" for path, value in chosen.items())


def searched_arm(sweep: Sweep, word: str, number: int, chosen: Settings) -> Arm:
    """Return an arm of a search, named by its number and settings."""
    return make_arm(sweep, f"{word} {number}: {settings_label(chosen)}", f"{word}-{number}", chosen)


def make_arm(sweep: Sweep, label: str, name: str, chosen: Settings) -> Arm:
    """Return the base of a sweep with some settings changed.

    Raises
    ------
    StdpbenchError
        If a setting is invalid.
    """
    with errors_within(f"arm {label!r}: "):
        start = sweep.base.override(chosen)
        kind = str(chosen.get("network.kind", ""))
        chosen = {sweep.base.short_path(path, kind): value for path, value in chosen.items()}
    start = start.model_copy(update={"data": start.data.resolved()})
    if (
        start.stream is None and start.schedule.held_out_every is None
    ):  # sweeps show no held-out accuracy, and processors are used for other runs
        start = start.override({"schedule.held_out_every": 0})
    return Arm(label, name[:_LONGEST_NAME].strip(), chosen, start)


def shown(value: Any) -> str:
    """Format a value for a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def draw(distributions: Mapping[str, Distribution], seed: int, number: int) -> Settings:
    """Draw from all distributions; each number has its own generator, so that a larger n only adds draws."""
    random = np.random.default_rng(np.random.SeedSequence((seed, _DRAWS, number)))
    return {path: distribution.draw(random) for path, distribution in distributions.items()}


_ORDER = ("schedule.order", "schedule.passes", "schedule.train_images")
_JUDGED = ("schedule.label_images", "schedule.test_images", "data.validation_images")
_MOST_LABELS = 5


def inputs_apart(experiment: Experiment, other: Experiment) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the differences between the inputs of two experiments of one seed: a text, and the dotted paths."""
    paths = list(experiment.differences(other))
    if experiment.stream is not None:
        timing = ("network.dt", "schedule.duration")
        apart = {"shown other input": [path for path in paths if path.startswith("data.") or path in timing]}
    else:
        pictures = [path for path in paths if path in _ORDER or (path.startswith("data.") and path not in _JUDGED)]
        apart = {
            "trained on different pictures, or in a different order": pictures,
            "shown the same pictures, but differences include the noise of different input spikes": _other_spikes(
                experiment, other, paths
            ),
            "labelled or evaluated with different pictures": [path for path in paths if path in _JUDGED],
        }
    for text, differing in apart.items():
        if differing:
            yield text, tuple(differing)


def _other_spikes(experiment: Experiment, other: Experiment, differing: Sequence[str]) -> list[str]:
    """Return the paths that make two experiments of one seed encode the same picture differently."""
    paths = [p for p in differing if p in ("network.dt", "schedule.stimulus") or p.startswith("encoding.")]
    if not paths and _bins_with_input(experiment) != _bins_with_input(other):
        prefixes = (
            "network.delays",
            "network.max_delay",
            "schedule.between",
            *_input_delays(experiment),
            *_input_delays(other),
        )
        paths = [p for p in differing if p.startswith(prefixes)]
    return paths


def pairing_remarks(arms: Sequence[Arm], reference: str | None) -> list[str]:
    """Return remarks on arms with other input than the reference, and on arms with equal settings.

    Without a reference, arms are compared with the first one.
    """
    if not arms:
        return []
    against = next((arm for arm in arms if arm.label == reference), arms[0])
    remarks: list[str] = []
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for arm in arms:
        for difference in inputs_apart(against.start, arm.start):
            groups.setdefault(difference, []).append(arm.label)
    for (text, paths), labels in groups.items():
        remarks.append(
            f"Unlike {against.label!r}, {text} ({', '.join(paths)}): {first_few(labels, _MOST_LABELS, '; ')}."
        )
    first: dict[str, str] = {}
    for arm in arms:
        same = first.setdefault(arm.start.digest, arm.label)
        if same != arm.label:
            remarks.append(f"{arm.label!r} has the same settings as {same!r}; they are run once.")
    return remarks


def _input_delays(experiment: Experiment) -> list[str]:
    """Return the paths of the delays of projections from the input."""
    graph = experiment.graph()
    names = [name for name, projection in graph.projections.items() if projection.source == graph.input]
    return [f"network.projections.{name}.delay" for name in names]


def _bins_with_input(experiment: Experiment) -> int:
    """Return the number of input steps of a training presentation; delayed spikes must arrive before its end."""
    return experiment.stimulus_bins - max(0, experiment.graph().input_delay_bins - experiment.rest_bins)
