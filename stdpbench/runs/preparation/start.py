"""Prepare the start of a run: pictures according to the schedule, checks, and initial arrays."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images, Split, validation_split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.learned_names import COMPETE, FEED, THETA
from stdpbench.network import Learned, lateral_start, normalise, shapes_in, start_weights
from stdpbench.plasticity import PlasticityRule
from stdpbench.runs.folder.learned_files import learned_file, read_learned_files, start_files
from stdpbench.runs.folder.run_folder import RunFolder


def load_split(experiment: Experiment, validation: bool) -> Split:
    """Load the pictures of an experiment, with training and test parts cut to its schedule.

    With `validation`, the last training pictures are the test part, and the test pictures are not used.
    """
    split = experiment.data.prepare()
    if validation:
        split = validation_split(split, experiment.data.validation_size(len(split.train)))
    schedule = experiment.schedule
    for name, wanted, available in (
        ("train_images", schedule.train_images, len(split.train)),
        ("label_images", schedule.label_images, min(len(split.train), schedule.train_images or len(split.train))),
        ("test_images", schedule.test_images, len(split.test)),
    ):
        if wanted is not None and wanted > available:
            raise StdpbenchError(f"schedule.{name} = {wanted}, but there are only {available} pictures for it")
    n_train = schedule.train_images or len(split.train)
    cut = Split(
        split.train.part(0, n_train),
        split.test.part(0, schedule.test_images or len(split.test)),
        split.class_names,
        split.train.part(n_train, len(split.train)),
    )
    check_disjoint(cut)
    return cut


def check_disjoint(split: Split) -> None:
    """Check that training, evaluated and spare pictures are disjoint.

    Raises
    ------
    StdpbenchError
        If parts of a split share memory.
    """
    if np.shares_memory(split.train.pixels, split.test.pixels):
        raise StdpbenchError("training pictures and evaluated pictures overlap, so the result would not be valid")
    if split.spare is not None and any(
        np.shares_memory(split.spare.pixels, part.pixels) for part in (split.train, split.test)
    ):
        raise StdpbenchError("spare pictures overlap with training or test pictures; the parts must be disjoint")


def check_brightness(experiment: Experiment, split: Split) -> None:
    """Check that the brightest picture can be encoded at the last attempt.

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
    """Check that the sum to which input weights are normalised is possible.

    Raises
    ------
    StdpbenchError
        If the mean weight would come close to w_max or exceed it: normalisation and clipping would counteract.
    """
    weight_sum, n_input, w_max = experiment.network.weight_sum, split.train.n_input, experiment.plasticity.w_max
    if weight_sum is not None and weight_sum > 0.9 * n_input * w_max:
        raise StdpbenchError(
            f"network.weight_sum = {weight_sum:g} over {n_input} inputs requires a mean weight of "
            f"{weight_sum / n_input:.2g}, but plasticity.w_max = {w_max:g}: lower it (78 for 784 inputs corresponds "
            f"to {78 / 784 * n_input:.3g} here), or enlarge the pictures with data.resize and data.frame"
        )


def fingerprint(split: Split) -> str:
    """Return the SHA-256 hash, hexadecimal, of the pictures and labels as presented."""
    digest = hashlib.sha256()
    for part in (split.train, split.test):
        digest.update(repr((part.pixels.shape, part.pixels.dtype.str)).encode())
        digest.update(np.ascontiguousarray(part.pixels).data)
        if part.labels is not None:
            digest.update(np.ascontiguousarray(part.labels).data)
    return digest.hexdigest()


def fingerprint_at_start(start: Experiment, experiment: Experiment, split: Split, validation: bool) -> str:
    """Return the present fingerprint of the pictures with which a run started.

    Parameters
    ----------
    start, experiment : Experiment
        Initial and active experiment; the number of evaluated pictures may have changed in between.
    split : Split
        The pictures of `experiment`.
    validation : bool
        As in `load_split`.
    """
    same_cut = start.schedule.test_images == experiment.schedule.test_images
    return fingerprint(split if same_cut else load_split(start, validation))


def new_arrays(experiment: Experiment, images: Images) -> Learned:
    """Return the learned arrays of a network before any learning, which its experiment defines."""
    n_exc = experiment.network.n_exc
    arrays = {
        FEED: start_weights(experiment, images),
        THETA: np.full(n_exc, experiment.exc.quantities()["theta_start"]),
    }
    return Learned(arrays | _lateral_start(experiment))


def _lateral_start(experiment: Experiment) -> dict[str, NDArray[np.float64]]:
    return {COMPETE: lateral_start(experiment)} if isinstance(experiment.lateral, PlasticityRule) else {}


def start_arrays(folder: RunFolder, experiment: Experiment, split: Split) -> Learned:
    """Return the learned arrays at the start of a run, before normalisation.

    If the run was started from another one, they are read from its folder (`stdpbench.runs.folder.learned_files`);
    otherwise the experiment defines them.
    """
    shapes = shapes_in(experiment, split.train.n_input)
    if not start_files(folder.path):
        return new_arrays(experiment, split.train)
    missing = dict[str, NDArray[np.float64]]()
    if not (folder.path / learned_file(COMPETE, start=True)).is_file():
        missing = _lateral_start(experiment)  # earlier versions wrote it only if the other run had it
    stored = {name: shape for name, shape in shapes.items() if name not in missing}
    return Learned({**read_learned_files(folder, stored, start=True), **missing})


def trained_arrays(folder: RunFolder, experiment: Experiment, n_input: int) -> Learned:
    """Read the learned arrays at the end of a run from its folder, normalised as at the start of a presentation."""
    return read_learned_files(folder, shapes_in(experiment, n_input))


def normalised(learned: Learned, experiment: Experiment) -> Learned:
    """Return learned arrays as a presentation uses them: those that are normalised as copies that are."""
    weight_sum = experiment.network.weight_sum
    if weight_sum is None:
        return learned
    w = learned[FEED].copy()
    normalise(w, weight_sum)
    return learned.replace({FEED: w})
