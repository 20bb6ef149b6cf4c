"""Carry a sweep out: take its jobs in order to a workplace, and write down what comes out of each, once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence

from stdpbench.errors import StdpbenchError
from stdpbench.sweeps.arms import Arm, Job, fixed_arms, jobs_of
from stdpbench.sweeps.definition import Sweep
from stdpbench.sweeps.search import trials
from stdpbench.sweeps.state import SweepState
from stdpbench.sweeps.workplace import Ended, Told, Workplace

_WAIT = 0.2  # s


def rounds(sweep: Sweep, state: SweepState) -> Iterator[Sequence[Arm]]:
    """The arms of a sweep, in rounds: what a round holds may depend on the results of those before.

    Yields
    ------
    sequence of Arm
        All arms that are known beforehand; then what Optuna chooses, which reads the results of the last round from
        `state` when it is asked for the next one.
    """
    arms = fixed_arms(sweep)
    if arms:
        yield arms
    if sweep.optuna is not None:
        yield from trials(sweep, sweep.optuna, state)


def carry_out(
    sweep: Sweep, state: SweepState, workplace: Workplace, stopping: Callable[[], bool] = lambda: False
) -> Generator[Told, None, bool]:
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
    for arms in rounds(sweep, state):
        waiting = deque(_unfinished(jobs_of(arms, sweep.seeds), state))
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


def _stop(state: SweepState, workplace: Workplace) -> Iterator[Told]:
    workplace.stop()
    while workplace.busy:
        for told in workplace.look(_WAIT):
            yield _noted(state, told)


def _noted(state: SweepState, told: Told) -> Told:
    if isinstance(told, Ended):
        if told.result is not None:
            state.finished(told.job.key, told.result)
        elif not told.stopped:
            state.failed(told.job.key, told.reason)
    return told


def known_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """All arms that are known so far, in order: up to the first round that is not over."""
    arms: list[Arm] = []
    for some in rounds(sweep, state):
        arms += some
        over = state.results.keys() | state.failures.keys()
        if any(job.key not in over for job in jobs_of(some, sweep.seeds)):
            break
    return tuple(arms)
