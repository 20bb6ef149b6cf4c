"""Recording time courses: no other result changes, and the courses are those of the neurons that were asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import (
    N_EXC,
    SIMULATORS,
    assert_same_bytes,
    experiment,
    fingerprint,
    live_through,
    pairs,
    random_spikes,
    stimulus,
)
from test_pure_function import CASES

from stdpbench.base.errors import StdpbenchError

VARIABLES = {"v", "ge", "gi", "lockout", "theta"}
"""Of exc neurons."""


@pytest.mark.parametrize(("inhibition", "delays", "name"), CASES)
@pytest.mark.parametrize("plastic", [True, False], ids=["learning", "frozen"])
def test_recording_changes_nothing(name, inhibition, delays, plastic, built):
    simulator = built(name, experiment(inhibition, delays))
    live_through(simulator)
    before, spikes = simulator.state(), stimulus(1, simulator, 0.05, n_rest=10)
    unwatched = simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=plastic, n_rest=10)
    after = simulator.state()
    assert unwatched.recordings == {}
    for record in ([3], [0, 7, 19], range(N_EXC), np.array([19, 2])):
        simulator.set_state(before)
        watched = simulator.present(
            spikes, simulator.experiment.stimulus_bins, plastic=plastic, n_rest=10, record={"exc": record}
        )
        assert_same_bytes(simulator.state(), after)
        recording = watched.recordings["exc"]
        assert recording.neurons.tolist() == list(record)
        assert set(recording.courses) == VARIABLES
        for course in recording.courses.values():
            assert course.shape == (210, len(record))
            assert course.dtype == np.float64
        assert fingerprint(unwatched) == fingerprint(replace(watched, recordings={}))


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("plastic", [True, False], ids=["learning", "frozen"])
def test_what_is_recorded_agrees_with_the_spikes(name, plastic, built):
    simulator = built(name, experiment())
    theta = simulator.theta.copy()
    response = simulator.present(
        random_spikes(1, 200, 0.06),
        simulator.experiment.stimulus_bins,
        plastic=plastic,
        n_rest=20,
        record={"exc": range(N_EXC)},
    )
    courses = response.recordings["exc"].courses
    assert len(response.spikes["exc"]) > 20
    fired = np.zeros((220, N_EXC), bool)
    fired[response.spikes["exc"].bin, response.spikes["exc"].index] = True
    assert (courses["v"][fired] == -65e-3).all()
    # held for 5 ms: the nine steps after the spike
    for now, neuron in pairs(response.spikes["exc"]):
        assert (courses["v"][now : now + 10, neuron] == -65e-3).all()
    steps = np.diff(np.vstack([theta, courses["theta"]]), axis=0)
    np.testing.assert_allclose(steps, fired * (0.05e-3 if plastic else 0.0), rtol=0, atol=1e-15)
    unfired = courses["v"][~fired]
    assert (unfired <= np.broadcast_to(-72e-3 + courses["theta"], (220, N_EXC))[~fired]).all()
    assert (courses["ge"] >= 0).all()
    assert courses["gi"].max() > 17
    # the values at the end of the last step are the state
    state = simulator.state()
    for variable in VARIABLES:
        assert courses[variable][-1].tobytes() == state[f"exc.{variable}"].tobytes()


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_response_is_not_changed_by_what_follows(name, built):
    simulator = built(name, experiment())
    response = simulator.present(
        random_spikes(1, 200, 0.06), simulator.experiment.stimulus_bins, plastic=True, record={"exc": [1, 2]}
    )
    kept = fingerprint(response)
    live_through(simulator)
    assert fingerprint(response) == kept


@pytest.mark.parametrize("name", SIMULATORS)
def test_several_populations_are_recorded_at_once_each_as_by_itself(name, built):
    simulator = built(name, experiment())
    start, spikes, found = simulator.state(), random_spikes(1, 200, 0.06), []
    for record in ({"exc": [0, 4, 9]}, {"inh": [3, 17]}, {"inh": [3, 17], "exc": [0, 4, 9]}, {"inh": [], "exc": [0]}):
        simulator.set_state(start)
        response = simulator.present(spikes, 200, plastic=True, record=record)
        assert response.recordings.keys() == record.keys()
        found.append(response.recordings)
    assert set(found[1]["inh"].courses) == {"v", "ge", "lockout"}
    for population, alone in (("exc", found[0]), ("inh", found[1])):
        both = found[2][population]
        assert both.neurons.tolist() == alone[population].neurons.tolist()
        assert_same_bytes(dict(both.courses), dict(alone[population].courses), population)
    assert all(course.shape == (200, 0) for course in found[3]["inh"].courses.values())
    assert found[3]["exc"].courses["v"][:, 0].tobytes() == found[0]["exc"].courses["v"][:, 0].tobytes()
    # an inh neuron that fires is reset in the step that its spike says
    assert (response.spikes["inh"].bin >= 0).any()
    for now, neuron in pairs(response.spikes["inh"]):
        if neuron == 3:
            assert found[1]["inh"].courses["v"][now, 0] == -45e-3


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("record", [{"input": [0]}, {"odd": [0]}])
def test_only_populations_of_neurons_are_recorded(name, record, built):
    simulator = built(name, experiment())
    before = simulator.state()
    with pytest.raises(StdpbenchError, match="there is no population"):
        simulator.present(random_spikes(1, 200), 200, plastic=True, record=record)
    assert_same_bytes(simulator.state(), before)
