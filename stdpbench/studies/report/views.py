"""Views of a finished run: pictures, answers, clusters and neurons, and the selection among them.

All views share one selection: a class, a cluster, a cell of the confusion matrix, a neuron, or some pictures. A view
only needs the pictures and the neurons of a selection (`ViewData.pictures`, `ViewData.neurons`). This module needs
neither a GUI toolkit nor scikit-learn: `stdpbench.studies.report.service` does the slow computations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.units import thousands
from stdpbench.results.readout import INTERVAL, NO_ANSWER, Score, score
from stdpbench.results.readout.embedding import Embedding
from stdpbench.results.readout.over_time import AnswersOverTime
from stdpbench.runs.analysis.fields import by_label
from stdpbench.studies.report.rows import GROUPS, Accuracy, times

Kind = Literal["", "class", "cluster", "cell", "neuron", "pictures"]
Numbers = NDArray[np.int64]
NEURONS = "neurons (winner)"
"""Neurons as clusters, a method without K."""
_NO_CLUSTER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Chosen:
    """A selection.

    Attributes
    ----------
    kind : str
        ``"class"``, ``"cluster"``, ``"cell"``, ``"neuron"``, ``"pictures"``, or empty.
    numbers : tuple of int
        Number of the selected item; of a cell, true class and answer (`NO_ANSWER` for none); of pictures, all numbers.
    """

    kind: Kind = ""
    numbers: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is selected."""
        return bool(self.kind)


NOTHING = Chosen()


@dataclass(frozen=True)
class ClusterLine:
    """A cluster in the table of clusters.

    Attributes
    ----------
    number : int
        Number of the cluster; `NO_ANSWER` for pictures in none.
    size : int
        Number of pictures.
    majority : int
        Most frequent class, the lowest in a tie.
    purity : float
        Share of that class.
    """

    number: int
    size: int
    majority: int
    purity: float


@dataclass(frozen=True, eq=False)
class Clustering:
    """Clusters of the evaluated pictures.

    Attributes
    ----------
    method : str
        Clustering method.
    k_from : str
        How K was chosen.
    members : ndarray, int64, (n_images,)
        Cluster of each picture, or `NO_ANSWER`.
    rows : sequence of mapping
        Measures of these clusters, of chance, and of neurons as clusters, in this order.
    """

    method: str
    k_from: str
    members: Numbers
    rows: Sequence[Mapping[str, Any]] = ()

    def lines(self, labels: Numbers, n_classes: int) -> list[ClusterLine]:
        """Return the table of clusters; pictures in no cluster come last."""
        lines = []
        for number in sorted(np.unique(self.members).tolist(), key=lambda n: _NO_CLUSTER if n < 0 else n):
            classes = np.bincount(labels[self.members == number], minlength=n_classes)
            size, majority = int(classes.sum()), int(classes.argmax())
            lines.append(ClusterLine(number, size, majority, int(classes[majority]) / size))
        return lines


