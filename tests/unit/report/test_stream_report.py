"""Reports on runs of streams: numbers are those of the runs, also over seeds, and pages are self-contained."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from harness import drive, finished, killed_at_position, new_run
from report_tables import rows
from sparse_streams import sparse_stream

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.analysis.stream_series import stream_columns
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.studies.report.build import PAGE, ReportOptions, make_report
from stdpbench.studies.report.service import ReportService
from stdpbench.studies.report.streams import grouped, load_stream

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

PATTERNS = {"kind": "patterns", "n": 30, "n_pattern": 15, "pattern": "20 ms"}


def patterns() -> Experiment:
    """Return the sparse network with patterns as its input."""
    return Experiment.from_mapping({**sparse_stream().to_mapping(), "name": "patterns", "data": PATTERNS})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("runs"), sparse_stream()
    folders = [new_run(folder, each) for each in (made, made.override({"seed": 6}), patterns())]
    changed = {6: [("set", {"changes": {"network.projections.loop.plasticity.a_plus": 0.02}})]}
    for each, at in zip(folders, ({}, {}, changed), strict=True):
        finished(each, at=at)
    return folders


def carried_out(folders, target):
    progress = make_report(folders, target, ReportOptions())
    while True:
        try:
            next(progress)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def report(runs, tmp_path_factory):
    target = tmp_path_factory.mktemp("reports") / "three"
    return carried_out(runs, target), target


def test_the_end_is_that_of_the_run(report, runs):
    data, target = report
    for folder, run in zip(runs, data["runs"], strict=True):
        metrics = folder.read_json("metrics.json")["training"]["stream"]
        found = {row["measure"]: row for row in run["end"]}
        assert run["end_seconds"] == metrics["seconds"]
        assert found["rate.exc"]["end"] == metrics["rate"]["exc"]
        pieces = LiveRun.replay(read_journal(folder.path)).pieces
        columns = stream_columns(pieces, 0.2)
        assert found["rate.exc"]["first"] == columns["rate.exc"][0]
        assert found["rate.exc"]["whole"] == pytest.approx(columns["rate.exc"].mean())
        assert run["weights"][0]["last"] == columns["weights.feed"][-1].tolist()
        in_file = [row for row in rows(target, "stream.csv") if row["run"] == run["run"]]
        assert [float(row["rate.exc"]) for row in in_file] == columns["rate.exc"].tolist()
        end = [row for row in rows(target, "end.csv") if row["run"] == run["run"]]
        assert [row["measure"] for row in end] == list(found)
    assert json.loads((target / "report.json").read_text()) == data


def test_seeds_are_averaged(report, runs):
    data, _ = report
    ends = [{row["title"]: row["end"] for row in run["end"]} for run in data["runs"]]
    row = next(row for row in data["together"]["rows"] if row["name"] == "rate of exc (Hz)")
    values = [each["rate of exc (Hz)"] for each in ends]
    assert row["values"] == values
    assert data["together"]["experiments"] == ["sparse-stream", "patterns"]
    both, alone = row["spreads"]
    assert both["n"] == 2
    assert both["mean"] == pytest.approx(np.mean(values[:2]))
    assert both["sd"] == pytest.approx(np.std(values[:2], ddof=1))
    assert (alone["n"], alone["sd"]) == (1, None)
    hits = next(row for row in data["together"]["rows"] if row["name"] == "hit rate")
    assert hits["values"][:2] == [None, None]
    (group,) = grouped([load_stream(folder) for folder in runs], ["a", "a", "b"])
    columns = [load_stream(folder).columns["rate.exc"] for folder in runs[:2]]
    np.testing.assert_allclose(group.mean["rate.exc"], np.mean(columns, axis=0))
    np.testing.assert_allclose(group.sd["rate.exc"], np.std(columns, axis=0, ddof=1))
    assert group.seeds == (5, 6)


def test_the_page_is_complete_and_needs_nothing_else(report, runs):
    data, target = report
    page = (target / PAGE).read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)
    for run, folder in zip(data["runs"], runs, strict=True):
        assert f"stdpbench reproduce {folder.path.name}" in page
        assert run["experiment"] in page
    assert page.count("baselines do not apply") == 3
    assert "loop.plasticity.a_plus → 0.02 at 1.2 s" in page
    assert page.count("<svg") > 15
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower().replace("nano", "")


def test_answers_to_patterns(report, runs):
    data, target = report
    run = data["runs"][2]
    assert len(run["answers"]) == 8
    assert {row["pattern"] for row in run["answers"]} == {0}
    assert [row["neuron"] for row in rows(target, "answers.csv")] == [str(n) for n in range(8)]
    best = max(row["hit_rate"] for row in run["answers"])
    end = {row["measure"]: row["end"] for row in run["end"]}
    assert end["hit_rate"] == pytest.approx(best, abs=1e-4)


def test_the_command_line_and_the_service_write_it(runs, tmp_path, undrawn, call):
    assert "rate of exc (Hz)" in call("report", str(runs[0].path), "--output", str(tmp_path / "out"))
    assert (tmp_path / "out" / PAGE).is_file()
    value, _ = ReportService(runs[0]).answer("report", {}, lambda *_: None)
    assert value["page"] == str(runs[0].path / "report" / PAGE)
    with pytest.raises(StdpbenchError, match="has no labels to evaluate; `stdpbench report` writes"):
        ReportService(runs[0]).answer("open", {}, lambda *_: None)


def test_streams_and_pictures_are_reported_separately(runs, tmp_path):
    pictures = new_run(tmp_path / "runs")
    with pytest.raises(StdpbenchError, match="is the run of a stream, and others show pictures"):
        carried_out([pictures, runs[0]], tmp_path / "both")


def test_a_run_that_is_not_finished(tmp_path, undrawn):
    folder = new_run(tmp_path, sparse_stream())
    with pytest.raises(StdpbenchError, match="no complete piece"):
        carried_out([folder], tmp_path / "none")
    drive(folder, die=killed_at_position(7))
    data = carried_out([folder], tmp_path / "some")
    assert (data["runs"][0]["seconds"], data["runs"][0]["planned_seconds"]) == (pytest.approx(1.4), pytest.approx(2.4))
