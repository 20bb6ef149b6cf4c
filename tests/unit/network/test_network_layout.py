"""Description of a network without Brian2."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from stdpbench.engine.network import Layout
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
