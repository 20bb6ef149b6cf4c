"""Confusion matrix, accuracy and interval against values worked out by hand or published."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import NO_ANSWER, Score, score, wilson_interval
from stdpbench.results.readout.metric import Metric
from stdpbench.results.readout.verdict import verdict

LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2])
ANSWERS = np.array([0, 0, 1, NO_ANSWER, 1, NO_ANSWER, 0, 2, 2])


def test_confusion_by_hand() -> None:
    found = score(ANSWERS, LABELS, 4)  # no answer is wrong, and not the last class
    assert found.confusion.tolist() == [[2, 1, 0, 0, 1], [0, 1, 0, 0, 1], [1, 0, 2, 0, 0], [0, 0, 0, 0, 0]]
    assert (found.n_images, found.n_correct, found.n_unanswered, found.n_classes) == (9, 5, 2, 4)
    assert found.accuracy == pytest.approx(5 / 9)
    assert found.class_accuracy[:3] == pytest.approx([0.5, 0.5, 2 / 3])
    assert math.isnan(found.class_accuracy[3])
    assert found.balanced_accuracy == pytest.approx((0.5 + 0.5 + 2 / 3) / 3)
    assert found.uneven  # 4 of one class, 2 of another
    assert not score(LABELS[1:], LABELS[1:], 3).uneven  # 3, 2 and 3
    assert found.interval == wilson_interval(5, 9)


def test_mapping_survives_json() -> None:
    found = Score(score(ANSWERS, LABELS, 4).confusion, "a description")
    mapping = json.loads(json.dumps(found.to_mapping(), allow_nan=False))
    assert mapping["accuracy"] == pytest.approx(5 / 9)
    assert mapping["class_accuracy"][3] is None
    assert mapping["n_unanswered"] == 2
    again = Score.from_mapping(mapping)
    assert again == found
    assert again.to_mapping() == mapping


@pytest.mark.parametrize("mapping", [{}, {"confusion": [[1, 2], [3, 4]]}, {"confusion": [[1, 2], [3]]}])
def test_mapping_that_is_none(mapping: dict[str, object]) -> None:
    with pytest.raises(StdpbenchError, match="no confusion matrix"):
        Score.from_mapping(mapping)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes: int, trials: int, low: float, high: float) -> None:
    """Newcombe, Stat. Med. 17:857 (1998), table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_at_the_ends() -> None:
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0
    assert wilson_interval(7, 7)[0] == pytest.approx(1 - wilson_interval(0, 7)[1])


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_of_nothing(successes: int, trials: int) -> None:
    with pytest.raises(StdpbenchError, match=f"{successes} of {trials} is not a proportion"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize(
    ("answers", "labels", "sentence"),
    [
        ([0, 1], [0], "as many answers as labels, and at least one, not 2 and 1"),
        ([], [], "at least one, not 0 and 0"),
        ([2], [0], "from -1 .no answer. to 1"),
        ([-2], [0], "from -1 .no answer. to 1"),
        ([0.0], [0], "whole numbers"),
        ([0], [2], "labels must be 0 to 1, but picture 0 has label 2"),
    ],
)
def test_errors_are_sentences(answers: list[int], labels: list[int], sentence: str) -> None:
    with pytest.raises(StdpbenchError, match=sentence):
        score(np.array(answers), np.array(labels), 2)


# whether learning helped, in a sentence, from accuracies and their intervals


def accuracy(share: float, n: int = 1000) -> Metric:
    return Metric(share, *wilson_interval(round(share * n), n))


@pytest.mark.parametrize(
    ("vote", "baselines", "sentence"),
    [
        (
            0.945,
            {"start weights": 0.76, "k-means": 0.978, "samples as prototypes": 0.962},
            "Learning is not shown to help in this run: vote 94.5 %, k-means 97.8 %, samples as prototypes 96.2 %.",
        ),
        (
            0.709,
            {"k-means": 0.6, "samples as prototypes": 0.798},
            "Learning does not help in this run: vote 70.9 %, samples as prototypes 79.8 %.",
        ),
        (
            0.9,
            {"k-means": 0.8, "samples as prototypes": 0.7, "start weights": 0.76},
            "Learning helps in this run: vote 90.0 %, k-means 80.0 %, samples as prototypes 70.0 %.",
        ),
        (
            0.9,
            {"k-means": 0.95, "samples as prototypes": 0.7},
            "Learning helps in this run: vote 90.0 %, samples as prototypes 70.0 %; but k-means 95.0 % is better.",
        ),
        (
            0.9,
            {"k-means": 0.9, "samples as prototypes": 0.7},
            "Learning helps in this run: vote 90.0 %, samples as prototypes 70.0 %; "
            "but k-means 90.0 % is not shown to be worse.",
        ),
        (
            0.9,
            {"k-means": 0.8, "spherical k-means": 0.9, "samples as prototypes": 0.7},
            "Learning helps in this run: vote 90.0 %, samples as prototypes 70.0 %; "
            "but spherical k-means 90.0 % is not shown to be worse.",
        ),
        (
            0.9,
            {"k-means": 0.82, "spherical k-means": 0.8, "samples as prototypes": 0.7},
            "Learning helps in this run: vote 90.0 %, k-means 82.0 %, samples as prototypes 70.0 %.",
        ),
        (
            0.9,
            {"start weights": 0.2, "k-means": 0.5, "spherical k-means": 0.6},
            "Whether learning helps is not known: samples as prototypes were not measured.",
        ),
    ],
)
def test_the_verdict_names_what_the_vote_is_not_above(vote: float, baselines: dict[str, float], sentence: str) -> None:
    known = {name: accuracy(share) for name, share in baselines.items()}
    assert verdict(accuracy(vote), known, flatters=True) == sentence


def test_start_weights_count_where_thresholds_do_not_learn() -> None:
    known = {"start weights": accuracy(0.9), "samples as prototypes": accuracy(0.5)}
    assert verdict(accuracy(0.9), known, flatters=False).startswith("Learning is not shown to help")
    assert verdict(accuracy(0.9), known, flatters=True).startswith("Learning helps")


def test_intervals_over_seeds_replace_those_of_one_run() -> None:
    known = {"samples as prototypes": Metric(0.895)}
    told = verdict(Metric(0.9), known, flatters=True, paired={"samples as prototypes": (0.002, 0.008)})
    assert told == "Learning helps: vote 90.0 %, samples as prototypes 89.5 %."
