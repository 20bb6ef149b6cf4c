"""Experiments whose network is spelled out: files, paths, live changes, and what they refuse."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, shipped_experiments, value_at

DEFAULT = Experiment.from_mapping({})
FEED = "network.projections.feed"
FILE = """
[network]
kind = "graph"
dt = "0.5 ms"

[network.populations.input]

[network.populations.exc]
shape = [20, 20]
neuron = { kind = "adaptive-lif", tau_theta = "1e7 ms" }

[network.populations.inh]
size = 400
neuron = { kind = "lif" }

[network.projections.feed]
source = "input"
target = "exc"
receptor = "ge"
connect = { kind = "all" }
weight = { kind = "uniform", low = 0.003, high = 0.3 }
delay = "2 ms"
plasticity = { kind = "diehl-cook-triplet" }
normalise = { kind = "sum", value = 78 }

[network.projections.drive]
source = "exc"
target = "inh"
receptor = "ge"
connect = { kind = "one-to-one" }
weight = 10.4

[network.projections.compete]
source = "inh"
target = "exc"
receptor = "gi"
connect = { kind = "others", within = "field" }
weight = { kind = "constant", value = 17 }
"""
GRAPH = Experiment.from_toml(FILE)


def changed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of the file with some of them changed; None removes a key."""
    tables = tomllib.loads(FILE)
    for path, value in changes.items():
        *above, key = path.split(".")
        table: Any = tables["network"]
        for name in above:
            table = table.setdefault(name, {})
        if value is None:
            del table[key]
        else:
            table[key] = value
    return tables


def refusals(changes: Mapping[str, Any], **sections: Any) -> list[str]:
    with pytest.raises(StdpbenchError) as caught:
        Experiment.from_mapping({**changed(changes), **sections})
    assert not any("\n" in sentence for sentence in caught.value.sentences)
    return list(caught.value.sentences)


def test_it_has_no_sections_of_the_template() -> None:
    assert (GRAPH.dt, GRAPH.stimulus_bins) == (0.5, 700)
    assert GRAPH.sections == ("about", "data", "encoding", "network", "schedule", "evaluation", "simulator")
    assert not {"exc", "inh", "plasticity", "lateral"} & GRAPH.to_mapping().keys()
    assert refusals({}, exc={"tau_m": "20 ms"}) == [
        "exc is not a section of an experiment with the network 'graph', whose populations and projections have "
        "neurons and rules"
    ]
    with pytest.raises(StdpbenchError, match="exc is not a section of an experiment"):
        GRAPH.override({"exc.tau_m": "20 ms"})


def test_round_trips_keep_value_digest_and_order() -> None:
    again = Experiment.from_toml(GRAPH.to_toml())
    assert again == GRAPH
    assert hash(again) == hash(GRAPH)
    assert again.digest == GRAPH.digest
    assert again.to_toml() == GRAPH.to_toml()
    assert max(map(len, GRAPH.to_toml().splitlines())) < 120
    tables = changed({})
    tables["network"]["projections"] = dict(reversed(tables["network"]["projections"].items()))
    other = Experiment.from_mapping(tables)
    assert other != GRAPH
    assert other.digest != GRAPH.digest
    assert list(GRAPH.differences(other)) == ["network.order"]


