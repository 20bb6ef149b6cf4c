"""Sweeps, results and a workplace without processes that the tests of sweeps share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.definition import Sweep
from stdpbench.studies.sweeps.reading import sweep_from_mapping
from stdpbench.studies.sweeps.result import Result
from stdpbench.studies.sweeps.workplace import Begun, Ended, SweepEvent

SMALL = {"network.n_exc": 12, "schedule.train_images": 60, "schedule.test_images": 30, "schedule.passes": 1}
"""The digits in seconds; the same network as that of the command line's tests, which is compiled once for all."""


def sweep(**tables: Any) -> Sweep:
    """A sweep of the digits, from tables as in a file."""
    return sweep_from_mapping({"name": "case", "experiment": "digits", "set": dict(SMALL), **tables}, Path())


def result(vote: float = 0.5, **changes: Any) -> Result:
    values: dict[str, Any] = {
        "accuracy": {"vote": vote, "proportion": vote + 0.01, "confidence": vote + 0.02},
        "n_images": 30,
        "spikes_per_image": 20.0,
        "presentations_per_image": 1.1,
        "mean_theta_mV": 40.0,
        "seconds": 1.0,
        "images_per_second": 60.0,
        "outcome": "0" * 64,
        "versions": {"python": "3"},
        "folder": "run",
    }
    return Result(**{**values, **changes})


class Scripted:
    """A workplace that gives each job a scripted result: `places` at a time, the last begun first."""

    def __init__(self, answer: Callable[[Job], Result | str], places: int = 2) -> None:
        self.answer, self.places = answer, places
        self.begun: list[Job] = []
        self.under_way: list[Job] = []
        self.events: list[SweepEvent] = []
        self.stopped = False

    @property
    def room(self) -> int:
        return self.places - len(self.under_way)

    @property
    def busy(self) -> int:
        return len(self.under_way) + len(self.events)

    def begin(self, job: Job) -> None:
        self.begun.append(job)
        self.under_way.append(job)
        self.events.append(Begun(job))

    def look(self, wait: float) -> list[SweepEvent]:
        events, self.events = self.events, []
        if events:
            return events
        if self.stopped:
            events = [Ended(job, None, "the sweep was stopped", stopped=True) for job in self.under_way]
            self.under_way.clear()
            return events
        job = self.under_way.pop()
        answer = self.answer(job)
        return [Ended(job, None, answer) if isinstance(answer, str) else Ended(job, answer)]

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        pass
