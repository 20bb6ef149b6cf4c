"""The rule `pair-reduced-nearest` against pairs that are counted one by one, on both simulators, with all delays."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from networks import SIMULATORS, open_network, random_spikes

from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.uniform import Uniform as Delays
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity.pair_reduced_nearest import PairReducedNearest

N_INPUT, N, N_BINS, DT = 12, 7, 400, 0.5
RULE = PairReducedNearest(w_max=2.0)


def change_by_pairs(inputs: list[int], outputs: list[int]) -> float:
    """Sum over all pairs of neighbours, with the spikes of a synapse in steps; those of a step: input first."""
    events = sorted([(at, 0) for at in inputs] + [(at, 1) for at in outputs])
    total = 0.0
    for (before, first), (after, second) in pairwise(events):
        # pairs of the reduced rule are neighbours in the merged train, one of each side
        apart = (after - before) * DT
        if (first, second) == (0, 1):
            total += RULE.a_plus * RULE.w_max * math.exp(-apart / RULE.tau_plus)
        elif (first, second) == (1, 0):
            total -= RULE.a_minus * RULE.w_max * math.exp(-apart / RULE.tau_minus)
    return total


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("delay", [NoDelay(), OneDelay(value=2.0), Delays(high=6.0)], ids=["none", "one", "each"])
def test_weights_change_by_neighbouring_spikes_of_both_sides(delay: Delay, simulator: str) -> None:
    feed = Projection(source="input", target="cells", receptor="ge", delay=delay, plasticity=RULE)
    populations = {"input": Population(shape=(N_INPUT,)), "cells": Population(shape=(N,), neuron=LIF())}
    made = Graph(populations, {"feed": feed}, DT, read="cells")
    opened = open_network(made, simulator)
    w = np.random.default_rng(1).uniform(0.8, 1.2, (N_INPUT, N))
    opened.weights("feed")[...] = w
    bins = round(delay.longest / DT)
    spikes = random_spikes(2, N_BINS - bins, 0.08, N_INPUT)
    response = opened.present(spikes, N_BINS, plastic={"feed"})
    delays = np.zeros((N_INPUT, N), int) + bins if opened.delays("feed") is None else opened.delays("feed")
    fired, expected = response.spikes["cells"], np.zeros((N_INPUT, N))
    for i in range(N_INPUT):
        for j in range(N):
            arrivals = (spikes.bin[spikes.index == i] + delays[i, j]).tolist()
            expected[i, j] = change_by_pairs(arrivals, fired.bin[fired.index == j].tolist())
    assert len(fired) > 30
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(opened.weights("feed") - w, expected, rtol=1e-9, atol=1e-12)
    opened.close()
