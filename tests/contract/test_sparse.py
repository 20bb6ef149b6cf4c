"""Sparse and grouped projections: both simulators and a plain script give the same spikes, and the contract holds.

Five graphs have each kind of sparse connection with each form of delay and each rule, as far as they go together;
further ones have what is odd: synapses that a pair has twice, neurons that reach themselves, rows without synapses,
sources that never fire, and ten thousand spikes in one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from graph_script import Outcome, Presentation, run_scripts
from graphs import DELAYS, MAPS, N_BINS, NEURONS, RULES, SPARSE, alone_of, graph, start_weights
from networks import SIMULATORS, assert_same_bytes, pairs, spikes_at
from numpy.typing import NDArray
from test_graphs import Case, assert_same, case_of, fingerprint, opened, repeated, script_of, shown_to

from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections import Connection, connections
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.delays.uniform import Uniform as Delays
from stdpbench.kinds.plasticity.pair_additive import PairAdditive
from stdpbench.kinds.weights.constant import Constant

NETWORKS: dict[str, tuple[str, str]] = {
    "1": (
        "input:input:4x4 exc:adaptive:2x2x4 inh:lif:10",
        """
        feed* input>exc local none triplet ge uniform plain
        within exc>exc random each pair ge uniform scaled
        drive exc>inh multiple one homeostatic ge uniform plain
        back inh>exc random one static gi uniform plain
        """,
    ),
    "2": (
        "input:input:6x4 exc:lockout:3x4 pace:tonic:6",
        """
        feed input>exc distance each reward ge uniform plain
        clock* pace>exc multiple each clopath ge uniform scaled
        within exc>exc distance one bcm gi uniform plain
        beat pace>pace multiple none static gi constant scaled
        """,
    ),
    "3": (
        "input:input:4x4 exc:lif:2x2x3 two:adaptive:9",
        """
        feed input>exc local each bcm ge uniform plain
        up* exc>two random none reward ge uniform plain
        down two>exc random one clopath gi constant scaled
        within two>two multiple each static gi constant plain
        """,
    ),
    "4": (
        "input:input:3x4 exc:adaptive:4x3 two:lif:4x3",
        """
        feed input>exc distance none pair ge constant plain
        other input>two distance one triplet ge uniform plain
        up exc>two distance each homeostatic ge uniform plain
        within* exc>exc multiple none pair gi uniform plain
        """,
    ),
    "5": (
        "input:input:6x6 exc:adaptive:3x3x4:field:unit two:lif:2x2x3 pooled:lif:2x2x4:population flat:lif:2x5x2",
        """
        feed* input>exc shared none triplet ge uniform plain
        again input>exc shared one homeostatic ge uniform plain
        up* exc>two shared one pair ge uniform scaled
        other exc>two shared none bcm ge uniform plain
        fixed exc>two shared none static gi uniform plain
        contrasts input>flat planes none triplet ge uniform plain
        later input>flat planes one static ge uniform plain
        rivals exc>exc map none static gi constant plain
        places exc>exc map one pair gi uniform plain
        apart exc>exc map each static gi constant plain
        pool exc>pooled pool none static ge constant plain
        pool_one exc>pooled pool one pair ge uniform plain
        pool_each exc>pooled pool each triplet ge uniform plain
        """,
    ),
    "radius": (
        "input:input:4x4 exc:adaptive:3x4x2",
        """
        feed* input>exc random none triplet ge uniform plain
        near exc>exc near none static gi constant plain
        near_one exc>exc near one static gi constant scaled
        near_each exc>exc near each static gi constant plain
        learning exc>exc near one pair gi uniform plain
        maps exc>exc near-map none pair gi uniform plain
        maps_one exc>exc near-map one static gi constant plain
        maps_each exc>exc near-map each triplet gi uniform plain
        """,
    ),
    "learning spikes": (
        "input:input:4x4 maps:adaptive:2x2x3:field:unit:3 exc:lif:6:none:none:2",
        """
        feed* input>maps shared none power-law ge uniform plain
        other input>maps random one power-law ge uniform plain
        up* maps>exc random each power-law ge uniform scaled
        rivals maps>maps map none static gi constant plain
        """,
    ),
    "short-term plasticity": (
        "input:input:4x4 exc:adaptive:2x2x4 two:lif:2x2x4 pace:tonic:6",
        """
        feed* input>exc all one triplet ge uniform released
        again input>two local none pair ge uniform released
        kernel input>exc shared one static ge uniform released
        up exc>two one-to-one one static ge constant released
        down two>exc random one bcm ge uniform released
        rivals exc>exc others none static gi constant released
        fields exc>exc field one pair gi uniform released
        clock pace>two all none reward ge uniform released
        """,
    ),
}


LACKING = {("local", "one"), ("shared", "each"), ("planes", "each")}
LISTED = 40
"""Synapses of the projection that a file lists."""


def listed() -> dict[str, NDArray[np.generic]]:
    """Synapses in no order, some between the same neurons, with a weight and a delay in ms each."""
    random = np.random.default_rng(5)
    columns = {"source": random.integers(0, 12, LISTED), "target": random.integers(0, 12, LISTED)}
    delay = random.integers(0, 9, LISTED) * 0.5
    return {**columns, "weight": random.uniform(0.05, 0.3, LISTED), "delay": delay}


def with_table(made: Graph, file: Path) -> Graph:
    """The network with one more projection, whose synapses, weights and delays a file lists."""
    names, rows = ",".join(listed()), zip(*(each.tolist() for each in listed().values()), strict=True)
    file.write_text("\n".join([names, *(f"{i},{j},{w!r},{d}" for i, j, w, d in rows)]), encoding="utf-8")
    connect = connections.build({"kind": "table", "file": str(file), "multapses": True}, "connect")
    rule = PairAdditive(a_plus=0.05, a_minus=0.045, w_max=1.0)
    back = Projection(source="two", target="exc", receptor="ge", connect=connect, plasticity=rule)
    return replace(made, projections={**made.projections, "back": back})


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Case]]:
    graphs = {name: graph(*each) for name, each in NETWORKS.items()}
    graphs["4"] = with_table(graphs["4"], tmp_path_factory.mktemp("tables") / "back.csv")
    made = {name: case_of(each, alone_of(NETWORKS[name][1])) for name, each in graphs.items()}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def outcomes(cases: dict[str, Case]) -> dict[str, Outcome]:
    return dict(zip(cases, run_scripts([script_of(each) for each in cases.values()]), strict=True))


def test_all_kinds_are_there() -> None:
    """Each rule, and each of these connections with each form of delay, but for `LACKING`."""
    every = [line.split() for _, lines in NETWORKS.values() for line in lines.strip().splitlines()]
    words = [word for word in every if word[-1] != "released"]
    assert {word[4] for word in words} >= set(RULES)
    assert {(word[2], word[3]) for word in words} == set(product(SPARSE | MAPS, DELAYS)) - LACKING


@pytest.mark.parametrize("name", NETWORKS)
def test_both_simulators_and_a_plain_script_agree(
    name: str, cases: dict[str, Case], outcomes: dict[str, Outcome]
) -> None:
    for population in cases[name].graph.populations:
        if population != "input":
            assert sum(len(shown[population]) for shown in outcomes[name].spikes) >= 10, population
    assert_same(cases[name], outcomes[name])


def test_a_file_lists_the_synapses_that_both_simulators_have(cases: dict[str, Case]) -> None:
    columns = listed()
    order = np.lexsort((columns["target"], columns["source"]))
    for simulator in cases["4"].simulators.values():
        synapses, delays = simulator.synapses("back"), simulator.delays("back")
        assert synapses.source.tolist() == columns["source"][order].tolist()
        assert synapses.target.tolist() == columns["target"][order].tolist()
        assert delays.tolist() == (columns["delay"][order] / 0.5).tolist()
        assert cases["4"].at_start(simulator.name).weights("back").tolist() == columns["weight"][order].tolist()
    assert len(set(zip(columns["source"], columns["target"], strict=True))) < LISTED


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("name", NETWORKS)
def test_all_that_counts_is_in_the_state(name: str, simulator: str, cases: dict[str, Case]) -> None:
    made, used = cases[name], cases[name].at_start(simulator)
    static = {key: used.array(key).copy() for key in used.layout.fixed}
    for shown in made.shown:
        first, before, after = repeated(used, shown, static)
    weights = {name: start_weights(made.graph)[name] for name in made.graph.projections}
    if simulator == "compiled":  # into another network, as a resumed run does
        other = opened(made.graph, simulator, weights)
        other.set_state(before)
        assert fingerprint(shown_to(other, shown)) == fingerprint(first)
        assert_same_bytes(other.state(), after)
        other.close()


# -- what is odd -----------------------------------------------------------------------------------


def two_layers(connect: Connection, n: int = 30, kind: str = "tonic") -> Graph:
    rule = PairAdditive(a_plus=0.05, a_minus=0.045, w_max=1.0)
    return Graph(
        {"pace": Population(shape=(n,), neuron=NEURONS[kind]), "exc": Population(shape=(12,), neuron=NEURONS["lif"])},
        {
            "up": Projection(
                source="pace",
                target="exc",
                receptor="ge",
                connect=connect,
                weight=Constant(value=0.3 * 30 / n),
                delay=Delays(high=2.0),
                plasticity=rule,
            ),
            "within": Projection(
                source="pace", target="pace", receptor="gi", connect=connect, weight=Constant(value=0.2 * 30 / n)
            ),
        },
        read="exc",
    )


ODD = {
    "a pair has many synapses": two_layers(Random(in_degree=200, multapses=True)),
    "neurons reach themselves": two_layers(Random(p=1.0, autapses=True)),
    "rows without synapses": two_layers(Random(p=0.02)),
    "sources that never fire": two_layers(Random(p=0.3), kind="lif"),
    "no synapse at all": two_layers(Random(p=1e-9)),
    "10 000 spikes in one step": two_layers(Random(in_degree=100), n=10_000),
}


@pytest.fixture(scope="module")
def odd() -> Iterator[tuple[dict[str, Case], dict[str, Outcome]]]:
    made = {}
    for name, each in ODD.items():
        case = case_of(each, ["up"])
        n_bins = 60 if "10 000" in name else 150
        case.shown = [Presentation(spikes_at(), n_bins, frozenset({"up"})), Presentation(spikes_at(), n_bins)]
        made[name] = case
    yield made, dict(zip(made, run_scripts([script_of(each) for each in made.values()]), strict=True))
    for case in made.values():
        case.close()


@pytest.mark.parametrize("name", ODD)
def test_odd_connections(name: str, odd: tuple[dict[str, Case], dict[str, Outcome]]) -> None:
    case, outcome = odd[0][name], odd[1][name]
    assert_same(case, outcome)
    for simulator in case.simulators.values():
        case.at_start(simulator.name)
        response = shown_to(simulator, case.shown[0])
        counts = np.bincount(response.spikes["pace"].bin, minlength=case.shown[0].n_bins)
        assert (counts.max() > 0) == (name != "sources that never fire")
        if "10 000" in name:
            assert counts.max() == 10_000
    synapses = case.graph.synapses("up")
    row = np.diff(synapses.first)
    odd_about = {
        "a pair has many synapses": len(np.unique(synapses.source * 12 + synapses.target)) < len(synapses) / 5,
        "neurons reach themselves": len(case.graph.synapses("within")) == 900,
        "rows without synapses": bool((row == 0).any() and row.any()),
        "no synapse at all": len(synapses) == 0,
    }
    assert odd_about.get(name, True)
    assert pairs(response.spikes["exc"]) == outcome.spikes[0]["exc"]


# -- winners ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_one_neuron_of_a_field_fires_in_a_step_that_farthest_above_its_threshold_or_the_first_of_equals(
    simulator: str,
) -> None:
    made = graph("input:input:4 exc:adaptive:2x3:field", "feed input>exc all none static ge constant plain")
    spikes = spikes_at(*((at, neuron) for at in range(20) for neuron in range(4)))

    def fired(winner: str, theta: float) -> list[tuple[int, int]]:
        exc = made.populations["exc"].model_copy(update={"winner": winner})
        used = opened(replace(made, populations={**made.populations, "exc": exc}), simulator, start_weights(made))
        used.array("exc.theta")[...] = np.tile([2 * theta, theta, 0.0], 2)
        spikes_of_exc = pairs(shown_to(used, Presentation(spikes, N_BINS)).spikes["exc"])[:6]
        used.close()
        return spikes_of_exc

    of_equals, of_raised = fired("field", 0.0), fired("field", 1e-6)
    first = of_equals[0][0]
    assert fired("none", 1e-6) == [(first, neuron) for neuron in range(6)]
    assert of_equals == [(first + late, neuron) for late in range(3) for neuron in (late, 3 + late)]
    assert of_raised == [(first + late, neuron) for late in range(3) for neuron in (2 - late, 5 - late)]
