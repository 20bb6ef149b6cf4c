"""Networks of every kind: both simulators and a plain script give the same spikes, and the contract holds.

The twelve of `graphs` cover all pairs of options, side by side in four networks. Each of the twelve by itself, and a
hundred drawn ones, are slow. Brian2's runtime mode runs on NumPy here. The plain scripts of all four run in one
process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from graph_script import Outcome, Presentation, Script, run_scripts, synapses_of, weights_at
from graphs import (
    FIXED,
    SIDE_BY_SIDE,
    all_pairs,
    alone,
    draw,
    fixed,
    idle,
    options_of,
    pairs_of_options,
    presentations,
    renamed,
    silent,
    start_weights,
    words_of,
)
from networks import SIMULATORS, assert_same_bytes, open_network, pairs
from numpy.typing import NDArray
from test_pure_function import scramble_compiled, scramble_runtime

from stdpbench.engine.simulators import Response, Simulator, find_compiler
from stdpbench.experiment.graph import Graph

NAMES = list(SIDE_BY_SIDE)
BY_THEMSELVES = [pytest.param(name, marks=pytest.mark.slow) for name in FIXED]
IN_RUNTIME_MODE = {"C", "D"}
"""Of the four, those whose state is looked at in Brian2's runtime mode, too. The other two are slow there: all
rules and all connections are in these, and `test_pure_function` looks at the state of the digit network.
"""
ON_BOTH = [
    pytest.param(name, each, marks=() if each == "compiled" or name in IN_RUNTIME_MODE else pytest.mark.slow)
    for name in NAMES
    for each in SIMULATORS
]
OPENED_TWICE = {"D"}
"""Of the four, that which is opened a second time in Brian2's runtime mode, where generating code takes a while."""


@dataclass
class Case:
    """A network on both simulators, at the start that its script has too."""

    graph: Graph
    shown: list[Presentation]
    simulators: dict[str, Simulator]
    start: dict[str, dict[str, NDArray[np.float64]]]

    def at_start(self, name: str) -> Simulator:
        self.simulators[name].set_state(self.start[name])
        return self.simulators[name]

    def close(self) -> None:
        for simulator in self.simulators.values():
            simulator.close()


def opened(made: Graph, name: str, weights: dict[str, NDArray[np.float64]]) -> Simulator:
    simulator = open_network(made, name)
    for projection, w in weights.items():
        if not made.projections[projection].one_weight:
            view, where = simulator.array(f"{projection}.w"), weights_at(made, projection)
            view[...] = 0.0
            view[where] = w[where]
    simulator.reset()
    return simulator


def case_of(made: Graph, last: Sequence[str]) -> Case:
    if find_compiler() is None:
        pytest.skip("needs a C++ compiler")
    simulators = {name: opened(made, name, start_weights(made)) for name in SIMULATORS}
    start = {name: simulator.state() for name, simulator in simulators.items()}
    return Case(made, presentations(made, last), simulators, start)


def script_of(case: Case) -> Script:
    found = {name: case.simulators["compiled"].delays(name) for name in case.graph.projections}
    delays = {name: each for name, each in found.items() if each is not None}
    return Script(case.graph, case.shown, start_weights(case.graph), delays)


def shown_to(simulator: Simulator, shown: Presentation) -> Response:
    return simulator.present(shown.spikes, shown.n_bins, plastic=shown.plastic, n_rest=shown.n_rest)


def fingerprint(response: Response) -> str:
    """All spikes, in the order of populations."""
    arrays = [array for spikes in response.spikes.values() for array in (spikes.index, spikes.bin)]
    return hashlib.sha256(b"|".join(array.tobytes() for array in arrays)).hexdigest()


def close(first: NDArray[np.float64], second: NDArray[np.float64], what: str) -> None:
    # in units of what is usual: a weight or a trace is of order 1 or below
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-12, err_msg=what)


@pytest.fixture(scope="module")
def case() -> Iterator[Callable[[str], Case]]:
    """The networks, each opened once."""
    pool: dict[str, Case] = {}

    def get(name: str) -> Case:
        if name not in pool:
            pool[name] = case_of(fixed(name), alone(name))
        return pool[name]

    yield get
    for each in pool.values():
        each.close()


@pytest.fixture(scope="module")
def outcome(case: Callable[[str], Case]) -> Callable[[str], Outcome]:
    """What plain scripts say, those of all networks side by side from one process."""
    pool: dict[str, Outcome] = {}

    def get(name: str) -> Outcome:
        if name not in pool:
            names = NAMES if name in NAMES else [name]
            pool.update(zip(names, run_scripts([script_of(case(each)) for each in names]), strict=True))
        return pool[name]

    return get


# -- the same from all three -----------------------------------------------------------------------


