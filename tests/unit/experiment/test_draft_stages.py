"""Stages of the training in a draft: adding, removing, ordering, and what is wrong with them."""

from __future__ import annotations

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import NetworkDraft, placed, read_experiment
from stdpbench.experiment.draft_stages import (
    WITHOUT_STAGES,
    StageRow,
    adding_stage,
    changed_by_stages,
    choosing_projections,
    learnable,
    moving_stage,
    removing_stage,
    setting_length,
    stage_of,
    stages_in_words,
    stages_of,
    unit_of_stages,
)


@pytest.fixture
def stack() -> NetworkDraft:
    """Two stages of two passes each, in a template."""
    return NetworkDraft(read_experiment("stack-digits"))


def test_stages_are_shown_as_they_are(stack: NetworkDraft) -> None:
    assert stages_of(stack) == (StageRow(("feed",), "2"), StageRow(("upward",), "2"))
    assert learnable(stack) == ("feed", "upward")
    assert unit_of_stages(stack) == "passes"
    assert stages_of(NetworkDraft(read_experiment("digits"))) == ()


def test_steps_of_stages_keep_the_template_and_the_total(stack: NetworkDraft) -> None:
    step = adding_stage(stack)
    assert step.text == "add stage"
    assert stages_of(step.draft)[2] == StageRow(("feed", "upward"), "2")
    assert step.draft.template == "stack"
    moved = moving_stage(step.draft, 2, -1)
    assert [row.projections for row in stages_of(moved.draft)] == [("feed",), ("feed", "upward"), ("upward",)]
    assert moving_stage(moved.draft, 0, -1).draft == moved.draft
    longer = setting_length(moved.draft, 1, "5")
    assert longer.text == "stage 2: passes → 5"
    assert longer.draft.finished().schedule.passes == 9
    fewer = removing_stage(removing_stage(longer.draft, 1).draft, 0)
    assert stages_of(fewer.draft) == (StageRow(("upward",), "2"),)
    none = removing_stage(fewer.draft, 0)
    assert stages_of(none.draft) == ()
    assert none.sentence == "Without stages, all that can learn does throughout."
    assert none.draft.finished().schedule.passes == 2
    again = adding_stage(none.draft)
    assert stages_of(again.draft) == (StageRow(("feed", "upward"), "2"),)


def test_a_new_stage_has_what_no_other_has(stack: NetworkDraft) -> None:
    one = removing_stage(stack, 1).draft
    assert stages_of(adding_stage(one).draft)[1].projections == ("upward",)


def test_projections_are_named_in_the_order_of_the_network(stack: NetworkDraft) -> None:
    step = choosing_projections(stack, 0, ["upward", "feed"])
    assert stages_of(step.draft)[0].projections == ("feed", "upward")
    assert step.text == "stage 1 → feed and upward"
    nothing = choosing_projections(stack, 1, [])
    (problem,) = nothing.draft.problems()
    assert problem.startswith("schedule.stages.2.projections must name at least one projection")
    assert stage_of(problem) == 1
    assert placed([problem], [])[0].sentence == problem
    assert stage_of("schedule.passes must be at least 0") is None


@pytest.mark.parametrize("text", ["x", "-1", "2.5", ""])
def test_a_number_of_passes_is_one(stack: NetworkDraft, text: str) -> None:
    with pytest.raises(StdpbenchError, match=r"schedule\.stages\.1\.passes"):
        setting_length(stack, 0, text)


def test_stages_of_a_stream_have_durations() -> None:
    draft = NetworkDraft(read_experiment("polychrony-2006"))
    one = adding_stage(draft).draft
    assert stages_of(one) == (StageRow(("exc_exc", "exc_inh"), "3600 s"),)
    two = adding_stage(one).draft
    shorter = setting_length(two, 1, "20").draft
    assert stages_of(shorter)[1].length == "20 s"
    assert shorter.finished().schedule.duration == 3620
    (problem,) = setting_length(two, 1, "20.5 s").draft.problems()
    assert problem.startswith("schedule.stages.2.duration (20.5 s) must be a whole number of pieces")
    with pytest.raises(StdpbenchError, match=r"schedule\.stages\.2\.duration: expected a number in s"):
        setting_length(two, 1, "20 mV")
    assert removing_stage(one, 0).draft == draft


def test_stages_are_values_that_change_an_experiment(stack: NetworkDraft) -> None:
    before = read_experiment("stack-digits")
    assert stages_in_words(before) == "1. feed, for 2 passes; 2. upward, for 2 passes."
    changed = before.override(changed_by_stages(setting_length(stack, 1, "1").draft))
    assert stages_in_words(changed) == "1. feed, for 2 passes; 2. upward, for 1 pass."
    assert changed.schedule.passes == 3
    without = removing_stage(removing_stage(stack, 0).draft, 0).draft
    changed = before.override(changed_by_stages(without))
    assert stages_in_words(changed) == WITHOUT_STAGES
    assert changed.schedule.stages is None
    assert changed.schedule.passes == 2


def test_stages_of_a_stream_are_values_too() -> None:
    before = read_experiment("vogels-2011")
    draft = setting_length(adding_stage(NetworkDraft(before)).draft, 0, "2").draft
    changed = before.override(changed_by_stages(draft))
    assert stages_in_words(changed).endswith(", for 2 s.")
    assert changed.schedule.duration == 2
    back = changed.override(changed_by_stages(removing_stage(draft, 0).draft))
    assert (back.schedule.stages, back.schedule.duration) == (None, 2)
