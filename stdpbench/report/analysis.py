"""Analysis of one run for a report: tables as plain values, and arrays for figures.

Long computations yield `Progress`. Networks that are simulated again (untrained networks, repeats with other input
spikes) are shown a sample of the pictures; measures of stored responses use all pictures, except clusters and
embeddings. Each row contains the number of pictures.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.readout import READOUTS, Assignment, assign, readouts, score
from stdpbench.readout.baselines import kmeans_accuracy
from stdpbench.readout.energy import MULTIPLY_ADD, cost, pixel_distances_nanojoule
from stdpbench.readout.neurons import measure_neurons, most_alike
from stdpbench.report.clusters import measure_clusters, see
from stdpbench.report.material import Material
from stdpbench.report.readings import supervised_rows, timed_rows
from stdpbench.report.rows import Accuracy, accuracy_row, stored_row
from stdpbench.report.showing import Presenter, Showing, Shown
from stdpbench.runs.analysis.fields import ALIKE, duplicates
from stdpbench.runs.catalog.access_log import shared_pictures
from stdpbench.runs.protocol.facts import Progress


@dataclass(frozen=True)
class Extent:
    """Extent of a report: numbers of pictures, which do not change the meaning of rows.

    Attributes
    ----------
    sample : int
        Number of evaluated pictures that are shown again, clustered and embedded; untrained networks are shown twice
        as many labelled pictures.
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
    data : dict
        All other results as plain values, by section.
    arrays : dict of str to ndarray
        Arrays for figures.
    """

    accuracies: list[Accuracy] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def row(self, name: str) -> Accuracy | None:
        """Return the first accuracy of a given name."""
        return next((row for row in self.accuracies if row.name == name), None)


Steps = Generator[Progress, None, None]


def showings(material: Material, extent: Extent) -> list[Showing]:
    """Presentations to simulate."""
    n_test = min(extent.sample, len(material.test_counts))
    n_label = min(2 * extent.sample, len(material.label_counts))
    wanted = [Showing("random weights", "label", n_label), Showing("random weights", "test", n_test)]
    if material.experiment.network.start != "random" and "start_weights" not in material.metrics.get("baselines", {}):
        wanted += [Showing("start weights", "label", n_label), Showing("start weights", "test", n_test)]
    if material.label_trains is None or material.test_trains is None:
        wanted += [Showing("trained", "label", n_label)]
    wanted += [Showing("trained", "test", n_test, repeat) for repeat in range(extent.repeats + 1)]
    return wanted


def analyse(material: Material, presenter: Presenter | None, extent: Extent) -> Generator[Progress, None, Findings]:
    """Run the whole analysis; without a presenter, only measures of the stored responses.

    Yields
    ------
    Progress

    Returns
    -------
    findings : Findings
    """
    found, shown = Findings(), dict[Showing, Shown]()
    wanted = showings(material, extent) if presenter is not None else []
    total = sum(showing.n_images for showing in wanted)
    for done, showing, whole in presenter.present(wanted) if presenter is not None else ():
        if whole is not None:
            shown[showing] = whole
        yield Progress("simulated presentations", done, total)
    assignment = material.assignment()
    steps: Sequence[tuple[str, Iterator[None]]] = (
        ("read-outs", _plain_readouts(material, assignment, found)),
        ("spike times", _timed_readouts(material, assignment, shown, found)),
        ("untrained networks", _untrained(material, shown, found)),
        ("repeated presentations", _repeated(material, assignment, shown, found)),
        ("neurons", _neurons(material, assignment, found)),
        ("synaptic operations", _cost(material, shown, found)),
        ("clusters", _clusters(material, assignment, extent, found)),
        ("embeddings", _embeddings(material, assignment, extent, found)),
        ("supervised read-outs", _supervised(material, found)),
        ("k-means on pixels", _k_means(material, found)),
        ("protocol", _protocol(material, found)),
    )
    for number, (name, step) in enumerate(steps):
        yield Progress(f"measures: {name}", number, len(steps))
        for _ in step:
            yield Progress(f"measures: {name}", number, len(steps))
    yield Progress("measures", len(steps), len(steps))
    return found


def _plain_readouts(material: Material, assignment: Assignment, found: Findings) -> Iterator[None]:
    labels = material.test_labels
    for name in READOUTS:
        answers = readouts.get(name)().predict(material.test_counts, assignment)
        found.accuracies.append(accuracy_row("read-out", name, answers, labels, len(material.label_counts)))
        found.arrays[f"answers {name}"] = answers
        found.arrays[f"confusion {name}"] = score(answers, labels, material.n_classes).confusion
        yield


def _timed_readouts(
    material: Material, assignment: Assignment, shown: dict[Showing, Shown], found: Findings
) -> Iterator[None]:
    label, test, note = material.label_trains, material.test_trains, ""
    if label is None or test is None:
        if not shown:
            return
        of = {showing.phase: whole for showing, whole in shown.items() if showing.network == "trained"}
        own = next(whole for showing, whole in shown.items() if _usual(showing))
        label, test = of["label"].trains, own.trains
        note = "the run kept no spike times, so a sample was shown again"
    for row in timed_rows(material, assignment, label, test, note):
        found.accuracies.append(row)
        yield


def _untrained(material: Material, shown: dict[Showing, Shown], found: Findings) -> Iterator[None]:
    for network in ("random weights", "start weights"):
        by_phase = {showing.phase: whole for showing, whole in shown.items() if showing.network == network}
        if len(by_phase) < 2:
            continue
        label, test = by_phase["label"].spike_counts, by_phase["test"].spike_counts
        known = assign(label, material.label_labels[: len(label)], material.n_classes)
        for name in READOUTS:
            answers = readouts.get(name)().predict(test, known)
            labels = material.test_labels[: len(test)]
            note = "a sample" if len(test) < len(material.test_counts) else ""
            found.accuracies.append(accuracy_row("untrained", f"{network}, {name}", answers, labels, len(label), note))
        yield
    stored = material.metrics.get("baselines", {}).get("start_weights", {})
    n_label = int(material.metrics.get("n_label_images", 0))
    for name in READOUTS:
        if name in stored:
            found.accuracies.append(stored_row("untrained", f"start weights, {name}", stored[name], n_label))


def _repeated(
    material: Material, assignment: Assignment, shown: dict[Showing, Shown], found: Findings
) -> Iterator[None]:
    again = [(showing, whole) for showing, whole in shown.items() if showing.network == "trained"]
    again = sorted(((s, w) for s, w in again if s.phase == "test"), key=lambda pair: pair[0].repeat)
    if not again:
        return
    n = again[0][0].n_images
    labels = material.test_labels[:n]
    accuracy: dict[str, list[float]] = {}
    for name in READOUTS:
        reader = readouts.get(name)()
        accuracy[name] = [
            float((reader.predict(whole.spike_counts, assignment) == labels).mean()) for _, whole in again
        ]
        yield
    found.data["repeats"] = {
        "n_presentations": len(again),
        "n_images": n,
        "accuracy": accuracy,
        "mean": {name: fmean(values) for name, values in accuracy.items()},
        "sd": {name: stdev(values) if len(values) > 1 else None for name, values in accuracy.items()},
    }
    own = next(whole for showing, whole in again if showing.repeat == 0)
    found.data["same_responses"] = bool((own.spike_counts == material.test_counts[:n]).all())


def _neurons(material: Material, assignment: Assignment, found: Findings) -> Iterator[None]:
    measured = measure_neurons(material.label_counts, material.label_labels, assignment)
    yield
    alike, twin = most_alike(material.w), duplicates(material.w)
    per_neuron = {
        "label": assignment.labels,
        "mean_spikes": measured.mean_spikes,
        "purity": measured.purity,
        "entropy_bit": measured.entropy,
        "selectivity": measured.selectivity,
        "lifetime_sparseness": measured.lifetime_sparseness,
        "information_bit": measured.information,
        "most_alike_correlation": alike,
        "duplicate": twin,
        "theta_mV": material.theta * 1e3,
    }
    found.arrays |= {f"neuron {name}": values for name, values in per_neuron.items()}
    found.data["neurons"] = {
        "n_exc": assignment.n_exc,
        "n_images": len(material.label_counts),
        "never_fired": int(measured.never_fired.sum()),
        "duplicates": int(twin.sum()),
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
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _entropy(counts: NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _cost(material: Material, shown: dict[Showing, Shown], found: Findings) -> Iterator[None]:
    own = next((whole for showing, whole in shown.items() if _usual(showing)), None)
    if own is None:
        return
    spikes = float(material.test_counts.sum(axis=1, dtype=np.int64).mean())
    network = material.experiment.network
    found.data["cost"] = {
        **cost(float(own.input_spikes.mean()), spikes, network.n_exc, network.inhibition).to_mapping(),
        "n_images_input": len(own.trains),
        "k_means_nJ": pixel_distances_nanojoule(material.split.train.n_input, network.n_exc),
        "k_means_source": f"{MULTIPLY_ADD.picojoule:g} pJ per {MULTIPLY_ADD.name}",
    }
    yield


def _usual(showing: Showing) -> bool:
    return showing.network == "trained" and showing.phase == "test" and showing.repeat == 0


def _clusters(material: Material, assignment: Assignment, extent: Extent, found: Findings) -> Iterator[None]:
    n = min(extent.sample, len(material.test_counts))
    rows: list[dict[str, Any]] = []
    for row, members in measure_clusters(
        material.test_counts[:n], material.test_labels[:n], material.n_classes, material.experiment.seed
    ):
        rows.append(row)
        if row["name"] == "k-means":
            found.arrays["clusters"] = members
        yield
    found.data["clusters"] = rows


def _embeddings(material: Material, assignment: Assignment, extent: Extent, found: Findings) -> Iterator[None]:
    n = min(extent.sample, 2000, len(material.test_counts))
    found.data["embeddings"] = []
    for one in see(material.test_counts[:n], material.experiment.seed):
        found.arrays[f"embedding {one.method}"] = one.points
        found.data["embeddings"].append(
            {
                "method": one.method,
                "n_images": n,
                "trustworthiness": None if np.isnan(one.trustworthiness) else one.trustworthiness,
                "description": one.description,
            }
        )
        yield


def _supervised(material: Material, found: Findings) -> Iterator[None]:
    for row in supervised_rows(material):
        found.accuracies.append(row)
        yield


def _k_means(material: Material, found: Findings) -> Iterator[None]:
    stored, seed = material.metrics.get("baselines", {}).get("k_means"), material.experiment.seed
    k, n_label = material.experiment.network.n_exc, len(material.label_counts)
    if stored is None and k <= len(material.split.train):
        yield
        counted = kmeans_accuracy(
            material.split.train.pixels,
            material.label_labels,
            material.split.test.pixels,
            material.test_labels,
            k,
            seed,
            n_classes=material.n_classes,
        )
        stored = counted.to_mapping()
    if stored is not None:
        note = str(stored.get("description", ""))
        found.accuracies.append(stored_row("pixels", f"k-means, K = {k}", stored, n_label, note))


def _protocol(material: Material, found: Findings) -> Iterator[None]:
    found.data["protocol"] = {
        "evaluated_on": material.part,
        "n_train": len(material.split.train),
        "n_label": len(material.label_counts),
        "n_evaluated": len(material.test_counts),
        "shared_pictures": shared_pictures(material.split.train, material.split.test),
        "same_pictures": material.same_pictures,
        "missing_kinds": list(material.missing),
        "tuned_on": material.start.about.tuned_on,
    }
    yield
