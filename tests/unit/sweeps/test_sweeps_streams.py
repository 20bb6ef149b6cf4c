"""Sweeps over streams: arms are ranked by a named measure of the stream's end, or only listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sweep_cases import Scripted, result

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import read_experiment
from stdpbench.studies.sweeps import SweepState, carry_out, make_report, write_report
from stdpbench.studies.sweeps.arms import Job
from stdpbench.studies.sweeps.reading import sweep_from_mapping
from stdpbench.studies.sweeps.report import best_text, cells, headings, to_csv, to_mapping
from stdpbench.studies.sweeps.result import Result, measures_of, title

CELL = """
name = "one-neuron"
[data]
kind = "poisson"
n = 20
rate = "40 Hz"
[network]
kind = "graph"
dt = "0.5 ms"
[network.populations.input]
[network.populations.cell]
size = 4
neuron = { kind = "lif", v_rest = "-70 mV", v_reset = "-60 mV", v_thresh = "-54 mV", tau_m = "20 ms", tau_ge = "5 ms" }
[network.projections.feed]
source = "input"
target = "cell"
receptor = "ge"
weight = { kind = "uniform", low = 0.0, high = 0.3 }
plasticity = { kind = "pair-additive", w_max = 0.3 }
[schedule]
between = "stream"
duration = "3 s"
piece = "1 s"
"""
RATE = "data.rate"
MEASURES = ("rate.cell", "cv.cell", "synchrony.cell", "delta.cell", "gamma.cell")


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    (tmp_path / "cell.toml").write_text(CELL, encoding="utf-8")
    return tmp_path


def stream_sweep(beside: Path, **tables: Any) -> Any:
    given = {
        "name": "streams",
        "experiment": "cell.toml",
        "seeds": [0, 1],
        "grid": {RATE: ["20 Hz", "40 Hz", "80 Hz"]},
    }
    return sweep_from_mapping({**given, **tables}, beside)


def by_rate(job: Job) -> Result:
    rate = float(job.experiment.data.rate)
    measures = {"rate.cell": rate / 2 + job.seed, "cv.cell": 1 - rate / 100, "synchrony.cell": 0.5}
    measures |= {"delta.cell": 1.0, "gamma.cell": 2.0}
    if rate > 70 and job.seed:
        del measures["cv.cell"]  # too few intervals
    return result(accuracy={}, n_images=0, measures=measures)


def report_of(made: Any, folder: Path, answer: Any = by_rate) -> Any:
    with SweepState(folder / made.folder_name) as state:
        assert all(event is not None for event in carry_out(made, state, Scripted(answer)))
        return make_report(made, state)


def test_without_a_metric_all_measures_are_listed_and_nothing_is_the_best(beside: Path) -> None:
    report = report_of(stream_sweep(beside), beside)
    assert headings(report.sweep) == (
        "arm",
        "seeds",
        "rate of cell (Hz)",
        "CV of cell",
        "synchrony of cell",
        "power of cell at 2–4 Hz",
        "power of cell at 30–70 Hz",
        "training (s)",
    )
    assert cells(report.rows[0], report) == (
        "rate = 20 Hz",
        "2",
        "10.500 ± 0.707",
        "0.800 ± 0.000",
        "0.500 ± 0.000",
        "1.000 ± 0.000",
        "2.000 ± 0.000",
        "1 ± 0",
    )
    assert cells(report.rows[2], report)[3] == "0.200"  # of the one seed in which it is defined
    assert (report.best, report.contenders, best_text(report)) == (None, [], "")
    write_report(report, beside / "streams")
    assert not (beside / "streams" / "results.png").exists()


def test_arms_are_ranked_by_a_named_measure_in_its_direction(beside: Path) -> None:
    higher = report_of(stream_sweep(beside, metric="rate.cell", reference="rate = 20 Hz"), beside)
    assert headings(higher.sweep)[2:4] == ("rate of cell (Hz)", "difference")
    assert cells(higher.rows[1], higher)[3] == "+10.000 [+10.000, +10.000] (n = 2)"
    best = "Best: rate = 80 Hz; rate = 80 Hz − rate = 40 Hz is "
    assert best_text(higher) == f"{best}+20.000 (95 % interval +20.000 to +20.000), from 2 seeds."
    lower = report_of(stream_sweep(beside, metric="rate.cell", better="lower"), beside)
    best = "Best: rate = 20 Hz; rate = 20 Hz − rate = 40 Hz is "
    assert best_text(lower) == f"{best}−10.000 (95 % interval −10.000 to −10.000), from 2 seeds."
    assert to_csv(lower).startswith("arm,n,rate.cell_mean,rate.cell_sd,cv.cell_mean")
    record = to_mapping(lower)
    assert (record["metric"], record["better"], record["best"]) == ("rate.cell", "lower", "rate = 20 Hz")
    assert record["arms"][0]["measures"]["rate.cell"]["mean"] == 10.5
    write_report(lower, beside / "streams")
    assert (beside / "streams" / "results.png").is_file()
    close = report_of(
        stream_sweep(beside, name="close", metric="rate.cell", better="lower"),
        beside,
        lambda job: result(accuracy={}, measures={"rate.cell": 10.0 + (job.experiment.data.rate == 20) * job.seed}),
    )
    assert best_text(close).startswith("Best: rate = 40 Hz, but it is not shown to differ from ")


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"metric": "vote"},
            r"metric must be a measure of the stream \(rate\.cell, cv\.cell, .*, gamma\.cell\) or none",
        ),
        ({"metric": "rate.cel"}, "metric must be a measure of the stream"),
        ({"optuna": {"distributions": {RATE: {"uniform": [10, 20]}}}}, r"\[optuna\] chooses by the metric"),
        ({"metric": "rate.cell", "better": "best"}, "better must be"),
    ],
)
def test_a_metric_that_a_stream_does_not_have_is_refused(beside: Path, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(StdpbenchError, match=message):
        stream_sweep(beside, **tables)


def test_fewer_false_alarms_are_better_unless_the_sweep_says_otherwise() -> None:
    tables = {
        "name": "p",
        "experiment": "masquelier-2008",
        "grid": {"data.share": [0.2, 0.3]},
        "metric": "false_alarms",
    }
    assert sweep_from_mapping(tables, Path()).better == "lower"
    assert sweep_from_mapping({**tables, "better": "higher"}, Path()).sign == 1
    assert sweep_from_mapping({**tables, "metric": "hit_rate"}, Path()).better == "higher"


def test_rhythms_are_measures_of_populations_of_several_neurons(beside: Path) -> None:
    several = read_experiment(beside / "cell.toml")
    assert measures_of(several) == MEASURES
    assert [title(name) for name in MEASURES[-2:]] == ["power of cell at 2–4 Hz", "power of cell at 30–70 Hz"]
    assert measures_of(several.override({"network.populations.cell.size": 1})) == MEASURES[:3]
