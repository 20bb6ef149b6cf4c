"""Neurons of the classical experiments: both simulators against plain NumPy, state and reset.

Brian2's runtime mode runs on NumPy here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from networks import SIMULATORS, Closer, open_network, pairs, random_spikes
from neuron_reference import REFERENCES, Kernels, Reference
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import receptors
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.neurons.izhikevich import Izhikevich
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.neurons.lif_alpha import LIFAlpha
from stdpbench.kinds.neurons.lif_current import LIFCurrent
from stdpbench.kinds.neurons.lif_current_alpha import LIFCurrentAlpha
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.neurons.srm_masquelier import SRMMasquelier
from stdpbench.kinds.weights.uniform import Uniform

N_INPUT, N, N_BINS, DELAY = 12, 9, 300, 3
VOGELS = LIF(**LIF.presets["vogels-2011"])


@dataclass(frozen=True)
class Setup:
    """A neuron, the mean weights of excitation, inhibition and recurrent excitation, and the time step."""

    neuron: Neuron
    weights: tuple[float, float, float]
    dt: float = 0.5


SETUPS = {
    "vogels-2011": Setup(VOGELS, (0.15, 0.1, 0.02), 0.5),
    "song-2000": Setup(LIF(**LIF.presets["song-2000"]), (0.2, 0.1, 0.05)),
    "lif-alpha": Setup(LIFAlpha(I_background=50.0, tau_ge=1.5), (0.6, 0.2, 0.1)),
    "lif-current": Setup(LIFCurrent(I_background=100.0, tau_exc=3.0), (350.0, 100.0, 50.0)),
    "lif-current-equal": Setup(LIFCurrent(tau_exc=10.0, tau_inh=0.3), (150.0, 50.0, 30.0), 1.0),
    "lif-current-alpha": Setup(LIFCurrentAlpha(I_background=100.0, tau_exc=3.0), (200.0, 50.0, 50.0)),
    "lif-current-alpha-equal": Setup(LIFCurrentAlpha(tau_exc=10.0, tau_inh=10.0005), (120.0, 40.0, 20.0)),
    "izhikevich": Setup(Izhikevich(), (9.0, 2.0, 2.0), 1.0),
    "chattering-half": Setup(Izhikevich(**Izhikevich.presets["chattering"], I_background=4.0), (5.0, 1.0, 2.0)),
    "lif-discrete": Setup(LIFDiscrete(), (0.3, 0.1, 0.05)),
    "srm-masquelier": Setup(SRMMasquelier(v_thresh=5.0), (2.0, 0.5, 0.3), 0.1),
    "srm-of-its-own": Setup(SRMMasquelier(v_thresh=4.0, tau_m=6.0, tau_s=1.0, K_1=1.5, K_2=3.0), (2.0, 0.5, 0.3)),
}


def network(setup: Setup) -> Graph:
    excitation, inhibition = receptors(setup.neuron)
    projections = {}
    for name, source, receptor, mean in zip(
        ("feed", "brake", "loop"),
        ("input", "input", "cells"),
        (excitation, inhibition, excitation),
        setup.weights,
        strict=True,
    ):
        projections[name] = Projection(
            source=source, target="cells", receptor=receptor, weight=Uniform(low=0.5 * mean, high=1.5 * mean)
        )
    loop = projections["loop"].model_copy(update={"delay": OneDelay(value=DELAY * setup.dt)})
    return Graph(
        {"input": Population(shape=(N_INPUT,)), "cells": Population(shape=(N,), neuron=setup.neuron)},
        projections | {"loop": loop},
        setup.dt,
        "exact",
        read="cells",
    )


def opened(setup: Setup, name: str) -> Simulator:
    made = network(setup)
    simulator = open_network(made, name)
    random = np.random.default_rng(3)
    for projection in made.projections:
        weight, view = made.projections[projection].weight, simulator.array(f"{projection}.w")
        view[...] = random.uniform(weight.low, weight.high, view.shape)
    simulator.reset()
    return simulator


def shown(seed: int, dt: float) -> Spikes:
    return random_spikes(seed, N_BINS, 0.06 * dt, N_INPUT)


def by_reference(
    simulator: Simulator, spikes: Spikes, n_bins: int
) -> tuple[list[tuple[int, int]], NDArray[np.float64]]:
    """Spikes as (bin, index), and the potential of each neuron after each step, in mV."""
    graph = simulator.graph
    neuron = graph.populations["cells"].neuron
    reference: Reference = REFERENCES[str(neuron.kind)](neuron, N, graph.dt)  # type: ignore[attr-defined]
    feed, brake, loop = (simulator.weights(name) for name in graph.projections)
    found, potentials = list[tuple[int, int]](), []
    for t in range(n_bins):
        fires = reference.step(t)
        reference.fired.append(fires)
        found += [(t, int(index)) for index in np.flatnonzero(fires)]
        given = np.zeros(N_INPUT)
        given[spikes.index[spikes.bin == t]] = 1.0
        excitation = given @ feed
        if t >= DELAY:
            excitation = excitation + reference.fired[t - DELAY].astype(float) @ loop
        reference.arrived.append((t, excitation, given @ brake))
        reference.reset(fires)
        potentials.append(reference.v.copy())
    return found, np.array(potentials)


@pytest.fixture(scope="module")
def used() -> Iterator[Callable[[str, str], Simulator]]:
    """Each network, opened once on each simulator, in the reset state."""
    pool: dict[tuple[str, str], Simulator] = {}

    def get(setup: str, name: str) -> Simulator:
        if (setup, name) not in pool:
            pool[setup, name] = opened(SETUPS[setup], name)
        pool[setup, name].reset()
        return pool[setup, name]

    yield get
    for simulator in pool.values():
        simulator.close()


def test_all_new_neurons_are_here() -> None:
    elsewhere = {
        "adaptive-lif",
        "adaptive-lif-lockout",
        "adaptive-lif-discrete",
        "adex",
        "custom",
    }  # in other tests; a protocol's
    assert {*neurons.kinds()} == {*REFERENCES} | elsewhere
    assert {str(setup.neuron.kind) for setup in SETUPS.values()} == {*REFERENCES}  # type: ignore[attr-defined]


@pytest.mark.parametrize("setup", SETUPS)
def test_both_simulators_and_plain_numpy_agree(setup: str, used: Callable[[str, str], Simulator]) -> None:
    spikes = shown(1, SETUPS[setup].dt)
    wanted, potentials = by_reference(used(setup, "compiled"), spikes, N_BINS + 20)
    assert len(wanted) > 20
    for name in SIMULATORS:
        response = used(setup, name).present(
            spikes, N_BINS, plastic=False, n_rest=20, record={"cells": list(range(N))}
        )
        assert pairs(response.spikes["cells"]) == wanted, name
        v = response.recordings["cells"].courses["v"] * SETUPS[setup].neuron.shown_as("v")[0]
        np.testing.assert_allclose(v, potentials, rtol=1e-9, atol=1e-7, err_msg=name)


# -- the paper of Masquelier, Guyonneau & Thorpe ---------------------------------------------------


def test_after_a_spike_potentials_are_flushed_and_the_published_after_potential_follows(closed: Closer) -> None:
    simulator = closed(opened(Setup(SRMMasquelier(), (1.0, 1.0, 1.0), 0.1), "runtime"))
    simulator.weights("feed")[...], simulator.weights("brake")[...] = 120.0, 0.0
    simulator.weights("loop")[...] = 0.0
    spikes = Spikes(np.arange(N_INPUT, dtype=np.int32), np.zeros(N_INPUT, np.int32))
    response = simulator.present(spikes, 600, plastic=False, record={"cells": [0]})
    (at,) = response.spikes["cells"].bin[response.spikes["cells"].index == 0]
    v = response.recordings["cells"].courses["v"][at:, 0] * 1e3
    s = np.arange(len(v)) * 0.1
    eta = 500 * (2 * np.exp(-s / 10) - 4 * (np.exp(-s / 10) - np.exp(-s / 2.5)))
    np.testing.assert_allclose(v, eta, rtol=1e-10, atol=1e-9)
    assert v[0] == 1000.0
    assert -500 < v.min() < -200


def test_the_synaptic_time_constant_is_the_shorter_one() -> None:
    with pytest.raises(StdpbenchError, match=r"tau_s \(10 ms\) must be shorter than tau_m \(10 ms\)"):
        neurons.build({"kind": "srm-masquelier", "tau_s": "10 ms"}, "exc")
    assert pytest.approx(2.1165, abs=1e-4) == Kernels(SRMMasquelier(), 1, 0.1).K


# -- the papers of Izhikevich, Vogels and Song -----------------------------------------------------


def test_a_regular_spiking_neuron_adapts_as_in_the_figure_of_izhikevich(closed: Closer) -> None:
    """A constant input of 10: intervals between spikes grow, and chattering neurons fire in bursts."""
    intervals = {}
    for kind in ("regular-spiking", "chattering", "fast-spiking"):
        neuron = Izhikevich(**Izhikevich.presets[kind], I_background=10.0)
        simulator = closed(opened(Setup(neuron, (0.0, 0.0, 0.0), 1.0), "runtime"))
        response = simulator.present(shown(0, 0.0), 500, plastic=False)
        intervals[kind] = np.diff(response.spikes["cells"].bin[response.spikes["cells"].index == 0])
    regular, chattering, fast = intervals.values()
    assert regular[0] < regular[-1]
    assert len(fast) > 2 * len(regular)
    assert chattering.max() > 5 * chattering.min()


def test_the_background_of_vogels_is_twenty_millivolts_above_rest(closed: Closer) -> None:
    """Without input, a neuron approaches -40 mV from -60 mV, and fires every tau_m * ln 2 and a refractory period."""
    simulator = closed(opened(Setup(VOGELS, (0.0, 0.0, 0.0), 0.1), "runtime"))
    response = simulator.present(shown(0, 0.0), 2000, plastic=False)
    intervals = np.diff(response.spikes["cells"].bin[response.spikes["cells"].index == 0]) * 0.1
    assert np.abs(intervals - (20 * np.log(2) + 5)).max() <= 0.1
    assert VOGELS.to_mapping()["I_background"] == "200 pA"
    assert "I_background" not in LIF().to_mapping()
