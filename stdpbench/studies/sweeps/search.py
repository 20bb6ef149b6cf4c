"""Arms chosen by Optuna.

The sampler is deterministic: from the same seed and the same results it chooses the same settings. A sweep that is
continued after an interruption therefore asks again from the beginning, gets the same settings and finds their
results. No state of Optuna is stored.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.sweeps.arms import Arm, searched_arm
from stdpbench.studies.sweeps.definition import OptunaSearch, Sweep
from stdpbench.studies.sweeps.distributions import Distribution
from stdpbench.studies.sweeps.state import SweepState


def trials(sweep: Sweep, search: OptunaSearch, state: SweepState) -> Iterator[Sequence[Arm]]:
    """Yield trials in rounds of `at_once`; each round is chosen by the results of earlier ones.

    The value of a trial is the mean of the sweep's metric over its seeds. A trial with a failed run counts as failed.

    Yields
    ------
    sequence of Arm
        One round.

    Raises
    ------
    StdpbenchError
        If Optuna is not installed.
    """
    study, optuna = _study(search, "maximize" if sweep.sign > 0 else "minimize")
    space = {path: _optuna(optuna, distribution) for path, distribution in search.distributions.items()}
    for first in range(0, search.n_trials, search.at_once):
        asked = [study.ask(space) for _ in range(min(search.at_once, search.n_trials - first))]
        arms: list[Arm | None] = []
        for trial in asked:
            settings = {path: _chosen(search.distributions[path], value) for path, value in trial.params.items()}
            state.trial(trial.number, settings)
            try:
                arms.append(searched_arm(sweep, "trial", trial.number, settings))
            except StdpbenchError:  # incompatible settings
                arms.append(None)
        yield [arm for arm in arms if arm is not None]
        for trial, arm in zip(asked, arms, strict=True):
            worth = None if arm is None else _worth(sweep, arm, state)
            if worth is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, worth)


def _study(search: OptunaSearch, direction: Literal["minimize", "maximize"]) -> tuple[Any, Any]:
    try:
        import optuna
    except ImportError:
        raise StdpbenchError(
            "a sweep with [optuna] needs the package optuna: pip install 'stdpbench[sweep]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # with several trials at once, each takes the unfinished others into account
        sampler = optuna.samplers.TPESampler(seed=search.seed, constant_liar=search.at_once > 1)
    return optuna.create_study(direction=direction, sampler=sampler), optuna


def _optuna(optuna: Any, distribution: Distribution) -> Any:
    made = optuna.distributions
    if distribution.kind == "choice":
        return made.CategoricalDistribution(tuple(range(len(distribution.choices))))
    if distribution.kind == "int":
        return made.IntDistribution(int(distribution.low), int(distribution.high))
    return made.FloatDistribution(distribution.low, distribution.high, log=distribution.kind == "loguniform")


def _chosen(distribution: Distribution, value: Any) -> Any:
    return distribution.choices[value] if distribution.kind == "choice" else value


def _worth(sweep: Sweep, arm: Arm, state: SweepState) -> float | None:
    found = [state.results.get(arm.experiment(seed).digest) for seed in sweep.seeds]
    values = [
        value for result in found if result is not None and (value := result.values.get(sweep.metric)) is not None
    ]
    return sum(values) / len(values) if len(values) == len(sweep.seeds) else None
