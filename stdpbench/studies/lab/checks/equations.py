"""Published equations of the rules, written a second time for `stdpbench.studies.lab.checks.trains`.

They share no code with the declaration of a rule. A trace is a sum over earlier spikes instead of an integrated
variable, and constants are repeated, in the units of the parameters. Times are in ms, potentials in mV, currents in
pA.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

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


def calcium(inputs: Floats, outputs: Floats, w: float, p: Constants) -> float:
    """Return the weight long after the last spike: calcium is a sum over earlier spikes, in ms and units of 1/s."""
    entries = sorted([(t + p["delay"], p["c_pre"]) for t in inputs] + [(t, p["c_post"]) for t in outputs])
    times = np.array([t for t, _ in entries])
    for number, (now, _) in enumerate(entries):
        c = sum(amount * np.exp((t - now) / p["tau_ca"]) for t, amount in entries[: number + 1])
        rest = (times[number + 1] if number + 1 < len(times) else np.inf) - now
        crossed = {"p": -np.inf, "d": -np.inf}
        for side in crossed:  # when calcium falls below the threshold
            crossed[side] = min(p["tau_ca"] * np.log(c / p[f"theta_{side}"]), rest)
        for rates in (("p", "d"), ("d",) if crossed["d"] > crossed["p"] else ("p",)):
            start = max(0.0, min(crossed.values())) if len(rates) == 1 else 0.0
            end = max(0.0, min(crossed.values()) if len(rates) == 2 else max(crossed.values()))
            up, down = (p[f"gamma_{side}"] / p["tau"] * 1e-3 if side in rates else 0.0 for side in ("p", "d"))
            aim = p["w_max"] * up / (up + down)
            w = float(aim + (w - aim) * np.exp(-(up + down) * (end - start)))
    return w


def clopath(inputs: Floats, outputs: Floats, w: float, p: Constants) -> float:
    """Return the weight 50 ms after the last spike, for a neuron that is driven to spike at given times.

    Filters of the potential, potential and weight take steps of 0.5 ms, as in the check that calls this function.
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
    """Return the filtered potential in each step, which follows the potential of the step before."""
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

    A pulse of current starts a spike immediately. The potential is held for 2 ms, then reset.
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


Floats = NDArray[np.float64]
Constants = Mapping[str, float]
STEP = 0.5
"""Step of averages and of imposed spikes, in ms."""
_ODD_W_MAX = 1.7


@dataclass(frozen=True)
class Past:
    """Ages of the spikes before an update.

    The spike that causes the update is not included. Of simultaneous spikes, the input spike comes first.

    Attributes
    ----------
    inputs, outputs : ndarray, float64, ms
        Ages of the spikes of each side.
    at_input : bool
        Whether an input spike causes the update; else an output spike does.
    """

    inputs: Floats
    outputs: Floats
    at_input: bool

    def x(self, tau: float) -> float:
        """Return the sum over all input spikes, each weighted by its age."""
        return float(np.exp(-self.inputs / tau).sum())

    def y(self, tau: float) -> float:
        """Return the sum over all output spikes, each weighted by its age."""
        return float(np.exp(-self.outputs / tau).sum())

    def last_x(self, tau: float) -> float:
        """Return the weight of the latest input spike by its age."""
        return float(np.exp(-self.inputs / tau).max(initial=0.0))

    def last_y(self, tau: float) -> float:
        """Return the weight of the latest output spike by its age."""
        return float(np.exp(-self.outputs / tau).max(initial=0.0))


Update = Callable[[float, Constants, Past], float | None]
"""Weight after a spike without bounds, given the weight, the constants and the past; None: no update."""
Run = Callable[[Floats, Floats, float, Constants], float]


