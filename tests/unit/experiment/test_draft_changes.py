"""What differs between a draft and its template, and taking each difference back."""

from __future__ import annotations

import pytest

from stdpbench.experiment import NetworkDraft, asked_first, parameter_groups, read_experiment
from stdpbench.experiment.draft_changes import changes_from, taking_back

DIGITS = read_experiment("digits")


def changed(*changes: tuple[str, str]) -> NetworkDraft:
    draft = NetworkDraft(DIGITS)
    for path, value in changes:
        draft = draft.with_value(path, value)
    return draft


def test_each_change_is_listed_once_and_taken_back_by_itself() -> None:
    draft = changed(
        ("plasticity.nu_post", "0.02"),
        ("encoding.kind", "latency"),
        ("encoding.tau", "30 ms"),
        ("schedule.train_images", "60"),
        ("evaluation.values.exc.tau_m", "50 ms"),
    )
    found = {change.path: change for change in changes_from(DIGITS, draft)}
    assert [change.text for change in found.values()] == [
        "encoding: poisson → latency",
        "evaluation: as it was → 1 value changed",
        "plasticity.nu_post: 0.01 → 0.02",
        "schedule.train_images: none → 60",
    ]
    for path, change in found.items():
        left = taking_back(draft, DIGITS, change).draft
        assert {each.path for each in changes_from(DIGITS, left)} == found.keys() - {path}
        draft_again = taking_back(draft, DIGITS, change)
        assert draft_again.text == f"undo of {path}"
    for change in found.values():
        draft = taking_back(draft, DIGITS, change).draft
    assert not DIGITS.differences(draft.unchecked)


def test_a_network_that_is_spelled_out_is_one_change() -> None:
    draft = changed(("plasticity.nu_post", "0.02"), ("network.projections.feed.connect.kind", "random"))
    (change,) = changes_from(DIGITS, draft)
    assert change.text == "network: diehl-cook → graph"
    assert not DIGITS.differences(taking_back(draft, DIGITS, change).draft.unchecked)


def test_what_only_pictures_have_goes_with_the_data() -> None:
    draft = changed(("schedule.between", "stream"), ("data.kind", "poisson"))
    found = {change.path: change.text for change in changes_from(DIGITS, draft)}
    assert found == {"data": "data: digits → poisson", "schedule": "schedule: carry → stream"}
    for change in changes_from(DIGITS, draft):
        draft = taking_back(draft, DIGITS, change).draft
    assert not DIGITS.differences(draft.unchecked)


def test_parts_of_a_network_are_added_removed_and_changed() -> None:
    template = DIGITS.spelled_out()
    draft = NetworkDraft(template).add_population("second").remove_projection("compete")
    draft = draft.with_value("network.projections.feed.plasticity.kind", "oja")
    found = {change.path: change for change in changes_from(template, draft)}
    second, compete = "network.populations.second", "network.projections.compete"
    rule = "network.projections.feed.plasticity"
    assert {path: (change.before, change.after) for path, change in found.items()} == {
        rule: ("diehl-cook-triplet", "oja"),
        compete: ("there", "removed"),
        second: ("none", "added"),
    }
    for path in (second, compete, rule):
        draft = taking_back(draft, template, found[path]).draft
    assert not template.differences(draft.unchecked)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", ["network.n_exc", "network.start", "schedule.passes"]),
        ("surrogate-digits", ["network.hidden", "schedule.passes"]),
        ("song-abbott-2000", ["network.populations.cell.size", "network.projections.feed.weight.kind"]),
    ],
)
def test_what_is_asked_first_is_what_the_experiment_has(name: str, expected: list[str]) -> None:
    experiment = read_experiment(name)
    found = asked_first(NetworkDraft(experiment), parameter_groups(experiment))
    assert [f"{group.path}.{declared.name}" for group, declared in found][: len(expected)] == expected
