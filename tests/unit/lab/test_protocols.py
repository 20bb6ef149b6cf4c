"""Protocols of the plasticity laboratory, against what can be said in closed form."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import rules
from stdpbench.studies import lab

KINDS = [*rules.kinds()]


def test_a_window_is_exponential_and_names_its_conditions() -> None:
    found = lab.pair_window("pair-additive", set={"a_plus": 0.02, "tau_minus": "30 ms"})
    dt = found.x
    expected = np.where(dt > 0, 0.02 * np.exp(-dt / 20), -0.0105 * np.exp(dt / 30))
    np.testing.assert_allclose(found.curves[0].change, expected, rtol=0, atol=1e-12)
    assert found.conditions == "1 pair, starting weight 0.5, bounds 0 … 1"
    assert not found.remarks


def test_pairs_and_frequency_count() -> None:
    found = lab.pair_window("pair-additive", pairs=3, frequency=20, dts=[10.0])
    nearest = np.exp(-10 / 20)
    potentiation = sum(nearest * np.exp(-k * 50 / 20) * (3 - k) for k in range(3))
    depression = sum(np.exp(-(50 * k - 10) / 20) * (3 - k) for k in (1, 2))
    assert found.curves[0].change[0] == pytest.approx(0.01 * potentiation - 0.0105 * depression, abs=1e-12)
    assert np.abs(lab.pair_window("pair-additive", pairs=3, frequency=20).x).max() < 25  # of half a period


def test_the_formula_of_the_diehl_cook_triplet() -> None:
    """An input spike between two output spikes, the first of which has none before it."""
    found = lab.triplets("diehl-cook-triplet", timings=[("out-in-out", -12.0, 7.0)], repeats=1)
    expected = -1e-4 * np.exp(-12 / 20) + 1e-2 * np.exp(-7 / 20) * np.exp(-19 / 40)
    assert found.curves[0].change[0] == pytest.approx(expected, abs=1e-12)
    assert found.x_labels == ("out-in-out -12, +7 ms",)


def test_quadruplets_of_a_pair_rule_are_their_pairs() -> None:
    found = lab.quadruplets("pair-additive", separations=[-30.0, 30.0], repeats=1, set={"tau_minus": "40 ms"})
    # within a pair 5 ms; across, one pair of each order is T apart
    expected = 0.01 * (np.exp(-5 / 20) + np.exp(-30 / 20)) - 0.0105 * (np.exp(-5 / 40) + np.exp(-30 / 40))
    np.testing.assert_allclose(found.curves[0].change, expected, atol=1e-12)
    # a rule with triplets tells the orders apart
    found = lab.quadruplets("triplet", separations=[-30.0, 30.0], repeats=1)
    assert abs(np.diff(found.curves[0].change)[0]) > 1e-3


def test_weight_dependence_tells_rules_apart() -> None:
    w = np.linspace(0, 1, 41)
    multiplicative = lab.weight_dependence("pair-multiplicative")
    np.testing.assert_allclose(multiplicative.curves[0].change, 0.01 * (1 - w) * np.exp(-10 / 20), atol=1e-12)
    np.testing.assert_allclose(multiplicative.curves[1].change, -0.01 * w * np.exp(-10 / 20), atol=1e-12)


def test_poisson_pairs_repeat_and_agree_with_their_mean() -> None:
    """Uncorrelated spikes: r_in·r_out·(A₊τ₊ - A₋τ₋) per second."""
    given = {"input_rates": (20.0,), "output_rates": (30.0,), "duration": 2.0, "repeats": 400}
    strong = {"a_plus": 0.0, "a_minus": 0.002}
    found = lab.poisson_pairs("pair-additive", **given, set=strong)
    expected = -20 * 30 * 0.002 * 0.020
    error = found.curves[0].spread[0] / 20
    assert abs(found.curves[0].change[0] - expected) < 4 * error + 0.05 * abs(expected)  # traces start at 0
    one, again = (lab.poisson_pairs("pair-additive", **given | {"repeats": 20}, set=strong) for _ in range(2))
    np.testing.assert_array_equal(again.curves[0].change, one.curves[0].change)


def test_a_reward_meets_what_is_left_of_the_eligibility() -> None:
    found = lab.reward_delay("reward", dts=(10.0,), delays=(0.0, 2.0), reward=0.3, set={"tau_d": "0.5 s"})
    expected = np.exp(-0.5) * np.exp([0.0, -2.0]) * 0.3 * 1.0 * 0.5 / 1.5
    np.testing.assert_allclose(found.curves[0].change, expected, atol=1e-12)
    assert not lab.pair_window("reward").curves[0].change.any()
    assert "bound" in lab.reward_delay("reward", reward=50.0).remarks[0]
    with pytest.raises(StdpbenchError, match="dopamine"):
        lab.reward_delay("oja")


def test_a_neuron_of_the_network_refuses_what_does_not_run_there() -> None:
    with pytest.raises(StdpbenchError, match="digit network; inhibitory does not run there"):
        lab.neuron("inhibitory")


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_opens_with_a_protocol_that_shows_something(kind: str) -> None:
    opening = rules.get(kind).opening
    assert opening.protocol in lab.PROTOCOLS
    assert opening.why.endswith(".")
    found = lab.run(kind)
    assert found.protocol == opening.protocol
    assert max(np.abs(curve.change).max() for curve in found.curves) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_window_is_zero_or_flat_by_construction_a_sentence_says_why(kind: str) -> None:
    window = lab.pair_window(kind)
    change = window.curves[0].change
    sides = [change[window.x < 0], change[window.x > 0]]
    flat = any(np.ptp(side) < 1e-12 for side in sides)
    assert flat == ("pair-window" in window.rule.remarks)
    if flat:
        assert window.remarks[0] == window.rule.remarks["pair-window"]


def test_a_cut_at_a_bound_is_said() -> None:
    assert "bound" in lab.frequency("triplet", frequencies=(50,), set={"w_max": 1}).remarks[-1]
    assert not lab.frequency("triplet", frequencies=(50,), set={"w_max": 3}).remarks


def test_numbers_as_csv_and_json() -> None:
    found = lab.frequency("diehl-cook-triplet", frequencies=(1, 10))
    lines = [line for line in found.to_csv().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [float(row["frequency (Hz)"]) for row in rows] == [1.0, 10.0]
    assert float(rows[1]["Δw, Δt = +10 ms"]) == found.curves[0].change[1]
    assert "nu_post = 0.01" in found.to_csv()
    assert json.loads(json.dumps(found.to_mapping()))["curves"][0]["change"] == found.curves[0].change.tolist()


def test_errors_name_what_would_be_right() -> None:
    for protocol, arguments, message in (
        ("pair-window", {"given": {"weight": "2"}}, "weight must lie within the bounds"),
        ("window", {}, "there is no protocol 'window'"),
        ("pair-window", {"given": {"pair": "3"}}, "did you mean pairs"),
        ("pair-window", {"given": {"pairs": "3.5"}}, "must be a whole number"),
        ("pair-window", {"given": {"pairs": "0"}}, "pairs must be at least 1"),
        ("pair-window", {"set": {"eta_": 1}}, r"did you mean plasticity\.eta"),
    ):
        with pytest.raises(StdpbenchError, match=message):
            lab.run("oja", protocol, **arguments)
    with pytest.raises(StdpbenchError, match="not a triplet"):
        lab.triplets("oja", timings=[("in-out-in", -5, 5)])


@pytest.mark.parametrize(
    ("protocol", "given", "message"),
    [
        ("frequency", {"dts": "nan"}, "all finite"),
        ("weight-dependence", {"dts": "inf"}, "all finite"),
        ("quadruplets", {"dt": "nan"}, "all finite"),
        ("pairing", {"weight": "0"}, "weight must be above 0, because the change is relative to it"),
        ("pairing", {"frequencies": "0, 10"}, "frequencies must be more than 0"),
        ("pairing", {"pairs": "0"}, "pairs must be at least 1, not 0"),
        ("pairing", {"bursts": "-1"}, "bursts must be at least 1, not -1"),
        ("poisson-pairs", {"duration": "-1"}, "duration must be more than 0"),
        ("poisson-pairs", {"input_rates": "-1"}, r"rates must lie in 0 … 2000 Hz"),
        ("poisson-pairs", {"output_rates": "1e9"}, r"rates must lie in 0 … 2000 Hz"),
        ("poisson-pairs", {"seed": "-1"}, "seed must be at least 0"),
        ("pair-window", {"pairs": "1000000000"}, "pairs must be at most 100000"),
        ("poisson-pairs", {"duration": "1e5"}, "duration must be at most 10000 s"),
        ("neuron", {"inputs": "0"}, "inputs must be at least 1, not 0"),
        ("neuron", {"duration": "0"}, "duration must be at least 1, not 0"),
        ("neuron", {"rate": "-1"}, r"rate must lie in 0 … 2000 Hz"),
        ("neuron", {"g_max": "nan"}, "g_max must be at least 0"),
        ("neuron", {"weight": "2"}, "weight must lie within the bounds"),
    ],
)
def test_options_that_make_no_sense_are_refused(protocol: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(StdpbenchError, match=message):
        lab.run("triplet", protocol, given=given)


def test_a_rule_without_a_value_says_so(recwarn: pytest.WarningsRecorder) -> None:
    traces = {"x": {"side": "input", "tau": "tau", "on_spike": "add"}}
    parameters = {"tau": {"default": "20 ms", "unit": "ms"}}
    rule = {"on_output_spike": "w = w + log(x - 5)", "traces": traces, "parameters": parameters}
    with pytest.raises(StdpbenchError, match="the weight is not finite after these spikes, at 2 of 2 points"):
        lab.pair_window("custom", dts=(-5, 5), set=rule)
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]


# a neuron with many Poisson inputs, on the network's simulator


def test_weights_of_a_neuron_spread_under_the_multiplicative_rule() -> None:
    given = {"inputs": 60, "rate": 40.0, "duration": 10, "g_max": 0.15, "weight": 0.9, "set": {"lam": 0.02}}
    found = lab.neuron("pair-multiplicative", **given)
    start, end = (curve.change for curve in found.curves)
    assert start[found.x.searchsorted(0.9) - 1 : found.x.searchsorted(0.9) + 1].sum() == 1.0
    assert end.sum() == 1.0
    mean, spread = end @ found.x, np.sqrt(end @ found.x**2 - (end @ found.x) ** 2)
    assert 0.3 < mean < 0.7  # soft bounds pull to the middle, whatever the start
    assert spread < 0.15
    assert "settled" in found.remarks[0]
    short = given | {"duration": 1}
    one, again = (lab.neuron("pair-multiplicative", **short).curves[1].change for _ in range(2))
    np.testing.assert_array_equal(again, one)
