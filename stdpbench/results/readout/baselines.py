"""Baselines without a network: clusters of the same pictures, or samples of them, one per neuron."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets import Split
from stdpbench.data.stimuli import StimulusSet
from stdpbench.experiment import Experiment, encode, n_bins, n_input
from stdpbench.results.readout.base import NO_ANSWER, checked_labels
from stdpbench.results.readout.metrics import Score, score

LLOYD_UP_TO: Final = 1000
"""Largest number of centres for exact iterations; beyond it, mini-batches avoid tens of minutes of computation."""

SAMPLES: Final = "samples as prototypes"
"""Name of the baseline `prototype_accuracy`."""

K_MEANS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "k_means": "k-means",
        "spherical_k_means": "spherical k-means",
        "filtered_k_means": "k-means on filtered spike trains",
    }
)
"""Names of the baselines with one centre per neuron, by their keys in ``metrics.json``."""

BASELINES: Final[Mapping[str, str]] = MappingProxyType({**K_MEANS, "samples": SAMPLES})
"""Names of the baselines without a network, by their keys in ``metrics.json``."""

_AT_ONCE = 2_000_000  # similarities per block
_MAX_ITER = 100
_MAX_PASSES = 20
_FEWEST_SEEDS = 5000  # pictures from which k-means++ chooses, or 3 per centre if that is more
_FILTERED_BINS = 50  # each as long as the SD of the filter
_MOST_FILTERED = 2000  # values of a recording; more are projected on that many


def k_means_kinds(experiment: Experiment, split: Split) -> dict[str, str]:
    """Return those of `K_MEANS` that apply: pictures have no spike trains of their own."""
    trains = split.train.kind != "images" and not experiment.missing_kinds and not experiment.encoding.currents
    return {key: name for key, name in K_MEANS.items() if trains or key != "filtered_k_means"}


def k_means_score(key: str, experiment: Experiment, split: Split, n_labelled: int, k: int) -> Score:
    """Measure one of the baselines `K_MEANS`.

    Parameters
    ----------
    key : str
        Key of the baseline, one of `k_means_kinds`.
    experiment : Experiment
        The experiment, whose seed is that of the initial centres.
    split : Split
        Training and evaluated stimuli, with labels.
    n_labelled : int
        Number of training stimuli, the first ones, that label the centres.
    k : int
        Number of centres, at most the number of training stimuli.

    Returns
    -------
    Score
        Score on the evaluated stimuli.
    """
    train, test, of = split.train.static, split.test.static, split.test.static_name
    if key == "filtered_k_means":
        parts = {"label": split.train, "test": split.test}
        n_steps = max(n_bins(experiment, part, number) for part in parts.values() for number in range(len(part)))
        train, test = (filtered_trains(experiment, part, phase, n_steps) for phase, part in parts.items())
        of = f"spike trains filtered with SD {n_steps * experiment.dt / _FILTERED_BINS:.3g} ms"
    return (spherical_k_means_accuracy if key == "spherical_k_means" else kmeans_accuracy)(
        train,
        split.train.known_labels[:n_labelled],
        test,
        split.test.known_labels,
        k,
        experiment.seed,
        n_classes=len(split.class_names),
        of=of,
    )


def filtered_trains(experiment: Experiment, stimuli: StimulusSet, phase: str, n_steps: int) -> NDArray[np.float32]:
    """Return input spike trains of stimuli as the network gets them, filtered with a Gaussian.

    Parameters
    ----------
    experiment : Experiment
        The experiment, with its encoder and control of timing.
    stimuli : StimulusSet
        The stimuli; each has its own number as that of its presentation.
    phase : {"label", "test"}
        Phase of the presentations.
    n_steps : int
        Number of time steps of the longest presentation. The SD of the Gaussian is a fiftieth of it.

    Returns
    -------
    ndarray, float32, (n_stimuli, n_values)
        The filtered trains in the middle of 50 bins as long as the SD, one input after the other; a single spike at
        that moment gives 1. More than 2000 values are projected on 2000 random directions, the same in all runs, which
        keeps distances within a few per cent (Li, Hastie & Church 2006, doi:10.1145/1150402.1150436).
    """
    from scipy.sparse import csr_array
    from sklearn.random_projection import SparseRandomProjection

    shown, size = experiment.evaluated, n_input(experiment, stimuli)
    steps = (np.arange(n_steps) + 0.5) * _FILTERED_BINS / n_steps  # in SD
    kernel = np.exp(-((steps[:, None] - np.arange(_FILTERED_BINS) - 0.5) ** 2) / 2).astype(np.float32)
    n_values = size * _FILTERED_BINS
    filtered = np.empty((len(stimuli), min(n_values, _MOST_FILTERED)), np.float32)
    projection = SparseRandomProjection(filtered.shape[1], random_state=0).fit(np.zeros((1, n_values), np.float32))
    for number in range(len(stimuli)):
        spikes = encode(shown, stimuli, phase, number, 0, number)
        factors = np.ones(len(spikes), np.float32) if spikes.factor is None else spikes.factor
        values = (csr_array((factors, (spikes.index, spikes.bin)), (size, n_steps)) @ kernel).reshape(1, -1)
        filtered[number] = values if n_values <= _MOST_FILTERED else projection.transform(values)
    return filtered


def kmeans_accuracy(
    train_pixels: NDArray[Any],
    train_labels: NDArray[np.integer[Any]],
    test_pixels: NDArray[Any],
    test_labels: NDArray[np.integer[Any]],
    k: int,
    seed: int,
    *,
    n_classes: int,
    of: str = "pixels",
) -> Score:
    """Cluster training pictures, label each centre with the majority class of its members, and test.

    A centre corresponds to a neuron: it is computed without labels, then labelled from training pictures.

    Parameters
    ----------
    train_pixels, test_pixels : ndarray, (n_images, ...)
        Pictures as passed to the encoder, of any number type; converted to float32, (n_images, n_input).
    train_labels : ndarray, integer, (n_labelled,)
        Classes, 0 .. n_classes - 1, of the first training pictures, which label the centres. The centres are computed
        from all training pictures.
    test_labels : ndarray, integer, (n_images,)
        Classes of the test pictures.
    k : int
        Number of centres: the network's n_exc, at most the number of training pictures.
    seed : int
        Seed, at least 0, of the initial centres (k-means++, one start).
    n_classes : int
        Number of classes.
    of : str
        Name of the values in `Score.description`.

    Returns
    -------
    Score
        Score on the test pictures. `Score.description` names the algorithm: up to `LLOYD_UP_TO` centres scikit-learn's
        ``KMeans`` (Lloyd), beyond that ``MiniBatchKMeans``. A picture whose centre has no labelled member has no
        answer.

    Notes
    -----
    It runs on one thread, since float32 sums of several threads would depend on the order in which they finish.
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    train, test = _rows(train_pixels), _rows(test_pixels)
    classes = checked_labels(train_labels, n_classes)
    start = int(np.random.SeedSequence(seed).generate_state(1)[0])  # scikit-learn accepts 32 bits only
    if k <= LLOYD_UP_TO:
        model = KMeans(k, n_init=1, max_iter=_MAX_ITER, algorithm="lloyd", random_state=start, copy_x=False)
        name = f"k-means on {of}, K = {k} (KMeans, Lloyd, one k-means++ start, at most {_MAX_ITER} iterations)"
    else:
        # initial centres are drawn from init_size pictures, which must be more than the centres
        model = MiniBatchKMeans(
            k, n_init=1, max_iter=_MAX_PASSES, batch_size=2048, init_size=min(len(train), 3 * k), random_state=start
        )
        name = f"k-means on {of}, K = {k} (MiniBatchKMeans, one k-means++ start, at most {_MAX_PASSES} passes)"
    with threadpool_limits(limits=1):
        members = model.fit_predict(train)
        nearest = model.predict(test)
    labels = _majority(members[: len(classes)], classes, k, n_classes)
    return Score(score(labels[nearest], test_labels, n_classes).confusion, name)


