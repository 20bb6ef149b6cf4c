"""Equations of rules whose weights change between spikes too, written a second time for `checks.trains`.

Times are in ms, potentials in mV, currents in pA. Nothing is shared with the declarations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Constants = Mapping[str, float]
_DT, _TAIL = 0.5, 50.0


def reward(inputs: Floats, outputs: Floats, w: float, p: Constants, *, dopamine: float) -> float:
    """Return the weight long after the last spike, with a reward at time 0.

    Between spikes c and d decay, and dw/dt = c (d + tonic) has a closed form.
    """
    events = sorted([(t, 0) for t in inputs.tolist()] + [(t, 1) for t in outputs.tolist()])
    tau_c, tau_d = 1e3 * p["tau_c"], 1e3 * p["tau_d"]
    both = 1 / (1 / tau_c + 1 / tau_d)
    c, d, before = 0.0, dopamine, 0.0
    for now, is_output in [*events, (1e6, -1)]:
        passed = now - before
        area = d * both * (1 - np.exp(-passed / both)) + p["tonic"] * tau_c * (1 - np.exp(-passed / tau_c))
        w = min(max(w + 1e-3 * c * float(area), 0.0), p["w_max"])
        c, d, before = c * float(np.exp(-passed / tau_c)), d * float(np.exp(-passed / tau_d)), now
        if is_output == 1:
            c += p["a_plus"] * float(np.exp(-(now - inputs[inputs <= now]) / p["tau_plus"]).sum())
        elif is_output == 0:
            c -= p["a_minus"] * float(np.exp(-(now - outputs[outputs < now]) / p["tau_minus"]).sum())
    return w


def clopath(inputs: Floats, outputs: Floats, w: float, p: Constants) -> float:
    """Return the weight 50 ms after the last spike, on a neuron that is driven to spike at given times.

    Everything takes steps of 0.5 ms, as in the check that calls it: filters of the potential, potential, weight.
    """
    input_steps, output_steps = (set(np.rint(side / _DT).astype(int).tolist()) for side in (inputs, outputs))
    n_steps = max(*input_steps, *output_steps) + round(_TAIL / _DT) + 1
    potential, late, x = _potential(n_steps, output_steps), round(p["delay"] / _DT), 0.0
    low, high = _filtered(potential, p["tau_minus"]), _filtered(potential, p["tau_plus"])
    for step in range(n_steps):
        then = step - late
        x *= float(np.exp(-_DT / p["tau_x"]))
        over = max(potential[step] - p["theta_plus"], 0.0) * max(_at(high, then) - p["theta_minus"], 0.0)
        w = min(w + p["a_ltp"] * x * _DT / p["tau_x"] * over, p["w_max"])
        if step in input_steps:
            w = max(w - p["a_ltd"] * max(_at(low, then) - p["theta_minus"], 0.0), 0.0)
            x += 1
    return w


def _filtered(potential: list[float], tau: float) -> list[float]:
    """Return a filtered potential in each step, which has followed the potential of the step before."""
    course, u = list[float](), _REST
    for v in [_REST, *potential[:-1]]:
        u = v + (u - v) * float(np.exp(-_DT / tau))
        course.append(u)
    return course


def _at(course: list[float], step: int) -> float:
    return course[step] if step >= 0 else _REST


_REST = -70.6


def _potential(n_steps: int, output_steps: set[int]) -> list[float]:
    """Return the potential of the adaptive exponential neuron of Clopath et al., in each step.

    A pulse of current starts a spike at once. The potential is held for 2 ms; then it is reset.
    """
    v, adaptation, z, threshold, left = _REST, 0.0, 0.0, -50.4, 0
    course = []
    for step in range(n_steps):
        if left:  # of the four steps of a spike
            left -= 1
            z, threshold = z - _DT / 40 * z, threshold + _DT / 50 * (-50.4 - threshold)
            if left:
                v = 29.4 + (3.462 if left <= 2 else 0.0)
                course.append(v)
                continue
            z, threshold = 400.0, -30.4
            v, adaptation = -49.5016, adaptation + 80.5
        current = 30 * (2 * float(np.exp((v - threshold) / 2)) - (v - _REST)) - adaptation + z
        if step in output_steps:
            current += 1e6 / _DT
        moved = v + _DT / 281 * current
        adaptation += _DT / 144 * (4 * (v - _REST) - adaptation)
        z, threshold = z - _DT / 40 * z, threshold + _DT / 50 * (-50.4 - threshold)
        v, left = (29.4, 4) if moved > 20 else (moved, 0)
        course.append(v)
    return course
