"""The plain script that is written from a graph gives the spikes of the network of Diehl & Cook, expanded by hand.

Beside that: the graphs of the contract cover all pairs of options.
"""

from __future__ import annotations

import numpy as np
import pytest
from graph_script import Outcome, Presentation, Script, run_scripts
from graphs import FIXED, SIDE_BY_SIDE, all_pairs, alone, draw, fixed, options_of, pairs_of_options, words_of
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    VARIANTS,
    delays_of,
    experiment,
    in_another_process,
    pairs,
    put_start,
    random_spikes,
    stimulus,
)
from test_rules import network

from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.all_to_all import AllToAll
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.uniform import Uniform as Delays
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.weights.constant import Constant

PLASTIC_LATERAL = {"lateral__kind": "homeostatic", "lateral__eta": 0.05, "lateral__rho_0": 20.0, "lateral__w_max": 3.0}
CASES = {"-".join(variant): experiment(*variant) for variant in VARIANTS}
CASES |= {f"{kind}-none-plastic": experiment(kind, **PLASTIC_LATERAL) for kind in ("layer", "direct")}
RULES = [("bcm", ("layer", "uniform")), ("clopath-lif", ("direct", "none")), ("reward", ("layer", "uniform"))]
CASES |= {f"{kind}-{'-'.join(variant)}": network(kind, variant) for kind, variant in RULES}
"""Rules with averages of traces and of the potential, and one that changes synapses in every step."""
OFTEN = {"layer-none", "direct-homogeneous", "direct-undelayed-uniform", "layer-none-plastic", "direct-none-plastic"}
"""Each form of inhibition and of delays once; the other six are slow, and so are the rules: `test_every_kind` has a
script with all of them.

They say more of the script than of the simulators: `test_against_reference` has those on all nine.
"""
N_REST = 30
PLAN = [True, True, False]
"""Whether each presentation learns."""


def expanded(made: Experiment) -> Graph:
    """The graph of an experiment on the network of Diehl & Cook."""
    network, layer = made.network, made.network.inhibition == "layer"
    rule = made.lateral if isinstance(made.lateral, PlasticityRule) else None
    delays = {
        "none": NoDelay(),
        "homogeneous": OneDelay(value=network.max_delay),
        "uniform": Delays(high=network.max_delay),
    }
    populations = {"input": Population(shape=(N_INPUT,)), "exc": Population(shape=(network.n_exc,), neuron=made.exc)}
    feed = Projection(
        source="input",
        target="exc",
        receptor="ge",
        connect=AllToAll(),
        delay=delays[network.delays],
        plasticity=made.plasticity,
    )
    projections = {"feed": feed}
    if layer:
        populations["inh"] = Population(shape=(network.n_exc,), neuron=made.inh)
        projections["drive"] = Projection(
            source="exc",
            target="inh",
            receptor="ge",
            connect=OneToOne(),
            weight=Constant(value=network.w_exc_inh),
        )
    projections["compete"] = Projection(
        source="inh" if layer else "exc",
        target="exc",
        receptor="gi",
        connect=Others(),
        weight=Constant(value=network.w_inh_exc if rule is None else made.lateral.quantities()["start"]),
        scale=None if rule is None else network.w_inh_exc,
        delay=OneDelay(value=network.dt) if network.inhibition == "direct" else NoDelay(),
        plasticity=rule,
    )
    return Graph(populations, projections, network.dt, network.conductance_step, read="exc")


def presentations(simulator: Simulator) -> list[Presentation]:
    learning = frozenset(simulator.graph.plastic)
    return [
        Presentation(
            stimulus(number, simulator, 0.05, n_rest=N_REST),
            simulator.experiment.stimulus_bins,
            learning if plastic else frozenset(),
            N_REST,
        )
        for number, plastic in enumerate(PLAN)
    ]


@pytest.fixture(scope="module")
def outcomes(built) -> dict[str, Outcome]:
    """What scripts say of all cases that are not slow, from one process."""
    return dict(zip(sorted(OFTEN), scripts_of([CASES[case] for case in sorted(OFTEN)], built), strict=True))


