"""The run engine: carries out a run from its folder, one presentation at a time.

The steps of a run are a pure function of its experiment, its parameter changes and its position; the engine performs
them in order. At a *boundary*, between two presentations, it answers requests, writes checkpoints and sends frames to
readers, which are copied only when a reader waits for them. Requests take effect at boundaries only. A change that
affects results is in the journal before it is activated.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.wire import VERSION, Invitation
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.silence import few_evaluated, nothing_learns
from stdpbench.runs.folder.checkpoints import positions, write_checkpoint
from stdpbench.runs.folder.history import HistoryWriter
from stdpbench.runs.folder.run_folder import RunFolder, remove_responses
from stdpbench.runs.folder.status import state_before
from stdpbench.runs.folder.training_spikes import TrainingSpikesWriter
from stdpbench.runs.preparation.start import arrays_at_start, normalised
from stdpbench.runs.process.active_config import ActiveConfig
from stdpbench.runs.process.assessment import assess
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.process.interventions import LATER, Interventions
from stdpbench.runs.process.pace import Pace
from stdpbench.runs.process.present_image import try_in_run
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.process.setup import last_recorded, open_network
from stdpbench.runs.process.training import Presented
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Progress, Record
from stdpbench.runs.protocol.messages import STEPPED, Mailbox, Request
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State, check_transition


def network_frame(
    network: Simulator | Learned, total_spikes: NDArray[np.int64] | None, position: int, n_facts: int
) -> dict[str, Any]:
    """Return the frame ``network``: learned arrays by name, weights as float32, and spikes of each exc neuron."""
    return {
        "position": position,
        "n_facts": n_facts,
        "learned": (network if isinstance(network, Learned) else network.learned_views).for_display(),
        "total_spikes": None if total_spikes is None else total_spikes.copy(),
    }


def presentation_frame(presented: Presented, experiment: Experiment) -> dict[str, Any]:
    """Return the frame ``presentation``: the last picture shown, and the response of the network."""
    response, graph = presented.response, experiment.graph()
    recorded, recording = next(iter(response.recordings.items()), ("", None))
    spikes = {**({graph.input: response.input} if graph.input else {}), **response.spikes}
    return {
        "position": presented.presentation + 1,
        "presentation": presented.presentation,
        "image": presented.image,
        "attempts": presented.attempts,
        "plastic": list(presented.plastic),
        "read": graph.read,
        "spike_counts": response.counts(graph.read),
        "n_bins": response.n_bins + experiment.rest_bins,
        "stimulus_bins": response.n_bins,
        "spikes": {population: (fired.index, fired.bin) for population, fired in spikes.items()},
        **({} if response.input.factor is None else {"input_factor": response.input.factor}),
        "recording": None
        if recording is None
        else {"population": recorded, "neurons": recording.neurons, **recording.courses},
    }


_LISTEN = 0.1  # s between two reads of the mailbox
_ARGUMENTS: Mapping[str, tuple[str, Any]] = {
    "set": ("changes", Mapping),
    "set_learned": ("arrays", Mapping),
    "record": ("neurons", Sequence),
    "try": ("image", Sequence | np.ndarray),
    "pace": ("seconds", int | float),
}
"""The argument that a request needs, and its type."""
_log = logging.getLogger(__name__)


def _text(value: Any) -> str:
    """Convert a value to text that can be encoded as UTF-8."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


class _Stop(Exception):  # noqa: N818 - not an error: ends a run on request
    pass


