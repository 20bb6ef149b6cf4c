"""Stages of the training: which projections learn, for how many passes."""

from __future__ import annotations

from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, Stage

DEFAULT = Experiment.from_mapping({})
TWO = Experiment.from_mapping(
    {
        "lateral": {"kind": "homeostatic"},
        "schedule": {"stages": [{"projections": ["feed"], "passes": 2}, {"projections": ["feed", "compete"]}]},
    }
)


def test_without_stages_all_that_can_learn_do() -> None:
    assert DEFAULT.stages == (Stage(projections=("feed",), passes=1),)
    assert "stages" not in DEFAULT.to_mapping()["schedule"]
    lateral = DEFAULT.override({"lateral.kind": "homeostatic", "schedule.passes": 3})
    assert lateral.stages == (Stage(projections=("feed", "compete"), passes=3),)


def test_stages_are_read_and_written_and_say_the_passes() -> None:
    assert TWO.stages == (Stage(projections=("feed",), passes=2), Stage(projections=("feed", "compete"), passes=1))
    assert TWO.schedule.passes == 3
    assert "passes" not in TWO.to_mapping()["schedule"]
    assert Experiment.from_toml(TWO.to_toml()) == TWO
    assert TWO.digest != DEFAULT.override({"lateral.kind": "homeostatic", "schedule.passes": 3}).digest
    assert TWO.override({"schedule.stages": "none"}).schedule.passes == 1
    changed = DEFAULT.override({"schedule.stages": "[{ projections = ['feed'], passes = 4 }]"})
    assert changed.schedule.passes == 4
    assert changed.override({path: old for path, (old, _) in DEFAULT.differences(changed).items()}) == DEFAULT


@pytest.mark.parametrize(
    ("schedule", "messages"),
    [
        (
            {"passes": 1, "stages": [{"projections": ["feed"]}]},
            ["schedule.passes and schedule.stages contradict each other: say passes in each stage only"],
        ),
        (
            {"stages": [{"projections": ["fed"]}, {"projections": ["drive"]}, {"projections": []}]},
            [
                "schedule.stages.1.projections: there is no projection 'fed'; did you mean 'feed'?",
                "schedule.stages.2.projections: the projection 'drive' does not learn; those that learn are feed",
                "schedule.stages.3.projections must name at least one projection; those that learn are feed",
            ],
        ),
        (
            {"stages": 5},
            ["schedule.stages must be a list of tables, such as [{ projections = ['feed'], passes = 1 }]"],
        ),
        (
            {"stages": [{"projections": ["feed"], "pases": 1}]},
            ["schedule.stages.1.pases is not a known parameter; did you mean schedule.stages.1.passes?"],
        ),
    ],
)
def test_bad_stages_are_refused_in_one_sentence_each(schedule: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(StdpbenchError) as caught:
        Experiment.from_mapping({"schedule": schedule})
    assert list(caught.value.sentences) == messages


def test_passes_of_an_experiment_with_stages_cannot_be_set() -> None:
    with pytest.raises(StdpbenchError, match=r"schedule\.passes and schedule\.stages contradict"):
        TWO.override({"schedule.passes": 2})
    with pytest.raises(StdpbenchError, match="is structural"):
        DEFAULT.changed_live({"schedule.stages": [{"projections": ["feed"]}]})
