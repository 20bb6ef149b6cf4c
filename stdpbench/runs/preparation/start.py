"""What stands before the first presentation: pictures cut to the schedule, checks, and the arrays of the start."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Split, validation_split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network import Learned, lateral_start, normalise, start_weights
from stdpbench.plasticity import PlasticityRule
from stdpbench.runs.folder.run_folder import RunFolder


def load_split(experiment: Experiment, validation: bool) -> Split:
    """The pictures of an experiment, with training and test parts cut to its schedule.

    With `validation`, the test part is the last of the training pictures, and the test pictures are not looked at.
    """
    split = experiment.data.prepare()
    if validation:
        split = validation_split(split, experiment.data.validation_size(len(split.train)))
    schedule = experiment.schedule
    for name, wanted, there in (
        ("train_images", schedule.train_images, len(split.train)),
        ("label_images", schedule.label_images, min(len(split.train), schedule.train_images or len(split.train))),
        ("test_images", schedule.test_images, len(split.test)),
    ):
        if wanted is not None and wanted > there:
            raise StdpbenchError(f"schedule.{name} = {wanted}, but there are only {there} pictures for it")
    n_train = schedule.train_images or len(split.train)
    cut = Split(
        split.train.part(0, n_train),
        split.test.part(0, schedule.test_images or len(split.test)),
        split.class_names,
        split.train.part(n_train, len(split.train)),
    )
    check_apart(cut)
    return cut


def check_apart(split: Split) -> None:
    """See that no picture is used to train or label and to evaluate, and that what is left over is neither.

    Raises
    ------
    StdpbenchError
        If parts of a split look at the same memory.
    """
    if np.shares_memory(split.train.pixels, split.test.pixels):
        raise StdpbenchError("training pictures and pictures that are evaluated on overlap: there is no fair result")
    if split.spare is not None and any(
        np.shares_memory(split.spare.pixels, part.pixels) for part in (split.train, split.test)
    ):
        raise StdpbenchError("pictures that are left over overlap with those of training or test: they must be apart")


def check_brightness(experiment: Experiment, split: Split) -> None:
    """See that the brightest picture can be encoded at the last attempt.

    Raises
    ------
    StdpbenchError
        If a pixel would fire with probability 1 or more per step.
    """
    brightest = max(float(part.pixels.max(initial=0)) for part in (split.train, split.test))
    attempt, dt = experiment.schedule.max_attempts - 1, experiment.network.dt * 1e-3
    p = experiment.encoding.largest_probability(brightest, attempt, dt)
    if not p < 1:
        raise StdpbenchError(
            f"the brightest pixel ({brightest:.0f}) would fire with probability {p:.2f} per step at attempt "
            f"{attempt + 1}, but it must stay below 1: lower data.pixel_sum, encoding.intensity_step or "
            "schedule.max_attempts"
        )


def check_weights(experiment: Experiment, split: Split) -> None:
    """See that input weights can have the sum that they are scaled to.

    Raises
    ------
    StdpbenchError
        If a mean weight would exceed w_max: scaling and clipping would undo each other.
    """
    weight_sum, n_input, w_max = experiment.network.weight_sum, split.train.n_input, experiment.plasticity.w_max
    if weight_sum is not None and weight_sum > 0.9 * n_input * w_max:
        raise StdpbenchError(
            f"network.weight_sum = {weight_sum:g} over {n_input} inputs asks for a mean weight of "
            f"{weight_sum / n_input:.2g} where plasticity.w_max = {w_max:g}: lower it (78 belongs to 784 inputs, so "
            f"{78 / 784 * n_input:.3g} to these), or enlarge the pictures with data.resize and data.frame"
        )


def fingerprint(split: Split) -> str:
    """SHA-256, hexadecimal, of the pictures and labels as they are shown."""
    digest = hashlib.sha256()
    for part in (split.train, split.test):
        digest.update(repr((part.pixels.shape, part.pixels.dtype.str)).encode())
        digest.update(np.ascontiguousarray(part.pixels).data)
        if part.labels is not None:
            digest.update(np.ascontiguousarray(part.labels).data)
    return digest.hexdigest()


def fingerprint_at_start(start: Experiment, experiment: Experiment, split: Split, validation: bool) -> str:
    """The fingerprint of the pictures that a run began with, as they are now.

    Parameters
    ----------
    start, experiment : Experiment
        What the run began with, and what is in force: how many pictures are evaluated may have changed in between.
    split : Split
        The pictures of `experiment`.
    validation : bool
        As in `load_split`.
    """
    cut_alike = start.schedule.test_images == experiment.schedule.test_images
    return fingerprint(split if cut_alike else load_split(start, validation))


def start_arrays(folder: RunFolder, experiment: Experiment, split: Split) -> Learned:
    """Weights and thresholds that a run starts with, not yet normalised.

    Those of another run where this one was started from it (``start_weights.npy``, ``start_theta.npy``, and
    ``start_lateral.npy`` where lateral inhibition learns, in the run folder), else those of the experiment.
    """
    n_input, n_exc = split.train.n_input, experiment.network.n_exc
    plastic = isinstance(experiment.lateral, PlasticityRule)
    lateral = lateral_start(experiment) if plastic else None
    if not (folder.path / "start_weights.npy").is_file():
        theta = np.full(n_exc, experiment.exc.quantities()["theta_start"])
        return Learned(start_weights(experiment, split.train), theta, lateral)
    if plastic and (folder.path / "start_lateral.npy").is_file():
        lateral = folder.read_array("start_lateral.npy", (n_exc, n_exc))
    w = folder.read_array("start_weights.npy", (n_input, n_exc))
    return Learned(w, folder.read_array("start_theta.npy", (n_exc,)), lateral)


def trained_arrays(folder: RunFolder, experiment: Experiment, n_input: int) -> Learned:
    """Weights and thresholds that a run ended with, as its folder has them: each column of w normalised."""
    n_exc = experiment.network.n_exc
    w, theta = folder.read_array("weights.npy", (n_input, n_exc)), folder.read_array("theta.npy", (n_exc,))
    if not isinstance(experiment.lateral, PlasticityRule):
        return Learned(w, theta)
    return Learned(w, theta, folder.read_array("lateral.npy", (n_exc, n_exc)))


def normalised(w: NDArray[np.float64], experiment: Experiment) -> NDArray[np.float64]:
    """A copy of the weights as a presentation sees them."""
    w = w.copy()
    if experiment.network.weight_sum is not None:
        normalise(w, experiment.network.weight_sum)
    return w
