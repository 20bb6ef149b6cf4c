"""Measure the network on held-out pictures during training, in a separate process of low priority.

At each due position, training writes weights and thresholds to a file (`runs.folder.snapshots`) and continues. The
measuring process shows the held-out pictures to each snapshot, with learning off and from the reset state. The result
depends only on the snapshot and the seed: the pictures have a separate phase, ``"held-out"``, with the same input
spikes at every position. It is recorded as a fact at the position of the snapshot, whenever it arrives. Training waits
only if many snapshots are pending.

A network is never measured on pictures that it was trained with. Held-out pictures are those that the experiment does
not use (``schedule.train_images``) or, if these are too few, the last ones of the first pass until they are used for
training, except those that start weights are derived from (``network.start = "samples"``). Test and validation
pictures are never used. A network trained with labels is measured at the end of each pass if
``schedule.held_out_every`` is set, and only on pictures that the experiment does not use. If a run starts from the
network of another run, the pictures that trained that network are unknown and hence not excluded.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import SAFE
from stdpbench.base.threads import one_blas_thread
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.network import start_pictures
from stdpbench.engine.simulators import Simulator, open_simulator
from stdpbench.experiment import Experiment, input_shape, training_order
from stdpbench.results.readout.held_out import measure_held_out
from stdpbench.runs.analysis.curves import held_out_interval
from stdpbench.runs.analysis.fields import duplicates
from stdpbench.runs.folder import snapshots
from stdpbench.runs.folder.checkpoints import Checkpoint
from stdpbench.runs.preparation.start import normalised
from stdpbench.runs.presentation.frozen import present_frozen, put_in_force
from stdpbench.runs.presentation.processes import end_with_parent, sigint_ignored
from stdpbench.runs.process.event_log import EventLog
from stdpbench.runs.process.training import sums_are_finite
from stdpbench.runs.protocol.facts import HeldOut, Progress, Record

if TYPE_CHECKING:
    from concurrent.futures import Future

_log = logging.getLogger(__name__)
_SHARE = 0.27  # held-out pictures per training presentation
_FEWEST, _MOST = 200, 1000  # limits of held-out pictures per point
_LEAST = 20  # minimum number of pictures for a meaningful measure
_OF_TRAINING = 0.1  # maximum share of the first pass that is held out until it is shown
_MOMENT = 0.01  # s between two checks
WAITING = "waiting for held-out measurements"
"""Name of the phase while a trained run waits for pending measurements."""
_MOST_WAITING = 32  # snapshots; with more of them pending, training waits


def held_out_part(experiment: Experiment, split: Split) -> tuple[StimulusSet, str, int]:
    """Select the held-out pictures.

    Returns
    -------
    images : StimulusSet
        Pictures that are neither used for training before `until` nor for start weights.
    part : {"spare", "later"}
        Whether the pictures are never used for training, or only later.
    until : int
        The last position at which they are held out.
    """
    total = experiment.schedule.passes * len(split.train)
    wanted = experiment.schedule.held_out_images
    if wanted is None:
        wanted = round(max(_FEWEST, min(_MOST, _SHARE * held_out_interval(experiment, total))))
    later = min(wanted, int(_OF_TRAINING * len(split.train)))
    if split.spare is not None and len(split.spare) >= max(later, 1):
        n = min(wanted, len(split.spare))
        chosen = np.arange(n) * len(split.spare) // n  # spread over all of them, which may be sorted by class
        return split.spare.chosen(chosen), "spare", sys.maxsize
    first = training_order(experiment, len(split.train))[: len(split.train)]
    free = np.flatnonzero(~np.isin(first, start_pictures(experiment, len(split.train))))
    places = free[max(0, len(free) - later) :]
    return split.train.chosen(first[places]), "later", int(places[0]) if len(places) else len(first)


class HeldOutMeasures:
    """Takes snapshots of a run at due positions and measures them in a separate process.

    Parameters
    ----------
    folder : Path
        The run folder.
    simulator : Simulator
        The network that is trained.
    split : Split
        The pictures.
    total : int
        Total number of training presentations.

    Attributes
    ----------
    failure : str
        Why measuring has stopped in this process; empty while it works.
    """

    def __init__(self, folder: Path, simulator: Simulator, split: Split, total: int) -> None:
        self.failure, self._failure_noted = "", False
        self._last = 0
        self._folder, self._simulator, self._split, self._total = folder, simulator, split, total
        self._pool: Any = None
        self._tasks: dict[int, Future[HeldOut]] = {}

    def begin(self, checkpoint: Checkpoint | None, records: Iterable[Record], experiment: Experiment) -> None:
        """Take the first snapshot of a new run, or measure the pending snapshots of a resumed run.

        Parameters
        ----------
        checkpoint : Checkpoint or None
            The checkpoint to continue from; later snapshots will be taken again. None for a new run.
        records : iterable of Record
            Facts of the journal.
        experiment : Experiment
            The experiment with the active parameters.
        """
        measured = {record.position for record in records if isinstance(record.fact, HeldOut)}
        for position, path in snapshots.waiting(self._folder).items():
            if checkpoint is None or position > checkpoint.position or position in measured:
                snapshots.remove_snapshot(self._folder, position)
            else:
                self._submit(position, path)
        if checkpoint is None:
            self.take(0, experiment)

    def exchange(self, simulator: Simulator) -> None:
        """Measure another network from now on, which continues the previous one."""
        self._simulator = simulator

    def take(self, position: int, experiment: Experiment) -> None:
        """Take a snapshot, if one is due at this position."""
        self._last, every_n = position, held_out_interval(experiment, self._total)
        if self.failure or not every_n or position % every_n or self._total < every_n:
            return
        images, part, until = held_out_part(experiment, self._split)
        if experiment.reference.trains and part != "spare":
            return
        learned = self._simulator.learned_views
        if position > until or len(images) < _LEAST or not sums_are_finite(learned.values()):
            return
        snapshot = snapshots.Snapshot(
            experiment.to_mapping(),
            self._simulator.name,
            normalised(learned, self._simulator.graph),
            images,
            len(self._split.class_names),
            part,
        )
        try:
            self._submit(position, snapshots.write_snapshot(self._folder, position, snapshot))
        except StdpbenchError as error:
            self._stop_measuring(str(error))

    def report(self, event_log: EventLog) -> None:
        """Add completed measurements to the event log, as facts at the positions that were measured."""
        for position in [position for position, task in self._tasks.items() if task.done()]:
            try:
                fact = self._tasks.pop(position).result()
            except snapshots.LostSnapshotError as error:
                snapshots.remove_snapshot(self._folder, position)
                back = "before that presentation" if position else "to the beginning"
                lost = (
                    f"{error}, so the network of presentation {position} is not measured on held-out pictures; "
                    f"training continues. Rewinding {back} (stdpbench rewind) measures it again."
                )
                event_log.note(lost, self._last)
                continue
            except Exception as error:  # a failed measurement must not end training
                _log.exception("a snapshot cannot be measured")
                self._stop_measuring(str(error) or type(error).__name__)
                break
            if event_log.add(fact, position):
                snapshots.remove_snapshot(self._folder, position)
        if self.failure and not self._failure_noted:
            self._failure_noted = True
            event_log.note(self.failure, self._last)

    def catch_up(self) -> Iterator[None]:
        """Wait while many snapshots are pending, yielding None in between."""
        while len(self._tasks) >= _MOST_WAITING and not self.failure:
            time.sleep(_MOMENT)
            yield None

    def finish(self) -> Iterator[Progress]:
        """Wait until all snapshots are measured, yielding the progress, and end the measuring process."""
        total = len(self._tasks)
        while self._tasks and not self.failure:
            yield Progress(WAITING, total - len(self._tasks), total)
            time.sleep(_MOMENT)
        self.close()
        snapshots.remove_snapshots(self._folder)

    def close(self) -> None:
        """End the measuring process; pending snapshots are measured when the run is resumed."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None
        self._tasks.clear()

    def _submit(self, position: int, path: Path) -> None:
        if self.failure:
            return
        try:
            with sigint_ignored():  # inherited by the measuring process, which the parent ends on Ctrl+C
                self._pool = self._pool or _open_pool()
                self._tasks[position] = self._pool.submit(measure, path)
        except Exception as error:  # the pool is broken, or a process cannot be started
            _log.exception("the measuring process cannot be used")
            self._stop_measuring(str(error) or type(error).__name__)

    def _stop_measuring(self, why: str) -> None:
        self.failure = f"Measuring on held-out pictures has stopped: {why}"
        self._tasks.clear()


