"""The run engine: takes a run from its folder through its life, one presentation after the other.

The steps of a run are a pure function of its experiment, its parameter changes and its position; the engine takes
them in order. Between two presentations, at a *boundary*, it answers requests, writes checkpoints and lets readers
have frames. Nothing that is asked for acts at any other time. What bears on the result is in the journal before it
takes force.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.network import Learned
from stdpbench.runs.folder.checkpoints import positions, write_checkpoint
from stdpbench.runs.folder.run_folder import RunFolder, now, remove_responses
from stdpbench.runs.preparation.start import normalised, start_arrays
from stdpbench.runs.process.active_config import ActiveConfig
from stdpbench.runs.process.assessment import assess
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.process.frames import network_frame, presentation_frame
from stdpbench.runs.process.interventions import LATER, Interventions
from stdpbench.runs.process.pace import Pace
from stdpbench.runs.process.present_image import try_in_run
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.process.setup import open_network
from stdpbench.runs.process.training import Presented
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Fact, Progress, Record
from stdpbench.runs.protocol.messages import STEPPED, Mailbox, Request
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State, check_transition, state_before
from stdpbench.runs.protocol.wire import VERSION, Invitation

_LISTEN = 0.1  # s between two looks into the mailbox


def _text(said: Any) -> str:
    """What somebody said, as a text that can be written."""
    return str(said).encode("utf-8", "replace").decode("utf-8")


class _Stop(Exception):  # noqa: N818 - no error: the way out of a run that is asked to stop
    pass


class RunEngine:
    """Carries out one run; used by the one process that holds the run's lock.

    Parameters
    ----------
    folder : RunFolder
        The run, new or to be resumed.
    publisher : Publisher
        Tells readers.
    requests : SimpleQueue of Request
        What readers ask for.
    """

    def __init__(self, folder: RunFolder, publisher: Publisher, requests: SimpleQueue[Request]) -> None:
        self._folder = folder
        self._publisher = publisher
        self._requests = requests
        self._mailbox = Mailbox(folder.path)
        about = folder.read_json("run.json")
        self._options = Options.from_mapping(about.get("options", {}))
        self._state = state_before(about)
        self._chronicle = EventLog(folder, publisher, self._pause)
        self._position = max(positions(folder.path), default=0)  # until a checkpoint is loaded
        self._pause_because: str | None = None
        self._pause_at: int | None = None
        self._stop_because = ""
        self._recorded: list[int] = []
        self._presented: Presented | None = None
        self._now: ActiveConfig | None = None
        self._trained: Learned | None = None  # while the simulator may hold another network, scaled or of a baseline
        self._blown_up = False
        self._pace = Pace()
        self._listened = 0.0

    # -- the life of the run ---------------------------------------------------------------------------------------

    @property
    def _in_force(self) -> ActiveConfig:
        """What is in force; there is nothing before the network stands."""
        assert self._now is not None
        return self._now

    @property
    def _interventions(self) -> Interventions:
        return Interventions(self._folder, self._chronicle, self._in_force, self._position)

    def _pause(self, reason: str) -> None:
        """Pause at the next boundary."""
        self._pause_because = reason

    @property
    def records(self) -> list[Record]:
        """All facts so far."""
        return self._chronicle.records

    def run(self) -> State:
        """Take the run to its end, or to where it is asked to stop; returns the state it is left in.

        Raises
        ------
        Exception
            What the run failed of, if it is no `StdpbenchError`; the journal has it.
        """
        try:
            self._enter(State.BUILDING)
        except BaseException:  # it is finished
            self._chronicle.close()
            raise
        try:
            self._build()
            self._enter(State.RUNNING)
            self._boundary()
            with closing(self._steps()) as steps:  # so that weights are those of training again, however it ends
                for told in steps:
                    if told is not None:
                        self._take_in(told)
                    self._boundary()
            self._finish()
        except _Stop:
            self._leave()
            self._enter(State.STOPPED, self._stop_because)
        except StdpbenchError as error:
            self._enter(State.FAILED, self._folder.gone or str(error))
        except MemoryError as error:
            self._enter(State.FAILED, f"there is not enough memory ({str(error).rstrip('.') or 'no more is said'})")
        except BaseException as error:
            self._enter(State.FAILED, f"{type(error).__name__}: {error}")
            raise
        finally:
            self._publisher.offer(self._frames(), flush=True)
            if self._now is not None:
                self._now.close()
            self._chronicle.close()
        return self._state

    def _build(self) -> None:
        folder, options = self._folder, self._options
        opened = open_network(folder, options, self._chronicle.number, self._wait_for)
        self._now = held = ActiveConfig(folder.path, opened, options, self.records)
        self._position = held.training.position
        self._chronicle.expect(record for record in self.records if record.position >= self._position)
        held.held_out.begin(opened.checkpoint, self.records, held.experiment)
        self._catch_up()
        if not any(isinstance(record.fact, facts.Started) for record in self.records):
            self._emit(held.started(folder.experiment, opened.remark))
        for sentence in opened.sentences:
            self._chronicle.note(sentence, self._position)
        self._emit(held.estimated())

    def _wait_for(self, reason: str) -> None:
        """Say what a run that is building waits for, and note when: a compiler may take half a minute."""
        self._emit(facts.StateChanged(str(State.BUILDING), reason))
        self._folder.update_run(reason=reason)

    def _catch_up(self) -> None:
        """Put in force again what was changed at this position before the run was cut off."""
        if not self._in_force.catch_up(self._position):
            return
        self._interventions.announce_plan()
        if self._position == self._in_force.n_train:  # a branch from the end of training
            self._checkpoint()

    # -- the steps -------------------------------------------------------------------------------------------------

    def _steps(self) -> Generator[Progress | Fact | None, None, None]:
        """Everything there is to do, in order; what it yields is told, and a boundary follows."""
        yield from self._train()
        while True:
            try:
                yield from self._assess()
            except (DiskError, OSError) as error:
                self._pause_because = str(error)
            else:
                return
            # what there is of responses is kept, so that trying again costs little; what was told is not told twice
            self._position = self._in_force.n_train
            self._chronicle.expect(record for record in self.records if record.position >= self._in_force.n_train)
            yield None

    def _train(self) -> Generator[Progress | Fact | None, None, None]:
        held = self._in_force
        training = held.training
        every = self._options.interval(held.n_train)
        while training.position < held.n_train:
            begun = time.perf_counter()
            held.rules.settle()
            self._presented = presented = training.step(self._recorded or None)
            self._position = training.position
            held.held_out.take(self._position, held.experiment)  # with what was in force so far
            sentence = training.blown_up
            if not sentence and (block := held.record.take(presented)) is not None:
                self._emit(block)
            self._catch_up()  # after the block, which is of the arrays that the presentation left
            if sentence:
                self._blown_up = True
                self._pause_because = f"{sentence}; rewind the run to go on from before it"
                yield None
                continue
            held.record.seconds += time.perf_counter() - begun
            if self._position % every == 0 or self._position == held.n_train:
                self._checkpoint()
            yield held.record.progress(self._position)
            yield from held.held_out.caught_up(over=False)
        yield from held.held_out.caught_up(over=True)

    def _assess(self) -> Generator[Progress | Fact | None, None, None]:
        """What follows training: weights and curves written down, labelling, testing, baselines."""
        held = self._in_force
        start = start_arrays(self._folder, self._folder.experiment, held.split)
        trained = held.simulator.learned
        scaled = normalised(trained.w, held.experiment)
        training = held.record.write(self._folder, held.experiment, held.split, scaled, stopped=False)
        for sentence in held.record.sentences(held.experiment):
            yield facts.Remarked(sentence)
        try:
            self._trained = trained
            held.simulator.w[...] = scaled
            yield from assess(
                held.simulator,
                held.experiment,
                held.split,
                self._folder,
                self._options,
                training,
                start._replace(w=normalised(start.w, held.experiment)),
            )
        finally:  # to scale what is scaled changes the last bit
            held.simulator.w[...] = trained.w
            self._trained = None

    def _finish(self) -> None:
        """Enter the last state once it is on disk, which no other follows; where it cannot be written, pause first."""
        check_transition(self._state, State.FINISHED)
        while True:
            try:
                self._chronicle.write_what_is_left()
                with self._folder.run_updated(state=str(State.FINISHED), reason="", ended=now()):
                    self._chronicle.add(facts.StateChanged(str(State.FINISHED)), self._position, sync=True)
                break
            except DiskError as error:
                self._pause_because = str(error)
            self._boundary()
        self._state = State.FINISHED
        self._pace.show(self._folder.path, self._state, self._position, force=True)
        remove_responses(self._folder.path)

    def _leave(self) -> None:
        """Leave a usable folder behind where training is stopped, or just over."""
        if self._now is None or self._position > self._in_force.n_train or self._blown_up:
            return
        stopped = self._position < self._in_force.n_train
        if stopped:
            self._checkpoint()
        try:
            held = self._in_force
            w = normalised(held.simulator.w, held.experiment)
            training = held.record.write(self._folder, held.experiment, held.split, w, stopped=stopped)
            self._folder.write_json("metrics.json", {"training": training})
        except (DiskError, OSError) as error:
            self._stop_because = f"{self._stop_because}; {error}"

    # -- boundaries ------------------------------------------------------------------------------------------------

    def _boundary(self) -> None:
        """Answer requests, let readers have frames, stand still where that is asked for."""
        if self._pause_at is not None and self._position >= self._pause_at:
            self._pause_at, self._pause_because = None, STEPPED
        self._listen()
        self._in_force.held_out.tell(self._chronicle)
        self._publisher.offer(self._frames())
        self._pace.show(self._folder.path, self._state, self._position)
        while True:
            if self._pause_because is not None and self._state in (State.RUNNING, State.FINISHING):
                self._stand()
            if self._state is State.RUNNING and self._position < self._in_force.n_train:
                self._pace.wait(self._listen, lambda: self._pause_because is None)
            if self._pause_because is None:
                break
        if self._state is State.RUNNING and self._position == sum(total for _, total in self._in_force.phases):
            self._enter(State.FINISHING)

    def _stand(self) -> None:
        """Be paused: nothing is lost if the process dies now, and requests are answered at once."""
        reason, self._pause_because, self._pause_at = self._pause_because or "", None, None
        if self._folder.gone:  # nothing could ever be written again, and no list would show the run
            raise StdpbenchError(self._folder.gone)
        if self._now is not None and 0 < self._position < self._in_force.n_train and not self._blown_up:
            self._checkpoint()
            reason, self._pause_because = reason or self._pause_because or "", None
        self._enter(State.PAUSED, reason)
        self._publisher.offer(self._frames(), flush=True)
        self._pace.show(self._folder.path, self._state, self._position, force=True)
        while self._state is State.PAUSED:
            self._listen(wait=_LISTEN)
            self._in_force.held_out.tell(self._chronicle)
            self._publisher.offer(self._frames())
        self._pace.restart(self._position)

    def _listen(self, wait: float = 0.0) -> None:
        """Resolve what was asked for."""
        moment = time.monotonic()
        if wait or moment - self._listened > _LISTEN:
            self._listened = moment
            for request in self._mailbox.take():
                self._requests.put(request)
            if (built := self._in_force.rules.built()) is not None:
                self._resolve(built[0], lambda: self._interventions.take_rule(*built))
        while True:
            try:
                request = self._requests.get(timeout=wait) if wait else self._requests.get_nowait()
            except Empty:
                return
            wait = 0.0
            self._resolve(request, lambda request=request: self._answer(request))  # type: ignore[misc]
            if self._stop_because:
                raise _Stop

    @staticmethod
    def _resolve(request: Request, answer: Callable[[], Any]) -> None:
        """Answer a request, unless its answer comes later."""
        try:
            value = answer()
        except StdpbenchError as error:
            request.reply(str(error), None)
        except (TypeError, LookupError, ValueError, ArithmeticError, AttributeError) as error:
            request.reply(f"the request {request.name!r} is malformed: {error}", None)
        else:
            if value is not LATER:
                request.reply("", value)

    def _answer(self, request: Request) -> Any:
        name, arguments = request.name, request.arguments
        if name == "pause":
            if self._state is State.RUNNING:
                self._pause_because = _text(arguments.get("reason", ""))
        elif name == "resume":
            self._go_on()
        elif name == "step":
            n = int(arguments.get("n", 1))
            if n < 1:
                raise StdpbenchError(f"{n} presentations cannot be taken; at least 1 can")
            self._go_on()
            self._pause_at = self._position + n
        elif name == "stop":
            self._stop_because = _text(arguments.get("reason", "")) or "on request"
        elif name == "checkpoint":
            if self._blown_up or self._position >= self._in_force.n_train:
                why = "the network is blown up" if self._blown_up else "training is over; responses are kept anyway"
                raise StdpbenchError(f"there is nothing to keep: {why}")
            self._write_checkpoint()
        elif name == "set":
            return self._interventions.set(arguments["changes"])
        elif name == "change_rule":
            return self._interventions.change_rule(request)
        elif name == "set_learned":
            digests = {str(array): str(sha256) for array, sha256 in arguments["arrays"].items()}
            self._interventions.set_learned(digests, self._check_paused)
        elif name == "record":
            self._recorded = self._in_force.neurons(arguments["neurons"])
        elif name == "try":
            return self._try(arguments["image"])
        elif name == "pace":
            self._pace.shortest = max(0.0, float(arguments["seconds"]))
        elif name == "attach":
            self._publisher.attach(Invitation.from_mapping(arguments), self.records)
            return {"wire": VERSION, "state": str(self._state), "position": self._position}
        else:
            raise StdpbenchError(f"a run does not know how to {name}")
        return {"state": str(self._state), "position": self._position}

    def _check_finite(self) -> None:
        if self._blown_up:
            raise StdpbenchError("numbers of the network are not finite: rewind the run to a position before that")

    def _go_on(self) -> None:
        self._check_finite()
        self._pause_because = self._pause_at = None
        if self._state is not State.PAUSED:
            return
        self._chronicle.write_what_is_left()
        self._enter(State.RUNNING)

    def _check_paused(self) -> None:
        if self._state is not State.PAUSED:
            raise StdpbenchError(f"learned arrays can be set while the run is paused, and it is {self._state}")
        self._check_finite()

    def _try(self, picture: Any) -> dict[str, Any]:
        """Show a picture that a reader brings; nothing of it stays."""
        if self._blown_up:
            raise StdpbenchError("numbers of the network are not finite, so it answers nothing")
        # once training is over, the simulator may hold the network before learning, as a baseline
        held = self._in_force
        trained = self._folder if self._position > held.n_train else None
        return try_in_run(held.simulator, held.experiment, held.split, picture, trained, held.record.curves)

    # -- what is written and told ----------------------------------------------------------------------------------

    def _take_in(self, told: Progress | Fact) -> None:
        if not isinstance(told, Progress):
            self._emit(told)
            return
        before = 0
        for name, total in self._in_force.phases:
            if name == told.phase:
                self._position = before + told.done
            before += total
        self._pace.take(told, self._position, before)

    def _emit(self, fact: Fact, *, sync: bool = False) -> None:
        self._chronicle.add(fact, self._position, sync=sync)

    def _checkpoint(self) -> None:
        """Write a checkpoint; where that fails, the run pauses."""
        try:
            self._write_checkpoint()
        except DiskError as error:
            self._pause_because = str(error)

    def _write_checkpoint(self) -> None:
        kept = self._in_force.kept(self._position, self._chronicle.number)
        self._chronicle.sync()  # first, for a checkpoint counts the facts that came before it
        self._emit(facts.CheckpointWritten(write_checkpoint(self._folder.path, kept)))

    def _enter(self, state: State, reason: str = "") -> None:
        check_transition(self._state, state)
        self._state = state
        self._emit(facts.StateChanged(str(state), reason))
        changes: dict[str, Any] = {"state": str(state), "reason": reason}
        if not state.active:
            changes["ended"] = now()
        try:
            self._folder.update_run(**changes)
        except DiskError as error:
            self._pause_because = self._pause_because or str(error)
        except StdpbenchError:
            if state is not State.FAILED:  # which it may be for want of this very file
                raise
        self._pace.show(self._folder.path, state, self._position, force=True)

    def _frames(self) -> dict[str, Any]:
        frames: dict[str, Any] = {"progress": self._pace.values}
        presented = self._presented
        if (held := self._now) is not None:
            network, n_facts = self._trained or held.simulator, self._chronicle.number
            frames["network"] = lambda: network_frame(network, held.record.exc_spikes, self._position, n_facts)
        if presented is not None:
            frames["presentation"] = lambda: presentation_frame(presented, self._in_force.experiment)
        return frames
