"""Networks from Python: `stdpbench.Network`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from refusals import refused

import stdpbench
from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.connections.one_to_one import OneToOne


def network() -> stdpbench.Network:
    made = stdpbench.Network(dt="0.25 ms")
    source = made.add_population("input")
    exc = made.add_population("exc", shape=(10, 10), neuron={"kind": "adaptive-lif", "tau_m": "20 ms"})
    inh = made.add_population("inh", size=100, neuron="lif")
    made.add_projection(
        "feed",
        source,
        exc,
        receptor="ge",
        weight="uniform",
        delay="2 ms",
        plasticity="diehl-cook-triplet",
        normalise={"kind": "sum", "value": 5},
    )
    made.add_projection("drive", exc, inh, receptor="ge", connect=OneToOne(), weight=10.4)
    made.add_projection("compete", inh, exc, receptor="gi", connect="others", weight=17, scale=1.0)
    return made


def test_a_network_is_part_of_an_experiment() -> None:
    experiment = stdpbench.Experiment.from_mapping({"network": network(), "seed": 3})
    graph = experiment.graph(28, 28)
    assert [population.size for population in graph.populations.values()] == [784, 100, 100]
    assert graph.populations["exc"].neuron.to_mapping()["tau_m"] == "20 ms"
    assert (experiment.dt, graph.read, graph.plastic) == (0.25, "exc", ("feed",))
    assert graph.projections["drive"].connect == OneToOne()
    assert graph.projections["compete"].scale == 1.0
    assert graph.projections["feed"].delay.longest == 2.0


def test_its_toml_is_that_of_an_experiment_file() -> None:
    made = stdpbench.Experiment.from_toml(network().to_toml())
    assert made == stdpbench.Experiment.from_mapping({"network": network().to_mapping()})
    assert 'connect = { kind = "one-to-one" }' in network().to_toml().splitlines()


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda net: net.add_population("two"), "populations.two has no neuron, but input is the input already"),
        (
            lambda net: net.add_population("exc", size=3, neuron="lif"),
            "populations.exc: the name 'exc' is used already",
        ),
        (lambda net: net.add_population("feed", size=3, neuron="lif"), "populations.feed: the name 'feed' is used"),
        (lambda net: net.add_population("None", size=3, neuron="lif"), "populations.None: the name 'None' must begin"),
        (
            lambda net: net.add_population("none", size=3, neuron="lif"),
            "populations.none: the name 'none' is reserved",
        ),
        (lambda net: net.add_population("b", neuron="lif"), "populations.b has no size; say how many neurons it has"),
        (
            lambda net: net.add_population("b", size=3, neuron="lfi"),
            "populations.b.neuron.kind: there is no neuron 'lfi'",
        ),
        (
            lambda net: net.add_projection("b", "exk", "exc", receptor="ge"),
            "projections.b.source: there is no population",
        ),
        (
            lambda net: net.add_projection("b", "exc", "input", receptor="ge"),
            "projections.b.target: input is the input",
        ),
        (
            lambda net: net.add_projection("b", "exc", "exc", receptor="g"),
            "projections.b.receptor: the neuron 'adaptive",
        ),
        (
            lambda net: net.add_projection("b", "exc", "exc", receptor="ge", delay="1 mV"),
            "projections.b.delay.value: exp",
        ),
        (
            lambda net: net.add_projection("b", "exc", "exc", receptor="ge", weight="x"),
            "projections.b.weight.kind: there",
        ),
        (lambda net: stdpbench.Network(dt="1 mV"), "dt: expected a number in ms"),
    ],
)
def test_an_error_is_raised_by_the_call_that_causes_it(
    add: Callable[[stdpbench.Network], object], message: str
) -> None:
    made = network()
    before = made.to_mapping()
    with refused(match=f"^network\\.{re.escape(message)}"):
        add(made)
    assert made.to_mapping() == before


def test_a_network_without_populations_is_no_experiment() -> None:
    with pytest.raises(StdpbenchError, match=r"network\.populations has no population with neurons"):
        stdpbench.Experiment.from_mapping({"network": stdpbench.Network()})
    empty = stdpbench.Network()
    with pytest.raises(StdpbenchError, match="there is no population 'input'; there is none yet"):
        empty.add_projection("feed", "input", "exc", receptor="ge")


@pytest.mark.parametrize(("name", "value"), [("weight", np.ones((10, 7))), ("delay", np.ones((10, 7)))])
def test_arrays_in_the_place_of_kinds_are_refused_in_a_sentence(name: str, value: Any) -> None:
    network = stdpbench.Network()
    network.add_population("input")
    network.add_population("exc", size=7, neuron="adaptive-lif")
    with pytest.raises(
        stdpbench.StdpbenchError, match=rf"feed\.{name} must be a table with a kind.*connect\.kind 'table'"
    ):
        network.add_projection("feed", "input", "exc", receptor="ge", **{name: value})
    with pytest.raises(StdpbenchError, match=r"feed\.scale must be a number"):
        network.add_projection("feed", "input", "exc", receptor="ge", scale=value)
