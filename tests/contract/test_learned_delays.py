"""Delays that learn: both simulators give what plain NumPy gives, also for spikes in flight when a delay changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import delay_reference
import numpy as np
import pytest
from delay_reference import Path, Reference
from networks import SIMULATORS, assert_same_bytes, open_network, pairs, random_spikes
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import problems
from stdpbench.kinds.connections.all_to_all import AllToAll
from stdpbench.kinds.connections.one_to_one import OneToOne
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.delay_plasticity.delay_shift import DelayShift
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.uniform import Uniform as Delays
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.adaptive_lif import AdaptiveLIF
from stdpbench.kinds.plasticity.pair_additive import PairAdditive
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.uniform import Uniform

N_INPUT, N, N_BINS, LONGEST = 20, 6, 120, 24
PRESENTATIONS = (True, True, False, True, True, True)  # whether the network learns


def shift(d_min: float = 0.0, d_max: float = LONGEST * 0.5, **changes: float) -> DelayShift:
    values = {"eta_plus": 2.0, "eta_minus": 1.5, "soft": 3.0, "tau_plus": 8.0, "tau_minus": 6.0}
    return DelayShift(d_min=d_min, d_max=d_max, **{**values, **changes})


def graph() -> Graph:
    """Weights and delays that learn; delays alone, of sparse, recurrent and one-to-one projections."""
    spread = Uniform(low=0.15, high=0.4)
    feed = Projection(
        source="input",
        target="exc",
        receptor="ge",
        weight=spread,
        delay=Delays(high=10.0),
        plasticity=PairAdditive(a_plus=0.05, a_minus=0.045),
        delay_plasticity=shift(),
    )
    sparse = replace_of(feed, connect=Random(p=0.4), plasticity=None, delay_plasticity=shift(d_min=1.0, d_max=9.5))
    sparse = replace_of(sparse, delay=Delays(high=9.0))
    back = replace_of(sparse, source="exc", receptor="gi", connect=AllToAll(), delay_plasticity=shift())
    own = replace_of(back, receptor="ge", connect=OneToOne(), weight=Constant(value=0.5), delay=OneDelay(value=6.0))
    populations = {
        "input": Population(shape=(N_INPUT,)),
        "exc": Population(shape=(N,), neuron=AdaptiveLIF(tau_m=8.0, v_rest=-45.0)),
    }
    projections = {"feed": feed, "sparse": sparse, "back": back, "own": own}
    return Graph(populations, projections, read="exc", seed=3)


def replace_of(projection: Projection, **changes: object) -> Projection:
    return projection.model_copy(update=changes)


def shown(number: int) -> Spikes:
    return random_spikes(number, N_BINS - LONGEST, 0.06, N_INPUT)


def paths(simulator: Simulator) -> list[Path]:
    """The same synapses for the reference, with what they start with."""
    found = []
    for name, projection in simulator.graph.projections.items():
        w, steps = simulator.weights(name).ravel().copy(), simulator.delays(name)
        rule = projection.delay_plasticity
        n_source = N_INPUT if projection.source == "input" else N
        match projection.connect.storage:
            case "dense":
                pre, post = (each.ravel() for each in np.indices((n_source, N)))
            case "one-to-one":
                pre = post = np.arange(N)
            case _:
                pre, post = simulator.synapses(name).source, simulator.synapses(name).target
        found.append(
            Path(
                projection.source,
                projection.receptor,
                pre.astype(np.int64),
                post.astype(np.int64),
                w,
                steps.ravel() * 0.5,
                rule.d_min,
                rule.d_max,
                projection.plasticity is not None,
            )
        )
    return found


@pytest.fixture(scope="module", params=SIMULATORS)
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    opened = open_network(graph(), request.param)
    yield opened
    opened.close()


@pytest.fixture
def start(simulator: Simulator) -> Iterator[dict[str, NDArray[np.float64]]]:
    """The state before anything was shown, to which the simulator returns."""
    simulator.reset()
    state = simulator.state()
    yield state
    simulator.set_state(state)


@pytest.mark.usefixtures("start")
def test_spikes_weights_and_delays_are_those_of_plain_numpy(simulator: Simulator) -> None:
    reference = Reference(N, mine := paths(simulator))
    without = Reference(N, paths(simulator), in_flight_keep=False)
    n_spikes, differ, before = 0, False, [path.d.copy() for path in mine]
    for number, learn in enumerate(PRESENTATIONS):
        spikes = shown(number)
        events = pairs(spikes)
        wanted = reference.present(events, N_BINS, learn)
        differ |= without.present(events, N_BINS, learn) != wanted
        response = simulator.present(spikes, N_BINS, plastic=learn)
        assert pairs(response.spikes["exc"]) == wanted
        for name, path in zip(simulator.graph.projections, mine, strict=True):
            np.testing.assert_allclose(simulator.array(f"{name}.d").ravel(), path.d * 1e-3, atol=1e-14)
            np.testing.assert_allclose(simulator.array(f"{name}.w").ravel(), path.w, atol=1e-12)
        n_spikes += len(wanted)
    assert n_spikes > 50
    assert reference.moved_in_flight > 15
    assert differ, "no spike in flight kept another delay than that of now, so that nothing was tested"
    for path, d in zip(mine, before, strict=True):
        steps = np.rint(path.d / delay_reference.DT) - np.rint(d / delay_reference.DT)
        assert (steps > 0).any() or (steps < 0).any()
        assert path.d_min <= path.d.min() <= path.d.max() <= path.d_max


@pytest.mark.usefixtures("start")
def test_a_frozen_presentation_changes_no_delay(simulator: Simulator) -> None:
    simulator.present(shown(0), N_BINS, plastic=True)
    before = {name: simulator.array(f"{name}.d").tobytes() for name in simulator.graph.projections}
    simulator.present(shown(1), N_BINS, plastic={"back"})
    after = {name: simulator.array(f"{name}.d").tobytes() for name in simulator.graph.projections}
    assert before.pop("back") != after.pop("back")
    assert before == after


@pytest.mark.usefixtures("start")
def test_the_state_is_complete(simulator: Simulator) -> None:
    """A network with another past continues in the same way from the same state, spikes in flight included."""
    for number in range(2):
        simulator.present(shown(number), N_BINS, plastic=True)
    state = simulator.state()
    assert state["exc.recent"].any()
    found = []
    for _ in range(2):
        response = simulator.present(shown(2), N_BINS, plastic=True)
        found.append((pairs(response.spikes["exc"]), simulator.state()))
        simulator.reset()
        simulator.present(shown(9), N_BINS, plastic=True)  # another past
        simulator.set_state(state)
    assert found[0][0] == found[1][0]
    assert_same_bytes(found[0][1], found[1][1])


def test_delays_out_of_bounds_are_refused(simulator: Simulator, start: dict[str, NDArray[np.float64]]) -> None:
    for wrong in (-1e-3, 13e-3, np.nan):
        simulator.array("feed.d")[0, 0] = wrong
        with pytest.raises(StdpbenchError, match=r"delays of feed must lie between 0 and d_max \(12 ms\)"):
            simulator.present(shown(0), N_BINS, plastic=False)
    simulator.set_state(start)


@pytest.mark.usefixtures("start")
def test_a_presentation_shorter_than_delays_from_neurons_is_refused(simulator: Simulator) -> None:
    none = Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
    with pytest.raises(StdpbenchError, match="presentation of 5 steps is shorter than the longest delay of back"):
        simulator.present(none, 5, plastic=False)


@pytest.mark.usefixtures("start")
def test_parameters_change_and_traces_keep_their_past(simulator: Simulator) -> None:
    """Another time constant holds from the next presentation on; the trace decays with the old one until then."""
    simulator.present(shown(0), N_BINS, plastic=True)
    before = simulator.array("feed.delay.x").copy(), simulator.array("feed.t_arrival").copy()
    made = simulator.graph
    slower = made.projections["feed"].model_copy(update={"delay_plasticity": shift(tau_plus=16.0, eta_minus=0.0)})
    simulator.set_graph(replace(made, projections={**made.projections, "feed": slower}))
    decayed = before[0] * np.exp((before[1] + 0.5e-3) / 8e-3)
    np.testing.assert_allclose(simulator.array("feed.delay.x"), decayed)
    delays = simulator.array("feed.d").copy()
    simulator.present(shown(1), N_BINS, plastic=True)
    assert (simulator.array("feed.d") >= delays).all()  # nothing decreases without eta_minus
    assert (simulator.array("feed.d") > delays).any()
    simulator.set_graph(made)


def sentences(**changes: object) -> str:
    made = graph()
    feed = made.projections["feed"].model_copy(update={k: v for k, v in changes.items() if k != "stream"})
    return "; ".join(problems(replace(made, projections={"feed": feed}, stream=bool(changes.get("stream")))))


def test_what_cannot_learn_delays_is_refused() -> None:
    assert sentences() == ""
    assert "would depend on the cut of a stream (schedule.between)" in sentences(stream=True)
    assert "d_max (12 ms) must be at least the longest delay" in sentences(delay=Delays(high=30.0))
    with pytest.raises(ValueError, match=r"d_min \(12 ms\) must be less than d_max \(12 ms\)"):
        shift(d_min=12.0)


def test_delays_may_start_from_none_or_one() -> None:
    for delay, steps in ((NoDelay(), 0), (OneDelay(value=3.0), 6)):
        feed = graph().projections["feed"].model_copy(update={"delay": delay})
        opened = open_network(replace(graph(), projections={"feed": feed}), "runtime")
        assert (opened.delays("feed") == steps).all()
        opened.close()
