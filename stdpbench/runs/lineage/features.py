"""Responses of a finished run as the data of a network that is trained with labels."""

from __future__ import annotations

from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.access_log import data_set_of
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import load_split

FEATURES = "features.npz"
"""File in the folder of the run that responded."""
_PEAK = 99.9
"""Percentile of the numbers of spikes that is shown as white."""


def features_of(parent: RunFolder) -> dict[str, str]:
    """Return the section ``data`` of an experiment whose input are the responses of a finished run.

    The responses are those of the run's evaluation: to the training pictures that named its neurons, with learning
    off, and to its test pictures, or its validation pictures if it held some out. They are written into the run's
    folder.

    Parameters
    ----------
    parent : RunFolder
        The run that has responded.

    Raises
    ------
    StdpbenchError
        If the run has no responses, or what it showed has no classes.
    """
    path = write_features(parent)
    return {"kind": "responses", "path": str(path.resolve()), "of": data_set_of(parent.experiment.to_mapping())}


def write_features(parent: RunFolder) -> Path:
    """Write the responses of a finished run as pictures, and return the file.

    It has the arrays that the data set ``responses`` reads: ``images`` and ``test_images``, uint8, and ``labels`` and
    ``test_labels``, int64. A picture has as many pixels as the run has exc neurons.

    Raises
    ------
    StdpbenchError
        If the run has no responses, or its pictures no classes.
    """
    experiment, name = parent.experiment, parent.path.name
    if not all((parent.path / each).is_file() for each in ("label.npz", "test.npz")):
        raise StdpbenchError(f"{name} has no responses to pictures yet: it is not finished, or showed none")
    validation = bool(parent.about.get("validation", False))
    split = load_split(experiment, validation)
    (label,), (test,) = (parent.read_arrays(each, "spike_counts") for each in ("label.npz", "test.npz"))
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
    """Return numbers of spikes as pictures of almost equal sides, (n, height, width)."""
    n = counts.shape[1]
    height = next(side for side in range(isqrt(n), 0, -1) if n % side == 0)
    values: NDArray[np.uint8] = np.minimum(np.rint(counts * (255.0 / peak)), 255).astype(np.uint8)
    return values.reshape(len(counts), height, n // height)


def _named(labels: NDArray[np.int64], names: tuple[str, ...]) -> NDArray[Any]:
    """Return the names of classes where there are names, so that classes keep them."""
    return np.array(names)[labels] if names else labels
