"""Carry a sweep out: take its jobs in order to a workplace, and write down what comes out of each, once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence

from stdpbench.errors import StdpbenchError
from stdpbench.sweeps.arms import Arm, Job, Round
from stdpbench.sweeps.definition import Sweep
from stdpbench.sweeps.search import trials
from stdpbench.sweeps.state import SweepState
from stdpbench.sweeps.tuning import tuned_arms, tuning_round
from stdpbench.sweeps.workplace import Ended, SweepEvent, Workplace

_WAIT = 0.2  # s


def rounds(sweep: Sweep, state: SweepState) -> Iterator[Round]:
    """The arms of a sweep, in rounds: what a round holds may depend on the results of those before.

    Yields
    ------
    Round
        Trials of the tuning; all arms that are known beforehand, as they were tuned; then what Optuna chooses. Results
        of the last round are read from `state` when the next one is asked for.
    """
    tuning = tuning_round(sweep)
    if tuning is not None:
        yield tuning
    arms = tuned_arms(sweep, state)
    if arms:
        yield Round(arms, sweep.seeds)
    if sweep.optuna is not None:
        for some in trials(sweep, sweep.optuna, state):
            yield Round(some, sweep.seeds)


def carry_out(
    sweep: Sweep, state: SweepState, workplace: Workplace, stopping: Callable[[], bool] = lambda: False
) -> Generator[SweepEvent, None, bool]:
    """Carry a sweep out from where it is.

    Parameters
    ----------
    sweep : Sweep
        What to compare.
    state : SweepState
        What is known; results are noted there as they come.
    workplace : Workplace
        Where runs are carried out.
    stopping : callable
        Asked now and then whether to stop: what is under way is then stopped, so that it can be gone on with.

    Yields
    ------
    Begun, Moved, Ended, Remarked

    Returns
    -------
    bool
        Whether all was taken to an end; False if it was stopped.
    """
    for some in rounds(sweep, state):
        waiting = deque(_unfinished(some.jobs, state))
        while waiting or workplace.busy:
            if stopping():
                yield from _stop(state, workplace)
                return False
            while waiting and workplace.room and not stopping():
                job = waiting.popleft()
                try:
                    workplace.begin(job)
                except StdpbenchError as error:
                    yield _noted(state, Ended(job, None, str(error)))
            for told in workplace.look(_WAIT):
                yield _noted(state, told)
        # results of the last round are in `state`, where the next one is chosen from
    return True


def _unfinished(jobs: Sequence[Job], state: SweepState) -> Iterator[Job]:
    """Jobs without a result, each once: two arms may be the same settings."""
    seen: set[str] = set()
    for job in jobs:
        if job.key not in state.results and job.key not in seen:
            seen.add(job.key)
            yield job


def _stop(state: SweepState, workplace: Workplace) -> Iterator[SweepEvent]:
    workplace.stop()
    while workplace.busy:
        for told in workplace.look(_WAIT):
            yield _noted(state, told)


def _noted(state: SweepState, told: SweepEvent) -> SweepEvent:
    if isinstance(told, Ended):
        if told.result is not None:
            state.finished(told.job.key, told.result)
        elif not told.stopped:
            state.failed(told.job.key, told.reason)
    return told


def known_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """All arms that are compared, as far as they are known, in order: up to the first round that is not over."""
    arms: list[Arm] = []
    for some in rounds(sweep, state):
        arms += some.arms if some.compared else ()
        over = state.results.keys() | state.failures.keys()
        if any(job.key not in over for job in some.jobs):
            break
    return tuple(arms)
