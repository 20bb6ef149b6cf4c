"""Whether learning helped, in a sentence, from accuracies and their intervals."""

from __future__ import annotations

import pytest

from stdpbench.results.readout import wilson_interval
from stdpbench.results.readout.metric import Metric
from stdpbench.results.readout.verdict import verdict


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
            {"start weights": 0.2, "k-means": 0.5},
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
