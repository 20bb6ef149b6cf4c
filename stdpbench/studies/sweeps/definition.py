"""The definition of a sweep as a frozen value: compared experiments, seeds, metric.

As a file::

    experiment = "diehl-cook-100"     # a shipped one, or a TOML file next to this one
    seeds = [0, 1, 2]
    metric = "vote"
    reference = "as published"
    margin = 1.0                      # largest difference from the reference that does not matter, in points

    [set]                             # applies to all arms
    schedule.train_images = 10000

    [[arm]]
    label = "as published"

    [[arm]]
    label = "small steps"
    set = { network.dt = "0.1 ms" }
    factors = ["dt"]                  # for a linear model of all arms with factors

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

Settings are chosen only by the validation part: a sweep never uses the test pictures. For streams, arms are compared
by a measure at the end of the stream, or only listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from stdpbench.base import units
from stdpbench.base.errors import StdpbenchError, errors_within
from stdpbench.declare.parameters import Parameters, parameter, unknown_key
from stdpbench.experiment import Experiment
from stdpbench.studies.sweeps.result import NONE, measures_of

Kind = Literal["uniform", "loguniform", "int", "choice"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Distribution:
    """Distribution of one parameter.

    Attributes
    ----------
    kind : {"uniform", "loguniform", "int", "choice"}
        Uniform between two bounds, log-uniform between two bounds, an integer between two bounds (both included), or
        one item of a list.
    low, high : float
        Bounds, in the unit of the parameter; 0 for a choice.
    choices : tuple
        Items of a choice; empty for the others.
    """

    kind: Kind
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()

    @property
    def ends(self) -> tuple[Any, ...]:
        """Extreme values: both bounds, or every choice."""
        if self.kind == "choice":
            return self.choices
        return (int(self.low), int(self.high)) if self.kind == "int" else (self.low, self.high)

    def to_mapping(self) -> dict[str, Any]:
        """Return its table as in the file of a sweep, with bounds in the unit of the parameter."""
        return {self.kind: list(self.ends)}

    def draw(self, random: np.random.Generator) -> Any:
        """Draw a value with a generator: float, int, or one of the choices."""
        if self.kind == "choice":
            return self.choices[int(random.integers(len(self.choices)))]
        if self.kind == "int":
            return int(random.integers(int(self.low), int(self.high) + 1))
        if self.kind == "loguniform":
            return math.exp(random.uniform(math.log(self.low), math.log(self.high)))
        return float(random.uniform(self.low, self.high))


def read_distribution(table: Any, where: str, unit: str | None) -> Distribution:
    """Read ``{ uniform = [1, 2] }`` and the like.

    Parameters
    ----------
    table : Any
        Value in the file.
    where : str
        Dotted path, for error messages.
    unit : str or None
        Unit of the parameter, also of bounds given without a unit; None if it has none.

    Raises
    ------
    StdpbenchError
        If it is not a distribution.
    """
    example = "such as { uniform = [1, 2] }"
    if not isinstance(table, Mapping) or len(table) != 1:
        raise StdpbenchError(f"{where} must be a table with one of {', '.join(KINDS)}, {example}, not {table!r}")
    kind, values = next(iter(table.items()))
    if kind not in KINDS:
        raise unknown_key(kind, dict.fromkeys(KINDS), where)
    where, n_values = f"{where}.{kind}", len(values) if isinstance(values, list) else 0
    if kind == "choice" and n_values:
        return Distribution(kind, choices=tuple(values))
    if n_values != 2:
        needed = "what to choose from" if kind == "choice" else "two bounds"
        raise StdpbenchError(f"{where} must be a list of {needed}, not {values!r}")
    low, high = (_bound(value, where, unit) for value in values)
    if not low < high:
        raise StdpbenchError(f"{where}: the lower bound must be less than the upper one, not {values!r}")
    if kind == "loguniform" and low <= 0:
        raise StdpbenchError(f"{where}: the lower bound must be more than 0, not {values[0]!r}")
    if kind == "int" and not (low.is_integer() and high.is_integer()):
        raise StdpbenchError(f"{where}: the bounds must be whole numbers, not {values!r}")
    return Distribution(kind, low, high)


def _bound(value: Any, where: str, unit: str | None) -> float:
    with errors_within(f"{where}: "):
        number = value if unit is None else units.read(value, unit)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise StdpbenchError(f"{where}: a bound must be a number, not {value!r}")
    return float(number)


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
        """Distributions from which parameters are drawn or chosen, by path; the last one if there are several."""
        distributions: dict[str, Distribution] = {}
        for declared in (*(arm.tune for arm in self.arm), *(s.distributions for s in (self.random, self.optuna) if s)):
            distributions |= {self.base.short_path(path): distribution for path, distribution in declared.items()}
        return distributions

    @property
    def folder_name(self) -> str:
        """Name of the sweep as a valid folder name."""
        return "".join(c if c.isalnum() or c in "-_." else "-" for c in self.name).strip(".-") or "sweep"


TABLES: dict[str, type[Parameters]] = {
    "sweep": Sweep,
    "sweep.arm": NamedArm,
    "sweep.tuning": Tuning,
    "sweep.random": RandomSearch,
    "sweep.optuna": OptunaSearch,
}
"""The file of a sweep and its tables, by the name that `stdpbench describe` accepts."""
