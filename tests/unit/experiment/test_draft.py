"""The draft of a network that is edited by hand: operations, problems, undo, and the experiment in the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import (
    Experiment,
    NetworkDraft,
    draft_groups,
    placed,
    read_experiment,
)
from stdpbench.experiment.draft_changes import changes_from, taking_back
from stdpbench.experiment.draft_stages import (
    StageRow,
    adding_stage,
    choosing_projections,
    moving_stage,
    removing_stage,
    setting_length,
    stage_of,
    stages_of,
)
from stdpbench.experiment.draft_steps import adding, renaming, setting
from stdpbench.experiment.templates import templates
from stdpbench.experiment.templates.graph import GraphNetwork

DIGITS = read_experiment("digits")
FEED = "network.projections.feed"
EXC = "network.populations.exc"


def two_layers() -> NetworkDraft:
    """Two populations, built from nothing as in the form."""
    draft = NetworkDraft.empty(DIGITS).named("two-layers").add_input().add_population("exc", {"size": 12})
    draft = draft.with_value(f"{EXC}.neuron.kind", "adaptive-lif")
    draft = draft.add_projection("feed", "input", "exc").with_value(f"{FEED}.weight.kind", "uniform")
    draft = draft.with_value(f"{FEED}.plasticity.kind", "diehl-cook-triplet")
    draft = draft.with_value(f"{FEED}.normalise.kind", "sum").with_value(f"{FEED}.normalise.value", "20")
    draft = draft.add_population("second").with_value("network.populations.second.size", 5)
    return draft.add_projection("upward", "exc", "second").with_value("network.projections.upward.weight.value", 2.0)


@pytest.fixture(scope="module")
def draft() -> NetworkDraft:
    return two_layers()


def test_an_unfinished_network_says_what_is_missing() -> None:
    empty = NetworkDraft.empty(DIGITS)
    assert empty.populations == {}
    assert [one.partition(";")[0] for one in empty.problems()] == [
        "network.populations has no population with neurons"
    ]
    with pytest.raises(StdpbenchError, match="a projection needs a population with neurons"):
        empty.add_input().add_projection()
    with pytest.raises(StdpbenchError, match="has no population with neurons"):
        empty.finished()


def test_the_kind_of_a_neuron_may_leave_projections_without_their_receptor(draft: NetworkDraft) -> None:
    other = draft.with_value("network.populations.second.neuron.kind", "izhikevich")
    groups = draft_groups(other)
    (problem,) = placed(other.problems(), groups)
    upward = "network.projections.upward"
    assert (problem.group, problem.row) == (upward, f"{upward}.receptor")
    assert problem.sentence.endswith("its receptors are I_exc, I_inh")
    receptor = next(group for group in groups if group.path == upward).parameters["receptor"]
    assert receptor.choices == ("ge", "I_exc", "I_inh")  # the wrong one is shown as long as it is the value
    right = other.with_value(f"{upward}.receptor", "I_exc")
    assert right.problems(64) == ()
    assert next(g for g in draft_groups(right) if g.path == upward).parameters["receptor"].choices == (
        "I_exc",
        "I_inh",
    )


def test_removing_a_population_removes_its_projections(draft: NetworkDraft) -> None:
    draft = draft.with_value("schedule.stages", [{"projections": ["feed"], "passes": 3}])
    assert draft.ending_at("exc") == ("feed", "upward")
    rest = draft.remove_population("exc")
    assert (list(rest.populations), rest.projections) == (["input", "second"], {})
    assert rest.unchecked.schedule.stages is None
    assert (rest.unchecked.schedule.passes, rest.finished().graph().read) == (3, "second")


def test_a_new_name_is_used_wherever_the_old_one_was(draft: NetworkDraft) -> None:
    read = draft.with_value("network.read", "second")
    staged = read.with_value("schedule.stages", [{"projections": ["feed"]}])
    renamed = staged.rename_population("second", "top").rename_projection("feed", "first")
    assert list(renamed.populations) == ["input", "exc", "top"]
    assert list(renamed.projections) == ["first", "upward"]
    assert renamed.projections["upward"].target == renamed.value("network.read") == "top"
    made = renamed.finished(64)
    assert [stage.projections for stage in made.stages] == [("first",)]
    assert renamed.rename_population("top", "second").rename_projection("first", "feed") == staged


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda d: d.rename_population("exc", "feed"), "the name 'feed' is used already"),
        (lambda d: d.rename_projection("feed", "Feed"), "the name 'Feed' must begin with a lower-case letter"),
        (lambda d: d.add_population("none"), "the name 'none' is reserved"),
        (lambda d: d.add_input(), "input is the input already"),
        (lambda d: d.with_value(f"{FEED}.plasticity.nu_post", "fast"), r"feed\.plasticity\.nu_post"),
        (lambda d: d.with_value(f"{EXC}.size", 0), r"exc\.size must be a whole number of at least 1"),
        (lambda d: d.with_value(f"{EXC}.neuron.tau_m", "3 mV"), "expected a number in ms"),
        (lambda d: d.with_value(f"{FEED}.connect.kind", "rndom"), "did you mean 'random'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    draft: NetworkDraft, wrong: Callable[[NetworkDraft], NetworkDraft], sentence: str
) -> None:
    with pytest.raises(StdpbenchError, match=sentence):
        wrong(draft)


def test_order_copies_and_sizes(draft: NetworkDraft) -> None:
    assert list(draft.move_projection("upward", -1).projections) == ["upward", "feed"]
    assert draft.move_projection("feed", -1) is draft
    copied = draft.duplicate("populations", "exc").duplicate("projections", "feed")
    assert list(copied.populations) == ["input", "exc", "exc_2", "second"]
    assert copied.populations["exc_2"] == copied.populations["exc"]
    assert list(copied.projections) == ["feed", "feed_2", "upward"]
    assert copied.problems(64) == ()
    shaped = draft.with_value(f"{EXC}.shape", "[3, 4]")
    assert (shaped.value(f"{EXC}.size"), shaped.value(f"{EXC}.shape")) == (12, (3, 4))
    assert shaped.with_value(f"{EXC}.size", "20").value(f"{EXC}.shape") == (20,)
    assert draft.value("network.populations.input.size") is None
    given = draft.with_value("network.populations.input.shape", [8, 8])
    assert given.value("network.populations.input.size") == 64
    assert given.with_value("network.populations.input.shape", "none") == draft
    assert given.problems(81)[0].startswith("network.populations.input has 64 neurons, but the pictures have 81")


def test_kinds_that_need_a_value_get_one(draft: NetworkDraft) -> None:
    sparse = draft.with_value(f"{FEED}.connect.kind", "random")
    assert sparse.value(f"{FEED}.connect.p") == 0.1
    fixed = sparse.with_value(f"{FEED}.connect.in_degree", 7)
    assert (fixed.value(f"{FEED}.connect.p"), fixed.problems(64)) == (None, ())
    noisy = draft.with_value("network.populations.second.noise.kind", "poisson")
    assert noisy.value("network.populations.second.noise.receptor") == "ge"
    assert noisy.problems(64) == ()
    assert noisy.with_value("network.populations.second.noise.kind", "none") == draft
    preset = draft.with_value("network.populations.second.neuron.kind", "lif")
    preset = preset.with_value("network.populations.second.neuron.preset", "vogels-2011")
    assert preset.value("network.populations.second.neuron.v_rest") == -60.0


def test_a_template_is_kept_while_it_has_what_changes() -> None:
    draft = NetworkDraft(read_experiment("diehl-cook-100"))
    assert draft.template == "diehl-cook"
    for path, value, short in (
        (f"{FEED}.plasticity.nu_post", 0.02, "plasticity.nu_post"),
        (f"{EXC}.size", 25, "network.n_exc"),
        (f"{EXC}.neuron.tau_m", "80 ms", "exc.tau_m"),
        ("network.inhibition", "direct", "network.inhibition"),
    ):
        assert not draft.spells_out(path, value)
        changed = draft.with_value(path, value)
        assert changed.template == "diehl-cook"
        assert list(draft.unchecked.differences(changed.unchecked)) == [short]
    assert list(draft.with_value("network.inhibition", "direct").populations) == ["input", "exc"]
    assert draft.with_value(f"{FEED}.plasticity.kind", "oja").template == "diehl-cook"
    assert not draft.spells_out(f"{EXC}.neuron.kind", "izhikevch")
    with pytest.raises(StdpbenchError, match="did you mean 'izhikevich'"):
        draft.with_value(f"{EXC}.neuron.kind", "izhikevch")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{EXC}.shape", [10, 10]),
        (f"{FEED}.connect.kind", "random"),
        (f"{FEED}.plasticity.kind", "none"),
        (f"{EXC}.neuron.kind", "izhikevich"),  # has no adaptive threshold, which this template needs
    ],
)
def test_a_template_is_spelled_out_by_what_it_does_not_have(path: str, value: object) -> None:
    draft = NetworkDraft(read_experiment("diehl-cook-100"))
    assert draft.spells_out(path, value)
    changed = draft.with_value(path, value)
    assert changed.template == ""
    assert list(changed.projections) == list(draft.projections)
    assert changed.value(path) == (None if value == "none" else tuple(value) if isinstance(value, list) else value)


def test_a_new_projection_goes_from_the_free_input_and_its_name_follows_its_ends() -> None:
    made = NetworkDraft.empty(DIGITS)
    for what in ("input", "population"):
        made = adding(made, what).draft
    step = adding(made, "projection", "network.populations.exc")
    assert step.part == "network.projections.input_exc"
    again = adding(step.draft, "projection", "network.populations.exc")
    assert again.part == "network.projections.exc_exc"
    back = setting(again.draft, "network.projections.exc_exc.source", "input")
    assert (back.part, list(back.draft.projections)) == (
        "network.projections.input_exc_2",
        ["input_exc", "input_exc_2"],
    )
    named = renaming(step.draft, step.part, "feed").draft
    assert list(setting(named, "network.projections.feed.source", "exc").draft.projections) == ["feed"]


@pytest.mark.parametrize("kind", [kind for kind in templates.kinds() if kind not in ("graph", "brian2")])
def test_any_template_can_be_spelled_out_and_changed(kind: str) -> None:
    tables: dict[str, dict[str, object]] = {"network": {"kind": kind}}
    if kind == "balanced":
        tables |= {"data": {"kind": "none"}, "schedule": {"between": "stream"}}
    draft = NetworkDraft(Experiment.from_mapping(tables))
    assert draft.spelled_out().unchecked == draft.unchecked.spelled_out()
    assert draft.rename_population("exc" if "exc" in draft.populations else "first", "cells").problems() == ()
    groups = draft_groups(draft)
    assert [group.path for group in groups][:2] == ["network", f"network.populations.{next(iter(draft.populations))}"]
    values = {f"{g.path}.{name}": draft.value(f"{g.path}.{name}") for g in groups for name in g.parameters}
    spelled = draft.spelled_out()
    below = ("network.populations.", "network.projections.")
    assert all(spelled.value(path) == value for path, value in values.items() if path.startswith(below))
    assert isinstance(spelled.unchecked.network, GraphNetwork)
    assert not any(declared.structural for group in groups for declared in group.parameters.values())


@pytest.mark.parametrize("kind", ["graph", "diehl-cook"])
def test_pictures_become_a_stream_and_back(draft: NetworkDraft, kind: str) -> None:
    before = draft if kind == "graph" else NetworkDraft(read_experiment("digits"))
    half = before.with_value("schedule.between", "stream")
    assert half.problems()[0].startswith("schedule.between = 'stream' needs data that are spikes")
    assert half.template == before.template
    stream = half.with_value("data.kind", "poisson").with_value("schedule.duration", "5 s")
    rules = [one for one in stream.problems() if "weight.kind 'samples' needs pictures" not in one]
    assert rules == []
    assert stream.unchecked.schedule.n_pieces == 5
    back = stream.with_value("data.kind", "digits").with_value("schedule.between", "rest")
    assert (back.problems(), back.unchecked.schedule.passes) == ((), 1)


# what differs between a draft and its template, and taking each difference back


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
    for change in found.values():
        draft = taking_back(draft, DIGITS, change).draft
    assert not DIGITS.differences(draft.unchecked)


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        (
            [("plasticity.nu_post", "0.02"), ("network.projections.feed.connect.kind", "random")],
            {"network: diehl-cook → graph"},
        ),
        (
            [("schedule.between", "stream"), ("data.kind", "poisson")],
            {"data: digits → poisson", "schedule: carry → stream"},
        ),
    ],
    ids=["a network that is spelled out", "what only pictures have"],
)
def test_what_changes_together_is_one_change(changes: list[tuple[str, str]], texts: set[str]) -> None:
    draft = changed(*changes)
    assert {change.text for change in changes_from(DIGITS, draft)} == texts
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


# stages of the training in a draft: adding, removing, ordering, and what is wrong with them


@pytest.fixture
def stack() -> NetworkDraft:
    """Two stages of two passes each, in a template."""
    return NetworkDraft(read_experiment("stack-digits"))


def test_steps_of_stages_keep_the_template_and_the_total(stack: NetworkDraft) -> None:
    step = adding_stage(stack)
    assert stages_of(step.draft)[2] == StageRow(("feed", "upward"), "2")
    assert step.draft.template == "stack"
    moved = moving_stage(step.draft, 2, -1)
    assert [row.projections for row in stages_of(moved.draft)] == [("feed",), ("feed", "upward"), ("upward",)]
    assert moving_stage(moved.draft, 0, -1).draft == moved.draft
    longer = setting_length(moved.draft, 1, "5")
    assert longer.draft.finished().schedule.passes == 9
    fewer = removing_stage(removing_stage(longer.draft, 1).draft, 0)
    assert stages_of(fewer.draft) == (StageRow(("upward",), "2"),)
    none = removing_stage(fewer.draft, 0)
    assert stages_of(none.draft) == ()
    assert none.draft.finished().schedule.passes == 2
    assert stages_of(adding_stage(none.draft).draft) == (StageRow(("feed", "upward"), "2"),)


def test_a_new_stage_has_what_no_other_has(stack: NetworkDraft) -> None:
    assert stages_of(adding_stage(removing_stage(stack, 1).draft).draft)[1].projections == ("upward",)


def test_projections_are_named_in_the_order_of_the_network(stack: NetworkDraft) -> None:
    step = choosing_projections(stack, 0, ["upward", "feed"])
    assert stages_of(step.draft)[0].projections == ("feed", "upward")
    (problem,) = choosing_projections(stack, 1, []).draft.problems()
    assert problem.startswith("schedule.stages.2.projections must name at least one projection")
    assert stage_of(problem) == 1
    assert placed([problem], [])[0].sentence == problem
    assert stage_of("schedule.passes must be at least 0") is None


def test_stages_of_a_stream_have_durations() -> None:
    draft = NetworkDraft(read_experiment("polychrony-2006"))
    one = adding_stage(draft).draft
    assert stages_of(one) == (StageRow(("exc_exc", "exc_inh"), "3600 s"),)
    two = adding_stage(one).draft
    shorter = setting_length(two, 1, "20").draft
    assert (stages_of(shorter)[1].length, shorter.finished().schedule.duration) == ("20 s", 3620)
    (problem,) = setting_length(two, 1, "20.5 s").draft.problems()
    assert problem.startswith("schedule.stages.2.duration (20.5 s) must be a whole number of pieces")
    with pytest.raises(StdpbenchError, match=r"schedule\.stages\.2\.duration: expected a number in s"):
        setting_length(two, 1, "20 mV")
    assert removing_stage(one, 0).draft == draft
