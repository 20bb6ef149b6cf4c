"""The definition of a sweep as a frozen value: compared experiments, seeds, metric.

As a file::

    experiment = "diehl-cook-100"     # a shipped one, or a TOML file next to this one
    seeds = [0, 1, 2]
    metric = "vote"
    reference = "as published"
    margin = 1.0                      # differences from the reference that do not matter, in points

    [set]                             # applies to all arms
    schedule.train_images = 10000

    [[arm]]
    label = "as published"

    [[arm]]
    label = "small steps"
    set = { network.dt = "0.1 ms" }
    factors = ["dt"]                  # for a linear model of all arms that name their factors

    [grid]                            # every combination is an arm
    network.w_inh_exc = [17, 40]
    plasticity.nu_post = [0.01, 0.02]

    [random]                          # n arms with settings drawn at random
    n = 20
    [random.distributions]
    exc.theta_plus = { uniform = ["0.02 mV", "0.2 mV"] }

    [tuning]                          # first, each arm with `tune` is tuned, all by the same number of trials
    n_trials = 12
    seeds = [100]
    set = { schedule.train_images = 2000, data.validation_images = 15000 }

    [[arm]]
    label = "another rule"
    set = { plasticity.kind = "pair-multiplicative" }
    tune = { plasticity.lam = { loguniform = [1e-3, 1e-1] } }

    [optuna]                          # n_trials arms, each chosen by the results of earlier ones
    n_trials = 30
    [optuna.distributions]
    plasticity.nu_post = { loguniform = [1e-3, 1e-1] }

Settings are chosen on the validation part alone: a sweep never uses the test pictures. Of streams, arms are compared
by a measure of their end, or only listed.
"""

from __future__ import annotations

from typing import Any, Literal

from stdpbench.declare.parameters import Parameters, parameter
from stdpbench.experiment import Experiment
from stdpbench.studies.sweeps.distributions import Distribution
from stdpbench.studies.sweeps.measures import NONE, measures_of

Settings = dict[str, Any]
"""Dotted path to value."""


class NamedArm(Parameters):
    """A named arm."""

    label: str = parameter("", help="Unique name of the arm in tables.")
    set: Settings = parameter({}, help="Settings of the arm: dotted path to value.")
    tune: dict[str, Distribution] = parameter({}, help="Parameters to tune: dotted path to distribution.")
    factors: tuple[str, ...] | None = parameter(
        None,
        help="Factors that are present in the arm, for a linear model of all arms that name theirs; []: none.",
    )


class Tuning(Parameters):
    """Tuning of arms with `tune` before the comparison, all by the same number of trials."""

    n_trials: int = parameter(
        10, ge=1, le=100_000, help="Trials of each arm; the first one uses the arm's own settings."
    )
    seed: int = parameter(0, ge=0, help="Seed of the random settings.")
    seeds: tuple[int, ...] = parameter((0,), help="Seeds of every trial.")
    set: Settings = parameter({}, help="Settings of trials that differ from the comparison, such as fewer pictures.")


class RandomSearch(Parameters):
    """Arms with settings drawn at random."""

    n: int = parameter(10, ge=1, le=100_000, help="How many.")
    seed: int = parameter(0, ge=0, help="Seed of the settings; the runs have the sweep's seeds.")
    distributions: dict[str, Distribution] = parameter({}, help="Dotted path to distribution.")


class OptunaSearch(Parameters):
    """Arms chosen by Optuna, each by the results of earlier ones."""

    n_trials: int = parameter(20, ge=1, le=100_000, help="How many.")
    sampler: Literal["tpe"] = parameter("tpe", help="How settings are chosen: tree-structured Parzen estimator.")
    seed: int = parameter(0, ge=0, le=2**32 - 1, help="Seed of the sampler; the runs have the sweep's seeds.")
    at_once: int = parameter(
        1, ge=1, le=1000, help="Trials chosen together and run in parallel; the choice depends on it."
    )
    distributions: dict[str, Distribution] = parameter({}, help="Dotted path to distribution.")


class Sweep(Parameters):
    """Compared experiments, seeds and metric."""

    name: str = parameter("", help="Name of the sweep's folder. Default: the file's name.")
    experiment: str = parameter("", help="Base of all arms: a shipped experiment, or a file.")
    seeds: tuple[int, ...] = parameter((0, 1, 2), help="Seeds of every arm.")
    metric: str = parameter(
        "vote",
        help="Accuracy on the validation part by which arms are compared: vote, proportion, confidence, likelihood. "
        "Of streams, a measure of their end, such as rate.cell or hit_rate; default there: none, so that no arm is "
        "the best.",
    )
    better: Literal["higher", "lower"] = parameter(
        "higher",
        help="Which values of the metric are better. Default: lower for latency and false_alarms, else higher.",
    )
    reference: str | None = parameter(None, help="Label of the arm with which the others are compared, seed by seed.")
    margin: float | None = parameter(
        None,
        gt=0,
        help="Difference from the reference that does not matter, in points of accuracy or the unit of the measure: "
        "arms are tested for equivalence within it.",
    )
    set: Settings = parameter({}, help="Settings of all arms: dotted path to value.")
    arm: tuple[NamedArm, ...] = parameter((), help="Named arms.")
    grid: dict[str, tuple[Any, ...]] = parameter({}, help="Dotted path to values; every combination is an arm.")
    tuning: Tuning | None = parameter(None, help="Tuning of arms with `tune`.")
    random: RandomSearch | None = parameter(None, help="Arms drawn at random.")
    optuna: OptunaSearch | None = parameter(None, help="Arms chosen by Optuna.")
    base: Experiment = parameter(None, help="The experiment with `set` applied.")

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all measures of its runs, the metric first."""
        names = measures_of(self.base)
        return (self.metric, *(name for name in names if name != self.metric)) if self.metric in names else names

    @property
    def ranks(self) -> bool:
        """Whether it has a metric by which arms are compared."""
        return self.metric != NONE

    @property
    def sign(self) -> int:
        """1 if higher values of the metric are better, else -1."""
        return 1 if self.better == "higher" else -1

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Distributions from which parameters are drawn or chosen, by path; if several have one, the last."""
        found: dict[str, Distribution] = {}
        for of in (*(arm.tune for arm in self.arm), *(s.distributions for s in (self.random, self.optuna) if s)):
            found |= {self.base.short_path(path): distribution for path, distribution in of.items()}
        return found

    @property
    def folder_name(self) -> str:
        """Name that is valid for a folder."""
        return "".join(c if c.isalnum() or c in "-_." else "-" for c in self.name).strip(".-") or "sweep"


TABLES: dict[str, type[Parameters]] = {
    "sweep": Sweep,
    "sweep.arm": NamedArm,
    "sweep.tuning": Tuning,
    "sweep.random": RandomSearch,
    "sweep.optuna": OptunaSearch,
}
"""The file of a sweep and its tables, by the name that `stdpbench describe` accepts."""