def test_short_forms_are_the_kinds_that_they_stand_for() -> None:
    short = Experiment.from_mapping(changed({"projections.drive.connect": "one-to-one", "projections.feed.delay": 2}))
    assert short == GRAPH
    both = Experiment.from_mapping(changed({"populations.exc.size": 400}))
    assert both == GRAPH
    without = changed({"projections.feed.delay": None, "projections.feed.plasticity": "none"})
    feed = Experiment.from_mapping(without).graph().projections["feed"]
    assert feed.delay.longest == 0
    assert feed.plasticity is None
    assert {"delay", "plasticity"}.isdisjoint(feed.to_mapping())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"projections.feed.source": "inptu"},
            f"{FEED}.source: there is no population 'inptu'; did you mean 'input'?",
        ),
        (
            {"projections.feed.target": "input"},
            f"{FEED}.target: input is the input, whose spikes are given; known are",
        ),
        (
            {"projections.feed.receptor": "gx"},
            f"{FEED}.receptor: the neuron 'adaptive-lif' of exc has no receptor 'gx'",
        ),
        (
            {"projections.feed.plasticity": {"kind": "homeostatic", "start": 0.5}},
            f"{FEED}.plasticity.start has no effect on a projection, whose weights start as {FEED}.weight says",
        ),
        ({"projections.feed.receptor": "v"}, f"{FEED}.receptor: 'v' has the unit volt, but weights have none; its"),
        (
            {"projections.feed.connect": "one-to-on"},
            f"{FEED}.connect.kind: there is no connection 'one-to-on'; did you",
        ),
        (
            {"populations.inh.size": 5},
            "network.projections.drive.connect: 'one-to-one' needs two populations of the same",
        ),
        (
            {"populations.inh.size": 5},
            "network.projections.compete.connect: 'others' needs two populations of the same",
        ),
        ({"populations.exc.size": 7}, "network.populations.exc.size (7) does not fit shape [20, 20]"),
        ({"populations.exc.shape": [20, 0]}, "network.populations.exc.shape.1 must be at least 1, not 0"),
        ({"populations.inh.size": 0}, "network.populations.inh.size must be a whole number of at least 1, not 0"),
        ({"populations.inh.size": None}, "network.populations.inh has no size; say how many neurons it has"),
        (
            {"populations.exc.shape": [400]},
            "network.projections.compete.connect: 'others' with within = 'field' needs a target of two or more",
        ),
        ({"populations.Exc": {"size": 1, "neuron": "lif"}}, "network.populations.Exc: the name 'Exc' must begin with"),
        ({"populations.all": {"size": 1, "neuron": "lif"}}, "network.populations.all: the name 'all' is reserved"),
        (
            {"populations.feed": {"size": 1, "neuron": "lif"}},
            "network.projections.feed: a population has the name 'feed'",
        ),
        ({"populations.two": {}}, "network.populations.two has no neuron, but input is the input already"),
        ({"populations.exc.neuron": "adex"}, "network.populations.exc.neuron.kind 'adex' does not run in a network: "),
        (
            {"populations.exc.noise": {"kind": "poisson", "receptor": "v"}},
            "network.populations.exc.noise.receptor: 'v' has the unit volt, but weights have none; its receptors are",
        ),
        ({"populations.input.noise": "poisson"}, "network.populations.input.noise: input is the input, whose spikes"),
        ({"populations.exc.noise": "gauss"}, "network.populations.exc.noise.kind"),
        ({"populations.exc.neuron": 5}, "network.populations.exc.neuron must be a table with a kind"),
        ({"projections.feed.delay": "2 mV"}, f"{FEED}.delay.value: expected a number in ms"),
        (
            {"projections.feed.delay": "0.7 ms"},
            f"{FEED}.delay.value (0.7 ms) must be a whole number of steps of network",
        ),
        ({"projections.feed.plasticity": "clopath"}, f"{FEED}.plasticity.kind 'clopath' needs a target of the neuron"),
        (
            {"projections.feed.plasticty": "oja"},
            f"{FEED}.plasticty is not a known parameter; did you mean {FEED}.plast",
        ),
        ({"projections.feed.source": None}, f"{FEED}.source is missing"),
        ({"projections.drive.normalise": "sum"}, "network.projections.drive.normalise needs several weights"),
        (
            {"projections.drive.weight": "samples"},
            "network.projections.drive.weight.kind 'samples' takes responses when the projection begins to learn",
        ),
        ({"read": "exk"}, "network.read: there is no population 'exk'; did you mean 'exc'?"),
        ({"read": "input"}, "network.read must be a population with neurons, not the input"),
        ({"streams": {"fed": 1}}, "network.streams.fed: there is no projection 'fed'; did you mean 'feed'?"),
        ({"populations": {}}, "network.populations has no population with neurons; add one, such as"),
        ({"populations": 5}, "network.populations must be a table of populations by name, not 5"),
        (
            {"populations.exc.neuron.tau_ge": "0.1 ms"},
            "network.populations.exc.neuron.tau_ge must be longer than network",
        ),
        ({"n_exc": 5}, "network.n_exc is not a known parameter"),
        ({"populations.inh.share": "unit"}, "network.populations.inh.share 'unit' needs a shape of two or more"),
        ({"populations.exc.share": "unit"}, "network.populations.exc.share: neurons of the population that is read"),
        (
            {"populations.exc.learning_spikes": 5},
            "network.populations.exc.learning_spikes needs rules that change weights at output spikes",
        ),
        (
            {"projections.compete.connect": {"kind": "others", "radius": 2}},
            "network.projections.compete.connect: 'others' with a radius needs a target of rows, columns and units",
        ),
        ({"populations.inh.winner": "field"}, "network.populations.inh.winner 'field' needs a shape of two or more"),
        ({"projections.drive.connect": {"kind": "pool"}}, "network.projections.drive.connect: 'pool' needs a source"),
    ],
)
def test_a_bad_network_is_refused_in_one_sentence(changes: dict[str, Any], message: str) -> None:
    assert any(sentence.startswith(message) for sentence in refusals(changes)), refusals(changes)


