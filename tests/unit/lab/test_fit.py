"""Rules fitted to data: values that made the data come back, with intervals; bad data get a sentence."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.plasticity import rules
from stdpbench.kinds.release import releases
from stdpbench.studies import lab
from stdpbench.studies.lab.batch import Batch, effects_of
from stdpbench.studies.lab.fit_report import sentences
from stdpbench.studies.lab.protocols import as_rule, impose

WIDE: dict[str, Any] = {"weight": 15.0, "relative_to": 1.0}  # additive rules, far from their bounds
MINIMAL = {"preset": "visual-cortex-minimal", "w_max": 30.0}
PLANTED = {"tau_plus": 17.0, "tau_minus": 30.0, "a_plus": 0.006, "a_minus": 0.004}


def planted(error: float | None = 0.02, noise: float = 0.0) -> lab.DataSet:
    """Changes of a pair rule at 12 points, with errors added."""
    dts = (-60, -40, -20, -10, -5, -2, 2, 5, 10, 20, 40, 60)
    points = [lab.Point("pairs", dt, 0.0, 1.0, 30, 0.0, error) for dt in dts]
    window = lab.pair_window("pair-additive", dts=dts, pairs=30, set=PLANTED)
    changes = window.curves[0].change / 0.5 + noise * np.random.default_rng(1).normal(size=len(dts))
    return lab.DataSet("planted", "", tuple(replace(p, change=float(c)) for p, c in zip(points, changes, strict=True)))


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if kind not in ("custom", "clopath")])
def test_many_sets_of_parameters_at_once_have_the_changes_of_brian2(kind: str) -> None:
    random = np.random.default_rng(0)
    inputs, outputs = ([np.sort(random.choice(800, n, replace=False)) * 1e-3 for n in (4, 9, 0)] for _ in range(2))
    rule = as_rule(kind)
    name = next(p.name for p in rule.describe() if p.unit is not None and p.name != "w_max" and not p.structural)
    values = np.array([1.0, 1.3]) * getattr(rule, name)
    of_sets = Batch(rule, inputs, outputs, rule.w_max / 3).changes({name: values})
    step, close = (0.05, 2e-3) if kind == "bcm" else (0.5, 1e-11)  # Brian2 follows an average of traces in steps
    for value, changes in zip(values, of_sets, strict=True):
        expected, _ = impose(as_rule(rule, {name: float(value)}), inputs, outputs, rule.w_max / 3, dt=step)
        np.testing.assert_allclose(changes, expected, rtol=close, atol=1e-13)


@pytest.mark.parametrize(
    ("point", "protocol", "options"),
    [
        (lab.Point("pairs", -10, 0, 20, 60, 0), "frequency", {"dts": (-10,), "frequencies": (20,)}),
        (lab.Point("triplets in-out-in", 15, -5, 1, 60, 0), "triplets", {"timings": [("in-out-in", 15, -5)]}),
        (lab.Point("triplets out-in-out", -5, 15, 1, 60, 0), "triplets", {"timings": [("out-in-out", -5, 15)]}),
        (lab.Point("quadruplets", 5, -30, 1, 60, 0), "quadruplets", {"separations": (-30,)}),
    ],
)
def test_points_have_the_spikes_of_the_protocols(point: lab.Point, protocol: str, options: dict[str, Any]) -> None:
    fed, fired = point.trains()
    expected = getattr(lab, protocol)("triplet", weight=0.5, **options).curves[0].change
    changes = Batch(as_rule("triplet"), [fed], [fired], 0.5).changes({"tau_y": np.array([114.0])})
    np.testing.assert_allclose(changes[0], expected, rtol=1e-9)


def test_points_are_drawn_with_the_curves_of_their_protocol(tmp_path: Path) -> None:
    for name, shown in (
        ("sjoestroem-2001", {("frequency", 5): 2}),
        ("wang-2005", {("pair-window", 2): 1, ("triplets", 8): 1, ("quadruplets", 3): 1}),
    ):
        found = Counter((points.protocol, len(points.x)) for points in lab.data_set(name).drawn())
        assert found == shown
        assert all("doi:" in points.about for points in lab.data_set(name).drawn())
    path = tmp_path / "slice.csv"
    path.write_text(
        "\ufeff# from somewhere\ndt (ms);dt2 (ms);protocol;change\n\n10;0;pairs;0,5\n\u221210;;;-0,25\n7;9;pairs;1\n"
    )
    (points,) = lab.data_set(path).drawn()
    assert (points.label, points.error, points.about) == ("slice, 1 Hz", None, "from somewhere")
    np.testing.assert_array_equal(points.x, [10, -10, 7])
    np.testing.assert_array_equal(points.y, [0.5, -0.25, 1])
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(StdpbenchError, match="is not a text file in UTF-8"):
        lab.data_set(path)


def test_planted_values_come_back() -> None:
    fitted = lab.fit("pair-additive", planted())
    for each in fitted.parameters:
        assert each.value == pytest.approx(PLANTED[each.free.name], rel=1e-3)
        low, high = each.interval or (0, 0)
        assert low < PLANTED[each.free.name] < high
        # close to the optimum, a profile is a parabola
        assert high - low == pytest.approx(2 * 1.645 * each.error, rel=0.5)
    assert fitted.misfit < 1e-4 < fitted.misfit_before
    assert not fitted.undetermined


def test_short_term_plasticity_is_fitted_to_amplitudes(tmp_path: Path) -> None:
    asked = [(spike, rate, dt) for spike in (2, 3, 5) for rate in (5, 20, 50) for dt in (0, 400)]
    points = [lab.Point("amplitudes", dt, 0.0, rate, spike, 0.0, 0.02) for spike, rate, dt in asked]
    planted = {"u_se": 0.2, "tau_rec": 150.0, "tau_facil": 400.0}
    made = releases.build({"kind": "tsodyks-markram", **planted}, "release")
    changes = effects_of(made, points, 1.0).changes({"u_se": np.array([0.2])})[0]
    lines = [f"{a},{b},{c or ''},{100 + 100 * y:.9f},2" for (a, b, c), y in zip(asked, changes, strict=True)]
    file = tmp_path / "trains.csv"
    file.write_text("\n".join(["spike,frequency (Hz),dt (ms),amplitude (%),error (%)", *lines]), encoding="utf-8")
    found = lab.fit("tsodyks-markram", file)
    assert {each.free.name: pytest.approx(each.value, rel=1e-3) for each in found.parameters} == planted
    assert not found.undetermined
    np.testing.assert_allclose(lab.predict(found, points)[0], changes, atol=1e-4)
    assert lab.most_telling(found, found, n=2)[0].point.protocol == "amplitudes"
    for model, data in (("tsodyks-markram", "wang-2005"), ("triplet", file)):
        with pytest.raises(StdpbenchError, match="fitted to amplitudes, a rule to weight changes"):
            lab.fit(model, data)
    with pytest.raises(StdpbenchError, match="leave out weight and relative_to"):
        lab.fit("tsodyks-markram", file, weight=2.0)


def test_published_triplet_values_are_within_the_intervals_of_their_data() -> None:
    fitted = lab.fit("triplet", "sjoestroem-2001", free=("a3_plus", "a2_minus", "tau_y"), set=MINIMAL, **WIDE)
    assert fitted.misfit < fitted.misfit_before == pytest.approx(3.56, abs=0.01)
    for each in fitted.parameters:
        low, high = each.interval or (0, 0)
        assert low < rules.get("triplet").presets["visual-cortex-minimal"][each.free.name] < high
    assert fitted.undetermined == ("a3_plus", "tau_y")  # only their product is known


def test_a_parameter_without_effect_is_not_determined() -> None:
    fitted = lab.fit("triplet", "sjoestroem-2001", free=("a2_minus", "tau_x"), set=MINIMAL, starts=2, **WIDE)
    assert fitted.undetermined == ("tau_x",)
    assert fitted.parameters[1].interval == (fitted.parameters[1].free.low, fitted.parameters[1].free.high)


def test_errors_are_estimated_and_outliers_count_less() -> None:
    data = planted(None, noise=0.02)
    plain = lab.fit("pair-additive", data, search=False, starts=1, profiles=False)
    assert plain.estimated
    assert plain.error[0] == pytest.approx(0.02, rel=0.5)
    spoiled = replace(data, points=(*data.points[:8], replace(data.points[8], change=1.5), *data.points[9:]))
    for error in (None, 0.02):
        away = {}
        for robust in (False, True):
            data = replace(spoiled, points=tuple(replace(point, error=error) for point in spoiled.points))
            fitted = lab.fit("pair-additive", data, robust=robust, profiles=False, search=False)
            away[robust] = abs(fitted.parameters[2].value / PLANTED["a_plus"] - 1)
        assert away[True] < away[False] / 2


def test_models_are_compared_and_the_most_telling_protocol_is_named() -> None:
    free = ("a2_plus", "a3_plus", "a2_minus", "tau_y")
    options: dict[str, Any] = {"search": False, "starts": 1, "profiles": False, **WIDE}
    triplet = lab.fit("triplet", "wang-2005", free=free, set={"preset": "hippocampus-minimal", "w_max": 30}, **options)
    pairs = lab.fit("pair-additive", "wang-2005", set={"w_max": 30, "a_plus": 2e-4, "a_minus": 1.4e-4}, **options)
    assert triplet.aicc < pairs.aicc - 20
    drawn = lab.bootstrap(triplet, 4)
    assert drawn.shape == (4, 4)
    assert np.ptp(drawn[:, 0]) > 0
    np.testing.assert_allclose(lab.predict(triplet, triplet.points)[0], triplet.change)
    assert lab.left_out(triplet) > triplet.misfit / len(triplet.change)
    first, *_, last = lab.most_telling(triplet, pairs, n=3)
    assert first.distance > last.distance >= 0


@pytest.mark.parametrize("robust", [False, True])
def test_bootstrapped_values_are_those_of_fits_to_drawn_points(robust: bool) -> None:
    options: dict[str, Any] = {"robust": robust, "search": False, "starts": 1, "profiles": False}
    fitted, random = lab.fit("pair-additive", planted(0.02, noise=0.04), **options), np.random.default_rng(3)
    for values in lab.bootstrap(fitted, 5, seed=3):
        data = replace(fitted.sets[0], points=tuple(fitted.points[at] for at in random.integers(0, 12, 12)))
        found = lab.fit(
            fitted.rule,
            data,
            free={each.free.name: (each.free.low, each.free.high) for each in fitted.parameters},
            **options,
        )
        np.testing.assert_allclose(values, [each.value for each in found.parameters], rtol=0.02)


@pytest.mark.parametrize("error", [0.05, None])
def test_posterior_values_are_distributed_as_the_likelihood_between_the_bounds(error: float | None) -> None:
    free = {"tau_plus": (5.0, 60.0), "a_plus": (0.0, 0.012)}
    fitted = lab.fit("pair-additive", planted(error, noise=0.05), free=free, search=False, profiles=False, set=PLANTED)
    drawn = lab.posterior(fitted, 2000, seed=1)
    shown = lab.misfit_map(fitted, *free, n=100)
    log = -shown.values / 2 if error else -len(fitted.error) / 2 * np.log(fitted.misfit + shown.values)
    density = np.exp(log - log.max())
    for at, (values, axis) in enumerate(((shown.x_values, 0), (shown.y_values, 1))):
        below = np.cumsum(density.sum(axis=axis)) / density.sum()
        for part in (0.1, 0.5, 0.9):
            assert np.mean(drawn[:, at] < np.interp(part, below, values)) == pytest.approx(part, abs=0.05)


def test_maps_show_changes_and_the_misfit_over_two_parameters() -> None:
    points = [lab.Point("pairs", dt, 0, 1, 1, 0) for dt in (-10, 10)]
    ranges = {"tau_plus": (5.0, 50.0), "a_plus": (-0.01, 0.02)}
    shown = lab.change_map("pair-additive", ranges, points, n=4)
    assert shown.values.shape == (4, 4, 2)
    changed = {"tau_plus": shown.x_values[2], "a_plus": shown.y_values[3]}
    expected = lab.pair_window("pair-additive", dts=(-10, 10), set=changed).curves[0].change
    np.testing.assert_allclose(shown.values[3, 2], expected, rtol=1e-9)
    fitted = lab.fit("pair-additive", planted(), free=ranges, search=False, starts=1, profiles=False, set=PLANTED)
    above, expected = (
        lab.data_map(fitted.rule, planted(), ranges, n=5).values,
        lab.misfit_map(fitted, *ranges, n=5).values,
    )
    np.testing.assert_allclose(above, expected - expected.min(), atol=1e-6)
    unsure = lab.data_map(fitted.rule, planted(None, noise=0.02), ranges, n=5).values
    assert unsure.min() == 0
    assert np.unravel_index(unsure.argmin(), unsure.shape) == np.unravel_index(above.argmin(), above.shape)
    fitted = lab.fit("pair-additive", planted(), search=False, starts=1, profiles=False)
    above = lab.misfit_map(fitted, "tau_plus", "a_plus", n=15)
    row, column = np.unravel_index(above.values.argmin(), above.values.shape)
    assert above.x_values[column] == pytest.approx(17, rel=0.7)
    assert above.y_values[row] == pytest.approx(0.006, rel=0.7)
    assert above.values.min() >= 0
    for wrong in (
        lambda: lab.misfit_map(fitted, "tau_plus", "w_max"),
        lambda: lab.change_map("oja", {"eta": (1, 2)}, points),
    ):
        with pytest.raises(StdpbenchError, match=r"was not fitted; fitted were|a map has two parameters, not 1"):
            wrong()


def test_command_writes_the_fitted_rule_a_page_the_points_and_a_figure(
    tmp_path: Path, call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "mine.csv"
    rows = "\n".join(f"{p.dt}, {100 * p.change:.6f}, 5, 30" for p in planted().points)
    data.write_text(f"# Made up\n\ndt (ms), change (%), error (%), repeats\n{rows}\n", encoding="utf-8")
    files = [tmp_path / f"out.{suffix}" for suffix in ("toml", "md", "csv", "png")]
    wanted = [part for file in files for part in ("--output", str(file))]
    free = ("--free", "a_plus=0.001..0.1", "--free", "tau_plus=5..50")
    options = (*free, "--set", "a_minus=0.004", "--bootstrap", "5", "--against", "oja", *wanted)
    record = json.loads(call("fit", "pair-additive", str(data), "--json", *options))
    assert len(record["bootstrap"]) == 5
    assert [row["rule"] for row in record["compared"]] == ["pair-additive", "oja"]
    assert "give one of them" in call("fit", "oja", str(data), "--bootstrap", "5", "--posterior", "5", status=2)
    sure = ("--posterior", "20", "--output", str(tmp_path / "sure.md"))
    assert len(json.loads(call("fit", "pair-additive", str(data), *free, "--json", *sure))["posterior"]) == 20
    assert "90 % of 20 posterior values" in (tmp_path / "sure.md").read_text(encoding="utf-8")
    monkeypatch.setitem(sys.modules, "emcee", None)
    assert "pip install 'stdpbench[posterior]'" in call("fit", "pair-additive", str(data), *free, *sure, status=2)
    assert "a_plus" in (tmp_path / "sure.md").read_text(encoding="utf-8")
    drawn = ("--map", "a_plus,tau_plus", "--output", str(tmp_path / "map.svg"))
    assert "is not fitted" in call(
        "fit", "oja", str(data), "--free", "eta", "--map", "eta,w_max", *drawn[2:], status=2
    )
    assert "map.svg" in call("fit", "pair-additive", str(data), *free, "--set", "a_minus=0.004", *drawn)
    assert [each["free"]["name"] for each in record["parameters"]] == ["a_plus", "tau_plus"]
    assert record["parameters"][0]["value"] == pytest.approx(0.006, rel=0.1)
    assert files[3].stat().st_size > 10_000
    assert len(files[2].read_text(encoding="utf-8").splitlines()) == 13
    page = files[1].read_text(encoding="utf-8")
    assert "mine: Made up." in page
    assert "| tau_plus | " in page
    assert "90 % of 5 bootstraps" in page
    assert "By AICc, the data favour pair-additive" in page
    (shown,) = json.loads(call("lab", str(files[0]), "pair-window", "--json"))
    assert shown["rule"]["a_plus"] == record["rule"]["a_plus"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "mine.csv is empty; its first line names its columns"),
        ("dt (ms), change (%)", "mine.csv names columns, but has no points"),
        ("10, 0.5\n20, 0.3", "line 1: '10' is not a column"),
        ("dt (um), change\n1, 2", "line 1: 'dt (um)' must be 'dt (ms)' or 'dt (s)'"),
        ("dt (ms), dt (ms)\n1, 2", "line 1: 'dt (ms)' comes twice"),
        ("dt (ms), error\n1, 2", "line 1: there is no column 'change'"),
        ("dt (ms), change\n1, many", "line 2: change must be a number, not 'many'"),
        ("dt (ms), change\n1, inf", "line 2: change must be finite, not inf"),
        ("dt (ms), change\n10, 125", "line 2: a change of 12500 % cannot be; is the column in per cent"),
        ("dt (ms), change, error\n10, 1, 0", "line 2: error must be above 0, not 0"),
        ("dt (ms), change, repeats\n10, 1, 1.5", "line 2: repeats must be a whole number"),
        ("dt (ms), change, protocol\n1, 1, pears", "line 2: there is no protocol 'pears'; known are pairs"),
        (
            "dt (ms), dt2 (ms), change, protocol\n5, 5, 1, triplets in-out-in",
            "line 2: triplets in-out-in have a positive",
        ),
        ("dt (ms), change, protocol\n5, 1, quadruplets", "line 2: dt and dt2 of quadruplets must not be 0"),
        ("dt (ms), change\n10, 1", "1 point cannot determine 4 parameters; fit fewer (free), or add data"),
        ("dt (ms), change\n" + "10, 0\n" * 9, "all changes are 0 %, so there is nothing to fit"),
        ("dt (ms), change, error\n" + "10, 1, 1\n" * 9 + "9, 1, ", "line 11: error must be a number, not ''"),
    ],
)
def test_bad_data_get_a_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StdpbenchError) as error:
        lab.fit("pair-additive", path)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"data": "wang-2004"}, "neither a published data set nor a file; did you mean 'wang-2005'"),
        ({"free": ("tau_plusx",)}, "there is no number 'tau_plusx' to fit; did you mean 'tau_plus'"),
        ({"free": {"tau_plus": (30.0, 20.0)}}, "the bounds of tau_plus must be two numbers in ascending order"),
        ({"free": ()}, "there is no parameter to fit"),
        ({"relative_to": 0.0}, "changes must be relative to a weight above 0"),
    ],
)
def test_bad_options_get_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StdpbenchError) as error:
        lab.fit("pair-additive", **{"data": planted(), **options})
    assert sentence in str(error.value)


def test_contradictory_points_are_named() -> None:
    data = planted()
    (first, *rest), error = data.points, 0.02
    for change, contradicts in ((first.change + 2 * error, False), (first.change + 10 * error, True)):
        twice = replace(data, points=(first, *rest, replace(first, change=change)))
        fitted = lab.fit("pair-additive", twice, search=False, starts=1, profiles=False)
        named = "Points of the same protocol contradict each other: Δt −60 ms, 1 Hz." in sentences(fitted)
        assert named == contradicts


def test_values_out_of_their_bounds_are_given_as_they_are() -> None:
    rule = {**PLANTED, "a_plus": 0.006}
    fitted = lab.fit("pair-additive", planted(), free={"a_plus": (0.01, 0.02)}, set=rule, profiles=False, starts=1)
    assert fitted.misfit_before < 1e-20 < fitted.misfit
    assert fitted.parameters[0].value == pytest.approx(0.01)


def test_an_exception_cancels_a_fit() -> None:
    data = planted()

    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.fit("pair-additive", data, progress=stop)


def test_a_misfit_that_errors_do_not_explain_and_values_at_a_bound_are_named() -> None:
    for noise, explained in ((0.01, True), (0.1, False)):
        said = " ".join(sentences(lab.fit("pair-additive", planted(0.01, noise), search=False, starts=1)))
        assert ("larger than these errors explain" in said) != explained
        assert "At a bound" not in said
    narrow = lab.fit("pair-additive", planted(), free={"a_plus": (0.001, 0.003)}, set=PLANTED, search=False)
    assert "At a bound: a_plus." in sentences(narrow)
