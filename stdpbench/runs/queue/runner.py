"""Process a queue: start the runs of its items with bounded concurrency and follow them until they end.

The processes of the runs are independent of the runner. If a runner dies, they continue; the next runner attaches to
them, or resumes runs whose process has died, too. If an item fails, its reason is recorded and the next item starts.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.experiment import Experiment
from stdpbench.results.readout import INTERVAL
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.lock import has_process, locked
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.preparation.creation import create_run
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import STEPPED, TERMINATED
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State
from stdpbench.runs.queue import run_queue, runner_process
from stdpbench.runs.queue.run_queue import Item, Queue

_MOST_DEATHS = 3
_LOOK = 1.0  # s between two checks for waiting items
_EXIT_TIMEOUT = 15.0  # s that a process may take to exit after its last message
_NOT_LOCKED = 3  # exit status of a process that found the run folder locked by another one
_CONNECT = 60.0  # s that an already running process may take to connect
_QUEUE_STOPPED = "the queue was stopped"  # reason given to runs that are stopped along with the queue


@dataclass
class Job:
    """An item that a queue runner has started.

    Attributes
    ----------
    item : Item
        The item as it was when started.
    folder : Path
        The run folder.
    client : RunClient or None
        Connection to the process of the run; None if it did not answer, since it is building or about to exit.
    attached : bool
        Whether the process was already running.
    live : LiveRun
        State of the run according to its messages.
    stopped_because : str
        Reason why this runner requested a stop; empty if it did not.
    started_at : float
        Start time on the clock `time.monotonic`, in s.
    """

    item: Item
    folder: Path
    client: RunClient | None
    attached: bool
    live: LiveRun = field(default_factory=LiveRun)
    stopped_because: str = ""
    started_at: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether the process has exited or the connection is lost, or it is time to try to connect again."""
        if self.client is not None:
            return self.client.over
        return self.late or not has_process(self.folder)

    @property
    def late(self) -> bool:
        """Whether a process that was already running has had enough time to connect."""
        return time.monotonic() - self.started_at > _CONNECT

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.client is not None:
            self.client.close()