@dataclass(frozen=True)
class Equations:
    """The published equations of a rule.

    Attributes
    ----------
    run : callable
        Returns the final weight, given input and output spikes, the initial weight and the constants.
    published : mapping
        The default constants.
    odd : mapping
        Other constants, all of them different.
    presets : mapping
        Constants of each preset.
    extreme : mapping
        Replacements for some of the other constants, with which a bound inside an equation decides the result.
    reversible : tuple of str
        Amplitudes that may be negative.
    tolerance : float
        Largest difference of a weight change.
    state : mapping
        Synapse variables at the beginning; default: 0.
    """

    run: Run
    published: Constants
    odd: Constants
    presets: Mapping[str, Constants] = field(default_factory=dict)
    extreme: Constants = field(default_factory=dict)
    reversible: tuple[str, ...] = ()
    tolerance: float = 1e-9
    state: Constants = field(default_factory=dict)


def _follow(update: Update, inputs: Floats, outputs: Floats, w: float, constants: Constants) -> float:
    """Return the weight after all spikes, clipped to its bounds after each."""
    events = sorted([(t, 0) for t in inputs.tolist()] + [(t, 1) for t in outputs.tolist()])
    for now, is_output in events:
        earlier = inputs[inputs <= now] if is_output else inputs[inputs < now]
        past = Past(now - earlier, now - outputs[outputs < now], not is_output)
        if (changed := update(w, constants, past)) is not None:
            w = min(max(changed, 0.0), constants["w_max"])
    return w


def _power(base: float, exponent: float) -> float:
    """Return a power of the distance from a bound; beyond the bound, the power of 0."""
    return float(max(base, 0.0) ** exponent)


