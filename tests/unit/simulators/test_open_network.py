"""`stdpbench.open_network`: spikes in, spikes, courses and weights out, without a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import stdpbench
from stdpbench.engine.session import Session
from stdpbench.engine.simulators import find_compiler, open_graph
from stdpbench.kinds.encoding import Spikes

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

NETWORK = stdpbench.Network()
NETWORK.add_population("input")
NETWORK.add_population("exc", size=5, neuron={"kind": "adaptive-lif", "tau_m": "20 ms"})
NETWORK.add_projection(
    "feed",
    "input",
    "exc",
    receptor="ge",
    weight="uniform",
    plasticity="pair-additive",
    normalise={"kind": "sum", "value": 9},
)
EXPERIMENT = stdpbench.Experiment.from_mapping({"network": NETWORK, "seed": 3})


@pytest.fixture
def session() -> Iterator[Session]:
    opened = stdpbench.open_network(EXPERIMENT, 20)
    yield opened
    opened.close()


def spikes(seed: int = 1, n: int = 300, steps: int = 190) -> tuple[Any, Any]:
    at = np.random.default_rng(seed).choice(20 * steps, n, replace=False)
    return at % 20, at // 20 * 0.5


def test_it_does_what_the_simulator_does(session: Session) -> None:
    neuron, time = spikes()
    session.weights("feed")[...] *= 4
    activity = session.present(neuron, time, 100, plastic=True, record={"exc": [0, 3]})
    simulator, _ = open_graph(EXPERIMENT.graph(20))
    simulator.weights("feed")[...] *= 4
    order = np.lexsort((neuron, time))
    given = Spikes(neuron[order].astype(np.int32), np.rint(time[order] / 0.5).astype(np.int32))
    response = simulator.present(given, 200, plastic=True)
    index, at = activity.spikes["exc"]
    assert len(index)
    assert index.tolist() == response.spikes["exc"].index.tolist()
    assert at.tolist() == (response.spikes["exc"].bin * 0.5).tolist()
    assert (session.weights("feed") == simulator.weights("feed")).all()
    assert activity.courses["exc"]["v"].shape == (200, 2)
    assert session.time == 100
    simulator.close()


def test_frozen_changes_no_weight_and_normalise_scales_them(session: Session) -> None:
    before = session.weights("feed").copy()
    session.present(*spikes(), 100)
    assert (session.weights("feed") == before).all()
    session.present(*spikes(), 100, plastic=["feed"])
    assert not (session.weights("feed") == before).all()
    session.normalise()
    np.testing.assert_allclose(session.weights("feed").sum(axis=0), 9)
    session.reset()
    assert session.delays("feed") is None
    assert session.array("exc.theta").shape == (5,)


def test_pieces_of_a_stream_are_the_whole() -> None:
    opened = stdpbench.open_network(replace(EXPERIMENT.graph(20), stream=True))
    neuron, time = spikes(n=380)
    opened.weights("feed")[...] *= 4
    apart = [opened.present(neuron[chosen], time[chosen] - 10 * k, 10) for k, chosen in pieces(time)]
    assert opened.time == 100
    opened.close()
    opened = stdpbench.open_network(replace(EXPERIMENT.graph(20), stream=True))
    opened.weights("feed")[...] *= 4
    whole = opened.present(neuron, time, 100).spikes["exc"]
    opened.close()
    parts = [activity.spikes["exc"] for activity in apart]
    assert np.concatenate([index for index, _ in parts]).tolist() == whole[0].tolist()
    assert np.concatenate([at + 10 * k for k, (_, at) in enumerate(parts)]).tolist() == whole[1].tolist()
    assert len(whole[0])


def pieces(time: Any) -> Iterator[tuple[int, Any]]:
    for k in range(10):
        yield k, (time >= 10 * k) & (time < 10 * (k + 1))


@pytest.mark.parametrize(
    ("neuron", "time", "duration", "sentence"),
    [
        ([1], [3.0], 10.3, "the duration must be a positive multiple of the time step, 0.5 ms, not 10.3 ms"),
        ([1, 2], [3.0], 10, r"each spike has a neuron and a time: \(2,\) neurons, \(1,\) times"),
        ([1, 1], [3.0, 3.2], 10, "neuron 1 of the input fires twice in the step at 3 ms"),
        ([1], [10.0], 10, "a spike at 10 ms is not within 0 and 10 ms"),
        ([1], [float("nan")], 10, "a spike at nan ms is not within 0 and 10 ms"),
        ([1], [3.0], float("nan"), "the duration must be a positive multiple"),
        ([1], [3.0], -5, "the duration must be a positive multiple"),
        ([0.9], [3.0], 10, "neurons of the input are whole numbers from 0 to 19"),
        ([2**32], [3.0], 10, "neurons of the input are whole numbers from 0 to 19"),
        ([20], [1.0], 10, "neurons of the input are whole numbers from 0 to 19"),
    ],
)
def test_input_that_does_not_fit_is_one_sentence(
    session: Session, neuron: list[int], time: list[float], duration: float, sentence: str
) -> None:
    with pytest.raises(stdpbench.StdpbenchError, match=sentence):
        session.present(neuron, time, duration)


def test_names_of_experiments_bring_the_shape_of_their_data() -> None:
    opened = stdpbench.open_network("digits")
    assert opened.weights("feed").shape == (784, 400)
    opened.close()


def test_quantities_unknown_names_and_shapes_are_refused(session: Session) -> None:
    from brian2 import ms

    for arguments in (([1], [3.0] * ms, 10), ([1], [3.0], 10 * ms)):
        with pytest.raises(stdpbench.StdpbenchError, match=r"must be plain numbers in ms: divide by brian2\.ms"):
            session.present(*arguments)
    with pytest.raises(stdpbench.StdpbenchError, match="there is no projection 'fed'; did you mean 'feed'"):
        session.delays("fed")
    for shape in (0, (-3, 3), 28.0, "a", (2, 2, 2), ()):
        with pytest.raises(stdpbench.StdpbenchError, match="shape must be a number of inputs, or rows and columns"):
            stdpbench.open_network(EXPERIMENT, shape)
