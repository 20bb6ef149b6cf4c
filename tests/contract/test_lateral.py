"""Lateral inhibition whose weights learn, through a layer or direct; `test_graphs` has its rule in a plain script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from networks import (
    N_EXC,
    N_INPUT,
    Opener,
    assert_same_bytes,
    assert_same_spikes,
    experiment,
    put_start,
    stimulus,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine import simulators
from stdpbench.engine.network import normalise, projection_weights
from stdpbench.engine.simulators import Response, Simulator, open_simulator, projection_memory, synapse_memory
from stdpbench.experiment import Experiment

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


def test_what_does_not_learn_cannot_be_told_to(built: Opener) -> None:
    simulator = started(built("compiled", network("layer")))
    before = simulator.state()
    for plastic, sentence in ((("drive",), "'drive' does not learn"), (("fed",), "'fed' does not exist.*feed")):
        with pytest.raises(StdpbenchError, match=sentence):
            simulator.present(stimulus(1, simulator), 200, plastic=plastic)
        assert_same_bytes(simulator.state(), before)


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
