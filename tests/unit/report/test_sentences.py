"""What a report says in words."""

from __future__ import annotations

from typing import Any

import pytest

from stdpbench.report.analysis import Findings
from stdpbench.report.rows import Accuracy
from stdpbench.report.sentences import _baselines


def row(name: str, accuracy: float, n_images: int = 10_000, n_labelled: int = 60_000) -> Accuracy:
    return Accuracy("untrained", name, accuracy, accuracy - 0.01, accuracy + 0.01, n_images, n_labelled)


@pytest.mark.parametrize(
    ("untrained", "said"),
    [
        (
            [row("start weights, vote", 0.5)],
            "Learning adds 30.0 points: with its own start weights, labelled and read in the same way, the network "
            "gets 50.0 %.",
        ),
        (
            [row("start weights, vote", 0.9), row("random weights, vote", 0.3, 2000, 4000)],
            "Learning takes away 10.0 points: with its own start weights, labelled and read in the same way, the "
            "network gets 90.0 %, with random weights 30.0 % of the first 2000, named by 4000.",
        ),
        (
            [row("random weights, vote", 0.85, 2000, 4000)],
            "Learning takes away 5.0 points: with random weights, the network gets 85.0 % of the first 2000, named by "
            "4000.",
        ),
    ],
)
def test_what_learning_is_worth(untrained: list[Accuracy], said: str) -> None:
    material: Any = None  # nothing is asked of it
    found = Findings([row("vote", 0.8), *untrained])
    assert [line.replace("\u00a0", " ") for line in _baselines(material, found)] == [said]
