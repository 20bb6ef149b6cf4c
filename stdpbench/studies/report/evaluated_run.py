"""Input of a report: a finished run with its pictures, responses and weights, read from its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import DAMAGE, write_text_aside
from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.declare.learned_names import weights_of
from stdpbench.engine.network import Learned, shapes_in, start_arrays
from stdpbench.experiment import Experiment, graph_for, input_shape
from stdpbench.experiment.graph import Graph
from stdpbench.results.readout import READOUTS, Assignment, SpikeTrains, assign, classes_of_outputs
from stdpbench.runs.analysis.fields import field_shape
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import learned_file, read_learned_files, start_files
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.weights_origin import Origin, origin_of, start_origin_of
from stdpbench.runs.preparation.start import (
    arrays_at_start,
    fingerprint_at_start,
    load_split,
    normalised,
    trained_arrays,
)
from stdpbench.runs.protocol.changes import reached_position, stored_at
from stdpbench.runs.protocol.facts import Started

FEWEST = 20
"""Minimum number of evaluated pictures for a report."""


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run of which a report is written.

    Attributes
    ----------
    folder : RunFolder
        The run folder.
    metadata : mapping
        Metadata of the run (`RunFolder.about`).
    start, experiment : Experiment
        The experiment with the parameters at the start of the run, and at its end.
    """

    folder: RunFolder
    metadata: Mapping[str, Any]
    start: Experiment
    experiment: Experiment

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.folder.path.resolve().name