class QueueRunner:
    """Executes the items of a queue.

    Parameters
    ----------
    runs : Path
        The runs folder.
    at_once : int
        Maximum number of concurrent runs.
    on_message : callable
        Called with an item and a sentence about it whenever its state changes.
    on_progress : callable
        Called with the active jobs several times per second.

    Notes
    -----
    A run that the user pauses keeps its slot. A run that pauses because of a problem is stopped and its item fails:
    the run would otherwise block the queue until somebody fixes the problem.
    """

    def __init__(
        self,
        runs: Path,
        at_once: int = 1,
        on_message: Callable[[Item, str], None] = lambda item, sentence: None,
        on_progress: Callable[[list[Job]], None] = lambda jobs: None,
    ) -> None:
        self.queue = Queue(runs)
        self.name = uuid.uuid4().hex
        self.jobs: list[Job] = []
        self._runs = runs
        self._at_once = at_once
        self._on_message = on_message
        self._on_progress = on_progress
        self._stopping = False
        self._closing = False
        self._looked = -_LOOK
        self._mailbox = runner_process.mailbox_of(runs, self.name)

    def stop(self) -> None:
        """Start no more items and stop active runs, whose items return to the queue; safe in signal handlers."""
        self._stopping = True

    def run(self, *, wait: bool = False) -> None:
        """Process the queue until no item is waiting.

        Parameters
        ----------
        wait : bool
            Whether to wait for new items when the queue is empty, until `stop` is called.
        """
        with self.registered():
            while self.step() or (wait and not self._stopping and not self._closing):
                if not self.jobs:
                    time.sleep(0.1)

    @contextmanager
    def registered(self) -> Generator[None, None, None]:
        """Hold the lock of this runner and announce it; processes that still run at the end of the block continue.

        Raises
        ------
        DiskError
            If the queue folder cannot be created.
        """
        lock = runner_process.lock_of(self._runs, self.name)
        with disk_errors(f"cannot create {lock.parent}"):
            lock.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale_locks(lock.parent)
        with FileLock(lock):
            runner_process.announce(self._runs, self.name, self._at_once)
            try:
                yield
            finally:
                for job in self.jobs:
                    job.close()
                runner_process.withdraw(self._runs, self.name)

    def look_again(self) -> None:
        """Check for waiting items in the next step instead of after a second; called after adding an item."""
        self._looked = -_LOOK

    def _process_requests(self) -> None:
        """Carry out requests of other processes to this runner."""
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
        """Start waiting items in free slots and process messages of the runs; return whether any run is active."""
        while self._due():
            self._process_requests()
            if self._stopping or self._closing or len(self.jobs) >= self._at_once:
                break
            item = self.queue.claim(self.name)
            if item is None:
                break
            self._begin(item)
            self.look_again()
        busy = bool(self.jobs)
        for job in list(self.jobs):
            self._receive(job, 0.2 / len(self.jobs))
            if self._stopping and not job.stopped_because:
                self._stop(job, _QUEUE_STOPPED)
            if job.over:
                self.jobs.remove(job)
                job.close()
                self._end(job)
                self.look_again()
        self._on_progress(self.jobs)
        return busy

    def _due(self) -> bool:
        moment = time.monotonic()
        if moment - self._looked < _LOOK:
            return False
        self._looked = moment
        return True

    def _begin(self, item: Item) -> None:
        """Start the process of an item, or attach to the one that is already running."""
        try:
            item, folder = self._with_folder(item)
            state, _ = state_of(RunFolder.open(folder))
            if state is State.FINISHED:
                self.queue.finish(item.number)
                self._on_message(item, "has already finished.")
                return
            attached = has_process(folder)
            client = _attach(folder) if attached else RunClient.start(folder)
        except (StdpbenchError, OSError) as error:
            self._fail(item, str(error))
            return
        self.jobs.append(Job(item, folder, client, attached))
        verb = "attached to its running process" if attached else "started" if state is State.QUEUED else "resumed"
        self._on_message(item, f"{verb}: {folder}")

    def _with_folder(self, item: Item) -> tuple[Item, Path]:
        """Return an item and its run folder, creating the folder if necessary."""
        recorded = self.queue.folder_of(item)
        if recorded is not None:
            return item, recorded
        # a runner may have died after it created the folder and before it recorded it
        folder = Store(self._runs).of_item(item.token)
        if folder is None:
            experiment = Experiment.from_mapping(_tables(item))
            options = Options.from_mapping(item.options or {})
            about = {"command": f"stdpbench queue run (item {item.number})", "queue": item.token}
            folder = create_run(experiment, self._runs, options, about).path
        return self.queue.update(item.number, folder=self.queue.path_text(folder), name=folder.name) or item, folder

    def _receive(self, job: Job, wait: float) -> None:
        """Process messages of a run."""
        if job.client is None:
            time.sleep(wait)
            return
        connected = job.client.connected
        for message in job.client.drain(budget=0.05, wait=wait):
            before = job.live.state
            job.live.take(message)
            if job.live.state is State.PAUSED and before is not State.PAUSED:
                self._handle_pause(job)
        if not connected and job.client.connected:
            job.client.want("progress")
        if not job.client.connected and job.attached and (job.late or not has_process(job.folder)):
            job.client.close()

    def _handle_pause(self, job: Job) -> None:
        try:  # read the state from the folder, since a resumed run also sends its earlier pauses
            state, reason = state_of(RunFolder.open(job.folder))
        except StdpbenchError:  # reported when the process exits
            return
        if state is State.PAUSED and reason and reason != STEPPED:
            self._stop(job, reason)
        elif state is State.PAUSED:
            self._on_message(job.item, "is paused; `stdpbench resume` continues it.")

    def _stop(self, job: Job, reason: str) -> None:
        if job.client is not None and job.client.connected and not job.client.over:
            job.stopped_because = reason
            job.client.request("stop", reason=reason)

    def _end(self, job: Job) -> None:
        """Record the outcome of an item whose process has exited or is about to exit."""
        status = None
        if job.client is not None:
            status = job.client.wait_for_process(_EXIT_TIMEOUT)
            until = time.monotonic() + _EXIT_TIMEOUT
            while has_process(job.folder) and time.monotonic() < until:
                time.sleep(0.05)
        item = job.item
        try:
            folder = RunFolder.open(job.folder)
            metadata = folder.about
            state, reason = state_of(folder)
            died = not state.active and State(metadata["state"]).active
            reason = f"the process exited: {_why_ended(job)}" if died else reason
            died |= metadata.get("reason") == TERMINATED or status == _NOT_LOCKED
        except (StdpbenchError, ValueError, KeyError) as error:
            self._fail(item, str(error))
            return
        if state is State.FINISHED:
            self.queue.finish(item.number)
            self._on_message(item, f"is finished{_result(folder)}.")
        elif self._stopping and (died or job.stopped_because == _QUEUE_STOPPED):
            self.queue.update(item.number, state=run_queue.WAITING, runner="")
            self._on_message(item, "is stopped; the next `stdpbench queue run` resumes it.")
        elif state.active:  # only the connection was lost
            if not self._stopping:
                self._begin(item)
        elif died and item.deaths < _MOST_DEATHS:
            self._on_message(item, f"lost its process ({_why_ended(job)}) and is restarted.")
            changed = self.queue.update(item.number, deaths=item.deaths + 1)
            self._begin(changed or replace(item, deaths=item.deaths + 1))
        elif state is State.STOPPED and not job.stopped_because:
            self.queue.update(item.number, state=run_queue.HELD, runner="", reason=f"stopped {reason}".strip())
            self._on_message(item, f"was stopped; `stdpbench queue release {item.number}` continues it.")
        else:
            self._fail(item, job.stopped_because or reason or _why_ended(job))

    def _fail(self, item: Item, reason: str) -> None:
        self.queue.update(item.number, state=run_queue.FAILED, runner="", reason=reason)
        self._on_message(item, f"failed: {reason}")


def _attach(folder: Path) -> RunClient | None:
    with suppress(StdpbenchError):
        return RunClient.attach(folder)
    return None


def _why_ended(job: Job) -> str:
    return "it did not answer" if job.client is None else job.client.why_ended()


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
        text = f"vote {100 * score['accuracy']:.2f} % ({INTERVAL} {100 * low:.1f} – {100 * high:.1f} %)"
        return f": {', '.join(filter(None, (text, origin_of(folder.path).word)))}"
    return ""


def _remove_stale_locks(folder: Path) -> None:
    """Remove lock files of dead runners that are older than a day."""
    for path in folder.glob("runner-*.lock"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > 86_400 and not locked(path):
                runner_process.withdraw(folder.parent, path.stem.removeprefix("runner-"))
