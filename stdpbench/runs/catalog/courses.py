"""Read the course of training of runs from their folders, for `stdpbench.results.figures.comparison`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stdpbench.results.figures.comparison import Course
from stdpbench.runs.catalog.comparison import metrics_of, read_population, theta_unit
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.notes import title_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Record


def course_of(folder: RunFolder, records: Sequence[Record] | None = None) -> Course:
    """Read the course of training of a run.

    Parameters
    ----------
    folder : RunFolder
        The run.
    records : sequence of Record, optional
        Its journal, if already read.

    Raises
    ------
    StdpbenchError
        If one of its files is damaged.
    """
    records = read_journal(folder.path) if records is None else records
    blocks = {record.position: record.fact for record in records if isinstance(record.fact, facts.Block)}
    has_metrics = (folder.path / "metrics.json").is_file()
    read = read_population(folder.stored_experiment)
    metrics = metrics_of(folder.read_json("metrics.json")) if has_metrics else {}
    return Course(
        folder.path.name,
        np.array(list(blocks), np.int64),
        np.array([block.accuracy.get("vote", np.nan) for block in blocks.values()], np.float64),
        np.array([block.mean_theta for block in blocks.values()], np.float64),
        np.array([np.mean(block.spikes) if block.spikes else np.nan for block in blocks.values()], np.float64),
        tuple(dict.fromkeys(sorted(one.position for one in records if isinstance(one.fact, facts.Intervention)))),
        metrics.get("accuracy, vote"),
        read,
        theta_unit(folder.stored_experiment),
        title_of(folder.path),
        origin_of(folder.path).word,
    )
