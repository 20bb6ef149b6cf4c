"""What a simulator accepts as input, and the sentence for what it does not; a boundary has nothing in flight."""

from __future__ import annotations

import numpy as np
import pytest
from networks import (
    N_EXC,
    N_INPUT,
    SIMULATORS,
    VARIANTS,
    assert_same_bytes,
    delays_of,
    experiment,
    random_spikes,
    spikes_at,
    stimulus,
)
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.encoding import Spikes


def spikes(index: list[int], bins: list[int]) -> Spikes:
    return Spikes(np.array(index, np.int32), np.array(bins, np.int32))


REFUSED = {
    "bins descend": (spikes([1, 2], [5, 4]), "ascending"),
    "neurons of one bin descend": (spikes([2, 1], [4, 4]), "ascending"),
    "a spike twice": (spikes([2, 2], [4, 4]), "ascending"),
    "a spike twice, apart": (spikes([2, 3, 2], [4, 4, 4]), "ascending"),
    "a negative bin": (spikes([2, 2], [-1, 4]), "ascending"),
    "no such neuron": (spikes([N_INPUT], [4]), r"0 \.\. 99"),
    "no such neuron, in order": (spikes([1, N_INPUT + 50, 3], [4, 4, 6]), r"0 \.\. 99"),
    "a negative neuron": (spikes([-1], [4]), r"0 \.\. 99"),
    "after the stimulus": (spikes([1], [200]), r"bin 200 .* 199"),
    "long after": (spikes([1, 1], [3, 2**31 - 1]), r"bin 2147483647"),
}


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("plastic", [True, False], ids=["learning", "frozen"])
def test_input_that_is_no_input_is_refused_with_a_sentence(name, what, plastic, built):
    simulator = built(name, experiment())
    before = simulator.state()
    wrong, sentence = REFUSED[what]
    with refused(match=sentence):
        simulator.present(wrong, simulator.experiment.stimulus_bins, plastic=plastic)
    assert_same_bytes(simulator.state(), before)


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("record", [[-1], [N_EXC], [0, 400]])
def test_recording_a_neuron_that_is_not_there_is_refused(name, record, built):
    simulator = built(name, experiment())
    before = simulator.state()
    with pytest.raises(StdpbenchError, match=r"0 \.\. 19"):
        simulator.present(
            random_spikes(1, 200), simulator.experiment.stimulus_bins, plastic=True, record={"exc": record}
        )
    assert_same_bytes(simulator.state(), before)


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("delays", ["homogeneous", "uniform"])
@pytest.mark.parametrize("n_rest", [0, 7, 20, 50])
def test_a_spike_that_would_still_be_in_flight_is_refused(name, delays, n_rest, built):
    simulator = built(name, experiment(delays=delays))
    last = min(200, 200 + n_rest - 20) - 1
    with pytest.raises(StdpbenchError, match=rf"bin {last + 1} .*in flight.* {last}$"):
        simulator.present(
            spikes_at((3, 1), (last + 1, 1)), simulator.experiment.stimulus_bins, plastic=True, n_rest=n_rest
        )
    response = simulator.present(
        spikes_at((3, 1), (last, 1)), simulator.experiment.stimulus_bins, plastic=True, n_rest=n_rest
    )
    assert response.input.bin.tolist() == [3, last]  # as it was presented, not as it arrived


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize(("inhibition", "delays"), VARIANTS)
@pytest.mark.parametrize("plastic", [True, False], ids=["learning", "frozen"])
def test_nothing_is_in_flight_at_a_boundary(name, inhibition, delays, plastic, built):
    """All input of the last step that may carry any arrives within the presentation, and none in the next one."""
    simulator = built(name, experiment(inhibition, delays))
    delay = delays_of(simulator.experiment)
    last = 199 - (0 if delays == "none" else 20)
    everywhere = spikes_at(*((last, index) for index in range(N_INPUT)))
    simulator.theta[...] = 1.0  # out of reach, so that nothing but input moves ge
    w = simulator.w.copy()
    simulator.present(everywhere, simulator.experiment.stimulus_bins, plastic=plastic)
    # every step after an arrival halves ge (1 - dt/tau_ge)
    expected = (w * 0.5 ** (199 - (last + delay))).sum(axis=0)
    np.testing.assert_allclose(simulator.state()["exc.ge"], expected, rtol=1e-12)
    simulator.present(spikes_at(), simulator.experiment.stimulus_bins, plastic=plastic)
    np.testing.assert_allclose(simulator.state()["exc.ge"], expected * 0.5**200, rtol=1e-9)


@pytest.mark.parametrize("name", SIMULATORS)
@pytest.mark.parametrize("delays", ["none", "uniform"])
def test_no_input_at_all(name, delays, built):
    simulator = built(name, experiment(delays=delays))
    start = simulator.state()
    response = simulator.present(
        spikes_at(), simulator.experiment.stimulus_bins, plastic=True, n_rest=11, record={"exc": [0]}
    )
    assert response.counts("exc").tolist() == [0] * N_EXC
    assert len(response.spikes["exc"]) == len(response.spikes["inh"]) == len(response.input) == 0
    assert (response.recordings["exc"].courses["v"] == -65e-3).all()
    after = simulator.state()
    after.pop("feed.t_arrival", None)
    start.pop("feed.t_arrival", None)
    assert_same_bytes(after, start)


@pytest.mark.parametrize("name", SIMULATORS)
def test_all_input_at_once(name, built):
    """Every input neuron in every step, as no encoder does it: no fixed buffer overflows."""
    simulator = built(name, experiment())
    all_of_it = random_spikes(0, 200, 1.1)
    assert len(all_of_it) == 200 * N_INPUT
    response = simulator.present(all_of_it, simulator.experiment.stimulus_bins, plastic=True)
    assert response.counts("exc").sum() > 10
    assert np.isfinite(simulator.w).all()


@pytest.mark.parametrize("name", SIMULATORS)
def test_input_is_left_as_it_was(name, built):
    simulator = built(name, experiment(delays="homogeneous"))
    shown = stimulus(1, simulator)
    index, bins = shown.index.copy(), shown.bin.copy()
    simulator.present(shown, simulator.experiment.stimulus_bins, plastic=True)
    assert (shown.index == index).all()
    assert (shown.bin == bins).all()
    # arrays of other layouts and widths are the same input
    start = simulator.state()
    one = simulator.present(shown, simulator.experiment.stimulus_bins, plastic=True)
    simulator.set_state(start)
    both = np.stack([index.astype(np.int64), bins.astype(np.int64)], axis=1)
    other = simulator.present(Spikes(both[:, 0], both[:, 1]), simulator.experiment.stimulus_bins, plastic=True)
    assert (one.spikes["exc"].bin == other.spikes["exc"].bin).all()
    assert (one.spikes["exc"].index == other.spikes["exc"].index).all()
