"""Draw the figures of a run folder, unless the environment variable ``STDPBENCH_FIGURES`` is 0.

The functions return sentences about figures that could not be drawn; a missing figure does not affect the run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from math import prod
from typing import Concatenate, ParamSpec

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Split
from stdpbench.experiment import Experiment, graph_for
from stdpbench.results.figures.confusion import confusion
from stdpbench.results.figures.fields import receptive_fields
from stdpbench.results.figures.run_figures import accuracy_over_time
from stdpbench.results.figures.saving import write_figure
from stdpbench.results.figures.stream_figures import stream_figure
from stdpbench.results.figures.surrogate_training import (
    Columns,
    layers_with_gradients,
    passes_of,
    surrogate_training_figure,
)
from stdpbench.results.readout import READOUTS, Assignment, Score
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.analysis.fields import fields_of
from stdpbench.runs.analysis.stream_series import pattern_answers, stream_columns
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder, make_folder
from stdpbench.runs.folder.weights_origin import origin_of
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import describe_intervention
from stdpbench.runs.protocol.facts import Piece

_P = ParamSpec("_P")
_log = logging.getLogger(__name__)


def _attempted(draw: Callable[Concatenate[RunFolder, _P], None]) -> Callable[Concatenate[RunFolder, _P], list[str]]:
    """Return a function that draws figures unless they are disabled, and returns a sentence if that fails."""

    def attempt(folder: RunFolder, /, *arguments: _P.args, **options: _P.kwargs) -> list[str]:
        if os.environ.get("STDPBENCH_FIGURES") == "0":
            return []
        import matplotlib

        matplotlib.rcdefaults()  # ignore the user's settings files
        try:
            make_folder(folder.path / "figures")
            draw(folder, *arguments, **options)
        except Exception as error:  # whatever matplotlib raises: a figure must not end a run
            _log.exception("a figure cannot be drawn")
            return [f"A figure is missing, since it cannot be drawn: {' '.join(str(error).split())[:200]}."]
        return []

    return attempt


@_attempted
def draw_training(
    folder: RunFolder,
    experiment: Experiment,
    split: Split,
    w: NDArray[np.float64],
    curves: Curves,
    pieces: Mapping[int, Piece] | None = None,
) -> None:
    """Draw receptive fields, and the curves of training with marks for changes; for a stream, its measures."""
    if experiment.stream is not None:
        columns, answers = (
            stream_columns(pieces or {}, experiment.schedule.piece or 1.0),
            pattern_answers((pieces or {}).values()),
        )
        title = f"{experiment.name}, seed {experiment.seed}"
        write_figure(stream_figure(columns, answers, title=title), folder.path / "figures" / "stream.png")
        return
    _draw_fields(folder, experiment, split, w, None)
    if curves.points:
        graph = experiment.graph()
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
            changes=_changes(folder),
            population=graph.read,
            theta_unit=graph.shown_as(graph.read)[1],
            noun=split.train.noun,
        )
        write_figure(figure, folder.path / "figures" / "accuracy_over_time.png")


@_attempted
def draw_surrogate_training(folder: RunFolder, experiment: Experiment, n_pictures: int, columns: Columns) -> None:
    """Draw gradients and silent neurons by layer over the passes of a training, if gradients are known."""
    if not layers_with_gradients(columns):
        return
    passes = passes_of(columns, n_pictures)
    if len(passes["pass"]) < 2:
        return
    figure = surrogate_training_figure({"": [passes]}, f"{experiment.name}, seed {experiment.seed}")
    write_figure(figure, folder.path / "figures" / "surrogate_training.png")


@_attempted
def draw_assessment(
    folder: RunFolder,
    experiment: Experiment,
    split: Split,
    w: NDArray[np.float64],
    assignment: Assignment | None,
    scores: Mapping[str, Score],
) -> None:
    """Draw receptive fields with the classes of their neurons, and the confusion matrix."""
    _draw_fields(folder, experiment, split, w, assignment)
    readout = origin_of(folder.path).word or "vote"
    title = f"{experiment.name}, seed {experiment.seed}, {readout}"
    figure = confusion(scores["vote"], split.class_names, title=title, noun=split.test.noun)
    write_figure(figure, folder.path / "figures" / "confusion.png")


def _changes(folder: RunFolder) -> list[tuple[int, str]]:
    """Return position and short description of each intervention, in order."""
    changed = [
        (record.position, describe_intervention(record.fact))
        for record in read_journal(folder.path)
        if isinstance(record.fact, facts.Intervention)
    ]
    return sorted(changed, key=lambda change: change[0])


def _draw_fields(
    folder: RunFolder,
    experiment: Experiment,
    split: Split,
    w: NDArray[np.float64],
    assignment: Assignment | None,
) -> None:
    graph = graph_for(experiment, split.train)
    projection = graph.projections.get(graph.shown)
    if projection is None:
        return  # nothing learns
    fields, shape = fields_of(graph, graph.shown, w)
    if len(fields) != prod(shape):
        return  # a row of weights, one per neuron or synapse, has no fields
    labelled = assignment if projection.target == graph.read and not projection.shared else None
    which = f"{fields.shape[1]} {projection.target} {'units' if projection.shared else 'neurons'}"
    weights = "input weights" if projection.source == graph.input else f"weights from {projection.source}"
    figure = receptive_fields(
        fields,
        shape,
        None if labelled is None else labelled.labels,
        class_names=split.class_names or None,
        title=f"{experiment.name}, seed {experiment.seed}: {weights} of {which}",
    )
    write_figure(figure, folder.path / "figures" / "receptive_fields.png")
