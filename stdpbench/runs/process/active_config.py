"""The active configuration of a run: network, parameters, rule, pictures and plan.

The engine decides when it changes, and ensures that each change is on disk before it is activated.

When the rule changes, another network is built while the current one keeps running. The network that a change replaces
at a position is kept until the next presentation. Its successor copies its state, also if the rule is changed again
before that presentation, and a change back restores it. The network of a presentation therefore depends only on the
changes before it, not on whether they were requested one by one or read from a journal.

"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, suggestion
from stdpbench.declare.rule_paths import is_of_rule
from stdpbench.engine.simulators import Simulator, is_compiled, open_simulator
from stdpbench.experiment import Experiment, input_shape, n_presentations
from stdpbench.experiment.learning import same_kind
from stdpbench.runs.folder.checkpoints import Checkpoint
from stdpbench.runs.folder.learned_arrays import check_files, with_set
from stdpbench.runs.folder.run_folder import versions
from stdpbench.runs.preparation.start import check_brightness, check_weights, load_split
from stdpbench.runs.process.assessment import phases
from stdpbench.runs.process.compile_process import CompileProcess
from stdpbench.runs.process.held_out import HeldOutMeasures
from stdpbench.runs.process.pace import estimate
from stdpbench.runs.process.setup import Setup
from stdpbench.runs.process.supervised import SupervisedRecord, SupervisedTraining
from stdpbench.runs.process.training import Training
from stdpbench.runs.process.training_record import TrainingRecord
from stdpbench.runs.protocol.changes import changed_by, changes_between, describe_changes, new_rules
from stdpbench.runs.protocol.facts import Change, Estimated, LearnedSet, Planned, Record, Started
from stdpbench.runs.protocol.messages import Request
from stdpbench.runs.protocol.options import Options


@dataclass(frozen=True, eq=False)
class Replaced:
    """The network of the previous presentation, after a change of the rule at this position has replaced it.

    Attributes
    ----------
    simulator : Simulator
        The network, with its state and parameters before the change.
    number : int
        Number of the first fact that its parameters do not include.
    """

    simulator: Simulator
    number: int


@dataclass(frozen=True, eq=False)
class _Build:
    request: Request
    name: str
    process: CompileProcess


class RuleChanges:
    """The networks of a run in addition to the current one, including one that is being built.

    Attributes
    ----------
    replaced : Replaced or None
        The network of the previous presentation, if it was replaced at this position.
    """

    def __init__(self) -> None:
        self.replaced: Replaced | None = None
        self._build: _Build | None = None

    # -- building in the background --------------------------------------------------------------------------------

    def build(self, request: Request, experiment: Experiment, current: Simulator) -> bool:
        """Start building the network of an experiment in the background, unless it is available immediately.

        Returns
        -------
        bool
            Whether a build was started.

        Raises
        ------
        StdpbenchError
            If another network is being built.
        """
        if self._build is not None:
            raise StdpbenchError(
                f"the network with the rule {self._build.name} is being built; wait until it is ready"
            )
        shape, name = current.layout.input_shape, current.name
        available = self._origin(current).experiment.same_rule(experiment)
        if available or is_compiled(experiment.graph(*shape), name):
            return False
        self._build = _Build(
            request, new_rules(current.experiment, experiment), CompileProcess(experiment, shape, name)
        )
        return True

    def built(self) -> tuple[Request, str] | None:
        """Return the request whose build has ended since the last call, with its error (empty on success), or None."""
        build = self._build
        if build is None or not build.process.over:
            return None
        self._build = None
        return build.request, build.process.error()

    # -- replacing the network -------------------------------------------------------------------------------------

    def network(self, experiment: Experiment, current: Simulator) -> Simulator:
        """Return a network with the rule of an experiment that continues from the current state.

        Raises
        ------
        StdpbenchError
            If it cannot be built; nothing changes in this case.
        """
        origin = self._origin(current)
        if origin.experiment.same_rule(experiment):
            return origin
        successor = _open(experiment, current)
        successor.copy_state_from(origin, _changed(origin, successor))
        return successor

    def replace(self, current: Simulator, successor: Simulator, number: int) -> None:
        """Record that a network has replaced the current one; `number` is that of the fact of this change."""
        if self.replaced is None:
            self.replaced = Replaced(current, number)
            return
        current.close()
        if successor is self.replaced.simulator:
            self.replaced = None

    def drop(self, successor: Simulator, current: Simulator) -> None:
        """Close a network returned by `network` that will not be used."""
        if successor is not self._origin(current):
            successor.close()

    def settle(self) -> None:
        """Close the replaced network before the next presentation, after which it cannot be restored."""
        if self.replaced is not None:
            self.replaced.simulator.close()
            self.replaced = None

    def close(self) -> None:
        """Cancel a build in progress and close all networks except the current one, at the end of the run."""
        self.settle()
        build, self._build = self._build, None
        if build is not None:
            build.process.end()
            build.request.reply(f"the run ended before the network with the rule {build.name} was built", None)

    def _origin(self, current: Simulator) -> Simulator:
        return current if self.replaced is None else self.replaced.simulator


def _changed(before: Simulator, after: Simulator) -> set[str]:
    """Return the projections whose learning equations differ between the networks before and after a change."""
    old, new = before.graph.projections, after.graph.projections
    rules = {name: (old[name].plasticity, new[name].plasticity) for name in after.graph.plastic}
    plastic = {name: pair for name, pair in rules.items() if pair != (None, None)}  # else only its delays learn
    return {
        name
        for name, (old_rule, new_rule) in plastic.items()
        if old_rule is None or new_rule is None or not same_kind(old_rule, new_rule)
    }


def _open(experiment: Experiment, current: Simulator) -> Simulator:
    """Return a new network on the simulator of the current one."""
    try:
        return open_simulator(experiment, current.layout.input_shape, current.name)[0]
    except StdpbenchError:
        raise
    except Exception as error:  # from Brian2, or from a rule of another package
        logging.getLogger(__name__).exception("the network cannot be built")
        name = new_rules(current.experiment, experiment)
        raise StdpbenchError(
            f"the network with the rule {name} cannot be built: {type(error).__name__}: {error}"
        ) from error


class ActiveConfig:
    """The active configuration of a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    setup : Setup
        Network, pictures and checkpoint to start with.
    options : Options
        Options of the run.
    records : iterable of Record
        Facts of the run; changes after the checkpoint are activated again at their positions.

    Attributes
    ----------
    simulator : Simulator
        The network.
    experiment : Experiment
        Parameters and rule.
    split : Split
        The pictures.
    n_train : int
        Total number of training presentations.
    phases : tuple of (str, int)
        Name and number of presentations of each phase.
    training : Training
        The training phase.
    record : TrainingRecord
        Results of training.
    rules : RuleChanges
        Networks with other rules.
    held_out : HeldOutMeasures
        Measurements on held-out pictures.
    """

    def __init__(self, folder: Path, setup: Setup, options: Options, records: Iterable[Record]) -> None:
        self.simulator, self.experiment, self.split = setup.simulator, setup.experiment, setup.split
        self._folder, self._options = folder, options
        self.n_train = n_presentations(setup.experiment, len(self.split.train))
        self.phases = self._plan()
        supervised = self.experiment.reference.trains
        record_type = SupervisedRecord if supervised else TrainingRecord
        self.record = record_type(self.simulator, self.split, self.n_train, self.experiment)
        self.rules = RuleChanges()
        self.held_out = HeldOutMeasures(folder, self.simulator, self.split, self.n_train)
        number, position, checkpoint = 0, 0, setup.checkpoint
        if checkpoint is not None:
            number, position = checkpoint.number, checkpoint.position
            self.simulator.set_state(checkpoint.state)
            self.record.restore(checkpoint.history, checkpoint.seconds, checkpoint.silent)
        if supervised:
            self.training: Training = SupervisedTraining(self.simulator, self.experiment, self.split, position)
        else:
            self.training = Training(self.simulator, self.experiment, self.split.train, position)
        if checkpoint is not None:
            self.training.restore(checkpoint.history)
        # a change at a later position applies after the checkpoint even if it was recorded before: the run was
        # interrupted, and paused again before it reached that position
        self._scheduled: dict[int, list[tuple[int, Change]]] = defaultdict(list)
        self._to_set: dict[int, list[LearnedSet]] = defaultdict(list)
        for record in records:
            if record.position < position or (record.position == position and record.number < number):
                continue
            if isinstance(record.fact, Change):
                self._scheduled[record.position].append((record.number, record.fact))
            elif isinstance(record.fact, LearnedSet):
                check_files(folder, [record])  # fail now rather than after hours
                self._to_set[record.position].append(record.fact)

    def started(self, start: Experiment, remark: str) -> Started:
        """Return the fact which states that the network is ready.

        Parameters
        ----------
        start : Experiment
            The experiment at the start of the run.
        remark : str
            A sentence if a simulator other than the preferred one was chosen; else empty.
        """
        shape, names = input_shape(start, self.split.train), tuple(self.split.class_names)
        return Started(start.to_mapping(), self.simulator.name, remark, self.phases, shape, names)

    def estimated(self) -> Estimated:
        """Estimate the resources for the rest of the run with a short calibration."""
        remaining = [(name, total) for name, total in self.phases if name != "train"]
        to_train = self.n_train - self.training.position
        seconds = 0.0
        if isinstance(self.training, SupervisedTraining):
            seconds, to_train = to_train * self.training.seconds_per_picture(), 0
        assessment_seconds, memory = estimate(
            self.simulator, self.experiment, self.split, self._options.workers, to_train, remaining
        )
        seconds += assessment_seconds
        return Estimated(round(seconds, 1), memory)

    def planned(self, records: Iterable[Record], position: int) -> Planned | None:
        """Return the plan as a fact, or None if the facts up to a position already contain it."""
        past_facts = (record.fact for record in records if record.position <= position)
        plans = [fact.phases for fact in past_facts if isinstance(fact, Started | Planned)]
        return Planned(self.phases) if plans and plans[-1] != self.phases else None

    def neurons(self, requested: Iterable[Any], population: str = "") -> list[int]:
        """Return numbers of neurons of a population, by default the one that is read, as integers.

        Raises
        ------
        StdpbenchError
            If there is no such population, or a neuron does not exist.
        """
        sizes = {cells.name: cells.size for cells in self.simulator.layout.cells}
        population = population or self.simulator.graph.read
        if population not in sizes:
            raise StdpbenchError(f"there is no population {population!r} to record; {suggestion(population, sizes)}")
        numbers, n = [int(number) for number in requested], sizes[population]
        if any(not 0 <= number < n for number in numbers):
            raise StdpbenchError(f"recorded neurons must be in 0 .. {n - 1}, not {numbers}")
        return numbers

    def close(self) -> None:
        """End the threads and processes that work in the background."""
        self.rules.close()
        self.training.close()
        self.held_out.close()

    def catch_up(self, position: int) -> bool:
        """Repeat the changes made at a position before an interruption; return whether there were any."""
        changes, experiment, skipped = self._scheduled.pop(position, []), self.experiment, -1
        for number, change in changes:
            experiment = changed_by(experiment, change)
            if experiment.same_rule(self.experiment):
                self.activate(experiment, number)
                skipped = -1
            elif skipped < 0:  # no network is needed for a rule that is replaced again at this position
                skipped = number
        if skipped >= 0:
            self.activate(experiment, skipped)
        for fact in self._to_set.pop(position, []):
            self.simulator.set_learned(with_set(self.simulator.learned, self._folder, fact))
        return bool(changes)

    def check(self, experiment: Experiment) -> None:
        """Check that an experiment is compatible with pictures, network, and changes that will be repeated later.

        Raises
        ------
        StdpbenchError
            If it is not compatible.
        """
        split = load_split(experiment, self._options.validation) if self._changes_split(experiment) else self.split
        check_weights(experiment, split)
        check_brightness(experiment, split)
        if experiment.same_rule(self.experiment):
            self.simulator.check_graph(experiment.graph(*self.simulator.layout.input_shape))
        for position in sorted(self._scheduled):
            for _, change in self._scheduled[position]:
                try:
                    experiment = changed_by(experiment, change)
                except StdpbenchError as error:
                    raise StdpbenchError(
                        f"it conflicts with a change at presentation {position}, made before the run was interrupted "
                        f"({describe_changes(change.changes)}): {error}"
                    ) from None

    def with_rule(self, rule: Mapping[str, Any], projection: str = "") -> Experiment:
        """Return the active experiment with another rule; see `Experiment.with_rule` for the projection.

        Raises
        ------
        StdpbenchError
            If the rule does not exist, or cannot be activated at this position.
        """
        experiment = self.experiment.with_rule(rule, projection)
        last = max(
            (
                position
                for position, scheduled in self._scheduled.items()
                if any(is_of_rule(path) for _, change in scheduled for path in change.changes)
            ),
            default=0,
        )
        if last and not experiment.same_rule(self.experiment):
            raise StdpbenchError(
                f"up to presentation {last}, the run repeats its course before an interruption, including a change "
                "of the rule or its parameters: change the rule later, or in a branch"
            )
        self.check(experiment)
        return experiment

    def activate(self, experiment: Experiment, number: int, successor: Simulator | None = None) -> None:
        """Activate an experiment.

        Parameters
        ----------
        experiment : Experiment
            Applies from the next presentation on.
        number : int
            Number of the fact that records the change.
        successor : Simulator, optional
            The network with the new rule from `RuleChanges.network`, if the rule changes.
        """
        changes_split = self._changes_split(experiment)
        if not experiment.same_rule(self.experiment):
            successor = successor or self.rules.network(experiment, self.simulator)
            successor.set_learned(self.simulator.learned)  # may have been set at this position
            self.rules.replace(self.simulator, successor, number)
            self.simulator = successor
            self.training.exchange(successor)
            self.record.exchange(successor)
            self.held_out.exchange(successor)
        self.training.change(experiment)
        self.experiment = experiment
        if changes_split:
            self.split = load_split(experiment, self._options.validation)
            self.phases = self._plan()

    def checkpoint(self, position: int, number: int) -> Checkpoint:
        """Return the checkpoint of this position; `number` is that of the next fact."""
        # if the rule was changed since the last presentation, the checkpoint has the network before the change: a run
        # that continues from here repeats the change
        before = self.rules.replaced or Replaced(self.simulator, number)
        return Checkpoint(
            position,
            before.number,
            before.simulator.experiment.to_mapping(),
            self.record.seconds,
            self.record.silent,
            versions(),
            before.simulator.state(),
            {**self.record.history(), **self.training.history()},
        )

    def _plan(self) -> tuple[tuple[str, int], ...]:
        return (("train", self.n_train), *phases(self.experiment, self.split, self._options))

    def _changes_split(self, experiment: Experiment) -> bool:
        """Return whether an experiment has different numbers of pictures."""
        paths = {path for change in changes_between(self.experiment, experiment) for path in change.changes}
        return not paths.isdisjoint(("schedule.label_images", "schedule.test_images"))
