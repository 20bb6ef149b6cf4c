"""How long a run will take, before its network stands: from what is measured of others, and what that rests on.

Two runs take the same time per presentation where `SPEED` says the same of both and their pictures are of one size.
What is known of such a run, or of an experiment that ships and was measured, is scaled to the presentations that there
are to come. Where there is none, one that differs in little is scaled by what its work grows with, and named as the
guess it is. Where there is nothing, that is said. Compiling counts where the network was not compiled before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from stdpbench.datasets import Split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.files import DAMAGE
from stdpbench.runs.catalog.store import Entry, Store, flat
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, environment
from stdpbench.runs.protocol.facts import Planned, Record, Started, StateChanged
from stdpbench.runs.protocol.live_run import duration
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import COMPILING, State
from stdpbench.units import read, thousands

SPEED: Final = (
    "network.n_exc",
    "network.dt",
    "network.inhibition",
    "network.delays",
    "exc.kind",
    "inh.kind",
    "plasticity.kind",
    "lateral.kind",
    "schedule.stimulus",
    "schedule.rest",
    "schedule.between",
)
"""Parameters that a presentation's time goes with; beside them, the number of inputs."""
_N_INPUT = "number of inputs"
_MOST_OTHER = 2  # of these in which a run may differ that a guess is scaled from
_FARTHEST = 4.0  # times as much work per presentation, or as little
_SHORT = 120.0  # s below which the reading of pictures counts
_SHIPPED_COMPILING = 4.0  # s of the shipped measurements, which began with an empty cache (docs/performance.md)
_LOOKED_AT = 8  # runs whose folders are looked into, most alike first
_NOTHING = (
    "How long it will take is not known: no run with such a network was finished here. The log says it once the "
    "network stands."
)
_ACTIVE = (State.BUILDING, State.RUNNING, State.FINISHING)


@dataclass(frozen=True)
class Size:
    """How many pictures there are, and how many pixels each has.

    Attributes
    ----------
    n_train, n_test, n_input : int
    labelled : bool
        Whether classes are known, so that there is a label phase.
    """

    n_train: int
    n_test: int
    n_input: int
    labelled: bool = True

    @classmethod
    def of(cls, split: Split) -> Size:
        """The size of pictures that were read; those that an experiment leaves out count."""
        spare = 0 if split.spare is None else len(split.spare)
        labelled = split.train.labels is not None and split.test.labels is not None
        return cls(len(split.train) + spare, len(split.test), split.train.n_input, labelled)

    @classmethod
    def of_experiment(cls, experiment: Experiment) -> Size:
        """The size of an experiment's pictures, read only where nobody knows it otherwise.

        Raises
        ------
        StdpbenchError
            If they cannot be read.
        """
        data = experiment.data
        if data.published is None:
            return cls.of(data.prepare())
        n_train, n_test, side = data.published
        return cls(n_train, n_test, (data.frame or data.resize or side) ** 2)


@dataclass(frozen=True)
class Forecast:
    """How long a run will take.

    Attributes
    ----------
    seconds : float or None
        From start to end, as if the machine did nothing else; None where nothing is known.
    sentence : str
        The same for a person, with what it rests on.
    presentations : int
        Of training.
    """

    seconds: float | None
    sentence: str
    presentations: int


@dataclass(frozen=True)
class _Known:
    """What is known of a run, or of an experiment that ships."""

    name: str
    speed: Mapping[str, Any]
    n_input: int
    n_train: int
    before: float  # s until the first presentation, but for compiling
    compiling: float  # s; 0 where the network was compiled before
    per_training: float  # s
    per_frozen: float  # s
    here: bool
    where: str


