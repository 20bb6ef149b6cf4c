"""Runs of a sweep on this machine: items in the queue of the sweep's folder, with bounded concurrency."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.presentation.processes import processors
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue import run_queue
from stdpbench.runs.queue.run_queue import Item
from stdpbench.runs.queue.runner import QueueRunner
from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.result import Result
from stdpbench.studies.sweeps.state import SweepState
from stdpbench.studies.sweeps.workplace import Begun, Ended, JobFolders, Moved, SweepEvent


class Local:
    """Executes runs in processes of this machine, through the queue of the sweep's folder.

    The queue runner resumes interrupted runs from their newest checkpoint, reattaches to runs that another process
    still executes, and restarts a run whose process died, a few times. Finished runs are only read.

    Parameters
    ----------
    state : SweepState
        Run folders by job; new ones are recorded there.
    processes : int
        Number of concurrent runs; 0: one per processor.
    about : mapping, optional
        Additional entries of `RunFolder.about`, such as the command.
    """

    def __init__(self, state: SweepState, processes: int = 0, about: Mapping[str, Any] | None = None) -> None:
        self._folders = JobFolders(state, about)
        self._processes = processes or processors()
        self._runner = QueueRunner(state.folder, self._processes, self._on_event)
        self._registered, self._is_registered = ExitStack(), False
        self._jobs: dict[int, Job] = {}  # by number of the queue item
        self._shown: dict[int, tuple[float, str]] = {}  # last reported share and phase of each active job
        self._deaths: dict[int, int] = {}  # reported number of deaths of the process of an item
        self._events: list[SweepEvent] = []
        self._stopping = False

    @property
    def room(self) -> int:
        """Number of further jobs it accepts."""
        return 0 if self._stopping else max(0, self._processes - len(self._jobs))

    @property
    def busy(self) -> int:
        """Number of jobs that have not ended."""
        return len(self._jobs) + len(self._events)

    def begin(self, job: Job) -> None:
        """Add the run of a job to the queue, or read its result if it is finished.

        Raises
        ------
        StdpbenchError
            If its folder cannot be created or used.
        """
        folder = self._folders.find(job) or self._folders.make(job)
        if state_of(folder)[0] is State.FINISHED:
            self._events.append(Ended(job, Result.of(folder)))
            return
        if not self._is_registered:
            self._registered.enter_context(self._runner.registered())
            self._is_registered = True
        self._jobs[self._item(folder).number] = job
        self._runner.look_again()

    def look(self, wait: float) -> list[SweepEvent]:
        """Return the events since the last call; waits up to `wait` seconds for one."""
        until = time.monotonic() + wait
        while not self._events and self._jobs and time.monotonic() < until:
            self._runner.step()
            self._follow()
        events, self._events = self._events, []
        return events

    def stop(self) -> None:
        """Ask all runs to stop at their next boundary."""
        self._stopping = True
        self._runner.stop()

    def close(self) -> None:
        """Detach from all runs; unfinished ones keep running."""
        self._registered.close()
        self._jobs.clear()

    def _item(self, folder: RunFolder) -> Item:
        """Return the queue item of a run, possibly one left by an interrupted sweep."""
        queue = self._runner.queue
        place = queue.path_text(folder.path)
        existing = next((item for item in queue.items() if item.folder == place), None)
        if existing is None:
            return queue.add_run(folder.path)
        return existing if queue.busy(existing) else queue.release([existing.number])[0]

    def _on_event(self, item: Item, sentence: str) -> None:
        if item.deaths > self._deaths.get(item.number, 0):
            self._deaths[item.number] = item.deaths
            self._events.append(
                Remarked(f"The process of {item.name} died; the run continues from its newest checkpoint.")
            )

    def _follow(self) -> None:
        """Report jobs that have started, progressed or ended."""
        working = {job.item.number: job for job in self._runner.jobs}
        items = {}
        if working.keys() != self._jobs.keys():
            items = {item.number: item for item in self._runner.queue.items()}
        for number, job in list(self._jobs.items()):
            if number not in working:
                item = items.get(number)
                if self._stopping or item is None or item.state not in (run_queue.WAITING, run_queue.RUNNING):
                    self._end(number, job, item)
                continue
            if number not in self._shown:
                self._events.append(Begun(job))
            progress = _progress(working[number].live)
            if progress != self._shown.get(number):
                self._shown[number] = progress
                self._events.append(Moved(job, *progress))

    def _end(self, number: int, job: Job, item: Item | None) -> None:
        """Report the end of a job whose process has exited."""
        del self._jobs[number]
        if item is None:  # finished: removed by the runner
            folder = self._folders.find(job)
            try:
                result, reason = (None, "its run folder is missing") if folder is None else (Result.of(folder), "")
            except StdpbenchError as error:
                result, reason = None, str(error)
            self._events.append(Ended(job, result, reason))
            return
        if not self._runner.queue.busy(item):
            self._runner.queue.remove([number])
        stopped = item.state != run_queue.FAILED
        self._events.append(Ended(job, None, item.reason, stopped=stopped))


def _progress(live: LiveRun) -> tuple[float, str]:
    """Return the completed share of a run, in presentations, and its phase."""
    if live.started is None:
        return 0.0, live.reason if live.state is State.BUILDING and live.reason else "starting"
    total = sum(n for _, n in live.started.phases)
    position = max(live.position, int(live.progress.get("position", 0)))
    return min(1.0, position / max(total, 1)), str(live.progress.get("phase", "train"))
