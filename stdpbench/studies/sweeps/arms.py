"""The arms that a sweep compares: named arms, grid, random search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from stdpbench.base.errors import Collector, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.comparison import last_parts
from stdpbench.studies.sweeps.definition import Settings, Sweep
from stdpbench.studies.sweeps.distributions import Distribution

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
        """Its label where its results are shown: supervised ones say so."""
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
        Whether the sweep compares them; it does not compare trials of its tuning.
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
    """Return what to know about arms that are trained with labels; nothing if there are none."""
    taught = [arm.label for arm in arms if arm.supervised]
    if not taught:
        return []
    if len(taught) == len(arms):
        return ["All arms are trained with labels (supervised): compare their accuracies only with other references."]
    one = len(taught) == 1
    return [
        f"{'; '.join(taught)} {'is' if one else 'are'} trained with labels (supervised), the others without: their "
        "accuracies measure different things."
    ]


def fixed_arms(sweep: Sweep) -> tuple[Arm, ...]:
    """Return the arms that are known in advance: all except those chosen by Optuna.

    Raises
    ------
    StdpbenchError
        If a setting is invalid; the message names arm and dotted path.
    """
    wanted = [(arm.label, arm.label, arm.set) for arm in sweep.arm]
    wanted += [(label, label, chosen) for label, chosen in grid_arms(sweep).items()]
    errors, known, arms = Collector(), set[tuple[str, ...]](), list[Arm]()
    for label, name, chosen in wanted:
        try:
            arms.append(make_arm(sweep, label, name, chosen))
        except StdpbenchError as error:  # a value of the grid is in many arms, but reported once
            sentences = tuple(sentence.removeprefix(f"arm {label!r}: ") for sentence in error.sentences)
            errors.sentences += () if sentences in known else error.sentences
            known.add(sentences)
    if sweep.random is not None:
        for number in range(sweep.random.n):
            drawn = draw(sweep.random.distributions, sweep.random.seed, number)
            arms.append(searched_arm(sweep, "draw", number, drawn))
    labels = [arm.label for arm in arms]
    doubled = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
    errors.sentences += [f"two arms have the label {label!r}" for label in doubled]
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
    try:
        start = sweep.base.override(chosen)
        kind = str(chosen.get("network.kind", ""))
        chosen = {sweep.base.short_path(path, kind): value for path, value in chosen.items()}
    except StdpbenchError as error:
        raise error.within(f"arm {label!r}: ") from None
    start = start.model_copy(update={"data": start.data.resolved()})
    if (
        start.stream is None and start.schedule.held_out_every is None
    ):  # no live display, and the other processors have their own runs
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