def forecast(
    experiment: Experiment,
    runs: Path,
    size: Size | None = None,
    options: Options | None = None,
    *,
    trust: bool = False,
) -> Forecast:
    """Tell how long a run of an experiment will take.

    Parameters
    ----------
    experiment : Experiment
        What is to be run.
    runs : Path
        The folder of all runs.
    size : Size, optional
        Of its pictures; if not said, they may have to be read, which takes a while for own ones.
    options : Options, optional
        How it runs.
    trust : bool
        Whether what the experiment says of itself in ``[about]`` is of this very experiment, and was not taken over.

    Raises
    ------
    StdpbenchError
        If pictures cannot be read.
    """
    size, options = size or Size.of_experiment(experiment), options or Options()
    n_train, n_frozen = _presentations(experiment, size, options)
    speed = _speed(flat(experiment.to_mapping()))
    known = [*_of_runs(runs, speed), *_of_shipped()]
    best = min(known, key=lambda one: _unlike(one, speed, size.n_input, n_train))  # something ships
    others, scale = _others(best, speed, size.n_input), _scale(best, speed, size.n_input)
    of_file = experiment.about.expected_time if trust else ""
    if others and of_file:
        return Forecast(None, f"Its file says of the time: {of_file.rstrip('.')}.", n_train)
    if len(others) > _MOST_OTHER or not 1 / _FARTHEST <= scale <= _FARTHEST:
        return Forecast(None, _NOTHING, n_train)
    compiling = compile_seconds(experiment, size.n_input, options.simulator)
    if compiling and best.compiling and not others:  # the same network, on this machine or another
        compiling = best.compiling
    seconds = best.before + compiling + scale * (n_train * best.per_training + n_frozen * best.per_frozen)
    return Forecast(seconds, _sentence(best, seconds, compiling, others, scale, n_train), n_train)


def compile_seconds(experiment: Experiment, n_input: int, simulator: str | None) -> float:
    """Seconds that compiling will take; 0 where the network was compiled before.

    `stdpbench.simulators` is imported by name: who asks reads of runs, and must not depend on what carries them out.
    """
    return float(import_module("stdpbench.simulators").compile_seconds(experiment, n_input, simulator))


def _presentations(experiment: Experiment, size: Size, options: Options) -> tuple[int, int]:
    """Presentations of training and of all later phases, as `runs.process.assessment.phases` plans them."""
    schedule = experiment.schedule
    n_pictures = min(schedule.train_images or size.n_train, size.n_train)
    frozen = min(schedule.test_images or size.n_test, size.n_test)
    if size.labelled:
        frozen += min(schedule.label_images or n_pictures, n_pictures)
        frozen *= 2 if options.baselines else 1
    return schedule.passes * n_pictures, frozen


