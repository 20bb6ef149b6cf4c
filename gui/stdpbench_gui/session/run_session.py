"""The current run of the app: its connection, its state, and signals about changes.

A timer drains the connection within a time budget, applies the messages to a `LiveRun`, and emits one signal with the
topics that changed. Nothing here blocks: anything that may take time runs in a thread. The last frames of a run that
continues in a new process are shown until the new process has built its network.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from stdpbench import __version__
from stdpbench.base import paths
from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Split
from stdpbench.experiment import Experiment
from stdpbench.runs.catalog.trash import bin_folder
from stdpbench.runs.client.run_client import RunClient, ask
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_undamaged
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.past_weights import newest_weights
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.lineage.export import import_run
from stdpbench.runs.lineage.repair import check_journal
from stdpbench.runs.protocol.changes import missing_kinds
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import STEPPED
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.background import Background, Job
from stdpbench_gui.session.neuron_selection import NeuronSelection
from stdpbench_gui.session.sentences import Failed, Lasting, as_sentence
from stdpbench_gui.session.timers import timer

FIRST_MINUTE = "digits-from-noise"
"""The experiment whose runs are explained to somebody who sees one for the first time."""
_EXAMPLE = Path(__file__).parents[1] / "assets" / "digits-example.zip"


@dataclass(frozen=True)
class FoundRun:
    """A run that was opened or started.

    Attributes
    ----------
    folder : RunFolder
        Its folder.
    client : RunClient or None
        The connection to its process; None if it has no process.
    live : LiveRun
        State replayed from its journal.
    n_known : int
        Number of journal facts in `live`; the process sends them again.
    state : tuple of (State, str)
        State and reason of a run without a process.
    damage : list of str
        Missing or damaged files, each as a clause.
    journal : object
        `journal_mark` before the journal was read.
    missing : tuple of str
        Kinds that are not installed, each as a clause.
    """

    folder: RunFolder
    client: RunClient | None
    live: LiveRun = field(default_factory=LiveRun)
    n_known: int = 0
    state: tuple[State, str] = (State.QUEUED, "")
    damage: list[str] = field(default_factory=list)
    journal: object = None
    missing: tuple[str, ...] = ()

    def close(self) -> None:
        """Close the connection, because the run is not shown after all."""
        if self.client is not None:
            self.client.close()


def example_run() -> Path:
    """Return the folder of the trained run that comes with the app, which is unpacked beside the caches at first.

    Raises
    ------
    StdpbenchError
        If it cannot be unpacked.
    """
    folder = paths.cache_folder() / f"example-{__version__}" / _EXAMPLE.stem
    if not folder.is_dir():
        import_run(_EXAMPLE, folder.parent)
    return folder


def is_example(folder: RunFolder) -> bool:
    """Return whether a run is the one that comes with the app."""
    return folder.path.name == _EXAMPLE.stem and folder.path.parent.name == f"example-{__version__}"


def start_run(folder: RunFolder) -> FoundRun:
    """Start the process of a run, or connect to a process that another window has started.

    Raises
    ------
    StdpbenchError
        If the process cannot be started.
    """
    records = read_undamaged(folder.path).records
    live = LiveRun.replay(records)
    if has_process(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records))
    check_journal(folder, "a repair, which Resume on the Runs page offers,")
    client = RunClient.start(folder.path)
    live.state, live.reason = State.BUILDING, ""
    return FoundRun(folder, client, live, len(records))


def open_run(path: Path) -> FoundRun:
    """Connect to the process of a run, or read its folder if it has no process.

    Raises
    ------
    StdpbenchError
        If the path is not a run folder or cannot be read.
    """
    folder = RunFolder.open(path)
    mark, journal = journal_mark(folder), read_undamaged(folder.path)
    records, live = journal.records, LiveRun.replay(journal.records)
    found = damage(folder, records, journal.damage)
    if has_process(folder.path):
        return FoundRun(folder, RunClient.attach(folder.path), live, len(records), damage=found)
    live.network, missing = _network(folder, live), tuple[str, ...]()
    with suppress(StdpbenchError):  # reported as damage
        missing = missing_kinds(folder.stored_experiment, records)
    return FoundRun(folder, None, live, len(records), state_of(folder), found, mark, missing)


def journal_mark(folder: RunFolder) -> object:
    """Return a value that changes whenever the journal of a run is written."""
    try:
        found = (folder.path / "journal.jsonl").stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _network(folder: RunFolder, live: LiveRun) -> Mapping[str, Any]:
    """Return the newest network of a run folder as a frame; empty if there is none."""
    try:
        found = newest_weights(folder.path)
    except StdpbenchError:
        return {}
    position = found.position if found.position >= 0 else live.position
    return {"position": position, "learned": found.learned, "total_spikes": found.total_spikes}


_EVERY_MS = 2000


class FolderWatch(QObject):
    """Looks every two seconds, in a thread, whether the folder of a run without a process is there.

    A run in the bin of its runs folder does not count as gone: it can be restored. The process of an active run
    notices by itself.

    Parameters
    ----------
    session : RunSession
        Has the run.
    background : Background
        Provides the thread.

    Attributes
    ----------
    gone : str
        A clause that says that the folder is gone; empty if it is there or in the bin.
    changed : signal
        `gone` has changed, because of a look.
    """

    changed = pyqtSignal()

    def __init__(self, session: RunSession, background: Background) -> None:
        super().__init__(background)
        self.gone = ""
        self._session, self._background, self._looking = session, background, False
        self._timer = timer(self, self.look, _EVERY_MS)

    def begin(self) -> None:
        """Watch the folder of another run, which is there."""
        self.gone = ""
        self._timer.start()

    def look(self) -> None:
        """Look now, unless a process or an earlier look, at a disk that does not respond, will tell."""
        session, folder, was_gone = self._session, self._session.folder, self.gone
        if folder is None or session.connected or self._looking:
            return
        mark, self._looking = session.journal, True

        def find() -> tuple[str, tuple[State, str] | None]:
            gone = where_gone(folder, mark)
            return gone, state_of(folder) if was_gone and folder.path.is_dir() else None

        def take(found: tuple[str, tuple[State, str] | None]) -> None:
            self._looking = False
            gone, state = found
            if session.folder is not folder or session.connected or gone == self.gone:
                return
            if state is not None and session.live.reason == self.gone:  # it had failed for that reason
                session.live.state, session.live.reason = state
            self.gone = gone
            self.changed.emit()

        def fail(_reason: str) -> None:  # the folder is damaged, which opening it says
            self._looking = False

        self._background.do(find, take, fail, self)


def where_gone(folder: RunFolder, mark: object) -> str:
    """Return a clause that says that a folder is gone; empty if it is there, or in the bin with the same journal."""
    gone = folder.gone
    if not gone or mark is None:
        return gone
    binned = bin_folder(folder.path.parent).glob(f"{folder.path.name}*")
    return "" if any(journal_mark(RunFolder(path)) == mark for path in binned) else gone


@dataclass(frozen=True)
class Request:
    """A request to the run, with its callbacks."""

    name: str
    arguments: Mapping[str, Any]
    then: Callable[[Any], None] | None
    refused: Callable[[str], None] | None


_KINDS = ("network", "presentation")


class KeptFrames:
    """Frames of the current run that are older than its process, with their descriptions."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._other = False

    def keep(self, before: LiveRun, live: LiveRun, parent: bool) -> None:
        """Copy the last frames of the previous run to the run that continues it.

        Parameters
        ----------
        before, live : LiveRun
            The previous run and the run that continues it.
        parent : bool
            Whether `live` is a branch of the previous run; otherwise it is the same run.
        """
        n_train = dict(before.started.phases).get("train", 0) if before.started is not None else sys.maxsize
        self._other = parent
        for kind in _KINDS:
            frame = getattr(before, kind)
            if frame:
                setattr(live, kind, frame)
                at = thousands(min(frame["position"], n_train))
                self._of[kind] = f"parent at {at}" if parent else f"as of {at}"

    def describe(self, kinds: Iterable[str]) -> str:
        """Describe the kept frames of these kinds, such as ``"as of 4 392"``; empty if none is kept."""
        wanted = set(kinds)
        return next((self._of[kind] for kind in _KINDS if kind in self._of and kind in wanted), "")

    def replace(self, kind: str) -> None:
        """Forget a kept frame, because the process sent a new one."""
        self._of.pop(kind, None)

    def clear(self) -> None:
        """Forget all kept frames, because another run is shown."""
        self._of.clear()

    def end(self, live: LiveRun) -> set[str]:
        """Remove frames of a parent after the process ended; return the kinds of frames that were still kept."""
        kinds = set(self._of)
        for kind in kinds if self._other else ():
            setattr(live, kind, {})
        self._of.clear()
        return kinds


