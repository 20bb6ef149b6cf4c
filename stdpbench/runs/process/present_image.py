"""Show a picture from a reader to the network, without learning and without any effect on its state.

This implements the request ``try`` of a run's process and of `runs.process.probe`. The presentation is frozen and
starts from the reset state, as in the test phase. The state of the simulator is restored exactly afterwards, so later
learning is unaffected.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import Images
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.results.readout import Assignment, assign
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.curves import Curves
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.start import normalised, trained_arrays
from stdpbench.runs.process.evaluation import as_evaluated, present_frozen

_PRESENTATION = 1_000_000_000
"""Number of the presentation within the test phase, beyond those of pictures: a separate, fixed random stream."""


def try_picture(
    simulator: Simulator,
    experiment: Experiment,
    picture: Any,
    shape: tuple[int, int],
    learned: Learned,
    assignment: Assignment | None = None,
) -> dict[str, Any]:
    """Show a picture to a frozen network, from the reset state, brighter until it evokes enough spikes.

    Parameters
    ----------
    simulator : Simulator
        The simulator; its state is restored afterwards.
    experiment : Experiment
        The experiment with the active parameters.
    picture : array_like, (height, width) or (n_input,)
        Grey values, preprocessed like the pictures of the experiment.
    shape : tuple of int
        Height and width of the pictures of the experiment.
    learned : Learned
        Weights and thresholds as used by a presentation, normalised if the experiment normalises.
    assignment : Assignment, optional
        Classes of the neurons; without them there is no vote.

    Returns
    -------
    dict
        ``spike_counts``, list of int of length n_exc; ``spikes`` of the population that is read, and ``input``, pairs
        (index, bin) of lists; ``n_bins``
        of the stimulus; ``dt`` in ms; ``attempts``; ``vote``: None, or a dict with ``answer`` (class, or -1 for none),
        ``scores`` (mean spikes of the neurons of each class), ``labels`` (class of each neuron, or -1) and
        ``pictures`` (number of pictures that the labels are based on). All values are lists, not arrays, so that any
        transport can encode them.

    Raises
    ------
    StdpbenchError
        If the picture has another size, contains invalid grey values, is black, or is too bright to be encoded.
    """
    if experiment.stream is not None:
        raise StdpbenchError("a network that receives a stream cannot be shown pictures")
    if "images" not in experiment.encoding.takes:
        raise StdpbenchError("this network takes no pictures, so it cannot be shown a drawing")
    pixels = _checked(picture, shape)
    evaluated, brightest, dt = experiment.evaluated, float(pixels.max()), experiment.network.dt * 1e-3
    bins, encoding = experiment.stimulus_bins, evaluated.encoding
    problems = (encoding.problem(brightest, number, bins, dt) for number in range(evaluated.attempts))
    attempts = sum(1 for _ in takewhile(lambda problem: not problem, problems))
    if not attempts:
        raise StdpbenchError(
            f"the brightest pixel of the picture ({brightest:.0f}) is too bright to be encoded; more strokes spread "
            "the brightness over more pixels"
        )
    images = Images(pixels[None].astype(np.float32), None)
    state, read = simulator.state(), simulator.graph.read
    try:
        simulator.set_learned(learned)
        with as_evaluated(simulator, experiment) as shown:
            response, n_shown = present_frozen(simulator, shown, images, "test", 0, _PRESENTATION, attempts=attempts)
    finally:
        simulator.set_state(state)
    return {
        "spike_counts": response.counts(read).tolist(),
        "spikes": [response.spikes[read].index.tolist(), response.spikes[read].bin.tolist()],
        "input": [response.input.index.tolist(), response.input.bin.tolist()],
        "n_bins": experiment.stimulus_bins,
        "dt": experiment.network.dt,
        "attempts": n_shown,
        "vote": None if assignment is None else _vote(response.counts(read), assignment),
    }


def try_in_run(
    simulator: Simulator,
    experiment: Experiment,
    split: Split,
    picture: Any,
    trained: RunFolder | None,
    curves: Curves,
) -> dict[str, Any]:
    """Show a picture to the network of an active run; see `try_picture`.

    Parameters
    ----------
    simulator, experiment, picture
        As in `try_picture`; during training, the simulator contains the network of the run.
    split : Split
        The pictures of the run.
    trained : RunFolder or None
        After training, the run folder, from which weights and labels are read; else None.
    curves : Curves
        Responses to recent training pictures, which determine the labels until the label phase is over.
    """
    assignment = None
    if trained is not None:
        graph = simulator.graph
        learned = trained_arrays(trained, experiment, graph.populations[graph.input].shape)
        assignment = written_labels(trained, simulator.n_read)
    else:
        learned = normalised(simulator.learned, simulator.graph)
    if assignment is None:
        recent = curves.recent(simulator.n_read)
        images, counts = recent["recent_image"].astype(np.int64), recent["recent_counts"]
        assignment = recent_labels(images, counts, split.train.labels, len(split.class_names))
    return try_picture(simulator, experiment, picture, split.train.shape, learned, assignment)


def recent_labels(
    images: NDArray[np.int64], counts: NDArray[Any], labels: NDArray[np.int64] | None, n_classes: int
) -> Assignment | None:
    """Assign classes to neurons during training, from the responses to recent training pictures.

    Parameters
    ----------
    images : ndarray, int64, (n,)
        Numbers of the training pictures that were shown most recently.
    counts : ndarray, integer, (n, n_exc)
        Exc spikes in response to them.
    labels : ndarray, int64, (n_images,), or None
        Classes of the training pictures.
    n_classes : int
        Number of classes.

    Returns
    -------
    Assignment or None
        None if the pictures have no labels, or none has been shown yet.
    """
    if labels is None or not len(images) or n_classes < 1:
        return None
    return assign(counts.astype(np.int64), labels[images], n_classes)


def written_labels(folder: RunFolder, n_exc: int) -> Assignment | None:
    """Return the classes of neurons that the label phase of a run saved; None if they cannot be read."""
    try:
        with np.load(folder.path / "assignments.npz", allow_pickle=False) as arrays:
            assignment = Assignment(arrays["labels"], arrays["mean_response"], arrays["class_counts"])
    except DAMAGE:
        return None
    fits = assignment.labels.shape == (n_exc,) and assignment.mean_response.shape == (
        len(assignment.class_counts),
        n_exc,
    )
    return assignment if fits else None


def _checked(picture: Any, shape: tuple[int, int]) -> NDArray[np.float64]:
    try:
        pixels = np.asarray(picture, np.float64)
    except (TypeError, ValueError):
        raise StdpbenchError("the picture must be a list of grey values, one per pixel") from None
    if pixels.shape not in (shape, (shape[0] * shape[1],)):
        raise StdpbenchError(
            f"the picture has the shape {'×'.join(map(str, pixels.shape))}, but this network needs "
            f"{shape[0]}×{shape[1]} pixels"
        )
    if not np.isfinite(pixels).all() or pixels.min() < 0:
        raise StdpbenchError("the picture has invalid grey values: they must be finite and at least 0")
    if not pixels.any():
        raise StdpbenchError("the picture is black, so it evokes no response")
    return pixels.reshape(shape)


def _vote(counts: NDArray[np.int64], assignment: Assignment) -> dict[str, Any]:
    vote = Vote()
    scores = counts.astype(np.float64) @ vote.weights(assignment)
    return {
        "answer": int(vote.predict(counts[None], assignment)[0]),
        "scores": scores.tolist(),
        "labels": assignment.labels.tolist(),
        "pictures": int(assignment.class_counts.sum()),
    }
