"""Checks against closed forms: single pairs and triplets, and normalisations, dense and sparse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from stdpbench.kinds.normalisations import normalisations
from stdpbench.studies import lab
from stdpbench.studies.lab.checks.base import Outcome, Panel
from stdpbench.studies.lab.checks.trains import check_constants
from stdpbench.studies.lab.protocols import as_rule, impose
from stdpbench.studies.lab.result import Result

EXACT = 1e-9
_PAIR = "Δw = A₊ e^(−Δt/τ₊) for Δt > 0, −A₋ e^(Δt/τ₋) for Δt < 0"


def _window(outcome: Outcome, potentiation: float, depression: float, formula: str, reference: str) -> Result:
    """Check the exponential window at the starting weight w_max/2."""
    found = lab.pair_window(outcome.kind)
    rule = found.rule.quantities()
    dt = found.x * 1e-3
    plus = rule.get("tau_plus", rule.get("tau_x", 0.0))
    minus = rule.get("tau_minus", rule.get("tau_y", plus))
    expected = np.where(dt > 0, potentiation * np.exp(-dt / plus), -depression * np.exp(dt / minus))
    outcome.formula("window of one pair, 80 points of Δt", formula, expected, found.curves[0].change, EXACT, reference)
    outcome.panels.append(Panel("window of one pair", [found]))
    return found


def _weights(outcome: Outcome, plus: object, minus: object, formula: str, reference: str) -> None:
    """Check the change by one pair at ±10 ms over 41 starting weights; `plus` and `minus` are changes at Δt = 0."""
    found = lab.weight_dependence(outcome.kind)
    near = np.exp(-0.5)  # 10 ms of 20 ms
    expected = np.concatenate([np.asarray(plus) * near, -np.asarray(minus) * near])
    change = np.concatenate([curve.change for curve in found.curves])
    outcome.formula("one pair at ±10 ms over 41 starting weights", formula, expected, change, EXACT, reference)
    outcome.panels.append(Panel("one pair, over the starting weight", [found]))


def pair_additive(outcome: Outcome) -> None:
    """Check the exponential window."""
    _window(outcome, 0.01, 0.0105, _PAIR, "Song, Miller & Abbott 2000")


def pair_reduced_nearest(outcome: Outcome) -> None:
    """Check the window, and a series of spikes with few pairs."""
    reference = "Masquelier, Guyonneau & Thorpe 2008"
    plus, minus = 2.0**-5, 0.85 * 2.0**-5
    _window(outcome, plus, minus, _PAIR, reference)
    inputs, outputs = np.array([6, 12, 18, 42, 48, 54, 66, 72, 78.0]), np.array([24, 36, 60.0])
    found, _ = impose(as_rule(outcome.kind), [inputs * 1e-3], [outputs * 1e-3], 0.5)
    # paired are 18 with 24, 36 with 42, 54 with 60 and 60 with 66
    expected = 2 * plus * np.exp(-6 / 16.8) - 2 * minus * np.exp(-6 / 33.7)
    outcome.formula(
        "nine input spikes and three output spikes",
        "2 A₊ e^(−6 ms/τ₊) − 2 A₋ e^(−6 ms/τ₋)",
        expected,
        found,
        EXACT,
        "Hathway & Goodman 2018, figure 2",
    )


def pair_multiplicative(outcome: Outcome) -> None:
    """Check the window and the dependence on the weight."""
    w = np.linspace(0, 1, 41)
    _window(outcome, 0.01 * 0.5, 0.01 * 0.5, "A₊ = λ(w_max − w), A₋ = λαw", "Rubin, Lee & Sompolinsky 2001")
    _weights(outcome, 0.01 * (1 - w), 0.01 * w, "Δw₊ ∝ λ(1 − w), Δw₋ ∝ λαw", "Rubin, Lee & Sompolinsky 2001")


def pair_van_rossum(outcome: Outcome) -> None:
    """Check the window and the dependence on the weight; near w_max the bound clips potentiation."""
    w, near = np.linspace(0, 1, 41), np.exp(-0.5)
    reference = "van Rossum, Bi & Turrigiano 2000"
    _window(outcome, 0.005, 0.005 * 2 * 0.5, "A₊ = λ w_max, A₋ = λαw", reference)
    plus = np.minimum(0.005 * near, 1 - w) / near
    _weights(outcome, plus, 0.005 * 2 * w, "Δw₊ ∝ λ up to w_max, Δw₋ ∝ λαw", reference)


def pair_power_law(outcome: Outcome) -> None:
    """Compare both limits of μ with other rules."""
    reference = "Gütig et al. 2003"
    w = np.linspace(0, 1, 41)
    for mu, other, given in (
        (0, "pair-additive", {"a_plus": 0.01, "a_minus": 0.01}),
        (1, "pair-multiplicative", {"lam": 0.01, "alpha": 1}),
    ):
        both = (lab.weight_dependence(outcome.kind, set={"mu": mu}), lab.weight_dependence(other, set=given))
        change, like = (np.concatenate([curve.change for curve in result.curves]) for result in both)
        outcome.formula(f"μ = {mu}, over 41 starting weights", f"as {other}", like, change, 1e-12, reference)
    half = lab.weight_dependence(outcome.kind, set={"mu": 0.5})
    expected = np.concatenate([0.01 * np.sqrt(1 - w), -0.01 * np.sqrt(w)]) * np.exp(-0.5)
    change = np.concatenate([curve.change for curve in half.curves])
    # near the bounds, a step is clipped
    expected = np.clip(np.tile(w, 2) + expected, 0, 1) - np.tile(w, 2)
    formula = "Δw₊ ∝ λ(1 − w)^μ, Δw₋ ∝ λα w^μ within the bounds"
    outcome.formula("μ = 0.5, over 41 starting weights", formula, expected, change, EXACT, reference)
    additive = lab.weight_dependence(outcome.kind, set={"mu": 0})
    for name, shown in (("0", additive), ("0.5", half)):
        outcome.panels.append(Panel(f"one pair, over the starting weight: μ = {name}", [shown]))


def symmetric(outcome: Outcome) -> None:
    """Check that the window is even."""
    found = _window(outcome, 0.005, -0.005, "Δw = η e^(−|Δt|/τ)", "Hao et al. 2020")
    change = found.curves[0].change
    outcome.formula("window even in Δt", "Δw(Δt) = Δw(−Δt)", change[::-1], change, 1e-12, "Hao et al. 2020")


def custom(outcome: Outcome) -> None:
    """Compare the default custom rule with the additive one."""
    found, other = lab.pair_window("custom"), lab.pair_window("pair-additive")
    what = "the rule to start from, window of one pair"
    outcome.formula(what, "as pair-additive", other.curves[0].change, found.curves[0].change, 0, "by definition")
    outcome.panels.append(Panel("window of one pair", [found]))


def diehl_cook_triplet(outcome: Outcome) -> None:
    """Compare with numbers of the released code."""
    reference = "released code of Diehl & Cook 2015; follows from its equations"
    window = lab.pair_window(outcome.kind)
    after = window.curves[0].change[window.x > 0]
    outcome.formula("isolated pair, input spike first, 40 points of Δt", "0 (y2 = 0)", 0.0, after, 0.0, reference)
    timings = [("out-in-out", -a, b) for a in (3.0, 12.0, 40.0) for b in (2.0, 7.0, 30.0)]
    found = lab.triplets(outcome.kind, timings=timings, repeats=1)
    first, second = np.abs([timing[1] for timing in timings]), np.abs([timing[2] for timing in timings])
    expected = -1e-4 * np.exp(-first / 20) + 1e-2 * np.exp(-second / 20) * np.exp(-(first + second) / 40)
    formula = "−ν_pre e^(−(t2−t1)/20 ms) + ν_post e^(−(t3−t2)/20 ms) e^(−(t3−t1)/40 ms)"
    outcome.formula(
        "output, input, output spike; 9 timings", formula, expected, found.curves[0].change, EXACT, reference
    )
    curve = lab.frequency(outcome.kind, dts=(10.0,), frequencies=(0.1, 1, 10, 40))
    outcome.values(
        "60 pairs at +10 ms; 0.1, 1, 10, 40 Hz", (0, 0, 0.029, 0.189), curve.curves[0].change, 5e-4, reference
    )
    outcome.panels.append(Panel("60 pairs at 20 Hz", [lab.run(outcome.kind)]))
    outcome.panels.append(Panel("60 pairs, over their frequency", [lab.frequency(outcome.kind)]))


def _post_only(outcome: Outcome, branch: Callable[[Floats], Floats], formula: str, reference: str) -> None:
    """Check the window of a rule that learns on output spikes; `branch` is the change at a given x."""
    found = lab.pair_window(outcome.kind)
    x = np.where(found.x > 0, np.exp(-found.x / 20), 0.0)
    outcome.formula(
        "window of one pair, 80 points of Δt", formula, branch(x), found.curves[0].change, EXACT, reference
    )
    rule = as_rule(outcome.kind)
    at = -20 * np.log(rule.quantities()["x_tar"])
    zero = lab.pair_window(rule, dts=[at]).curves[0].change
    outcome.formula(f"x = x_tar, which is Δt = {at:.2f} ms, w = w_max/2", "0", 0.0, zero, EXACT, reference)
    outcome.panels.append(Panel("window of one pair", [found]))
    outcome.panels.append(
        Panel("one pair, over the starting weight", [lab.weight_dependence(outcome.kind, dts=(5.0, at, 60.0))])
    )


def diehl_cook_power_law(outcome: Outcome) -> None:
    """Check that a trace at its target causes no change, at any weight."""
    reference = "Diehl & Cook 2015, eq. 3"
    _post_only(outcome, lambda x: 0.01 * (x - 0.4) * 0.5**0.2, "η(x − x_tar)(w_max − w)^μ", reference)
    at = -20 * np.log(0.4)
    zero = lab.weight_dependence(outcome.kind, dts=(at,)).curves[0].change
    outcome.formula("x = x_tar, 41 starting weights", "0", 0.0, zero, EXACT, reference)


def diehl_cook_exponential(outcome: Outcome) -> None:
    """Check that a trace at its target causes no change of a weight in the middle."""
    reference = "Diehl & Cook 2015, eq. 4; Querlioz et al. 2013"
    middle = np.exp(-0.5)
    _post_only(outcome, lambda x: 0.01 * (x - 0.4) * middle, "η(x e^(−βw) − x_tar e^(−β(w_max − w)))", reference)


def diehl_cook_pre_post(outcome: Outcome) -> None:
    """Check both branches."""
    found = lab.pair_window(outcome.kind)
    dt = found.x
    # an output spike alone has x = 0; a later input spike reads y and a smaller weight
    first = 0.5 - 0.01 * 0.4 * 0.5**0.2
    out_first = first - 1e-4 * np.exp(-np.abs(dt) / 20) * first**0.2 - 0.5
    in_first = 0.01 * (np.exp(-np.abs(dt) / 20) - 0.4) * 0.5**0.2
    formula = "in: −η_pre y w^μ; out: η_post (x − x_tar)(w_max − w)^μ"
    expected = np.where(dt > 0, in_first, out_first)
    reference = "Diehl & Cook 2015, eqs. 5, 6"
    outcome.formula("window of one pair, 80 points of Δt", formula, expected, found.curves[0].change, EXACT, reference)
    outcome.panels.append(Panel("window of one pair", [found]))


def oja(outcome: Outcome) -> None:
    """Check that one output spike potentiates by x, and a second one by x less γyw."""
    found = lab.triplets(outcome.kind, timings=[("out-in-out", -8.0, 12.0)], repeats=1).curves[0].change
    expected = 0.01 * (np.exp(-12 / 20) - np.exp(-20 / 20) * 0.5)
    outcome.formula(
        "output, input, output spike; 8 and 12 ms", "η(x − γyw)", expected, found, EXACT, "Oja 1982; spikes ours"
    )
    outcome.panels.append(Panel("60 pairs, over their frequency", [lab.run(outcome.kind)]))


def bcm(outcome: Outcome) -> None:
    """Check two output spikes around an input spike, for which θ_m has a closed form."""
    found = lab.triplets(outcome.kind, timings=[("out-in-out", -8.0, 12.0)], repeats=1).curves[0].change
    y, x = np.exp(-20 / 100), np.exp(-12 / 20)
    theta = (np.exp(-2 * 20 / 100) - np.exp(-20 / 5000)) / (1 - 2 * 5000 / 100)
    what = "output, input, output spike; 8 and 12 ms (steps of 0.5 ms)"
    outcome.formula(what, "η(y − θ_m)x", 0.01 * (y - theta) * x, found, 1e-6, "Intrator & Cooper 1992; spikes ours")
    outcome.panels.append(Panel("independent Poisson spikes", [lab.run(outcome.kind)]))


def competitive(outcome: Outcome) -> None:
    """Check that the weight converges to the mean trace at output spikes."""
    rule = as_rule(outcome.kind, {"eta_min": 0.0, "tau_x": 1e9, "gain": 0.05})
    inputs, outputs = np.array([6, 12, 18, 42, 48, 66.0]), np.array([24, 36, 60, 78.0])
    found, _ = impose(rule, [inputs * 1e-3], [outputs * 1e-3], 0.5)
    counts = np.searchsorted(inputs, outputs)
    what = "four output spikes after 3, 3, 5 and 6 input spikes, ηₘᵢₙ = 0"
    outcome.formula(what, "w = g · mean x", 0.05 * counts.mean() - 0.5, found, 1e-6, "MacQueen 1967; spikes ours")
    outcome.panels.append(Panel("window of one pair", [lab.pair_window(outcome.kind)]))


def inhibitory(outcome: Outcome) -> None:
    """Check the even window, lowered by the depression per input spike."""
    found, reference = lab.pair_window(outcome.kind), "Vogels et al. 2011"
    expected = 0.01 * (np.exp(-np.abs(found.x) / 20) - 2 * 3 * 0.020)
    formula = "η(e^(−|Δt|/τ) − 2ρ₀τ)"
    outcome.formula("window of one pair, 80 points of Δt", formula, expected, found.curves[0].change, EXACT, reference)
    outcome.panels.append(Panel("window of one pair", [found]))


def reward(outcome: Outcome) -> None:
    """Check that nothing changes without dopamine, and the integral of c·d with it."""
    reference = "Izhikevich 2007; integral of c·d"
    for name, found in (("one pair", lab.pair_window(outcome.kind)), ("60 pairs", lab.frequency(outcome.kind))):
        change = np.concatenate([curve.change for curve in found.curves])
        outcome.formula(f"{name}, d = 0", "0", 0.0, change, 0.0, reference)
    delayed = lab.reward_delay(outcome.kind, reward=0.2)
    eligibility = np.exp(-0.5) * np.exp(-delayed.x / 1.0)
    both = 0.2 * 1.0 * 0.2 / (1.0 + 0.2)
    expected = np.concatenate([eligibility * both, -1.5 * eligibility * both])
    change = np.concatenate([curve.change for curve in delayed.curves])
    what = "a pair at ±10 ms, d₀ = 0.2 after 11 delays"
    outcome.formula(what, "c₀ d₀ τ_c τ_d/(τ_c + τ_d)", expected, change, EXACT, reference)
    outcome.panels.append(Panel("one pair and a reward", [delayed]))


def calcium(outcome: Outcome) -> None:
    """Check the six published curves against the paper's mean strength, whose rates are averages over a period."""
    reference = "Graupner & Brunel 2012, figure 2"
    for preset in ("dp", "dpd", "dpd-prime", "p", "d", "d-prime"):
        found = lab.pair_window(outcome.kind, dts=range(-79, 80, 2), pairs=60, set={"preset": preset})
        p = found.rule.quantities()
        expected = np.array([_strength(p, dt * 1e-3, 60) for dt in found.x])
        outcome.formula(
            f"60 pairs at 1 Hz, 80 points of Δt: {preset}",
            "ρ̄ + (w − ρ̄) e^(−60 s (Γ_p + Γ_d)/τ) − w, Γ = γα",
            expected,
            found.curves[0].change,
            0.006,
            reference,
        )
        if preset in ("dp", "dpd", "p"):
            outcome.panels.append(Panel(f"60 pairs at 1 Hz, {preset}", [found]))


