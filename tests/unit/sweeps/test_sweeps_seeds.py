"""Runs that somebody started one by one, taken together over their seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from run_folders import Make

from stdpbench.runs.catalog.comparison import Account
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.tables import baseline_rows
from stdpbench.studies.sweeps.seeds import OverSeeds, over_seeds

BEFORE = {1: 0.80, 2: 0.82, 3: 0.81}
AFTER = {1: 0.83, 2: 0.86, 4: 0.99}


def together(folders: list[Path]) -> OverSeeds | None:
    opened = [RunFolder.open(folder) for folder in folders]
    return over_seeds(opened, [Account.of(folder) for folder in opened])


@pytest.fixture
def made(tmp_path: Path, make_run: Make) -> Callable[..., list[Path]]:
    def make(name: str, votes: Mapping[int, float], **changed: Any) -> list[Path]:
        parameters = {**changed.pop("parameters", {})}
        return [
            make_run(tmp_path, f"{name}-{seed}", vote=vote, parameters={**parameters, "seed": seed}, **changed)
            for seed, vote in votes.items()
        ]

    return make


def test_groups_that_differ_in_a_parameter_are_compared_seed_by_seed(made: Callable[..., list[Path]]) -> None:
    runs = made("a", BEFORE) + made("b", AFTER, parameters={"plasticity.nu_post": 0.02})
    found = together([runs[0], runs[3], runs[1], runs[4], runs[2], runs[5]])
    first, second = found.groups
    assert (first.label, first.seeds, first.names) == ("nu_post = 0.01", (1, 2, 3), ("a-1", "a-2", "a-3"))
    assert (second.label, second.seeds) == ("nu_post = 0.02", (1, 2, 4))
    assert first.accuracy["vote"].mean == pytest.approx(0.81)
    assert first.accuracy["vote"].sd == pytest.approx(0.01)
    assert not first.differences
    difference = second.differences["vote"]  # of seeds 1 and 2: 3 and 4 points, SD 0.7, t = 12.7
    assert (difference.n, difference.mean) == (2, pytest.approx(0.035))
    assert difference.low == pytest.approx(0.035 - 12.7062 * 0.005, abs=1e-6)
    assert found.rows == [
        ["vote", "nu_post = 0.01", "3", "81.00 ± 1.00", "reference"],
        ["vote", "nu_post = 0.02", "3", "89.33 ± 8.50", "+3.50 [−2.85, +9.85] (n = 2)"],
    ]
    assert json.loads(json.dumps(found.to_mapping()))["groups"][1]["differences"]["vote"]["n"] == 2


def test_a_change_on_the_way_makes_another_group(made: Callable[..., list[Path]]) -> None:
    changed = {"plasticity.nu_post": (0.01, 0.02)}
    found = together(made("a", BEFORE) + made("b", AFTER, changes=changed))
    assert [group.label for group in found.groups] == ["nu_post = 0.01", "nu_post = 0.01 → 0.02 (from 7 on)"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"schedule.train_images": 50},
            "trained on different pictures, or in a different order (schedule.train_images)",
        ),
        ({"network.dt": "0.1 ms"}, "the noise of different input spikes (network.dt)"),
        ({"schedule.test_images": 20}, "labelled or evaluated with different pictures (schedule.test_images)"),
    ],
)
def test_what_keeps_pairs_from_being_pairs_is_said(
    made: Callable[..., list[Path]], changed: dict[str, Any], message: str
) -> None:
    found = together(made("a", BEFORE) + made("b", AFTER, parameters=changed))
    assert any(message in remark for remark in found.remarks)


def test_one_group_has_its_mean_alone(made: Callable[..., list[Path]]) -> None:
    found = together(made("a", BEFORE))
    assert found.rows == [["vote", "all", "3", "81.00 ± 1.00", "– (nothing to compare with)"]]
    assert not any("seed by seed" in remark for remark in found.remarks)


def test_where_there_is_nothing_to_take_together(made: Callable[..., list[Path]], tmp_path: Path) -> None:
    one, other = made("a", {1: 0.8}), made("b", {1: 0.9}, parameters={"plasticity.nu_post": 0.02})
    assert together(one + other) is None  # no two seeds of anything
    assert together(one + made("again", {1: 0.8})) is None  # the same seed twice is one
    assert together(made("c", {5: None}) + one) is None  # one without an accuracy
    path = tmp_path / "b-1" / "metrics.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"test"', '"validation"'), encoding="utf-8")
    assert together(made("a", BEFORE) + other) is None  # other pictures


def test_the_vote_is_compared_with_baselines_seed_by_seed(
    made: Callable[..., list[Path]], call: Callable[..., str]
) -> None:
    runs = made("a", BEFORE)
    for number, run in enumerate(runs):
        path = run / "metrics.json"
        metrics = json.loads(path.read_text(encoding="utf-8"))
        vote = metrics["accuracy"]["vote"]

        def less(points: float, vote: dict[str, Any] = vote) -> dict[str, Any]:
            return {**vote, "accuracy": vote["accuracy"] - points / 100}

        start = {"vote": less(20), "confidence": less(-20)}
        metrics["baselines"] = {"samples": less(5 + number), "k_means": less(1), "start_weights": start}
        if number == 2:
            del metrics["baselines"]["samples"]
        path.write_text(json.dumps(metrics), encoding="utf-8")
    found = together(runs)
    assert found.baseline_rows == [
        ["all", "k-means", "3", "80.00 ± 1.00", "+1.00 [+1.00, +1.00] (n = 3)"],
        ["all", "samples as prototypes", "2", "75.50 ± 0.71", "+5.50 [−0.85, +11.85] (n = 2)"],
        ["all", "start weights", "3", "61.00 ± 1.00", "+20.00 [+20.00, +20.00] (n = 3)"],
    ]
    (first, *_) = found.to_mapping()["groups"][0]["baselines"]
    assert (first["name"], first["vote_minus_baseline"]["n"]) == ("k-means", 3)
    (row, *_) = baseline_rows(found)
    assert (row["baseline"], row["vote_minus_baseline_mean"]) == ("k-means", pytest.approx(0.01))
    printed = call("compare", *(str(run) for run in runs))
    assert "The vote against baselines, paired by seed\nruns with  baseline" in printed
