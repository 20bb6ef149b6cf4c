"""Log how often the labels of test pictures are read in an experiment.

A test set loses its value with use: choosing models by repeated evaluation on it amounts to training on it. Each time
answers are compared with labels of evaluated pictures, a fact `LabelsRead` is written to the journal. It does not
recur on resumption: each reading counts. Displaying pictures does not read labels.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.experiment import without_looks
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
    """

    run: int | None
    experiment: int
    runs: int
    unknown: int


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
    own, wanted = folder.path.resolve(), _compared(folder.path)
    total = runs = unknown = 0
    of_run: int | None = None
    runs_folder = own.parent.parent if own.parent.name == BIN else own.parent
    for path in sorted((*runs_folder.iterdir(), *bin_folder(runs_folder).glob("*/"))):
        if (
            path.name.startswith(".")
            or not (path / "experiment.toml").is_file()
            or (path != own and _compared(path) != wanted)
        ):
            continue
        runs += 1
        count = _count(path)
        if count is None:
            unknown += 1
        total += count or 0
        if path == own:
            of_run = count
    return Readings(of_run, total, runs, unknown)


def shared_pictures(training: StimulusSet, presented: StimulusSet) -> int:
    """Count the presented pictures that are identical, pixel by pixel, to a training picture.

    The parts of a split are disjoint, but a data set may contain a picture twice.
    """
    known = {training.digest(number) for number in range(len(training))}
    return sum(presented.digest(number) in known for number in range(len(presented)))


def _compared(path: Path) -> Mapping[str, Any] | None:
    try:
        mapping = tomllib.loads((path / "experiment.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return {key: value for key, value in without_looks(mapping).items() if key not in _NOT_COMPARED}


def _count(path: Path) -> int | None:
    """Count the readings in a journal without parsing all facts, which can be thousands of lines."""
    try:
        lines = (path / NAME).read_bytes().split(b"\n")
    except OSError:
        return None
    found = 0
    for line in lines:
        if b'"LabelsRead"' in line:
            try:
                found += json.loads(line)["fact"] == "LabelsRead"
            except (ValueError, KeyError, TypeError):
                continue
    return found