def scripts_of(cases: list[Experiment], built) -> list[Outcome]:
    scripts = []
    for made in cases:
        simulator, graph = built("compiled", made), expanded(made)
        constants = {name: p.weight.value for name, p in graph.projections.items() if isinstance(p.weight, Constant)}
        weights = {name: np.array(value) for name, value in constants.items()}
        weights["feed"] = simulator.array("feed.w").copy()
        delays = {"feed": delays_of(made).astype(np.int32)} if made.network.delays == "uniform" else {}
        slow = {"exc.theta": simulator.array("exc.theta").copy()}
        scripts.append(Script(graph, presentations(simulator), weights, delays, slow))
    return run_scripts(scripts)


@pytest.mark.parametrize("case", sorted(OFTEN))
def test_a_script_gives_the_spikes_of_the_network(case: str, built, outcomes: dict[str, Outcome]) -> None:
    assert_same(CASES[case], outcomes[case], built)


@pytest.mark.slow
def test_scripts_give_the_spikes_of_all_networks_that_take_longer(built) -> None:
    cases = [CASES[case] for case in CASES if case not in OFTEN]
    assert len(cases) == 9, "six forms of inhibition and delays, and three rules"
    for made, outcome in zip(cases, scripts_of(cases, built), strict=True):
        assert_same(made, outcome, built)


def assert_same(made: Experiment, outcome: Outcome, built) -> None:
    simulator = built("compiled", made)
    put_start(simulator)
    if "compete" in simulator.graph.plastic:
        simulator.array("compete.w")[...] = 1.0 - np.eye(N_EXC)
    drawn, before = 0, simulator.array("feed.w").copy()
    for shown, spikes, learned in zip(presentations(simulator), outcome.spikes, outcome.learned, strict=True):
        response = simulator.present(shown.spikes, shown.n_bins, plastic=shown.plastic, n_rest=shown.n_rest)
        assert {layer: pairs(found) for layer, found in response.spikes.items()} == spikes
        drawn += len(spikes["exc"])
        for key in ("exc.theta", *(f"{name}.w" for name in simulator.graph.plastic)):
            np.testing.assert_allclose(simulator.array(key), learned[key], rtol=1e-12, atol=1e-12)
    assert drawn > 30
    assert np.abs(simulator.array("feed.w") - before).max() > 1e-3
    state, rule = simulator.state(), simulator.experiment.plasticity
    for average in rule.averages:  # the same in all synapses of a neuron
        values = outcome.synaptic[f"feed.{average.name}"]
        np.testing.assert_allclose(np.broadcast_to(state[f"feed.{average.name}"], values.shape), values, rtol=1e-12)
    for name in {f"feed.{name}" for name in rule.synapse_variables} & state.keys():
        np.testing.assert_allclose(state[name], outcome.synaptic[name], rtol=1e-9, atol=1e-12)
    for variable in ("v", "ge", "gi", "lockout"):
        np.testing.assert_allclose(state[f"exc.{variable}"], outcome.neural[f"exc.{variable}"], rtol=1e-9, atol=1e-15)


# -- the graphs of the contract --------------------------------------------------------------------


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


def test_drawn_graphs_differ_and_stay_the_same() -> None:
    drawn = [draw(seed) for seed in range(100)]
    assert drawn == [draw(seed) for seed in range(100)]
    assert len({repr(each) for each in drawn}) == 100
    assert sum(not made.input for made, _ in drawn) > 5
    assert sum(len(made.plastic) > 1 for made, _ in drawn) > 80
    kinds = {p.connect.kind for made, _ in drawn for p in made.projections.values()}
    assert kinds == {"all", "one-to-one", "others"}


# a Brian2 script as people write it gives the same spikes: differential equations, refractory=, an n x n matrix

