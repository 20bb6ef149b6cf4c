"""The run that the app shows: its connection, what is known of it, and who wants to hear.

A timer drains the connection within a budget, folds what came into a `LiveRun`, and emits one signal with the topics
that changed. Nothing here blocks: what may take time runs in a thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from stdpbench.datasets import Split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.client.run_client import RunClient, ask
from stdpbench.runs.folder.lock import at_work
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.messages import STEPPED_REASONS
from stdpbench.runs.protocol.states import State
from stdpbench_gui.look.motion import motion
from stdpbench_gui.session.background import Background, Job
from stdpbench_gui.session.found_run import FoundRun, journal_mark, open_run, start_run
from stdpbench_gui.session.kept_frames import KeptFrames
from stdpbench_gui.session.neuron_selection import NeuronSelection

T = TypeVar("T")
_TICK_MS, _SOON_MS = 33, 2
_BUDGET_S = 0.012
_PRESENTATION_S = 0.08
"""Seconds from one presentation that is told to the next: pictures change three times a second, unless fast flicker is
on, and what is counted over presentations is as right with a dozen a second."""


@dataclass(frozen=True)
class _Asked:
    """Something that was asked of the run, and who hears what becomes of it."""

    name: str
    arguments: Mapping[str, Any]
    then: Callable[[Any], None] | None
    refused: Callable[[str], None] | None


class RunSession(QObject):
    """The run that is shown.

    Attributes
    ----------
    live : LiveRun
        What is known of it.
    folder : RunFolder or None
        Where it lies; None before a run is opened.
    split : Split or None
        Its pictures, once they are read.
    selection : NeuronSelection
        What is selected in it.
    drawing_share : float
        Share of the time that drawing takes of this process.
    kept : KeptFrames
        Which frames of it are from before its process started.
    background : Background
        Threads for work on the run.
    """

    opened = pyqtSignal()
    changed = pyqtSignal(set)
    message = pyqtSignal(str)
    pictures_ready = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.live = LiveRun()
        self.folder: RunFolder | None = None
        self.split: Split | None = None
        self.selection = NeuronSelection()
        self.drawing_share = 0.0
        self.kept = KeptFrames()
        self._client: RunClient | None = None
        self._n_known = 0  # facts that were read from the journal; the process tells them once more
        self._wanted: frozenset[str] = frozenset({"progress"})
        self._said_wanted: object = None
        self._experiment: Experiment | None = None
        self._experiment_of: tuple[object, int] = None, 0
        self._waiting: dict[int, _Asked] = {}
        self._backlog: list[_Asked] = []
        self.background = Background(self)
        self._opening = 0
        self._journal: object = None
        self._busy = 0.0
        self._since = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    # -- opening ---------------------------------------------------------------------------------------------------

    def start_new(self, make: Callable[[], RunFolder]) -> None:
        """Make a run folder in a thread, start its process, and show it."""
        opening = self._open_another()
        self.work(make, lambda folder: self._connect(folder, opening), "The run cannot be made")

    def start(self, folder: RunFolder, *, same_neurons: bool = False) -> None:
        """Start the process of a run that waits, was stopped or failed, and show it; follow one that is at work.

        Parameters
        ----------
        folder : RunFolder
            The run.
        same_neurons : bool
            Whether it goes on from the one that is shown: then the neuron that is selected stays so, and the last
            frames stay until its own network is ready.
        """
        self._connect(folder, self._open_another(), same_neurons=same_neurons)

    def _open_another(self) -> int:
        """Number of an opening. Of several that are under way, the run of the last one is shown."""
        self._opening += 1
        return self._opening

    def _connect(self, folder: RunFolder, opening: int, *, same_neurons: bool = False) -> None:
        def take(found: FoundRun) -> None:
            if opening == self._opening:
                self._take_client(found, same_neurons)
            else:
                found.close()
                self.message.emit(f"{folder.path.name} was started; the Runs page lists it.")

        self.work(partial(start_run, folder), take, "The run does not start")

    def open(self, path: Path) -> None:
        """Show a run: connected where a process works on it, else from its folder."""
        opening = self._open_another()

        def take(found: FoundRun) -> None:
            if opening == self._opening:
                self._take_found(found)
            else:
                found.close()

        self.work(partial(open_run, path), take, "The run cannot be opened")

    def catch_up(self) -> None:
        """Show the run again if something else changed it: a command line, a queue, a rewind."""
        folder, shown, journal, opening = self.folder, self.live.state, self._journal, self._opening
        if folder is None or self.connected:
            return

        def changed() -> bool:
            return at_work(folder.path) or state_of(folder)[0] is not shown or journal_mark(folder) != journal

        def take(went_on: bool) -> None:
            if went_on and opening == self._opening and not self.connected:
                self.open(folder.path)

        self.work(changed, take)

    def _take_found(self, found: FoundRun) -> None:
        if found.client is not None:
            self._take_client(found)
        else:
            self._begin(found)
            self._journal = found.journal
            self._settle(*found.state)
        self.live.log += [(self.live.position, "", f"The run folder is not whole: {text}.") for text in found.damage]
        if found.client is None:
            self.opened.emit()
            self.changed.emit(set(_ALL))
        if found.damage:
            more = len(found.damage) - 1
            rest = f" The log names {more} thing{'s' if more > 1 else ''} more." if more else ""
            self.message.emit(f"{found.folder.path.name} is not whole: {found.damage[0]}.{rest}")
        if found.missing:
            self.message.emit(
                f"{found.folder.path.name} cannot be continued here: {' and '.join(found.missing)}. Its values are "
                "shown as stored."
            )

    def _take_client(self, found: FoundRun, same_neurons: bool = False) -> None:
        self._begin(found, same_neurons)
        self._client, self._n_known = found.client, found.n_known
        self._said_wanted = None
        self.opened.emit()
        self.changed.emit(set(_ALL))
        self._timer.start()

    def _begin(self, found: FoundRun, same_neurons: bool = False) -> None:
        self.leave()
        self._refuse_all("Another run was opened before this one answered.")
        folder, before = found.folder, self.folder
        same_neurons = same_neurons or (before is not None and before.path == folder.path)
        self.kept.clear()
        if same_neurons and found.client is not None and before is not None:
            self.kept.keep(self.live, found.live, parent=before.path != folder.path)
        self.folder, self.live = folder, found.live
        if not same_neurons:
            self.split = None
            self.selection.select_neuron(-1)
        self._load_pictures(folder)

    def _load_pictures(self, folder: RunFolder) -> None:
        from stdpbench.runs.preparation.start import load_split

        def read() -> tuple[RunFolder, Split] | None:
            validation = bool(folder.read_json("run.json").get("validation", False))
            try:
                experiment = folder.stored_experiment
            except StdpbenchError:  # which was said when it was opened, or is what its process ends of
                return None
            if experiment.data.missing:  # so was this
                return None
            return folder, load_split(experiment, validation)

        self.work(read, self._take_pictures, f"The pictures of {folder.path.name} cannot be shown")

    def _take_pictures(self, found: tuple[RunFolder, Split] | None) -> None:
        if found is not None and self.folder is not None and found[0].path == self.folder.path:
            self.split = found[1]
            self.pictures_ready.emit()

    def leave(self) -> None:
        """Let go of the run that is shown: it goes on."""
        self._timer.stop()
        if self._client is not None:
            self._client.close()
            self._client = None

    # -- asking ----------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether a process works on the run and hears us."""
        return self._client is not None and not self._client.over

    @property
    def state(self) -> State:
        """Where in its life the run is."""
        return self.live.state

    @property
    def experiment(self) -> Experiment | None:
        """The experiment with the parameters in force; None before the network stands."""
        started, n_changes = self.live.started, len(self.live.changes)
        if self._experiment_of[0] is not started or self._experiment_of[1] != n_changes:
            parameters = self.live.parameters()
            self._experiment = Experiment.from_mapping(parameters, stand_ins=True) if parameters else None
            self._experiment_of = started, n_changes
        return self._experiment

    def want(self, frames: Iterable[str]) -> None:
        """Say which frames the visible panels draw."""
        self._wanted = frozenset(frames) | {"progress"}

    def request(
        self,
        name: str,
        then: Callable[[Any], None] | None = None,
        refused: Callable[[str], None] | None = None,
        **arguments: Any,
    ) -> None:
        """Ask the run for something.

        Parameters
        ----------
        name : str
            One of `stdpbench.runs.protocol.messages.REQUESTS`.
        then : callable, optional
            Gets the answer.
        refused : callable, optional
            Gets the sentence that says why not: the run refuses, ends before it answers, or no process works on it.
            Without it a refusal is told at the foot of the window.
        **arguments
            Of the request.
        """
        asked, folder = _Asked(name, arguments, then, refused), self.folder
        if self._client is not None and self._client.connected:
            self._send(self._client, asked)
        elif self._client is not None:
            self._backlog.append(asked)
        elif folder is not None and at_work(folder.path):  # resumed by something else: the folder is the way to it
            self.background.do(
                lambda: ask(folder.path, name, **arguments),
                lambda value: self._answer(asked, value),
                lambda reason: self._refuse(asked, reason),
            )
            self.catch_up()
        else:
            finished = self.live.state is State.FINISHED
            way = "it is finished, and a branch of it goes on" if finished else "resume it first"
            self._refuse(asked, f"No process works on this run; {way}.")

    def _answer(self, asked: _Asked, value: Any) -> None:
        if asked.then is not None:
            asked.then(value)

    def _refuse(self, asked: _Asked, sentence: str) -> None:
        (asked.refused or self.message.emit)(sentence)

    def _refuse_all(self, sentence: str) -> None:
        """Answer what the run will not answer any more."""
        unanswered = [*self._waiting.values(), *self._backlog]
        self._waiting.clear()
        self._backlog.clear()
        for asked in unanswered:
            if asked.name == "stop" and self.live.state in (State.STOPPED, State.FINISHED):
                self._answer(asked, {"state": str(self.live.state), "position": self.live.position})
            else:
                self._refuse(asked, sentence)

    def _send(self, client: RunClient, asked: _Asked) -> None:
        self._waiting[client.request(asked.name, **asked.arguments)] = asked

    def cannot_change_rule(self) -> str:
        """Why the rule of the run cannot be changed here and now, in a sentence; empty where it can."""
        live = self.live
        n_train = dict(live.started.phases).get("train", 0) if live.started is not None else 0
        if live.started is None:
            return "The network does not stand yet."
        if live.position >= n_train or live.progress.get("phase", "train") != "train":
            return "Training is over, and nothing learns any more; a branch from an earlier position can."
        if not self.connected:
            return "No process works on this run; resume it first, or make a branch."
        if live.state not in (State.RUNNING, State.PAUSED):
            return f"The run is {live.state}."
        if any(asked.name == "change_rule" for asked in (*self._waiting.values(), *self._backlog)):
            return "Another network is being built for this run; wait for that first."
        return ""

    def change_rule(
        self,
        rule: Mapping[str, Any],
        then: Callable[[Any], None] | None = None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """Ask the run to learn by another rule; it learns on while its network is built. See `request`.

        Parameters
        ----------
        rule : mapping of str to Any
            Table of the rule, with its ``kind``.
        then : callable
            Gets what is different when it is in force, as dotted path to (old, new).
        refused : callable
            Gets the sentence that says why it is not.
        """
        self.request("change_rule", then, refused, rule=dict(rule))

    def resume(self) -> None:
        """Go on: at once where the run is paused, else by starting its process."""
        if self.connected:
            self.request("resume")
        elif self.folder is not None:
            self.start(self.folder)

    def work(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        sorry: str = "",
        *,
        failed: Callable[[str], object] | None = None,
        owner: QObject | None = None,
    ) -> Job:
        """Do something in a thread, then take its outcome; see `Background.do`.

        Parameters
        ----------
        work, done, failed, owner
            As there.
        sorry : str
            What to tell, followed by the reason, if it fails.
        """

        def fail(reason: str) -> None:
            if sorry:
                self.message.emit(f"{sorry}: {reason}")
            if failed is not None:
                failed(reason)

        return self.background.do(work, done, fail if sorry or failed else None, owner)

    # -- listening -------------------------------------------------------------------------------------------------

    def add_cost(self, seconds: float) -> None:
        """Count time that drawing took."""
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
            if self._said_wanted != wanted:
                self._said_wanted = wanted
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
            self._tell_trouble(before)
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

    def _tell_trouble(self, before: State) -> None:
        """Say why a run paused by itself, until it goes on."""
        reason = self.live.reason
        if self.live.state is State.PAUSED and reason and reason not in STEPPED_REASONS:
            self.message.emit(f"The run is paused: {reason.rstrip('.')}.")
        elif before is State.PAUSED and self.live.state is State.RUNNING:
            self.message.emit("")

    def _end(self) -> set[str]:
        """The process of the run is gone: with a word, or without."""
        self._timer.stop()
        client, self._client = self._client, None
        folder, live = self.folder, self.live
        assert client is not None
        assert folder is not None
        gone = folder.gone
        if gone and live.state.active:
            self._settle(State.FAILED, gone)
        elif not client.connected:
            self._settle(State.FAILED, f"its process ended before it began: {client.why_ended()}")
        elif live.state.active or live.state is State.QUEUED:  # it did not say how it ended
            try:
                self._settle(*state_of(folder))
            except StdpbenchError as error:  # the folder is damaged
                self._settle(State.FAILED, str(error))
        self._journal = journal_mark(folder)
        reason = live.reason.rstrip(".")
        if live.state.active:  # its process lives, but nothing more comes from it
            lost = f"The connection to {folder.path.name} was lost, but the run goes on; open it again to follow it."
            self._refuse_all(lost)
            self.message.emit(lost)
        else:
            self._refuse_all(
                f"The run ended before it could answer: it is {live.state}{f', {reason}' if reason else ''}."
            )
        if live.state is State.FAILED:
            after = " Resume goes on from its newest checkpoint." if live.checkpoints else " Resume begins it anew."
            self.message.emit(f"The run failed: {reason}.{'' if gone else after}")
        return {"state", "log", "metrics"} | self.kept.end(live)

    def _settle(self, state: State, reason: str) -> None:
        """Take in how the run ended; where its process could not say so itself, the log does here."""
        if state is State.FAILED and self.live.state is not state:
            self.live.log.append((self.live.position, "", f"The run failed: {reason.rstrip('.')}."))
        self.live.state, self.live.reason = state, reason

    def not_coming(self) -> str:
        """Why the run that is shown takes no training presentation, and what to do; empty where it may."""
        if self.folder is None:
            return ""
        phase = self.live.progress.get("phase", "train")
        if self.state is State.FINISHED or (self.state.active and phase != "train"):
            return "Training is over, and presentations are not kept. A branch from a checkpoint shows those to come."
        return "" if self.state.active else "No process works on this run; it goes on with Resume, above."


_ALL = ("state", "progress", "curves", "parameters", "log", "metrics", "network", "presentation")
