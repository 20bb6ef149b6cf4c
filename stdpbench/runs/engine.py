"""The run engine: takes a run from its folder through its life, one presentation after the other.

The steps of a run are a pure function of its experiment, its parameter changes and its position; the engine takes
them in order. Between two presentations, at a *boundary*, it answers requests, writes checkpoints and lets readers
have frames. Nothing that is asked for acts at any other time. What bears on the result is in the journal before it
takes force.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs import facts
from stdpbench.runs.assessment import assess, phases
from stdpbench.runs.checkpoints import Checkpoint, positions, write_checkpoint
from stdpbench.runs.chronicle import Chronicle
from stdpbench.runs.facts import Fact, Progress, Record
from stdpbench.runs.folder import RunFolder, now, versions
from stdpbench.runs.frames import network_frame, presentation_frame
from stdpbench.runs.held_out import HeldOutMeasures
from stdpbench.runs.messages import STEPPED, Mailbox, Request
from stdpbench.runs.opening import open_network
from stdpbench.runs.options import Options
from stdpbench.runs.pace import Pace, estimate
from stdpbench.runs.preparation import check_brightness, check_weights, load_split, normalised, start_arrays
from stdpbench.runs.publisher import Publisher
from stdpbench.runs.responses import remove_responses
from stdpbench.runs.states import State, check_transition, state_before
from stdpbench.runs.training import Presented, Training, not_finite, training_order
from stdpbench.runs.training_record import TrainingRecord
from stdpbench.runs.trial import try_in_run

_LISTEN = 0.1  # s between two looks into the mailbox


def _text(said: Any) -> str:
    """What somebody said, as a text that can be written."""
    return str(said).encode("utf-8", "replace").decode("utf-8")


def _cuts(differences: Mapping[str, Any]) -> bool:
    """Whether parameters change that say how many pictures there are."""
    return not {"schedule.label_images", "schedule.test_images"}.isdisjoint(differences)


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
        self._chronicle = Chronicle(folder, publisher)
        self._position = max(positions(folder.path), default=0)  # until a checkpoint is loaded
        self._scheduled: dict[int, list[Mapping[str, tuple[Any, Any]]]] = defaultdict(list)
        self._pause_because: str | None = None
        self._pause_at: int | None = None
        self._stop_because = ""
        self._recorded: list[int] = []
        self._presented: Presented | None = None
        self._training: Training | None = None
        self._blown_up = False
        self._pace = Pace()
        self._listened = 0.0

    # -- the life of the run ---------------------------------------------------------------------------------------

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
        self._enter(State.BUILDING)
        try:
            self._build()
            self._enter(State.RUNNING)
            self._boundary()
            with closing(self._steps()) as steps:  # so that weights are those of training again, however it ends
                for told in steps:
                    if told is not None:
                        self._take_in(told)
                    self._boundary()
            self._enter(State.FINISHED)
        except _Stop:
            self._leave()
            self._enter(State.STOPPED, self._stop_because)
        except StdpbenchError as error:
            self._enter(State.FAILED, str(error))
        except BaseException as error:
            self._enter(State.FAILED, f"{type(error).__name__}: {error}")
            raise
        finally:
            self._publisher.offer(self._frames(), flush=True)
            if self._training is not None:
                self._training.close()
                self._held_out.close()
            self._chronicle.close()
        return self._state

    def _build(self) -> None:
        folder, options = self._folder, self._options
        opened = open_network(folder, options, self._chronicle.number)
        self._simulator, self._experiment, self._split = opened.simulator, opened.experiment, opened.split
        self._n_train = len(training_order(opened.experiment, len(self._split.train)))
        self._phases = (("train", self._n_train), *phases(opened.experiment, self._split, options))
        self._record = TrainingRecord(self._simulator, self._split, self._n_train)
        self._position = 0
        if opened.checkpoint is not None:
            self._load(opened.checkpoint)
        self._remember(opened.checkpoint)
        self._held_out = HeldOutMeasures(folder.path, self._simulator, self._split, self._n_train)
        self._training = Training(self._simulator, opened.experiment, self._split.train, self._position)
        self._held_out.begin(opened.checkpoint, self.records, self._experiment)
        self._catch_up()
        if not any(isinstance(record.fact, facts.Started) for record in self.records):
            shape = self._split.train.pixels.shape
            self._emit(
                facts.Started(
                    folder.experiment.to_mapping(),
                    self._simulator.name,
                    opened.remark,
                    self._phases,
                    (int(shape[1]), int(shape[2])),
                    tuple(self._split.class_names),
                )
            )
        for sentence in opened.sentences:
            self._note(sentence)
        left = [(name, total) for name, total in self._phases if name != "train"]
        seconds, memory = estimate(
            self._simulator, opened.experiment, self._split, options.workers, self._n_train - self._position, left
        )
        self._emit(facts.Estimated(round(seconds, 1), memory))

    def _load(self, checkpoint: Checkpoint) -> None:
        self._simulator.set_state(
            {name: checkpoint.state[name] for name in checkpoint.state if name in self._simulator.layout.state}
        )
        self._record.restore(checkpoint.history, checkpoint.seconds, checkpoint.silent)
        self._position = checkpoint.position

    def _remember(self, checkpoint: Checkpoint | None) -> None:
        """Take from the journal what comes after the checkpoint: changes to apply again, facts that will recur.

        A fact of a later position comes after it, though it may have been written before: where the run was cut off
        and then paused before it had come as far again.
        """
        number, position = (0, 0) if checkpoint is None else (checkpoint.number, checkpoint.position)
        for record in self.records:
            if isinstance(record.fact, facts.ParametersChanged) and (
                record.position > position or (record.position == position and record.number >= number)
            ):
                self._scheduled[record.position].append(record.fact.changes)
        self._chronicle.expect(record for record in self.records if record.position >= position)

    def _catch_up(self) -> None:
        """Put in force again what was changed at this position before the run was cut off."""
        changes = self._scheduled.pop(self._position, [])
        for change in changes:
            self._put_in_force(self._experiment.override({path: new for path, (_, new) in change.items()}))
        if changes:
            self._tell_plan()
        if changes and self._position == self._n_train:  # a branch from the end of training
            self._checkpoint()

    # -- the steps -------------------------------------------------------------------------------------------------

    def _steps(self) -> Generator[Progress | Fact | None, None, None]:
        """Everything there is to do, in order; what it yields is told, and a boundary follows."""
        yield from self._train()
        while True:
            try:
                yield from self._assess()
                self._chronicle.write_what_is_left()
            except (DiskError, OSError) as error:
                self._pause_because = str(error)
            else:
                return
            # what there is of responses is kept, so that trying again costs little; what was told is not told twice
            self._position = self._n_train
            self._chronicle.expect(record for record in self.records if record.position >= self._n_train)
            yield None

    def _train(self) -> Generator[Progress | Fact | None, None, None]:
        training = self._training
        assert training is not None
        every = self._options.interval(self._n_train)
        while training.position < self._n_train:
            begun = time.perf_counter()
            self._presented = presented = training.step(self._recorded or None)
            self._position = training.position
            self._held_out.take(self._position, self._experiment)  # with what was in force so far
            self._catch_up()
            if not training.finite:
                self._blown_up = True
                self._pause_because = not_finite(presented.presentation) + "; rewind the run to go on from before it"
                yield None
                continue
            block = self._record.take(presented)
            if block is not None:
                self._emit(block)
            self._record.seconds += time.perf_counter() - begun
            if self._position % every == 0 or self._position == self._n_train:
                self._checkpoint()
            yield self._record.progress(self._position)
            yield from self._held_out.caught_up(over=False)
        yield from self._held_out.caught_up(over=True)

    def _assess(self) -> Generator[Progress | Fact | None, None, None]:
        """What follows training: weights and curves written down, labelling, testing, baselines."""
        start = start_arrays(self._folder, self._folder.experiment, self._split)
        trained = self._simulator.w.copy()
        scaled = normalised(trained, self._experiment)
        training = self._record.write(self._folder, self._experiment, self._split, scaled, stopped=False)
        for sentence in self._record.sentences(self._experiment):
            yield facts.Remarked(sentence)
        try:
            self._simulator.w[...] = scaled
            yield from assess(
                self._simulator,
                self._experiment,
                self._split,
                self._folder,
                self._options,
                training,
                start._replace(w=normalised(start.w, self._experiment)),
            )
        finally:  # to scale what is scaled changes the last bit
            self._simulator.w[...] = trained
        remove_responses(self._folder.path)

    def _leave(self) -> None:
        """Leave a usable folder behind where training is stopped, or just over."""
        if self._training is None or self._position > self._n_train or self._blown_up:
            return
        stopped = self._position < self._n_train
        if stopped:
            self._checkpoint()
        try:
            w = normalised(self._simulator.w, self._experiment)
            training = self._record.write(self._folder, self._experiment, self._split, w, stopped=stopped)
            self._folder.write_json("metrics.json", {"training": training})
        except (DiskError, OSError) as error:
            self._stop_because = f"{self._stop_because}; {error}"

    # -- boundaries ------------------------------------------------------------------------------------------------

    def _boundary(self) -> None:
        """Answer requests, let readers have frames, stand still where that is asked for."""
        if self._pause_at is not None and self._position >= self._pause_at:
            self._pause_at, self._pause_because = None, STEPPED
        self._listen()
        self._pause_because = self._held_out.tell(self._chronicle) or self._pause_because
        self._publisher.offer(self._frames())
        self._pace.show(self._folder.path, self._state, self._position)
        while True:
            if self._pause_because is not None and self._state in (State.RUNNING, State.FINISHING):
                self._stand()
            if self._state is State.RUNNING and self._position < self._n_train:
                self._pace.wait(self._listen, lambda: self._pause_because is None)
            if self._pause_because is None:
                break
        if self._state is State.RUNNING and self._position == sum(total for _, total in self._phases):
            self._enter(State.FINISHING)

    def _stand(self) -> None:
        """Be paused: nothing is lost if the process dies now, and requests are answered at once."""
        reason, self._pause_because, self._pause_at = self._pause_because or "", None, None
        if self._training is not None and 0 < self._position < self._n_train and not self._blown_up:
            self._checkpoint()
            reason, self._pause_because = reason or self._pause_because or "", None
        self._enter(State.PAUSED, reason)
        self._publisher.offer(self._frames(), flush=True)
        self._pace.show(self._folder.path, self._state, self._position, force=True)
        while self._state is State.PAUSED:
            self._listen(wait=_LISTEN)
            self._pause_because = self._held_out.tell(self._chronicle) or self._pause_because
            self._publisher.offer(self._frames())
        self._pace.restart(self._position)

    def _listen(self, wait: float = 0.0) -> None:
        """Resolve what was asked for."""
        moment = time.monotonic()
        if wait or moment - self._listened > _LISTEN:
            self._listened = moment
            for request in self._mailbox.take():
                self._requests.put(request)
        while True:
            try:
                request = self._requests.get(timeout=wait) if wait else self._requests.get_nowait()
            except Empty:
                return
            wait = 0.0
            try:
                value = self._answer(request.name, request.arguments)
            except StdpbenchError as error:
                request.reply(str(error), None)
            except (TypeError, LookupError, ValueError, ArithmeticError, AttributeError) as error:
                request.reply(f"the request {request.name!r} is malformed: {error}", None)
            else:
                request.reply("", value)
            if self._stop_because:
                raise _Stop

    def _answer(self, name: str, arguments: Mapping[str, Any]) -> Any:
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
            if self._blown_up or self._position >= self._n_train:
                why = "the weights are blown up" if self._blown_up else "training is over; responses are kept anyway"
                raise StdpbenchError(f"there is nothing to keep: {why}")
            self._write_checkpoint()
        elif name == "set":
            return self._set(dict(arguments["changes"]))
        elif name == "record":
            neurons = [int(neuron) for neuron in arguments["neurons"]]
            n_exc = self._simulator.layout.n_exc
            if any(not 0 <= neuron < n_exc for neuron in neurons):
                raise StdpbenchError(f"recorded neurons must lie in 0 .. {n_exc - 1}, not {neurons}")
            self._recorded = neurons
        elif name == "try":
            return self._try(arguments["image"])
        elif name == "pace":
            self._pace.shortest = max(0.0, float(arguments["seconds"]))
        elif name == "attach":
            try:
                self._publisher.attach(arguments["address"], bytes.fromhex(arguments["key"]), self.records)
            except OSError as error:
                raise StdpbenchError(f"nobody listens at {arguments['address']}: {error.strerror}") from None
        else:
            raise StdpbenchError(f"a run does not know how to {name}")
        return {"state": str(self._state), "position": self._position}

    def _go_on(self) -> None:
        if self._blown_up:
            raise StdpbenchError("weights or thresholds are not finite: rewind the run to a position before that")
        self._pause_because = self._pause_at = None
        if self._state is not State.PAUSED:
            return
        self._chronicle.write_what_is_left()
        self._enter(State.RUNNING)

    def _set(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change parameters from the next presentation on: checked, then on disk, then in force."""
        if self._position >= self._n_train or self._training is None:
            raise StdpbenchError(
                "training is over, and labels and test go by the parameters at its end; make a branch from an earlier "
                "position instead: stdpbench branch RUN --at POSITION --set …"
            )
        changed = self._experiment.changed_live(changes)
        differences = self._experiment.differences(changed)
        if differences:
            split = load_split(changed, self._options.validation) if _cuts(differences) else self._split
            check_weights(changed, split)
            check_brightness(changed, split)
            self._chronicle.write_what_is_left()
            self._emit(facts.ParametersChanged(differences), sync=True)
            overtaken = self._chronicle.expect_nothing_after(self._position)
            if overtaken:
                self._note(
                    f"This change comes before presentation {overtaken}, which the run had reached before it was "
                    "interrupted; what came out from here to there is replaced."
                )
            self._put_in_force(changed)
            self._tell_plan()
        return {path: list(values) for path, values in differences.items()}

    def _try(self, picture: Any) -> dict[str, Any]:
        """Show a picture that a reader brings; nothing of it stays."""
        if self._blown_up:
            raise StdpbenchError("weights or thresholds are not finite, so the network answers nothing")
        # once training is over, the simulator may hold the network before learning, as a baseline
        trained = self._folder if self._position > self._n_train else None
        return try_in_run(self._simulator, self._experiment, self._split, picture, trained, self._record.curves)

    def _put_in_force(self, experiment: Experiment) -> None:
        assert self._training is not None
        self._training.change(experiment)
        before, self._experiment = self._experiment, experiment
        if _cuts(before.differences(experiment)):
            self._split = load_split(experiment, self._options.validation)
            self._phases = (("train", self._n_train), *phases(experiment, self._split, self._options))

    def _tell_plan(self) -> None:
        """Tell what there is to do, unless the journal says so of this position."""
        known = [record for record in self.records if record.position <= self._position]
        plans = [record.fact.phases for record in known if isinstance(record.fact, facts.Started | facts.Planned)]
        if plans and plans[-1] != self._phases:
            self._emit(facts.Planned(self._phases))

    # -- what is written and told ----------------------------------------------------------------------------------

    def _take_in(self, told: Progress | Fact) -> None:
        if not isinstance(told, Progress):
            self._emit(told)
            return
        before = 0
        for name, total in self._phases:
            if name == told.phase:
                self._position = before + told.done
            before += total
        self._pace.take(told, self._position, before)

    def _emit(self, fact: Fact, *, sync: bool = False) -> None:
        """Write a fact down and tell it; where it cannot be written, the run pauses."""
        self._pause_because = self._chronicle.add(fact, self._position, sync=sync) or self._pause_because

    def _note(self, sentence: str) -> None:
        """Tell a sentence, once."""
        self._pause_because = self._chronicle.note(sentence, self._position) or self._pause_because

    def _checkpoint(self) -> None:
        """Write a checkpoint; where that fails, the run pauses."""
        try:
            self._write_checkpoint()
        except DiskError as error:
            self._pause_because = str(error)

    def _write_checkpoint(self) -> None:
        self._chronicle.sync()  # first, for a checkpoint counts the facts that came before it
        self._emit(facts.CheckpointWritten(write_checkpoint(self._folder.path, self._kept())))

    def _kept(self) -> Checkpoint:
        return Checkpoint(
            self._position,
            self._chronicle.number,
            self._experiment.to_mapping(),
            self._record.seconds,
            self._record.silent,
            versions(),
            self._simulator.state(),
            self._record.history(),
        )

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
        self._pace.show(self._folder.path, state, self._position, force=True)

    def _frames(self) -> dict[str, Any]:
        frames: dict[str, Any] = {"progress": self._pace.values}
        presented = self._presented
        if self._training is not None:
            frames["network"] = lambda: network_frame(self._simulator, self._position)
        if presented is not None:
            frames["presentation"] = lambda: presentation_frame(presented, self._experiment)
        return frames