def test_delays_are_shorter_than_the_stimulus() -> None:
    for delay, name in (("50 ms", "value"), ({"kind": "uniform", "high": "60 ms"}, "high")):
        found = refusals({"projections.feed.delay": delay}, schedule={"stimulus": "50 ms"})
        assert found == [f"{FEED}.delay.{name} must be shorter than schedule.stimulus"]


def test_what_only_the_data_tell_is_refused_then() -> None:
    stated = Experiment.from_mapping(changed({"populations.input.size": 784}))
    assert stated.graph(28, 28).populations["input"].size == 784
    with pytest.raises(StdpbenchError, match=r"network\.populations\.input has 784 neurons, but the pictures have 64"):
        stated.graph(8, 8)
    paired = Experiment.from_mapping(
        changed({"projections.feed.connect": "one-to-one", "projections.feed.normalise": None})
    )
    assert paired.graph(20, 20).projections["feed"].connect.storage == "one-to-one"
    with pytest.raises(StdpbenchError, match=r"feed\.connect: 'one-to-one' needs two .* they have 64 and 400 neurons"):
        paired.graph(8, 8)


def test_dotted_paths_reach_everything() -> None:
    made = GRAPH.override(
        {
            f"{FEED}.plasticity.nu_post": "0.02",
            f"{FEED}.delay.kind": "uniform",
            "network.populations.exc.neuron.tau_m": "20 ms",
            "network.projections.compete.scale": "0.5",
        }
    )
    assert GRAPH.differences(made) == {
        f"{FEED}.plasticity.nu_post": (0.01, 0.02),
        f"{FEED}.delay.kind": ("constant", "uniform"),
        f"{FEED}.delay.high": (None, "10 ms"),
        f"{FEED}.delay.value": ("2 ms", None),
        "network.populations.exc.neuron.tau_m": ("100 ms", "20 ms"),
        "network.projections.compete.scale": (None, 0.5),
    }
    assert made.override({path: old for path, (old, _) in GRAPH.differences(made).items()}) == GRAPH
    for part in ("delay", "normalise", "plasticity"):
        without = GRAPH.override({f"{FEED}.{part}": "none"})
        assert without.override({path: old for path, (old, _) in without.differences(GRAPH).items()}) == without
        assert GRAPH.override({path: new for path, (_, new) in GRAPH.differences(without).items()}) == without
    assert GRAPH.override({f"{FEED}.delay": "3 ms"}).graph().projections["feed"].delay.longest == 3
    assert GRAPH.override({f"{FEED}.plasticity": "none"}).graph().plastic == ()


def test_another_nested_kind_starts_from_its_own_defaults() -> None:
    made = GRAPH.override({f"{FEED}.plasticity.nu_post": 0.5, "network.populations.exc.neuron.theta_plus": "1 mV"})
    change = {f"{FEED}.plasticity.kind": "pair-additive"}
    assert made.lost_by(change) == {f"{FEED}.plasticity.nu_post": 0.5}
    rule = made.override(change).graph().projections["feed"].plasticity
    assert rule == DEFAULT.override({"plasticity.kind": "pair-additive"}).plasticity
    preset = GRAPH.override({f"{FEED}.plasticity.kind": "triplet", f"{FEED}.plasticity.preset": "hippocampus-full"})
    rule = preset.graph().projections["feed"].plasticity
    assert rule.to_mapping()["tau_y"] == "27 ms"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{FEED}.plasticity.nu_post", 0.02),
        (f"{FEED}.normalise.value", 60),
        (f"{FEED}.normalise", "none"),
        ("network.populations.exc.neuron.tau_m", "20 ms"),
        ("network.projections.compete.weight.value", 20),
    ],
)
def test_parameters_change_during_a_run(path: str, value: object) -> None:
    assert GRAPH.changed_live({path: value}) == GRAPH.override({path: value})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{FEED}.plasticity.kind", "oja"),
        (f"{FEED}.plasticity", "none"),
        (f"{FEED}.weight.low", 0.1),
        (f"{FEED}.delay", "5 ms"),
        (f"{FEED}.source", "exc"),
        ("network.projections.compete.scale", 2),
        ("network.projections.compete.connect.within", "population"),
        ("network.populations.exc.neuron.kind", "lif"),
        ("network.populations.exc.shape", "[10, 40]"),
        ("network.dt", "0.25 ms"),
    ],
)
def test_the_structure_does_not(path: str, value: object) -> None:
    with pytest.raises(StdpbenchError, match=r"^network\..* is structural: "):
        GRAPH.changed_live({path: value})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "network.projections.fed.delay.value",
            "network.projections.fed is not a known parameter; did you mean network",
        ),
        (f"{FEED}.plasticity.nu_pst", f"did you mean {FEED}.plasticity.nu_post?"),
        (FEED, f"{FEED} is a section; name one of its parameters, such as {FEED}.source"),
        ("network.populations.input", "network.populations.input is a section; name one of its parameters"),
    ],
)
def test_a_wrong_path_is_refused(path: str, message: str) -> None:
    with refused(message):
        GRAPH.override({path: 1})


