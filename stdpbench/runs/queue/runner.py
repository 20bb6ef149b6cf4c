"""Carries out a queue: starts the processes of its items, so many at a time, and follows them to their end.

The processes live on their own. A runner that dies leaves them at work; the next one finds them and follows them, or
goes on with runs whose process is gone too. What fails is written down, and the next item gets its turn.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.readout import INTERVAL
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.lock import has_process, locked
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import STEPPED_REASONS, TERMINATED
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue import run_queue, runner_process
from stdpbench.runs.queue.run_queue import Item, Queue

_MOST_DEATHS = 3
_LOOK = 1.0  # s between two looks whether there is something to do
_LET_GO = 15.0  # s that a process may take to end after it has said its last
_NOT_LOCKED = 3  # exit status of a process that found another one at work
_CONNECT = 60.0  # s that a process which is at work already may take to connect
_QUEUE_STOPPED = "the queue was stopped"
# what the process of a run says, of which a queue makes something else than of other reasons


class Unheard:
    """Stands for the connection to a process that is at work but did not answer: it builds, or is about to end."""

    def __init__(self, folder: Path) -> None:
        self.connected = False
        self._folder = folder
        self._until = time.monotonic() + _CONNECT

    @property
    def over(self) -> bool:
        """Whether it is gone, or it is time to try again."""
        return not has_process(self._folder) or time.monotonic() > self._until

    def drain(self, budget: float, wait: float) -> list[Any]:
        """Wait; nothing comes."""
        time.sleep(wait)
        return []

    def close(self) -> None:
        """Leave the run alone."""


@dataclass
class Job:
    """An item that a queue runner has begun.

    Attributes
    ----------
    item : Item
        As it was when it was begun.
    folder : Path
        Its run.
    client : RunClient or Unheard
        The connection to its process.
    attached : bool
        Whether the process was at work already.
    live : LiveRun
        What is known of it.
    stopped_because : str
        Why this runner asked it to stop; empty if it did not.
    begun : float
        When it was begun, on the clock `time.monotonic`.
    """

    item: Item
    folder: Path
    client: RunClient | Unheard
    attached: bool
    live: LiveRun = field(default_factory=LiveRun)
    stopped_because: str = ""
    begun: float = field(default_factory=time.monotonic)


class QueueRunner:
    """Takes items of a queue to their end.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    at_once : int
        Runs that are at work at the same time.
    told : callable
        Gets each item of which there is something to say, and the sentence.
    shown : callable
        Gets the jobs at work, several times a second.

    Notes
    -----
    A run that is paused keeps its place. One that pauses by itself, because something is amiss, is stopped: nobody may
    be there to mend it, and it would hold up the others.
    """

    def __init__(
        self,
        runs: Path,
        at_once: int = 1,
        told: Callable[[Item, str], None] = lambda item, sentence: None,
        shown: Callable[[list[Job]], None] = lambda jobs: None,
    ) -> None:
        self.queue = Queue(runs)
        self.name = uuid.uuid4().hex
        self.jobs: list[Job] = []
        self._runs = runs
        self._at_once = at_once
        self._told = told
        self._shown = shown
        self._stopping = False
        self._closing = False
        self._looked = -_LOOK
        self._mailbox = runner_process.mailbox_of(runs, self.name)

    def stop(self) -> None:
        """Begin nothing more and stop what is at work; its items wait for the next runner; for signal handlers."""
        self._stopping = True

    def run(self, *, wait: bool = False) -> None:
        """Process the queue until nothing waits.

        Parameters
        ----------
        wait : bool
            Whether to stay when nothing waits any more, until `stop`.
        """
        with self.registered():
            while self.step() or (wait and not self._stopping and not self._closing):
                if not self.jobs:
                    time.sleep(0.1)

    @contextmanager
    def registered(self) -> Generator[None, None, None]:
        """Hold the lock of a runner and be listed as one; processes that are still at work afterwards continue.

        Raises
        ------
        DiskError
            If the folder of the queue cannot be made.
        """
        lock = self.queue.runner_lock(self.name)
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"{lock.parent} cannot be made: {error.strerror}") from error
        _clean(lock.parent)
        with FileLock(lock):
            runner_process.announce(self._runs, self.name, self._at_once)
            try:
                yield
            finally:
                for job in self.jobs:
                    job.client.close()
                runner_process.withdraw(self._runs, self.name)

    def look_again(self) -> None:
        """Look for waiting items in the next step, rather than after a second: one was added."""
        self._looked = -_LOOK

    def _heed(self) -> None:
        """Do what other processes ask of this runner."""
        for request in self._mailbox.take():
            at_once, stop = (request.arguments.get(name) for name in ("at_once", "stop"))
            if type(at_once) is int and at_once > 0:
                self._at_once = at_once
            self._closing |= stop == runner_process.AFTER
            self._stopping |= stop == runner_process.NOW
            stopping = runner_process.NOW if self._stopping else runner_process.AFTER if self._closing else ""
            runner_process.announce(self._runs, self.name, self._at_once, stopping)
            request.reply("", {"at_once": self._at_once, "stopping": stopping})

    def step(self) -> bool:
        """Start waiting items where there is room and take in messages of the runs; returns whether any is at work."""
        while self._due():
            self._heed()
            if self._stopping or self._closing or len(self.jobs) >= self._at_once:
                break
            item = self.queue.claim(self.name)
            if item is None:
                break
            self._begin(item)
            self.look_again()
        busy = bool(self.jobs)
        for job in list(self.jobs):
            self._hear(job, 0.2 / len(self.jobs))
            if self._stopping and not job.stopped_because:
                self._stop(job, _QUEUE_STOPPED)
            if job.client.over:
                self.jobs.remove(job)
                job.client.close()
                self._end(job)
                self.look_again()
        self._shown(self.jobs)
        return busy

    def _due(self) -> bool:
        moment = time.monotonic()
        if moment - self._looked < _LOOK:
            return False
        self._looked = moment
        return True

    def _begin(self, item: Item) -> None:
        """Start the process of an item, or find the one that is at work."""
        try:
            item, folder = self._with_folder(item)
            state, _ = state_of(RunFolder.open(folder))
            if state is State.FINISHED:
                self.queue.finish(item.number)
                self._told(item, "is finished already.")
                return
            attached = has_process(folder)
            client = _attached(folder) if attached else RunClient.start(folder)
        except (StdpbenchError, OSError) as error:
            self._fail(item, str(error))
            return
        self.jobs.append(Job(item, folder, client, attached))
        said = "begins" if state is State.QUEUED else "goes on from where it was"
        self._told(item, f"{'is at work already, and is followed from here on' if attached else said}: {folder}")

    def _with_folder(self, item: Item) -> tuple[Item, Path]:
        """An item and its run folder, which is made if this is its first turn."""
        known = self.queue.folder_of(item)
        if known is not None:
            return item, known
        with Store(self._runs) as store:  # one that a runner made that died before it could say so
            found = store.of_item(item.token)
        if found is None:
            experiment = Experiment.from_mapping(_tables(item))
            options = Options.from_mapping(item.options or {})
            about = {"command": f"stdpbench queue run (item {item.number})", "queue": item.token}
            found = create_run(experiment, self._runs, options, about).path
        return self.queue.note(item.number, folder=self.queue.place_of(found), name=found.name) or item, found

    def _hear(self, job: Job, wait: float) -> None:
        """Take in what a run says."""
        connected = job.client.connected
        for message in job.client.drain(budget=0.05, wait=wait):
            before = job.live.state
            job.live.take(message)
            if job.live.state is State.PAUSED and before is not State.PAUSED:
                self._paused(job)
        if isinstance(job.client, Unheard):
            return
        if not connected and job.client.connected:
            job.client.want("progress")
        late = time.monotonic() - job.begun > _CONNECT
        if not job.client.connected and job.attached and (late or not has_process(job.folder)):
            job.client.close()

    def _paused(self, job: Job) -> None:
        try:  # a run that goes on tells what it went through before
            state, reason = state_of(RunFolder.open(job.folder))
        except StdpbenchError:  # it will come out when the process ends
            return
        if state is State.PAUSED and reason and reason not in STEPPED_REASONS:
            self._stop(job, reason)
        elif state is State.PAUSED:
            self._told(job.item, "is paused; `stdpbench resume` has it go on.")

    def _stop(self, job: Job, reason: str) -> None:
        if isinstance(job.client, RunClient) and job.client.connected and not job.client.over:
            job.stopped_because = reason
            job.client.request("stop", reason=reason)

    def _end(self, job: Job) -> None:
        """Write down what became of an item whose process has said its last."""
        status = None
        if isinstance(job.client, RunClient):
            status = job.client.wait_for_process(_LET_GO)
            until = time.monotonic() + _LET_GO
            while has_process(job.folder) and time.monotonic() < until:
                time.sleep(0.05)
        item = job.item
        try:
            folder = RunFolder.open(job.folder)
            said = folder.read_json("run.json")
            state, reason = state_of(folder)
            died = not state.active and State(said["state"]).active
            reason = f"its process ended: {_why_ended(job)}" if died else reason
            died |= said.get("reason") == TERMINATED or status == _NOT_LOCKED
        except (StdpbenchError, ValueError, KeyError) as error:
            self._fail(item, str(error))
            return
        if state is State.FINISHED:
            self.queue.finish(item.number)
            self._told(item, f"is finished{_result(folder)}.")
        elif self._stopping and (died or job.stopped_because == _QUEUE_STOPPED):
            self.queue.note(item.number, state=run_queue.WAITING, runner="")
            self._told(item, "waits, and goes on with the next `stdpbench queue run`.")
        elif state.active:  # only the connection is gone
            if not self._stopping:
                self._begin(item)
        elif died and item.deaths < _MOST_DEATHS:
            self._told(item, f"has lost its process ({_why_ended(job)}).")
            self._begin(self.queue.note(item.number, deaths=item.deaths + 1) or replace(item, deaths=item.deaths + 1))
        elif state is State.STOPPED and not job.stopped_because:
            self.queue.note(item.number, state=run_queue.HELD, runner="", reason=f"stopped {reason}".strip())
            self._told(item, f"was stopped; `stdpbench queue release {item.number}` has it go on.")
        else:
            self._fail(item, job.stopped_because or reason or _why_ended(job))

    def _fail(self, item: Item, reason: str) -> None:
        self.queue.note(item.number, state=run_queue.FAILED, runner="", reason=reason)
        self._told(item, f"failed: {reason}")


def _attached(folder: Path) -> RunClient | Unheard:
    try:
        return RunClient.attach(folder)
    except StdpbenchError:
        return Unheard(folder)


def _why_ended(job: Job) -> str:
    return job.client.why_ended() if isinstance(job.client, RunClient) else "it did not answer"


def _tables(item: Item) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads(item.experiment)
    except ValueError as error:
        raise StdpbenchError(f"the experiment of item {item.number} is damaged: {error}") from None


def _result(folder: RunFolder) -> str:
    with suppress(StdpbenchError, KeyError, TypeError):
        score = folder.read_json("metrics.json")["accuracy"]["vote"]
        low, high = score["interval_95"]
        return f": vote {100 * score['accuracy']:.2f} % ({INTERVAL} {100 * low:.1f} – {100 * high:.1f} %)"
    return ""


def _clean(folder: Path) -> None:
    """Remove the locks that runners of long ago left behind."""
    for path in folder.glob("runner-*.lock"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > 86_400 and not locked(path):
                runner_process.withdraw(folder.parent, path.stem.removeprefix("runner-"))
