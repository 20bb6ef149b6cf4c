"""The shipped experiments with a stream, shortened: what they declare is what the papers have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stdpbench.engine.network import draw_noise
from stdpbench.engine.simulators import open_graph
from stdpbench.experiment import read_experiment
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.patterns import Patterns
from stdpbench.kinds.streams.poisson import PoissonInputs
from stdpbench.kinds.weights.constant import Constant
from stdpbench.results.readout.streams import DELTA, rhythm


def test_song_abbott_2000_is_a_neuron_with_poisson_inputs():
    made = read_experiment("song-abbott-2000")
    graph, feed = made.graph(1000), made.graph(1000).projections["feed"]
    assert made.stream == PoissonInputs(n=1000, rate=10.0)
    assert graph.populations["cell"].size == 1
    assert feed.plasticity.a_minus == pytest.approx(1.05 * feed.plasticity.a_plus)
    assert (feed.plasticity.a_plus, feed.plasticity.w_max) == (0.005, 0.015)
    neuron = graph.populations["cell"].neuron
    assert (neuron.v_rest, neuron.v_thresh, neuron.v_reset, neuron.tau_m) == (-70, -54, -60, 20)
    assert graph.populations["cell"].noise.rate == 200 * 10


def test_masquelier_2008_is_a_pattern_in_noise():
    made = read_experiment("masquelier-2008")
    assert made.stream == Patterns()
    assert made.network.dt <= 0.1
    stream = made.stream
    assert (stream.n, stream.n_pattern, stream.pattern, stream.share) == (2000, 1000, 50, 0.25)
    assert (stream.max_rate, stream.jitter, stream.noise) == (90, 1, 10)
    found = stream.occurrences(0, 0, 4_500_000, 1e-4)
    assert len(found) == 2250  # a quarter of 450 s
    assert np.diff(found.start).min() >= 2 * 500


def test_masquelier_2009_is_three_of_these_neurons_that_inhibit_each_other():
    made, alone = read_experiment("masquelier-2009"), read_experiment("masquelier-2008")
    graph, single = made.graph(2000), alone.graph(2000)
    assert graph.populations["cells"].size == 3
    assert graph.projections["feed"].plasticity == single.projections["feed"].plasticity
    compete, neuron = graph.projections["compete"], graph.populations["cells"].neuron
    assert (compete.receptor, compete.connect.kind) == ("s_inh", "others")
    assert compete.weight.value == 0.25 * neuron.v_thresh


def test_the_assembly_is_part_of_the_network_of_vogels_2011():
    plain, assembly = read_experiment("vogels-2011").graph(), read_experiment("vogels-2011-assembly").graph()
    sizes = {name: population.size for name, population in assembly.populations.items()}
    assert sizes == {"cue": 100, "members": 300, "rest": 7600, "inh": 2000}
    for name, projection in assembly.projections.items():
        ends = ["inh" if end == "inh" else "exc" for end in (projection.source, projection.target)]
        like = plain.projections["_".join(ends)]
        same = {"source": like.source, "target": like.target, "scale": None}
        assert projection.model_copy(update=same) == like
        assert (projection.scale == 1.0) == ({projection.source, projection.target} <= {"cue", "members"}), name
    assert assembly.populations["cue"].noise.rate == 0


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
