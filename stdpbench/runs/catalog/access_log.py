"""Log how often the labels of test pictures are read in an experiment.

A test set loses its value with use: choosing models by repeated evaluation on it amounts to training on it. Each time
answers are compared with labels of evaluated pictures, a fact `LabelsRead` is written to the journal. It does not
recur on resumption: each reading counts. Displaying pictures does not read labels.

Readings are counted for the run, for its experiment, and for its data set: whatever parameter changed from one run to
the next, each look at the same test labels informs the next choice.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.datasets import PLACES
from stdpbench.experiment import Experiment, without_looks
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.catalog.trash import bin_folder
from stdpbench.runs.folder.journal import NAME, Journal
from stdpbench.runs.folder.run_folder import RunFolder, now
from stdpbench.runs.protocol.facts import LabelsRead, Record
from stdpbench.stimuli import StimulusSet

_NOT_COMPARED = ("name", "about", "seed")


@dataclass(frozen=True)
class Readings:
    """Numbers of readings of labels of evaluated pictures.

    Attributes
    ----------
    run : int or None
        Readings for this run; None if it has no journal.
    experiment : int
        Readings for all runs of the same experiment, with any seed, in the same runs folder and its bin.
    runs : int
        Number of those runs.
    unknown : int
        Number of those runs without a readable journal.
    data_set : int
        Readings of test labels for all runs with the same data set in the same runs folder and its bin, whatever else
        differs; held-out training pictures do not count.
    data_set_runs : int
        Number of runs with the same data set.
    """

    run: int | None
    experiment: int
    runs: int
    unknown: int
    data_set: int = 0
    data_set_runs: int = 0


def note_reading(folder: RunFolder, fact: LabelsRead) -> bool:
    """Write a reading to the journal of a run. The caller must hold the lock of the run.

    Returns
    -------
    bool
        Whether the run has a journal; runs of versions without journals have none.
    """
    if not (folder.path / NAME).is_file():
        return False
    journal = Journal(folder.path)
    try:
        position = journal.records[-1].position if journal.records else 0
        journal.append(Record(len(journal.records), position, now(), fact), sync=True)
    finally:
        journal.close()
    return True


def count_readings(folder: RunFolder) -> Readings:
    """Count the readings for a run and for all runs of its experiment in the same folder, including deleted ones.

    Runs whose journal cannot be read are counted as unknown.
    """
    own = folder.path.resolve()
    of_own, total, runs, unknown = _tables(own), 0, 0, 0
    data_set = data_set_runs = 0
    of_run: int | None = None
    runs_folder = own.parent.parent if own.parent.name == BIN else own.parent
    for path, tables in _runs_in(runs_folder):
        same = path == own or _compared(tables) == _compared(of_own)
        of_data = data_set_of(tables) == data_set_of(of_own)
        if not same and not of_data:
            continue
        count = _count(path)
        data_set_runs += of_data
        data_set += count[1] if of_data and count is not None else 0
        if not same:
            continue
        runs += 1
        if count is None:
            unknown += 1
        total += 0 if count is None else count[0]
        if path == own:
            of_run = None if count is None else count[0]
    return Readings(of_run, total, runs, unknown, data_set, data_set_runs)


def count_looks(experiment: Experiment, runs: Path) -> int:
    """Count the readings of test labels for all runs in a folder and its bin with the data set of an experiment."""
    wanted = data_set_of(experiment.model_copy(update={"data": experiment.data.resolved()}).to_mapping())
    if not runs.is_dir():
        return 0
    of_data = [path for path, tables in _runs_in(runs.resolve()) if data_set_of(tables) == wanted]
    return sum(count[1] for path in of_data if (count := _count(path)) is not None)


def _runs_in(runs_folder: Path) -> Iterator[tuple[Path, Mapping[str, Any] | None]]:
    """Yield the folder of each run and its experiment as tables; None if that cannot be read."""
    for path in sorted((*runs_folder.iterdir(), *bin_folder(runs_folder).glob("*/"))):
        if not path.name.startswith(".") and (path / "experiment.toml").is_file():
            yield path, _tables(path)


def shared_pictures(training: StimulusSet, presented: StimulusSet) -> int:
    """Count the presented pictures that are identical, pixel by pixel, to a training picture.

    The parts of a split are disjoint, but a data set may contain a picture twice.
    """
    known = {training.digest(number) for number in range(len(training))}
    return sum(presented.digest(number) in known for number in range(len(presented)))


def _tables(path: Path) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads((path / "experiment.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _compared(tables: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if tables is None:
        return None
    return {key: value for key, value in without_looks(tables).items() if key not in _NOT_COMPARED}


def data_set_of(tables: Mapping[str, Any] | None) -> str:
    """Return what tells a data set from others: its kind and its files, not how its pictures are prepared.

    Responses of a run are a preparation of the data set that the run showed.
    """
    data = None if tables is None else tables.get("data")
    if not isinstance(data, Mapping):
        return ""
    if data.get("kind") == "responses" and data.get("of"):
        return str(data["of"])
    return " ".join(str(data[name]) for name in ("kind", *PLACES) if data.get(name) is not None)


def _count(path: Path) -> tuple[int, int] | None:
    """Count the readings in a journal, and those of test labels among them.

    Not all facts are parsed, which can be thousands of lines.
    """
    try:
        lines = (path / NAME).read_bytes().split(b"\n")
    except OSError:
        return None
    found = of_test = 0
    for line in lines:
        if b'"LabelsRead"' in line:
            try:
                record = json.loads(line)
                is_reading = record["fact"] == "LabelsRead"
            except (ValueError, KeyError, TypeError):
                continue
            found += is_reading
            of_test += is_reading and record.get("part") == "test"
    return found, of_test