def _open_pool() -> Any:
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(1, env=SAFE, initializer=_lower_priority, initargs=(os.getpid(),))


def _lower_priority(parent: int) -> None:
    """Give this process the lowest priority, and end it with its parent."""
    if hasattr(os, "nice"):
        os.nice(19)
    one_blas_thread()
    end_with_parent(parent)


_opened: dict[str, Any] = {}


def measure(path: Path) -> HeldOut:
    """Measure a snapshot in this process, keeping the simulator open for the next one."""
    snapshot = snapshots.read_snapshot(path)
    experiment = Experiment.from_mapping(snapshot.experiment)
    if _opened and not _opened["simulator"].experiment.same_rule(experiment):
        _opened.pop("simulator").close()  # the rule of the run was changed
    if not _opened:
        _opened["simulator"], _ = open_simulator(
            experiment, input_shape(experiment, snapshot.images), snapshot.simulator
        )
    simulator: Simulator = _opened["simulator"]
    simulator.set_learned(snapshot.learned)
    shown = put_in_force(simulator, experiment)
    images = snapshot.images
    counts = np.zeros((len(images), simulator.n_read), np.uint16)
    for number in range(len(images)):
        response, _ = present_frozen(simulator, shown, images, "held-out", number)
        counts[number] = response.counts(simulator.graph.read)
    n_duplicates = int(duplicates(simulator.shown_weights).sum())
    taught = experiment.reference.trains
    values = measure_held_out(counts, images.labels, snapshot.n_classes, n_duplicates, taught=taught)
    return HeldOut(len(images), snapshot.part, values)