@dataclass(frozen=True, eq=False)
class ViewData:
    """Data for views of a finished run.

    Attributes
    ----------
    path : Path
        The run folder.
    experiment : str
    seed : int
    part : str
        Part for evaluation: ``"test"`` or ``"validation"``.
    class_names : tuple of str
    labels : ndarray, int64, (n_images,)
        Classes of the evaluated pictures.
    pixels : ndarray, (n_images, height, width)
        The stimuli as they are drawn (`stdpbench.data.stimuli.StimulusSet.drawn`).
    answers : mapping of str to ndarray
        Read-out -> its answers.
    winners : ndarray, int64, (n_images,)
        Neuron that fires most during each picture, `NO_ANSWER` without spikes.
    spikes : ndarray, int64, (n_images,)
        Total number of exc spikes.
    w : ndarray, float32, (n_input, n_exc)
        Weights; NaN where there is no synapse.
    theta : ndarray, float64, (n_exc,)
        Thresholds, volt, or without unit.
    neuron_labels : ndarray, int64, (n_exc,)
        Classes of the neurons.
    neuron_purity : ndarray, float64, (n_exc,)
        Share of that class in the mean responses of each neuron.
    accuracies : sequence of Accuracy
        Read-outs and baselines, with intervals.
    label_readings : int or None
        Number of accesses to labels of these pictures for this run; None if unknown.
    label_readings_of_all : int
        Looks of all runs of the experiment (`stdpbench.runs.catalog.access_log`).
    test_label_readings : int
        Looks at test labels of all runs of the data set in the folder, also with other parameters.
    drawn_as : tuple of int or None
        Height and width in which the weights of a neuron are drawn; None: those of a picture.
    population : str
        Name of the population whose spikes are evaluated.
    theta_unit : str
        Unit in which thresholds are shown: ``"mV"``, or empty.
    noun : str
        Name of a stimulus in texts.
    static_name : str
        Name of the values of `pixels` in texts.
    """

    path: Path
    experiment: str
    seed: int
    part: str
    class_names: tuple[str, ...]
    labels: Numbers
    pixels: NDArray[Any]
    answers: Mapping[str, Numbers]
    winners: Numbers
    spikes: Numbers
    w: NDArray[np.float32]
    theta: NDArray[np.float64]
    neuron_labels: Numbers
    neuron_purity: NDArray[np.float64]
    accuracies: Sequence[Accuracy] = field(default=())
    label_readings: int | None = None
    label_readings_of_all: int = 0
    test_label_readings: int = 0
    drawn_as: tuple[int, int] | None = None
    population: str = "exc"
    theta_unit: str = "mV"
    noun: str = "picture"
    static_name: str = "pixels"
    verdict: str = ""

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.path.name

    @property
    def n_images(self) -> int:
        """Number of evaluated pictures."""
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def n_exc(self) -> int:
        """Number of exc neurons."""
        return len(self.neuron_labels)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture."""
        height, width = self.pixels.shape[1:3]
        return height, width

    @property
    def field_shape(self) -> tuple[int, int]:
        """Height and width in which the weights of a neuron are drawn."""
        return self.drawn_as or self.shape

    def named(self, number: int) -> str:
        """Return the name of a class, or of no answer."""
        return self.class_names[number] if 0 <= number < self.n_classes else "none"

    # -- selection ------------------------------------------------------------------------------------------------

    def pictures(self, chosen: Chosen, readout: str, clustering: Clustering | None) -> Numbers:
        """Return the pictures of a selection: int64, ascending; all pictures without a selection."""
        if chosen.kind == "pictures":
            return np.unique(np.array(chosen.numbers, np.int64))
        if chosen.kind == "class":
            members = self.labels == chosen.numbers[0]
        elif chosen.kind == "cell":
            members = (self.labels == chosen.numbers[0]) & (self.answers[readout] == chosen.numbers[1])
        elif chosen.kind == "neuron":
            members = self.winners == chosen.numbers[0]
        elif chosen.kind == "cluster":
            members = np.zeros(self.n_images, bool) if clustering is None else clustering.members == chosen.numbers[0]
        else:
            members = np.ones(self.n_images, bool)
        return np.flatnonzero(members).astype(np.int64)

    def neurons(self, chosen: Chosen, pictures: Numbers) -> Numbers:
        """Return the neurons of a selection: those of the class, else those that fire most during its pictures."""
        if not chosen:
            return np.empty(0, np.int64)
        if chosen.kind == "neuron":
            return np.array(chosen.numbers, np.int64)
        if chosen.kind == "class":
            return np.flatnonzero(self.neuron_labels == chosen.numbers[0]).astype(np.int64)
        winners = np.unique(self.winners[pictures])
        return winners[winners >= 0]

    def score_of(self, readout: str, pictures: Numbers | None = None) -> Score | None:
        """Score the answers to some or all pictures; None without pictures."""
        selected = slice(None) if pictures is None else pictures
        labels = self.labels[selected]
        return score(self.answers[readout][selected], labels, self.n_classes) if len(labels) else None

    def right(self, readout: str) -> NDArray[np.bool_]:
        """Whether each answer is correct."""
        return np.asarray(self.answers[readout] == self.labels)

    # -- orders ----------------------------------------------------------------------------------------------------

    def neuron_clusters(self, clustering: Clustering) -> Numbers:
        """Return the cluster for which each neuron most often fires most; `NO_ANSWER` if it never fires most."""
        known = (self.winners >= 0) & (clustering.members >= 0)
        k = int(clustering.members.max(initial=-1)) + 1
        wins = np.zeros((self.n_exc, max(k, 1)), np.int64)
        np.add.at(wins, (self.winners[known], clustering.members[known]), 1)
        return np.where(wins.any(axis=1), wins.argmax(axis=1), NO_ANSWER).astype(np.int64)

    def order_of_neurons(self, by: str, clustering: Clustering | None) -> Numbers:
        """Order the neurons by ``"class"``, ``"cluster"`` (of one cluster by class), ``"purity"`` or ``"number"``."""
        if by == "class":
            return by_label(self.neuron_labels, self.theta)
        if by == "cluster" and clustering is not None:
            clusters = self.neuron_clusters(clustering)
            clusters = np.where(clusters < 0, _NO_CLUSTER, clusters)
            return np.asarray(np.lexsort((self.neuron_labels, clusters)), np.int64)
        if by == "purity":
            return np.asarray(np.argsort(-np.nan_to_num(self.neuron_purity, nan=-1.0), kind="stable"), np.int64)
        return np.arange(self.n_exc)

    # -- texts -----------------------------------------------------------------------------------------------------

    def describe_picture(self, number: int, readout: str, clustering: Clustering | None) -> str:
        """Describe a picture."""
        answer, label, winner = int(self.answers[readout][number]), int(self.labels[number]), int(self.winners[number])
        verdict = "right" if answer == label else "wrong"
        answered = f"answered {self.named(answer)} ({verdict})" if answer >= 0 else "no answer (wrong)"
        parts = [f"{self.part} {self.noun} {number}: true {self.named(label)}, {answered}"]
        if clustering is not None:
            member = int(clustering.members[number])
            parts.append(f"cluster {member}" if member >= 0 else "in no cluster")
        parts.append(f"{self.spikes[number]} spikes" + (f", most from neuron {winner}" if winner >= 0 else ""))
        return ", ".join(parts)

    def describe_neuron(self, number: int) -> str:
        """Describe a neuron."""
        label = int(self.neuron_labels[number])
        wins = int((self.winners == number).sum())
        if label < 0:
            return (
                f"neuron {number} was silent in the label phase; it fires most during {wins} {self.part} {self.noun}s"
            )
        share = 100 * float(self.neuron_purity[number])
        return (
            f"neuron {number} has the label {self.named(label)} ({share:.0f} % of its responses) and fires most "
            f"during {wins} {self.part} {self.noun}s"
        )

    def describe(self, chosen: Chosen, readout: str, clustering: Clustering | None) -> str:
        """Describe a selection, with its number of pictures and of correct answers."""
        if not chosen:
            return "Nothing selected"
        pictures = self.pictures(chosen, readout, clustering)
        n, right = len(pictures), int(self.right(readout)[pictures].sum())
        first = chosen.numbers[0] if chosen.numbers else NO_ANSWER
        if chosen.kind == "class":
            name = f"Class {self.named(first)}"
        elif chosen.kind == "cluster":
            name = f"Cluster {first}" if first >= 0 else f"{self.noun.capitalize()}s in no cluster"
        elif chosen.kind == "cell":
            answer = chosen.numbers[1]
            name = f"True {self.named(first)}, " + (f"answered {self.named(answer)}" if answer >= 0 else "no answer")
        elif chosen.kind == "neuron":
            neuron = self.describe_neuron(first)
            return f"{neuron[0].upper()}{neuron[1:]}; {right} of {n} answered correctly by {readout}"
        else:
            name = f"Selected {self.noun}s"
        share = f" ({100 * right / n:.1f} %)" if n else ""
        number = f"{thousands(n)} {self.noun}{'' if n == 1 else 's'}"
        return f"{name}: {number}, {thousands(right)} answered correctly by {readout}{share}"

    @property
    def protocol(self) -> str:
        """Describe in few words what was evaluated on what, and how often its labels were used."""
        if self.label_readings is None:
            return f"{self._sizes}; without a journal, uses of the labels are not counted"
        looks = self.test_label_readings
        all_looks = f"{looks} look{'' if looks == 1 else 's'} at this test set by all runs"
        return f"{self._sizes}; labels read {times(self.label_readings)} for this run, {all_looks}"

    @property
    def _sizes(self) -> str:
        return (
            f"{thousands(self.n_exc)} {self.population} neurons, {thousands(self.n_images)} {self.part} {self.noun}s"
        )

    def summary(self, readout: str, clustering: Clustering | None) -> str:
        """Describe the run in one sentence, without its name."""
        row = next((accuracy for accuracy in self.accuracies if accuracy.name == readout), None)
        text = self._sizes
        if row is not None:
            text += (
                f" · {readout} {100 * row.accuracy:.1f} % correct ({INTERVAL} {100 * row.low:.1f} to "
                f"{100 * row.high:.1f} %)"
            )
        if clustering is not None and clustering.rows:
            k, ami, purity = (clustering.rows[0][name] for name in ("k", "ami", "purity"))
            text += f" · {clustering.method}, K = {k}: AMI {ami:.2f}, purity {purity:.2f}"
        if self.label_readings is None:
            return f"{text} · no journal, so accesses to these labels are not counted"
        return (
            f"{text} · labels read {times(self.label_readings)} for this run; looks, which are trained networks "
            f"compared with labels: {self.label_readings_of_all} by all runs of the experiment, "
            f"{self.test_label_readings} at test labels by all runs on this data set"
        )


# -- replies of the service ----------------------------------------------------------------------------------------


def with_accuracies(data: ViewData, rows: Sequence[Mapping[str, Any]]) -> ViewData:
    """Add further accuracies from the service, each to its group."""
    order, added = list(GROUPS), [Accuracy(**row) for row in rows]
    accuracies = sorted([*data.accuracies, *added], key=lambda row: order.index(row.group))  # stable within a group
    return replace(data, accuracies=tuple(accuracies))


def view_data_of(path: Path, value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> ViewData:
    """Convert the reply to ``open``."""
    names = {field.name for field in fields(ViewData)}
    plain: dict[str, Any] = {name: item for name, item in {**value, **arrays}.items() if name in names}
    plain |= {name: tuple(value[name]) for name in ("class_names", "drawn_as")}
    plain["answers"] = {name[8:]: array for name, array in arrays.items() if name.startswith("answers ")}
    plain["accuracies"] = tuple(Accuracy(**row) for row in value["accuracies"])
    return ViewData(path=path, **plain)


def plane_of(value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Embedding:
    """Convert the reply to ``embed``."""
    return Embedding(value["method"], arrays["points"], value["trustworthiness"], value["description"])


def over_time_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, AnswersOverTime]:
    """Convert the reply to ``settle``, by read-out."""
    return {
        name[8:]: AnswersOverTime(arrays["time"], array.astype(np.int64))
        for name, array in arrays.items()
        if name.startswith("answers ")
    }


def clustering_of(value: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Clustering:
    """Convert the reply to ``cluster``."""
    return Clustering(value["method"], value["k_from"], arrays["members"], tuple(value["rows"]))