def _strength(p: Mapping[str, float], dt: float, n_pairs: int) -> float:
    """Return the change from 1/2 by pairs at 1 Hz; α are the parts of a second above the thresholds."""
    (first, c), (then, more) = sorted([(p["delay"], p["c_pre"]), (dt, p["c_post"])])
    gap = then - first
    above = dict[str, float]()
    for side in ("p", "d"):
        alone = p["tau_ca"] * np.log(c / p[f"theta_{side}"])
        both = p["tau_ca"] * np.log((c * np.exp(-gap / p["tau_ca"]) + more) / p[f"theta_{side}"])
        above[side] = p[f"gamma_{side}"] * float(np.clip(alone, 0, gap) + max(both, 0.0))
    total = above["p"] + above["d"]
    return (above["p"] / total - 0.5) * (1 - float(np.exp(-n_pairs * total / p["tau"]))) if total else 0.0


Floats = NDArray[np.float64]
_VALUE, _DEFAULT = 3.7, {"sum": 78.0, "norm": 1.0}
_MEASURES: dict[str, Callable[[list[float]], float]] = {
    "sum": lambda weights: float(sum(weights)),
    "norm": lambda weights: float(sum(weight**2 for weight in weights)) ** 0.5,
}
"""Quantity of the weights of a target neuron that is scaled to the value."""


