"""Description of a network without Brian2."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import synaptic_name
from stdpbench.engine.network.values import brian_name
from stdpbench.experiment import Experiment


def layout(changes: dict[str, Any] | None = None, **network: Any) -> Layout:
    made = Experiment.from_mapping({"network": {"n_exc": 7, **network}}).override(changes or {})
    return Layout(made.graph(50))


INPUT, EXC, INH = "p0", "p1", "p2"
FEED, DRIVE, COMPETE = "s0", "s1", "s2"
"""Groups in Brian2 with an inhibitory layer; without one, the number of `compete` is 1."""


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


def test_only_conductances_are_affected_by_their_step():
    euler, exact = (layout(conductance_step=step).parameters for step in ("euler", "exact"))
    for group in euler:
        for name in euler[group]:
            if name not in ("tau_ge", "tau_gi"):
                assert euler[group][name] == exact[group][name], name


def test_parameters_are_in_si_units():
    parameters = layout().parameters
    assert parameters[EXC]["v_rest"] == pytest.approx(-65e-3)
    assert parameters[EXC]["tau_m"] == pytest.approx(0.1)
    assert parameters[EXC]["t_ref"] == pytest.approx(5e-3)
    assert parameters[EXC]["theta_plus"] == pytest.approx(0.05e-3)
    assert parameters[EXC][f"{COMPETE}_w"] == 17.0
    assert parameters[DRIVE]["w"] == 10.4
    assert parameters[INH]["v_reset"] == pytest.approx(-45e-3)
    assert parameters[FEED][synaptic_name("nu_pre")] == 1e-4
    assert parameters[FEED][synaptic_name("nu_post")] == 1e-2


def test_parameters_of_another_experiment():
    parameters = layout({"exc.tau_ge": "2 ms", "plasticity.tau_x": "7 ms", "network.w_inh_exc": 3}).parameters
    assert np.exp(-0.5e-3 / parameters[EXC]["tau_ge"]) == pytest.approx(0.75)
    assert parameters[INPUT][f"{FEED}_tau_x"] == pytest.approx(7e-3)
    assert parameters[EXC][f"{COMPETE}_w"] == 3


def test_names_that_brian2_reserves():
    assert not brian_name("nu_pre").endswith("_pre")
    assert not brian_name("nu_post").endswith("_post")
    assert brian_name("tau_x") == "tau_x"
    for group in layout().parameters.values():
        assert not [name for name in group if name.endswith(("_pre", "_post"))]


def test_direct_inhibition_has_no_inh_neurons():
    assert "inh" in layout().populations
    assert DRIVE in layout().parameters
    for inhibition in ("direct", "direct-undelayed"):
        made = layout(inhibition=inhibition)
        assert list(made.populations) == ["input", "exc"]
        assert list(made.projections) == ["feed", "compete"]
        assert not {INH, DRIVE} & set(made.parameters)
        assert not [name for name in made.state if name.startswith("inh.")]


def test_where_the_input_trace_lives():
    for delays in ("none", "homogeneous"):
        state = layout(delays=delays).state
        assert state["feed.x"].shape == (50,)
        assert state["feed.x"].group == INPUT
        assert "feed.t_arrival" not in state
    state = layout(delays="uniform").state
    assert state["feed.x"].shape == state["feed.t_arrival"].shape == (50, 7)
    assert {state["feed.x"].group, state["feed.t_arrival"].group} == {FEED}


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
