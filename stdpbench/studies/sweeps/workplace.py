"""Interface of the places that execute the runs of a sweep.

A workplace accepts jobs and reports their progress. `stdpbench.studies.sweeps.carry_out` decides which jobs to run
and records their results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.result import Result


@dataclass(frozen=True)
class Begun:
    """A job has started."""

    job: Job


@dataclass(frozen=True)
class Moved:
    """Progress of a job, 0 to 1 over all its phases, and the name of its current phase."""

    job: Job
    share: float
    phase: str


@dataclass(frozen=True)
class Ended:
    """A job has ended: with a result, or with a reason for its absence; `stopped` if it was asked to stop."""

    job: Job
    result: Result | None
    reason: str = ""
    stopped: bool = False


@dataclass(frozen=True)
class Remarked:
    """A message for the user."""

    text: str


SweepEvent = Begun | Moved | Ended | Remarked


class Workplace(Protocol):
    """A place that executes runs."""

    @property
    def room(self) -> int:
        """Number of further jobs it accepts."""

    @property
    def busy(self) -> int:
        """Number of jobs that have not ended."""

    def begin(self, job: Job) -> None:
        """Start a job.

        Raises
        ------
        StdpbenchError
            If it cannot be started.
        """

    def look(self, wait: float) -> list[SweepEvent]:
        """Return the events since the last call; waits up to `wait` seconds for one."""

    def stop(self) -> None:
        """Ask all jobs to stop soon; `look` then reports how they end."""

    def close(self) -> None:
        """Release all resources; jobs that cannot be stopped keep running."""
