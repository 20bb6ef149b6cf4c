"""Input spikes that carry factors: what they deliver, on both simulators, as a plain script and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from graph_script import run_scripts
from graphs import NEURONS, alone_of, graph, idle, presentations, silent, start_weights
from networks import SIMULATORS, Opener, assert_same_bytes, open_network, random_spikes, spikes_at
from refusals import refused
from test_graphs import assert_same, case_of, script_of, shown_to

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import Simulator
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.delays.constant import Constant as OneDelay
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.neurons.lif_discrete import LIFDiscrete
from stdpbench.kinds.noises.poisson import PoissonNoise
from stdpbench.kinds.weights.constant import Constant

POPULATIONS = "input:input:12 exc:adaptive:4x3 inh:lif:12 fed:lockout:3x4"
PROJECTIONS = """
feed input>exc all each triplet ge uniform plain
scaled input>inh all one pair ge uniform scaled
at_once* input>fed all none homeostatic ge uniform plain
pairwise input>inh one-to-one each bcm ge constant scaled
single input>exc one-to-one none static gi constant plain
sparse input>fed random each pair ge uniform scaled
again input>inh multiple none triplet gi uniform plain
still input>exc random one static ge constant plain
slow input>fed all each static gi uniform scaled
shared input>exc all each static ge constant plain
within exc>fed all one pair ge uniform plain
"""
"""All ways in which spikes of the input reach neurons, with and without delays, learning and not."""


def with_factors(spikes: Spikes, seed: int, dtype: Any = np.float64) -> Spikes:
    """The same spikes with factors around 1, some of them 0 or negative."""
    random = np.random.default_rng(seed)
    factor = random.choice([-0.5, 0.0, 0.5, 1.0, 1.7, 2.3], len(spikes)) * random.uniform(0.8, 1.2, len(spikes))
    return replace(spikes, factor=factor.astype(dtype))


def test_both_simulators_and_a_plain_script_agree() -> None:
    made = graph(POPULATIONS, PROJECTIONS)
    case = case_of(made, alone_of(PROJECTIONS))
    case.shown = [
        shown
        if number == 1  # without, after others with factors
        else replace(shown, spikes=with_factors(shown.spikes, number, np.float32 if number == 2 else np.float64))
        for number, shown in enumerate(presentations(made, alone_of(PROJECTIONS)))
    ]
    (outcome,) = run_scripts([script_of(case)])
    assert silent(outcome) == []
    assert idle(made, alone_of(PROJECTIONS), outcome, start_weights(made)) == []
    assert_same(case, outcome)
    compiled = case.simulators["compiled"]
    for shown in case.shown:  # factors of 1 are none, and to input traces a spike is a spike
        states = []
        for factor in (None, np.ones(len(shown.spikes), np.float32), np.zeros(len(shown.spikes))):
            compiled = case.at_start("compiled")
            shown_to(compiled, replace(shown, spikes=replace(shown.spikes, factor=factor)))
            states.append(compiled.state())
        assert_same_bytes(states[1], states[0])
        traces = [f"{name}.x" for name in ("feed", "scaled", "at_once") if name in shown.plastic]
        assert_same_bytes({name: states[2][name] for name in traces}, {name: states[0][name] for name in traces})
        assert all(states[0][name].any() for name in traces)
    case.close()


# -- by hand -----------------------------------------------------------------------------------------


def by_hand(precision: str) -> Graph:
    """An input, and neurons that hear it at once and three steps later; each potential is halved in a step."""
    cells = Population(shape=(1,), neuron=LIFDiscrete(beta=0.5))
    feed = Projection(source="input", target="now", receptor="I_exc", weight=Constant(value=0.25), scale=2.0)
    late = feed.model_copy(update={"target": "late", "delay": OneDelay(value=3.0)})
    made = {"input": Population(shape=(1,)), "now": cells, "late": cells}
    return Graph(made, {"feed": feed, "late": late}, 1.0, read="now", precision=precision)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("name", SIMULATORS)
def test_what_is_delivered_is_weight_times_factor(name: str, precision: str) -> None:
    simulator = open_network(by_hand(precision), name)
    spikes = replace(spikes_at((0, 0), (2, 0), (3, 0), (5, 0)), factor=np.array([1.5, 0.5, -1.0, 0.0]))
    response = simulator.present(spikes, 12, plastic=False, record={"now": [0], "late": [0]})
    # what arrives in a step is there in the next one: 0.75, nothing, 0.25, -0.5, nothing, 0
    now = [0.0, 0.75, 0.375, 0.4375, -0.28125, -0.140625, -0.0703125]
    courses = {each: response.recordings[each].courses["v"][:, 0].tolist() for each in ("now", "late")}
    assert courses["now"][:7] == now
    assert courses["late"][:10] == [0.0, 0.0, 0.0, *now]
    assert response.input is spikes
    simulator.reset()
    again = simulator.present(replace(spikes, factor=None), 12, plastic=False, record={"now": [0]})
    assert again.recordings["now"].courses["v"][1, 0] == 0.5  # factors do not outlast their presentation
    simulator.close()


# -- what is refused ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened() -> Iterator[Opener]:
    """Networks in Brian2's runtime mode: the checks are the same for both."""
    mine: list[Simulator] = []

    def get(lines: str = "feed input>exc all none pair ge uniform plain", **changes: Any) -> Simulator:
        made = graph("input:input:12 exc:adaptive:4x3", lines)
        mine.append(open_network(replace(made, **changes), "runtime"))
        return mine[-1]

    yield get
    for simulator in mine:
        simulator.close()


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (np.ones(3), "must be 2 numbers of type float64 or float32, one per spike, not 3 of type float64"),
        (np.ones((2, 1)), "not 2 × 1"),
        (np.array(1.0), "not a single value"),
        (np.ones(2, np.int64), "of type int64"),
        (np.array([1.0, np.nan]), "the factors of input spikes must be finite numbers"),
        (np.array([np.inf, 1.0], np.float32), "the factors of input spikes must be finite numbers"),
    ],
)
def test_factors_that_do_not_fit_are_refused(factor: Any, message: str, opened: Opener) -> None:
    simulator = opened()
    before = simulator.state()
    with refused(match=message):
        simulator.present(replace(spikes_at((1, 2), (3, 4)), factor=factor), 20, plastic=True)
    assert_same_bytes(simulator.state(), before)


