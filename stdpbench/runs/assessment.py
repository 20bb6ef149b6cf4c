"""What a trained network is worth: labels from training pictures, answers to others, and baselines beside them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.datasets import Images, Split
from stdpbench.experiment import Experiment
from stdpbench.network import normalise, start_weights
from stdpbench.readout import READOUTS, Assignment, Score, assign, readouts, score
from stdpbench.readout.baselines import kmeans_accuracy
from stdpbench.runs.evaluation import default_workers, respond
from stdpbench.runs.events import Event, Finished, Progress, Remark
from stdpbench.runs.figures import draw_assessment
from stdpbench.runs.folder import RunFolder, now
from stdpbench.simulators import Simulator


@dataclass(frozen=True)
class Options:
    """How a run is carried out.

    Attributes
    ----------
    workers : int
        Processes for the label and test phases; 0: one per processor. Changes no result.
    simulator : str or None
        Which simulator; None: the best there is. Changes no result.
    validation : bool
        Whether the last training pictures are held out and evaluated on, instead of the test pictures.
    baselines : bool
        Whether start weights and k-means are evaluated as well.
    """

    workers: int = 0
    simulator: str | None = None
    validation: bool = False
    baselines: bool = True


Stop = Callable[[], bool]


class _Stopped(Exception):  # noqa: N818 - no error: the way out of a stopped phase
    pass


@dataclass(frozen=True)
class _Context:
    """What all steps of an assessment need."""

    simulator: Simulator
    experiment: Experiment
    label_images: Images
    split: Split
    options: Options
    stop: Stop

    @property
    def labelled(self) -> bool:
        return self.label_images.labels is not None and self.split.test.labels is not None


def assess(
    simulator: Simulator,
    experiment: Experiment,
    split: Split,
    folder: RunFolder,
    options: Options,
    stop: Stop,
    training: dict[str, Any],
) -> Iterator[Event]:
    """Label and test the network in `simulator`, evaluate baselines, and write all of it down.

    Yields
    ------
    Event
        `Finished` last.
    """
    label_images = split.train.part(0, experiment.schedule.label_images or len(split.train))
    context = _Context(simulator, experiment, label_images, split, options, stop)
    before = folder.read_json("metrics.json") if (folder.path / "metrics.json").is_file() else {}
    metrics: dict[str, Any] = {
        "evaluated_on": "validation" if options.validation else "test",
        "n_label_images": len(label_images) if context.labelled else 0,
        "n_test_images": len(split.test),
        "accuracy": {},
        "baselines": dict(before.get("baselines", {})),
        "training": training,
    }
    yield from _remarks(context)
    try:
        assignment, scores = yield from _measure(context, folder, metrics)
    except _Stopped:  # what an earlier evaluation wrote stays
        if not before:
            folder.write_json("metrics.json", metrics)
            folder.update_run(state="stopped", ended=now())
        yield Finished(folder.path, True, before or metrics)
        return
    stopped = False
    if scores:
        metrics["accuracy"] = {name: value.to_mapping() for name, value in scores.items()}
        metrics["neurons"] = _about_neurons(assignment)
        folder.write_json("metrics.json", metrics)
        draw_assessment(folder, experiment, split, simulator.w, assignment, scores)
        if options.baselines:
            try:
                yield from _baselines(context, metrics["baselines"])
            except _Stopped:
                stopped = True
    folder.write_json("metrics.json", metrics)
    if not training.get("stopped", False):  # a training that was stopped stays that, however often it is evaluated
        folder.update_run(state="finished", ended=now())
    yield Finished(folder.path, stopped, metrics)


def _remarks(context: _Context) -> Iterator[Event]:
    """What a person should know before the numbers."""
    train, test, names = context.split.train.labels, context.split.test.labels, context.split.class_names
    if train is None or test is None:
        whose = "The" if train is None and test is None else "The test" if test is None else "The training"
        yield Remark(f"{whose} pictures carry no labels, so there is no accuracy.")
        return
    missing = [names[number] for number in np.setdiff1d(train, test)]
    if missing:
        yield Remark(
            f"None of the pictures that are evaluated on is of class {', '.join(missing[:5])}"
            f"{' …' if len(missing) > 5 else ''}, which training pictures are of: data sorted by class should "
            "be mixed first."
        )


def _measure(
    context: _Context, folder: RunFolder, metrics: dict[str, Any]
) -> Generator[Event, None, tuple[Assignment | None, dict[str, Score]]]:
    """Responses of both phases, written down, and the scores that follow."""
    label_counts = None
    if context.labelled:
        label_counts, label_attempts = yield from _respond(context, context.label_images, "label", "label")
    test_counts, attempts = yield from _respond(context, context.split.test, "test", "test")
    if label_counts is not None:  # only now, so that both files are of the same evaluation
        folder.write_arrays("label.npz", spike_counts=label_counts, attempts=label_attempts)
    folder.write_arrays("test.npz", spike_counts=test_counts, attempts=attempts)
    metrics["spikes_per_test_image"] = round(float(test_counts.sum(axis=1).mean()), 3)
    metrics["silent_test_images"] = int((test_counts.sum(axis=1) == 0).sum())
    if label_counts is None:
        return None, {}
    assignment, scores = _scores(context, label_counts, test_counts)
    folder.write_arrays(
        "assignments.npz",
        labels=assignment.labels,
        mean_response=assignment.mean_response,
        class_counts=assignment.class_counts,
    )
    return assignment, scores


def _respond(
    context: _Context, images: Images, phase: str, shown_as: str
) -> Generator[Event, None, tuple[NDArray[np.uint16], NDArray[np.int16]]]:
    total = len(images)
    counts = np.zeros((total, context.experiment.network.n_exc), np.uint16)
    attempts = np.zeros(total, np.int16)
    workers = context.options.workers or default_workers(context.simulator.layout)
    done = 0
    yield Progress(shown_as, done, total)
    with closing(respond(context.simulator, context.experiment, images, phase, workers=workers)) as parts:
        for part in parts:
            stop = part.start + len(part.attempts)
            counts[part.start : stop], attempts[part.start : stop] = part.spike_counts, part.attempts
            done += len(part.attempts)
            yield Progress(shown_as, done, total)
            if context.stop() and done < total:
                raise _Stopped
    return counts, attempts


def _scores(
    context: _Context, label_counts: NDArray[np.uint16], test_counts: NDArray[np.uint16]
) -> tuple[Assignment, dict[str, Score]]:
    n_classes = len(context.split.class_names)
    assert context.label_images.labels is not None
    assert context.split.test.labels is not None
    assignment = assign(label_counts, context.label_images.labels, n_classes)
    predictions = {name: readouts.get(name)().predict(test_counts, assignment) for name in READOUTS}
    return assignment, {
        name: score(predicted, context.split.test.labels, n_classes) for name, predicted in predictions.items()
    }


def _baselines(context: _Context, results: dict[str, Any]) -> Iterator[Event]:
    """The network before learning, labelled and tested in the same way; and k-means with as many centres."""
    simulator, experiment, split = context.simulator, context.experiment, context.split
    trained = simulator.w.copy(), simulator.theta.copy()
    try:
        simulator.w[...] = start_weights(experiment, split.train)
        if experiment.network.weight_sum is not None:
            normalise(simulator.w, experiment.network.weight_sum)
        simulator.theta[...] = experiment.exc.quantities()["theta_start"]
        label_counts, _ = yield from _respond(context, context.label_images, "label", "start weights: label")
        test_counts, _ = yield from _respond(context, split.test, "test", "start weights: test")
        _, scores = _scores(context, label_counts, test_counts)
        results["start_weights"] = {name: value.to_mapping() for name, value in scores.items()}
    finally:
        simulator.w[...], simulator.theta[...] = trained
    if context.stop():
        raise _Stopped
    k = experiment.network.n_exc
    if k > len(split.train):
        yield Remark(f"k-means with K = {k} needs at least as many training pictures, so it was left out.")
        return
    yield Progress(f"k-means, K = {k}", 0, 1)
    assert context.label_images.labels is not None
    assert split.test.labels is not None
    found = kmeans_accuracy(
        split.train.pixels,
        context.label_images.labels,
        split.test.pixels,
        split.test.labels,
        k,
        experiment.seed,
        n_classes=len(split.class_names),
    )
    results["k_means"] = found.to_mapping()
    yield Progress(f"k-means, K = {k}", 1, 1)


def _about_neurons(assignment: Assignment | None) -> dict[str, Any]:
    if assignment is None:
        return {}
    return {
        "never_fired": int((assignment.labels < 0).sum()),
        "per_class": assignment.class_sizes.tolist(),
    }
