"""A Brian2 script as people write it gives the same spikes; the graphs of the contract cover all pairs of options."""

from __future__ import annotations

import pytest
from graphs import FIXED, SIDE_BY_SIDE, all_pairs, alone, draw, fixed, options_of, pairs_of_options, words_of
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    experiment,
    in_another_process,
    pairs,
    put_start,
    random_spikes,
)


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
