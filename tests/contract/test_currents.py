"""Currents of the input in place of spikes, on both simulators and against NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import SIMULATORS, open_network, pairs, spikes_at
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.plasticity.pair_additive import PairAdditive
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.uniform import Uniform

N_INPUT, N, N_BINS, N_REST = 12, 7, 60, 9


def graph() -> Graph:
    """Currents into neurons through all synapses, and through some of one weight; another population learns."""
    cells = Population(shape=(N,), neuron=LIFDiscrete(beta=0.9, refractory_steps=1))
    feed = Projection(source="input", target="cells", receptor="I_exc", weight=Uniform(low=0.0, high=0.09))
    against = Projection(
        source="input",
        target="cells",
        receptor="I_inh",
        connect=Random(p=0.3),
        weight=Constant(value=0.02),
        scale=1.5,
    )
    learns = Projection(
        source="cells", target="late", receptor="I_exc", weight=Uniform(high=0.9), plasticity=PairAdditive()
    )
    return Graph(
        {"input": Population(shape=(N_INPUT,)), "cells": cells, "late": Population(shape=(3,), neuron=LIFDiscrete())},
        {"feed": feed, "against": against, "learns": learns},
        1.0,
        read="cells",
        seed=3,
    )


def by_numpy(simulator: Simulator, currents: NDArray[np.float64]) -> tuple[list[tuple[int, int]], NDArray[np.float64]]:
    w = simulator.weights("feed") - 1.5 * simulator.synapses("against").dense(
        np.full(len(simulator.synapses("against")), 0.02)
    )
    v, arrived, late, found, course = np.zeros(N), np.zeros(N), np.zeros(N), list[tuple[int, int]](), []
    lockout = np.zeros(N)
    for t in range(N_BINS + N_REST):
        free = lockout <= 0
        v = np.where(free, 0.9 * v + arrived, v) - late
        fired = free & (v > 1)
        late = np.where(fired, 1.0, 0.0)
        lockout = np.where(fired, 1, lockout - 1)
        found += [(t, int(k)) for k in np.flatnonzero(fired)]
        course.append(v.copy())
        arrived = currents[t] @ w if t < N_BINS else np.zeros(N)
    return found, np.array(course)


@pytest.fixture(scope="module", params=SIMULATORS)
def simulator(request: pytest.FixtureRequest) -> Simulator:
    return open_network(graph(), request.param)


@pytest.mark.parametrize("constant", [True, False])
def test_a_current_acts_through_the_weights_in_each_step(simulator: Simulator, constant: bool) -> None:
    random = np.random.default_rng(5)
    currents = random.uniform(0, 1.2, N_INPUT if constant else (N_BINS, N_INPUT))
    simulator.reset()
    response = simulator.present(
        spikes_at(),
        N_BINS,
        plastic={"learns"},
        n_rest=N_REST,
        record={"cells": range(N)},
        currents=currents,
    )
    wanted, course = by_numpy(simulator, np.broadcast_to(currents, (N_BINS, N_INPUT)))
    assert len(wanted) > 20
    assert pairs(response.spikes["cells"]) == wanted
    np.testing.assert_allclose(response.recordings["cells"].courses["v"], course, rtol=1e-12, atol=1e-12)
    assert len(response.input) == 0
    simulator.reset()
    silent = simulator.present(spikes_at(), N_BINS, plastic=False)
    assert len(silent.spikes["cells"]) == 0  # currents do not outlast their presentation


def test_currents_add_to_spikes(simulator: Simulator) -> None:
    once = np.zeros((N_BINS, N_INPUT))
    once[4, 2] = once[9, 5] = 1.0
    ends = []
    for spikes, currents in ((spikes_at((4, 2), (9, 5)), None), (spikes_at(), once), (spikes_at((4, 2)), 1.0 * once)):
        if currents is not None and len(spikes):
            currents[4] = 0
        simulator.reset()
        simulator.present(spikes, N_BINS, plastic=False, currents=currents)
        ends.append(simulator.array("cells.v").copy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)
    np.testing.assert_allclose(ends[2], ends[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("currents", "message"),
    [
        (np.zeros(5), "currents must be 12 numbers, or 60 × 12 for each step, not 5"),
        (np.zeros((3, N_INPUT)), "not 3 × 12"),
        (np.full(N_INPUT, np.nan), "currents must be finite numbers"),
    ],
)
def test_currents_that_do_not_fit_are_refused(
    simulator: Simulator, currents: NDArray[np.float64], message: str
) -> None:
    with pytest.raises(StdpbenchError, match=message):
        simulator.present(spikes_at(), N_BINS, plastic=False, currents=currents)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"plasticity": PairAdditive()}, "'feed', which learns from spikes"),
        ({"delay": OneDelay(value=2.0)}, "'feed', which has delays"),
    ],
)
def test_projections_that_currents_cannot_pass_are_refused(changes: dict[str, object], message: str) -> None:
    made = graph()
    feed = made.projections["feed"].model_copy(update=changes)
    other = open_network(replace(made, projections={**made.projections, "feed": feed}), "runtime")
    with pytest.raises(StdpbenchError, match=message):
        other.present(spikes_at(), N_BINS, plastic=True, currents=np.ones(N_INPUT))
    other.close()
