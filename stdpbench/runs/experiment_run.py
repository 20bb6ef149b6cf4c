"""An experiment from start to end: train, label, test, and everything written down.

`run_experiment` and `evaluate_run` are generators of events (`stdpbench.runs.events`); whoever iterates them shows
progress. A stop is honoured between two presentations and leaves a usable run folder.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stdpbench.datasets import Split, validation_split
from stdpbench.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.network import normalise, start_weights
from stdpbench.runs.assessment import Options, Stop, assess
from stdpbench.runs.curves import Curves
from stdpbench.runs.events import Event, Finished, Progress, Remark, Started
from stdpbench.runs.figures import draw_training
from stdpbench.runs.folder import RunFolder, now
from stdpbench.runs.training import train, training_order
from stdpbench.simulators import Simulator, open_simulator


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
    return Split(
        split.train.part(0, schedule.train_images or len(split.train)),
        split.test.part(0, schedule.test_images or len(split.test)),
        split.class_names,
    )


def run_experiment(
    experiment: Experiment,
    runs: Path,
    options: Options,
    stop: Stop = lambda: False,
    about: dict[str, Any] | None = None,
) -> Iterator[Event]:
    """Train, label and test.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    runs : Path
        Where the run folder is made.
    options : Options
        How.
    stop : callable
        Asked between presentations whether to stop.
    about : dict, optional
        More for ``run.json``, such as the command.

    Yields
    ------
    Event
        `Started` first, `Finished` last.

    Raises
    ------
    StdpbenchError
        If data, network or disk are not as they should be; what is already in the folder stays.
    """
    experiment = experiment.model_copy(update={"data": experiment.data.resolved()})
    split = load_split(experiment, options.validation)
    check_weights(experiment, split)
    check_brightness(experiment, split)
    simulator, remark = open_simulator(experiment, split.train.n_input, options.simulator)
    facts = {"simulator": simulator.name, "validation": options.validation, "digest": experiment.digest}
    folder = RunFolder.create(runs, experiment, {**(about or {}), **facts, "data_sha256": fingerprint(split)})
    yield Started(folder.path, simulator.name, remark)
    try:
        simulator.w[...] = start_weights(experiment, split.train)
        training = yield from _train(simulator, experiment, split, folder, stop)
        if training["stopped"]:
            metrics: dict[str, Any] = {"training": training}
            folder.write_json("metrics.json", metrics)
            folder.update_run(state="stopped", ended=now())
            yield Finished(folder.path, True, metrics)
            return
        yield from assess(simulator, experiment, split, folder, options, stop, training)
    except GeneratorExit:
        folder.update_run(state="stopped", ended=now())
        raise
    except BaseException as error:
        folder.update_run(state="failed", reason=f"{type(error).__name__}: {error}", ended=now())
        raise
    finally:
        simulator.close()


def evaluate_run(path: Path, options: Options, stop: Stop = lambda: False) -> Iterator[Event]:
    """Label and test a trained network again, from its run folder.

    Raises
    ------
    StdpbenchError
        If there is no trained network in it.
    """
    folder = RunFolder.open(path)
    experiment, said = folder.experiment, folder.read_json("run.json")
    options = replace(options, validation=bool(said.get("validation", False)))
    split = load_split(experiment, options.validation)
    if said.get("data_sha256") not in (None, fingerprint(split)):
        yield Remark(
            "The pictures are not those that this network was trained with: data or their preparation changed."
        )
    n_input, n_exc = split.train.n_input, experiment.network.n_exc
    w, theta = folder.read_array("weights.npy", (n_input, n_exc)), folder.read_array("theta.npy", (n_exc,))
    simulator, remark = open_simulator(experiment, n_input, options.simulator)
    yield Started(folder.path, simulator.name, remark)
    try:
        simulator.w[...], simulator.theta[...] = w, theta
        training: dict[str, Any] = {}
        if (folder.path / "metrics.json").is_file():
            training = folder.read_json("metrics.json").get("training", {})
        yield from assess(simulator, experiment, split, folder, options, stop, training)
    finally:
        simulator.close()


def _train(
    simulator: Simulator, experiment: Experiment, split: Split, folder: RunFolder, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    """Train, write weights and curves down; returns what ``metrics.json`` says of it."""
    total = len(training_order(experiment, len(split.train)))
    curves = Curves(total, split.train.labels, len(split.class_names))
    stopped, silent, started = False, 0, time.perf_counter()
    with closing(train(simulator, experiment, split.train)) as presentations:
        for presented in presentations:
            silent = max(silent, presented.silent)
            if curves.add(presented.image, presented.attempts, presented.response.spike_counts):
                curves.measure(float(simulator.theta.mean() * 1e3))
            done = presented.presentation + 1
            yield Progress(
                "train",
                done,
                total,
                curves.spikes_per_image[-1] if curves.points else None,
                curves.repeats,
                curves.mean_theta[-1] if curves.points else None,
                curves.latest_accuracy(),
            )
            if stop() and done < total:
                stopped = True
                break
    seconds = time.perf_counter() - started
    if experiment.network.weight_sum is not None:
        # so that labelling and testing see weights as every training presentation saw them
        normalise(simulator.w, experiment.network.weight_sum)
    folder.write_array("weights.npy", simulator.w)
    folder.write_array("theta.npy", simulator.theta)
    folder.write_arrays("training.npz", **curves.arrays())
    done, attempts = len(curves.image), np.array(curves.attempts)
    if silent:
        yield Remark(
            f"{silent} exc neurons had weights that summed to 0; they were not normalised and will never fire."
        )
    at_limit = int((np.array(curves.spikes) < experiment.schedule.min_spikes).sum())
    if at_limit:
        yield Remark(
            f"{at_limit} presentations drew fewer than {experiment.schedule.min_spikes} spikes even at the last of "
            f"{experiment.schedule.max_attempts} attempts (schedule.min_spikes, schedule.max_attempts)."
        )
    draw_training(folder, experiment, split, simulator.w, curves)
    return {
        "presentations": done,
        "planned": total,
        "stopped": stopped,
        "seconds": round(seconds, 2),
        "images_per_second": round(done / seconds, 2) if seconds > 0 else None,
        "spikes_per_image": round(float(np.mean(curves.spikes)), 3) if done else None,
        "presentations_per_image": round(float(attempts.mean()), 4) if done else None,
        "too_few_spikes": at_limit,
        "mean_theta_mV": round(float(simulator.theta.mean() * 1e3), 4),
    }


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
