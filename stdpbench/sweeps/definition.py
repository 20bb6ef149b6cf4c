"""The sweep: one frozen value that says which experiments are compared, on which seeds, by which metric.

As a file::

    experiment = "diehl-cook-100"     # one that ships, or a TOML file beside this one
    seeds = [0, 1, 2]
    metric = "vote"
    reference = "as published"

    [set]                             # holds for all arms
    schedule.train_images = 10000

    [[arm]]
    label = "as published"

    [[arm]]
    label = "small steps"
    set = { network.dt = "0.1 ms" }

    [grid]                            # every combination is an arm
    network.w_inh_exc = [17, 40]
    plasticity.nu_post = [0.01, 0.02]

    [random]                          # n arms with settings drawn at random
    n = 20
    [random.distributions]
    exc.theta_plus = { uniform = ["0.02 mV", "0.2 mV"] }

    [tuning]                          # before arms are compared, each that says `tune` is tuned, all by as many trials
    n_trials = 12
    seeds = [100]
    set = { schedule.train_images = 2000, data.validation_images = 15000 }

    [[arm]]
    label = "another rule"
    set = { plasticity.kind = "pair-multiplicative" }
    tune = { plasticity.lam = { loguniform = [1e-3, 1e-1] } }

    [optuna]                          # n_trials arms, each chosen by what came out of those before
    n_trials = 30
    [optuna.distributions]
    plasticity.nu_post = { loguniform = [1e-3, 1e-1] }

Settings are chosen on the validation part alone: a sweep never looks at the test pictures.
"""

from __future__ import annotations

from typing import Any, Literal

from stdpbench.experiment import Experiment
from stdpbench.parameters import Parameters, parameter
from stdpbench.sweeps.distributions import Distribution

Settings = dict[str, Any]
"""Dotted path to value."""


class NamedArm(Parameters):
    """An arm that a person gave a name."""

    label: str = parameter("", help="What the arm is called in tables; no two are called the same.")
    set: Settings = parameter({}, help="What it has different: dotted path to value.")
    tune: dict[str, Distribution] = parameter({}, help="What is tuned for it: dotted path to what it is drawn from.")


class Tuning(Parameters):
    """How arms that say `tune` are tuned before they are compared: all of them by as many trials."""

    n_trials: int = parameter(10, ge=1, le=100_000, help="Trials of each arm; the first is the arm as it stands.")
    seed: int = parameter(0, ge=0, help="Seed of what is drawn.")
    seeds: tuple[int, ...] = parameter((0,), help="Seeds that every trial is run with.")
    set: Settings = parameter({}, help="What trials have different from the comparison, such as fewer pictures.")


class RandomSearch(Parameters):
    """Arms with settings drawn at random."""

    n: int = parameter(10, ge=1, le=100_000, help="How many.")
    seed: int = parameter(0, ge=0, help="Seed of the settings; the runs have the sweep's seeds.")
    distributions: dict[str, Distribution] = parameter({}, help="Dotted path to what it is drawn from.")


class OptunaSearch(Parameters):
    """Arms that Optuna chooses, each by what came out of those before."""

    n_trials: int = parameter(20, ge=1, le=100_000, help="How many.")
    sampler: Literal["tpe"] = parameter("tpe", help="How settings are chosen: tree-structured Parzen estimator.")
    seed: int = parameter(0, ge=0, le=2**32 - 1, help="Seed of the sampler; the runs have the sweep's seeds.")
    at_once: int = parameter(
        1, ge=1, le=1000, help="Trials chosen at a time, to be run side by side; part of what decides which ones."
    )
    distributions: dict[str, Distribution] = parameter({}, help="Dotted path to what it is drawn from.")


class Sweep(Parameters):
    """Which experiments are compared, on which seeds, by which metric."""

    name: str = parameter("", help="Names the sweep's folder; the file's name if not said.")
    experiment: str = parameter("", help="What all arms start from: an experiment that ships, or a file.")
    seeds: tuple[int, ...] = parameter((0, 1, 2), help="Seeds that every arm is run with.")
    metric: str = parameter("vote", help="Accuracy on the validation part that decides: vote, proportion, confidence.")
    reference: str | None = parameter(None, help="Label of the arm that the others are compared with, seed by seed.")
    set: Settings = parameter({}, help="What holds for all arms: dotted path to value.")
    arm: tuple[NamedArm, ...] = parameter((), help="Arms with a name.")
    grid: dict[str, tuple[Any, ...]] = parameter({}, help="Dotted path to values; every combination is an arm.")
    tuning: Tuning | None = parameter(None, help="How arms that say `tune` are tuned first.")
    random: RandomSearch | None = parameter(None, help="Arms drawn at random.")
    optuna: OptunaSearch | None = parameter(None, help="Arms chosen by Optuna.")
    base: Experiment = parameter(None, help="The experiment with `set`, as it was read.")

    @property
    def folder_name(self) -> str:
        """The name as a folder may have it."""
        return "".join(c if c.isalnum() or c in "-_." else "-" for c in self.name).strip(".-") or "sweep"
