"""Shipped experiments: a local layer, two layers and the order of spikes, shortened to a few neurons and pictures.

Smaller runs of both templates, and of stages, are in `test_template_runs.py` and `test_graph_run.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from harness import ended, new_run

from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import read_experiment

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")]

SHORT = {"schedule.train_images": 200, "schedule.label_images": 200, "schedule.test_images": 100}


def test_every_place_of_a_local_layer_says_something_about_the_digits(tmp_path: Path) -> None:
    made = read_experiment("local-digits")
    graph = made.graph(20, 20)
    assert graph.populations["exc"].shape == (3, 3, 44)
    assert len(graph.synapses("feed")) == 9 * 44 * 100
    folder = ended(
        new_run(tmp_path, made.override({**SHORT, "network.units": 12, "schedule.passes": 1}), baselines=False)
    )
    assert json.loads((folder.path / "metrics.json").read_text())["accuracy"]["confidence"]["accuracy"] > 0.5
    with np.load(folder.path / "test.npz") as file:
        counts = file["spike_counts"].reshape(-1, 9, 12)
    assert (counts.sum(axis=2).mean(axis=0) > 1).all()


def test_the_second_layer_of_a_stack_learns_after_the_first(tmp_path: Path) -> None:
    made = read_experiment("stack-digits")
    assert [stage.projections for stage in made.stages] == [("feed",), ("upward",)]
    small = {**SHORT, "network.n_first": 40, "network.n_second": 20, "network.weight_sum_second": 4}
    stages = "[{ projections = ['feed'] }, { projections = ['upward'] }]"
    folder = ended(new_run(tmp_path, made.override({**small, "schedule.stages": stages}), baselines=False))
    with np.load(folder.path / "training.npz") as training:
        half = training["points"] <= 200
        assert (training["feed.change"][half] > 0).all()
        assert (training["weight_change"][half] == 0).all()
    w = np.load(folder.path / "learned" / "upward.w.npy")
    assert w.max() > 2.7 * w.mean()  # 2.2 at the start, uniform from almost 0
    assert json.loads((folder.path / "metrics.json").read_text())["accuracy"]["confidence"]["accuracy"] > 0.3


@pytest.mark.parametrize(("timing", "least", "most"), [("intact", 0.97, 1.0), ("permuted", 0.0, 0.4)])
def test_the_order_of_spikes_is_told_by_those_that_come_first(
    tmp_path: Path, timing: str, least: float, most: float
) -> None:
    short = {"schedule.train_images": 400, "schedule.test_images": 100, "schedule.timing": timing}
    folder = ended(new_run(tmp_path, read_experiment("order-first").override(short), baselines=False))
    metrics = json.loads((folder.path / "metrics.json").read_text())
    assert least <= metrics["accuracy"]["vote"]["accuracy"] <= most