def test_changes_can_add_and_remove_populations_and_projections() -> None:
    second, up = "network.populations.second", "network.projections.up"
    made = GRAPH.override(
        {
            f"{second}.size": "10",
            f"{second}.neuron.kind": "lif",
            f"{second}.neuron.tau_m": "25 ms",
            f"{up}.plasticity.nu_post": "0.02",  # before its kind, which comes first all the same
            f"{up}.plasticity.kind": "diehl-cook-triplet",
            f"{up}.weight.kind": "uniform",
            f"{up}.source": "exc",
            f"{up}.target": "second",
            f"{up}.receptor": "ge",
            "network.projections.compete": "none",
        }
    )
    graph = made.graph()
    assert list(graph.populations) == ["input", "exc", "inh", "second"]
    assert list(graph.projections) == ["feed", "drive", "up"]
    assert (graph.populations["second"].size, graph.read) == (10, "second")
    assert value_at(made, f"{up}.plasticity.nu_post") == 0.02
    table = "{ size = 10, neuron = 'lif' }"
    again = GRAPH.override({f"{second}.neuron.tau_m": "25 ms", second: table})
    assert again.graph().populations["second"] == graph.populations["second"]
    with pytest.raises(StdpbenchError, match=r"^network\.populations\.second\S* is structural: "):
        GRAPH.changed_live({second: table})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network.populations.second.size": 10}, "to add it, set network.populations.second.neuron.kind"),
        (
            {"network.populations.exx.size": 10},
            "did you mean network.populations.exc? A new one needs network.populations.exx.neuron.kind as well",
        ),
        (
            {"network.projections.up.source": "exc", "network.projections.up.weight.value": 3},
            "to add it, set network.projections.up.target, network.projections.up.receptor",
        ),
        ({"network.projections.up": '{ source = "exc" }'}, "network.projections.up.target is missing"),
        ({"network.projections.up": 5}, "network.projections.up is a section; name one of its parameters"),
        ({"network.projections.competes": "none"}, "did you mean network.projections.compete?"),
        ({"network.populations.inh": "none"}, "network.projections.drive.target: there is no population 'inh'"),
        ({"network.populations.Inh": "{ size = 1, neuron = 'lif' }"}, "the name 'Inh' must begin with a lower-case"),
    ],
)
def test_an_addition_that_is_not_complete_says_what_it_needs(changes: Mapping[str, Any], message: str) -> None:
    with refused(message):
        GRAPH.override(changes)


def test_a_template_is_spelled_out_before_anything_is_added() -> None:
    changes = {"network.populations.second": {"size": 10, "neuron": "lif"}}
    with pytest.raises(StdpbenchError, match=r"unless network\.kind=graph spells it out"):
        DEFAULT.override(changes)
    assert list(DEFAULT.override({"network.kind": "graph", **changes}).graph().populations)[-1] == "second"


