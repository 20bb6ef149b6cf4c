"""Noise: the same on both simulators and in plain NumPy, from a given seed and step, however a stream is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from networks import SIMULATORS, Closer, assert_same_bytes, open_network, pairs, spikes_at
from neuron_reference import Currents

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import draw_noise
from stdpbench.engine.network.noise import BLOCK
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.lif_current import LIFCurrent
from stdpbench.kinds.noises.poisson import PoissonNoise
from stdpbench.kinds.weights.constant import Constant

N, N_BINS, DT, DELAY = 8, 400, 0.5, 3


def graph(rate: float = 900.0, weight: float = 300.0) -> Graph:
    """Neurons with excitatory noise that excite each other, and some with noise at the other receptor."""
    cells = Population(shape=(N,), neuron=LIFCurrent(), noise=PoissonNoise(receptor="I_exc", weight=weight, rate=rate))
    others = Population(
        shape=(N,),
        neuron=LIFCurrent(I_background=450.0),
        noise=PoissonNoise(receptor="I_inh", weight=20.0, rate=rate / 3),
    )
    loop = Projection(
        source="cells", target="cells", receptor="I_exc", weight=Constant(value=9.0), delay=OneDelay(value=DELAY * DT)
    )
    return Graph({"cells": cells, "others": others}, {"loop": loop}, DT, "exact", read="cells", stream=True)


def by_reference(made: Graph, noise: Spikes, population: str) -> list[tuple[int, int]]:
    reference, found = Currents(made.populations[population].neuron, N, DT), list[tuple[int, int]]()
    declared, loop = made.populations[population].noise, population == "cells"
    for t in range(N_BINS):
        fires = reference.step(t)
        reference.fired.append(fires)
        found += [(t, int(index)) for index in np.flatnonzero(fires)]
        given = np.bincount(noise.index[noise.bin == t], minlength=N) * declared.weight
        sides = [np.zeros(N), np.zeros(N)]
        sides[("I_exc", "I_inh").index(declared.receptor)] += given
        if loop and t >= DELAY:
            sides[0] += 9.0 * reference.fired[t - DELAY].sum()
        reference.arrived.append((t, *sides))
        reference.reset(fires)
    return found


def test_both_simulators_and_plain_numpy_agree(closed: Closer) -> None:
    made = graph()
    noise = draw_noise(made, (7,), 1000, N_BINS)
    for name in SIMULATORS:
        simulator = closed(open_network(made, name))
        response = simulator.present(spikes_at(), N_BINS, plastic=False, noise=noise)
        for population, given in noise.items():
            wanted = by_reference(made, given, population)
            assert len(wanted) > 20
            assert pairs(response.spikes[population]) == wanted


@pytest.mark.parametrize("name", SIMULATORS)
def test_the_cut_changes_no_bit(name: str, closed: Closer) -> None:
    made, ends = graph(), []
    for cuts in ((0, 400), (0, 1, 100, 137, 399, 400)):
        simulator, found = closed(open_network(made, name)), list[tuple[int, int]]()
        for first, last in pairwise(cuts):
            noise = draw_noise(made, (7,), 50 + first, last - first)
            response = simulator.present(spikes_at(), last - first, plastic=False, noise=noise)
            found += [(first + at, index) for at, index in pairs(response.spikes["cells"])]
        ends.append((found, simulator.state()))
    assert ends[0][0] == ends[1][0] != []
    assert_same_bytes(ends[0][1], ends[1][1])


def test_noise_depends_on_key_name_and_step_only() -> None:
    made = graph()
    whole = draw_noise(made, (7,), 0, 10 * BLOCK)
    part = draw_noise(made, (7,), 3 * BLOCK - 7, 2 * BLOCK)
    for name, spikes in whole.items():
        inside = (spikes.bin >= 3 * BLOCK - 7) & (spikes.bin < 5 * BLOCK - 7)
        np.testing.assert_array_equal(spikes.index[inside], part[name].index)
        np.testing.assert_array_equal(spikes.bin[inside] - (3 * BLOCK - 7), part[name].bin)
    alone = replace(made, populations={"new": made.populations["others"], "cells": made.populations["cells"]})
    again = draw_noise(alone, (7,), 0, 10 * BLOCK)
    np.testing.assert_array_equal(again["cells"].index, whole["cells"].index)
    assert not np.array_equal(again["new"].index, whole["others"].index)
    assert not np.array_equal(draw_noise(made, (7, 1), 0, 10 * BLOCK)["cells"].index, whole["cells"].index)


def test_spikes_have_a_poisson_distribution_also_above_one_per_step() -> None:
    """3 spikes in each step of 0.5 ms: mean and variance of the counts, and no correlation between neurons."""
    spikes = draw_noise(graph(rate=6000.0), (3,), 0, 4000)["cells"]
    counts = np.bincount(spikes.bin.astype(np.int64) * N + spikes.index, minlength=4000 * N).reshape(4000, N)
    assert counts.mean() == pytest.approx(3.0, abs=0.05)
    assert counts.var() == pytest.approx(3.0, abs=0.12)
    correlations = np.corrcoef(counts.T)[np.triu_indices(N, 1)]
    assert np.abs(correlations).max() < 0.08
    assert len(draw_noise(graph(rate=0.0), (3,), 0, 4000)["cells"]) == 0


@pytest.mark.parametrize("name", SIMULATORS)
def test_rate_and_weight_change_without_another_network(name: str, closed: Closer) -> None:
    changed = graph(rate=400.0, weight=400.0)
    simulator, fresh = closed(open_network(graph(), name)), closed(open_network(changed, name))
    simulator.set_graph(changed)
    noise = draw_noise(changed, (1,), 0, N_BINS)
    found = [
        pairs(each.present(spikes_at(), N_BINS, plastic=False, noise=noise).spikes["cells"])
        for each in (simulator, fresh)
    ]
    assert found[0] == found[1] != []


def test_noise_that_does_not_fit_is_refused(closed: Closer) -> None:
    made = graph()
    simulator, noise = closed(open_network(made, "runtime")), draw_noise(made, (1,), 0, N_BINS)
    with pytest.raises(StdpbenchError, match="has noise into cells, others, but noise into no population was given"):
        simulator.present(spikes_at(), N_BINS, plastic=False)
    with pytest.raises(StdpbenchError, match="the noise into cells has spikes outside the presentation"):
        simulator.present(spikes_at(), 10, plastic=False, noise=noise)
