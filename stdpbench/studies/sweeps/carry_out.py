"""Run a sweep: pass its jobs to a workplace in order, and record the result of each job once.

Optuna's sampler is deterministic: from the same seed and the same results it chooses the same settings. A sweep that
continues after an interruption therefore repeats all choices, gets the same settings and reads their stored results.
No state of Optuna is stored.
"""

from __future__ import annotations

import json
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Literal

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.runs.catalog.store import DISTRIBUTIONS
from stdpbench.studies.sweeps.arms import Arm, Job, Round, searched_arm
from stdpbench.studies.sweeps.definition import Distribution, OptunaSearch, Sweep
from stdpbench.studies.sweeps.state import SweepState
from stdpbench.studies.sweeps.tuning import tuned_arms, tuning_round
from stdpbench.studies.sweeps.workplace import Ended, SweepEvent, Workplace


def trials(sweep: Sweep, search: OptunaSearch, state: SweepState) -> Iterator[Sequence[Arm]]:
    """Yield trials in rounds of `at_once`; each round depends on the results of earlier ones.

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
        batch = [study.ask(space) for _ in range(min(search.at_once, search.n_trials - first))]
        arms: list[Arm | None] = []
        for trial in batch:
            settings = {path: _chosen(search.distributions[path], value) for path, value in trial.params.items()}
            state.trial(trial.number, settings)
            try:
                arms.append(searched_arm(sweep, "trial", trial.number, settings))
            except StdpbenchError:  # incompatible settings
                arms.append(None)
        yield [arm for arm in arms if arm is not None]
        for trial, arm in zip(batch, arms, strict=True):
            mean = None if arm is None else state.mean_over(arm, sweep.seeds, sweep.metric)
            if mean is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, mean)


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
        # with several trials at once, each accounts for the unfinished others
        sampler = optuna.samplers.TPESampler(seed=search.seed, constant_liar=search.at_once > 1)
    return optuna.create_study(direction=direction, sampler=sampler), optuna


def _optuna(optuna: Any, distribution: Distribution) -> Any:
    distributions = optuna.distributions
    if distribution.kind == "choice":
        return distributions.CategoricalDistribution(tuple(range(len(distribution.choices))))
    if distribution.kind == "int":
        return distributions.IntDistribution(int(distribution.low), int(distribution.high))
    return distributions.FloatDistribution(distribution.low, distribution.high, log=distribution.kind == "loguniform")


def _chosen(distribution: Distribution, value: Any) -> Any:
    return distribution.choices[value] if distribution.kind == "choice" else value


_WAIT = 0.2  # s


def rounds(sweep: Sweep, state: SweepState) -> Iterator[Round]:
    """Yield the arms of a sweep in rounds, which may depend on the results of earlier rounds.

    Yields
    ------
    Round
        Trials of the tuning; all arms that are known in advance, with tuned settings; then arms chosen by Optuna.
        Results of the last round are read from `state` when the next one is requested.
    """
    tuning = tuning_round(sweep)
    if tuning is not None:
        yield tuning
    arms = tuned_arms(sweep, state)
    if arms:
        yield Round(arms, sweep.seeds)
    if sweep.optuna is not None:
        for arms_of_round in trials(sweep, sweep.optuna, state):
            yield Round(arms_of_round, sweep.seeds)


def carry_out(
    sweep: Sweep, state: SweepState, workplace: Workplace, stopping: Callable[[], bool] = lambda: False
) -> Generator[SweepEvent, None, bool]:
    """Run the remaining jobs of a sweep.

    Parameters
    ----------
    sweep : Sweep
        The sweep to run.
    state : SweepState
        Known results; new results are recorded there.
    workplace : Workplace
        The place that executes the runs.
    stopping : callable
        Polled regularly; if it returns True, active runs are stopped such that they can be resumed.

    Yields
    ------
    Begun, Moved, Ended, Remarked

    Returns
    -------
    bool
        Whether all jobs ended; False if the sweep was stopped.
    """
    if distributions := {path: distribution.to_mapping() for path, distribution in sweep.distributions.items()}:
        write_text_aside(state.folder / DISTRIBUTIONS, json.dumps(distributions, indent=2, ensure_ascii=False) + "\n")
    for round_ in rounds(sweep, state):
        waiting = deque(_unfinished(round_.jobs, state))
        while waiting or workplace.busy:
            if stopping():
                yield from _stop(state, workplace)
                return False
            while waiting and workplace.room and not stopping():
                job = waiting.popleft()
                try:
                    workplace.begin(job)
                except StdpbenchError as error:
                    yield _recorded(state, Ended(job, None, str(error)))
            for event in workplace.look(_WAIT):
                yield _recorded(state, event)
        # the next round reads the results of this one from `state`
    return True


def _unfinished(jobs: Sequence[Job], state: SweepState) -> Iterator[Job]:
    """Yield jobs without a result, each once, since two arms may have the same settings."""
    seen: set[str] = set()
    for job in jobs:
        if job.key not in state.results and job.key not in seen:
            seen.add(job.key)
            yield job


def _stop(state: SweepState, workplace: Workplace) -> Iterator[SweepEvent]:
    workplace.stop()
    while workplace.busy:
        for event in workplace.look(_WAIT):
            yield _recorded(state, event)


def _recorded(state: SweepState, event: SweepEvent) -> SweepEvent:
    if isinstance(event, Ended):
        if event.result is not None:
            state.finished(event.job.key, event.result)
        elif not event.stopped:
            state.failed(event.job.key, event.reason)
    return event


def known_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """Return all compared arms known so far, in order: up to the first unfinished round."""
    arms: list[Arm] = []
    for round_ in rounds(sweep, state):
        arms += round_.arms if round_.compared else ()
        ended = state.results.keys() | state.failures.keys()
        if any(job.key not in ended for job in round_.jobs):
            break
    return tuple(arms)
