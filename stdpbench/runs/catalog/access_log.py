"""Log how often the labels of test pictures are read in an experiment.

A test set loses its value with use: choosing models by repeated evaluation on it amounts to training on it. Each time
answers are compared with labels of evaluated pictures, a fact `LabelsRead` is written to the journal. It does not
recur on resumption: each reading counts. Displaying pictures does not read labels.

For the run, every access is counted. For its experiment and its data set, *looks* are counted: each network that was
compared with the same test labels informs the next choice, whatever parameter is changed next. A network counts as one
look, together with its baselines, however often its results are opened again.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

from stdpbench.base.files import read_regular
from stdpbench.data.datasets import PLACES
from stdpbench.data.stimuli import StimulusSet
from stdpbench.experiment import Experiment, without_looks
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.catalog.trash import bin_folder
from stdpbench.runs.folder.journal import NAME, Journal
from stdpbench.runs.folder.run_folder import RunFolder, now
from stdpbench.runs.protocol.facts import Block, Intervention, LabelsRead, Record, Taught

_NOT_COMPARED = ("name", "about", "seed")
ABOUT_LOOKS = (
    "A look is a trained network whose answers were compared with these labels, with all its read-outs and baselines; "
    "opening it again adds none."
)
_CHANGED = tuple(f'"{kind.__name__}"'.encode() for kind in get_args(Intervention))
_TRAINED = tuple(f'"{kind.__name__}"'.encode() for kind in (Block, Taught))
_POSITION = re.compile(rb'"position": ?(\d+)')


@dataclass(frozen=True)
class Readings:
    """Numbers of readings of the labels of evaluated pictures.

    Attributes
    ----------
    run : int or None
        Accesses to these labels for this run; None if it has no journal.
    experiment : int
        Looks of all runs of the same experiment, with any seed, in the same runs folder and its bin.
    runs : int
        Number of those runs.
    unknown : int
        Number of those runs without a readable journal.
    data_set : int
        Looks at test labels of all runs with the same data set in the same runs folder and its bin; held-out training
        pictures do not count.
    data_set_runs : int
        Number of runs with the same data set.
    """

    run: int | None
    experiment: int
    runs: int
    unknown: int
    data_set: int = 0
    data_set_runs: int = 0


def note_reading(folder: RunFolder, fact: LabelsRead) -> None:
    """Write a reading to the journal of a run; the caller must hold the lock of the run."""
    journal = Journal(folder.path)
    try:
        position = journal.records[-1].position if journal.records else 0
        journal.append(Record(len(journal.records), position, now(), fact), sync=True)
    finally:
        journal.close()


def count_readings(folder: RunFolder) -> Readings:
    """Count the readings for a run and for all runs of its experiment in the same folder, including deleted ones.

    Runs whose journal cannot be read are counted as unknown.
    """
    run_path = folder.path.resolve()
    run_tables = _tables(run_path)
    runs_folder = run_path.parent.parent if run_path.parent.name == BIN else run_path.parent
    of_experiment, of_data = dict[Path, _Counts | None](), dict[Path, _Counts | None]()
    for path, tables in _runs_in(runs_folder):
        if path == run_path or _compared(tables) == _compared(run_tables):
            of_experiment[path] = _count(path)
        if data_set_of(tables) == data_set_of(run_tables):
            of_data[path] = of_experiment[path] if path in of_experiment else _count(path)
    run = of_experiment.get(run_path)
    return Readings(
        None if run is None else run.accesses,
        sum(count.looks for count in of_experiment.values() if count is not None),
        len(of_experiment),
        [*of_experiment.values()].count(None),
        sum(count.test_looks for count in of_data.values() if count is not None),
        len(of_data),
    )


def count_looks(experiment: Experiment, runs: Path) -> int:
    """Count the looks at test labels of all runs in a folder and its bin with the data set of an experiment."""
    wanted = data_set_of(experiment.model_copy(update={"data": experiment.data.resolved()}).to_mapping())
    if not runs.is_dir():
        return 0
    of_data = [path for path, tables in _runs_in(runs.resolve()) if data_set_of(tables) == wanted]
    return sum(count.test_looks for path in of_data if (count := _count(path)) is not None)


def _runs_in(runs_folder: Path) -> Iterator[tuple[Path, Mapping[str, Any] | None]]:
    """Yield the folder of each run and its experiment as tables, or None if that cannot be read."""
    for path in sorted((*runs_folder.iterdir(), *bin_folder(runs_folder).glob("*/"))):
        if not path.name.startswith(".") and (path / "experiment.toml").is_file():
            yield path, _tables(path)


def shared_pictures(training: StimulusSet, presented: StimulusSet) -> int:
    """Count the presented pictures that are identical, pixel by pixel, to a training picture.

    The parts of a split are disjoint, but a data set may contain a picture twice.
    """
    digests = {training.digest(number) for number in range(len(training))}
    return sum(presented.digest(number) in digests for number in range(len(presented)))


def _tables(path: Path) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(read_regular(path / "experiment.toml").decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _compared(tables: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if tables is None:
        return None
    return {key: value for key, value in without_looks(tables).items() if key not in _NOT_COMPARED}


def data_set_of(tables: Mapping[str, Any] | None) -> str:
    """Return a text that identifies a data set: its kind and its files, regardless of preprocessing.

    Responses of a run count as the data set of that run.
    """
    data = None if tables is None else tables.get("data")
    if not isinstance(data, Mapping):
        return ""
    if data.get("kind") == "responses" and data.get("of"):
        return str(data["of"])
    return " ".join(str(data[name]) for name in ("kind", *PLACES) if data.get(name) is not None)


class _Counts(NamedTuple):
    """Accesses to labels of evaluated pictures, looks, and looks at test labels."""

    accesses: int
    looks: int
    test_looks: int


def _count(path: Path) -> _Counts | None:
    """Count the accesses in the journal of a run, and the evaluated networks.

    A network that was trained further, or changed, between two accesses counts as another one. Only some lines are
    parsed, since there can be thousands.
    """
    try:
        lines = read_regular(path / NAME).split(b"\n")
    except OSError:
        return None
    accesses, changes, trained, networks = 0, 0, b"", set[tuple[bytes, int, bool]]()
    for line in lines:
        if b'"LabelsRead"' in line:
            try:
                record = json.loads(line)
                if record["fact"] != "LabelsRead":
                    continue
                networks.add((trained, changes, record.get("part") == "test"))
            except (ValueError, KeyError, TypeError):
                continue
            accesses += 1
        elif any(kind in line for kind in _TRAINED):
            match = _POSITION.search(line)
            trained = match[1] if match else trained
        elif any(kind in line for kind in _CHANGED):
            changes += 1
    return _Counts(accesses, len(networks), sum(of_test for _, _, of_test in networks))
