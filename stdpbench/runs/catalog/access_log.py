"""Who looked at the labels of test pictures, and how often: the ledger of an experiment.

A test set is worth as much as it was left alone: whoever looks at it often, and goes by what is seen, has trained on
it. Each time answers are compared with labels of pictures that are evaluated on, a fact `LabelsRead` is journaled. It
does not recur: who looks twice is counted twice. Showing pictures reads no labels.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.datasets import Images
from stdpbench.experiment import without_looks
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.catalog.trash import bin_folder
from stdpbench.runs.folder.journal import NAME, Journal
from stdpbench.runs.folder.run_folder import RunFolder, now
from stdpbench.runs.protocol.facts import LabelsRead, Record

_NOT_COMPARED = ("name", "about", "seed")


@dataclass(frozen=True)
class Readings:
    """How often labels of evaluated pictures were read.

    Attributes
    ----------
    run : int or None
        For this run; None for one without a journal, of which nobody knows.
    experiment : int
        For all runs of the same experiment, whatever their seed, in the same folder of runs and its bin.
    runs : int
        How many runs those are.
    unknown : int
        How many of them have no journal.
    """

    run: int | None
    experiment: int
    runs: int
    unknown: int


def note_reading(folder: RunFolder, fact: LabelsRead) -> bool:
    """Write a reading into the journal of a run, whose lock the caller holds.

    Returns
    -------
    bool
        Whether there is a journal to write into; runs of before there were journals have none.
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
    """Count the readings of a run, and of all runs of its experiment beside it and in the bin: what was seen was seen.

    Runs whose experiment or journal cannot be read count among the unknown ones.
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


def shared_pictures(training: Images, shown: Images) -> int:
    """How many of the shown pictures are, pixel by pixel, also among the training pictures.

    The parts are disjoint by construction; a data set may still hold one picture twice.
    """
    known = {_bytes(training, number) for number in range(len(training))}
    return sum(_bytes(shown, number) in known for number in range(len(shown)))


def _bytes(images: Images, number: int) -> int:
    return hash(np.ascontiguousarray(images.pixels[number]).tobytes())


def _compared(path: Path) -> Mapping[str, Any] | None:
    try:
        mapping = tomllib.loads((path / "experiment.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return {key: value for key, value in without_looks(mapping).items() if key not in _NOT_COMPARED}


def _count(path: Path) -> int | None:
    """Readings of a journal, without reading all of its facts: they may be thousands of lines."""
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
