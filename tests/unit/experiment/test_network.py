"""The network of an experiment: a template that expands to populations and projections; one path per parameter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph

DEFAULT = Experiment.from_mapping({})
VARIANTS: dict[str, dict[str, Any]] = {
    "layer": {},
    "direct": {"network.inhibition": "direct"},
    "undelayed": {"network.inhibition": "direct-undelayed"},
    "lateral": {"lateral.kind": "homeostatic"},
    "homogeneous": {"network.delays": "homogeneous", "network.max_delay": "3 ms"},
    "uniform": {"network.delays": "uniform", "network.max_delay": "3 ms"},
    "samples": {"network.start": "samples", "network.weight_sum": "none"},
}


def expanded(name: str) -> Graph:
    return DEFAULT.override(VARIANTS[name]).graph(28, 28)


def test_the_template_expands_to_populations_and_projections_of_the_sections() -> None:
    graph = expanded("layer")
    assert {name: population.shape for name, population in graph.populations.items()} == {
        "input": (28, 28),
        "exc": (400,),
        "inh": (400,),
    }
    assert graph.populations["exc"].neuron == DEFAULT.exc
    assert graph.populations["inh"].neuron == DEFAULT.inh
    assert (graph.input, graph.read, graph.plastic, graph.dt) == ("input", "exc", ("feed",), 0.5)
    feed, drive, compete = graph.projections.values()
    assert (feed.source, feed.target, feed.receptor, feed.connect.kind) == ("input", "exc", "ge", "all")  # type: ignore[attr-defined]
    assert feed.plasticity == DEFAULT.plasticity
    assert feed.normalise.to_mapping() == {"kind": "sum", "value": 78.0}
    assert drive.weight.to_mapping() == {"kind": "constant", "value": 10.4}
    assert (compete.source, compete.target, compete.receptor, compete.connect.kind) == ("inh", "exc", "gi", "others")  # type: ignore[attr-defined]
    assert compete.weight.to_mapping() == {"kind": "constant", "value": 17.0}
    assert compete.scale is None


def test_lateral_inhibition_without_inh_neurons_comes_from_exc_neurons() -> None:
    for name, delay in (("direct", 0.5), ("undelayed", 0.0)):
        graph = expanded(name)
        assert list(graph.populations) == ["input", "exc"]
        assert graph.projections["compete"].source == "exc"
        assert graph.projections["compete"].delay.longest == delay


def test_plastic_lateral_inhibition_is_a_plastic_projection_with_a_scale() -> None:
    graph = expanded("lateral")
    compete = graph.projections["compete"]
    assert graph.plastic == ("feed", "compete")
    assert compete.scale == 17.0
    assert compete.weight.to_mapping() == {"kind": "constant", "value": 1.0}


def test_delays_start_and_scaling_are_those_of_the_template() -> None:
    assert expanded("homogeneous").projections["feed"].delay.to_mapping() == {"kind": "constant", "value": "3 ms"}
    assert expanded("uniform").projections["feed"].delay.to_mapping() == {"kind": "uniform", "high": "3 ms"}
    feed = expanded("samples").projections["feed"]
    assert feed.weight.to_mapping() == {"kind": "samples", "blur": "1 px", "noise": 0.1}
    assert feed.normalise is None


LONG = [
    ({}, "network.projections.feed.plasticity.nu_post", 0.02, "plasticity.nu_post"),
    ({}, "network.projections.feed.plasticity.kind", "pair-additive", "plasticity.kind"),
    ({}, "network.populations.exc.neuron.tau_m", "25 ms", "exc.tau_m"),
    ({}, "network.populations.exc.size", 30, "network.n_exc"),
    ({}, "network.populations.inh.neuron.tau_m", "25 ms", "inh.tau_m"),
    ({}, "network.projections.feed.normalise.value", 60, "network.weight_sum"),
    ({}, "network.projections.drive.weight.value", 11, "network.w_exc_inh"),
    ({}, "network.projections.compete.weight.value", 20, "network.w_inh_exc"),
    (VARIANTS["lateral"], "network.projections.compete.scale", 20, "network.w_inh_exc"),
    (VARIANTS["lateral"], "network.projections.compete.weight.value", 2, "lateral.start"),
    (VARIANTS["lateral"], "network.projections.compete.plasticity.eta", 0.1, "lateral.eta"),
    (VARIANTS["uniform"], "network.projections.feed.delay.high", "5 ms", "network.max_delay"),
    (VARIANTS["homogeneous"], "network.projections.feed.delay.value", "5 ms", "network.max_delay"),
    (VARIANTS["samples"], "network.projections.feed.weight.blur", "2 px", "network.start_blur"),
]


@pytest.mark.parametrize(("start", "long", "value", "short"), LONG)
def test_a_path_of_the_expanded_network_means_the_one_of_the_experiment(
    start: dict[str, Any], long: str, value: object, short: str
) -> None:
    experiment = DEFAULT.override(start)
    assert experiment.short_path(long) == short
    changed = experiment.override({long: value})
    assert changed == experiment.override({short: value})
    assert short in experiment.differences(changed)
    assert not any(path.startswith("network.pro") for path in experiment.differences(changed))


def test_a_long_path_is_live_where_the_short_one_is() -> None:
    changed = DEFAULT.changed_live({"network.projections.feed.plasticity.nu_post": 0.02})
    assert changed.plasticity.quantities()["nu_post"] == 0.02
    with pytest.raises(StdpbenchError, match=r"^network\.n_exc is structural"):
        DEFAULT.changed_live({"network.populations.exc.size": 30})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("network.projections.feed.plasticty.nu_post", "did you mean network.projections.feed.plasticity.nu_post?"),
        ("network.projections.feed.connect.kind", "cannot be set with the network 'diehl-cook'"),
    ],
)
def test_what_the_template_fixes_is_refused(path: str, message: str) -> None:
    with refused(message, match=f"^{re.escape(path)} cannot be set"):
        DEFAULT.override({path: 1})


def test_naming_the_kind_that_the_network_has_changes_nothing() -> None:
    changed = DEFAULT.override({"network.n_exc": 12})
    assert changed.override({"network.kind": "diehl-cook"}) == changed
    assert "kind" not in changed.to_mapping()["network"]
    with pytest.raises(
        StdpbenchError, match=r"network\.kind: there is no network 'diel-cook'; did you mean 'diehl-cook'"
    ):
        DEFAULT.override({"network.kind": "diel-cook"})


RECEPTORS, CURRENT = "where spikes add to ge and gi", "it is driven by a current"


@pytest.mark.parametrize(
    ("section", "kind", "why"),
    [
        *(("inh", kind, RECEPTORS) for kind in ("lif-alpha", "lif-current", "izhikevich", "srm-masquelier")),
        *((section, "adex", CURRENT) for section in ("exc", "inh")),
    ],
)
def test_a_neuron_that_the_digit_network_cannot_have_is_refused(section: str, kind: str, why: str) -> None:
    with pytest.raises(StdpbenchError, match=f"{section}.kind '{kind}' does not run there[,:] {why}"):
        Experiment.from_mapping({section: {"kind": kind}})
