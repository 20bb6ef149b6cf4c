"""Estimate the duration of a run before its network is built: from its file, or else from the last similar run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.toml_lines import flat
from stdpbench.base.units import thousands
from stdpbench.data.datasets import Dataset, Split
from stdpbench.experiment import Experiment, n_presentations
from stdpbench.runs.catalog.store import Store
from stdpbench.runs.protocol.live_run import duration
from stdpbench.runs.protocol.states import State

_UNKNOWN = (
    "The duration cannot be estimated: no run with this network has finished here. The log shows an estimate once the "
    "network is ready."
)
_SCHEDULE = ("schedule.stimulus", "schedule.rest", "schedule.between", "schedule.piece")


@dataclass(frozen=True)
class Size:
    """Size of a data set; for a stream, pieces count as training pictures.

    Attributes
    ----------
    n_train, n_test : int
        Numbers of training and test pictures.
    shape : (int, int)
        Height and width of a picture; (1, inputs) for a stream.
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
        """Return the size of loaded data, including pictures that an experiment does not use."""
        spare = 0 if split.spare is None else len(split.spare)
        labelled = split.train.labels is not None and split.test.labels is not None
        return cls(len(split.train) + spare, len(split.test), split.train.shape, labelled)

    @classmethod
    def of_experiment(cls, experiment: Experiment) -> Size:
        """Return the size of an experiment's data; pictures are only read if their size is not published.

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


def forecast(experiment: Experiment, runs: Path, size: Size, *, trust: bool = False, done: int = 0) -> str:
    """Return a sentence that estimates the duration of a run of an experiment, or of the rest of one.

    Parameters
    ----------
    experiment : Experiment
        The experiment to be run.
    runs : Path
        The runs folder.
    size : Size
        Size of its data.
    trust : bool
        Whether the entries under ``[about]`` describe this experiment and were not inherited from another one.
    done : int
        Training presentations already carried out by another run.
    """
    if trust and experiment.about.expected_time:
        return f"According to the experiment file: {experiment.about.expected_time.rstrip('.')}."
    n = max(0, n_presentations(experiment, size.n_train) - done)
    network = _network(flat(experiment.to_mapping()))
    for run in reversed(Store(runs, keep=False).entries()):
        seconds, trained = (run.metrics.get(f"training.{name}") for name in ("seconds", "presentations"))
        if run.state == State.FINISHED and seconds and trained and _network(run.parameters) == network:
            unit = "pieces of the stream" if experiment.schedule.is_stream else "training presentations"
            return f"About {duration(n * seconds / trained)} for {thousands(n)} {unit}, as in the run {run.name}."
    return _UNKNOWN


def _network(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that determine the time per presentation: kinds, sizes, and durations."""
    return {
        path: value
        for path, value in values.items()
        if path.startswith("network.") or path.endswith(".kind") or path in _SCHEDULE
    }
