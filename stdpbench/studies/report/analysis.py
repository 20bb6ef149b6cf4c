"""Analysis of one run for a report: tables as plain values, and arrays for figures.

Long computations yield `Progress`. Networks that are simulated again (untrained networks, repeats with other input
spikes) are presented with a sample of the pictures; measures of stored responses use all pictures, except clusters and
embeddings. Each row contains the number of pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.engine.network import prototypes
from stdpbench.experiment import graph_for
from stdpbench.results.readout import (
    INTERVAL,
    READOUTS,
    Assignment,
    Known,
    SpikeTrains,
    assign,
    readouts,
    score,
    timed_readouts,
    wilson_interval,
)
from stdpbench.results.readout.baselines import K_MEANS, SAMPLES, k_means_kinds, k_means_score, prototype_accuracy
from stdpbench.results.readout.cluster_measures import agreement, compactness, contingency, matched
from stdpbench.results.readout.clustering import METHODS, Features, cluster, features, winners
from stdpbench.results.readout.embedding import Embedding, embed
from stdpbench.results.readout.energy import MULTIPLY_ADD, cost, pixel_distances_nanojoule
from stdpbench.results.readout.neurons import measure_neurons, most_alike
from stdpbench.results.readout.over_time import answers_over_time
from stdpbench.results.readout.supervised import grey, linear_probe, nearest_neighbours, rooted
from stdpbench.results.readout.verdict import FLATTERS
from stdpbench.runs.analysis.fields import ALIKE, duplicates
from stdpbench.runs.catalog.access_log import shared_pictures
from stdpbench.runs.catalog.comparison import start_flatters
from stdpbench.runs.presentation.processes import Part
from stdpbench.runs.protocol.facts import Progress
from stdpbench.studies.report.evaluated_run import EvaluatedRun
from stdpbench.studies.report.presentations import Presentation, Presenter
from stdpbench.studies.report.rows import Accuracy, accuracy_row, stored_row

TIMED = ("first-spike", "van-rossum", "victor-purpura")
MOST_KNOWN = 20_000
"""Maximum number of labelled pictures for supervised read-outs; more would take minutes."""


def timed_rows(
    run: EvaluatedRun, assignment: Assignment, label: SpikeTrains, test: SpikeTrains, note: str = ""
) -> Iterator[Accuracy]:
    """Yield accuracies of read-outs of spike times.

    Parameters
    ----------
    run : EvaluatedRun
        The run.
    assignment : Assignment
        Classes of its neurons.
    label, test : SpikeTrains
        Spikes of the first labelled and of the first evaluated pictures.
    note : str
        Remark for these rows.
    """
    group = "supervised" if run.group == "supervised" else "timed"
    n, known = len(test), Known(label, run.label_labels[: len(label)], assignment)
    for kind in TIMED:
        answers = timed_readouts.get(kind)().predict(test, known)
        yield accuracy_row(group, kind, answers, run.test_labels[:n], len(label), note)


def supervised_rows(run: EvaluatedRun) -> Iterator[Accuracy]:
    """Yield accuracies of linear probe and nearest neighbours, on responses and on pixels."""
    pairs: tuple[tuple[str, Callable[[Any], NDArray[np.float32]], Any, Any], ...] = (
        ("responses", rooted, run.label_counts, run.test_counts),
        (run.split.test.static_name, grey, run.label_images.static, run.split.test.static),
    )
    for source, make, labelled, evaluated in pairs:
        for name, reader in (("linear probe", linear_probe), ("nearest neighbours", nearest_neighbours)):
            n_labels = min(len(labelled), MOST_KNOWN)
            answers = reader(make(labelled[:n_labels]), run.label_labels[:n_labels], make(evaluated))
            yield accuracy_row("supervised", f"{name} on {source}", answers, run.test_labels, n_labels)


CHANCE = "chance: k-means, permuted"
"""Row of clusters that are independent of the pictures, for comparison with chance."""


def measure_clusters(
    spike_counts: NDArray[np.uint16], labels: NDArray[np.int64], n_classes: int, seed: int
) -> Iterator[tuple[dict[str, Any], NDArray[np.int64]]]:
    """Cluster responses by every method with K from the classes, by k-means with free K, and by neurons.

    Yields
    ------
    row : dict
        Name, choice of K, measures, and the 95 % Wilson interval of the matched accuracy.
    clusters : ndarray, int64, (n_images,)
        Cluster of each picture.
    """
    points = features(spike_counts)
    k = min(n_classes, len(points))
    for method in METHODS:
        free = method == "hdbscan"
        clusters = cluster(points, method, None if free else k, seed)
        yield cluster_row(method, "its own" if free else "classes", clusters, labels, n_classes, points), clusters
    clusters = cluster(points, "k-means", None, seed)
    yield cluster_row("k-means, K free", "best silhouette", clusters, labels, n_classes, points), clusters
    clusters = winners(spike_counts)
    yield cluster_row("neurons (winner)", "neurons", clusters, labels, n_classes, points), clusters
    rng = np.random.default_rng(seed)
    chance = rng.permutation(cluster(points, "k-means", k, seed))
    yield cluster_row(CHANCE, "classes", chance, labels, n_classes, points), chance


def cluster_row(
    name: str,
    k_from: str,
    clusters: NDArray[np.int64],
    labels: NDArray[np.int64],
    n_classes: int,
    points: Features,
) -> dict[str, Any]:
    """Return measures of one clustering as plain values, with the 95 % Wilson interval of the matched accuracy.

    The interval is for a fixed matching.
    """
    n_right = matched(contingency(clusters, labels, n_classes))
    low, high = wilson_interval(n_right, len(labels))
    return {
        "name": name,
        "k_from": k_from,
        **asdict(agreement(clusters, labels, n_classes)),
        "accuracy_low": low,
        "accuracy_high": high,
        "interval": INTERVAL,
        **compactness(points, clusters).to_mapping(),
    }


def embed_responses(spike_counts: NDArray[np.uint16], seed: int) -> Iterator[Embedding]:
    """Embed responses in the plane with every installed method."""
    points = features(spike_counts)
    if len(points) < 3:
        return
    for method in ("pca", "t-sne", *(["umap"] if find_spec("umap") else [])):
        yield embed(points, method, seed)


_OVER_TIME = 2000  # stimuli whose answers are read at many moments


@dataclass(frozen=True)
class Extent:
    """Numbers of pictures in a report; they do not change the meaning of rows.

    Attributes
    ----------
    sample : int
        Number of evaluated pictures that are presented again, clustered and embedded; untrained networks are
        presented with twice as many labelled pictures.
    repeats : int
        Number of repeats of the sample with other input spikes.
    """

    sample: int = 2000
    repeats: int = 2


@dataclass
class Findings:
    """Results of the analysis of one run.

    Attributes
    ----------
    accuracies : list of Accuracy
        Accuracies of read-outs and baselines.
    data : dict
        All other results as plain values, by section.
    arrays : dict of str to ndarray
        Arrays for figures.
    """

    accuracies: list[Accuracy] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def row(self, name: str) -> Accuracy | None:
        """Return the first accuracy of a given name, without its number of centres."""
        return next((row for row in self.accuracies if row.name.partition(", K =")[0] == name), None)


_HANDICAPPED = f"{FLATTERS}: its thresholds have not adapted to its weights"

Simulated = Mapping[tuple[str, str, int], Part]
"""Responses by network, phase and repeat."""
_STANDARD = ("trained", "test", 0)


def presentations(run: EvaluatedRun, extent: Extent) -> list[Presentation]:
    """Return the presentations to simulate."""
    n_test = min(extent.sample, len(run.test_counts))
    n_label = min(2 * extent.sample, len(run.label_counts))
    planned = [Presentation("random weights", "label", n_label), Presentation("random weights", "test", n_test)]
    if getattr(run.experiment.network, "start", "random") != "random" and "start_weights" not in run.metrics.get(
        "baselines", {}
    ):
        planned += [
            Presentation("start weights", "label", n_label),
            Presentation("start weights", "test", n_test),
        ]
    if run.label_trains is None or run.test_trains is None:
        planned += [Presentation("trained", "label", n_label)]
    planned += [Presentation("trained", "test", n_test, repeat) for repeat in range(extent.repeats + 1)]
    return planned


def analyse(run: EvaluatedRun, presenter: Presenter | None, extent: Extent) -> Generator[Progress, None, Findings]:
    """Run the complete analysis; without a presenter, only measures of the stored responses.

    Yields
    ------
    Progress
        Progress of the simulations, then of the measures.

    Returns
    -------
    findings : Findings
        The results.
    """
    findings, responses = Findings(), dict[tuple[str, str, int], Part]()
    planned = presentations(run, extent) if presenter is not None else []
    total = sum(presentation.n_images for presentation in planned)
    for done, presentation, complete in presenter.present(planned) if presenter is not None else ():
        if complete is not None:
            responses[presentation.network, presentation.phase, presentation.repeat] = complete
        yield Progress("simulated presentations", done, total)
    assignment = run.assignment()
    steps: Sequence[tuple[str, Iterator[None]]] = (
        ("read-outs", _plain_readouts(run, assignment, findings)),
        ("spike times", _timed_readouts(run, assignment, responses, findings)),
        ("answers over time", _over_time(run, assignment, responses, findings)),
        ("untrained networks", _untrained(run, responses, findings)),
        ("repeated presentations", _repeated(run, assignment, responses, findings)),
        ("neurons", _neurons(run, assignment, findings)),
        ("synaptic operations", _cost(run, responses, findings)),
        ("clusters", _clusters(run, assignment, extent, findings)),
        ("embeddings", _embeddings(run, assignment, extent, findings)),
        ("supervised read-outs", _supervised(run, findings)),
        ("k-means", _k_means(run, findings)),
        (SAMPLES, _samples(run, findings)),
        ("protocol", _protocol(run, findings)),
    )
    for number, (name, step) in enumerate(steps):
        yield Progress(f"measures: {name}", number, len(steps))
        for _ in step:
            yield Progress(f"measures: {name}", number, len(steps))
    yield Progress("measures", len(steps), len(steps))
    return findings


def _plain_readouts(run: EvaluatedRun, assignment: Assignment, findings: Findings) -> Iterator[None]:
    labels = run.test_labels
    for name in run.readouts:
        answers = readouts.get(name)().predict(run.test_counts, assignment)
        findings.accuracies.append(accuracy_row(run.group, name, answers, labels, run.n_labels))
        findings.arrays[f"answers {name}"] = answers
        findings.arrays[f"confusion {name}"] = score(answers, labels, run.n_classes).confusion
        yield


def _timed_readouts(
    run: EvaluatedRun, assignment: Assignment, responses: Simulated, findings: Findings
) -> Iterator[None]:
    label, test, note = run.label_trains, run.test_trains, ""
    if label is None or test is None:
        if _STANDARD not in responses:
            return
        label, test = responses["trained", "label", 0].trains, responses[_STANDARD].trains
        note = "the run has no spike times, so a sample was presented again"
    for row in timed_rows(run, assignment, label, test, note):
        findings.accuracies.append(row)
        yield


def _over_time(run: EvaluatedRun, assignment: Assignment, responses: Simulated, findings: Findings) -> Iterator[None]:
    """Read the vote from spikes up to some moments within the presentation."""
    if run.test_trains is None and _STANDARD not in responses:
        return
    trains = responses[_STANDARD].trains if run.test_trains is None else run.test_trains.part(0, _OVER_TIME)
    labels = run.test_labels[: len(trains)]
    over_time = answers_over_time(trains, assignment, readouts.get("vote")())
    yield
    findings.data["over_time"] = {
        "readout": "vote",
        "n_images": len(trains),
        "time_ms": over_time.time.tolist(),
        "accuracy": over_time.accuracy(labels).tolist(),
        "settled_ms": over_time.settled_ms(labels),
    }


def _untrained(run: EvaluatedRun, responses: Simulated, findings: Findings) -> Iterator[None]:
    flatters = start_flatters(run.experiment)
    for network in ("random weights", "start weights"):
        if (network, "test", 0) not in responses:
            continue
        label, test = (responses[network, phase, 0].spike_counts for phase in ("label", "test"))
        assignment = assign(label, run.label_labels[: len(label)], run.n_classes)
        group = run.start_group if network == "start weights" else "untrained"
        for name in READOUTS:
            answers = readouts.get(name)().predict(test, assignment)
            labels = run.test_labels[: len(test)]
            note = "; ".join(["a sample"] * (len(test) < len(run.test_counts)) + [_HANDICAPPED] * flatters)
            findings.accuracies.append(accuracy_row(group, f"{network}, {name}", answers, labels, len(label), note))
        yield
    findings.accuracies += start_rows(run)


def start_rows(run: EvaluatedRun) -> list[Accuracy]:
    """Return the accuracies of the start weights from the metrics of a run."""
    stored = run.metrics.get("baselines", {}).get("start_weights", {})
    n_label = int(run.metrics.get("n_label_images", 0))
    note = _HANDICAPPED if start_flatters(run.experiment) else ""
    names = [name for name in READOUTS if name in stored]
    return [stored_row(run.start_group, f"start weights, {name}", stored[name], n_label, note) for name in names]


def _repeated(run: EvaluatedRun, assignment: Assignment, responses: Simulated, findings: Findings) -> Iterator[None]:
    repeats = {key: response for key, response in responses.items() if key[:2] == _STANDARD[:2]}
    if not repeats:
        return
    counts = [repeats[key].spike_counts for key in sorted(repeats)]
    n = len(counts[0])
    labels = run.test_labels[:n]
    accuracy: dict[str, list[float]] = {}
    for name in READOUTS:
        reader = readouts.get(name)()
        accuracy[name] = [
            float((reader.predict(spike_counts, assignment) == labels).mean()) for spike_counts in counts
        ]
        yield
    findings.data["repeats"] = {
        "n_presentations": len(repeats),
        "n_images": n,
        "accuracy": accuracy,
        "mean": {name: fmean(values) for name, values in accuracy.items()},
        "sd": {name: stdev(values) if len(values) > 1 else None for name, values in accuracy.items()},
    }
    findings.data["same_responses"] = bool((counts[0] == run.test_counts[:n]).all())


def _neurons(run: EvaluatedRun, assignment: Assignment, findings: Findings) -> Iterator[None]:
    measured = measure_neurons(run.label_counts, run.label_labels, assignment)
    yield
    similarity, duplicate = most_alike(run.w), duplicates(run.w)
    graph = run.experiment.graph()
    factor, unit = graph.shown_as(graph.read)
    per_neuron = {
        "label": assignment.labels,
        "mean_spikes": measured.mean_spikes,
        "purity": measured.purity,
        "entropy_bit": measured.entropy,
        "selectivity": measured.selectivity,
        "lifetime_sparseness": measured.lifetime_sparseness,
        "information_bit": measured.information,
        "most_alike_correlation": similarity,
        "duplicate": duplicate,
        f"theta_{unit}".rstrip("_"): run.theta * factor,
    }
    findings.arrays |= {f"neuron {name}": values for name, values in per_neuron.items()}
    findings.data["neurons"] = {
        "n_exc": assignment.n_exc,
        "n_images": len(run.label_counts),
        "never_fired": int(measured.never_fired.sum()),
        "duplicates": int(duplicate.sum()),
        "alike_beyond": ALIKE,
        "per_class": assignment.class_sizes.tolist(),
        "class_entropy_bit": _entropy(assignment.class_counts),
        **{f"median_{name}": _median(per_neuron[name]) for name in _SUMMARISED},
        "median_population_sparseness": _median(measured.population_sparseness),
    }


_SUMMARISED = (
    "mean_spikes",
    "purity",
    "entropy_bit",
    "selectivity",
    "lifetime_sparseness",
    "information_bit",
    "most_alike_correlation",
)


def _median(values: NDArray[Any]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _cost(run: EvaluatedRun, responses: Simulated, findings: Findings) -> Iterator[None]:
    if (trained := responses.get(_STANDARD)) is None:
        return
    graph = graph_for(run.experiment, run.split.train)
    spikes = {name: float(counts.mean()) for name, counts in trained.spikes.items()}
    spikes[graph.read] = float(run.test_counts.sum(axis=1, dtype=np.int64).mean())  # of all pictures
    findings.data["cost"] = {
        **cost(graph, spikes).to_mapping(),
        "n_images_input": len(trained.trains),
        "k_means_nJ": pixel_distances_nanojoule(run.split.train.n_values, graph.n_read),
        "k_means_source": f"{MULTIPLY_ADD.picojoule:g} pJ per {MULTIPLY_ADD.name}",
    }
    yield


def _clusters(run: EvaluatedRun, assignment: Assignment, extent: Extent, findings: Findings) -> Iterator[None]:
    n = min(extent.sample, len(run.test_counts))
    rows: list[dict[str, Any]] = []
    for row, members in measure_clusters(run.test_counts[:n], run.test_labels[:n], run.n_classes, run.experiment.seed):
        rows.append(row)
        if row["name"] == "k-means":
            findings.arrays["clusters"] = members
        yield
    findings.data["clusters"] = rows


def _embeddings(run: EvaluatedRun, assignment: Assignment, extent: Extent, findings: Findings) -> Iterator[None]:
    n = min(extent.sample, 2000, len(run.test_counts))
    findings.data["embeddings"] = []
    for embedding in embed_responses(run.test_counts[:n], run.experiment.seed):
        findings.arrays[f"embedding {embedding.method}"] = embedding.points
        findings.data["embeddings"].append(
            {
                "method": embedding.method,
                "n_images": n,
                "trustworthiness": None if np.isnan(embedding.trustworthiness) else embedding.trustworthiness,
                "description": embedding.description,
            }
        )
        yield


def _supervised(run: EvaluatedRun, findings: Findings) -> Iterator[None]:
    for row in supervised_rows(run):
        findings.accuracies.append(row)
        yield


def _k_means(run: EvaluatedRun, findings: Findings) -> Iterator[None]:
    k, n_label = run.experiment.graph().n_read, len(run.label_counts)
    applying = k_means_kinds(run.experiment, run.split) if k <= len(run.split.train) else {}
    for key, name in K_MEANS.items():
        stored = run.metrics.get("baselines", {}).get(key)
        if stored is None and key in applying:
            yield
            stored = k_means_score(key, run.experiment, run.split, n_label, k).to_mapping()
        if stored is not None:
            findings.accuracies.append(stored_row("pixels", f"{name}, K = {k}", stored, n_label))


def _samples(run: EvaluatedRun, findings: Findings) -> Iterator[None]:
    stored = run.metrics.get("baselines", {}).get("samples")
    if stored is None and not run.missing:
        yield
        values, name = prototypes(run.start, run.split.train)
        measured = prototype_accuracy(
            values,
            run.label_images.static,
            run.label_labels,
            run.split.test.static,
            run.test_labels,
            n_classes=run.n_classes,
            of=run.split.test.static_name,
            name=name,
        )
        stored = measured.to_mapping()
    if stored is not None:
        findings.accuracies.append(stored_row("pixels", SAMPLES, stored, len(run.label_counts)))


def _protocol(run: EvaluatedRun, findings: Findings) -> Iterator[None]:
    findings.data["protocol"] = {
        "evaluated_on": run.part,
        "n_train": len(run.split.train),
        "n_label": len(run.label_counts),
        "n_evaluated": len(run.test_counts),
        "shared_pictures": shared_pictures(run.split.train, run.split.test),
        "same_pictures": run.same_pictures,
        "missing_kinds": list(run.missing),
        "tuned_on": run.start.about.tuned_on,
    }
    yield
