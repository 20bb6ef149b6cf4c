"""Networks in float32: how far they may be from float64, what stays float64, and what goes from one to the other.

Tolerances follow from the rounding of one step. u = 6e-8 is half the distance of neighbouring float32 near 1.

* v is near 65 mV, so that a step rounds it by at most u * 65 mV = 4 nV, some times over. A step takes at least
  dt/tau_m = 1/200 of a deviation away, so that it stays below 200 times that: 1 µV, 1/10 000 of the distance between
  rest and threshold.
* A weight is at most 1; each change rounds it by at most u, and it changes at most as often as spikes arrive.
* A neuron spikes a step later only if v is within these 1 µV of its threshold, which a step of some 0.1 mV seldom
  meets: most presentations have the same spikes, not all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from networks import Opener, assert_same_bytes, experiment, fingerprint, put_start, stimulus

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network import normalise
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.normalisations.norm import Norm
from stdpbench.kinds.plasticity import rules

U = 2.0**-24
RULES = [kind for kind in rules.kinds() if kind != "custom" and rules.get(kind).runs_in_digit_network]


def single(inhibition: str = "layer", delays: str = "none", **changes: Any) -> Experiment:
    return experiment(inhibition, delays, **changes, simulator__precision="float32")


def present(simulator: Simulator, number: int, *, plastic: bool = True, **more: Any) -> Response:
    spikes = stimulus(number, simulator, 0.03)
    return simulator.present(spikes, simulator.experiment.stimulus_bins, plastic=plastic, **more)


def spike_list(response: Response) -> list[tuple[str, bytes, bytes]]:
    return [(name, each.index.tobytes(), each.bin.tobytes()) for name, each in response.spikes.items()]


LONG = {"network__max_delay": 100.0, "network__n_exc": 330, "schedule__stimulus": 200.0}
"""Delays so long that steps times neurons are more than 16 bits hold."""


@pytest.mark.parametrize(
    ("inhibition", "delays", "changes", "shown"),
    [("layer", "none", {}, 16), ("direct", "uniform", {}, 16), ("direct", "uniform", LONG, 4)],
)
def test_it_is_float64_but_for_rounding(
    inhibition: str, delays: str, changes: dict[str, Any], shown: int, built: Opener
) -> None:
    exact = built("compiled", experiment(inhibition, delays, **changes))
    rounded = built("compiled", single(inhibition, delays, **changes))
    same, n_spikes = 0, 0
    for number in range(shown):
        for simulator in (exact, rounded):
            put_start(simulator, number)
        # both start from the same weights
        exact.w[...] = rounded.w
        one, other = (present(simulator, number, record={"exc": [0, 7]}) for simulator in (exact, rounded))
        n_spikes += len(one.spikes["exc"].index)
        if spike_list(one) != spike_list(other):
            continue
        same += 1
        arrivals = np.bincount(one.input.index, minlength=exact.layout.n_input).max() + one.counts("exc").max()
        assert np.abs(exact.w - rounded.w).max() <= 2 * U * arrivals
        # a spike adds theta_plus in float64 in both
        assert np.array_equal(exact.theta, rounded.theta)
        courses = [each.recordings["exc"].courses for each in (one, other)]
        assert np.abs(courses[0]["v"] - courses[1]["v"]).max() <= 1e-6
        assert courses[1]["v"].dtype == np.float64
    assert n_spikes > 5 * shown
    assert same >= 0.75 * shown


def test_what_is_held_in_which_numbers(built: Opener) -> None:
    simulator = built("compiled", single("direct", "uniform"))
    exact = {name for name, array in simulator.state().items() if array.dtype == np.float64}
    assert exact == {"exc.theta", "exc.recent", "compete.total"}
    assert {array.dtype for array in simulator.state().values()} == {np.dtype("float32"), np.dtype("float64")}
    assert {array.dtype for array in simulator.learned.values()} == {np.dtype("float64")}
    assert all(np.array_equal(array, simulator.array(name)) for name, array in simulator.learned.items())


def test_frozen_presentations_keep_every_bit_and_state_goes_back_to_the_bit(built: Opener) -> None:
    simulator = built("compiled", single())
    present(simulator, 1)
    before = simulator.state()
    frozen = present(simulator, 2, plastic=False)
    assert len(frozen.spikes["exc"].index) > 0
    kept = ("feed.w", "exc.theta", "feed.x", "feed.y1", "feed.y2")
    assert_same_bytes({name: before[name] for name in kept}, {name: simulator.state()[name] for name in kept})
    simulator.set_state(before)
    assert_same_bytes(before, simulator.state())
    assert fingerprint(present(simulator, 2, plastic=False)) == fingerprint(frozen)
    learned = simulator.learned
    simulator.set_learned(learned)
    assert simulator.learned == learned


def test_it_goes_on_from_float64_and_back(built: Opener) -> None:
    exact, rounded = built("compiled", experiment()), built("compiled", single())
    present(exact, 1)
    rounded.copy_state_from(exact, ())
    nearest = {name: array.astype(rounded.array(name).dtype) for name, array in exact.state().items()}
    assert_same_bytes(rounded.state(), nearest)
    exact.set_state(rounded.state())
    assert all(np.array_equal(array, rounded.array(name)) for name, array in exact.state().items())


def test_both_simulators_agree(built: Opener) -> None:
    """Brian2's runtime mode holds the same float32, and computes in between in float64."""
    compiled, runtime = built("compiled", single()), built("runtime", single())
    same = 0
    for number in range(4):
        for simulator in (compiled, runtime):
            put_start(simulator, number)
        assert {name: array.dtype for name, array in compiled.state().items()} == {
            name: array.dtype for name, array in runtime.state().items()
        }
        if spike_list(present(compiled, number)) == spike_list(present(runtime, number)):
            same += 1
            assert np.abs(compiled.w - runtime.w).max() <= 2 * U * 30
            assert np.abs(compiled.array("exc.v") - runtime.array("exc.v")).max() <= 1e-6
    assert same >= 2


