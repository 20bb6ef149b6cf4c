"""Assessment of a trained network: labelling with training pictures, testing on other pictures, and baselines.

Responses of a phase are saved in groups, so that an interrupted phase continues where it stopped. A frozen
presentation depends only on weights, thresholds and its number, so an existing group need not be computed again.
Groups are stored under a digest of everything that they depend on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE, write_aside
from stdpbench.base.units import first_few
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.engine.network import Learned, prototypes
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment, encode, n_label_images
from stdpbench.results.readout import (
    Assignment,
    Score,
    SpikeTrains,
    assign,
    classes_of_outputs,
    scores_of,
)
from stdpbench.results.readout.baselines import SAMPLES, k_means_kinds, k_means_score, prototype_accuracy
from stdpbench.runs.analysis.silence import Activity, arriving, silence
from stdpbench.runs.folder.run_folder import RESPONSES, RunFolder, make_folder
from stdpbench.runs.presentation.frozen import from_responses, take_samples
from stdpbench.runs.presentation.processes import Part, Processes, default_workers, respond
from stdpbench.runs.process.figures import draw_assessment
from stdpbench.runs.protocol.facts import Labelled, LabelsRead, Measured, Progress, Remarked
from stdpbench.runs.protocol.options import Options

_GROUP = 500


class Responses:
    """Collects the exc spikes of a phase.

    Parameters
    ----------
    folder : Path
        The run folder.
    key : str
        Digest of everything that the responses depend on; see `response_key`.
    n_images, n_exc : int
        Number of pictures and of exc neurons.

    Attributes
    ----------
    spike_counts : ndarray, uint16, (n_images, n_exc)
        Exc spikes per picture.
    attempts : ndarray, int16, (n_images,)
        Number of times each picture was shown; 0 while its response is missing.
    """

    def __init__(self, folder: Path, key: str, n_images: int, n_exc: int) -> None:
        self.spike_counts = np.zeros((n_images, n_exc), np.uint16)
        self.attempts = np.zeros(n_images, np.int16)
        self._folder = folder / RESPONSES / key
        self._groups = [(start, min(start + _GROUP, n_images)) for start in range(0, n_images, _GROUP)]
        self._trains: dict[int, SpikeTrains] = {}
        self._written = [self._read(start, stop) for start, stop in self._groups]

    @property
    def done(self) -> int:
        """Number of pictures with a response."""
        return int((self.attempts > 0).sum())

    @property
    def trains(self) -> SpikeTrains:
        """Spikes of all pictures with their times; valid once no response is missing."""
        return SpikeTrains.joined([self._trains[first] for first in sorted(self._trains)])

    def missing(self) -> list[tuple[int, int]]:
        """Return the ranges of pictures that remain to be shown; a part must lie within one range."""
        return [group for group, written in zip(self._groups, self._written, strict=True) if not written]

    def add(self, part: Part) -> None:
        """Add a part and, if it completes a group, save the group."""
        stop = part.start + len(part.attempts)
        self.spike_counts[part.start : stop], self.attempts[part.start : stop] = part.spike_counts, part.attempts
        self._trains[part.start] = part.trains
        number = part.start // _GROUP
        first, last = self._groups[number]
        if not self._written[number] and (self.attempts[first:last] > 0).all():
            make_folder(self._folder.parent)
            make_folder(self._folder)
            starts = sorted(start for start in self._trains if first <= start < last)
            trains = SpikeTrains.joined([self._trains.pop(start) for start in starts])
            self._trains[first] = trains
            arrays = {"attempts": self.attempts[first:last], **trains.to_arrays()}
            write_aside(self._path(first), lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
            self._written[number] = True

    def digest(self) -> str:
        """Return the SHA-256 of all responses, hexadecimal."""
        return hashlib.sha256(self.spike_counts.data).hexdigest()

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:07d}.npz"

    def _read(self, start: int, stop: int) -> bool:
        try:
            with np.load(self._path(start), allow_pickle=False) as arrays:
                attempts, trains = arrays["attempts"], SpikeTrains.from_arrays(arrays)
        except (StdpbenchError, *DAMAGE):  # missing or damaged: computed again
            return False
        if attempts.shape != (stop - start,) or attempts.dtype != np.int16 or attempts.min() < 1:
            return False
        if (len(trains), trains.n_exc) != (stop - start, self.spike_counts.shape[1]):
            return False
        self.spike_counts[start:stop], self.attempts[start:stop] = trains.counts(), attempts
        self._trains[start] = trains
        return True


def response_key(simulator: Simulator, experiment: Experiment, phase: str, shown: StimulusSet) -> str:
    """Return the SHA-256, hexadecimal, of everything that the responses of a phase depend on."""
    digest = hashlib.sha256(phase.encode())
    tables = {key: value for key, value in experiment.to_mapping().items() if key not in ("name", "about", "data")}
    digest.update(json.dumps(tables, sort_keys=True).encode())
    for array in (*simulator.learned_views.values(), *shown.presented.values()):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


_SAMPLE = 20
"""Number of evaluated stimuli whose input spikes are counted."""

AssessmentEvent = Progress | Remarked | Labelled | LabelsRead | Measured
"""Event of an assessment."""


@dataclass(frozen=True)
class _Context:
    """Data that all steps of an assessment share."""

    simulator: Simulator
    experiment: Experiment
    label_images: StimulusSet
    split: Split
    options: Options
    folder: RunFolder
    start: Learned
    note: Callable[[LabelsRead], object]
    processes: Processes

    @property
    def labelled(self) -> bool:
        return self.label_images.labels is not None and self.split.test.labels is not None

    @property
    def supervised(self) -> bool:
        """Whether training assigns classes to output neurons, so that the label phase only measures neurons."""
        return self.experiment.reference.trains


def phases(experiment: Experiment, split: Split, options: Options) -> tuple[tuple[str, int], ...]:
    """Return the name and number of presentations of each phase of an assessment, in order; empty for a stream."""
    if experiment.stream is not None:
        return ()
    n_label, n_test = n_label_images(experiment, len(split.train)), len(split.test)
    if split.train.labels is None or split.test.labels is None:
        return (("test", n_test),)
    evaluated = (("label", n_label), ("test", n_test))
    if experiment.reference.trains or not options.baselines:
        return evaluated
    return (*evaluated, *((f"start weights: {name}", n) for name, n in evaluated))


def assess(
    simulator: Simulator,
    experiment: Experiment,
    split: Split,
    folder: RunFolder,
    options: Options,
    training: Mapping[str, Any],
    start: Learned,
    note: Callable[[LabelsRead], object] = lambda event: None,
) -> Generator[AssessmentEvent, None, dict[str, Any]]:
    """Label and test the network in `simulator`, evaluate baselines, and save the results.

    Before labels of evaluated pictures are used, `note` is called with the event, which is then yielded. The baseline
    of start weights is the network before learning, `start`, labelled and tested in the same way.
    Closing the generator early keeps the results of an earlier assessment, or those measured so far.

    Yields
    ------
    Progress, Remarked, Labelled, LabelsRead, Measured

    Returns
    -------
    metrics : dict
        Contents of ``metrics.json``.
    """
    with closing(Processes()) as processes:
        label_images = split.train.part(0, n_label_images(experiment, len(split.train)))
        context = _Context(simulator, experiment, label_images, split, options, folder, start, note, processes)
        return (yield from _assess(context, training))


def _assess(context: _Context, training: Mapping[str, Any]) -> Generator[AssessmentEvent, None, dict[str, Any]]:
    experiment, split, folder, options = context.experiment, context.split, context.folder, context.options
    before = folder.metrics
    metrics: dict[str, Any] = {
        "evaluated_on": "validation" if options.validation else "test",
        "n_label_images": len(context.label_images) if context.labelled else 0,
        "n_test_images": len(split.test),
        "noun": split.test.noun,
        "accuracy": {},
        "baselines": dict(before.get("baselines", {})),
        "training": dict(training),
    }
    if context.supervised:
        kind = getattr(experiment.reference, "kind", "")
        taught = 0 if experiment.reference.file else len(split.train)
        metrics["supervised"] = {"reference": kind, "labels": taught, "passes": experiment.schedule.passes}
        metrics["n_label_images"] = taught
    if experiment.stream is not None:  # it has no labels and no pictures to show again
        folder.write_json("metrics.json", metrics)
        return metrics
    yield from _remarks(context)
    assignment, scores = yield from _measure(context, metrics)
    if scores:
        metrics["accuracy"] = {name: value.to_mapping() for name, value in scores.items()}
        for sentence in draw_assessment(
            folder, experiment, split, context.simulator.shown_weights, assignment, scores
        ):
            yield Remarked(sentence, once=True)
    folder.write_json("metrics.json", metrics)
    if scores and options.baselines and not context.supervised:
        yield from _baselines(context, metrics["baselines"])
        folder.write_json("metrics.json", metrics)
    return metrics


def _remarks(context: _Context) -> Iterator[AssessmentEvent]:
    """Yield warnings about the data."""
    train, test, names = context.split.train.labels, context.split.test.labels, context.split.class_names
    if train is None or test is None:
        whose = "The" if train is None and test is None else "The test" if test is None else "The training"
        yield Remarked(f"{whose} pictures carry no labels, so there is no accuracy.")
        return
    missing = [names[number] for number in np.setdiff1d(train, test)]
    if missing:
        yield Remarked(
            f"No evaluated picture is of class {first_few(missing, 5)}, although training pictures are: "
            "data sorted by class should be shuffled first."
        )


def _measure(
    context: _Context, metrics: dict[str, Any]
) -> Generator[AssessmentEvent, None, tuple[Assignment | None, dict[str, Score]]]:
    """Compute and save the responses of both phases, and score them."""
    label, folder = None, context.folder
    if context.labelled:
        label = yield from _respond(context, context.label_images, "label", "label")
    test = yield from _respond(context, context.split.test, "test", "test")
    if label is not None:  # saved only now, so that both files are from the same evaluation
        folder.write_arrays("label.npz", spike_counts=label.spike_counts, attempts=label.attempts)
        folder.write_arrays("label_spikes.npz", **label.trains.to_arrays())
    folder.write_arrays("test.npz", spike_counts=test.spike_counts, attempts=test.attempts)
    folder.write_arrays("test_spikes.npz", **test.trains.to_arrays())
    totals = test.spike_counts.sum(axis=1)
    metrics["spikes_per_test_image"] = round(float(totals.mean()), 3)
    metrics["silent_test_images"] = silent = int((totals == 0).sum())
    sample = range(min(len(totals), _SAMPLE))
    arrived = (arriving(encode(context.experiment, context.split.test, "test", n, 0, n)) for n in sample)
    shown = f"the {len(totals)} evaluated {context.split.test.noun}s"
    if warning := silence(context.experiment, Activity(shown, len(totals), silent, sum(arrived))):
        yield Remarked(warning)
    if label is None:
        return None, {}
    yield _reading(context, "read-outs")
    if context.supervised:
        classes, n_classes = context.split.train.known_labels, len(context.split.class_names)
        assignment = classes_of_outputs(context.simulator.n_read, classes, n_classes)
    else:
        assignment = _assign(context, label.spike_counts)
    scores = scores_of(test.spike_counts, assignment, context.split.test.known_labels)
    folder.write_arrays(
        "assignments.npz",
        labels=assignment.labels,
        mean_response=assignment.mean_response,
        class_counts=assignment.class_counts,
    )
    silent_neurons = int((assignment.labels < 0).sum())
    metrics["neurons"] = {"never_fired": silent_neurons, "per_class": assignment.class_sizes.tolist()}
    yield Labelled(tuple(assignment.class_sizes.tolist()), silent_neurons, label.digest())
    yield Measured("network", {name: value.accuracy for name, value in scores.items()}, test.digest())
    return assignment, scores


def _respond(
    context: _Context, images: StimulusSet, phase: str, shown_as: str
) -> Generator[AssessmentEvent, None, Responses]:
    simulator, experiment = context.simulator, context.experiment
    key = response_key(simulator, experiment, phase, images)
    responses = Responses(context.folder.path, key, len(images), simulator.n_read)
    workers = context.options.workers or default_workers(simulator.layout)
    done, missing = responses.done, responses.missing()
    yield Progress(shown_as, done, len(images))
    if missing:
        pool = context.processes
        with closing(
            respond(simulator, experiment, images, phase, workers=workers, ranges=missing, processes=pool)
        ) as parts:
            for part in parts:
                responses.add(part)
                done += len(part.attempts)
                yield Progress(shown_as, done, len(images))
    return responses


def _assign(context: _Context, label_counts: NDArray[np.uint16]) -> Assignment:
    return assign(label_counts, context.label_images.known_labels, len(context.split.class_names))


def _baselines(context: _Context, results: dict[str, Any]) -> Iterator[AssessmentEvent]:
    """Evaluate the network before learning in the same way, samples as prototypes, and k-means of the same size."""
    simulator, experiment, split = context.simulator, context.experiment, context.split
    trained = simulator.learned
    try:
        simulator.set_learned(context.start)
        take_samples(simulator, experiment, split.train, from_responses(simulator.graph))
        label = yield from _respond(context, context.label_images, "label", "start weights: label")
        test = yield from _respond(context, split.test, "test", "start weights: test")
        yield _reading(context, "start weights as a baseline")
        scores = scores_of(test.spike_counts, _assign(context, label.spike_counts), split.test.known_labels)
        results["start_weights"] = {name: value.to_mapping() for name, value in scores.items()}
        yield Measured("start weights", {name: value.accuracy for name, value in scores.items()}, test.digest())
    finally:
        simulator.set_learned(trained)
        context.processes.close()  # all pictures have been shown, and the next steps need memory
    yield from _samples(context, results)
    k = simulator.n_read
    if k > len(split.train):
        yield Remarked(
            f"k-means with K = {k} needs at least as many training {split.train.noun}s, so it was left out."
        )
        return
    for key, name in k_means_kinds(experiment, split).items():
        yield Progress(f"{name}, K = {k}", 0, 1)
        yield _reading(context, f"{name} as a baseline")
        result = k_means_score(key, experiment, split, len(context.label_images), k)
        results[key] = result.to_mapping()
        yield Progress(f"{name}, K = {k}", 1, 1)
        yield Measured(name, {"majority": result.accuracy})


def _samples(context: _Context, results: dict[str, Any]) -> Iterator[AssessmentEvent]:
    """Classify by the samples that neurons start from, before any learning."""
    experiment, split = context.experiment, context.split
    yield Progress(SAMPLES, 0, 1)
    yield _reading(context, f"{SAMPLES} as a baseline")
    values, name = prototypes(experiment, split.train)
    result = prototype_accuracy(
        values,
        context.label_images.static,
        context.label_images.known_labels,
        split.test.static,
        split.test.known_labels,
        n_classes=len(split.class_names),
        of=split.test.static_name,
        name=name,
    )
    results["samples"] = result.to_mapping()
    yield Progress(SAMPLES, 1, 1)
    yield Measured(SAMPLES, {"majority": result.accuracy})


def _reading(context: _Context, purpose: str) -> LabelsRead:
    """Note that labels of evaluated pictures will be used, and return the event to yield before."""
    event = LabelsRead("validation" if context.options.validation else "test", len(context.split.test), purpose)
    context.note(event)
    return event
