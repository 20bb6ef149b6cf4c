"""Start other runs from a run: use its responses as data for training with labels, or its earlier positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.catalog.access_log import data_set_of
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import reached_by, resume_position, resumption
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.protocol.changes import experiment_at
from stdpbench.runs.protocol.facts import Record

FEATURES = "features.npz"
"""File with the responses, in the folder of the run."""
_PEAK = 99.9
"""Percentile of spike counts that is shown as white."""


def features_of(parent: RunFolder) -> dict[str, str]:
    """Return the section ``data`` of an experiment whose input is the responses of a finished run.

    The responses are those of the run's evaluation, with learning off: to the training pictures that labelled its
    neurons, and to its test pictures, or its validation pictures if some were held out. They are written into the
    run folder.

    Parameters
    ----------
    parent : RunFolder
        The run.

    Raises
    ------
    StdpbenchError
        If the run has no responses, or its pictures have no classes.
    """
    path = write_features(parent)
    return {"kind": "responses", "path": str(path.resolve()), "of": data_set_of(parent.experiment.to_mapping())}


def write_features(parent: RunFolder) -> Path:
    """Write the responses of a finished run as pictures, and return the file.

    The file has the arrays of the data set ``responses``: ``images`` and ``test_images``, uint8, and ``labels`` and
    ``test_labels``, int64 or class names. A picture has as many pixels as the run has exc neurons.

    Raises
    ------
    StdpbenchError
        If the run has no responses, or its pictures have no classes.
    """
    experiment, name = parent.experiment, parent.path.name
    if not all((parent.path / file).is_file() for file in ("label.npz", "test.npz")):
        raise StdpbenchError(f"{name} has no responses to pictures: it is not finished, or shows no pictures")
    split = load_split(experiment, parent.validation)
    (label,), (test,) = (parent.read_arrays(file, "spike_counts") for file in ("label.npz", "test.npz"))
    shown = split.train.part(0, len(label))
    if shown.labels is None or split.test.labels is None or len(split.test) != len(test):
        raise StdpbenchError(f"{name} cannot provide features: its data have no classes, or have changed since")
    fired = label[label > 0]
    peak = float(np.percentile(fired, _PEAK)) if len(fired) else 1.0
    parent.write_arrays(
        FEATURES,
        images=_pictures(label, peak),
        labels=_named(shown.labels, split.class_names),
        test_images=_pictures(test, peak),
        test_labels=_named(split.test.labels, split.class_names),
    )
    return parent.path / FEATURES


def _pictures(counts: NDArray[np.uint16], peak: float) -> NDArray[np.uint8]:
    """Return spike counts as pictures that are as square as possible, (n, height, width)."""
    values: NDArray[np.uint8] = np.minimum(np.rint(counts * (255.0 / peak)), 255).astype(np.uint8)
    return values.reshape(len(counts), *field_shape(counts.shape[1:]))


def _named(labels: NDArray[np.int64], names: tuple[str, ...]) -> NDArray[Any]:
    """Return class names instead of labels, if there are names."""
    return np.array(names)[labels] if names else labels


@dataclass(frozen=True)
class Past:
    """A run and its facts up to now.

    Attributes
    ----------
    folder : RunFolder
        The run.
    start : Experiment
        The experiment with which it started.
    records : sequence of Record
        Its facts.
    reached : int
        Number of training presentations so far.
    active : bool
        Whether a process is working on it.
    """

    folder: RunFolder
    start: Experiment
    records: Sequence[Record]
    reached: int
    active: bool

    @classmethod
    def read(cls, folder: RunFolder) -> Past:
        """Read the journal of a run.

        Raises
        ------
        StdpbenchError
            If it cannot be read, or a kind of the run is not installed.
        """
        records = read_journal(folder.path)
        return cls(folder, folder.experiment, records, reached_by(folder), has_process(folder.path))

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.folder.path.name

    def branched_at(self, at: int) -> Experiment:
        """Return the experiment that a branch at a position continues with."""
        return experiment_at(self.start, self.records, at)

    def resumption(self, at: int, number: Callable[[int], str] = str) -> str:
        """Return a sentence on where a rewound run or a branch resumes, and which presentations it recomputes."""
        return resumption(resume_position(self.folder.path, at, self.reached if self.active else None), at, number)