def assert_same(case: Case, outcome: Outcome) -> None:
    """The spikes of every population, and what was learned, after each presentation; traces at the end."""
    simulators = {name: case.at_start(name) for name in SIMULATORS}
    for shown, spikes, learned in zip(case.shown, outcome.spikes, outcome.learned, strict=True):
        for name, simulator in simulators.items():
            response = shown_to(simulator, shown)
            assert response.spikes.keys() == spikes.keys()
            for population, wanted in spikes.items():
                assert pairs(response.spikes[population]) == wanted, f"{population}, {name}"
            for key, value in learned.items():
                projection = case.graph.projections.get(key.partition(".")[0])
                if projection is None or projection.plasticity is not None:
                    close(simulator.array(key), value, f"{key}, {name}")
    for name, simulator in simulators.items():
        for key, value in outcome.neural.items():
            if key in simulator.state():
                close(simulator.array(key), value, f"{key}, {name}")
        for key, value in outcome.synaptic.items():
            if key in simulator.state():  # not what only protocols of the laboratory set
                assert_same_trace(case.graph, simulator, key, value)


def assert_same_trace(made: Graph, simulator: Simulator, key: str, wanted: NDArray[np.float64]) -> None:
    """What a script holds per synapse, a simulator holds per neuron where it is the same for all of its synapses."""
    name, _, variable = key.partition(".")
    projection, found = made.projections[name], simulator.array(key)
    rule = projection.plasticity
    trace = {each.name: each for each in rule.traces}.get(variable)
    where = synapses_of(made, name)
    if trace is not None and trace.side == "input" and projection.delay.form == "each":
        # decayed when it is next read
        since = np.minimum(simulator.array(f"{name}.t_arrival") + made.dt * 1e-3, 0.0)
        found = found * np.exp(since / rule.quantities()[trace.tau])
    elif made.is_sparse(name) and found.shape != wanted.shape:
        synapses = made.synapses(name)
        found = found[synapses.source if trace is not None and trace.side == "input" else synapses.target]
    elif found.shape != wanted.shape:
        of_source = trace is not None and trace.side == "input"
        found = np.broadcast_to(found[:, None] if of_source else found, wanted.shape)
    close(found[where], wanted[where], key)


@pytest.mark.parametrize("name", [*NAMES, *BY_THEMSELVES])
def test_both_simulators_and_a_plain_script_agree(
    name: str, case: Callable[[str], Case], outcome: Callable[[str], Outcome]
) -> None:
    assert silent(outcome(name)) == []
    assert idle(case(name).graph, alone(name), outcome(name), start_weights(case(name).graph)) == []
    assert_same(case(name), outcome(name))


# -- state -----------------------------------------------------------------------------------------


