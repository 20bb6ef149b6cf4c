"""The discrete neurons, step by step against loops in NumPy: the same spikes, and the same bits of the potential.

Factors beta are powers of 2, so that products are exact and a fused multiply-add rounds like a sum: no tolerance is
needed. All variants lie side by side in one network, which is compiled once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from networks import N_EXC, SIMULATORS, experiment, open_network, pairs, random_spikes
from networks import N_INPUT as N_PIXELS
from neuron_reference import REFERENCES
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.units import label
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment import Experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons import Neuron, neurons
from stdpbench.kinds.neurons.adaptive_lif_discrete import AdaptiveLIFDiscrete
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.weights.uniform import Uniform

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


def test_parameters_that_make_no_sense_are_refused() -> None:
    for given, sentence in (
        ({"reset_mechanism": "to-value"}, "exc: reset_mechanism = 'to-value' needs v_reset"),
        ({"refractory_steps": 1.5}, "exc.refractory_steps must be a whole number"),
        ({"beta": 1.1}, "exc.beta must be at most 1"),
        ({"reset_mechanism": "add"}, "exc.reset_mechanism must be 'subtract', 'zero' or 'to-value'"),
    ):
        with pytest.raises(StdpbenchError, match=sentence):
            neurons.build({"kind": "lif-discrete", **given}, "exc")


# -- with a threshold that adapts ------------------------------------------------------------------

STEPS = 200
RESETS: dict[str, dict[str, Any]] = {
    "direct": {"reset_mechanism": "zero", "reset_step": "next", "refractory_steps": 4},
    "direct-undelayed": {"reset_mechanism": "subtract", "reset_step": "same", "refractory_steps": 0},
    "layer": {"reset_mechanism": "subtract", "reset_step": "next", "refractory_steps": 2},
}
"""Of the exc neurons, by lateral inhibition of the template."""


def discrete(inhibition: str, inh: dict[str, Any] | None = None, **changes: Any) -> Experiment:
    """The template diehl-cook with discrete neurons and weights that stay, although they learn at a rate of 0."""
    exc = {"kind": "adaptive-lif-discrete", "beta": 0.5, "v_thresh": 1.5, "theta_plus": 0.125} | RESETS[inhibition]
    return Experiment.from_mapping(
        {
            "network": {"n_exc": N_EXC, "inhibition": inhibition, "w_exc_inh": 2.0, "w_inh_exc": 0.25},
            "exc": exc | changes,
            "inh": inh or {"kind": "lif-discrete", "reset_mechanism": "zero"},
            "plasticity": {"nu_pre": 0.0, "nu_post": 0.0},
        }
    )


def loop(
    neuron: AdaptiveLIFDiscrete, late: bool, w: NDArray[np.float64], theta: NDArray[np.float64], spikes: Spikes
) -> tuple[list[tuple[int, int]], NDArray[np.float64], NDArray[np.float64]]:
    """Spikes as (step, neuron), potentials and theta; inhibition acts in the next step, or in the one after it."""
    v, since, due = np.zeros(N_EXC), np.full(N_EXC, 1000), np.zeros(N_EXC, bool)
    fired, potentials, history = list[tuple[int, int]](), [], [np.zeros(N_EXC, bool)] * 2
    subtracts = neuron.reset_mechanism == "subtract"
    for t in range(STEPS):
        excitation = w[spikes.index[spikes.bin == t - 1]].sum(axis=0)
        before = history[-2 if late else -1].astype(float)
        inhibition = 0.25 * (before.sum() - before)
        start = v if subtracts else np.where(due, 0.0, v)
        since = since + 1
        held = since <= neuron.refractory_steps
        v = np.where(held, start, neuron.beta * start + (excitation - inhibition))
        if subtracts:
            v = v - np.where(due, neuron.v_thresh + theta, 0.0)
        fires = (v > neuron.v_thresh + theta) & ~held
        if neuron.reset_step == "same":
            v = np.where(fires, v - (neuron.v_thresh + theta), v)
        due = fires & (neuron.reset_step == "next")
        theta = theta + neuron.theta_plus * fires
        since = np.where(fires, 0, since)
        fired += [(t, int(index)) for index in np.flatnonzero(fires)]
        potentials.append(v)
        history.append(fires)
    return fired, np.array(potentials), theta


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("inhibition", RESETS)
def test_the_template_with_discrete_neurons_is_a_loop_in_numpy(inhibition: str, name: str) -> None:
    """Theta, every reset, and lateral inhibition: direct, undelayed, and by a layer that passes each spike on."""
    made = discrete(inhibition)
    simulator = open_network(made.graph(N_PIXELS), name)
    weights, start = np.random.default_rng(4).integers(0, 20, (N_PIXELS, N_EXC)) / 64, np.arange(N_EXC) / 16
    simulator.weights("feed")[...] = weights
    simulator.array("exc.theta")[...] = start
    simulator.reset()
    spikes = random_spikes(8, STEPS, 0.05)
    neuron, late = made.exc, inhibition != "direct-undelayed"
    wanted, potentials, theta = loop(neuron, late, weights, start, spikes)
    assert len({index for _, index in wanted}) > 0.7 * N_EXC
    response = simulator.present(spikes, STEPS, plastic=True, record={"exc": list(range(N_EXC))})
    assert pairs(response.spikes["exc"]) == wanted
    np.testing.assert_array_equal(simulator.array("exc.theta"), theta)
    np.testing.assert_array_equal(response.recordings["exc"].courses["v"], potentials)
    if inhibition == "layer":  # one inh spike for each, one step later
        assert pairs(response.spikes["inh"]) == [(t + 1, index) for t, index in wanted if t + 1 < STEPS]
    simulator.reset()
    assert len(simulator.present(spikes, STEPS, plastic=False).spikes["exc"].index) > 0
    np.testing.assert_array_equal(simulator.array("exc.theta"), theta)  # frozen
    simulator.close()


def test_templates_drive_and_inhibit_at_the_receptors_of_the_neuron() -> None:
    mixed = discrete("layer", {"kind": "lif"}).graph(N_PIXELS)
    assert [each.receptor for each in mixed.projections.values()] == ["I_exc", "ge", "I_inh"]
    wanted = {"feed": "I_exc", "upward": "I_exc", "compete": "I_inh", "contest": "I_inh"}
    for kind, n in (("local", 2), ("stack", 4)):
        made = Experiment.from_mapping({"network": {"kind": kind}, "exc": {"kind": "adaptive-lif-discrete"}}).graph()
        found = {name: each.receptor for name, each in made.projections.items()}
        assert found.items() <= wanted.items()
        assert len(found) == n
    with pytest.raises(StdpbenchError, match=r"exc\.kind 'lif-discrete' has no adaptive threshold"):
        Experiment.from_mapping({"exc": {"kind": "lif-discrete"}})


def test_quantities_without_units_are_shown_as_they_are() -> None:
    made = discrete("layer", {"kind": "lif"}).graph(N_PIXELS)
    assert made.shown_as("exc") == made.shown_as("exc", "v") == (1.0, "")
    assert made.shown_as("inh", "v") == (1e3, "mV")
    assert experiment().graph(N_PIXELS).shown_as("exc") == (1e3, "mV")
    assert [label("theta", unit) for unit in ("", "mV")] == ["theta", "theta (mV)"]
