"""Imposed spikes: from spike to spike the same as step by step, for every rule."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.imposed import ImposedSpikes
from stdpbench.engine.network.layout import Layout
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import PlasticityRule, rules
from stdpbench.kinds.plasticity.replay import ReceivedSpikes, replay

DT, N_BINS, N_POINTS = 0.5, 600, 7


def rule_of(kind: str, **changes: float) -> PlasticityRule:
    return rules.build({"kind": kind, **changes}, "plasticity")


def random_bins(seed: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [np.flatnonzero(generator.random(N_BINS) < 0.03) for _ in range(N_POINTS)]


def seconds(bins: list[np.ndarray]) -> list[np.ndarray]:
    return [(each + 1) * DT * 1e-3 for each in bins]  # the first step has decayed when its spikes come


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if rules.get(kind).runs_in_digit_network])
def test_they_do_what_the_steps_of_the_network_do(kind: str) -> None:
    """`replay` goes through every step of dt, and is itself held against both simulators by the contract."""
    given = {"tonic": 0.3} if kind == "reward" else {}  # without it, nothing would change
    rule = rule_of(kind, **given)
    inputs, outputs = random_bins(1), random_bins(2)
    start = np.linspace(0.1, 0.9, N_POINTS)
    layout = Layout(Experiment.from_mapping({"plasticity": {"kind": kind}}).graph(1))
    resting = {average.name: layout.state[f"feed.{average.name}"].reset or 0.0 for average in rule.averages}
    found = ImposedSpikes(rule, N_POINTS, dt=DT).run(seconds(inputs), seconds(outputs), start)
    n_bins = max(int(each.max()) for each in (*inputs, *outputs)) + 1
    for point in range(N_POINTS):
        v = np.full(n_bins, layout.state["exc.v"].reset)
        received = ReceivedSpikes.of(n_bins, np.zeros(len(inputs[point]), int), inputs[point], outputs[point], v=v)
        end = replay(rule, DT * 1e-3, received, start[point : point + 1], resting).end[0]
        # averages go on with all points, in equal steps of at most dt
        rough = any(not average.follows_v for average in rule.averages)
        assert found[point] == pytest.approx(end, abs=1e-3 if rough else 1e-12)
    assert np.abs(found - start).max() > 1e-3


def test_runs_start_from_the_reset_state_and_parameters_change_without_a_new_network() -> None:
    synapses = ImposedSpikes(rule_of("triplet"), N_POINTS)
    spikes = seconds(random_bins(3)), seconds(random_bins(4))
    first = synapses.run(*spikes, 0.5)
    synapses.set_rule(rule_of("triplet", a3_plus=1e-3))
    changed = synapses.run(*spikes, 0.5)
    assert np.abs(changed - first).max() > 1e-3
    np.testing.assert_array_equal(changed, ImposedSpikes(rule_of("triplet", a3_plus=1e-3), N_POINTS).run(*spikes, 0.5))
    synapses.set_rule(rule_of("triplet"))
    np.testing.assert_array_equal(first, synapses.run(*spikes, 0.5))


def test_of_simultaneous_spikes_the_input_comes_first() -> None:
    at = [np.array([0.02])]
    assert ImposedSpikes(rule_of("pair-additive"), 1).run(at, at, 0.5)[0] == pytest.approx(0.51, abs=1e-12)


def test_what_cannot_be_imposed_is_refused() -> None:
    synapses = ImposedSpikes(rule_of("pair-additive"), 1)
    with pytest.raises(StdpbenchError, match="before time 0"):
        synapses.run([np.array([-0.01])], [np.array([0.01])], 0.5)
    with pytest.raises(StdpbenchError, match="at the same time"):
        synapses.run([np.array([0.01, 0.01])], [np.array([0.01])], 0.5)
