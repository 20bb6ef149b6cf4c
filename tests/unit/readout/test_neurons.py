"""Measures of single neurons, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import stdpbench
from stdpbench.experiment import read_experiment
from stdpbench.results.readout import assign
from stdpbench.results.readout.energy import ADDITION, LOIHI, cost, pixel_distances_nanojoule
from stdpbench.results.readout.neurons import measure_neurons, most_alike, mutual_information


def test_four_neurons_by_hand():
    labels = np.array([0, 0, 1, 1])
    # answers class 0 alone; both alike; never; both, but class 1 three times as much
    counts = np.array([[2, 1, 0, 1], [2, 1, 0, 1], [0, 1, 0, 3], [0, 1, 0, 3]], np.uint16)
    found = measure_neurons(counts, labels, assign(counts, labels, 2))
    np.testing.assert_array_equal(found.never_fired, [False, False, True, False])
    np.testing.assert_allclose(found.purity, [1, 0.5, np.nan, 0.75])
    np.testing.assert_allclose(found.entropy, [0, 1, np.nan, 0.811278], atol=1e-6)
    np.testing.assert_allclose(found.selectivity, [1, 0, np.nan, 0.5])
    np.testing.assert_allclose(found.mean_spikes, [1, 1, 0, 2])
    # neuron 0: a = (1)^2/(2) = 1/2, so (1 - 1/2)/(1 - 1/4)
    np.testing.assert_allclose(found.lifetime_sparseness, [2 / 3, 0, np.nan, (1 - 4 / 5) / (3 / 4)])
    # picture 0: r = 2 1 0 1: a = 1/(6/4) = 2/3
    assert found.population_sparseness[0] == pytest.approx((1 - 2 / 3) / (3 / 4))


def test_one_neuron_that_answers_alone_is_as_sparse_as_can_be():
    counts = np.eye(5, dtype=np.uint16) * 7
    found = measure_neurons(counts, np.zeros(5, int), assign(counts, np.zeros(5, int), 1))
    np.testing.assert_allclose(found.lifetime_sparseness, 1)
    np.testing.assert_allclose(found.population_sparseness, 1)


def test_information_of_certain_and_of_useless_neurons():
    labels = np.tile(np.arange(4), 250)
    counts = np.column_stack([labels, labels // 2, np.ones(1000), np.random.default_rng(0).poisson(3, 1000)])
    counts = counts.astype(np.uint16)
    plain = mutual_information(counts, labels, 4, corrected=False)
    np.testing.assert_allclose(plain[:3], [2, 1, 0], atol=1e-12)
    assert plain[3] > 0.005  # what a finite sample adds


def test_the_correction_takes_off_most_of_what_chance_adds_on_average():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 5, 400)
    counts = rng.poisson(2, (400, 300)).astype(np.uint16)
    added = mutual_information(counts, labels, 5, corrected=False).mean()
    assert added > 0.04
    assert abs(mutual_information(counts, labels, 5).mean()) < added / 3


def test_the_most_alike_field():
    w = np.random.default_rng(0).random((49, 6))
    w[:, 4] = 3 * w[:, 1] + 1  # correlation does not see scale
    found = most_alike(w, block=4)
    expected = np.corrcoef(w.T) - 2 * np.eye(6)
    np.testing.assert_allclose(found, expected.max(axis=0), atol=1e-5)
    assert found[1] == pytest.approx(1)
    assert np.isnan(most_alike(w[:, :1])).all()


def test_synaptic_operations_and_energy():
    usual = read_experiment("diehl-cook-400")
    spikes = {"input": 2000.0, "exc": 20.0, "inh": 20.0}
    direct, layer = (
        cost(usual.override({"network.inhibition": kind}).graph(28, 28), spikes) for kind in ("direct", "layer")
    )
    assert direct.operations == 2000 * 400 + 20 * 399
    assert direct.by_projection == {"feed": 2000 * 400, "compete": 20 * 399}
    assert layer.operations == direct.operations + 20
    assert direct.nanojoule(ADDITION) == pytest.approx(807_980 * 0.9e-3)
    assert direct.to_mapping()["energy_nJ"][LOIHI.name] == pytest.approx(807_980 * 23.6e-3)
    assert pixel_distances_nanojoule(784, 400) == pytest.approx(784 * 400 * 4.6e-3)


def test_synaptic_operations_of_any_network_are_spikes_times_synapses():
    network = stdpbench.Network()
    network.add_population("eyes")
    network.add_population("middle", shape=[4, 3], neuron="adaptive-lif")
    network.add_population("top", size=5, neuron="lif")
    network.add_projection("up", "eyes", "middle", receptor="ge", weight="uniform", plasticity="diehl-cook-triplet")
    rivals = {"kind": "others", "within": "field"}
    network.add_projection("rivals", "middle", "middle", receptor="gi", connect=rivals, weight=17.0)
    network.add_projection("further", "middle", "top", receptor="ge", weight=1.0)
    network.add_projection("back", "top", "middle", receptor="gi", weight=1.0)
    graph = stdpbench.Experiment.from_mapping({"network": network}).graph(8, 8)
    found = cost(graph, {"eyes": 100.0, "middle": 10.0, "top": 4.0})
    assert found.by_projection == {"up": 100 * 12, "rivals": 10 * 2, "further": 10 * 5, "back": 4 * 12}
    assert (found.population, found.exc_spikes, found.input_spikes) == ("middle", 10.0, 100.0)
    assert (found.input_operations, found.operations) == (1200, 1318)
