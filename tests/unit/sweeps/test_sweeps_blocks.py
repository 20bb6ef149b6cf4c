"""Arms with seeds as blocks: against numbers by hand, other functions of SciPy, and a published table of results."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sweep_cases import result, sweep

from stdpbench.base.errors import StdpbenchError
from stdpbench.studies.sweeps.comparisons import (
    analyse_blocks,
    equivalence,
    factor_effects,
    games_howell,
    grid_effects,
    paired_comparisons,
)
from stdpbench.studies.sweeps.report import make_report, to_mapping, to_markdown
from stdpbench.studies.sweeps.state import SweepState

THREE = {"a": {0: 10.0, 1: 12.0, 2: 14.0}, "b": {0: 11.0, 1: 13.0, 2: 16.0}, "c": {0: 15.0, 1: 16.0, 2: 19.0}}


def drawn(n_arms: int, n_seeds: int, effect: float, seed: int = 0) -> dict[str, dict[int, float]]:
    random = np.random.default_rng(seed)
    blocks, noise = random.normal(0, 6, n_seeds), random.normal(0, 1, (n_arms, n_seeds))
    return {f"{arm}": dict(enumerate((effect * arm + blocks + noise[arm]).tolist())) for arm in range(n_arms)}


def test_arms_with_seeds_as_blocks_by_hand() -> None:
    found = analyse_blocks(THREE)
    # means of arms 12, 40/3, 50/3; of seeds 12, 41/3, 49/3; of all 14: SS 104/3, 86/3; total 64 with SS error 2/3
    assert (found.n_arms, found.n_seeds, found.df_arms, found.df_error) == (3, 3, 2, 4)
    assert found.f == pytest.approx((104 / 3 / 2) / (2 / 3 / 4))
    assert found.omega_squared == pytest.approx((104 / 3 - 2 * (1 / 6)) / (64 + 1 / 6))
    assert found.sd_error == pytest.approx((1 / 6) ** 0.5)
    assert found.p == pytest.approx(stats.f.sf(104, 2, 4))


def test_two_arms_are_a_paired_t_test() -> None:
    two = {name: THREE[name] for name in ("a", "b")}
    found = analyse_blocks(two)
    t = stats.ttest_rel([10, 12, 14], [11, 13, 16])
    assert found.f == pytest.approx(t.statistic**2)
    assert found.p == pytest.approx(t.pvalue)


def test_only_seeds_that_all_arms_have_are_compared_and_one_is_not_enough() -> None:
    more = {**THREE, "a": {**THREE["a"], 7: 99.0}}
    assert analyse_blocks(more) == analyse_blocks(THREE)
    assert analyse_blocks({"a": {0: 1.0}, "b": {0: 2.0}}) is None
    assert analyse_blocks({"a": {0: 1.0, 1: 2.0}}) is None


@pytest.mark.parametrize("value", [1.0, 0.9, 0.1, 1 / 3])
def test_arms_that_are_equal_in_every_seed_do_not_differ(value: float) -> None:
    found = analyse_blocks({arm: {0: value, 1: value + 0.1, 2: 0.7} for arm in "abc"})
    assert math.isnan(found.f)
    assert (found.p, found.omega_squared, found.sd_error) == (1.0, 0.0, 0.0)


def test_games_and_howell_with_two_arms_is_welchs_test() -> None:
    one, other = [1.0, 2.0, 4.0, 3.0], [2.0, 6.0, 9.0, 8.0, 5.0]
    (pair,) = games_howell({"one": dict(enumerate(one)), "other": dict(enumerate(other)), "few": {0: 1.0}})
    assert pair.p == pytest.approx(stats.ttest_ind(one, other, equal_var=False).pvalue, rel=1e-6)
    assert pair.difference == pytest.approx(2.5 - 6.0)
    assert games_howell({"one": dict(enumerate(one))}) == []


def test_games_and_howell_without_variance() -> None:
    equal = dict.fromkeys(range(3), 0.5)
    pairs = games_howell({"a": equal, "b": equal, "c": dict.fromkeys(range(3), 0.6)})
    assert {(pair.one, pair.other): pair.p for pair in pairs} == {("a", "c"): 0.0, ("b", "c"): 0.0, ("a", "b"): 1.0}


def test_pairs_seed_by_seed_are_adjusted_by_holm() -> None:
    found = paired_comparisons(THREE)
    plain = {
        (one, other): stats.ttest_rel([*THREE[one].values()], [*THREE[other].values()]).pvalue
        for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
    }
    smallest = sorted(plain.values())
    assert [pair.p for pair in found] == pytest.approx(
        [3 * smallest[0], max(3 * smallest[0], 2 * smallest[1]), max(3 * smallest[0], 2 * smallest[1], smallest[2])]
    )
    assert {(pair.one, pair.other) for pair in found} == set(plain)
    assert paired_comparisons({"a": {0: 1.0}, "b": {0: 2.0}}) == []


def test_equivalence_is_two_one_sided_tests() -> None:
    reference = dict.fromkeys(range(5), 0.8)
    values = {seed: 0.8 + 0.001 * (seed - 1) for seed in range(5)}
    found = equivalence(values, reference, 0.005)
    d = [0.001 * (seed - 1) for seed in range(5)]
    upper = stats.ttest_1samp(d, 0.005, alternative="less").pvalue
    lower = stats.ttest_1samp(d, -0.005, alternative="greater").pvalue
    assert found.p == pytest.approx(max(upper, lower))
    assert found.equivalent
    assert -0.005 < found.low < found.high < 0.005
    assert not equivalence(values, reference, 0.002).equivalent
    assert not equivalence({0: 0.8}, {0: 0.8}, 1.0).equivalent, "one seed shows nothing"


def test_effects_of_factors_are_recovered_from_arms_that_combine_them() -> None:
    random = np.random.default_rng(4)
    factors = {"none": [], "x": ["x"], "y": ["y"], "both": ["x", "y"]}
    blocks = random.normal(0, 5, 6)
    values = {
        arm: {
            seed: float(blocks[seed] + 2.0 * ("x" in of) - 1.0 * ("y" in of) + random.normal(0, 0.1))
            for seed in range(6)
        }
        for arm, of in factors.items()
    }
    x, y = factor_effects(values, factors)
    assert (x.factor, y.factor) == ("x", "y")
    assert x.low < 2.0 < x.high
    assert y.low < -1.0 < y.high
    assert x.high - x.low < 0.4, "seeds are blocks"


def test_effects_of_a_grid_share_out_the_sum_of_squares_of_its_arms() -> None:
    values, grid = drawn(6, 5, 0.5), {"size": ["100", "400"], "rate": ["low", "middle", "high"]}
    whole, effects = analyse_blocks(values), grid_effects(values, grid)
    assert [one.name for one in effects] == ["size", "rate", "size × rate"]
    assert [one.df for one in effects] == [1, 2, 2]
    assert sum(one.df * one.f for one in effects) == pytest.approx(whole.df_arms * whole.f)
    means = [np.mean([*by_seed.values()]) for by_seed in values.values()]
    assert effects[0].means == pytest.approx({"100": np.mean(means[:3]), "400": np.mean(means[3:])})
    contrast = np.mean(means[:3]) - np.mean(means[3:])
    assert effects[0].f == pytest.approx(contrast**2 / (whole.sd_error**2 * (2 / 15)))  # 15 runs on each side
    assert effects[0].p == pytest.approx(stats.f.sf(effects[0].f, 1, whole.df_error))
    assert grid_effects({arm: values[arm] for arm in "01234"}, grid) == [], "a grid without one of its arms"


def test_a_sweep_with_a_grid_reports_main_effects_and_interaction(tmp_path: Path) -> None:
    made = sweep(seeds=[0, 1, 2], grid={"exc.tau_m": ["50 ms", "100 ms"], "plasticity.nu_post": [0.01, 0.02]})
    with SweepState(tmp_path) as state:
        for number, row in enumerate(make_report(made, state).rows):
            for seed in made.seeds:
                noise = 0.001 * (seed * (number + 1) % 3)
                state.results[row.arm.experiment(seed).digest] = result(0.8 + 0.1 * (number > 1) + noise)
        report = make_report(made, state)
    record = json.loads(json.dumps(to_mapping(report)["comparisons"], allow_nan=False))
    assert [effect["name"] for effect in record["grid"]] == ["tau_m", "nu_post", "tau_m × nu_post"]


def test_a_sweep_reports_blocks_pairs_equivalence_and_factors(tmp_path: Path) -> None:
    named = [
        {"label": "as it is", "factors": []},
        {"label": "other neurons", "set": {"exc.tau_m": "200 ms"}, "factors": ["neurons"]},
        {"label": "other rate", "set": {"plasticity.nu_post": 0.02}, "factors": ["rate"]},
        {"label": "aside", "set": {"plasticity.nu_post": 0.9}},
    ]
    made = sweep(seeds=[0, 1, 2, 3], reference="as it is", margin=2.0, arm=named)
    votes = {"as it is": 0.80, "other neurons": 0.90, "other rate": 0.801, "aside": 0.3}
    with SweepState(tmp_path) as state:
        for row in make_report(made, state).rows:
            for seed in made.seeds:
                noise = 0.001 * (seed * len(row.arm.label) % 3)
                state.results[row.arm.experiment(seed).digest] = result(votes[row.arm.label] + 0.01 * seed + noise)
        report = make_report(made, state)
    text = to_markdown(report)
    assert "Effects of factors, 95 % intervals of a linear model with seeds as blocks: neurons +" in text
    record = json.loads(json.dumps(to_mapping(report)["comparisons"], allow_nan=False))
    assert record["blocks"]["omega_squared"] > 0.9
    assert len(record["games_howell"]) == len(record["paired_holm"]) == 6
    assert [effect["factor"] for effect in record["factors"]] == ["neurons", "rate"]
    assert [arm for arm, found in record["equivalence"].items() if found["equivalent"]] == ["other rate"]


def test_equal_arms_and_factors_without_common_seeds_leave_a_report(tmp_path: Path) -> None:
    named = [{"label": "none", "factors": []}, {"label": "x", "set": {"exc.tau_m": "200 ms"}, "factors": ["x"]}]
    made = sweep(seeds=[0, 1, 2], arm=named)
    with SweepState(tmp_path) as state:
        for row, seeds in zip(make_report(made, state).rows, ((0, 1), (1, 2)), strict=True):
            for seed in seeds:
                state.results[row.arm.experiment(seed).digest] = result(0.9)
        assert "Effects of factors" not in to_markdown(make_report(made, state))
        for row in make_report(made, state).rows:
            for seed in made.seeds:
                state.results[row.arm.experiment(seed).digest] = result(0.9)
        report = make_report(made, state)
    assert "All 2 arms have the same value in each of 3 seeds." in to_markdown(report)
    assert json.loads(json.dumps(to_mapping(report)["comparisons"], allow_nan=False))["blocks"]["f"] is None


def test_factors_and_margin_of_a_file_are_checked() -> None:
    two = [{"label": "none", "factors": []}, {"label": "both", "set": {"exc.tau_m": "200 ms"}, "factors": ["x", "y"]}]
    with pytest.raises(StdpbenchError, match="factors: the arms do not separate x, y;"):
        sweep(arm=two)
    with pytest.raises(StdpbenchError, match="margin: differences from a reference are tested"):
        sweep(arm=[{"label": "none"}], margin=1.0)