def _speed(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of flat parameters a presentation's time goes with."""
    found = {path: values.get(path) for path in SPEED}
    found["lateral.kind"] = found["lateral.kind"] or "fixed"
    if found["schedule.between"] != "rest":
        found["schedule.rest"] = None
    if found["plasticity.kind"] == "custom":
        found["plasticity.kind"] = f"custom {values.get('plasticity.title', '')}"
    return found


# -- what is known ----------------------------------------------------------------------------------------------------


def _of_runs(runs: Path, speed: Mapping[str, Any]) -> Iterator[_Known]:
    """What finished runs took, those that are most alike and the newest first."""
    if not runs.is_dir():
        return
    with Store(runs) as store:
        entries = [one for one in store.entries(["training.seconds"]) if _is_measured(one)]
    entries.reverse()
    entries.sort(key=lambda one: sum(_speed(one.parameters)[path] != speed[path] for path in SPEED))
    for entry in entries[:_LOOKED_AT]:
        known = _of_run(entry)
        if known is not None:
            yield known


def _is_measured(entry: Entry) -> bool:
    """Whether a run says what it took, all by one network."""
    metrics = entry.metrics
    whole = entry.state == State.FINISHED and not metrics.get("training.stopped")
    return bool(
        whole
        and metrics.get("training.seconds")
        and metrics.get("training.presentations")
        and not entry.changes.keys() & set(SPEED)
    )


def _of_run(entry: Entry) -> _Known | None:
    try:
        records = read_journal(entry.path)
        n_input = int(np.load(entry.path / "weights.npy", mmap_mode="r", allow_pickle=False).shape[0])
    except (StdpbenchError, *DAMAGE):
        return None
    before, compiling, after = _times(records)
    plans = [record.fact.phases for record in records if isinstance(record.fact, Started | Planned)]
    n_frozen = sum(total for name, total in plans[-1] if name != "train") if plans else 0
    if not n_frozen:
        return None
    here, where = _machine(entry.path)
    metrics = entry.metrics
    return _Known(
        entry.name,
        _speed(entry.parameters),
        n_input,
        metrics["training.presentations"],
        before,
        compiling,
        metrics["training.seconds"] / metrics["training.presentations"],
        after / n_frozen,
        here,
        where,
    )


def _times(records: Sequence[Record]) -> tuple[float, float, float]:
    """Seconds until training could begin, but for compiling; of compiling; and of what follows training.

    Pauses do not count.
    """
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    n_train = dict(started.phases).get("train", 0) if started is not None else 0
    before = compiling = after = 0.0
    state, begun = State.QUEUED, False
    for record, following in pairwise(records):
        compiles = isinstance(record.fact, StateChanged) and record.fact.reason == COMPILING
        if isinstance(record.fact, StateChanged):
            state = State(record.fact.state)
            begun = begun or state is State.RUNNING
        if state not in _ACTIVE:
            continue
        seconds = _seconds(record.time, following.time)
        if compiles and not begun:
            compiling += seconds
        elif not begun:
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
    """Whether a run was carried out on this machine, as far as can be told; and on what."""
    try:
        host = dict(RunFolder(folder).read_json("run.json").get("host", {}))
    except (StdpbenchError, TypeError, ValueError):
        return False, "another machine"
    own = environment()["host"]
    cpus = host.get("cpus")
    said = f"{host.get('processor', '')}{f', {cpus} processors' if cpus else ''}".strip(", ")
    return all(host.get(key) == own[key] for key in ("processor", "cpus")), f"another machine ({said or 'unknown'})"


def _of_shipped() -> Iterator[_Known]:
    """What experiments that ship took where they were measured."""
    for name in shipped_experiments():
        experiment = read_experiment(name)
        if experiment.about.measured_time is None:
            continue
        size = Size.of_experiment(experiment)
        n_train, n_frozen = _presentations(experiment, size, Options())
        per_presentation = (experiment.about.measured_time - _SHIPPED_COMPILING) / (n_train + n_frozen)
        yield _Known(
            name,
            _speed(flat(experiment.to_mapping())),
            size.n_input,
            n_train,
            0.0,
            0.0,
            per_presentation,
            per_presentation,
            False,
            "",
        )


# -- what follows -----------------------------------------------------------------------------------------------------


def _others(known: _Known, speed: Mapping[str, Any], n_input: int) -> list[str]:
    """In what it is another network, or shown otherwise."""
    found = [path for path in SPEED if known.speed[path] != speed[path]]
    return found if known.n_input == n_input else [*found, _N_INPUT]


def _unlike(known: _Known, speed: Mapping[str, Any], n_input: int, n_train: int) -> tuple[float, ...]:
    """Orders by how far what is known is from what is asked for."""
    more = abs(math.log(_scale(known, speed, n_input)))
    far = more > math.log(_FARTHEST)
    longer = abs(math.log(max(known.n_train, 1) / max(n_train, 1)))
    return len(_others(known, speed, n_input)), far, not known.here, not known.where, more, longer


def _scale(known: _Known, speed: Mapping[str, Any], n_input: int) -> float:
    """How much more work a presentation is: it grows with synapses and time steps."""
    return _work(speed) * n_input / (_work(known.speed) * known.n_input)


def _work(speed: Mapping[str, Any]) -> float:
    steps = (_milliseconds(speed["schedule.stimulus"]) + _milliseconds(speed["schedule.rest"])) or 1.0
    n_exc = speed["network.n_exc"]
    return steps / (_milliseconds(speed["network.dt"]) or 1.0) * (n_exc if isinstance(n_exc, int) and n_exc > 0 else 1)


def _milliseconds(text: Any) -> float:
    try:
        value = read(text, "ms")
    except StdpbenchError:
        return 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def _sentence(
    known: _Known, seconds: float, compiling: float, others: Sequence[str], scale: float, n_train: int
) -> str:
    time, shown = duration(seconds), f"{thousands(n_train)} training presentations"
    source = f"run {known.name}" if known.where else f"the shipped measurement of {known.name}"
    where = "" if known.here else f" on {known.where or 'another machine'}"
    begin = f" Of this, about {duration(compiling)} are for compiling the network." if compiling else ""
    begin += " To begin takes some seconds more." if not known.before and seconds < _SHORT else ""
    if others:
        scaled = ", scaled with synapses and time steps" if abs(math.log(scale)) > 1e-9 else ""
        other = " and ".join(others)
        return f"Perhaps {time} for {shown}: a guess from {source}{where}, which has another {other}{scaled}.{begin}"
    here = " on this machine" if known.here else ""
    return f"About {time}{here} for {shown}, going by {source}: the same network{where}.{begin}"
