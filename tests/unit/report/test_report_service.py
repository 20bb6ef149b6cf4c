"""The service that measures a run for the Evaluate page: in this process, and as a separate one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_build import finished

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import READOUTS
from stdpbench.results.readout.clustering import features
from stdpbench.runs.client.helper import HelperClient
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import LabelsRead
from stdpbench.studies.report.analysis import TIMED
from stdpbench.studies.report.rows import GROUPS
from stdpbench.studies.report.service import ReportService
from stdpbench.studies.report.views import (
    NEURONS,
    clustering_of,
    over_time_of,
    plane_of,
    view_data_of,
    with_accuracies,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return finished(tmp_path_factory.mktemp("runs"), 0)


def looks_at(run: RunFolder) -> list[str]:
    return [one.fact.purpose for one in read_journal(run.path) if isinstance(one.fact, LabelsRead)]


def silent(phase: str, done: int, total: int) -> None:
    pass


def test_opening_a_run_returns_its_numbers_and_journals_the_reading(run: RunFolder) -> None:
    before, metrics = looks_at(run), run.read_json("metrics.json")
    value, arrays = ReportService(run).answer("open", {}, silent)
    look, plane = view_data_of(run.path, value, arrays), plane_of(value, arrays)
    assert looks_at(run) == [*before, "Evaluate page"]
    assert look.label_readings == len(before) + 1
    for name, counted in metrics["accuracy"].items():
        assert look.score_of(name).confusion.tolist() == counted["confusion"]
    shown = {row.name: row.accuracy for row in look.accuracies}
    assert shown["vote"] == metrics["accuracy"]["vote"]["accuracy"]
    assert shown["start weights, vote"] == metrics["baselines"]["start_weights"]["vote"]["accuracy"]
    assert shown["k-means on pixels, K = 12"] == metrics["baselines"]["k_means"]["accuracy"]
    assert look.w.shape == (64, 12)
    assert plane.points.shape == (60, 2)
    assert plane.method == "pca"


def test_clusters_are_compared_with_chance_and_neurons_without_a_new_reading(run: RunFolder) -> None:
    service, before = ReportService(run), looks_at(run)
    found = clustering_of(*service.answer("cluster", {"method": "k-means", "k": 4}, silent))
    assert [row["name"] for row in found.rows] == ["k-means", "chance: these, permuted", NEURONS]
    assert [row["k"] for row in found.rows[:2]] == [4, 4]
    assert found.rows[0]["ami"] > found.rows[1]["ami"] + 0.1
    assert set(found.members.tolist()) == {0, 1, 2, 3}
    alone = clustering_of(*service.answer("cluster", {"method": NEURONS, "k": None}, silent))
    assert len(alone.rows) == 2
    free = clustering_of(*service.answer("cluster", {"method": "hdbscan", "k": 7}, silent))
    assert free.k_from == "its own"
    assert looks_at(run) == before


def test_slow_read_outs_agree_with_the_report_without_a_new_reading(run: RunFolder) -> None:
    service, before = ReportService(run), looks_at(run)
    progress: list[tuple[int, int]] = []
    value, arrays = service.answer("read", {}, lambda phase, done, total: progress.append((done, total)))
    assert looks_at(run) == before
    assert not arrays
    assert progress == [(done, 7) for done in range(1, 8)]
    names = {row["name"]: row["group"] for row in value["accuracies"]}
    assert [name for name, group in names.items() if group == "timed"] == list(TIMED)
    assert [name for name, group in names.items() if group == "supervised"] == [
        f"{reader} on {of}" for of in ("responses", "pixels") for reader in ("linear probe", "nearest neighbours")
    ]
    look = view_data_of(run.path, *service.answer("open", {}, silent))
    more = with_accuracies(look, value["accuracies"])
    groups = [one.group for one in more.accuracies]
    assert groups == sorted(groups, key=list(GROUPS).index)
    assert len(groups) == len(look.accuracies) + 7
    assert [one.supervised for one in more.accuracies] == [group == "supervised" for group in groups]


def test_answers_over_time_end_with_those_of_the_whole_response(run: RunFolder) -> None:
    service, before = ReportService(run), looks_at(run)
    value, arrays = service.answer("settle", {}, silent)
    assert (value, looks_at(run)) == ({}, before)
    found = over_time_of(arrays)
    assert set(found) == set(READOUTS)
    look = view_data_of(run.path, *service.answer("open", {}, silent))
    for name, over_time in found.items():
        assert over_time.time[-1] == 40.0
        np.testing.assert_array_equal(over_time.answers[-1], look.answers[name])
        settled = over_time.settled_ms(look.labels)
        assert settled["median"] is not None
        assert 0 < settled["median"] <= settled["nine_tenths"] <= 40.0


def test_without_spike_times_answers_over_time_are_refused_in_a_sentence(run: RunFolder) -> None:
    service = ReportService(run)
    service.run = replace(service.run, test_trains=None)
    with pytest.raises(StdpbenchError, match="no spike times of its test pictures; `stdpbench evaluate` computes"):
        service.answer("settle", {}, silent)


def test_features_of_more_pictures_than_neurons_are_principal_components() -> None:
    counts = np.random.default_rng(5).poisson(2.0, (150, 80)).astype(np.uint16)
    roots = np.sqrt(counts.astype(np.float64))
    left, sizes, _ = np.linalg.svd(roots - roots.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(features(counts, 10)), np.abs(left[:, :10] * sizes[:10]), atol=1e-6)


def test_the_process_answers_and_exits_with_its_client(run: RunFolder) -> None:
    client, replies = HelperClient.open("stdpbench.studies.report.service", str(run.path)), list[Any]()
    client.wait_for_connection()
    client.request("fly")
    for k in (99, 3):
        client.request("cluster", method="k-means", k=k)
    while len(replies) < 3:
        assert not client.over, client.why_ended()
        replies += [message[2:] for message in client.drain(wait=0.1) if message[0] == "reply"]
    (unknown, _), (too_many, _), (error, (value, arrays)) = replies
    assert "unknown request fly" in unknown
    assert "k must be 1 to 60" in too_many
    assert (error, value["method"], len(np.unique(arrays["members"]))) == ("", "k-means", 3)
    client.close()
    assert client.wait_for_process(100) is not None
