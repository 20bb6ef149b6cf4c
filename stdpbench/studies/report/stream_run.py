"""Runs of streams with their measures, alone and in groups that differ in their seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns, summary
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.changes import reached_position, stored_at
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.states import State

OF_POPULATIONS = ("rate", "cv", "synchrony", "delta", "gamma")
"""Measures that each population has."""


@dataclass(frozen=True, eq=False)
class StreamRun:
    """A run of a stream with its measures.

    Attributes
    ----------
    folder : RunFolder
        The run folder.
    metadata : mapping
        What the run says of itself.
    start, experiment : Experiment
        The experiment at the start of the run, and with the parameters at its end.
    live : LiveRun
        What the journal says.
    """

    folder: RunFolder
    metadata: Mapping[str, Any]
    start: Experiment
    experiment: Experiment
    live: LiveRun

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.folder.path.resolve().name

    @property
    def seconds(self) -> float:
        """Duration of a piece."""
        return self.experiment.schedule.piece or 1.0

    @property
    def shown(self) -> float:
        """Duration of the stream so far, in s."""
        return self.seconds * max(self.live.pieces)

    @property
    def planned(self) -> float:
        """Duration of the whole stream, in s."""
        n = dict(self.live.started.phases).get("train", 0) if self.live.started is not None else 0
        return self.seconds * n

    @property
    def state(self) -> State:
        """State of the run."""
        return state_of(self.folder)[0]

    @cached_property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Measures, one value per piece."""
        return stream_columns(self.live.pieces, self.seconds)

    @cached_property
    def answers(self) -> dict[str, NDArray[Any]]:
        """Answers to patterns; empty without patterns."""
        return pattern_answers(self.live.pieces.values())

    @cached_property
    def end(self) -> dict[str, Any]:
        """Measures at the end."""
        return summary(self.live.pieces, self.seconds)


def load_stream(folder: RunFolder) -> StreamRun:
    """Read the run of a stream.

    Raises
    ------
    StdpbenchError
        If no piece of it is complete, or a file is missing or damaged.
    """
    start, records = folder.stored_experiment, read_journal(folder.path)
    live = LiveRun.replay(records)
    if not live.pieces:
        raise StdpbenchError(
            f"{folder.path.name} has no complete piece of its stream yet, so there is nothing to report"
        )
    experiment = stored_at(start, records, reached_position(records))
    return StreamRun(folder, folder.about, start, experiment, live)


@dataclass(frozen=True, eq=False)
class Grouped:
    """Measures of runs that differ in their seed alone, over the time that they have in common.

    Attributes
    ----------
    name : str
        Name of the experiment.
    seeds : tuple of int
        Seeds of the runs.
    time : ndarray, float64, s
        Ends of the pieces.
    mean, sd : dict of str to ndarray
        By measure and population, over seeds; NaN where no run, or fewer than two, have a value.
    """

    name: str
    seeds: tuple[int, ...]
    time: NDArray[np.float64]
    mean: dict[str, NDArray[np.float64]]
    sd: dict[str, NDArray[np.float64]]


def grouped(runs: Sequence[StreamRun], experiments: Sequence[str]) -> list[Grouped]:
    """Return means and standard deviations over seeds, for each experiment with at least two runs."""
    found = []
    for text in dict.fromkeys(experiments):
        mine = [run for run, experiment in zip(runs, experiments, strict=True) if experiment == text]
        if len(mine) < 2:
            continue
        common = min((run.columns["time"] for run in mine), key=len)
        mean, sd = dict[str, NDArray[np.float64]](), dict[str, NDArray[np.float64]]()
        for key in mine[0].columns:
            if key.partition(".")[0] in OF_POPULATIONS and all(key in run.columns for run in mine):
                values = np.array([run.columns[key][: len(common)] for run in mine], float)
                n = np.isfinite(values).sum(axis=0)
                sums = np.nansum(values, axis=0)
                mean[key] = np.where(n > 0, sums / np.maximum(n, 1), np.nan)
                off = np.nansum((values - mean[key]) ** 2, axis=0)
                sd[key] = np.where(n > 1, np.sqrt(off / np.maximum(n - 1, 1)), np.nan)
        seeds = tuple(run.experiment.seed for run in mine)
        found.append(Grouped(mine[0].experiment.name, seeds, common, mean, sd))
    return found
