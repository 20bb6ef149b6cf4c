"""Every registered plasticity rule, on both simulators: the same spikes and weights, a pure function, live, replayed.

Brian2's runtime mode runs on NumPy here: no rule has to be compiled a second time. Cython is held against the
compiled simulator by the other tests of the contract.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import N_EXC, assert_same_spikes, on_numpy, stimulus
from test_replay import check, lively

from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import rules

KINDS = [kind for kind in rules.kinds() if rules.get(kind).runs_in_digit_network]
VARIANTS = [("layer", "uniform"), ("direct", "none")]
IN_FULL = {"diehl-cook-triplet", "reward", "custom"}
"""Rules that are compiled in this network with delays and without.

The others are slow on the compiled simulator here. `test_every_kind.py` compiles a network that has all of them, runs
it on both simulators and as a plain script, and shows that its state is complete. What is left, changes of parameters
and replay, runs on NumPy with one of the two delays.
"""
TONIC = {"plasticity__tonic": 0.3}
"""Without it, the rule `reward` changes nothing here."""


def _case(kind: str, variant: tuple[str, str], *simulator: str, slow: bool) -> Any:
    name = "-".join((kind, *variant, *simulator))
    return pytest.param(kind, variant, *simulator, id=name, marks=(pytest.mark.slow,) if slow else ())


SIMULATED = [_case(kind, variant, "compiled", slow=kind not in IN_FULL) for kind in KINDS for variant in VARIANTS] + [
    _case(kind, VARIANTS[at % 2], "runtime", slow=False) for at, kind in enumerate(KINDS) if kind not in IN_FULL
]


def network(kind: str, variant: tuple[str, str], **changes: Any) -> Experiment:
    """Neurons that fire often, and a rule that changes weights much in one presentation."""
    inhibition, delays = variant
    changes = {**(TONIC if kind == "reward" else {}), **changes}
    made = lively(delays, plasticity__kind=kind, **changes)
    return made.override({"network.inhibition": inhibition})


FIRING = {"competitive": {"plasticity__eta": 0.1, "plasticity__eta_min": 0.05, "plasticity__gain": 0.05}}
"""Parameters with which neurons go on firing after their first spikes; with their defaults, other rules let them."""


@pytest.mark.parametrize(("kind", "variant", "name"), SIMULATED)
def test_every_parameter_changes_live(kind: str, variant: tuple[str, str], name: str, built: Any) -> None:
    """In one go, each to another value: the weights afterwards are those of a network that is built with them."""
    made = network(kind, variant, **FIRING.get(kind, {}))
    changes = {}
    for declared in made.plasticity.describe():
        if declared.unit is not None and not declared.structural:
            value = getattr(made.plasticity, declared.name)
            changes[f"plasticity.{declared.name}"] = value * 1.3 if value else 0.002
    assert changes
    changed = made.changed_live(changes)
    simulator = built(name, made)
    simulator.present(stimulus(1, simulator), simulator.experiment.stimulus_bins, plastic=True)
    simulator.set_parameters(changed)
    fresh = on_numpy(changed)
    fresh.set_state(simulator.state())
    for each in (simulator, fresh):
        each.present(stimulus(2, simulator), each.experiment.stimulus_bins, plastic=True)
    assert np.abs(simulator.w - fresh.w).max() <= 1e-9
    fresh.close()
    state, learned = simulator.state(), []
    for parameters in (changed, made):
        simulator.set_parameters(parameters)
        simulator.set_state(state)
        simulator.present(stimulus(4, simulator), simulator.experiment.stimulus_bins, plastic=True)
        learned.append(simulator.w.copy())
    assert np.abs(learned[0] - learned[1]).max() > 1e-6


@pytest.mark.parametrize(("kind", "variant", "name"), SIMULATED)
def test_every_rule_can_be_replayed(kind: str, variant: tuple[str, str], name: str, built: Any) -> None:
    # BCM's threshold starts at 0, and lets all weights of these busy neurons run into the bound
    gentle = {"plasticity__eta": 0.001} if kind == "bcm" else {}
    check(built(name, network(kind, variant, **gentle, **FIRING.get(kind, {}))))


def test_neurons_whose_trace_has_faded_are_left_out_and_clipped_as_ever(built: Any) -> None:
    """Half of the neurons never fire; weights above the bound, as normalisation may leave them, are still cut."""
    made = network("pair-power-law", ("direct", "none"))
    first, second = built("compiled", made), on_numpy(made)
    for simulator in (first, second):
        simulator.theta[::2] = 1.0
        simulator.w[...] = simulator.w * 5.0
    assert (first.w > 1.5).any()
    for number in range(3):
        spikes = stimulus(number, first)
        assert_same_spikes(
            *(
                simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
                for simulator in (first, second)
            )
        )
        np.testing.assert_allclose(first.w, second.w, rtol=0, atol=1e-9)
    y = first.state()["feed.y"]
    assert (y[::2] == 0).all()
    assert (y[1::2] > 0).any()
    assert first.w.max() <= 1.0
    second.close()


NEEDS_A_TRACE = [kind for kind in KINDS if network(kind, VARIANTS[1]).plasticity.input_spike_needs]


@pytest.mark.parametrize("kind", NEEDS_A_TRACE)
def test_a_trace_that_is_small_but_has_not_faded_still_changes_weights(kind: str, built: Any) -> None:
    made = network(kind, ("direct", "none"))
    first, second = built("compiled", made), on_numpy(made)
    for simulator in (first, second):
        simulator.theta[...] = 1.0  # nobody fires
        state, feed = simulator.state(), simulator.layout.projections["feed"]
        traces = {f"feed.{each.name}": np.full(N_EXC, 1e-5) for each in feed.output_variables}
        assert traces
        simulator.set_state({**state, **traces})
    before = first.w.copy()
    spikes = stimulus(1, first)
    for simulator in (first, second):
        assert not simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True).counts("exc").any()
    assert (first.w < before).any(axis=0).all()
    np.testing.assert_allclose(first.w - before, second.w - before, rtol=1e-6, atol=1e-15)
    second.close()


def test_without_dopamine_there_is_eligibility_and_no_learning(built: Any) -> None:
    made = network("reward", ("direct", "none"))
    simulator = built("compiled", made)
    simulator.set_parameters(made.changed_live({"plasticity.tonic": 0.0}))
    before = simulator.w.tobytes()
    simulator.present(stimulus(1, simulator), simulator.experiment.stimulus_bins, plastic=True)
    state = simulator.state()
    assert before == simulator.w.tobytes()
    assert np.abs(state["feed.c"]).max() > 0.1
    assert not state["feed.t_change"].any()
    simulator.present(stimulus(2, simulator), simulator.experiment.stimulus_bins, plastic=False)
    assert simulator.state()["feed.c"].tobytes() == state["feed.c"].tobytes()
    simulator.reset()
    assert not simulator.state()["feed.c"].any()
    simulator.set_parameters(made)


def test_eligibility_that_is_left_goes_on_learning_without_spikes(built: Any) -> None:
    """Until it is gone, by c·d·τ_c in all: as the equation says, of every synapse within its bounds."""
    made = network("reward", ("direct", "none"))
    simulator = built("compiled", made)
    simulator.theta[...] = 1.0  # nobody fires
    c = np.random.default_rng(1).normal(0.0, 0.05, simulator.w.shape)
    simulator.w[...] = 0.5
    simulator.set_state({**simulator.state(), "feed.c": c})
    n_bins = made.stimulus_bins + 100
    simulator.present(stimulus(1, simulator), simulator.experiment.stimulus_bins, plastic=True, n_rest=100)
    left = np.exp(-n_bins * 0.5e-3 / 1.0)
    np.testing.assert_allclose(simulator.state()["feed.c"], c * left, rtol=0, atol=1e-12)
    np.testing.assert_allclose(simulator.w, 0.5 + c * 0.3 * (1 - left), rtol=0, atol=1e-12)


ALL_FUNCTIONS = """
my_a = exp(-x) + expm1(-y)/2 + log(1 + x) + log1p(y) + log10(2 + x) + sqrt(x) + abs(x - y) + sign(x - 0.3)
my_b = sin(x) + cos(y)*tanh(x) + floor(3*x)/9 + ceil(2*y)/7 + int(x > 0.2 and not y >= 1 or x == y)
w += eta*(minimum(my_a, 1) - maximum(my_b, 0.1)*(1/2)**(x - y) + 1e-2*(w - 2)**3 + tau*rate/10)
w = clip(w, 0.0, w_max)
"""


@pytest.mark.parametrize(
    "variant", [pytest.param(VARIANTS[0], marks=pytest.mark.slow), VARIANTS[1]], ids=["-".join(v) for v in VARIANTS]
)
def test_the_language_of_ones_own_rules_means_the_same_everywhere(variant: tuple[str, str], built: Any) -> None:
    made = network("custom", variant).to_mapping()
    parameters = {"eta": {"default": 0.01}, "rate": {"default": "3 Hz", "unit": "Hz"}}
    parameters |= {"tau": {"default": "20 ms", "unit": "ms"}}
    made["plasticity"] = {
        "kind": "custom",
        "on_input_spike": ALL_FUNCTIONS,
        "on_output_spike": ALL_FUNCTIONS,
        "parameters": parameters,
        "traces": {s[0]: {"side": s[1], "tau": "tau", "on_spike": "add"} for s in (("x", "input"), ("y", "output"))},
    }
    experiment = Experiment.from_mapping(made)
    first, second = built("compiled", experiment), on_numpy(experiment)
    before = first.w.copy()
    for number in range(3):
        spikes = stimulus(number, first)
        assert_same_spikes(
            *(
                simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
                for simulator in (first, second)
            )
        )
        assert np.abs(first.w - second.w).max() <= 1e-9
    assert np.abs(first.w - before).max() > 0.05
    second.close()
