"""The registries: each kind of connection with each rule, and each rule at each neuron, runs or is refused.

What is registered is enumerated here, with the kinds of a package that is installed for this file. Rules, neurons,
connections and delays rotate through networks that have every rule once. All of these together have every pair; the
first is part of `make test`, the others are slow. Each runs on both simulators and as a plain script.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pytest
from graph_script import run_scripts, weights_at
from graphs import DELAYS, NEURONS, silent, start_weights
from packages import install_package
from test_graphs import assert_same, assert_state_is_complete, case_of, script_of

from stdpbench.engine.network.layout import Layout
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import problems, receptors
from stdpbench.kinds.connections import Connection, connections
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.plasticity import PlasticityRule, projection_rules
from stdpbench.kinds.weights.uniform import Uniform

PACKAGE = '''
"""Kinds of another package: a connection, a rule and a neuron."""

from typing import ClassVar, Literal

import numpy as np

from stdpbench.kinds.connections import Connection, Synapses
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity import PlasticityRule, Trace
from stdpbench.declare.parameters import parameter


class Ring(Connection):
    """Neuron i reaches neurons i + 1 and i + 2."""

    kind: Literal["acme-ring"] = "acme-ring"
    summary: ClassVar[str] = "Neuron i reaches neurons i + 1 and i + 2"
    storage: ClassVar[Literal["sparse"]] = "sparse"

    def expected(self, source, target, *, recurrent):
        return 2.0 * np.prod(source)

    def draw(self, random, source, target, *, recurrent):
        n, m = int(np.prod(source)), int(np.prod(target))
        number = np.arange(n, dtype=np.int64)
        pairs = [number * m + (number + step) % m for step in (1, 2)]
        return Synapses.of_pairs(np.concatenate(pairs), n, m)


class Anti(PlasticityRule):
    """An input spike strengthens, an output spike weakens."""

    kind: Literal["acme-anti"] = "acme-anti"
    tau: float = parameter(15.0, unit="ms", gt=0, help="Time constant of both traces.")
    eta: float = parameter(0.02, unit="", ge=0, help="Learning rate.")
    summary: ClassVar[str] = "Anti-Hebbian pairs"
    reference: ClassVar[str] = "None."
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau", "add"), Trace("y", "output", "tau", "add"))
    on_input_spike: ClassVar[str] = "w = clip(w + eta*y, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w - eta*x, 0, w_max)"


class Slow(LIF):
    """A neuron that integrates longer."""

    kind: Literal["acme-slow"] = "acme-slow"
    tau_m: float = parameter(40.0, unit="ms", gt=0, help="Time constant of the membrane.")
    summary: ClassVar[str] = "A slow neuron"
    presets: ClassVar[dict] = {}
'''
ENTRIES = """
[stdpbench.connections]
acme-ring = acme_kinds:Ring
[stdpbench.plasticity]
acme-anti = acme_kinds:Anti
[stdpbench.neurons]
acme-slow = acme_kinds:Slow
"""

GIVEN: dict[str, list[dict[str, Any]]] = {
    "distance": [{"sigma": 1.5}],
    "local": [{"field": 2, "stride": 2}, {"field": 3, "stride": 2, "padding": 1, "shared": True}],
    "others": [{}, {"within": "field"}, {"within": "map"}, {"within": "map", "radius": 1}],
    "random": [{"p": 0.5}],
}
"""Parameters with which a connection fits the shapes below; others are connected with their defaults."""
LIVELY: dict[str, dict[str, Any]] = {
    "bcm": {"y_target": 5.0, "tau_theta_m": 200.0},
    "clopath-lif": {"a_ltd": 1e-4, "a_ltp": 3e-5},
    "reward": {"tonic": 0.5},
}
"""Parameters with which a rule changes weights in one presentation; others do so with their defaults."""
FIRING: dict[str, dict[str, Any]] = {"adaptive-lif-discrete": {"v_thresh": 1.0}, "srm-masquelier": {"v_thresh": 5.0}}
"""Parameters with which a neuron fires."""
DRIVE = {
    "adaptive-lif-discrete": 3.0,
    "izhikevich": 110.0,
    "lif-current": 5000.0,
    "lif-current-alpha": 3000.0,
    "lif-discrete": 3.0,
    "srm-masquelier": 25.0,
}
"""Sum of the weights of a neuron from 16 sources, in the units of its kind, where it differs from that of `lif`."""
SOURCE, TARGET = (4, 4, 1), (2, 2, 4)  # every connection fits these


ELSEWHERE = {"pool", "table"}
"""Connections of other shapes, or whose synapses a file lists: in test_sparse.py."""
REFUSED = {
    "pair-derivative": "network.projections.feed.plasticity.kind 'pair-derivative' updates weights once per period",
    "clopath": "network.projections.feed.plasticity.kind 'clopath' needs a target of the neuron 'adex', but cells is",
    "adex": "network.populations.cells.neuron.kind 'adex' does not run in a network: it is driven by a current",
}
"""Rules and neurons that run in the laboratory or in streams only, and how the sentence begins that says so."""
REFUSED_AT = {
    ("clopath-lif", neuron): "network.projections.feed.plasticity.kind 'clopath-lif' reads the potential v in mV"
    for neuron in ("adaptive-lif-discrete", "lif-discrete")
}
"""Rules that do not run at a neuron, likewise."""


@dataclass(frozen=True)
class Kinds:
    """All that is registered: rules, neurons, and connections in all their forms."""

    rules: dict[str, PlasticityRule]
    neurons: dict[str, Neuron]
    connections: list[Connection]

    def refusal(self, connection: Connection, rule: str, neuron: str) -> list[str]:
        graph = Graph(
            {"input": Population(shape=SOURCE), "cells": Population(shape=TARGET, neuron=self.neurons[neuron])},
            {"feed": self._projection("input", "cells", connection, rule, neuron, "none")},
            conductance_step="exact",
            read="cells",
        )
        return list(problems(graph))

    def _projection(
        self, source: str, target: str, connection: Connection, rule: str, neuron: str, delay: str
    ) -> Projection:
        # as many synapses into a neuron as out of one: both populations have the same size
        return Projection(
            source=source,
            target=target,
            receptor=(*receptors(self.neurons[neuron]), "none")[0],
            connect=connection,
            weight=Uniform(low=0.2, high=0.8),
            scale=DRIVE.get(neuron, 4.5) / 0.5 / connection.mean_out_degree(SOURCE, TARGET),
            delay=DELAYS[delay],
            plasticity=self.rules[rule],
        )

    def per_synapse(self, rule: str) -> bool:
        """Whether a rule needs a variable for each synapse, which synapses that share weights do not have."""
        return bool(self.rules[rule].each_step or self.rules[rule].synapse_variables)

    def of(self, rule: str) -> list[str]:
        """The neurons at which a rule runs."""
        return [neuron for neuron in self.neurons if not self.refusal(self.connections[0], rule, neuron)]

    @cached_property
    def able(self) -> dict[str, list[str]]:
        """The rules that run in networks, and at which neurons."""
        return {rule: able for rule in self.rules if (able := self.of(rule))}

    @property
    def n_networks(self) -> int:
        """How many networks it takes until each rule has had each neuron and each connection."""
        return max(len(self.connections), *map(len, self.able.values()))

    def network(self, number: int) -> Graph:
        """Every rule once; which neuron, connection, delay and source it has depends on the number of the network."""
        populations = {"input": Population(shape=SOURCE), "pace": Population(shape=SOURCE, neuron=NEURONS["tonic"])}
        names = {neuron: f"n{at}" for at, neuron in enumerate(self.neurons)}
        projections = {}
        for at, (rule, able) in enumerate(self.able.items()):
            turn = at + number
            neuron, source = able[turn % len(able)], "pace" if turn % 5 == 2 else "input"
            connection, delay = (
                self.connections[turn % len(self.connections)],
                [*DELAYS][(at // 2 + number) % len(DELAYS)],
            )
            if connection.shares_weights and self.per_synapse(rule):
                connection = self.connections[(turn + 1) % len(self.connections)]
            elif connection.shares_weights and delay == "each":
                delay = "one"
            populations.setdefault(names[neuron], Population(shape=TARGET, neuron=self.neurons[neuron]))
            projections[f"s{at}"] = self._projection(
                source,
                names[neuron],
                connection,
                rule,
                neuron,
                delay,
            )
        return Graph(populations, projections, conductance_step="exact", read=[*populations][2])


def registered() -> Kinds:
    rules = projection_rules.usable()
    return Kinds(
        {kind: projection_rules.build({"kind": kind, "w_max": 1.0} | LIVELY.get(kind, {}), kind) for kind in rules},
        {kind: neurons.build({"kind": kind} | FIRING.get(kind, {}), kind) for kind in neurons.usable()},
        [
            cls(**given)
            for kind, cls in connections.usable().items()
            if kind not in ELSEWHERE
            for given in GIVEN.get(kind, [{}])
        ],
    )


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kinds]:
    """All kinds, those of the package too."""
    with pytest.MonkeyPatch.context() as patch:
        install_package(patch, tmp_path_factory.mktemp("package"), ENTRIES, acme_kinds=PACKAGE)
        yield registered()
    sys.modules.pop("acme_kinds", None)


def test_every_pair_is_in_a_network_or_refused(kinds: Kinds) -> None:
    """What refuses a rule at a neuron does so whatever the connection."""
    connected, reached, delayed = set(), set(), set()
    for number in range(kinds.n_networks):
        graph = kinds.network(number)
        assert {*Layout(graph).state} >= {f"{name}.w" for name in graph.plastic}
        for projection in graph.projections.values():
            rule = kind_of(projection.plasticity)
            connected.add((repr(projection.connect), rule))
            reached.add((rule, kind_of(graph.populations[projection.target].neuron)))
            delayed.add((repr(projection.connect), projection.delay.form))
    assert kinds.n_networks == N_NETWORKS
    assert {*map(kind_of, kinds.connections)} == {*connections.kinds()} - ELSEWHERE >= {"acme-ring"}
    assert {*kinds.rules} == {*projection_rules.kinds()} >= {"acme-anti"}
    assert {*kinds.neurons} == {*neurons.kinds()} >= {"acme-slow"}
    for connection, rule, neuron in product(kinds.connections, kinds.rules, kinds.neurons):
        wanted = [REFUSED[kind] for kind in (neuron, rule) if kind in REFUSED][:1]  # of a neuron, nothing else is said
        wanted += [REFUSED_AT[rule, neuron]] if (rule, neuron) in REFUSED_AT else []
        shared = connection.shares_weights and kinds.per_synapse(rule)
        wanted += ["network.projections.feed.connect.shared: the rule"] if shared else []
        found = kinds.refusal(connection, rule, neuron)
        assert len(found) == len(wanted), found
        assert all(sentence.startswith(start) for sentence, start in zip(found, wanted, strict=True))
        assert wanted or ((repr(connection), rule) in connected and (rule, neuron) in reached)
    of_each = {repr(connection) for connection in kinds.connections if not connection.shares_weights}
    assert delayed >= set(product(map(repr, kinds.connections), ("none", "one")))
    assert {connection for connection, delay in delayed if delay == "each"} == of_each


N_NETWORKS = 1 + registered().n_networks  # the package has one kind more of each
NUMBERS = [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, N_NETWORKS))]


@pytest.mark.parametrize("number", NUMBERS)
def test_all_rules_agree_on_both_simulators_and_in_a_plain_script(number: int, kinds: Kinds) -> None:
    case = case_of(kinds.network(number), ())
    (outcome,) = run_scripts([script_of(case)])
    assert silent(outcome) == []
    start, after = start_weights(case.graph), outcome.learned[1]
    for name, projection in case.graph.projections.items():
        changed = np.abs(after[f"{name}.w"] - start[name])[weights_at(case.graph, name)]
        assert changed.max() > 1e-3, (name, kind_of(projection.plasticity))
    assert_same(case, outcome)
    for simulator in case.simulators.values():
        assert_state_is_complete(case, simulator)
        simulator.close()


def kind_of(made: object) -> str:
    return str(getattr(made, "kind", ""))
