"""What is in force in a run that goes on: network, parameters, rule, pictures and plan, and how they change.

The engine says when; that it is on disk before it is put in force is the engine's part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import Checkpoint
from stdpbench.runs.folder.learned_arrays import check_files, with_set
from stdpbench.runs.folder.run_folder import versions
from stdpbench.runs.preparation.start import check_brightness, check_weights, load_split
from stdpbench.runs.process.assessment import phases
from stdpbench.runs.process.held_out import HeldOutMeasures
from stdpbench.runs.process.pace import estimate
from stdpbench.runs.process.rule_swap import Arrived, RuleChanges
from stdpbench.runs.process.setup import Opened
from stdpbench.runs.process.training import Training, training_order
from stdpbench.runs.process.training_record import TrainingRecord
from stdpbench.runs.protocol.changes import changed_by, changes_between, in_short
from stdpbench.runs.protocol.facts import Change, Estimated, LearnedSet, Planned, Record, Started
from stdpbench.runs.protocol.options import Options
from stdpbench.simulators import Simulator


class ActiveConfig:
    """What is in force in a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    opened : Opened
        What it begins or goes on with.
    options : Options
        How it runs.
    records : iterable of Record
        Its facts; changes after the checkpoint are put in force again at their positions.

    Attributes
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        Parameters and rule.
    split : Split
        The pictures.
    n_train : int
        Training presentations in all.
    phases : tuple of (str, int)
        Name and number of presentations of each phase.
    training : Training
        Shows the training pictures.
    record : TrainingRecord
        What training leaves behind.
    rules : RuleChanges
        Networks with other rules.
    held_out : HeldOutMeasures
        Measures the network on held-out pictures.
    """

    def __init__(self, folder: Path, opened: Opened, options: Options, records: Iterable[Record]) -> None:
        self.simulator, self.experiment, self.split = opened.simulator, opened.experiment, opened.split
        self._folder, self._options = folder, options
        self.n_train = len(training_order(opened.experiment, len(self.split.train)))
        self.phases = self._plan()
        self.record = TrainingRecord(self.simulator, self.split, self.n_train)
        self.rules = RuleChanges()
        self.held_out = HeldOutMeasures(folder, self.simulator, self.split, self.n_train)
        number, position, checkpoint = 0, 0, opened.checkpoint
        if checkpoint is not None:
            number, position = checkpoint.number, checkpoint.position
            self.simulator.set_state(
                {name: array for name, array in checkpoint.state.items() if name in self.simulator.layout.state}
            )
            self.record.restore(checkpoint.history, checkpoint.seconds, checkpoint.silent)
        self.training = Training(self.simulator, self.experiment, self.split.train, position)
        # one of a later position comes after the checkpoint, though it may have been written before: where the run was
        # cut off and then paused before it had come as far again
        self._scheduled: dict[int, list[Record]] = defaultdict(list)
        self._to_set: dict[int, list[LearnedSet]] = defaultdict(list)
        for record in records:
            if record.position < position or (record.position == position and record.number < number):
                continue
            if isinstance(record.fact, Change):
                self._scheduled[record.position].append(record)
            elif isinstance(record.fact, LearnedSet):
                check_files(folder, [record])  # rather now than after hours
                self._to_set[record.position].append(record.fact)

    def started(self, start: Experiment, remark: str) -> Started:
        """The fact that the network is ready.

        Parameters
        ----------
        start : Experiment
            As the run begins.
        remark : str
            A sentence where another simulator than the best was chosen; else empty.
        """
        height, width = self.split.train.pixels.shape[1:3]
        shape, names = (int(height), int(width)), tuple(self.split.class_names)
        return Started(start.to_mapping(), self.simulator.name, remark, self.phases, shape, names)

    def estimated(self) -> Estimated:
        """What is still to do, as a short calibration tells."""
        left = [(name, total) for name, total in self.phases if name != "train"]
        to_train = self.n_train - self.training.position
        seconds, memory = estimate(self.simulator, self.experiment, self.split, self._options.workers, to_train, left)
        return Estimated(round(seconds, 1), memory)

    def planned(self, records: Iterable[Record], position: int) -> Planned | None:
        """The fact of what there is to do, unless the facts up to a position say it."""
        known = (record.fact for record in records if record.position <= position)
        plans = [fact.phases for fact in known if isinstance(fact, Started | Planned)]
        return Planned(self.phases) if plans and plans[-1] != self.phases else None

    def neurons(self, asked: Iterable[Any]) -> list[int]:
        """Numbers of exc neurons.

        Raises
        ------
        StdpbenchError
            If there is no neuron with such a number.
        """
        numbers, n_exc = [int(number) for number in asked], self.simulator.layout.n_exc
        if any(not 0 <= number < n_exc for number in numbers):
            raise StdpbenchError(f"recorded neurons must lie in 0 .. {n_exc - 1}, not {numbers}")
        return numbers

    def close(self) -> None:
        """Let go of what works beside."""
        self.rules.close()
        self.training.close()
        self.held_out.close()

    def catch_up(self, position: int) -> bool:
        """Put in force again what was changed at a position before the run was cut off; whether that was anything."""
        changes, experiment, skipped = self._scheduled.pop(position, []), self.experiment, -1
        for record in changes:
            assert isinstance(record.fact, Change)
            experiment = changed_by(experiment, record.fact)
            if experiment.same_rule(self.experiment):
                self.activate(experiment, record.number)
                skipped = -1
            elif skipped < 0:  # a rule that is changed once more at this position needs no network
                skipped = record.number
        if skipped >= 0:
            self.activate(experiment, skipped)
        for fact in self._to_set.pop(position, []):
            self.simulator.set_learned(with_set(self.simulator.learned, self._folder, fact))
        return bool(changes)

    def check(self, experiment: Experiment) -> None:
        """See that the network of an experiment and its pictures go together, with what is still to be repeated.

        Raises
        ------
        StdpbenchError
            If they do not.
        """
        split = load_split(experiment, self._options.validation) if self._cuts(experiment) else self.split
        check_weights(experiment, split)
        check_brightness(experiment, split)
        for at in sorted(self._scheduled):
            for record in self._scheduled[at]:
                assert isinstance(record.fact, Change)
                try:
                    experiment = changed_by(experiment, record.fact)
                except StdpbenchError as error:
                    raise StdpbenchError(
                        f"it does not go with what was changed at presentation {at}, before the run was interrupted "
                        f"({in_short(record.fact.changes)}): {error}"
                    ) from None

    def with_rule(self, rule: Mapping[str, Any]) -> Experiment:
        """The experiment in force with another rule, as far as that is possible here.

        Raises
        ------
        StdpbenchError
            If there is no such rule, or it cannot be put in force here.
        """
        experiment = self.experiment.with_rule(rule)
        ahead = max((at for at, records in self._scheduled.items() if any(map(_of_rule, records))), default=0)
        if ahead and not experiment.same_rule(self.experiment):
            raise StdpbenchError(
                f"until presentation {ahead} the run repeats what it did before it was interrupted, and its rule or a "
                "parameter of it was changed there: change the rule from there on, or in a branch"
            )
        self.check(experiment)
        return experiment

    def activate(self, experiment: Experiment, number: int, made: Simulator | None = None) -> None:
        """Put an experiment in force.

        Parameters
        ----------
        experiment : Experiment
            What holds from the next presentation on.
        number : int
            Of the fact that says so.
        made : Simulator, optional
            The network with its rule, as `RuleChanges.network` gives it, if that is another one.
        """
        cut = self._cuts(experiment)
        if not experiment.same_rule(self.experiment):
            made = made or self.rules.network(experiment, self.simulator)
            made.set_learned(self.simulator.learned)  # which may have been set since the network arrived here
            self.rules.replace(self.simulator, made, number)
            self.simulator = made
            self.training.exchange(made)
            self.record.exchange(made)
            self.held_out.exchange(made)
        self.training.change(experiment)
        self.experiment = experiment
        if cut:
            self.split = load_split(experiment, self._options.validation)
            self.phases = self._plan()

    def kept(self, position: int, number: int) -> Checkpoint:
        """What a checkpoint holds; `number`: that of the next fact."""
        # a rule that was changed since the last presentation is changed again when the run goes on from here: so it is
        # the same as when it was changed at first
        arrived = self.rules.arrived or Arrived(self.simulator, number)
        return Checkpoint(
            position,
            arrived.number,
            arrived.simulator.experiment.to_mapping(),
            self.record.seconds,
            self.record.silent,
            versions(),
            arrived.simulator.state(),
            self.record.history(),
        )

    def _plan(self) -> tuple[tuple[str, int], ...]:
        return (("train", self.n_train), *phases(self.experiment, self.split, self._options))

    def _cuts(self, experiment: Experiment) -> bool:
        """Whether an experiment has other numbers of pictures."""
        paths = {path for change in changes_between(self.experiment, experiment) for path in change.changes}
        return not paths.isdisjoint(("schedule.label_images", "schedule.test_images"))


def _of_rule(record: Record) -> bool:
    """Whether a change is of the rule, or of a parameter of it."""
    return isinstance(record.fact, Change) and any(path.startswith("plasticity.") for path in record.fact.changes)