def spherical_k_means_accuracy(
    train_pixels: NDArray[Any],
    train_labels: NDArray[np.integer[Any]],
    test_pixels: NDArray[Any],
    test_labels: NDArray[np.integer[Any]],
    k: int,
    seed: int,
    *,
    n_classes: int,
    of: str = "pixels",
) -> Score:
    """Cluster training pictures by cosine, label each centre with the majority class of its members, and test.

    Pictures are scaled to unit length; a centre is the direction of the sum of its members, which are the pictures
    whose scalar product with it is the largest (Dhillon & Modha 2001, doi:10.1023/A:1007612920971). So brightness does
    not count, as for a network with normalised weights.

    Parameters
    ----------
    train_pixels, train_labels, test_pixels, test_labels, k, seed, n_classes, of
        See `kmeans_accuracy`. A picture of length 0 belongs to centre 0.

    Returns
    -------
    Score
        Score on the test pictures. `Score.description` names the algorithm, Lloyd's for any number of centres. A
        picture whose centre has no labelled member has no answer.
    """
    from scipy.sparse import csr_array
    from sklearn.cluster import kmeans_plusplus
    from threadpoolctl import threadpool_limits

    pictures = _rows(train_pixels)
    pictures /= np.maximum(np.linalg.norm(pictures, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    rng, n, n_seeds = np.random.default_rng(seed), len(pictures), max(_FEWEST_SEEDS, 3 * k)
    seeds = pictures[rng.permutation(n)[:n_seeds]]
    members = np.full(n, NO_ANSWER)
    with threadpool_limits(limits=1):
        centres, _ = kmeans_plusplus(seeds, k, random_state=int(rng.integers(2**32)))
        for _ in range(_MAX_PASSES):
            before, members = members, _most_similar(pictures, centres)
            if np.array_equal(members, before):
                break
            membership = csr_array((np.ones(n, np.float32), members, np.arange(n + 1)), (n, k))
            sums = membership.T @ pictures
            filled = sums.any(axis=1)
            centres[filled] = sums[filled]
    labelled = train_pixels[: len(train_labels)]
    classified = prototype_accuracy(centres, labelled, train_labels, test_pixels, test_labels, n_classes=n_classes)
    name = f"spherical k-means on {of}, K = {k} (Lloyd, one k-means++ start, at most {_MAX_PASSES} iterations)"
    return Score(classified.confusion, name)


def prototype_accuracy(
    prototypes: NDArray[np.floating[Any]],
    train_pixels: NDArray[Any],
    train_labels: NDArray[np.integer[Any]],
    test_pixels: NDArray[Any],
    test_labels: NDArray[np.integer[Any]],
    *,
    n_classes: int,
    of: str = "pixels",
    name: str = "training samples",
) -> Score:
    """Classify pictures by the most similar prototype, which is labelled from the training pictures closest to it.

    Nothing is learned: this corresponds to a network in which each neuron keeps the sample that it starts from, and
    the neuron with the largest cosine between weights and picture gives the answer.

    Parameters
    ----------
    prototypes : ndarray, float, (n, n_input)
        One prototype per neuron of the network.
    train_pixels, test_pixels : ndarray, (n_images, ...)
        Pictures as passed to the encoder, of any number type; converted to float32, (n_images, n_input).
    train_labels : ndarray, integer, (n_images,)
        Classes, 0 .. n_classes - 1, of the training pictures, which label the prototypes.
    test_labels : ndarray, integer, (n_images,)
        Classes of the test pictures.
    n_classes : int
        Number of classes.
    of, name : str
        Names of the values and of the prototypes in `Score.description`.

    Returns
    -------
    Score
        Score on the test pictures. A picture whose prototype has no label has no answer.
    """
    from threadpoolctl import threadpool_limits

    train, test, kept = _rows(train_pixels), _rows(test_pixels), _rows(prototypes)
    classes = checked_labels(train_labels, n_classes)
    with threadpool_limits(limits=1):
        members, nearest = (_most_similar(pictures, kept) for pictures in (train, test))
    labels = _majority(members, classes, len(kept), n_classes)
    counted = score(labels[nearest], test_labels, n_classes)
    return Score(counted.confusion, f"{len(kept)} {name} as prototypes, nearest by cosine of {of}; nothing learned")


def _most_similar(pictures: NDArray[np.float32], prototypes: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of the prototype with the largest cosine for each picture, the first in a tie."""
    length = np.linalg.norm(prototypes, axis=1, keepdims=True)
    unit = (prototypes / np.where(length > 0, length, 1)).T  # the length of a picture is the same for all prototypes
    step = max(1, _AT_ONCE // len(prototypes))
    parts = [(pictures[first : first + step] @ unit).argmax(axis=1) for first in range(0, len(pictures), step)]
    return np.concatenate([np.empty(0, np.int64), *parts])


def _majority(
    members: NDArray[np.integer[Any]], classes: NDArray[np.int64], k: int, n_classes: int
) -> NDArray[np.int64]:
    """Return the most frequent class among the members of each centre; `NO_ANSWER` for a centre without members."""
    votes = np.zeros((k, n_classes), np.int64)
    np.add.at(votes, (members, classes), 1)
    return np.where(votes.any(axis=1), votes.argmax(axis=1), NO_ANSWER)


def _rows(pixels: NDArray[Any]) -> NDArray[np.float32]:
    array = np.asarray(pixels)
    return np.array(array.reshape(len(array), -1), dtype=np.float32, order="C")