def _additive(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - p["a_minus"] * p["w_max"] * past.y(p["tau_minus"])
    return w + p["a_plus"] * p["w_max"] * past.x(p["tau_plus"])


def _custom(w: float, p: Constants, past: Past) -> float:
    return w - p["a_minus"] * past.y(p["tau_minus"]) if past.at_input else w + p["a_plus"] * past.x(p["tau_plus"])


def _reduced_nearest(w: float, p: Constants, past: Past) -> float:
    since_input, since_output = float(past.inputs.min(initial=np.inf)), float(past.outputs.min(initial=np.inf))
    if past.at_input:  # the latest output spike counts if no input spike has come after it
        return w - p["a_minus"] * p["w_max"] * past.last_y(p["tau_minus"]) * (since_output <= since_input)
    return w + p["a_plus"] * p["w_max"] * past.last_x(p["tau_plus"]) * (since_input < since_output)


def _multiplicative(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - p["lam"] * p["alpha"] * w * past.y(p["tau_minus"])
    return w + p["lam"] * (p["w_max"] - w) * past.x(p["tau_plus"])


def _van_rossum(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - p["lam"] * p["alpha"] * w * past.y(p["tau_minus"])
    return w + p["lam"] * p["w_max"] * past.x(p["tau_plus"])


def _power_law(w: float, p: Constants, past: Past) -> float:
    share = w / p["w_max"]
    if past.at_input:
        return w - p["lam"] * p["alpha"] * p["w_max"] * _power(share, p["mu"]) * past.y(p["tau_minus"])
    return w + p["lam"] * p["w_max"] * _power(1 - share, p["mu"]) * past.x(p["tau_plus"])


def _triplet(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - past.y(p["tau_minus"]) * (p["a2_minus"] + p["a3_minus"] * past.x(p["tau_x"]))
    return w + past.x(p["tau_plus"]) * (p["a2_plus"] + p["a3_plus"] * past.y(p["tau_y"]))


def _triplet_nearest(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - past.last_y(p["tau_minus"]) * (p["a2_minus"] + p["a3_minus"] * past.last_x(p["tau_x"]))
    return w + past.last_x(p["tau_plus"]) * (p["a2_plus"] + p["a3_plus"] * past.last_y(p["tau_y"]))


def _diehl_cook_triplet(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - p["nu_pre"] * past.last_y(p["tau_y1"])
    return w + p["nu_post"] * past.last_x(p["tau_x"]) * past.last_y(p["tau_y2"])


def _diehl_cook_power_law(w: float, p: Constants, past: Past) -> float | None:
    if past.at_input:
        return None
    return w + p["eta"] * (past.x(p["tau_x"]) - p["x_tar"]) * _power(p["w_max"] - w, p["mu"])


def _diehl_cook_exponential(w: float, p: Constants, past: Past) -> float | None:
    if past.at_input:
        return None
    grown, shrunk = np.exp(-p["beta"] * w), np.exp(-p["beta"] * (p["w_max"] - w))
    return w + p["eta"] * float(past.x(p["tau_x"]) * grown - p["x_tar"] * shrunk)


def _diehl_cook_pre_post(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w - p["eta_pre"] * past.y(p["tau_y"]) * _power(w, p["mu"])
    return w + p["eta_post"] * (past.x(p["tau_x"]) - p["x_tar"]) * _power(p["w_max"] - w, p["mu"])


def _symmetric(w: float, p: Constants, past: Past) -> float:
    return w + p["eta"] * (past.y(p["tau_y"]) if past.at_input else past.x(p["tau_x"]))


def _oja(w: float, p: Constants, past: Past) -> float | None:
    if past.at_input:
        return None
    return w + p["eta"] * (past.x(p["tau_x"]) - p["gamma"] * past.y(p["tau_y"]) * w)


def _bcm(w: float, p: Constants, past: Past) -> float | None:
    if past.at_input:
        return None
    # theta_m follows y^2/y_0 in steps of 0.5 ms; in each, y is the value before the spike at its end
    tau, slow = p["tau_y"], p["tau_theta_m"]
    ages = np.arange(0.0, past.outputs.max(initial=0.0), STEP)
    since = past.outputs - ages[:, np.newaxis]
    y = np.where(since > 0, np.exp(-since.clip(0) / tau), 0.0).sum(axis=1)
    theta_m = float((y**2 * np.exp(-ages / slow)).sum()) * float(1 - np.exp(-STEP / slow)) / p["y_target"]
    return w + p["eta"] * (past.y(tau) - theta_m) * past.x(p["tau_x"])


def _competitive(w: float, p: Constants, past: Past) -> float | None:
    if past.at_input:
        return None
    wins = past.y(p["tau_wins"])
    rate = min(max(p["eta"] / (1 + wins), p["eta_min"]), 1.0)
    return w + rate * (p["gain"] * past.x(p["tau_x"]) - w)


def _inhibitory(w: float, p: Constants, past: Past) -> float:
    if past.at_input:
        return w + p["eta"] * (past.y(p["tau"]) - 2 * p["rho_0"] * 1e-3 * p["tau"])
    return w + p["eta"] * past.x(p["tau"])


def _clopath_lif(w: float, p: Constants, past: Past) -> float:
    tau = p["tau_minus"] if past.at_input else p["tau_plus"]
    excess = max(_LIF_REST + p["spike_area"] / tau * past.y(tau) - p["theta_minus"], 0.0)
    if past.at_input:
        return w - p["a_ltd"] * excess
    return w + p["a_ltp"] * p["upstroke"] * past.x(p["tau_x"]) / p["tau_x"] * excess


_LIF_REST = -65.0  # mV, of the neuron whose spikes are imposed
_TAUS = {"tau_plus": 13.0, "tau_minus": 37.0}
_CORTEX = {"w_max": 1.0, "tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0}


def _row(*values: float) -> Constants:
    """Return the constants of a row of tables 3 and 4 of Pfister & Gerstner: A2+, A3+, A2-, A3-, tau_x, tau_y."""
    return {
        **_CORTEX,
        **dict(zip(("a2_plus", "a3_plus", "a2_minus", "a3_minus", "tau_x", "tau_y"), values, strict=True)),
    }


_TRIPLET_ODD = {
    **{"w_max": _ODD_W_MAX, "a2_plus": 0.004, "a3_plus": 0.009, "a2_minus": 0.011, "a3_minus": 0.006},
    **{"tau_plus": 13.0, "tau_minus": 41.0, "tau_x": 83.0, "tau_y": 127.0},
}


def _calcium(
    tau_ca: float, c_pre: float, c_post: float, theta_p: float, down: float, up: float, tau: float, delay: float
) -> Constants:
    return {
        **{"tau_ca": tau_ca, "c_pre": c_pre, "c_post": c_post, "theta_d": 1.0, "theta_p": theta_p},
        **{"gamma_d": down, "gamma_p": up, "tau": tau, "delay": delay},
    }


EQUATIONS: Mapping[str, Equations] = {
    "diehl-cook-triplet": Equations(
        partial(_follow, _diehl_cook_triplet),
        {"w_max": 1.0, "nu_pre": 1e-4, "nu_post": 1e-2, "tau_x": 20.0, "tau_y1": 20.0, "tau_y2": 40.0},
        {"w_max": _ODD_W_MAX, "nu_pre": 0.03, "nu_post": 0.07, "tau_x": 17.0, "tau_y1": 29.0, "tau_y2": 43.0},
        reversible=("nu_pre",),
    ),
    "diehl-cook-power-law": Equations(
        partial(_follow, _diehl_cook_power_law),
        {"w_max": 1.0, "eta": 0.01, "x_tar": 0.4, "mu": 0.2, "tau_x": 20.0},
        {"w_max": _ODD_W_MAX, "eta": 0.03, "x_tar": 0.7, "mu": 1.3, "tau_x": 31.0},
        extreme={"eta": 0.9, "x_tar": 1.9, "mu": 0.2},
    ),
    "diehl-cook-exponential": Equations(
        partial(_follow, _diehl_cook_exponential),
        {"w_max": 1.0, "eta": 0.01, "x_tar": 0.4, "beta": 1.0, "tau_x": 20.0},
        {"w_max": _ODD_W_MAX, "eta": 0.03, "x_tar": 0.7, "beta": 1.9, "tau_x": 31.0},
    ),
    "diehl-cook-pre-post": Equations(
        partial(_follow, _diehl_cook_pre_post),
        {"w_max": 1.0, "eta_pre": 1e-4, "eta_post": 0.01, "x_tar": 0.4, "mu": 0.2, "tau_x": 20.0, "tau_y": 20.0},
        {
            "w_max": _ODD_W_MAX,
            "eta_pre": 0.09,
            "eta_post": 0.04,
            "x_tar": 0.7,
            "mu": 0.3,
            "tau_x": 31.0,
            "tau_y": 17.0,
        },
        extreme={"eta_post": 0.9, "x_tar": 1.9},
    ),
    "pair-additive": Equations(
        partial(_follow, _additive),
        {"w_max": 1.0, "a_plus": 0.01, "a_minus": 0.0105, "tau_plus": 20.0, "tau_minus": 20.0},
        {"w_max": _ODD_W_MAX, "a_plus": 0.03, "a_minus": 0.02, **_TAUS},
        {"song-2000": {"w_max": 0.015, "a_plus": 0.005, "a_minus": 0.00525, "tau_plus": 20.0, "tau_minus": 20.0}},
        reversible=("a_plus", "a_minus"),
    ),
    "pair-multiplicative": Equations(
        partial(_follow, _multiplicative),
        {"w_max": 1.0, "lam": 0.01, "alpha": 1.0, "tau_plus": 20.0, "tau_minus": 20.0},
        {"w_max": _ODD_W_MAX, "lam": 0.03, "alpha": 1.4, **_TAUS},
        reversible=("lam",),
    ),
    "pair-van-rossum": Equations(
        partial(_follow, _van_rossum),
        {"w_max": 1.0, "lam": 0.005, "alpha": 2.0, "tau_plus": 20.0, "tau_minus": 20.0},
        {"w_max": _ODD_W_MAX, "lam": 0.03, "alpha": 1.4, **_TAUS},
        reversible=("lam",),
    ),
    "pair-power-law": Equations(
        partial(_follow, _power_law),
        {"w_max": 1.0, "lam": 0.01, "alpha": 1.0, "mu": 1.0, "tau_plus": 20.0, "tau_minus": 20.0},
        {"w_max": _ODD_W_MAX, "lam": 0.03, "alpha": 1.4, "mu": 0.6, **_TAUS},
        reversible=("lam",),
    ),
    "pair-reduced-nearest": Equations(
        partial(_follow, _reduced_nearest),
        {"w_max": 1.0, "a_plus": 2.0**-5, "a_minus": 0.85 * 2.0**-5, "tau_plus": 16.8, "tau_minus": 33.7},
        {"w_max": _ODD_W_MAX, "a_plus": 0.03, "a_minus": 0.02, **_TAUS},
        reversible=("a_plus", "a_minus"),
    ),
    "triplet": Equations(
        partial(_follow, _triplet),
        _row(0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
        _TRIPLET_ODD,
        {
            "visual-cortex-minimal": _row(0.0, 6.5e-3, 7.1e-3, 0.0, 101.0, 114.0),
            "visual-cortex-full": _row(5e-10, 6.2e-3, 7e-3, 2.3e-4, 101.0, 125.0),
            "hippocampus-minimal": _row(5.3e-3, 8e-3, 3.5e-3, 0.0, 101.0, 40.0),
            "hippocampus-full": _row(6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946.0, 27.0),
        },
        reversible=("a2_plus", "a3_plus", "a2_minus", "a3_minus"),
    ),
    "triplet-nearest": Equations(
        partial(_follow, _triplet_nearest),
        _row(0.0, 5e-2, 8e-3, 0.0, 101.0, 40.0),
        _TRIPLET_ODD,
        {
            "visual-cortex-minimal": _row(0.0, 5e-2, 8e-3, 0.0, 101.0, 40.0),
            "visual-cortex-full": _row(8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714.0, 40.0),
            "hippocampus-minimal": _row(4.6e-3, 9.1e-3, 3e-3, 0.0, 101.0, 48.0),
            "hippocampus-full": _row(4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575.0, 47.0),
        },
        reversible=("a2_plus", "a3_plus", "a2_minus", "a3_minus"),
    ),
    "symmetric": Equations(
        partial(_follow, _symmetric),
        {"w_max": 1.0, "eta": 0.005, "tau_x": 20.0, "tau_y": 20.0},
        {"w_max": _ODD_W_MAX, "eta": 0.011, "tau_x": 31.0, "tau_y": 17.0},
    ),
    "oja": Equations(
        partial(_follow, _oja),
        {"w_max": 1.0, "eta": 0.01, "gamma": 1.0, "tau_x": 20.0, "tau_y": 20.0},
        {"w_max": _ODD_W_MAX, "eta": 0.2, "gamma": 9.0, "tau_x": 31.0, "tau_y": 17.0},
    ),
    "bcm": Equations(
        partial(_follow, _bcm),
        {"w_max": 1.0, "eta": 0.01, "y_target": 1.0, "tau_x": 20.0, "tau_y": 100.0, "tau_theta_m": 5000.0},
        {"w_max": _ODD_W_MAX, "eta": 0.01, "y_target": 0.4, "tau_x": 31.0, "tau_y": 57.0, "tau_theta_m": 410.0},
    ),
    "competitive": Equations(
        partial(_follow, _competitive),
        {"w_max": 1.0, "eta": 1.0, "eta_min": 0.02, "gain": 0.01, "spread": 0.0, "tau_x": 1e6, "tau_wins": 1e9},
        {
            "w_max": _ODD_W_MAX,
            "eta": 0.7,
            "eta_min": 0.31,
            "gain": 0.41,
            "spread": 0.0,
            "tau_x": 110.0,
            "tau_wins": 170.0,
        },
        extreme={"eta": 2.6},
    ),
    "inhibitory": Equations(
        partial(_follow, _inhibitory),
        {"w_max": 1.0, "eta": 0.01, "rho_0": 3.0, "tau": 20.0},
        {"w_max": _ODD_W_MAX, "eta": 0.02, "rho_0": 11.0, "tau": 31.0},
    ),
    "homeostatic": Equations(
        partial(_follow, _inhibitory),
        {"w_max": 10.0, "eta": 0.01, "rho_0": 3.0, "tau": 20.0, "start": 1.0},
        {"w_max": _ODD_W_MAX, "eta": 0.02, "rho_0": 11.0, "tau": 31.0, "start": 0.9},
    ),
    "clopath": Equations(
        clopath,
        {
            **{"w_max": 1.0, "a_ltd": 14e-5, "a_ltp": 8e-5, "theta_minus": -70.6, "theta_plus": -45.3},
            **{"tau_x": 15.0, "tau_minus": 10.0, "tau_plus": 7.0, "delay": 3.0},
        },
        {
            **{"w_max": _ODD_W_MAX, "a_ltd": 9e-4, "a_ltp": 3e-5, "theta_minus": -69.0, "theta_plus": -43.0},
            **{"tau_x": 18.0, "tau_minus": 12.5, "tau_plus": 8.5, "delay": 2.5},
        },
        tolerance=1e-7,  # of the exponential in the potential
    ),
    "clopath-lif": Equations(
        partial(_follow, _clopath_lif),
        {
            **{"w_max": 1.0, "a_ltd": 1.4e-5, "a_ltp": 8e-5, "theta_minus": -65.0},
            **{"tau_x": 15.0, "tau_minus": 10.0, "tau_plus": 7.0, "upstroke": 152.9, "spike_area": 203.5},
        },
        {
            **{"w_max": _ODD_W_MAX, "a_ltd": 9e-4, "a_ltp": 3e-5, "theta_minus": -66.0},
            **{"tau_x": 18.0, "tau_minus": 12.5, "tau_plus": 8.5, "upstroke": 170.0, "spike_area": 130.0},
        },
    ),
    "reward": Equations(
        partial(reward, dopamine=0.3),
        {
            **{"w_max": 1.0, "a_plus": 1.0, "a_minus": 1.5, "tau_plus": 20.0, "tau_minus": 20.0},
            **{"tau_c": 1.0, "tau_d": 0.2, "tonic": 0.0},
        },
        {
            **{"w_max": _ODD_W_MAX, "a_plus": 0.6, "a_minus": 0.4, **_TAUS},
            **{"tau_c": 0.7, "tau_d": 0.31, "tonic": 0.05},
        },
        state={"d": 0.3},
    ),
    "calcium": Equations(
        calcium,
        {"w_max": 1.0, **_calcium(20.0, 1.0, 2.0, 1.3, 200.0, 321.808, 150.0, 0.0)},
        {"w_max": _ODD_W_MAX, **_calcium(31.0, 0.7, 0.9, 0.8, 3.1, 5.3, 0.6, 6.5)},
        {
            "dp": {"w_max": 1.0, **_calcium(20.0, 1.0, 2.0, 1.3, 200.0, 321.808, 150.0, 13.7)},
            "dpd": {"w_max": 1.0, **_calcium(20.0, 0.9, 0.9, 1.3, 250.0, 550.0, 150.0, 4.6)},
            "dpd-prime": {"w_max": 1.0, **_calcium(20.0, 1.0, 2.0, 2.5, 50.0, 600.0, 150.0, 2.2)},
            "p": {"w_max": 1.0, **_calcium(20.0, 2.0, 2.0, 1.3, 160.0, 257.447, 150.0, 0.0)},
            "d": {"w_max": 1.0, **_calcium(20.0, 0.6, 0.6, 1.3, 500.0, 550.0, 150.0, 0.0)},
            "d-prime": {"w_max": 1.0, **_calcium(20.0, 1.0, 2.0, 3.5, 60.0, 600.0, 150.0, 0.0)},
            "hippocampal-slices": {
                "w_max": 1.0,
                **_calcium(48.8373, 1.0, 0.275865, 1.3, 313.0965, 1645.59, 688.355, 18.8008),
            },
            "hippocampal-cultures": {
                "w_max": 1.0,
                **_calcium(11.9536, 0.58156, 1.76444, 1.3, 61.141, 113.6545, 33.7596, 10.0),
            },
            "cortical-slices": {
                "w_max": 1.0,
                **_calcium(22.6936, 0.5617539, 1.23964, 1.3, 331.909, 725.085, 346.3615, 4.6098),
            },
        },
    ),
    "custom": Equations(
        partial(_follow, _custom),
        {"w_max": 1.0, "a_plus": 0.01, "a_minus": 0.0105, "tau_plus": 20.0, "tau_minus": 20.0},
        {"w_max": _ODD_W_MAX, "a_plus": 0.03, "a_minus": 0.02, **_TAUS},
        reversible=("a_plus", "a_minus"),
    ),
}
"""The equations of each rule, by kind."""