class RunEngine:
    """Carries out one run; used by the one process that holds the run's lock.

    Parameters
    ----------
    folder : RunFolder
        The run, new or to be resumed.
    publisher : Publisher
        Sends facts and frames to readers.
    requests : SimpleQueue of Request
        Requests from readers.
    """

    def __init__(self, folder: RunFolder, publisher: Publisher, requests: SimpleQueue[Request]) -> None:
        self._folder = folder
        self._publisher = publisher
        self._requests = requests
        self._mailbox = Mailbox(folder.path)
        self._options = Options.from_mapping(folder.about.get("options", {}))
        self._state = state_before(folder)
        self._event_log = EventLog(folder, publisher, self._pause)
        self._position = max(positions(folder.path), default=0)  # until a checkpoint is loaded
        self._pause_reason: str | None = None
        self._pause_at: int | None = None
        self._stop_reason = ""
        self._recorded: list[int] = []
        self._recorded_of = ""
        self._presented: Presented | None = None
        self._config: ActiveConfig | None = None
        self._trained: Learned | None = None  # set while the simulator may have scaled weights, or those of a baseline
        self._diverged = False
        self._history: HistoryWriter | None = None
        self._training_spikes: TrainingSpikesWriter | None = None
        self._pace = Pace()
        self._listened = 0.0

    # -- life cycle ------------------------------------------------------------------------------------------------

    @property
    def _active(self) -> ActiveConfig:
        """The active configuration, which exists once the network is ready."""
        assert self._config is not None
        return self._config

    @property
    def _interventions(self) -> Interventions:
        return Interventions(self._folder, self._event_log, self._active, self._position)

    def _pause(self, reason: str) -> None:
        """Pause at the next boundary."""
        self._pause_reason = reason

    @property
    def records(self) -> list[Record]:
        """All facts so far."""
        return self._event_log.records

    def run(self) -> State:
        """Carry out the run until it ends or is asked to stop, and return its final state.

        Raises
        ------
        Exception
            If the run fails with an exception other than `StdpbenchError`, which the journal records as well.
        """
        try:
            self._enter(State.BUILDING)
        except BaseException:  # the run is already finished
            self._event_log.close()
            raise
        try:
            self._build()
            self._enter(State.RUNNING)
            self._boundary()
            with closing(self._steps()) as steps:  # closing restores the trained weights, however the run ends
                for event in steps:
                    if event is not None:
                        self._handle(event)
                    self._boundary()
            self._finish()
        except _Stop:
            self._save_stopped()
            self._enter(State.STOPPED, self._stop_reason)
        except StdpbenchError as error:
            self._enter(State.FAILED, self._folder.gone or str(error))
        except MemoryError as error:
            self._enter(State.FAILED, f"there is not enough memory ({str(error).rstrip('.') or 'no details given'})")
        except BaseException as error:
            self._enter(State.FAILED, f"{type(error).__name__}: {error}")
            raise
        finally:
            self._publisher.offer(self._frames(), flush=True)
            if self._config is not None:
                self._config.close()
            self._event_log.close()
        return self._state

    def _build(self) -> None:
        folder, options = self._folder, self._options
        setup = open_network(folder, options, self.records, self._announce_wait)
        self._config = active = ActiveConfig(folder.path, setup, options, self.records)
        self._position = active.training.position
        if options.history:
            stream = active.record.stream is not None
            graph = active.simulator.graph
            self._history = HistoryWriter(folder.path, graph, self._position, active.n_train, stream)
        if active.experiment.schedule.records:
            self._training_spikes = TrainingSpikesWriter(folder.path, self._position)
        self._event_log.expect(record for record in self.records if record.position >= self._position)
        active.held_out.begin(setup.checkpoint, self.records, active.experiment)
        self._catch_up()
        if not any(isinstance(record.fact, facts.Started) for record in self.records):
            self._emit(active.started(folder.experiment, setup.remark))
        if last_recorded(self.records) != setup.dependencies:
            self._emit(setup.dependencies)
        if self._position == 0:
            warnings = (nothing_learns(active.experiment), few_evaluated(active.experiment, active.split))
            for warning in filter(None, warnings):
                self._emit(facts.Remarked(warning))
        for sentence in setup.sentences:
            self._event_log.note(sentence, self._position)
        self._emit(active.estimated())

    def _announce_wait(self, reason: str) -> None:
        """Record what a run in the state ``building`` waits for, such as a compiler, and since when."""
        self._emit(facts.StateChanged(str(State.BUILDING), reason))
        self._write_copy()

    def _catch_up(self) -> None:
        """Repeat the changes made at this position before an interruption."""
        if not self._active.catch_up(self._position):
            return
        self._interventions.announce_plan()
        if self._position == self._active.n_train:  # a branch from the end of training
            self._checkpoint()

    # -- the steps -------------------------------------------------------------------------------------------------

    def _steps(self) -> Generator[Progress | Fact | None, None, None]:
        """Perform all steps in order, yielding events; the caller handles each, then a boundary follows."""
        yield from self._train()
        while True:
            try:
                yield from self._assess()
            except (DiskError, OSError) as error:
                self._pause_reason = str(error)
            else:
                return
            # responses are saved, so another attempt is cheap; facts are not written twice
            self._position = self._active.n_train
            self._event_log.expect(record for record in self.records if record.position >= self._active.n_train)
            yield None

    def _train(self) -> Generator[Progress | Fact | None, None, None]:
        active = self._active
        training = active.training
        interval = self._options.interval(active.n_train)
        if training.position == 0:  # later moments have a presentation before them
            self._write_history()
        while training.position < active.n_train:
            begun = time.perf_counter()
            active.rules.settle()
            self._presented = presented = training.step(self._recorded or None, self._recorded_of)
            self._position = training.position
            active.held_out.take(self._position, active.experiment)  # with the experiment active until now
            sentence = training.divergence
            if not sentence and (block := active.record.take(presented)) is not None:
                self._emit(block)
                for warning in active.record.warnings(active.experiment, presented):
                    self._emit(facts.Remarked(warning))
            if not sentence and active.record.stream is not None:
                self._emit(active.record.stream.take(presented))
            self._record_training(presented)
            self._catch_up()  # after the block, which measures the arrays before these changes
            if sentence:
                self._diverged = True
                self._pause_reason = f"{sentence}; rewind the run to continue from before it"
                yield None
                continue
            active.record.seconds += time.perf_counter() - begun
            due = training.checkpoint_due(interval, bool(self._options.checkpoint_every))
            if due or self._position == active.n_train:
                self._checkpoint()
            self._write_history()
            yield active.record.progress(self._position)
            yield from active.held_out.catch_up()
        yield from active.held_out.finish()

    def _assess(self) -> Generator[Progress | Fact | None, None, None]:
        """Perform the steps after training: save weights and curves, label, test, evaluate baselines."""
        active = self._active
        start = arrays_at_start(self._folder, self._folder.experiment, active.split)
        trained = active.simulator.learned
        scaled = normalised(trained, active.simulator.graph)
        training = active.record.write(self._folder, active.experiment, active.split, scaled, stopped=False)
        for sentence in active.record.sentences(active.experiment):
            yield facts.Remarked(sentence)
        try:
            self._trained = trained
            active.simulator.set_learned(scaled)
            yield from assess(
                active.simulator,
                active.experiment,
                active.split,
                self._folder,
                self._options,
                training,
                normalised(start, active.simulator.graph),
            )
        finally:  # restore the unscaled weights: scaling twice would change the last bit
            active.simulator.set_learned(trained)
            self._trained = None

    def _finish(self) -> None:
        """Write the final state to disk and enter it; if it cannot be written, pause and try again."""
        check_transition(self._state, State.FINISHED)
        while True:
            try:
                self._event_log.write_pending()
                self._emit(facts.StateChanged(str(State.FINISHED)), sync=True)
                break
            except DiskError as error:
                self._pause_reason = str(error)
            self._boundary()
        self._state = State.FINISHED
        self._write_copy()
        self._pace.show(self._folder.path, self._state, self._position, force=True)
        remove_responses(self._folder.path)

    def _save_stopped(self) -> None:
        """Save checkpoint, weights and curves of a run that stops during training or right after it."""
        if self._config is None or self._position > self._active.n_train or self._diverged:
            return
        stopped = self._position < self._active.n_train
        if stopped:
            self._checkpoint()
        try:
            active = self._active
            learned = normalised(active.simulator.learned_views, active.simulator.graph)
            training = active.record.write(self._folder, active.experiment, active.split, learned, stopped=stopped)
            self._folder.write_json("metrics.json", {"training": training})
        except (DiskError, OSError) as error:
            self._stop_reason = f"{self._stop_reason}; {error}"

    # -- boundaries ------------------------------------------------------------------------------------------------

    def _boundary(self) -> None:
        """Answer requests, send frames to readers, and pause if requested."""
        if self._pause_at is not None and self._position >= self._pause_at:
            self._pause_at, self._pause_reason = None, STEPPED
        self._listen()
        self._active.held_out.report(self._event_log)
        self._publisher.offer(self._frames())
        self._pace.show(self._folder.path, self._state, self._position)
        while True:
            if self._pause_reason is not None and self._state in (State.RUNNING, State.FINISHING):
                self._wait_paused()
            if self._state is State.RUNNING and self._position < self._active.n_train:
                self._pace.wait(self._listen, lambda: self._pause_reason is None)
            if self._pause_reason is None:
                break
        if self._state is State.RUNNING and self._position == sum(total for _, total in self._active.phases):
            self._enter(State.FINISHING)

    def _wait_paused(self) -> None:
        """Pause until resumed, with a checkpoint on disk; requests are answered immediately."""
        reason, self._pause_reason, self._pause_at = self._pause_reason or "", None, None
        if self._folder.gone:  # nothing can be written any more, and no list shows the run
            raise StdpbenchError(self._folder.gone)
        if self._config is not None and 0 < self._position < self._active.n_train and not self._diverged:
            self._checkpoint()
            reason, self._pause_reason = reason or self._pause_reason or "", None
        self._enter(State.PAUSED, reason)
        self._publisher.offer(self._frames(), flush=True)
        self._pace.show(self._folder.path, self._state, self._position, force=True)
        while self._state is State.PAUSED:
            self._listen(wait=_LISTEN)
            self._active.held_out.report(self._event_log)
            self._publisher.offer(self._frames())
        self._pace.restart(self._position)

    def _listen(self, wait: float = 0.0) -> None:
        """Handle pending requests, from connections and from the mailbox."""
        moment = time.monotonic()
        if wait or moment - self._listened > _LISTEN:
            self._listened = moment
            for request in self._mailbox.take():
                self._requests.put(request)
            if (built := self._active.rules.built()) is not None:
                self._resolve(built[0], lambda: self._interventions.take_rule(*built))
        while True:
            try:
                request = self._requests.get(timeout=wait) if wait else self._requests.get_nowait()
            except Empty:
                return
            wait = 0.0
            self._resolve(request, lambda request=request: self._answer(request))  # type: ignore[misc]
            if self._stop_reason:
                raise _Stop

    @staticmethod
    def _resolve(request: Request, answer: Callable[[], Any]) -> None:
        """Reply to a request, unless the reply follows later."""
        try:
            value = answer()
        except StdpbenchError as error:
            request.reply(str(error), None)
        except (TypeError, LookupError, ValueError, ArithmeticError, AttributeError) as error:
            _log.exception("the request %r failed", request.name)  # a bug: the run goes on
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            request.reply(f"the request {request.name!r} failed: {reason}; worker.log has details", None)
        else:
            if value is not LATER:
                request.reply("", value)

    def _answer(self, request: Request) -> Any:
        name, arguments = request.name, request.arguments
        argument, kind = _ARGUMENTS.get(name, ("", object))
        if argument and (not isinstance(arguments.get(argument), kind) or arguments[argument] == {}):
            raise StdpbenchError(f"the request {name!r} is malformed: {argument!r} is missing, empty or not valid")
        if name == "pause":
            if self._state is State.RUNNING:
                self._pause_reason = _text(arguments.get("reason", ""))
        elif name == "resume":
            self._resume()
        elif name == "step":
            n = int(arguments.get("n", 1))
            if n < 1:
                raise StdpbenchError(f"the number of presentations to take must be at least 1, not {n}")
            self._resume()
            self._pause_at = self._position + n
        elif name == "stop":
            self._stop_reason = _text(arguments.get("reason", "")) or "on request"
        elif name == "checkpoint":
            if self._diverged or self._position >= self._active.n_train:
                why = "the network has diverged" if self._diverged else "training is over; responses are saved anyway"
                raise StdpbenchError(f"no checkpoint is written: {why}")
            self._write_checkpoint()
        elif name == "set":
            return self._interventions.set(arguments["changes"])
        elif name == "change_rule":
            return self._interventions.change_rule(request)
        elif name == "set_learned":
            digests = {str(array): str(sha256) for array, sha256 in arguments["arrays"].items()}
            self._interventions.set_learned(digests, self._check_paused)
        elif name == "record":
            population = str(arguments.get("population") or "")
            self._recorded, self._recorded_of = self._active.neurons(arguments["neurons"], population), population
        elif name == "try":
            return self._try(arguments["image"])
        elif name == "pace":
            self._pace.limit(float(arguments["seconds"]), self._position)
        elif name == "attach":
            self._publisher.attach(Invitation.from_mapping(arguments), self.records)
            return {"wire": VERSION, "state": str(self._state), "position": self._position}
        else:
            raise StdpbenchError(f"a run does not support the request {name!r}")
        return {"state": str(self._state), "position": self._position}

    def _check_finite(self) -> None:
        if self._diverged:
            raise StdpbenchError("the network has values that are not finite: rewind the run to an earlier position")

    def _resume(self) -> None:
        self._check_finite()
        self._pause_reason = self._pause_at = None
        if self._state is not State.PAUSED:
            return
        self._event_log.write_pending()
        self._enter(State.RUNNING)

    def _check_paused(self) -> None:
        if self._state is not State.PAUSED:
            raise StdpbenchError(
                f"learned arrays can only be set while the run is paused, not while it is {self._state}"
            )
        self._check_finite()

    def _try(self, picture: Any) -> dict[str, Any]:
        """Show a picture for a reader, with no effect on the run."""
        self._check_finite()
        # after training, the simulator may have the arrays of a baseline
        active = self._active
        trained = self._folder if self._position > active.n_train else None
        return try_in_run(active.simulator, active.experiment, active.split, picture, trained, active.record.curves)

    # -- facts, checkpoints and frames -----------------------------------------------------------------------------

    def _handle(self, event: Progress | Fact) -> None:
        if not isinstance(event, Progress):
            self._emit(event)
            return
        before = 0
        for name, total in self._active.phases:
            if name == event.phase:
                self._position = before + event.done
            before += total
        self._pace.update(event, self._position)

    def _emit(self, fact: Fact, *, sync: bool = False) -> None:
        self._event_log.add(fact, self._position, sync=sync)

    def _checkpoint(self) -> None:
        """Write a checkpoint; on failure, pause the run."""
        try:
            self._write_checkpoint()
        except DiskError as error:
            self._pause_reason = str(error)

    def _record_training(self, presented: Presented | None) -> None:
        """Record a presentation, or write what is recorded; the run continues without a record if it cannot be."""
        if self._training_spikes is None:
            return
        active = self._active
        try:
            if presented is None:
                self._training_spikes.write(self._position)
            else:
                spikes, learned = presented.response.spikes, active.simulator.learned_views
                self._training_spikes.take(active.experiment, self._position, spikes, learned)
        except StdpbenchError as error:
            self._training_spikes = None
            self._event_log.note(f"The record of the training ends here: {error}.", self._position)

    def _write_checkpoint(self) -> None:
        self._record_training(None)  # so that no file spans a checkpoint
        checkpoint = self._active.checkpoint(self._position, self._event_log.number)
        self._event_log.sync()  # before the checkpoint, which has the number of preceding facts
        self._emit(facts.CheckpointWritten(write_checkpoint(self._folder.path, checkpoint)))

    def _write_history(self) -> None:
        """Write a moment of the history if one is due; the run continues without a history if it cannot be."""
        if self._history is None:
            return
        active, presented = self._active, self._presented
        learned, spikes = active.simulator.learned_views, active.record.total_spikes
        try:
            self._history.offer(
                self._position,
                learned,
                spikes,
                lambda: {} if presented is None else presentation_frame(presented, active.experiment),
            )
        except DiskError as error:
            self._history = None
            self._event_log.note(f"The history of the run ends here: {error}.", self._position)

    def _enter(self, state: State, reason: str = "") -> None:
        check_transition(self._state, state)
        self._state = state
        self._emit(facts.StateChanged(str(state), reason))
        self._write_copy()
        self._pace.show(self._folder.path, state, self._position, force=True)

    def _write_copy(self) -> None:
        with suppress(StdpbenchError):  # only a copy: the journal is authoritative
            self._folder.write_copy(pid=os.getpid())

    def _frames(self) -> dict[str, Any]:
        frames: dict[str, Any] = {"progress": self._pace.values}
        presented = self._presented
        if (active := self._config) is not None:
            network, n_facts = self._trained or active.simulator, self._event_log.number
            frames["network"] = lambda: network_frame(network, active.record.total_spikes, self._position, n_facts)
        if presented is not None:
            frames["presentation"] = lambda: presentation_frame(presented, self._active.experiment)
        return frames
