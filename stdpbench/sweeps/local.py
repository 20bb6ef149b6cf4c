"""Runs on this machine: each in a process and a folder of its own, so many at a time."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.runs.catalog.store import run_names
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.sweeps.arms import Job
from stdpbench.sweeps.result import Result
from stdpbench.sweeps.state import SweepState
from stdpbench.sweeps.workplace import Begun, Ended, Moved, Remarked, SweepEvent

OPTIONS = Options(workers=1, validation=True, baselines=False)
"""How every run of a sweep is carried out: one process each, judged on the validation part."""
_TRIES = 3  # times that a run whose process dies is gone on with
_LET_GO = 10.0  # s that a process may take to let go of its run


def processors() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@dataclass
class _AtWork:
    """A job that a process works on."""

    job: Job
    folder: RunFolder
    client: RunClient
    live: LiveRun = field(default_factory=LiveRun)
    asked: bool = False
    tries: int = 1
    shown: float = -1.0
    reason: str = ""


class Local:
    """Carries out runs in processes of this machine.

    A run that was interrupted goes on from its newest checkpoint; one that another process still works on is followed;
    one that is finished already is only read.

    Parameters
    ----------
    state : SweepState
        Knows which job has which run folder, and is told of new ones.
    processes : int
        How many runs at a time; 0: one per processor.
    about : mapping, optional
        More for ``run.json``, such as the command.
    """

    def __init__(self, state: SweepState, processes: int = 0, about: Mapping[str, Any] | None = None) -> None:
        self._state = state
        self._processes = processes or processors()
        self._about = dict(about or {})
        self._at_work: list[_AtWork] = []
        self._ended: list[SweepEvent] = []
        self._found: dict[str, str] | None = None
        self._stopping = False

    @property
    def room(self) -> int:
        """How many more jobs it takes now."""
        return 0 if self._stopping else max(0, self._processes - len(self._at_work))

    @property
    def busy(self) -> int:
        """How many jobs it has that have not ended."""
        return len(self._at_work) + len(self._ended)

    def begin(self, job: Job) -> None:
        """Start the run of a job, go on with it, follow it, or read what it left.

        Raises
        ------
        StdpbenchError
            If its folder cannot be made or used.
        """
        folder = self._folder(job)
        client = None
        if at_work(folder.path):
            with suppress(StdpbenchError):  # it ends just now
                client = RunClient.attach(folder.path)
        if client is None and state_of(folder)[0] is State.FINISHED:
            self._ended.append(Ended(job, Result.of(folder)))
            return
        self._at_work.append(_AtWork(job, folder, client or RunClient.start(folder.path)))
        self._ended.append(Begun(job))

    def look(self, wait: float) -> list[SweepEvent]:
        """What has happened; waits for up to so many seconds if nothing has."""
        until = time.monotonic() + wait
        while True:
            told, self._ended = self._ended, []
            for run in list(self._at_work):
                told += self._follow(run)
            if told or not self._at_work or time.monotonic() >= until:
                return told
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask all runs to stop at their next boundary."""
        self._stopping = True
        for run in self._at_work:
            self._ask_to_stop(run, "the sweep was stopped")

    def close(self) -> None:
        """Let all runs go; those that are not over go on by themselves."""
        for run in self._at_work:
            run.client.close()
        self._at_work.clear()

    def _folder(self, job: Job) -> RunFolder:
        """The run folder of a job: the one it has, one that a crash left unnoted, or a new one."""
        name = self._state.folders.get(job.key) or self._unnoted().get(job.key)
        if name is not None:
            with suppress(StdpbenchError):  # it was removed, or is damaged
                folder = RunFolder.open(self._state.folder / name)
                if folder.experiment.digest == job.key:
                    return folder
        about = {**self._about, "sweep": {"name": self._state.folder.name, "arm": job.arm}}
        folder = create_run(job.experiment, self._state.folder, OPTIONS, about)
        self._state.made(job.key, folder.path.name)
        return folder

    def _unnoted(self) -> dict[str, str]:
        """Names of the run folders that are there, by key of their job."""
        if self._found is None:
            self._found = {}
            for name in run_names(self._state.folder):
                with suppress(OSError, ValueError, AttributeError):
                    said = json.loads((self._state.folder / name / "run.json").read_text(encoding="utf-8"))
                    if said.get("validation") is True and "sweep" in said:
                        self._found.setdefault(str(said.get("digest")), name)
        return self._found

    def _follow(self, run: _AtWork) -> list[SweepEvent]:
        told: list[SweepEvent] = []
        try:
            if run.client.connected and not run.asked:
                run.asked = True
                run.client.want("progress")
            for message in run.client.drain():
                run.live.take(message)
        except StdpbenchError:  # it ended meanwhile
            pass
        share, phase = _progress(run.live)
        if share != run.shown:
            run.shown = share
            told.append(Moved(run.job, share, phase))
        if run.live.state is State.PAUSED and run.live.reason and not run.reason:
            run.reason = run.live.reason  # nobody is there to mend it
            self._ask_to_stop(run, run.reason)
        if run.client.over:
            told += self._over(run)
        return told

    def _over(self, run: _AtWork) -> list[SweepEvent]:
        """The process of a run is gone: see what it left."""
        run.client.close()
        until = time.monotonic() + _LET_GO
        while at_work(run.folder.path) and time.monotonic() < until:
            time.sleep(0.02)
        state, reason = state_of(run.folder)
        self._at_work.remove(run)
        if state is State.FINISHED:
            try:
                return [Ended(run.job, Result.of(run.folder))]
            except StdpbenchError as error:
                return [Ended(run.job, None, str(error))]
        if run.reason:
            return [Ended(run.job, None, run.reason)]
        if state is State.STOPPED or self._stopping:
            return [Ended(run.job, None, reason, stopped=True)]
        died = run.live.state.active or not run.live.log
        if not died or run.tries >= _TRIES:
            return [Ended(run.job, None, reason if not died else f"its process died: {run.client.last_words()}")]
        try:
            client = RunClient.start(run.folder.path)
        except StdpbenchError as error:
            return [Ended(run.job, None, str(error))]
        self._at_work.append(_AtWork(run.job, run.folder, client, tries=run.tries + 1))
        return [Remarked(f"The process of {run.folder.path.name} died; it goes on from its newest checkpoint.")]

    def _ask_to_stop(self, run: _AtWork, reason: str) -> None:
        with suppress(StdpbenchError, OSError):
            run.client.request("stop", reason=reason)


def _progress(live: LiveRun) -> tuple[float, str]:
    """Share of all presentations of a run that are over, and the phase it is in."""
    if live.started is None:
        return 0.0, "starting"
    total = sum(n for _, n in live.started.phases)
    position = max(live.position, int(live.progress.get("position", 0)))
    return min(1.0, position / max(total, 1)), str(live.progress.get("phase", "train"))