def each_target(outcome: Outcome) -> None:
    """Check that the weights of each target neuron are scaled to the value in proportion; weights of 0 stay 0."""
    kind, measure = outcome.kind, _MEASURES[outcome.kind]
    check_constants(outcome, "default constants", normalisations.build({"kind": kind}, ""), {"value": _DEFAULT[kind]})
    scaling = normalisations.build({"kind": kind, "value": _VALUE}, "")
    generator = np.random.default_rng(16)
    dense = generator.random((9, 5)) * np.array([0.3, 1.0, 4.0, 0.0, 1e-3])  # another size for each target
    some = np.flatnonzero(np.arange(dense.size) % 7 != 2)  # not all pairs
    cases: list[tuple[str, Floats, NDArray[np.int32] | None]] = [
        ("dense", dense, None),
        ("sparse", dense.ravel()[some], (some % 5).astype(np.int32)),
    ]
    for name, w, targets in cases:
        owners = np.broadcast_to(np.arange(5), w.shape) if targets is None else targets
        sizes = [measure(w[owners == target].tolist()) for target in range(5)]
        factors = [_VALUE / size if size else 1.0 for size in sizes]
        expected = [weight * factors[owner] for weight, owner in zip(w.ravel(), owners.ravel(), strict=True)]
        found = w.copy()
        silent = scaling.apply(found, targets)
        what = f"{name} weights onto 5 neurons, of sizes from 0.001 to 4, those of one 0"
        outcome.formula(what, f"w · {_VALUE} / {kind} of w", expected, found.ravel(), 1e-12, "by definition")
        said = ", ".join(map(str, silent.tolist()))
        outcome.finding(f"{name}: neurons that cannot be scaled", "3", said, said == "3", "by definition", "exact")
