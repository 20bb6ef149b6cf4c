"""The layout of a network: names, parameters and state of its groups, and what its projections cost."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from stdpbench.base.units import thousands
from stdpbench.engine.network import Layout
from stdpbench.engine.network.costs import Cost, costs, costs_sentence
from stdpbench.engine.network.memory import synapse_memory
from stdpbench.experiment import Experiment, NetworkDraft, read_experiment


def layout(changes: dict[str, Any] | None = None, **network: Any) -> Layout:
    made = Experiment.from_mapping({"network": {"n_exc": 7, **network}}).override(changes or {})
    return Layout(made.graph(50))


EXC, INH = "p1", "p2"
"""Groups in Brian2."""


@pytest.mark.parametrize("inhibition", ["layer", "direct"])
def test_eulers_decay_of_conductances_as_a_time_constant(inhibition):
    """tau' = -dt/ln(1 - dt/tau): 0.7213 ms for 1 ms, 1.7380 ms for 2 ms at dt 0.5 ms."""
    parameters = layout(inhibition=inhibition).parameters
    assert parameters[EXC]["tau_ge"] * 1e3 == pytest.approx(0.7213, abs=5e-5)
    assert parameters[EXC]["tau_gi"] * 1e3 == pytest.approx(1.7380, abs=5e-5)
    for tau, plain in ((parameters[EXC]["tau_ge"], 1.0), (parameters[EXC]["tau_gi"], 2.0)):
        assert np.exp(-0.5e-3 / tau) == pytest.approx(1 - 0.5 / plain, rel=1e-14)
    if inhibition == "layer":
        assert parameters[INH]["tau_ge"] == parameters[EXC]["tau_ge"]


def test_the_exact_decay_keeps_the_time_constants():
    parameters = layout(conductance_step="exact").parameters
    assert parameters[EXC]["tau_ge"] == pytest.approx(1e-3, rel=1e-15)
    assert parameters[EXC]["tau_gi"] == pytest.approx(2e-3, rel=1e-15)


def test_the_reset_state():
    state = layout({"exc.v_rest": "-70 mV"}).state
    assert state["exc.v"].reset == pytest.approx(-70e-3)
    assert state["inh.v"].reset == pytest.approx(-60e-3)
    lasting = {name for name, variable in state.items() if variable.reset is None}
    assert lasting == {"feed.w", "exc.theta"}
    assert all(variable.reset == 0 for name, variable in state.items() if name.endswith((".ge", ".gi", ".y1", ".x")))
    assert all(name == variable.name for name, variable in state.items())


@pytest.mark.parametrize(
    ("delays", "max_delay", "steps"), [("none", 10.0, 0), ("homogeneous", 10.0, 20), ("uniform", 4.0, 8)]
)
def test_the_longest_delay(delays, max_delay, steps):
    assert layout(delays=delays, max_delay=max_delay).max_delay_bins == steps


def test_a_layout_needs_no_brian2():
    code = (
        "import sys; from stdpbench.engine.network import Layout; from stdpbench.experiment import Experiment;"
        "Layout(Experiment.from_mapping({}).graph(784)).parameters; print('brian2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


# what projections cost: synapses and memory, as the simulators count them

DIGITS = NetworkDraft(read_experiment("digits"))


def test_costs_are_those_of_the_simulators() -> None:
    graph = DIGITS.graph(784)
    found = costs(graph)
    assert found["compete"] == Cost(400 * 399, 0)  # a counter of spikes stands for its synapses
    assert found["feed"].synapses == 784 * 400
    assert sum(each.memory for each in found.values()) == synapse_memory(Layout(graph)) > 0
    sentence = f"{thousands(784 * 400 + 400 * 399)} synapses take 12 MiB in each process with the network."
    assert costs_sentence(found, 2) == sentence


def test_costs_of_drawn_synapses_are_expected_ones() -> None:
    graph = DIGITS.with_value("network.projections.feed.connect.kind", "random").graph(784)
    feed = costs(graph)["feed"]
    assert (feed.synapses, feed.expected) == (31_360, True)
    assert costs_sentence({"feed": feed}, 1).startswith(f"About {thousands(31_360)} synapses take ")


def test_costs_of_synapses_whose_number_does_not_depend_on_what_is_drawn_are_exact() -> None:
    graph = read_experiment("polychrony-2006").graph()
    found = costs(graph)
    assert found["exc_exc"] == Cost(64_000, found["exc_exc"].memory, expected=False)
    assert {name: len(graph.synapses(name)) for name in found} == {name: one.synapses for name, one in found.items()}
    assert costs_sentence(found, 3).startswith(f"{thousands(100_000)} synapses take ")
    local = costs(read_experiment("local-digits").graph(20, 20))["feed"]
    assert (local.synapses, local.expected) == (9 * 44 * 100, False)


def test_what_is_not_known_is_not_counted() -> None:
    assert list(costs(DIGITS.graph())) == ["compete"]  # the data give the number of inputs
    wrong = DIGITS.with_value("network.projections.feed.connect.kind", "one-to-one").graph(784)
    found = costs(wrong)
    assert list(found) == ["compete"]
    assert costs_sentence(found, 2).endswith("Not counted: 1 of 2 projections, with errors or an unknown input.")
    assert costs_sentence({}, 0) == ""