@dataclass(frozen=True, eq=False)
class EvaluatedRun(ReportedRun):
    """A finished run with its data.

    Attributes
    ----------
    metrics : mapping
        Contents of ``metrics.json``.
    split : Split
        The pictures.
    learned : Learned
        Learned arrays of the trained network, as in a presentation.
    label_counts, test_counts : ndarray, uint16
        Spike counts, (n_images, n_exc).
    label_trains, test_trains : SpikeTrains or None
        Spike trains, if the run has stored them.
    same_pictures : bool
        Whether the pictures equal those of training.
    """

    metrics: Mapping[str, Any]
    split: Split
    learned: Learned
    label_counts: NDArray[np.uint16]
    test_counts: NDArray[np.uint16]
    label_trains: SpikeTrains | None
    test_trains: SpikeTrains | None
    same_pictures: bool

    @cached_property
    def _graph(self) -> Graph:
        return graph_for(self.experiment, self.split.train)

    @property
    def w(self) -> NDArray[np.float64]:
        """Weights of the shown projection, (n_source, n_target); 0 without a synapse."""
        shown = self._graph.shown
        return self._graph.matrix(shown, self.learned[weights_of(shown)])

    @property
    def fields(self) -> NDArray[np.float32]:
        """These weights, NaN without a synapse."""
        shown = self._graph.shown
        return np.asarray(self._graph.matrix(shown, self.learned[weights_of(shown)], np.nan), np.float32)

    @property
    def theta(self) -> NDArray[np.float64]:
        """Thresholds of the population that is read, (n,), volt or without unit; NaN if they do not adapt."""
        graph = self.experiment.graph()
        theta = self.learned.get(f"{graph.read}.theta")
        return np.full(graph.n_read, np.nan) if theta is None else theta

    @property
    def missing(self) -> tuple[str, ...]:
        """A clause for each kind that is not installed; the network can only be simulated if there is none."""
        return tuple(dict.fromkeys((*self.start.missing_kinds, *self.experiment.missing_kinds)))

    @property
    def part(self) -> str:
        """Part of the data set for evaluation."""
        return "validation" if self.metadata.get("validation") else "test"

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.split.class_names)

    @property
    def supervised(self) -> bool:
        """Whether the network is trained with labels, so that each output neuron has a class."""
        return self.experiment.reference.trains

    @cached_property
    def weights_origin(self) -> Origin:
        """How the weights were trained, including weights from another run or a file."""
        return origin_of(self.folder.path)

    @property
    def group(self) -> str:
        """Group of the rows of the trained network in tables of accuracies."""
        return "supervised" if self.weights_origin is Origin.LABELS else "read-out"

    @property
    def start_group(self) -> str:
        """Group of the rows of the start weights: untrained, unless another network has learned them."""
        of_file = self._graph.file is not None and "from" not in self.folder.about
        if of_file or not start_files(self.folder.path):
            return "untrained"
        return "supervised" if start_origin_of(self.folder.path) is Origin.LABELS else "start"

    @property
    def readouts(self) -> tuple[str, ...]:
        """Read-outs whose answers can differ: after training with labels, all answer like the vote."""
        return READOUTS[:1] if self.supervised else READOUTS

    @property
    def n_labels(self) -> int:
        """Number of training pictures whose labels were used; 0 for weights from a file."""
        if self.experiment.reference.file:
            return 0
        return len(self.split.train) if self.supervised else len(self.label_counts)

    @property
    def label_images(self) -> StimulusSet:
        """Pictures of the label phase."""
        return self.split.train.part(0, len(self.label_counts))

    @property
    def label_labels(self) -> NDArray[np.int64]:
        """Classes of the pictures of the label phase."""
        return self.label_images.known_labels

    @property
    def test_labels(self) -> NDArray[np.int64]:
        """Classes of the evaluated pictures; access to them must be recorded."""
        return self.split.test.known_labels

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in which the weights of a neuron are drawn; those of the pictures if they are its input."""
        graph = self._graph
        return field_shape(graph.populations[graph.projections[graph.shown].source].shape)

    def assignment(self) -> Assignment:
        """Classes of the neurons: from the label phase, or of output neurons by training."""
        if self.supervised:
            return classes_of_outputs(self.label_counts.shape[1], self.split.train.known_labels, self.n_classes)
        return assign(self.label_counts, self.label_labels, self.n_classes)

    def start_network(self) -> Learned:
        """Return the network before learning, with weights as in a presentation."""
        return normalised(arrays_at_start(self.folder, self.start, self.split), self._graph)

    def random_network(self) -> Learned:
        """Return a network of the same seed with random weights, or those of the file that builds it."""
        if self._graph.file is not None:
            return self.start_network()
        samples = getattr(self.start.network, "start", "random") != "random"
        plain = self.start.override({"network.start": "random"}) if samples else self.start
        return normalised(start_arrays(plain, self.split.train), self._graph)


def load_run(folder: RunFolder, purpose: str = "a report") -> EvaluatedRun:
    """Read a finished run.

    Parameters
    ----------
    folder : RunFolder
        The run.
    purpose : str
        Purpose of reading it, for errors: a noun in the singular.

    Raises
    ------
    StdpbenchError
        If the run is not finished, its pictures are missing or have no labels, or a file is missing or damaged.
    """
    metadata, start, records = folder.about, folder.stored_experiment, read_journal(folder.path)
    if start.stream is not None:
        raise StdpbenchError(
            f"{folder.path.name} is the run of a stream, which has no labels to evaluate; `stdpbench report` writes "
            "its measures over time"
        )
    if not (folder.path / "test.npz").is_file() or not (folder.path / "metrics.json").is_file():
        raise StdpbenchError(
            f"{folder.path} has no responses to test pictures yet: {purpose} needs a finished run "
            "(`stdpbench resume` finishes it, `stdpbench evaluate` labels and tests it again)"
        )
    experiment = stored_at(start, records, reached_position(records))
    if missing := experiment.data.missing:
        raise StdpbenchError(f"{folder.path.name}: {missing}, and {purpose} needs its pictures and labels")
    validation = bool(metadata.get("validation", False))
    split = load_split(experiment, validation)
    if split.train.labels is None or split.test.labels is None:
        raise StdpbenchError(f"the pictures of {folder.path.name} have no labels, which {purpose} needs")
    if not experiment.missing_kinds and not experiment.graph().shown:
        raise StdpbenchError(
            f"nothing learns in the network of {folder.path.name}, and {purpose} is about what was learned; "
            "`stdpbench show` has its accuracies"
        )
    n_exc = experiment.graph().n_read
    trained = trained_arrays(folder, experiment, input_shape(experiment, split.train))
    label, test = (_counts(folder, name, n_exc) for name in ("label.npz", "test.npz"))
    if len(test) != len(split.test) or len(label) > len(split.train):
        raise StdpbenchError(
            f"{folder.path.name} has responses to {len(label)} and {len(test)} pictures, but the data set now has "
            f"{len(split.train)} and {len(split.test)}; `stdpbench evaluate` computes the responses again"
        )
    if len(test) < FEWEST:
        raise StdpbenchError(
            f"{folder.path.name} is evaluated on {len(test)} pictures: {purpose} needs at least {FEWEST} to tell "
            "results from chance; run it again with more pictures"
        )
    return EvaluatedRun(
        folder=folder,
        metadata=metadata,
        metrics=folder.read_json("metrics.json"),
        start=start,
        experiment=experiment,
        split=split,
        learned=trained,
        label_counts=label,
        test_counts=test,
        label_trains=_trains(folder, "label_spikes.npz", label),
        test_trains=_trains(folder, "test_spikes.npz", test),
        same_pictures=metadata.get("data_sha256")
        in (None, fingerprint_at_start(start, experiment, split, validation)),
    )


def _counts(folder: RunFolder, name: str, n_exc: int) -> NDArray[np.uint16]:
    (counts,) = folder.read_arrays(name, "spike_counts")
    if counts.ndim != 2 or counts.shape[1] != n_exc or counts.dtype != np.uint16:
        raise StdpbenchError(
            f"{folder.path / name} contains {counts.dtype} {counts.shape}, not uint16 counts of {n_exc} neurons"
        )
    return np.asarray(counts)


def _trains(folder: RunFolder, name: str, counts: NDArray[np.uint16]) -> SpikeTrains | None:
    """Return spike times, if present and consistent with the counts."""
    if not (folder.path / name).is_file():
        return None
    trains = stored_trains(folder.path / name)
    if len(trains) != len(counts) or (np.diff(trains.first) != counts.sum(axis=1, dtype=np.int64)).any():
        return None  # from another evaluation
    return trains


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """The network of a run after training.

    Attributes
    ----------
    experiment : Experiment
        The experiment with the parameters at the end of training.
    graph : Graph
        The network as it is evaluated, with the shape of its input.
    learned : Learned
        Its learned arrays, as in a presentation.
    """

    experiment: Experiment
    graph: Graph
    learned: Learned


def trained_network(folder: RunFolder) -> TrainedNetwork:
    """Read the network of a run that has been trained.

    Raises
    ------
    StdpbenchError
        If it has not been trained yet, uses kinds that are not installed, or files are damaged.
    """
    records = read_journal(folder.path)
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    experiment = stored_at(folder.experiment, records, reached_position(records))
    name = folder.path.resolve().name
    if missing := experiment.missing_kinds:
        raise StdpbenchError(f"the network of {name} is unknown: {' and '.join(missing)}")
    if started is None:
        raise StdpbenchError(f"{name} has not been started yet, so it has no network; `stdpbench resume` starts it")
    shapes = shapes_in(experiment, *started.shape)
    if not all((folder.path / learned_file(array)).is_file() for array in shapes):
        raise StdpbenchError(f"{name} has no weights after training yet; `stdpbench resume` continues its training")
    graph = experiment.evaluated.graph(*started.shape)
    return TrainedNetwork(experiment, graph, read_learned_files(folder, shapes))


def stored_trains(path: Path) -> SpikeTrains:
    """Read the stored spikes of a run.

    Raises
    ------
    StdpbenchError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return SpikeTrains.from_arrays(arrays)
    except (StdpbenchError, *DAMAGE) as error:
        raise StdpbenchError(f"{path} is damaged: {error}") from None


def key_of(text: str, arrays: Iterable[NDArray[Any]]) -> str:
    """Return a digest of all that a slow measurement depends on."""
    digest = hashlib.sha256(text.encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def stored_measurement(file: Path, key: str) -> dict[str, Any]:
    """Return the values of a slow measurement; empty if they have another key or the file is damaged."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return dict(stored["values"]) if stored["key"] == key else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def store_measurement(file: Path, key: str, values: Mapping[str, Any]) -> None:
    """Store the values of a slow measurement, which all reports share."""
    write_text_aside(file, json.dumps({"key": key, "values": values}, indent=1) + "\n")
