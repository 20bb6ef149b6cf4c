"""The templates local, stack and balanced: what they expand to, their paths and errors."""

from __future__ import annotations

from typing import Any

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, Stage

LOCAL = Experiment.from_mapping({"network": {"kind": "local", "units": 5}})
STACK = Experiment.from_mapping({"network": {"kind": "stack", "n_first": 30, "n_second": 20}})
BALANCED = Experiment.from_mapping(
    {
        "data": {"kind": "none"},
        "network": {"kind": "balanced", "n_exc": 80, "n_inh": 20, "p": 0.1},
        "schedule": {"between": "stream", "duration": "1 s", "piece": "0.5 s"},
    }
)


def test_the_neurons_of_a_local_layer_see_a_patch_and_compete_at_their_place() -> None:
    graph = LOCAL.graph(28, 28)
    assert {name: population.shape for name, population in graph.populations.items()} == {
        "input": (28, 28),
        "exc": (3, 3, 5),
    }
    assert (graph.read, graph.plastic) == ("exc", ("feed",))
    feed, compete = graph.projections.values()
    assert feed.connect.to_mapping() == {"kind": "local", "field": 12, "stride": 8}
    assert len(graph.synapses("feed")) == 9 * 5 * 144
    assert compete.connect.to_mapping() == {"kind": "others", "within": "field"}
    assert compete.delay.longest == graph.dt


def test_a_stack_has_two_layers_that_learn() -> None:
    graph = STACK.graph(8, 8)
    assert {name: population.shape for name, population in graph.populations.items()} == {
        "input": (8, 8),
        "first": (30,),
        "second": (20,),
    }
    assert (graph.read, graph.plastic, graph.shown) == ("second", ("feed", "upward"), "upward")
    assert (graph.projections["upward"].source, graph.projections["upward"].scale) == ("first", 20.0)


def test_a_balanced_network_has_no_input_and_inhibition_that_learns() -> None:
    graph = BALANCED.graph()
    assert (graph.input, graph.read, graph.plastic, graph.stream) == ("", "exc", ("inh_exc",), True)
    assert {name: (each.source, each.target, each.receptor) for name, each in graph.projections.items()} == {
        "exc_exc": ("exc", "exc", "ge"),
        "exc_inh": ("exc", "inh", "ge"),
        "inh_inh": ("inh", "inh", "gi"),
        "inh_exc": ("inh", "exc", "gi"),
    }
    assert all(graph.is_sparse(name) for name in graph.projections)
    assert graph.populations["exc"].neuron.quantities()["v_thresh"] == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("experiment", "long", "value", "short"),
    [
        (LOCAL, "network.populations.exc.neuron.tau_m", "25 ms", "exc.tau_m"),
        (LOCAL, "network.projections.feed.plasticity.nu_post", 0.02, "plasticity.nu_post"),
        (LOCAL, "network.projections.feed.normalise.value", 60, "network.weight_sum"),
        (LOCAL, "network.projections.feed.connect.stride", 4, "network.stride"),
        (LOCAL, "network.projections.compete.weight.value", 20, "network.w_inh_exc"),
        (STACK, "network.populations.first.size", 12, "network.n_first"),
        (STACK, "network.populations.second.neuron.tau_m", "25 ms", "exc.tau_m"),
        (STACK, "network.projections.upward.scale", 9, "network.gain"),
        (STACK, "network.projections.upward.normalise.value", 9, "network.weight_sum_second"),
        (STACK, "network.projections.contest.weight.value", 9, "network.w_second"),
        (BALANCED, "network.populations.inh.size", 12, "network.n_inh"),
        (BALANCED, "network.populations.inh.neuron.I_background", "100 pA", "network.background"),
        (BALANCED, "network.projections.inh_inh.connect.p", 0.2, "network.p"),
        (BALANCED, "network.projections.inh_exc.plasticity.eta", 0.001, "network.eta"),
        (BALANCED, "network.projections.inh_exc.scale", 5, "network.w_max"),
    ],
)
def test_a_path_of_the_expanded_network_means_the_short_one(
    experiment: Experiment, long: str, value: object, short: str
) -> None:
    assert experiment.short_path(long) == short
    assert experiment.override({long: value}) == experiment.override({short: value})
    spelled: Any = experiment.override({short: value}).spelled_out()
    assert spelled.override({long: value}) == spelled  # the expanded network has that parameter, with that value


def test_places_that_the_pictures_do_not_make_are_an_error_with_the_right_numbers() -> None:
    with pytest.raises(
        StdpbenchError, match=r"^network\.rows and network\.columns must be 5 and 5, not 3 and 3: .* 28 x 28$"
    ):
        LOCAL.override({"network.stride": 4}).graph(28, 28)
    with pytest.raises(StdpbenchError, match="needs a source of at least 12 x 12 neurons, not 8 x 8"):
        LOCAL.graph(8, 8)


@pytest.mark.parametrize("kind", ["local", "stack"])
def test_layers_need_neurons_with_excitation_and_inhibition(kind: str) -> None:
    with pytest.raises(StdpbenchError, match="has no receptor 'ge'"):
        Experiment.from_mapping({"network": {"kind": kind}, "exc": {"kind": "izhikevich"}})


def test_a_balanced_network_needs_a_stream_without_input() -> None:
    with pytest.raises(StdpbenchError, match=r"gets the spikes of data\.kind 'poisson'"):
        BALANCED.override({"data.kind": "poisson"})


def test_the_rule_of_a_balanced_network_can_change_during_a_run() -> None:
    changed = BALANCED.changed_live({"network.rho_0": "10 Hz", "network.background": "150 pA"})
    assert changed.graph().projections["inh_exc"].plasticity.quantities()["rho_0"] == 10.0


# stages of the training: which projections learn, for how many passes

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
