"""Where the runs of a sweep are carried out: what every such place can do.

A workplace takes jobs and tells how they go. It does not decide what is to be done, nor remember what was:
`stdpbench.sweeps.carry_out` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stdpbench.sweeps.arms import Job
from stdpbench.sweeps.result import Result


@dataclass(frozen=True)
class Begun:
    """A job is under way."""

    job: Job


@dataclass(frozen=True)
class Moved:
    """How far a job has come, 0 to 1 over all its phases, and the name of the phase it is in."""

    job: Job
    share: float
    phase: str


@dataclass(frozen=True)
class Ended:
    """A job is over: with a result, or with the reason why there is none; `stopped` if it was asked to stop."""

    job: Job
    result: Result | None
    reason: str = ""
    stopped: bool = False


@dataclass(frozen=True)
class Remarked:
    """A sentence for the person."""

    text: str


SweepEvent = Begun | Moved | Ended | Remarked


class Workplace(Protocol):
    """Where runs are carried out."""

    @property
    def room(self) -> int:
        """How many more jobs it takes now."""

    @property
    def busy(self) -> int:
        """How many jobs it has that have not ended."""

    def begin(self, job: Job) -> None:
        """Take a job.

        Raises
        ------
        StdpbenchError
            If it cannot be begun.
        """

    def look(self, wait: float) -> list[SweepEvent]:
        """What has happened; waits for up to so many seconds if nothing has."""

    def stop(self) -> None:
        """Ask for all jobs to stop soon; `look` goes on to tell how they end."""

    def close(self) -> None:
        """Let everything go; what cannot be stopped goes on by itself."""