SCRIPT = """
import brian2 as b2
import numpy as np

b2.prefs.codegen.target = "numpy"
b2.defaultclock.dt = 0.5 * b2.ms
n_input, n = {n_input}, {n_exc}

exc = b2.NeuronGroup(
    n,
    '''
    dv/dt = ((v_rest - v) + ge*(E_exc - v) + gi*(E_inh - v)) / (100*ms) : volt (unless refractory)
    dge/dt = -ge/(1*ms) : 1
    dgi/dt = -gi/(2*ms) : 1
    theta : volt
    ''',
    threshold="v > v_thresh - offset + theta",
    reset="v = v_reset; theta += 0.05*mV",
    refractory=5*b2.ms,
    method="exponential_euler",
    namespace=dict(v_rest=-65*b2.mV, v_reset=-65*b2.mV, v_thresh=-52*b2.mV, offset=20*b2.mV, E_exc=0*b2.mV,
                   E_inh=-100*b2.mV),
)
inh = b2.NeuronGroup(
    n,
    '''
    dv/dt = ((v_rest - v) + ge*(E_exc - v)) / (10*ms) : volt (unless refractory)
    dge/dt = -ge/(1*ms) : 1
    ''',
    threshold="v > -40*mV",
    reset="v = -45*mV",
    refractory=2*b2.ms,
    method="exponential_euler",
    namespace=dict(v_rest=-60*b2.mV, E_exc=0*b2.mV),
)
source = b2.SpikeGeneratorGroup(n_input, [], []*b2.ms)
plastic = b2.Synapses(
    source,
    exc,
    '''
    w : 1
    dx/dt = -x/(20*ms) : 1 (event-driven)
    dy1/dt = -y1/(20*ms) : 1 (event-driven)
    dy2/dt = -y2/(40*ms) : 1 (event-driven)
    y2before : 1
    ''',
    on_pre="ge_post += w; x = 1; w = clip(w - 1e-4*y1, 0, 1)",
    on_post="y2before = y2; w = clip(w + 1e-2*x*y2before, 0, 1); y1 = 1; y2 = 1",
)
plastic.connect()
to_inh = b2.Synapses(exc, inh, on_pre="ge_post += 10.4")
to_inh.connect(j="i")
lateral = b2.Synapses(inh, exc, on_pre="gi_post += 17")
lateral.connect(condition="i != j")
exc_spikes, inh_spikes = b2.SpikeMonitor(exc), b2.SpikeMonitor(inh)
network = b2.Network(exc, inh, source, plastic, to_inh, lateral, exc_spikes, inh_spikes)
exc.v, inh.v = -65*b2.mV, -60*b2.mV
rng = np.random.default_rng(1)  # the start of put_start, written out
w = rng.random((n_input, n)) + 0.01
w = np.minimum(w * (20.0 / w.sum(axis=0)), 1.0)
theta = 20e-3 + rng.random(n) * 1e-3
network.store()
result = []
for seed in {seeds}:
    network.restore()
    plastic.w = w.reshape(-1)
    exc.theta = theta * b2.volt
    shown = random_spikes(seed, 200, 0.06)
    source.set_spikes(shown.index, shown.bin * 0.5 * b2.ms)
    network.run(100*b2.ms)
    found = [
        sorted([int(round(float(t/b2.ms) / 0.5)), int(i)] for t, i in zip(monitor.t, monitor.i))
        for monitor in (exc_spikes, inh_spikes)
    ]
    w, theta = np.array(plastic.w).reshape(n_input, n), np.array(exc.theta / b2.volt)
    result.append([*found, w.tolist(), theta.tolist()])
"""
SEEDS = [11, 12, 13, 14]


@pytest.fixture(scope="module")
def script():
    return in_another_process(SCRIPT.format(n_input=N_INPUT, n_exc=N_EXC, seeds=SEEDS))


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("inhibition", ["layer", "direct"])
def test_spikes_and_weights_are_those_of_a_plain_script(name, inhibition, script, built):
    # its conductances decay exactly; like the script, start each presentation from the reset state
    simulator = built(name, experiment(inhibition, network__conductance_step="exact"))
    put_start(simulator)
    for seed, (exc, inh, w, theta) in zip(SEEDS, script, strict=True):
        simulator.reset()
        response = simulator.present(random_spikes(seed, 200, 0.06), simulator.experiment.stimulus_bins, plastic=True)
        assert len(exc) > 5
        assert pairs(response.spikes["exc"]) == [tuple(spike) for spike in exc]
        if inhibition == "layer":
            assert pairs(response.spikes["inh"]) == [tuple(spike) for spike in inh]
        assert abs(simulator.w - w).max() <= 1e-9
        assert abs(simulator.theta - theta).max() <= 1e-12