def test_the_rule_of_a_projection_is_replaced_as_a_whole() -> None:
    assert GRAPH.with_rule({"kind": "oja"}).differences(GRAPH).keys() > {f"{FEED}.plasticity.kind"}
    two = GRAPH.override({"network.projections.drive.plasticity.kind": "oja"})
    with pytest.raises(StdpbenchError, match="which projection is to learn by the rule"):
        two.with_rule({"kind": "oja"})
    assert two.with_rule({"kind": "triplet"}, "drive").graph().projections["feed"].plasticity == DEFAULT.plasticity
    with pytest.raises(
        StdpbenchError, match=r"no projection 'fed', did you mean 'feed'\? feed and drive can learn by"
    ):
        two.with_rule({"kind": "oja"}, "fed")
    with pytest.raises(StdpbenchError, match="projection 'compete' has no rule that can be replaced; feed and drive"):
        two.with_rule({"kind": "oja"}, "compete")
    changed = two.with_rule({"kind": "oja"}, "feed", {"eta": 0.5, "plasticity.w_max": 2.0})
    assert changed.rules_by_projection["feed"].quantities()["eta"] == 0.5
    assert changed.rules_by_projection["feed"].w_max == 2.0
    assert changed.rules_by_projection["drive"] == two.rules_by_projection["drive"]
    assert not two.same_rule(GRAPH)
    assert DEFAULT.with_rule({"kind": "oja"}, "feed") == DEFAULT.with_rule({"kind": "oja"})


def test_a_rule_for_delays_stays_what_it_is_during_a_run() -> None:
    learns, path = read_experiment("order"), "network.projections.feed.delay_plasticity"
    assert not learns.differences(learns.changed_live({f"{path}.kind": "delay-shift"}))
    assert learns.changed_live({f"{path}.eta_plus": 0}) != learns
    words = (
        r"feed\.delay_plasticity\.kind is structural: whether delays learn.* values d_min, eta_plus, .*--set .*=none"
    )
    with pytest.raises(StdpbenchError, match=words):
        learns.changed_live({f"{path}.kind": "none"})
    without = learns.override({f"{path}.kind": "none"})
    with pytest.raises(StdpbenchError, match=r"cannot change during a run\. A new run can start from"):
        without.changed_live({f"{path}.kind": "delay-shift"})


@pytest.mark.parametrize("name", shipped_experiments())
def test_a_template_spelled_out_is_the_same_network(name: str) -> None:
    experiment = read_experiment(name)
    graph = Experiment.from_toml(experiment.spelled_out().to_toml())
    assert graph == experiment.spelled_out()
    shape = (
        (56, 28)
        if getattr(experiment.data, "on_off", None)
        else (28, 28)
        if experiment.data.kind == "fashion-mnist"
        else {"local-100": (28, 28), "local-digits": (20, 20)}.get(name, (8, 8))
    )
    assert graph.graph(*shape) == experiment.graph(*shape)
    assert graph.spelled_out() is graph


def test_the_kind_of_the_network_changes_both_ways() -> None:
    made = DEFAULT.override({"network.kind": "graph", f"{FEED}.plasticity.nu_post": 0.5})
    assert made == DEFAULT.override({"plasticity.nu_post": 0.5}).spelled_out()
    assert DEFAULT.override({"network.n_exc": 12}).lost_by({"network.kind": "graph"}) == {}
    back = made.override({"network.kind": "diehl-cook", "exc.tau_m": "20 ms", f"{FEED}.normalise.value": 60})
    assert back == DEFAULT.override({"exc.tau_m": "20 ms", "network.weight_sum": 60})
    assert made.lost_by({"network.kind": "diehl-cook"})[f"{FEED}.plasticity.nu_post"] == 0.5


def test_missing_kinds_in_it_have_stand_ins() -> None:
    tables = changed(
        {"populations.exc.neuron": {"kind": "acme", "vigour": "20 acme"}, "projections.feed.connect": "acme"}
    )
    experiment = Experiment.from_mapping(tables, stand_ins=True)
    assert experiment.missing_kinds == ("the neuron 'acme' is not installed", "the connection 'acme' is not installed")
    assert Experiment.from_mapping(experiment.to_mapping(), stand_ins=True) == experiment
    with pytest.raises(StdpbenchError, match="there is no neuron 'acme'"):
        Experiment.from_mapping(tables)


def test_a_missing_template_has_a_stand_in() -> None:
    tables = {"network": {"kind": "acme", "dt": "0.1 ms", "n": 3}, "exc": {"kind": "adaptive-lif"}}
    experiment = Experiment.from_mapping(tables, stand_ins=True)
    assert experiment.missing_kinds == ("the network 'acme' is not installed",)
    sections = ("about", "data", "encoding", "network", "exc", "schedule", "evaluation", "simulator")
    assert experiment.sections == sections
    assert experiment.to_mapping()["network"] == tables["network"]
    assert experiment.stimulus_bins == 3500
    with pytest.raises(StdpbenchError, match="the network 'acme' is not installed"):
        experiment.graph()
