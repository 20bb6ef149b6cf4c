"""The shipped experiments with a stream, shortened: what they declare is what the papers have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stdpbench.engine.network import draw_noise
from stdpbench.engine.simulators import open_graph
from stdpbench.experiment import read_experiment
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.weights.constant import Constant
from stdpbench.results.readout.streams import DELTA, rhythm


def test_vogels_2011_is_a_network_without_input_that_settles():
    made = read_experiment("vogels-2011")
    graph = made.graph()
    assert graph.input == ""
    assert [population.size for population in graph.populations.values()] == [8000, 2000]
    assert {projection.connect.p for projection in graph.projections.values()} == {0.02}
    assert graph.plastic == ("inh_exc",)
    assert graph.projections["inh_exc"].plasticity.rho_0 == 3
    # a twentieth of the neurons with as much input each, whose synapses learn ten times as fast
    sizes = {"network.populations.exc.size": 400, "network.populations.inh.size": 100}
    small = made.override({**sizes, "network.projections.inh_exc.plasticity.eta": 0.01}).graph()
    projections = {
        name: each.model_copy(update={"connect": Random(p=0.4), "weight": Constant(value=each.weight.value)})
        for name, each in small.projections.items()
    }
    simulator, _ = open_graph(replace(small, projections=projections))
    silence = Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
    rates = []
    for _ in range(4):
        response = simulator.present(silence, 5000, plastic=True)
        rates.append(response.counts("exc").sum() / 400 / 0.5)
    simulator.close()
    assert rates[0] > 20
    assert rates[-1] < 12


def test_polychrony_2006_loses_its_slow_rhythm_and_weights_separate():
    made = read_experiment("polychrony-2006")
    graph = made.graph()
    assert [population.size for population in graph.populations.values()] == [800, 200]
    degrees = [np.diff(graph.synapses(name).first) for name in ("exc_exc", "exc_inh", "inh_exc")]
    assert (degrees[0] + degrees[1] == 100).all()
    assert (degrees[2] == 100).all()
    assert graph.plastic == ("exc_exc", "exc_inh")
    simulator, _ = open_graph(graph)
    for name in graph.plastic:
        simulator.weights(name)[...] = 6.0
    simulator.reset()
    silence = Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
    delta = []
    for second in range(12):
        noise = draw_noise(graph, (made.seed,), 1000 * second, 1000)
        spikes = simulator.present(silence, 1000, plastic=True, noise=noise).spikes["exc"]
        delta.append(rhythm(spikes.bin, 1000, 1e-3, DELTA))
    weights = simulator.weights("exc_exc").copy()
    simulator.close()
    assert min(delta[:2]) > 100
    assert max(delta[8:]) < 60
    assert (weights > 9).any()
    assert (weights < 3).any()
