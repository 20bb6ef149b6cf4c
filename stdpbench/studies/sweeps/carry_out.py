"""Run a sweep: pass its jobs to a workplace in order, and record the result of each job once."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import write_text_aside
from stdpbench.runs.catalog.store import DISTRIBUTIONS
from stdpbench.studies.sweeps.arms import Arm, Job, Round
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.search import trials
from stdpbench.studies.sweeps.state import SweepState
from stdpbench.studies.sweeps.tuning import tuned_arms, tuning_round
from stdpbench.studies.sweeps.workplace import Ended, SweepEvent, Workplace

_WAIT = 0.2  # s


def rounds(sweep: Sweep, state: SweepState) -> Iterator[Round]:
    """Yield the arms of a sweep in rounds; a round may depend on the results of earlier ones.

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
        for some in trials(sweep, sweep.optuna, state):
            yield Round(some, sweep.seeds)


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
    if drawn := {path: one.to_mapping() for path, one in sweep.distributions.items()}:
        write_text_aside(state.folder / DISTRIBUTIONS, json.dumps(drawn, indent=2, ensure_ascii=False) + "\n")
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
            for event in workplace.look(_WAIT):
                yield _noted(state, event)
        # the next round is chosen from the results of the last one, in `state`
    return True


def _unfinished(jobs: Sequence[Job], state: SweepState) -> Iterator[Job]:
    """Return jobs without a result, each once: two arms may have the same settings."""
    seen: set[str] = set()
    for job in jobs:
        if job.key not in state.results and job.key not in seen:
            seen.add(job.key)
            yield job


def _stop(state: SweepState, workplace: Workplace) -> Iterator[SweepEvent]:
    workplace.stop()
    while workplace.busy:
        for event in workplace.look(_WAIT):
            yield _noted(state, event)


def _noted(state: SweepState, event: SweepEvent) -> SweepEvent:
    if isinstance(event, Ended):
        if event.result is not None:
            state.finished(event.job.key, event.result)
        elif not event.stopped:
            state.failed(event.job.key, event.reason)
    return event


def known_arms(sweep: Sweep, state: SweepState) -> tuple[Arm, ...]:
    """Return all compared arms known so far, in order: up to the first unfinished round."""
    arms: list[Arm] = []
    for some in rounds(sweep, state):
        arms += some.arms if some.compared else ()
        over = state.results.keys() | state.failures.keys()
        if any(job.key not in over for job in some.jobs):
            break
    return tuple(arms)