@pytest.mark.parametrize("made", [experiment(), single()], ids=["float64", "float32"])
def test_weights_are_scaled_by_sums_in_float64(made: Experiment, built: Opener) -> None:
    simulator = built("compiled", made)
    w, u = simulator.w, np.finfo(simulator.w.dtype).epsneg
    w[:, 3], w[:, 5] = 0.0, np.finfo(w.dtype).tiny / 10  # next to nothing: the factor would not be finite
    by_numpy = w.copy()
    silent = simulator.normalise("feed")
    assert silent.tolist() == normalise(by_numpy, 20.0).tolist() == [3, 5]
    assert w.tobytes() == by_numpy.tobytes()
    # weights are rounded by the factor and by the product; sums of 100 in float64, for the factor and here
    sums = np.delete(w.sum(axis=0, dtype=np.float64), silent)
    assert np.abs(sums - 20.0).max() <= 20.0 * (3 * u + 2 * 100 * 2.0**-53)


@pytest.mark.parametrize("made", [experiment(), single()], ids=["float64", "float32"])
def test_weights_are_scaled_to_a_length_as_numpy_does(made: Experiment, built: Opener) -> None:
    simulator = built("compiled", made.override({"network.weight_sum": None, "network.weight_norm": 2.0}))
    w = simulator.w
    w[:, 3] = 0.0
    by_numpy = w.copy()
    assert simulator.normalise("feed").tolist() == Norm(value=2.0).apply(by_numpy).tolist() == [3]
    np.testing.assert_allclose(w, by_numpy, rtol=2 * np.finfo(w.dtype).eps)
    np.testing.assert_allclose(np.linalg.norm(np.delete(w, 3, axis=1), axis=0), 2.0, rtol=1e-6)


def test_precision_is_structural(opened: Opener) -> None:
    simulator = opened("runtime", experiment())
    with pytest.raises(StdpbenchError, match=r"simulator\.precision is structural"):
        simulator.set_parameters(single())


@pytest.mark.slow
@pytest.mark.parametrize("delays", ["none", "uniform"])
@pytest.mark.parametrize("kind", RULES)
def test_every_rule_changes_weights_as_in_float64(kind: str, delays: str) -> None:
    """Brian2 gives the same change, whatever the rule, within the rounding of weights, traces and their products."""
    from networks import open_network

    changed = {}
    for precision in ("float64", "float32"):
        made = experiment("direct", delays, simulator__precision=precision, schedule__between="carry")
        made = made.with_rule({"kind": kind})
        simulator = open_network(made.graph(100), "compiled")
        simulator.set_parameters(made)
        put_start(simulator)
        simulator.w[...] = simulator.w.astype(np.float32)
        before = simulator.w.astype(np.float64)
        response = present(simulator, 3)
        changed[precision] = (spike_list(response), simulator.w.astype(np.float64) - before)
        simulator.close()
    (spikes, exact), (other, rounded) = changed["float64"], changed["float32"]
    if spikes == other:
        assert np.abs(exact - rounded).max() <= 200 * U + 1e-4 * np.abs(exact).max()
    else:
        assert np.abs(exact).sum() == pytest.approx(np.abs(rounded).sum(), rel=0.1, abs=1e-4)
