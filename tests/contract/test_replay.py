"""Weights that are computed anew from spikes, against the simulators that had them change."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from networks import DELAYS, N_EXC, N_INPUT, delays_of, experiment, put_start, stimulus
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.engine.network.layout import LAST_ARRIVAL
from stdpbench.engine.simulators import Response, Simulator
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import PlasticityRule, Trace, rules
from stdpbench.kinds.plasticity.replay import ReceivedSpikes, replay, weights_before


class PowerLaw(PlasticityRule):
    """A rule of other shape: traces that add, changes that depend on the weight, several statements."""

    kind: Literal["power-law"] = "power-law"
    rate: float = parameter(0.02, unit="", help="Rate.")
    mu: float = parameter(0.4, unit="", help="Exponent.")
    tau_a: float = parameter(15.0, unit="ms", help="Input trace.")
    tau_b: float = parameter(30.0, unit="ms", help="Output trace.")

    summary: ClassVar[str] = "of the tests"
    reference: ClassVar[str] = "none"
    traces: ClassVar[tuple[Trace, ...]] = (
        Trace("a", "input", "tau_a", "add"),
        Trace("b", "output", "tau_b", "add"),
    )
    on_input_spike: ClassVar[str] = "w -= rate*b*w**mu*exp(-a)\nw = clip(w, 0, w_max)"
    on_output_spike: ClassVar[str] = "w = clip(w + rate*a*(w_max - w)**mu, 0, w_max)"


def lively(delays: str = "none", **changes: Any) -> Experiment:
    """Neurons that fire more than once or twice in a presentation."""
    return experiment("layer", delays, network__w_inh_exc=0.2, exc__theta_offset=30.0, **changes)


def start_traces(simulator: Simulator, neuron: int) -> dict[str, Any]:
    """Traces of one neuron at the end of the presentation before."""
    state, made, feed = simulator.state(), simulator.experiment, simulator.layout.projections["feed"]
    found: dict[str, Any] = {}
    for trace in made.plasticity.traces:
        if trace.side == "output":
            found[trace.name] = state[f"feed.{trace.name}"][neuron]
        elif feed.delays_differ:
            since = state[f"feed.{LAST_ARRIVAL}"][:, neuron] + made.network.dt * 1e-3
            tau = made.plasticity.quantities()[trace.tau]
            found[trace.name] = state[f"feed.{trace.name}"][:, neuron] * np.exp(np.minimum(since, 0) / tau)
        else:
            found[trace.name] = state[f"feed.{trace.name}"]
    found |= {name: state[f"feed.{name}"][:, neuron] for name in feed.synapse_variables}
    return found | {average.name: state[f"feed.{average.name}"][neuron] for average in made.plasticity.averages}


def heard(made: Experiment, response: Response, n_rest: int, neuron: int, v_start: float) -> ReceivedSpikes:
    delays: int | NDArray[np.int64] = delays_of(made)[:, neuron]
    if made.network.delays != "uniform":
        delays = int(delays[0])
    output = response.spikes["exc"].bin[response.spikes["exc"].index == neuron]
    shown = response.input
    v = np.append(v_start, response.recordings["exc"].courses["v"][:-1, neuron])
    return ReceivedSpikes.of(made.stimulus_bins + n_rest, shown.index, shown.bin, output, delays, v)


def busiest(response: Response) -> int:
    return int(np.bincount(response.spikes["exc"].index, minlength=N_EXC).argmax())


def check(simulator: Simulator) -> None:
    """Two presentations in a row, the second one from the traces that the first one leaves behind."""
    made = simulator.experiment
    for seed in (1, 2):
        before, carried = simulator.w.copy(), [start_traces(simulator, neuron) for neuron in range(N_EXC)]
        v, shown = simulator.state()["exc.v"], stimulus(seed, simulator, n_rest=40)
        response = simulator.present(
            shown, simulator.experiment.stimulus_bins, plastic=True, n_rest=40, record={"exc": range(N_EXC)}
        )
        neuron = busiest(response)
        assert np.count_nonzero(response.spikes["exc"].index == neuron) > 2
        spikes = heard(made, response, 40, neuron, v[neuron])
        made_anew = replay(made.plasticity, made.network.dt * 1e-3, spikes, before[:, neuron], carried[neuron])
        assert np.abs(made_anew.end - before[:, neuron]).max() > 1e-4
        np.testing.assert_allclose(made_anew.end, simulator.w[:, neuron], rtol=0, atol=1e-9)
        np.testing.assert_array_equal(made_anew.weights(spikes.n_bins - 1), made_anew.end)
        for name, value in start_traces(simulator, neuron).items():
            np.testing.assert_allclose(made_anew.traces_end[name], value, rtol=0, atol=1e-9)
        found, beyond = weights_before(
            made.plasticity, made.network.dt * 1e-3, spikes, simulator.w[:, neuron], carried[neuron]
        )
        assert beyond < 1e-9
        courses = np.stack([made_anew.weight(pixel) for pixel in range(N_INPUT)])
        # never cut at a bound, not even between the two changes of one step
        free = (courses > 0.05).all(axis=1) & (courses < made.plasticity.w_max - 0.05).all(axis=1)
        assert free.sum() > N_INPUT // 4
        np.testing.assert_allclose(found.start[free], before[free, neuron], rtol=0, atol=1e-9)


@pytest.mark.parametrize("delays", DELAYS)
def test_replayed_weights_are_those_of_the_simulator(built: Any, delays: str) -> None:
    check(built("compiled", lively(delays, plasticity__nu_pre=0.01)))


@pytest.mark.slow  # every registered rule is replayed in test_rules.py
def test_rules_of_another_shape_too(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules._built_in, "power-law", f"{__name__}:PowerLaw")
    simulator = opened("runtime", lively(plasticity__kind="power-law"))
    put_start(simulator)
    check(simulator)
