"""The discrete neurons, step by step against loops in NumPy: the same spikes, and the same bits of the potential.

Factors beta are powers of 2, so that products are exact and a fused multiply-add rounds like a sum: no tolerance is
needed. All variants lie side by side in one network, which is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from networks import SIMULATORS, open_network, pairs, random_spikes
from neuron_reference import REFERENCES, Difference
from numpy.typing import NDArray

from stdpbench.encoding import Spikes
from stdpbench.errors import StdpbenchError
from stdpbench.graph import Graph, Population, Projection
from stdpbench.network import draw_noise
from stdpbench.neurons import Neuron, neurons
from stdpbench.neurons.lif_discrete import LIFDiscrete
from stdpbench.noises.poisson import PoissonNoise
from stdpbench.simulators import Simulator
from stdpbench.weights.uniform import Uniform

N_INPUT, N, N_BINS = 12, 7, 400


def _variants() -> Iterator[tuple[str, Neuron]]:
    for number, (mechanism, step) in enumerate(product(("subtract", "zero", "to-value"), ("same", "next"))):
        yield (
            f"{mechanism.replace('-', '_')}_{step}",
            LIFDiscrete(
                beta=(0.5, 0.25)[number % 2],
                v_thresh=1.25,
                reset_mechanism=mechanism,
                reset_step=step,
                v_reset={"subtract": 0.75, "zero": None, "to-value": -0.5}[mechanism],
                refractory_steps=(3, 0, 1)[number % 3],
                I_background=(0.0, 0.125)[number % 2],
            ),
        )
    yield "snntorch", LIFDiscrete(beta=0.5, v_thresh=1.25)
    yield "of_threshold", LIFDiscrete(beta=0.5, v_thresh=0.75, reset_step="same", refractory_steps=2)


VARIANTS = dict(_variants())


def graph() -> Graph:
    populations = {"input": Population(shape=(N_INPUT,))}
    projections = {}
    for name, neuron in VARIANTS.items():
        populations[name] = Population(shape=(N,), neuron=neuron)
        for receptor in ("I_exc", "I_inh"):
            projections[f"{name}_{receptor[2:]}"] = Projection(
                source="input", target=name, receptor=receptor, weight=Uniform(low=0.0, high=1.0)
            )
    return Graph(populations, projections, 0.5, "exact", read="snntorch")


@pytest.fixture(scope="module", params=SIMULATORS)
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    made = open_network(graph(), request.param)
    random = np.random.default_rng(5)
    for name in made.graph.projections:
        high = 32 if name.endswith("exc") else 12
        made.weights(name)[...] = random.integers(0, high, (N_INPUT, N)) / 64
    yield made
    made.close()


def shown() -> Spikes:
    return random_spikes(2, N_BINS, 0.25, N_INPUT)


def given(simulator: Simulator, name: str, spikes: Spikes) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Excitation and inhibition that arrive in each step; sums of multiples of 1/64, so that no order matters."""
    arrives = np.zeros((N_BINS, N_INPUT))
    arrives[spikes.bin, spikes.index] = 1.0
    excitation, inhibition = (arrives @ simulator.weights(f"{name}_{side}") for side in ("exc", "inh"))
    return list(zip(excitation, inhibition, strict=True))


def test_every_variant_is_the_difference_equation_bit_by_bit(simulator: Simulator) -> None:
    simulator.reset()
    record = {name: list(range(N)) for name in VARIANTS}
    response = simulator.present(shown(), N_BINS, plastic=False, record=record)
    for name, neuron in VARIANTS.items():
        reference = REFERENCES[str(neuron.kind)](neuron, N, 0.5)  # type: ignore[attr-defined]
        assert isinstance(reference, Difference)
        wanted, potentials = list[tuple[int, int]](), []
        for t, (excitation, inhibition) in enumerate(given(simulator, name, shown())):
            fires = reference.step(t)
            wanted += [(t, int(index)) for index in np.flatnonzero(fires)]
            reference.arrived.append((t, excitation, inhibition))
            reference.reset(fires)
            potentials.append(reference.v)
        assert len(wanted) > 100, name
        assert pairs(response.spikes[name]) == wanted, name
        np.testing.assert_array_equal(response.recordings[name].courses["v"], np.array(potentials), name)


