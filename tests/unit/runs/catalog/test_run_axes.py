"""Axes of plots over many runs: what differs, numbers and names, units, logarithms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_folders import Make

from stdpbench.runs.catalog.run_axes import RunAxis, axes_of, axes_table, usual_axes
from stdpbench.runs.catalog.store import Entry, Store


@pytest.fixture
def entries(tmp_path: Path, make_run: Make) -> list[Entry]:
    for number, (tau, rule) in enumerate([("20 ms", "oja"), ("25 ms", "oja"), ("20 ms", "bcm")]):
        parameters = {"seed": number, "plasticity.kind": rule, "exc.tau_m": tau}
        make_run(tmp_path, f"r{number}", vote=None if number == 1 else 0.5 + 0.1 * number, parameters=parameters)
    make_run(tmp_path, "changed", vote=0.75, changes={"exc.tau_m": ("100 ms", "30 ms")})
    return Store(tmp_path).entries()


def test_axes_are_what_differs_with_units_gaps_and_names(entries: list[Entry]) -> None:
    axes = axes_of(entries)
    tau, vote, rule = axes["exc.tau_m"], axes["vote"], axes["plasticity.kind"]
    assert (tau.label, tau.names, tau.log, tau.is_metric) == ("exc.tau_m (ms)", (), False, False)
    by_name = dict(zip((entry.name for entry in entries), tau.values.tolist(), strict=True))
    assert by_name == {"r0": 20, "r1": 25, "r2": 20, "changed": 30}, "the newest value of a changed parameter"
    assert (vote.label, vote.is_metric) == ("accuracy, vote (%)", True)
    of = [entry.name for entry in entries].index
    assert vote.values[of("r2")] == pytest.approx(70)
    assert np.isnan(vote.values[of("r1")])
    assert vote.text(of("r1")) == "–"
    assert {"bcm", "oja"} < set(rule.names)
    assert list(rule.names) == sorted(rule.names)
    assert rule.text(of("r0")) == "oja"
    assert "schedule.passes" not in axes
    assert "accuracy.vote.accuracy" not in axes
    assert not any("n_test_images" in path or "interval" in path for path in axes)
    names, rows = axes_table(entries, [tau, rule, vote])
    assert names == ("run", "exc.tau_m (ms)", "plasticity.kind", "accuracy, vote (%)")
    assert ("r1", 25.0, "oja", "") in rows


def test_wide_positive_parameters_and_those_drawn_so_are_logarithmic(entries: list[Entry]) -> None:
    values = np.array([0.001, 0.01, 0.1, np.nan])
    axis = RunAxis("p", "p", values, (), True)
    np.testing.assert_allclose(axis.shares, [0, 0.5, 1, np.nan])
    assert axis.spec() == {"label": "p", "values": values, "names": [], "log": True}
    assert not axes_of(entries)["exc.tau_m"].log
    for values, log in (
        ([0.003, 0.01, 0.03], True),
        ([1, 2, 5, 10], True),
        ([10, 20, 30, 40], False),
        ([0.001, 0.1], True),
        ([1, 10], False),
        ([0, 0.01, 1], False),
        ([-1, 1, 100], False),
    ):
        made = [replace(entries[0], parameters={"p": value}, changes={}) for value in values]
        assert axes_of(made)["p"].log == log, values


def test_a_sweep_declares_which_axes_are_logarithmic(entries: list[Entry]) -> None:
    folder = entries[0].path.parent

    def logarithmic(values: list[float], text: str) -> bool:
        (folder / "distributions.json").write_text(text, encoding="utf-8")
        return axes_of([replace(entries[0], parameters={"p": value}, changes={}) for value in values])["p"].log

    even, wide = [20.0, 25.0, 30.0], [0.001, 0.01, 1.0]
    assert logarithmic(even, '{"p": {"loguniform": [1, 100]}}')
    assert not logarithmic(wide, '{"p": {"uniform": [0, 1]}}')
    assert not logarithmic([-1.0, 2.0], '{"p": {"loguniform": [1, 2]}}'), "negative values have no logarithms"
    for other in ('{"p": {"choice": [0.001, 0.01, 1]}}', '{"q": {"uniform": [0, 1]}}', '{"p": 3}', "[]", "{"):
        assert logarithmic(wide, other), "inferred from values where nothing is declared"
        assert not logarithmic(even, other)


def test_usual_axes_are_a_parameter_and_a_result(entries: list[Entry], tmp_path: Path, make_run: Make) -> None:
    axes = axes_of(entries)
    across, up, colour = usual_axes(axes)
    assert not axes[across].is_metric
    assert across != "seed"
    assert up == "vote"
    assert colour not in ("", across, up)
    assert usual_axes(axes_of(entries[:1])) == usual_axes(axes_of([])) == ("", "", "")
    seeds = {
        "seed": RunAxis("seed", "seed", np.arange(3.0)),
        "vote": RunAxis("vote", "v", np.arange(3.0), (), False, True),
    }
    assert usual_axes(seeds) == ("seed", "vote", "")
    assert np.isfinite(RunAxis("p", "p", np.ones(3)).shares).all(), "all equal"
