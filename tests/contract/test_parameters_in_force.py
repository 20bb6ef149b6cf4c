"""Parameters change between two presentations, without another network, and hold from the next presentation on."""

from __future__ import annotations

import numpy as np
import pytest
from networks import (
    SIMULATORS,
    assert_same_bytes,
    delays_of,
    experiment,
    fingerprint,
    pairs,
    put_start,
    spikes_at,
    stimulus,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator

CHANGES: dict[str, dict[str, object]] = {
    "learning rates": {"plasticity__nu_pre": 0.004, "plasticity__nu_post": 0.05},
    "time constants of the output traces": {"plasticity__tau_y1": 35.0, "plasticity__tau_y2": 15.0},
    "time constant of the input trace": {"plasticity__tau_x": 45.0},
    "upper bound": {"plasticity__w_max": 0.3},
    "inhibition": {"network__w_inh_exc": 4.0},
    "exc to inh": {"network__w_exc_inh": 5.0},
    "membrane": {"exc__tau_m": 60.0, "exc__E_inh": -90.0, "exc__E_exc": 5.0},
    "conductances": {"exc__tau_ge": 1.7, "exc__tau_gi": 3.1, "inh__tau_ge": 1.3},
    "thresholds": {"exc__v_thresh": -53.0, "exc__theta_offset": 21.0, "exc__theta_plus": 0.4},
    "lock-out": {"exc__t_ref": 9.0, "inh__t_ref": 4.0},
    "rest and reset": {"exc__v_rest": -63.0, "exc__v_reset": -67.0, "inh__v_rest": -61.0, "inh__v_reset": -50.0},
    "inh neurons": {"inh__tau_m": 25.0, "inh__v_thresh": -42.0},
    "length": {"schedule__stimulus": 130.0},
}


def show(simulator: Simulator, presentations: int = 3, seed: int = 30) -> list[str]:
    responses = [
        simulator.present(stimulus(seed + number, simulator, 0.06), simulator.experiment.stimulus_bins, plastic=True)
        for number in range(presentations)
    ]
    assert sum(len(response.spikes["exc"]) for response in responses) > 5
    return [fingerprint(response) for response in responses]


CASES = [
    pytest.param(delays, name, marks=() if (delays, name) != ("none", "runtime") else pytest.mark.slow)
    for delays in ("none", "uniform")
    for name in SIMULATORS
]
"""Without delays, `test_rules` changes parameters in Brian2's runtime mode."""


@pytest.mark.parametrize(("delays", "name"), CASES)
def test_a_change_equals_a_simulator_built_with_it(name, delays, built, opened):
    simulator, at_first = opened(name, experiment(delays=delays)), list[str]()
    for what, change in CHANGES.items():
        if name == "runtime" and what not in (
            "learning rates",
            "time constant of the input trace",
            "thresholds",
            "lock-out",
        ):
            continue  # building one in Brian2's runtime mode takes its time; all changes go the same way
        changed = experiment(delays=delays, **change)
        simulator.set_parameters(experiment(delays=delays))
        put_start(simulator)
        at_first = at_first or show(simulator)
        put_start(simulator)
        assert show(simulator) == at_first, f"before {what}"
        state = simulator.state()
        unchanged = show(simulator)
        simulator.set_state(state)
        simulator.set_parameters(changed)
        assert simulator.experiment == changed
        state = simulator.state()
        fresh = opened(name, changed)
        fresh.set_state(state)
        shown = show(simulator)
        assert shown == show(fresh), what
        assert_same_bytes(simulator.state(), fresh.state(), f"state after a change of {what}")
        assert shown != unchanged or what in ("learning rates", "upper bound"), what
        fresh.close()


@pytest.mark.parametrize("name", SIMULATORS)
def test_theta_plus_after_a_frozen_presentation(name, opened):
    """Frozen presentations hold theta_plus at 0 inside: what is in force otherwise must come back, changed or not."""
    simulator = opened(name, experiment())
    for theta_plus in (0.05, 0.2, 0.0, 0.1):
        simulator.present(stimulus(1, simulator, 0.06), simulator.experiment.stimulus_bins, plastic=False)
        simulator.set_parameters(experiment(exc__theta_plus=theta_plus))
        before = simulator.theta.copy()
        simulator.present(stimulus(1, simulator, 0.06), simulator.experiment.stimulus_bins, plastic=False)
        assert simulator.theta.tobytes() == before.tobytes()
        response = simulator.present(stimulus(2, simulator, 0.06), simulator.experiment.stimulus_bins, plastic=True)
        assert len(response.spikes["exc"]) > 3
        np.testing.assert_allclose(
            simulator.theta - before, response.counts("exc") * theta_plus * 1e-3, rtol=0, atol=1e-15
        )


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize(
    ("delays", "max_delay"),
    [("none", 10.0), ("uniform", 10.0), ("uniform", 0.0)],
    ids=["none", "uniform", "uniform, all 0"],
)
def test_a_trace_decays_with_the_time_constant_of_its_time(name, delays, max_delay, opened):
    """An event before the change, one after: each stretch of time counts with the time constant that held in it.

    A trace decays at the start of each step: up to the last step of a presentation with the old time constant, from
    the first step of the next one with the new. Wherever the trace lives.
    """
    target, driver, other = 4, 3, 8
    made = experiment(delays=delays, network__max_delay=max_delay, plasticity__w_max=1e6)
    simulator = opened(name, made)
    delay = delays_of(made)
    simulator.w[...] = 0
    simulator.w[driver, target], simulator.w[other, target] = 300.0, 0.5
    simulator.theta[...] = 20e-3
    events = [(109 - delay[driver, target], driver), (170 - delay[other, target], other)]
    response = simulator.present(spikes_at(*events), simulator.experiment.stimulus_bins, plastic=True)
    assert pairs(response.spikes["exc"]) == [(110, target)]
    simulator.set_parameters(
        experiment(delays=delays, network__max_delay=max_delay, plasticity__w_max=1e6, plasticity__tau_x=5.0)
    )
    before = float(simulator.w[other, target])
    response = simulator.present(
        spikes_at((24 - delay[driver, target], driver)), simulator.experiment.stimulus_bins, plastic=True
    )
    assert pairs(response.spikes["exc"]) == [(25, target)]
    x = np.exp(-29 * 0.5 / 20) * np.exp(-26 * 0.5 / 5)
    y2 = np.exp(-(90 + 25) * 0.5 / 40)
    assert simulator.w[other, target] - before == pytest.approx(1e-2 * x * y2, rel=1e-6)


STRUCTURAL: dict[str, tuple[tuple[str, str], dict[str, object]]] = {
    "network.populations.exc.shape": (("layer", "none"), {"network__n_exc": 21}),
    "network.dt": (("layer", "none"), {"network__dt": 0.25}),
    "network.populations": (("layer", "none"), {"network__inhibition": "direct"}),
    "network.projections.compete.delay.kind": (("direct", "none"), {"network__inhibition": "direct-undelayed"}),
    "network.projections.feed.delay.kind": (("layer", "none"), {"network__delays": "homogeneous"}),
    "network.projections.feed.delay.high": (("layer", "uniform"), {"network__max_delay": 5.0}),
    "network.conductance_step": (("layer", "none"), {"network__conductance_step": "exact"}),
}
"""What the sentence names, in which network, and the change."""


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("what", STRUCTURAL)
def test_a_structural_change_is_refused_and_changes_nothing(name, what, built):
    variant, change = STRUCTURAL[what]
    made = experiment(*variant)
    simulator = built(name, made)
    before = simulator.state()
    spikes = stimulus(1, simulator, 0.06)
    first = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)
    simulator.set_state(before)
    # a change that is allowed goes along, and must not come into force either
    changed = made.override({}).to_mapping()
    for path, value in {"plasticity__nu_post": 0.3, "exc__tau_m": 50.0, **change}.items():
        section, parameter = path.split("__")
        changed[section][parameter] = value
    with pytest.raises(StdpbenchError) as error:
        simulator.set_parameters(type(made).from_mapping(changed))
    message = str(error.value)
    assert message.startswith(f"{what} is structural")
    assert "\n" not in message
    assert simulator.experiment == made
    assert fingerprint(simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=True)) == fingerprint(
        first
    )