def test_the_default_reset_is_that_of_snntorch(simulator: Simulator) -> None:
    """The lines of its `Leaky` with reset_mechanism "subtract": what arrives in a step is the input of the next."""
    simulator.reset()
    response = simulator.present(shown(), N_BINS, plastic=False, record={"snntorch": list(range(N))})
    beta, threshold = 0.5, 1.25
    mem, wanted, course = np.zeros(N), [], []
    inputs = [
        np.zeros(N),
        *(excitation - inhibition for excitation, inhibition in given(simulator, "snntorch", shown())),
    ]
    for t in range(N_BINS):
        reset = (mem - threshold > 0).astype(float)
        mem = beta * mem + inputs[t] - reset * threshold
        wanted += [(t, int(index)) for index in np.flatnonzero(mem - threshold > 0)]
        course.append(mem)
    assert pairs(response.spikes["snntorch"]) == wanted
    np.testing.assert_array_equal(response.recordings["snntorch"].courses["v"], np.array(course))
    assert len(wanted) > 100


def test_input_is_lost_while_refractory_and_beta_follows_from_tau_m() -> None:
    """One neuron by hand: spikes arrive in steps 0, 1, 2 and 4, three steps of refractoriness follow a spike."""
    neuron = LIFDiscrete(tau_m=1 / np.log(2), refractory_steps=3, v_thresh=0.9)
    made = Graph(
        {"input": Population(shape=(1,)), "cells": Population(shape=(1,), neuron=neuron)},
        {"feed": Projection(source="input", target="cells", receptor="I_exc", weight=Uniform(low=0.5, high=1.0))},
        1.0,
        "exact",
        read="cells",
    )
    simulator = open_network(made, "runtime")
    simulator.weights("feed")[...] = 0.75
    spikes = Spikes(np.zeros(5, np.int32), np.array([0, 1, 2, 4, 5], np.int32))
    response = simulator.present(spikes, 9, plastic=False, record={"cells": [0]})
    assert pairs(response.spikes["cells"]) == [(2, 0)]
    v = response.recordings["cells"].courses["v"][:, 0]
    # decayed by half and raised by 0.75; lowered by 0.9 in step 3; held until step 5; then what arrived in step 5
    np.testing.assert_allclose(
        v, [0, 0.75, 1.125, 0.225, 0.225, 0.225, 0.8625, 0.43125, 0.215625], rtol=1e-12, atol=1e-15
    )
    simulator.close()


def test_background_and_noise_drive_it() -> None:
    noise = PoissonNoise(receptor="I_exc", rate=200.0, weight=0.6)
    made = Graph(
        {
            "input": Population(shape=(1,)),
            "still": Population(shape=(3,), neuron=LIFDiscrete(beta=0.5)),
            "driven": Population(shape=(3,), neuron=LIFDiscrete(beta=0.5, I_background=0.75)),
            "noisy": Population(shape=(3,), neuron=LIFDiscrete(beta=0.75), noise=noise),
        },
        {"feed": Projection(source="input", target="still", receptor="I_exc", weight=Uniform(low=0.5, high=1.0))},
        0.5,
        "exact",
        read="driven",
    )
    simulator = open_network(made, "runtime")
    drawn = draw_noise(made, (1, 2), 0, 200)
    response = simulator.present(random_spikes(0, 200, 0.0, 1), 200, plastic=False, noise=drawn)
    assert response.counts("still").sum() == 0
    mem, n = 0.0, 0
    for _ in range(200):
        mem = 0.5 * mem + 0.75 - float(mem > 1)
        n += mem > 1
    assert response.counts("driven").tolist() == [n] * 3
    assert n > 20
    assert response.counts("noisy").min() > 0
    simulator.close()


def test_parameters_that_make_no_sense_are_refused() -> None:
    for given, sentence in (
        ({"reset_mechanism": "to-value"}, "exc: reset_mechanism = 'to-value' needs v_reset"),
        ({"refractory_steps": 1.5}, "exc.refractory_steps must be a whole number"),
        ({"beta": 1.1}, "exc.beta must be at most 1"),
        ({"reset_mechanism": "add"}, "exc.reset_mechanism must be 'subtract', 'zero' or 'to-value'"),
    ):
        with pytest.raises(StdpbenchError, match=sentence):
            neurons.build({"kind": "lif-discrete", **given}, "exc")
