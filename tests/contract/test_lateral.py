"""Lateral inhibition whose weights learn: on both simulators, through a layer or direct, and by plain loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp
from typing import Any

import numpy as np
import pytest
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    assert_same_bytes,
    assert_same_spikes,
    experiment,
    fingerprint,
    on_numpy,
    pairs,
    put_start,
    spikes_at,
    stimulus,
)
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine import simulators
from stdpbench.engine.network import normalise, projection_weights
from stdpbench.engine.simulators import Response, Simulator, open_simulator, projection_memory, synapse_memory
from stdpbench.experiment import Experiment

Opener = Callable[..., Simulator]
CASES = ["layer", "direct", pytest.param("direct-undelayed", marks=pytest.mark.slow)]


def network(inhibition: str = "direct", **changes: Any) -> Experiment:
    """Inhibition that changes much in one presentation; what is started from lies within the bounds."""
    usual = {"lateral__kind": "homeostatic", "lateral__eta": 0.05, "lateral__rho_0": 20.0, "lateral__w_max": 3.0}
    return experiment(inhibition, **{**usual, **changes})


def started(simulator: Simulator) -> Simulator:
    put_start(simulator)
    simulator.weights("compete")[...] = projection_weights(replace(simulator.graph, seed=0))["compete"]
    return simulator


def shown(simulator: Simulator, number: int, **options: Any) -> Response:
    response = simulator.present(
        stimulus(number, simulator, 0.05), simulator.experiment.stimulus_bins, plastic=number % 4 != 3, **options
    )
    normalise(simulator.w, 20.0)
    return response


@pytest.mark.parametrize("inhibition", CASES)
def test_with_a_rate_of_zero_it_is_fixed_inhibition_to_the_bit(inhibition: str, built: Opener) -> None:
    fixed, plastic = built("compiled", experiment(inhibition)), started(built("compiled", network(inhibition)))
    plastic.set_parameters(network(inhibition, lateral__eta=0.0))
    drawn = 0
    for number in range(12):
        one, other = shown(fixed, number, n_rest=number % 3), shown(plastic, number, n_rest=number % 3)
        assert_same_spikes(one, other)
        drawn += len(one.spikes["exc"])
    plastic.set_parameters(network(inhibition))  # others use it too
    mine, its = plastic.state(), fixed.state()
    both = mine.keys() & its.keys()
    assert {"exc.v", "exc.gi", "feed.w"} <= both
    assert_same_bytes({name: mine[name] for name in both}, {name: its[name] for name in both})
    assert drawn > 100


@pytest.mark.parametrize("inhibition", CASES)
def test_a_neuron_never_inhibits_itself_however_often_it_fires(inhibition: str, built: Opener) -> None:
    simulator = started(built("compiled", network(inhibition)))
    simulator.theta[1:] = 1.0  # only the first neuron fires
    response = simulator.present(
        stimulus(1, simulator, 0.1), simulator.experiment.stimulus_bins, plastic=True, record={"exc": [0]}
    )
    assert response.counts("exc")[0] > 3
    assert not response.counts("exc")[1:].any()
    assert not response.recordings["exc"].courses["gi"].any()
    assert not np.diagonal(simulator.weights("compete")).any()


class PlainRule:
    """Vogels et al. 2011, per synapse and step by step; weights, and traces of both sides of each neuron."""

    def __init__(self, made: Experiment) -> None:
        values = made.lateral.quantities()
        self.eta, self.w_max = values["eta"], values["w_max"]
        self.alpha, self.decay = 2 * values["rho_0"] * values["tau"], exp(-0.5e-3 / values["tau"])
        self.w = [[0.0 if i == j else values["start"] for j in range(N_EXC)] for i in range(N_EXC)]
        self.x, self.y = [0.0] * N_EXC, [0.0] * N_EXC

    def step(self, inhibiting: set[int], inhibited: set[int]) -> None:
        self.x, self.y = [x * self.decay for x in self.x], [y * self.decay for y in self.y]
        for i in inhibiting:
            self._change(((i, j) for j in range(N_EXC)), lambda i, j: self.eta * (self.y[j] - self.alpha))
        for i in inhibiting:
            self.x[i] += 1
        for j in inhibited:
            self._change(((i, j) for i in range(N_EXC)), lambda i, j: self.eta * self.x[i])
        for j in inhibited:
            self.y[j] += 1

    def _change(self, synapses: Any, by: Callable[[int, int], float]) -> None:
        for i, j in synapses:
            if i != j:
                self.w[i][j] = min(max(self.w[i][j] + by(i, j), 0.0), self.w_max)


@pytest.mark.parametrize("inhibition", CASES)
def test_weights_are_those_of_plain_loops(inhibition: str, built: Opener) -> None:
    simulator = started(built("compiled", network(inhibition)))
    rule, late = PlainRule(simulator.experiment), inhibition != "direct-undelayed"
    before: set[int] = set()
    for number in (0, 1, 2):
        spikes = pairs(shown(simulator, number).spikes["exc"])
        for now in range(200):
            fired = {neuron for step, neuron in spikes if step == now}
            rule.step(before if late else fired, fired)
            before = fired
        assert np.abs(simulator.weights("compete") - np.array(rule.w)).max() <= 1e-12
    assert (np.diag(simulator.weights("compete")) == 0).all()
    assert simulator.weights("compete").max() > 1.05
    assert simulator.weights("compete").min(where=~np.eye(N_EXC, dtype=bool), initial=9) < 0.9


def test_a_weight_acts_as_a_factor_on_the_strength_of_inhibition(built: Opener) -> None:
    simulator = started(built("compiled", network("direct", lateral__eta=0.0)))
    simulator.w[...], simulator.w[3, 4] = 0.0, 300.0  # one input makes one neuron fire
    simulator.theta[...] = 20e-3
    simulator.weights("compete")[4, :] = np.linspace(0, 3, N_EXC)
    simulator.weights("compete")[4, 4] = 0.0
    response = simulator.present(
        spikes_at((10, 3)), simulator.experiment.stimulus_bins, plastic=True, record={"exc": range(N_EXC)}
    )
    ((fired, _),) = pairs(response.spikes["exc"])
    gi = response.recordings["exc"].courses["gi"]
    assert (gi[: fired + 1] == 0).all()
    np.testing.assert_allclose(gi[fired + 1], 17.0 * simulator.weights("compete")[4], rtol=1e-12)


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_projection_learns_by_itself_while_the_other_is_frozen(name: str, built: Opener) -> None:
    """What is not named keeps its weights and what it remembers of spikes; it acts on neurons all the same."""
    made = network("layer")
    simulator = started(built("compiled", made) if name == "compiled" else on_numpy(made))
    shown(simulator, 0)
    state, spikes, after, fingerprints = simulator.state(), stimulus(1, simulator, 0.05), {}, {}
    for plastic in ((), ("feed",), ("compete",), ("feed", "compete")):
        simulator.set_state(state)
        fingerprints[plastic] = fingerprint(simulator.present(spikes, 200, plastic=plastic))
        after[plastic] = simulator.state()
        for projection, traces in (("feed", ("x", "y1", "y2")), ("compete", ("x", "y"))):
            for array in (f"{projection}.{each}" for each in ("w", *traces)):
                kept = after[plastic][array].tobytes() == state[array].tobytes()
                assert kept == (projection not in plastic), f"{array} where {plastic} learn"
        assert (after[plastic]["exc.theta"].tobytes() == state["exc.theta"].tobytes()) == (not plastic)
    simulator.set_state(state)
    assert fingerprint(simulator.present(spikes, 200, plastic=True)) == fingerprints["feed", "compete"]
    simulator.set_state(state)
    assert fingerprint(simulator.present(spikes, 200, plastic=False)) == fingerprints[()]
    # one that learns at rates of zero does what a frozen one does
    simulator.set_parameters(network("layer", lateral__eta=0.0))
    simulator.set_state(state)
    assert fingerprint(simulator.present(spikes, 200, plastic=True)) == fingerprints[("feed",)]
    assert simulator.weights("feed").tobytes() == after[("feed",)]["feed.w"].tobytes()
    simulator.set_parameters(made)
    if name == "runtime":
        simulator.close()


def test_what_does_not_learn_cannot_be_told_to(built: Opener) -> None:
    simulator = started(built("compiled", network("layer")))
    before = simulator.state()
    for plastic, sentence in ((("drive",), "'drive' does not learn"), (("fed",), "'fed' does not exist.*feed")):
        with pytest.raises(StdpbenchError, match=sentence):
            simulator.present(stimulus(1, simulator), 200, plastic=plastic)
        assert_same_bytes(simulator.state(), before)


def test_its_parameters_change_without_another_network(built: Opener) -> None:
    simulator = started(built("compiled", network("layer")))
    shown(simulator, 0)
    before, weights = simulator.state(), list[NDArray[np.float64]]()
    changes: dict[str, Any] = {
        "lateral__eta": 0.02,
        "lateral__rho_0": 60.0,
        "lateral__tau": 35.0,
        "lateral__w_max": 1.1,
    }
    for change in ({}, *({name: value} for name, value in changes.items()), changes):
        simulator.set_state(before)
        simulator.set_parameters(network("layer", **change))
        shown(simulator, 1)
        weights.append(simulator.weights("compete").copy())
    fresh = on_numpy(network("layer", **changes))
    fresh.set_state(before)
    shown(fresh, 1)
    np.testing.assert_allclose(weights[-1], fresh.weights("compete"), rtol=1e-9, atol=1e-12)
    fresh.close()
    assert len({array.tobytes() for array in weights}) == len(weights)
    simulator.set_parameters(network("layer"))
    for what, other in (("start", network("layer", lateral__start=2.0)), ("kind", experiment("layer"))):
        with pytest.raises(StdpbenchError, match=rf"network\.projections\.compete\.plasticity\.{what} is structural"):
            simulator.set_parameters(other)


def test_a_network_that_does_not_fit_is_refused_in_a_sentence(built: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = built("compiled", network("layer")).layout
    lateral = projection_memory(layout.projections["compete"])
    assert lateral == 40 * N_EXC**2
    fixed = synapse_memory(layout) - lateral
    assert fixed == synapse_memory(built("compiled", experiment("layer")).layout)
    monkeypatch.setattr(simulators, "available_memory", lambda: fixed + 1)
    with pytest.raises(StdpbenchError, match=r"compete has 400 synapses .*network\.n_exc"):
        open_simulator(network("layer"), N_INPUT)
    open_simulator(experiment("layer"), N_INPUT, "compiled")[0].close()
    monkeypatch.undo()
    with pytest.raises(StdpbenchError, match=r"compete has 4\.\d+e\+09 synapses"):
        open_simulator(network("layer", network__n_exc=65_000), N_INPUT)
