"""Estimate the duration of a run before its network is built, from measurements of other runs.

Two runs are assumed to take the same time per presentation if they agree in all parameters that `speed` selects, and
in the number of inputs. The time of such a run, or of a shipped experiment that was measured, is scaled to the planned
number of presentations; of streams, to the time that is simulated. If there is none, a run of a network of the same
kind that differs in few parameters is scaled by numbers of synapses, neurons and time steps, and the result is
presented as a rough estimate with its source. Otherwise no estimate is given. Compilation is included unless the
network has been compiled before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from stdpbench.datasets import Dataset, Split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, n_label_images, read_experiment, shipped_experiments
from stdpbench.files import DAMAGE
from stdpbench.paths import data_folder
from stdpbench.runs.catalog.speed import N_INPUT, NETWORK, differences, speed, work
from stdpbench.runs.catalog.store import Entry, Store
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, environment
from stdpbench.runs.protocol.facts import Planned, Record, Started, StateChanged
from stdpbench.runs.protocol.live_run import duration
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import COMPILING, State
from stdpbench.toml_lines import flat
from stdpbench.units import thousands

_MAX_DIFFERENT = 2  # parameters in which the run behind a rough estimate may differ
_MAX_RATIO = 4.0  # largest ratio of work per presentation, in either direction, for a rough estimate
_SAME = 0.01  # difference of work that is not mentioned
_SHORT = 120.0  # s; in shorter runs, the time for reading pictures matters
_SHIPPED_COMPILING = 4.0  # s in the shipped measurements, which started with an empty cache (docs/performance.md)
_MAX_READ = 8  # run folders that are read, most similar first
_UNKNOWN = (
    "The duration cannot be estimated: no run with a similar network has finished here. The log shows an estimate "
    "once the network is ready."
)
_ACTIVE = (State.BUILDING, State.RUNNING, State.FINISHING)


@dataclass(frozen=True)
class Size:
    """Size of a data set; of a stream, pieces take the place of training pictures.

    Attributes
    ----------
    n_train, n_test : int
        Numbers of training and test pictures.
    shape : (int, int)
        Height and width of a picture; (1, inputs) of a stream.
    labelled : bool
        Whether the pictures have labels, so that there is a label phase.
    """

    n_train: int
    n_test: int
    shape: tuple[int, int]
    labelled: bool = True

    def input_shape(self, experiment: Experiment) -> tuple[int, int]:
        """Return height and width of the input population of an experiment with these data."""
        return experiment.encoding.input_shape(self.shape)

    def n_input(self, experiment: Experiment) -> int:
        """Return the number of input neurons of an experiment with these data."""
        return math.prod(self.input_shape(experiment))

    @classmethod
    def of(cls, split: Split) -> Size:
        """Return the size of loaded pictures, including those that an experiment does not use."""
        spare = 0 if split.spare is None else len(split.spare)
        labelled = split.train.labels is not None and split.test.labels is not None
        return cls(len(split.train) + spare, len(split.test), split.train.shape, labelled)

    @classmethod
    def of_experiment(cls, experiment: Experiment) -> Size:
        """Return the size of an experiment's pictures, which are only read if their size is not published.

        Raises
        ------
        StdpbenchError
            If the pictures cannot be read.
        """
        data = experiment.data
        if experiment.stream is not None:
            return cls(experiment.schedule.n_pieces, 0, (1, experiment.stream.n_inputs), labelled=False)
        if not isinstance(data, Dataset) or data.published is None:
            return cls.of(data.prepare())
        n_train, n_test, side = data.published
        side = data.frame or data.resize or side
        return cls(n_train, n_test, (side if data.on_off is None else 2 * side, side))


@dataclass(frozen=True)
class Forecast:
    """Estimated duration of a run.

    Attributes
    ----------
    seconds : float or None
        Time from start to end on an otherwise idle machine; None if unknown.
    sentence : str
        The estimate and its source in a sentence.
    presentations : int
        Number of training presentations that are left.
    """

    seconds: float | None
    sentence: str
    presentations: int


@dataclass(frozen=True)
class _Known:
    """Measured times of a finished run or of a shipped experiment."""

    name: str
    speed: Mapping[str, Any]
    n_input: int
    work: float
    n_train: int
    before: float  # s until the first presentation, without compilation
    compiling: float  # s; 0 if the network had been compiled before
    per_training: float  # s
    per_frozen: float  # s
    here: bool
    where: str


@dataclass(frozen=True)
class _Planned:
    """What is known of the planned run: the same as of a measured one."""

    speed: Mapping[str, Any]
    n_input: int
    work: float
    n_train: int


def forecast(
    experiment: Experiment,
    runs: Path,
    size: Size | None = None,
    options: Options | None = None,
    *,
    trust: bool = False,
    done: int = 0,
) -> Forecast:
    """Estimate the duration of a run of an experiment, or of the rest of one.

    Parameters
    ----------
    experiment : Experiment
        The experiment to be run.
    runs : Path
        The runs folder.
    size : Size, optional
        Size of its pictures. By default it is determined here, which can take a while for the user's own pictures.
    options : Options, optional
        Options of the run.
    trust : bool
        Whether the entries under ``[about]`` describe this very experiment and were not inherited from another one.
    done : int
        Training presentations that another run has carried out already.

    Raises
    ------
    StdpbenchError
        If the pictures cannot be read.
    """
    size, options = size or Size.of_experiment(experiment), options or Options()
    planned_in_all, n_frozen = _presentations(experiment, size, options)
    n_train = max(0, planned_in_all - done)
    n_input = size.n_input(experiment)
    planned = _Planned(speed(flat(experiment.to_mapping())), n_input, work(experiment, n_input), n_train)
    known = [*_of_runs(runs, planned.speed), *_of_shipped()]
    best = min(known, key=lambda one: _distance(one, planned))  # shipped ones always exist
    others, scale = _others(best, planned), planned.work / best.work
    of_file = experiment.about.expected_time if trust else ""
    if others and of_file:
        return Forecast(None, f"According to the experiment file: {of_file.rstrip('.')}.", n_train)
    if NETWORK in others or len(others) > _MAX_DIFFERENT or not 1 / _MAX_RATIO <= scale <= _MAX_RATIO:
        return Forecast(None, _UNKNOWN, n_train)
    compiling = compile_seconds(experiment, n_input, options.simulator)
    if compiling and best.compiling and not others:  # measured for the same network, on this machine or another
        compiling = best.compiling
    seconds = best.before + compiling + scale * (n_train * best.per_training + n_frozen * best.per_frozen)
    shown = f"{thousands(n_train)} training presentations"
    if experiment.stream is not None:
        shown = f"{(experiment.schedule.duration or 0.0) * n_train / max(1, planned_in_all):g} s of the stream"
    return Forecast(seconds, _sentence(best, seconds, compiling, others, scale, shown), n_train)


def compile_seconds(experiment: Experiment, n_input: int, simulator: str | None) -> float:
    """Estimate the seconds for compilation; 0 if the network has been compiled before.

    `stdpbench.simulators` is imported by name, since this package must not depend on the code that executes runs.
    """
    graph = experiment.graph(n_input)
    return float(import_module("stdpbench.simulators").compile_seconds(graph, simulator))


def _presentations(experiment: Experiment, size: Size, options: Options) -> tuple[int, int]:
    """Return the numbers of training and of later presentations, as `runs.process.assessment.phases` plans them."""
    schedule = experiment.schedule
    if experiment.stream is not None:
        return schedule.n_pieces, 0
    n_pictures = min(schedule.train_images or size.n_train, size.n_train)
    frozen = min(schedule.test_images or size.n_test, size.n_test)
    if size.labelled:
        frozen += n_label_images(experiment, n_pictures)
        frozen *= 2 if options.baselines and not experiment.reference.trains else 1
    return schedule.passes * n_pictures, frozen


# -- measurements -----------------------------------------------------------------------------------------------------


def _of_runs(runs: Path, wanted: Mapping[str, Any]) -> Iterator[_Known]:
    """Yield measured times of finished runs, most similar and newest first."""
    if not runs.is_dir():
        return
    with Store(runs) as store:
        entries = [one for one in store.entries(["training.seconds"]) if _is_measured(one)]
    entries.reverse()
    similar = [(differences(speed(one.parameters), wanted), one) for one in entries]
    similar = [(others, one) for others, one in similar if NETWORK not in others]
    similar.sort(key=lambda each: len(each[0]))
    for _, entry in similar[:_MAX_READ]:
        known = _of_run(entry)
        if known is not None:
            yield known


def _is_measured(entry: Entry) -> bool:
    """Whether a run has finished with one network throughout and has recorded its times."""
    metrics = entry.metrics
    complete = entry.state == State.FINISHED and not metrics.get("training.stopped")
    return bool(
        complete
        and metrics.get("training.seconds")
        and metrics.get("training.presentations")
        and not entry.changes.keys() & speed(entry.parameters).keys()
    )


def _of_run(entry: Entry) -> _Known | None:
    try:
        records = read_journal(entry.path)
        started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
        if started is None:
            return None
        experiment, n_input = RunFolder(entry.path).experiment, math.prod(started.shape)
        per_presentation = work(experiment, n_input)
    except (StdpbenchError, *DAMAGE):
        return None
    before, compiling, after = _times(records)
    plans = [record.fact.phases for record in records if isinstance(record.fact, Started | Planned)]
    n_frozen = sum(total for name, total in plans[-1] if name != "train")
    if not n_frozen and experiment.stream is None:
        return None
    here, where = _machine(entry.path)
    metrics = entry.metrics
    return _Known(
        entry.name,
        speed(flat(experiment.to_mapping())),
        n_input,
        per_presentation,
        metrics["training.presentations"],
        before,
        compiling,
        metrics["training.seconds"] / metrics["training.presentations"],
        after / n_frozen if n_frozen else 0.0,
        here,
        where,
    )


def _times(records: Sequence[Record]) -> tuple[float, float, float]:
    """Return the seconds before training without compilation, of compilation, and after training.

    Pauses are excluded.
    """
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    n_train = dict(started.phases).get("train", 0) if started is not None else 0
    before = compiling = after = 0.0
    state, running = State.QUEUED, False
    for record, following in pairwise(records):
        compiles = isinstance(record.fact, StateChanged) and record.fact.reason == COMPILING
        if isinstance(record.fact, StateChanged):
            state = State(record.fact.state)
            running = running or state is State.RUNNING
        if state not in _ACTIVE:
            continue
        seconds = _seconds(record.time, following.time)
        if compiles and not running:
            compiling += seconds
        elif not running:
            before += seconds
        elif state is not State.BUILDING and record.position >= n_train:
            after += seconds
    return before, compiling, after


def _seconds(begin: str, end: str) -> float:
    try:
        return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _machine(folder: Path) -> tuple[bool, str]:
    """Return whether a run was apparently executed on this machine, and a description of its machine."""
    try:
        host = dict(RunFolder(folder).about.get("host", {}))
    except (StdpbenchError, TypeError, ValueError):
        return False, "another machine"
    own = environment()["host"]
    cpus = host.get("cpus")
    hardware = f"{host.get('processor', '')}{f', {cpus} processors' if cpus else ''}".strip(", ")
    same = all(host.get(key) == own[key] for key in ("processor", "cpus"))
    return same, f"another machine ({hardware or 'unknown'})"


def _of_shipped() -> Iterator[_Known]:
    """Yield the published times of shipped experiments, except those whose data are not on this machine."""
    for name in shipped_experiments():
        with suppress(StdpbenchError):
            known = _of_one_shipped(name, data_folder())
            if known is not None:
                yield known


@cache
def _of_one_shipped(name: str, data: Path) -> _Known | None:
    """Return the published time of a shipped experiment; None if there is none, or it is a stream.

    Parameters
    ----------
    name : str
        Name of the experiment.
    data : Path
        The data folder, in which its data may have appeared since the last call.

    Raises
    ------
    StdpbenchError
        If its data must be read for their size, and cannot be.
    """
    experiment = read_experiment(name)
    if experiment.about.measured_time is None or experiment.stream is not None:
        return None
    size = Size.of_experiment(experiment)
    n_train, n_frozen = _presentations(experiment, size, Options())
    per_presentation = (experiment.about.measured_time - _SHIPPED_COMPILING) / (n_train + n_frozen)
    return _Known(
        name,
        speed(flat(experiment.to_mapping())),
        size.n_input(experiment),
        work(experiment, size.n_input(experiment)),
        n_train,
        0.0,
        0.0,
        per_presentation,
        per_presentation,
        False,
        "",
    )


# -- estimate ---------------------------------------------------------------------------------------------------------


def _others(known: _Known, planned: _Planned) -> list[str]:
    """Return the parameters in which network or presentation differ from a measurement."""
    found = differences(planned.speed, known.speed)
    return found if known.n_input == planned.n_input else [*found, N_INPUT]


def _distance(known: _Known, planned: _Planned) -> tuple[float, ...]:
    """Return a sort key: how little a measurement resembles the planned run."""
    others, more = _others(known, planned), abs(math.log(planned.work / known.work))
    far = NETWORK in others or more > math.log(_MAX_RATIO)
    longer = abs(math.log(max(known.n_train, 1) / max(planned.n_train, 1)))
    return len(others), far, not known.here, not known.where, more, longer


def _sentence(known: _Known, seconds: float, compiling: float, others: Sequence[str], scale: float, shown: str) -> str:
    time = duration(seconds)
    source = f"run {known.name}" if known.where else f"the shipped measurement of {known.name}"
    where = "" if known.here else f" on {known.where or 'another machine'}"
    start = f" This includes about {duration(compiling)} for compiling the network." if compiling else ""
    start += " Startup takes a few more seconds." if not known.before and seconds < _SHORT else ""
    if others:
        scaled = ", scaled with synapses and time steps" if abs(math.log(scale)) > _SAME else ""
        other = " and ".join(others)
        return f"Roughly {time} for {shown}, estimated from {source}{where} with different {other}{scaled}.{start}"
    here = " on this machine" if known.here else ""
    return f"About {time}{here} for {shown}, based on {source} with the same network{where}.{start}"
