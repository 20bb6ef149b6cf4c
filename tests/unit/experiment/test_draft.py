"""The draft of a network that is edited by hand: operations, problems, undo, and the experiment in the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import DraftHistory, Experiment, NetworkDraft, draft_groups, placed, read_experiment
from stdpbench.experiment.draft_steps import adding, copying, moving, removing, renaming, setting, starting_again
from stdpbench.experiment.starting_points import EMPTY, starting_points
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


def test_a_network_is_built_from_nothing_and_read_again(draft: NetworkDraft) -> None:
    assert draft.problems(64) == ()
    made = draft.finished(64)
    assert {name: one.size for name, one in made.graph(64).populations.items()} == {
        "input": 64,
        "exc": 12,
        "second": 5,
    }
    assert (made.graph().plastic, made.graph().read, made.name) == (("feed",), "exc", "two-layers")
    again = Experiment.from_toml(made.to_toml())
    assert again == made
    assert NetworkDraft(again) == NetworkDraft(made)
    assert made.about.title == ""


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


def test_removing_a_population_removes_its_projections_and_undo_brings_all_back(draft: NetworkDraft) -> None:
    draft = draft.with_value("schedule.stages", [{"projections": ["feed"], "passes": 3}])
    history = DraftHistory(draft)
    assert draft.ending_at("exc") == ("feed", "upward")
    assert history.do("remove exc", draft.remove_population("exc"))
    assert (list(history.current.populations), history.current.projections) == (["input", "second"], {})
    assert history.current.unchecked.schedule.stages is None
    assert history.current.unchecked.schedule.passes == 3
    assert history.current.finished().graph().read == "second"
    assert (history.undo_text, history.can_redo) == ("remove exc", False)
    history.undo()
    assert history.current == draft
    assert (history.redo_text, history.can_undo) == ("remove exc", False)
    history.redo()
    assert list(history.current.populations) == ["input", "second"]
    history.undo()
    assert not history.do("nothing", draft)
    assert history.do("another step", draft.remove_projection("upward"))
    assert not history.can_redo
    history.undo()
    history.undo()  # nothing is left to undo
    assert history.current == history.start == draft


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
    copied = draft.duplicate_population("exc").duplicate_projection("feed")
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


def test_steps_say_what_they_do(draft: NetworkDraft) -> None:
    exc, upward = "network.populations.exc", "network.projections.upward"
    step = removing(draft, exc)
    assert (step.text, step.part, step.after(draft)) == (
        "remove exc",
        "network",
        "Removed the population exc, and with it the projections feed and upward. Undo brings all back.",
    )
    assert removing(draft, upward).sentence == "Removed the projection upward. Undo brings it back."
    assert (renaming(draft, exc, "cells").part, copying(draft, exc).part) == (
        "network.populations.cells",
        "network.populations.exc_2",
    )
    assert list(moving(draft, upward, -1).draft.projections) == ["upward", "feed"]
    added = adding(draft, "projection", exc)
    assert (added.part, added.draft.projections["exc_second"].receptor) == ("network.projections.exc_second", "ge")
    template = NetworkDraft(read_experiment("digits"))
    assert adding(template, "population").after(template) == (
        "Added exc_2. The network is spelled out now: the template diehl-cook does not have this."
    )
    assert setting(template, f"{FEED}.plasticity.nu_post", "0.02").after(template) == ""
    assert setting(draft, f"{FEED}.normalise.value", "30").text == "feed.normalise.value → 30"


@pytest.mark.parametrize("kind", starting_points())
@pytest.mark.parametrize("like", ["digits", "vogels-2011"])
def test_a_network_starts_from_nothing_or_any_template(kind: str, like: str) -> None:
    before = NetworkDraft(read_experiment(like))
    step = starting_again(before, kind)
    assert step.draft.unchecked.name == like
    if kind == EMPTY:
        assert step.draft.populations == {}
    else:
        assert step.draft.template == kind
        assert step.draft.problems(0 if step.draft.unchecked.stream else 784) == ()


@pytest.mark.parametrize("kind", [kind for kind in templates.kinds() if kind != "graph"])
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


def test_other_sections_change_as_well(draft: NetworkDraft) -> None:
    changed = draft.with_value("schedule.passes", 2).with_value("encoding.rate_per_grey", "0.3 Hz")
    changed = changed.with_value("seed", 5).with_value("data.kind", "mnist")
    made = changed.finished(784)
    assert (made.schedule.passes, made.seed, made.data.model_dump()["kind"]) == (2, 5, "mnist")
    with pytest.raises(StdpbenchError, match=r"schedule\.passes"):
        draft.with_value("schedule.passes", -1)


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