@pytest.mark.parametrize(
    ("line", "changes", "plastic", "message"),
    [
        ("feed input>exc others none static ge uniform plain", {}, False, "'feed', which connects to all others"),
        ("feed input>exc all none reward ge uniform plain", {}, True, "'feed' while it learns by a rule that changes"),
        (
            "feed input>exc all each pair ge uniform plain",
            {"stream": True},
            True,
            "a stream whose input has delays: between two pieces, spikes in flight keep no factor",
        ),
    ],
)
def test_networks_that_factors_cannot_pass_are_refused(
    line: str, changes: dict[str, Any], plastic: bool, message: str, opened: Opener
) -> None:
    simulator = opened(line, **changes)
    with pytest.raises(StdpbenchError, match=message):
        simulator.present(with_factors(random_spikes(0, 20, 0.1, 12), 0), 40, plastic=plastic)
    simulator.present(random_spikes(0, 20, 0.1, 12), 40, plastic=plastic)


def test_noise_has_no_factors(opened: Opener) -> None:
    noise = PoissonNoise(receptor="ge", weight=0.1, rate=100.0)
    cells = Population(shape=(4, 3), neuron=NEURONS["adaptive"], noise=noise)
    simulator = opened(populations={"input": Population(shape=(12,)), "exc": cells})
    drawn = with_factors(random_spikes(0, 20, 0.1, 12), 0)
    with pytest.raises(StdpbenchError, match="the noise into exc must not have factors"):
        simulator.present(spikes_at(), 20, plastic=False, noise={"exc": drawn})