def repeated(
    used: Simulator, shown: Presentation, static: dict[str, NDArray[np.float64]]
) -> tuple[Response, dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Present twice from one state, the second time with everything else overwritten.

    `static` are weights that nothing changes, which are no state. Returned are the response, and the states before
    and after it.
    """
    scramble = scramble_compiled if used.name == "compiled" else scramble_runtime
    before = used.state()
    first, after = shown_to(used, shown), used.state()
    used.set_state(before)
    assert any(each.endswith("_spikespace") for each in scramble(used, np.random.default_rng(0)))
    for key, weights in static.items():
        used.array(key)[...] = weights
    assert_same_bytes(used.state(), before)
    assert fingerprint(shown_to(used, shown)) == fingerprint(first)
    assert_same_bytes(used.state(), after)
    return first, before, after


def assert_state_is_complete(made: Case, used: Simulator) -> None:
    """Whatever else is overwritten before a presentation, of which some learns, all learns, or nothing does.

    A reset brings back all but what is learned, and averages that outlast presentations.
    """
    used = made.at_start(used.name)
    static = {key: used.array(key).copy() for key in used.layout.fixed}
    shown_to(used, made.shown[0])
    for shown in made.shown[1:]:
        _, _, after = repeated(used, shown, static)
    used.reset()
    outlasts = {*used.layout.learned}
    for name in made.graph.plastic:
        rule = made.graph.projections[name].plasticity
        outlasts |= {f"{name}.{each.name}" for each in (rule.averages if rule else ()) if not each.follows_v}
    start = made.start[used.name]
    assert_same_bytes(used.state(), {key: (after if key in outlasts else start)[key] for key in start})


@pytest.mark.parametrize(("name", "simulator"), ON_BOTH)
def test_all_that_counts_is_in_the_state(name: str, simulator: str, case: Callable[[str], Case]) -> None:
    assert_state_is_complete(case(name), case(name).simulators[simulator])


@pytest.mark.parametrize(("name", "simulator"), ON_BOTH)
def test_a_state_put_into_another_network_goes_on_to_the_bit(
    name: str, simulator: str, case: Callable[[str], Case]
) -> None:
    """As a resumed run does: the other one has lived through something else."""
    made, used = case(name), case(name).at_start(simulator)
    for shown in made.shown[:2]:
        shown_to(used, shown)
    half_way = used.state()
    wanted = [fingerprint(shown_to(used, shown)) for shown in made.shown[2:]]
    end = used.state()
    others = [used]
    if simulator == "compiled" or name in OPENED_TWICE:
        others.append(opened(made.graph, simulator, start_weights(made.graph)))
    for other in others:
        for shown in reversed(made.shown):
            shown_to(other, shown)
        other.set_state(half_way)
        assert [fingerprint(shown_to(other, shown)) for shown in made.shown[2:]] == wanted
        assert_same_bytes(other.state(), end)
    for other in others[1:]:
        other.close()


@pytest.mark.parametrize(("name", "simulator"), ON_BOTH)
def test_what_is_frozen_keeps_every_bit(name: str, simulator: str, case: Callable[[str], Case]) -> None:
    made, used = case(name), case(name).at_start(simulator)
    for shown in made.shown:
        before = used.state()
        shown_to(used, shown)
        after = used.state()
        reached = {made.graph.projections[projection].target for projection in shown.plastic}
        frozen = [f"{projection}.w" for projection in made.graph.plastic if projection not in shown.plastic]
        frozen += [f"{p}.theta" for p in made.graph.populations if p not in reached and f"{p}.theta" in before]
        for key in frozen:
            assert after[key].tobytes() == before[key].tobytes(), key
        for projection in shown.plastic:
            assert after[f"{projection}.w"].tobytes() != before[f"{projection}.w"].tobytes(), projection


# -- names -----------------------------------------------------------------------------------------

OTHER_NAMES = ("v", "int", "ms", "w", "z", "a", "input", "p9", "s0", "t", "total", "dt", "y", "N", "rand", "b", "s9")
OTHER_NAMES += ("p0", "i", "lastspike", "exp", "h")
"""In another order than the declared one, and with names that mean something in Brian2 or C++."""


@pytest.mark.parametrize(
    ("name", "simulator"),
    [("C", "compiled"), pytest.param("C", "runtime", marks=pytest.mark.slow), ("D", "compiled"), ("D", "runtime")],
)
def test_names_change_no_bit(name: str, simulator: str, case: Callable[[str], Case]) -> None:
    streams = {projection: number for number, projection in enumerate(fixed(name).projections, 200)}
    made = replace(fixed(name), streams=streams)
    names = dict(zip([*made.populations, *made.projections], OTHER_NAMES, strict=False))
    other, weights = renamed(made, names), start_weights(made)
    found = []
    for each, of in ((made, {key: key for key in names}), (other, names)):
        used = opened(each, simulator, {of[key]: w for key, w in weights.items()})
        hashes = []
        for shown in case(name).shown:
            plastic = frozenset(of[projection] for projection in shown.plastic)
            hashes.append(fingerprint(shown_to(used, replace(shown, plastic=plastic))))
        back = {new: old for old, new in of.items()}
        state = {f"{back[key.partition('.')[0]]}.{key.partition('.')[2]}": v for key, v in used.state().items()}
        found.append((hashes, state))
        used.close()
    assert found[0][0] == found[1][0]
    assert_same_bytes(found[0][1], found[1][1])


# -- drawn -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seeds", [range(first, first + 10) for first in range(0, 100, 10)], ids=str)
def test_drawn_networks_agree(seeds: Sequence[int]) -> None:
    cases = [case_of(*draw(seed)) for seed in seeds]
    outcomes = run_scripts([script_of(case) for case in cases])
    quiet = idling = 0
    for seed, case, outcome in zip(seeds, cases, outcomes, strict=True):
        try:
            assert_same(case, outcome)
        except AssertionError as error:
            raise AssertionError(f"of the network drawn with seed {seed}: {error}") from error
        quiet += len(silent(outcome))
        idling += len(idle(case.graph, draw(seed)[1], outcome, start_weights(case.graph)))
        case.close()
    assert quiet <= 0.15 * sum(len(outcome.spikes[0]) for outcome in outcomes)
    assert idling <= 0.2 * sum(len(case.graph.plastic) for case in cases)


# -- the networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [tuple(SIDE_BY_SIDE), tuple(FIXED)], ids=["side by side", "by themselves"])
def test_graphs_cover_all_pairs_of_options(names: tuple[str, ...]) -> None:
    covered: set[frozenset[tuple[str, str]]] = set()
    for name in names:
        for line in words_of(name)[1]:
            for options in options_of(line, fixed(name), alone(name)):
                covered |= pairs_of_options(options)
    assert len(all_pairs()) > 250
    assert covered == all_pairs()


def test_the_twelve_stand_side_by_side() -> None:
    assert sorted(part for parts in SIDE_BY_SIDE.values() for part in parts) == sorted(FIXED)
    assert len(FIXED) == 12
