r"""Cheap measures of responses to held-out pictures during training.

Labels are only used for measuring. Accuracy is *cross-fitted*: pictures are split alternately into two halves; neurons
are labelled with one half and tested on the other, and vice versa, so that no picture is classified by neurons that
were labelled with it. Since each half is small, accuracy is slightly lower than after a label phase, more so with more
neurons: its changes matter, not its level. The cluster of a picture is the neuron that fires most; purity grows with
the number K of clusters, which is reported with it. After training with labels, each class has one neuron, so the
accuracy is that of the neuron that fires most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import READOUTS, assign, readouts, score
from stdpbench.results.readout.base import Counts, checked_counts
from stdpbench.results.readout.cluster_measures import agreement
from stdpbench.results.readout.clustering import winners
from stdpbench.results.readout.neurons import measure_neurons, sparseness


@dataclass(frozen=True)
class Measure:
    """Title and unit of a measure.

    Attributes
    ----------
    title : str
        Name for display.
    unit : {"share", "bit", "neurons", "spikes", "clusters"}
        Shares are 0 to 1, but chance-adjusted agreement can be negative.
    """

    title: str
    unit: str


MEASURES: Final[Mapping[str, Measure]] = {
    **{f"accuracy_{name}": Measure(f"accuracy, {name}", "share") for name in READOUTS},
    "purity": Measure("purity of winners", "share"),
    "nmi": Measure("NMI of winners", "share"),
    "ami": Measure("AMI of winners", "share"),
    "ari": Measure("ARI of winners", "share"),
    "clusters": Measure("winning neurons, K", "clusters"),
    "neuron_purity": Measure("mean label purity per neuron", "share"),
    "neuron_entropy": Measure("mean label entropy per neuron", "bit"),
    "selectivity": Measure("mean selectivity", "share"),
    "lifetime_sparseness": Measure("mean lifetime sparseness", "share"),
    "population_sparseness": Measure("mean population sparseness", "share"),
    "dead": Measure("neurons without a spike", "neurons"),
    "duplicates": Measure("duplicate neurons", "neurons"),
    "spikes_per_image": Measure("spikes per picture", "spikes"),
    "silent_images": Measure("pictures without a spike", "share"),
}
"""All measures by name, in display order."""


def measure_held_out(
    spike_counts: Counts,
    labels: NDArray[np.integer[Any]] | None,
    n_classes: int,
    duplicates: int,
    *,
    taught: bool = False,
) -> dict[str, float | None]:
    """Measure responses.

    Parameters
    ----------
    spike_counts : ndarray, integer, (n_images, n_exc)
    labels : ndarray, integer, (n_images,), or None
        Classes of the pictures; None: only measures that need no classes.
    n_classes : int
        Number of classes.
    duplicates : int
        Number of neurons that duplicate the receptive field of another one.
    taught : bool
        Whether the network was trained with labels, so that neuron c stands for class c.

    Returns
    -------
    dict
        Value of each measure, in the order of `MEASURES`; None if undefined. Means are over neurons and pictures
        with a spike.

    Raises
    ------
    StdpbenchError
        If there are fewer than 2 pictures.
    """
    counts = checked_counts(spike_counts)
    if len(counts) < 2:
        raise StdpbenchError(f"there must be at least 2 held-out pictures, not {len(counts)}")
    values: dict[str, float | None] = {
        "lifetime_sparseness": _mean(sparseness(counts, axis=0)),
        "population_sparseness": _mean(sparseness(counts, axis=1)),
        "dead": float((~counts.any(axis=0)).sum()),
        "duplicates": float(duplicates),
        "spikes_per_image": float(counts.sum(axis=1, dtype=np.int64).mean()),
        "silent_images": float((~counts.any(axis=1)).mean()),
    }
    if labels is not None:
        values |= _against_labels(counts, np.asarray(labels), n_classes, taught)
    return {name: values.get(name) for name in MEASURES}


def cross_fitted(counts: Counts, labels: NDArray[np.integer[Any]], n_classes: int) -> dict[str, float]:
    """Return the accuracy of each read-out, on both halves of the pictures with neurons labelled by the other half."""
    right = dict.fromkeys(READOUTS, 0)
    for half in (0, 1):
        labelled, tested = slice(half, None, 2), slice(1 - half, None, 2)
        assignment = assign(counts[labelled], labels[labelled], n_classes)
        for name in READOUTS:
            answers = readouts.get(name)().predict(counts[tested], assignment)
            right[name] += score(answers, labels[tested], n_classes).n_correct
    return {name: correct / len(labels) for name, correct in right.items()}


def _against_labels(
    counts: Counts, labels: NDArray[np.integer[Any]], n_classes: int, taught: bool
) -> dict[str, float | None]:
    clusters = agreement(winners(counts), labels, n_classes)
    neurons = measure_neurons(counts, labels, assign(counts, labels, n_classes))
    if taught:
        right = float((counts.argmax(axis=1) == labels).mean())
        accuracies: dict[str, float] = dict.fromkeys(READOUTS, right)
    else:
        accuracies = cross_fitted(counts, labels, n_classes)
    return {
        **{f"accuracy_{name}": value for name, value in accuracies.items()},
        "purity": clusters.purity,
        "nmi": clusters.nmi,
        "ami": clusters.ami,
        "ari": clusters.ari,
        "clusters": float(clusters.k),
        "neuron_purity": _mean(neurons.purity),
        "neuron_entropy": _mean(neurons.entropy),
        "selectivity": _mean(neurons.selectivity),
    }


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