T = TypeVar("T")
_TICK_MS, _SOON_MS = 33, 2
_BUDGET_S = 0.012
_ACKNOWLEDGED = {"stop": "stopping …", "pause": "pausing …", "checkpoint": "writing a checkpoint …"}
"""What is said of a request from the click until the run has done it."""
_PRESENTATION_S = 0.08
"""Minimum time in seconds between two presentation frames: pictures change at most three times a second unless fast
flicker is on, and a dozen frames a second suffice for counts over presentations."""


class PartOfSession(QObject):
    """Something that a session has one of; use `of` to get it."""

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._session = session

    @classmethod
    def of(cls, session: RunSession) -> Self:
        """Return that of a session; the first call creates it."""
        found = session.findChild(cls)
        return found if found is not None else cls(session)


class RunSession(QObject):
    """The current run.

    Attributes
    ----------
    live : LiveRun
        Its state.
    folder : RunFolder or None
        Its folder; None before a run is opened.
    split : Split or None
        Its pictures; None until they are loaded.
    selection : NeuronSelection
        The selected neuron, and the population and projection on display.
    drawing_share : float
        Share of time that this process spends on drawing, 0 to 1.
    journal : object
        `journal_mark` when the folder was read last.
    kept : KeptFrames
        Frames that are older than the process of the run.
    doing : str
        What the app has the run do step by step; see `say_doing`.
    background : Background
        Threads for work on the run.
    opened : signal
        Another run, or the same run in another process, is shown.
    changed : signal of set of str
        Topics of `live` that changed.
    message : signal of str
        A sentence for the status bar, a `Lasting` one or one that goes once it can have been read.
    pictures_ready : signal
        `split` is loaded.
    """

    opened = pyqtSignal()
    changed = pyqtSignal(set)
    message = pyqtSignal(object)
    pictures_ready = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.live = LiveRun()
        self.folder: RunFolder | None = None
        self.split: Split | None = None
        self.selection = NeuronSelection(self, lambda: self.live, lambda: self.experiment, self.work)
        self.opened.connect(self.selection.look)
        self.changed.connect(lambda _: self.selection.look())
        self.drawing_share = 0.0
        self.kept = KeptFrames()
        self.doing = ""
        self._client: RunClient | None = None
        self._n_known = 0  # number of facts read from the journal; the process sends them again
        self._wanted: frozenset[str] = frozenset({"progress"})
        self._sent_wanted: object = None
        self._experiment: Experiment | None = None
        self._experiment_of: tuple[object, int] = None, 0
        self._waiting: dict[int, Request] = {}
        self._backlog: list[Request] = []
        self.background = Background(self)
        self._opening = 0
        self._settled = 0  # the last opening that has succeeded or failed
        self.journal: object = None
        self._busy = 0.0
        self._since = time.monotonic()
        self._watch = FolderWatch(self, self.background)
        self._watch.changed.connect(lambda: self.changed.emit({"state"}))
        self._timer = timer(self, self._tick, _TICK_MS)

    @property
    def presentation(self) -> Mapping[str, Any]:
        """The frame ``presentation`` of the moment that is shown; empty if there is none."""
        moment = self.selection.moment
        return self.live.presentation if moment is None else moment.presentation

    @property
    def total_spikes(self) -> NDArray[np.int64] | None:
        """Spikes of each exc neuron in training up to the moment that is shown; None if not counted."""
        moment = self.selection.moment
        if moment is not None:
            return moment.total_spikes
        counted: NDArray[np.int64] | None = self.live.network.get("total_spikes")
        return counted

    # -- opening ---------------------------------------------------------------------------------------------------

    def start_new(self, make: Callable[[], RunFolder]) -> None:
        """Create a run folder in a thread, start its process, and show the run."""
        opening = self._open_another()
        self.work(make, lambda folder: self._connect(folder, opening), "Cannot create the run")

    def start(self, folder: RunFolder, *, same_neurons: bool = False) -> None:
        """Start the process of a queued, stopped or failed run, or connect to its active process, and show it.

        Parameters
        ----------
        folder : RunFolder
            The run.
        same_neurons : bool
            Whether it continues the current run: the selected neuron then stays selected, and the last frames stay
            until its own network is ready.
        """
        self._connect(folder, self._open_another(), same_neurons=same_neurons)

    def _open_another(self) -> int:
        """Return a number for this opening; of several openings in progress, only the last is shown."""
        self._opening += 1
        return self._opening

    def _connect(self, folder: RunFolder, opening: int, *, same_neurons: bool = False) -> None:
        def take(found: FoundRun) -> None:
            if opening == self._opening:
                self._take_client(found, same_neurons)
            else:
                found.close()
                self.message.emit(f"Started {folder.path.name}; find it on the Runs page.")

        self.work(partial(start_run, folder), take, "Cannot start the run", failed=partial(self._not_opened, opening))

    def open(self, path: Path) -> None:
        """Show a run: connect to its process, or read its folder if it has none."""
        opening = self._open_another()

        def take(found: FoundRun) -> None:
            if opening == self._opening:
                self._take_found(found)
            else:
                found.close()

        self.work(partial(open_run, path), take, "Cannot open the run", failed=partial(self._not_opened, opening))

    def open_if_none(self, find: Callable[[], Path], failure: str) -> None:
        """Show the run that `find` returns, unless another one is shown or being opened."""

        def none() -> bool:
            return self.folder is None and self._settled == self._opening

        if none():
            self.work(find, lambda path: self.open(path) if none() else None, failure)

    def _not_opened(self, opening: int, _: str) -> None:
        self._settled = max(self._settled, opening)

    def catch_up(self) -> None:
        """Open the run again if another program changed it: the command line, a queue, a rewind."""
        folder, shown, journal, opening = self.folder, self.live.state, self.journal, self._opening
        if folder is None or self.connected:
            return

        def changed() -> bool:
            return has_process(folder.path) or state_of(folder)[0] is not shown or journal_mark(folder) != journal

        def take(has_changed: bool) -> None:
            if has_changed and opening == self._opening and not self.connected:
                self.open(folder.path)

        self.work(changed, take)

    def _take_found(self, found: FoundRun) -> None:
        if found.client is not None:
            self._take_client(found)
        else:
            self._begin(found)
            self.journal = found.journal
            self._settle(*found.state)
        self.live.log += [(self.live.position, "", f"The run folder is damaged: {text}.") for text in found.damage]
        if found.client is None:
            self.opened.emit()
            self.changed.emit(set(_ALL))
        if found.damage:
            more = len(found.damage) - 1
            rest = f" The log lists {more} more problem{'s' if more > 1 else ''}." if more else ""
            self.message.emit(Lasting(f"{found.folder.path.name} is damaged: {found.damage[0]}.{rest}"))
        if found.missing:
            why = f"cannot be continued here: {' and '.join(found.missing)}. Its values are shown as stored."
            self.message.emit(Lasting(f"{found.folder.path.name} {why}"))

    def _take_client(self, found: FoundRun, same_neurons: bool = False) -> None:
        self._begin(found, same_neurons)
        self._client, self._n_known = found.client, found.n_known
        self._sent_wanted = None
        self.opened.emit()
        self.changed.emit(set(_ALL))
        self._timer.start()

    def _begin(self, found: FoundRun, same_neurons: bool = False) -> None:
        self._settled = self._opening
        self.leave()
        self._refuse_all("Another run was opened before this one answered.")
        folder, before = found.folder, self.folder
        same_neurons = same_neurons or (before is not None and before.path == folder.path)
        self.kept.clear()
        if same_neurons and found.client is not None and before is not None:
            self.kept.keep(self.live, found.live, parent=before.path != folder.path)
        self.folder, self.live = folder, found.live
        self._watch.begin()
        if not same_neurons:
            self.split = None
            self.selection.reset()
        self._load_pictures(folder)

    def _load_pictures(self, folder: RunFolder) -> None:
        from stdpbench.runs.preparation.start import load_split

        def read() -> tuple[RunFolder, Split] | None:
            validation = bool(folder.about.get("validation", False))
            try:
                experiment = folder.stored_experiment
            except StdpbenchError:  # already reported on opening, or by the failing process
                return None
            if experiment.data.missing:  # already reported as well
                return None
            return folder, load_split(experiment, validation)

        self.work(read, self._take_pictures, f"Cannot load the pictures of {folder.path.name}")

    def _take_pictures(self, found: tuple[RunFolder, Split] | None) -> None:
        if found is not None and self.folder is not None and found[0].path == self.folder.path:
            self.split = found[1]
            self.pictures_ready.emit()

    def leave(self) -> None:
        """Disconnect from the current run; it continues."""
        self.doing = ""
        self._timer.stop()
        if self._client is not None:
            self._client.close()
            self._client = None

    # -- requests --------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether there is a connection to a process of the run."""
        return self._client is not None and not self._client.over

    @property
    def state(self) -> State:
        """The state of the run."""
        return self.live.state

    @property
    def gone(self) -> str:
        """A clause that says that the folder of the run is gone; empty if it is there or in the bin."""
        return self._watch.gone

    @property
    def experiment(self) -> Experiment | None:
        """The experiment with the current parameters; None before the network is ready."""
        started, n_changes = self.live.started, len(self.live.changes)
        if self._experiment_of[0] is not started or self._experiment_of[1] != n_changes:
            parameters = self.live.parameters()
            self._experiment = Experiment.from_mapping(parameters, stand_ins=True) if parameters else None
            self._experiment_of = started, n_changes
        return self._experiment

    def want(self, frames: Iterable[str]) -> None:
        """Set which frames the visible panels need."""
        self._wanted = frozenset(frames) | {"progress"}

    @property
    def is_stream(self) -> bool:
        """Whether the run is known to be of a stream, which has no pictures to draw and no labels to evaluate."""
        return self.experiment is not None and self.experiment.stream is not None

    def say_doing(self, what: str) -> None:
        """Say what the app has the run do step by step, such as stepping until a neuron spikes; empty: nothing."""
        if what != self.doing:
            self.doing = what
            self.changed.emit({"state"})

    def request(
        self,
        name: str,
        then: Callable[[Any], None] | None = None,
        refused: Callable[[str], None] | None = None,
        **arguments: Any,
    ) -> None:
        """Send a request to the run.

        Parameters
        ----------
        name : str
            Name of a request, such as ``"pause"``.
        then : callable, optional
            Called with the answer.
        refused : callable, optional
            Called with the reason if the run refuses, ends before it answers, or has no process. Without it, the
            reason is shown in the status bar.
        **arguments
            Arguments of the request.
        """
        asked, folder = Request(name, arguments, then, refused), self.folder
        if self._client is not None and name in _ACKNOWLEDGED:
            self.say_doing(_ACKNOWLEDGED[name])
        if self._client is not None and self._client.connected:
            self._send(self._client, asked)
        elif self._client is not None:
            self._backlog.append(asked)
        elif folder is not None and has_process(folder.path):  # resumed by another program: ask through the run folder
            self.background.do(
                lambda: ask(folder.path, name, **arguments),
                lambda value: self._answer(asked, value),
                lambda reason: self._refuse(asked, reason),
            )
            self.catch_up()
        else:
            finished = self.live.state is State.FINISHED
            way = "finished; create a branch to continue from it" if finished else "not active; resume it first"
            self._refuse(asked, f"This run is {way}.")

    def _acknowledge_no_more(self) -> None:
        if self.doing in _ACKNOWLEDGED.values():
            self.doing = ""
            QTimer.singleShot(0, self._show_doing)  # not now: a reader may close the session that is being updated

    def _show_doing(self) -> None:
        self.changed.emit({"state"})

    def _answer(self, asked: Request, value: Any) -> None:
        if asked.name == "checkpoint" or (asked.name == "pause" and self.live.state is State.PAUSED):
            self._acknowledge_no_more()
        if asked.then is not None:
            asked.then(value)

    def _refuse(self, asked: Request, sentence: str) -> None:
        if asked.name in _ACKNOWLEDGED:
            self._acknowledge_no_more()
        (asked.refused or self.message.emit)(sentence)

    def _refuse_all(self, sentence: str) -> None:
        """Refuse all requests that the run can no longer answer."""
        unanswered = [*self._waiting.values(), *self._backlog]
        self._waiting.clear()
        self._backlog.clear()
        for asked in unanswered:
            if asked.name == "stop" and self.live.state in (State.STOPPED, State.FINISHED):
                self._answer(asked, {"state": str(self.live.state), "position": self.live.position})
            else:
                self._refuse(asked, sentence)

    def _send(self, client: RunClient, asked: Request) -> None:
        self._waiting[client.request(asked.name, **asked.arguments)] = asked

    def cannot_change_rule(self) -> str:
        """Return why the rule of the run cannot be changed now, a sentence; empty if it can."""
        live = self.live
        n_train = dict(live.started.phases).get("train", 0) if live.started is not None else 0
        if live.started is None:
            return "The network is not ready yet."
        if live.position >= n_train or live.progress.get("phase", "train") != "train":
            return "Training is over: change the rule in a branch from an earlier position."
        if not self.connected:
            return as_sentence(self.gone) or "This run is not active: resume it first, or create a branch."
        if live.state not in (State.RUNNING, State.PAUSED):
            return f"The run is {live.state}."
        if any(asked.name == "change_rule" for asked in (*self._waiting.values(), *self._backlog)):
            return "Another rule change is in progress: wait until its network is built."
        return ""

    def change_rule(
        self,
        rule: Mapping[str, Any],
        then: Callable[[Any], None] | None = None,
        refused: Callable[[str], None] | None = None,
        projection: str = "",
    ) -> None:
        """Change the rule of the run, which keeps learning while the new network is built. See `request`.

        Parameters
        ----------
        rule : mapping of str to Any
            Table of the rule, with its ``kind``.
        then : callable
            Called with the differences once the rule is active: dotted path to (old, new).
        refused : callable
            Called with the reason if the rule was not changed.
        projection : str
            The projection that learns by it, where several can.
        """
        self.request("change_rule", then, refused, rule=dict(rule), projection=projection)

    def resume(self) -> None:
        """Resume a paused run, or start the process of an inactive one."""
        if self.connected:
            self.request("resume")
        elif self.folder is not None:
            self.start(self.folder)

    def work(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failure: str = "",
        *,
        failed: Callable[[str], object] | None = None,
        owner: QObject | None = None,
    ) -> Job:
        """Run a function in a thread; see `Background.do`.

        On failure, show the message `failure` with the reason, until another action begins.
        """

        def fail(reason: str) -> None:
            if failure:
                self.message.emit(Failed(f"{failure}: {reason}"))
            if failed is not None:
                failed(reason)

        return self.background.do(work, done, fail if failure or failed else None, owner)

    # -- messages of the run ---------------------------------------------------------------------------------------

    def add_cost(self, seconds: float) -> None:
        """Add time spent on drawing."""
        self._busy += seconds

    def _tick(self) -> None:
        client = self._client
        if client is None:
            return
        begun = time.perf_counter()
        if client.connected:
            for asked in self._backlog:
                self._send(client, asked)
            self._backlog.clear()
            wanted = self._wanted, motion.fast_flicker
            if self._sent_wanted != wanted:
                self._sent_wanted = wanted
                client.want(*self._wanted, gaps={} if motion.fast_flicker else {"presentation": _PRESENTATION_S})
        topics: set[str] = set()
        before = self.live.state
        for message in client.drain(_BUDGET_S):
            if message[0] == "record" and message[1].number < self._n_known:
                continue
            if message[0] == "frame":
                self.kept.replace(message[1])
            topics |= self.live.take(message)
        for number in [number for number in self._waiting if number in self.live.replies]:
            asked = self._waiting.pop(number)
            error, value = self.live.replies.pop(number)
            if error:
                self._refuse(asked, error)
            else:
                self._answer(asked, value)
        if self.live.state is not before:
            self._show_pause(before)
            self._acknowledge_no_more()
        self._timer.setInterval(_SOON_MS if client.receiving else _TICK_MS)
        if client.over:
            topics |= self._end()
        if topics:
            self.changed.emit(topics)
        self._busy += time.perf_counter() - begun
        now = time.monotonic()
        if now - self._since > 1:
            self.drawing_share = self._busy / (now - self._since)
            self._busy, self._since = 0.0, now

    def _show_pause(self, before: State) -> None:
        """Show why a run paused without a request, until it resumes."""
        reason = self.live.reason
        if self.live.state is State.PAUSED and reason and reason != STEPPED:
            self.message.emit(Lasting(f"The run is paused: {reason.rstrip('.')}."))
        elif before is State.PAUSED and self.live.state is State.RUNNING:
            self.message.emit("")

    def _end(self) -> set[str]:
        """Handle the end of the process, or of the connection to it; return the topics that changed."""
        self._timer.stop()
        self._acknowledge_no_more()
        client, self._client = self._client, None
        folder, live = self.folder, self.live
        assert client is not None
        assert folder is not None
        self._watch.gone = gone = folder.gone
        if gone and live.state.active:
            self._settle(State.FAILED, gone)
        elif not client.connected:
            self._settle(State.FAILED, f"its process exited during startup: {client.why_ended()}")
        elif live.state.active or live.state is State.QUEUED:  # it exited without a final state
            try:
                self._settle(*state_of(folder))
            except StdpbenchError as error:  # the folder is damaged
                self._settle(State.FAILED, str(error))
        self.journal = journal_mark(folder)
        reason = live.reason.rstrip(".")
        if live.state.active:  # the process is alive, but the connection is lost
            lost = f"The connection to {folder.path.name} was lost, but the run continues; open it again to follow it."
            self._refuse_all(lost)
            self.message.emit(Lasting(lost))
        else:
            self._refuse_all(
                f"The run ended before it could answer: it is {live.state}{f', {reason}' if reason else ''}."
            )
        if live.state is State.FAILED:
            after = f" Resume continues from {'its newest checkpoint' if live.checkpoints else 'the beginning'}."
            self.message.emit(Lasting(f"The run failed: {reason}.{'' if gone else after}"))
        return {"state", "log", "metrics"} | self.kept.end(live)

    def _settle(self, state: State, reason: str) -> None:
        """Set the final state of the run; a failure that its process could not log is logged here."""
        if state is State.FAILED and self.live.state is not state:
            self.live.log.append((self.live.position, "", f"The run failed: {reason.rstrip('.')}."))
        self.live.state, self.live.reason = state, reason

    def not_coming(self) -> str:
        """Return why no training presentations come from the run, and what to do; empty if they may."""
        if self.folder is None or self.gone:
            return as_sentence(self.gone)
        phase = self.live.progress.get("phase", "train")
        if self.state is State.FINISHED or (self.state.active and phase != "train"):
            return "Training is over: see the timeline, or branch to see more."
        return "" if self.state.active else "This run is not active. Continue it with Resume, above."


_ALL = ("state", "progress", "curves", "parameters", "log", "metrics", "network", "presentation")
