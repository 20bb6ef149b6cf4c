"""Sentences of a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stdpbench.results.readout import wilson_interval
from stdpbench.runs.folder.journal import read_journal, write_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import LearnedSet, Record
from stdpbench.studies.report.analysis import Findings
from stdpbench.studies.report.rows import Accuracy
from stdpbench.studies.report.sentences import _baselines, _set_by_hand


def row(
    name: str, accuracy: float, n_images: int = 10_000, n_labelled: int = 60_000, group: str = "untrained"
) -> Accuracy:
    low, high = wilson_interval(round(accuracy * n_images), n_images)
    return Accuracy(group, name, accuracy, low, high, n_images, n_labelled)


def run_with(thresholds: str) -> Any:
    split = SimpleNamespace(test=SimpleNamespace(static_name="pixels"))
    return SimpleNamespace(experiment=SimpleNamespace(evaluation=SimpleNamespace(thresholds=thresholds)), split=split)


@pytest.mark.parametrize(
    ("untrained", "sentence"),
    [
        (
            [row("start weights, vote", 0.5)],
            "With its start weights, labelled and read out in the same way, the network reaches 50.0 %: against its "
            "start, learning adds 30.0 points (95 % interval of the difference +28.7 to +31.2).",
        ),
        (
            [row("start weights, vote", 0.5, group="start")],
            "With its start weights, which another network had learned, labelled and read out in the same way, the "
            "network reaches 50.0 %: against its start, learning adds 30.0 points (95 % interval of the difference "
            "+28.7 to +31.2).",
        ),
        (
            [row("start weights, vote", 0.9), row("random weights, vote", 0.3, 2000, 4000)],
            "With its start weights, labelled and read out in the same way, the network reaches 90.0 %, with random "
            "weights 30.0 % of the first 2000, labelled with 4000: against its start, learning costs 10.0 points "
            "(95 % interval of the difference −11.0 to −9.0).",
        ),
        (
            [row("random weights, vote", 0.85, 2000, 4000)],
            "With random weights, the network reaches 85.0 % of the first 2000, labelled with 4000: against these, "
            "learning costs 5.0 points (95 % interval of the difference −6.7 to −3.2).",
        ),
        (
            [row("samples as prototypes", 0.75, 20)],
            "One training sample per neuron as a prototype, with nothing learned, is right for 75.0 %: against these, "
            "no effect of learning is shown (+5.0 points, 95 % interval −8.8 to +26.9).",
        ),
        (
            [row("k-means, K = 30", 0.883, 120)],
            "With one centre per neuron, k-means is right for 88.3 %: the vote is 8.3 points worse (95 % "
            "interval of the difference −13.0 to −1.3).",
        ),
        (
            [row("k-means, K = 30", 0.7, 120), row("spherical k-means, K = 30", 0.883, 120)],
            "With one centre per neuron, spherical k-means is right for 88.3 %: the vote is 8.3 points worse (95 % "
            "interval of the difference −13.0 to −1.3).",
        ),
        (
            [row("k-means, K = 30", 0.78, 120)],
            "With one centre per neuron, k-means is right for 78.0 %: this run alone does not show whether "
            "the vote is better or worse (+2.0 points, 95 % interval −4.8 to +9.9).",
        ),
    ],
)
def test_what_learning_is_worth(untrained: list[Accuracy], sentence: str) -> None:
    found = Findings([row("vote", 0.8), *untrained])
    assert [line.replace("\u00a0", " ") for line in _baselines(run_with("start"), found)] == [sentence]


@pytest.mark.parametrize(
    ("vote", "k_means", "end"),
    [
        # the first example of Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
        ((56 / 70, 70), (48 / 80, 80), "20.0 points better (95 % interval of the difference +5.2 to +33.4)."),
        ((1.0, 24), (1.0, 24), "better or worse (+0.0 points, 95 % interval −13.8 to +13.8)."),
    ],
    ids=["published", "all right"],
)
def test_the_interval_of_a_difference(vote: tuple[float, int], k_means: tuple[float, int], end: str) -> None:
    found = Findings([row("vote", *vote), row("k-means, K = 30", *k_means)])
    (sentence,) = _baselines(run_with("start"), found)
    assert sentence.replace("\u00a0", " ").endswith(end)


def test_a_start_without_thresholds_of_its_own_flatters_learning() -> None:
    found = Findings([row("vote", 0.8), row("start weights, vote", 0.5)])
    (sentence,) = _baselines(run_with("learned"), found)
    assert "which flatters learning: thresholds fit the weights only after training" in sentence
    assert "`--thresholds` measures" in sentence


def test_arrays_that_were_set_by_hand_are_mentioned(make_run: Callable[..., Path], tmp_path: Path) -> None:
    folder = RunFolder(make_run(tmp_path, "run"))
    run: Any = SimpleNamespace(folder=folder)
    assert _set_by_hand(run) == []
    records = read_journal(folder.path)
    fact = LearnedSet({"feed.w": "ab" * 32}, {"feed.w": (64, 12)})
    write_journal(folder.path, [*records, Record(len(records), 30, "", fact)])
    (sentence,) = _set_by_hand(run)
    assert sentence == (
        "Not all weights are learned: arrays were set by hand during training (weights at presentation 30)."
    )
