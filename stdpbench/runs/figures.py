"""The figures of a run folder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Split
from stdpbench.experiment import Experiment
from stdpbench.readout import READOUTS, Assignment, Score
from stdpbench.readout.figures import accuracy_over_time, confusion, receptive_fields, save
from stdpbench.runs.curves import Curves
from stdpbench.runs.folder import RunFolder


def draw_training(
    folder: RunFolder, experiment: Experiment, split: Split, w: NDArray[np.float64], curves: Curves
) -> None:
    """Draw receptive fields, and the course of training."""
    (folder.path / "figures").mkdir(exist_ok=True)
    _draw_fields(folder, experiment, split, w, None)
    if curves.points:
        accuracy = {
            name: np.array(curves.accuracy[name]) for name in READOUTS if np.isfinite(curves.accuracy[name]).any()
        }
        figure = accuracy_over_time(
            np.array(curves.points),
            accuracy,
            np.array(curves.mean_theta),
            np.array(curves.spikes_per_image),
            window=curves.window,
            title=f"{experiment.name}, seed {experiment.seed}: running accuracy on training labels",
        )
        save(figure, folder.path / "figures" / "accuracy_over_time.png")


def draw_assessment(
    folder: RunFolder,
    experiment: Experiment,
    split: Split,
    w: NDArray[np.float64],
    assignment: Assignment | None,
    scores: Mapping[str, Score],
) -> None:
    """Draw receptive fields with the classes of their neurons, and the confusion matrix of the vote."""
    (folder.path / "figures").mkdir(exist_ok=True)
    _draw_fields(folder, experiment, split, w, assignment)
    figure = confusion(scores["vote"], split.class_names, title=f"{experiment.name}, seed {experiment.seed}, vote")
    save(figure, folder.path / "figures" / "confusion.png")


def _draw_fields(
    folder: RunFolder,
    experiment: Experiment,
    split: Split,
    w: NDArray[np.float64],
    assignment: Assignment | None,
) -> None:
    height, width = split.train.pixels.shape[1:]
    figure = receptive_fields(
        w,
        (height, width),
        None if assignment is None else assignment.labels,
        class_names=split.class_names or None,
        title=f"{experiment.name}, seed {experiment.seed}: input weights of {experiment.network.n_exc} exc neurons",
    )
    save(figure, folder.path / "figures" / "receptive_fields.png")
