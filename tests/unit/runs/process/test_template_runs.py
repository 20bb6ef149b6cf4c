"""Runs of the templates local, stack and conv: they train, and are evaluated and reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import N_TRAIN, ended, experiment, new_run

from stdpbench.experiment import Experiment
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.runs.catalog.forecast import Size
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.preparation.start import arrays_at_start, load_split
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report.evaluated_run import load_run, trained_network

HALF = N_TRAIN // 2
STAGES = [{"projections": ["feed"], "passes": 1}, {"projections": ["upward"], "passes": 1}]
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "local": ({"units": 3, "rows": 2, "columns": 2, "field": 5, "stride": 3, "weight_sum": 15.0}, {"passes": 1}),
    "stack": (
        {"n_first": 5, "n_second": 3, "weight_sum": 20.0, "weight_sum_second": 2.0},
        {"stages": STAGES, "train_images": HALF},
    ),
    "conv": (
        {"n_exc": 5, "units": 3, "rows": 6, "columns": 6, "field": 3, "planes": 1, "pool": 3, "threshold": 0.5},
        {"stages": STAGES, "train_images": HALF, "between": "reset"},
    ),
}


def small(kind: str, tmp_path: Path) -> Experiment:
    mapping = experiment().to_mapping()
    for section in ("inh", "lateral"):
        mapping.pop(section, None)
    network, changes = KINDS[kind]
    if kind == "conv":  # neurons that a pooled feature or two make fire
        mapping["exc"] = {"kind": "adaptive-lif-discrete", "beta": 1.0, "v_thresh": 0.5, "theta_plus": 0.1}
    schedule = {name: value for name, value in mapping["schedule"].items() if name != "passes"} | changes
    schedule["test_images"] = 20
    path = tmp_path / "small.toml"
    path.write_text(
        Experiment.from_mapping({**mapping, "network": {"kind": kind, **network}, "schedule": schedule}).to_toml()
    )
    return Experiment.from_toml(path.read_text())


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", KINDS)
def test_a_template_trains_and_is_reported(call: Callable[..., str], kind: str, tmp_path: Path) -> None:
    made = small(kind, tmp_path)
    assert made.to_mapping()["network"]["kind"] == kind
    whole = ended(new_run(tmp_path / "whole", made))
    run = load_run(whole)
    graph = made.graph(8, 8)
    if kind == "local":
        assert run.w.shape == (64, 12)
        seen = run.w.reshape(8, 8, 2, 2, 3)[:, :, 1, 0]  # the patch of the second row of places begins at row 3
        assert np.all(seen[3:, :5] > 0)
        assert np.count_nonzero(seen) == 3 * 25
        assert np.array_equal(np.isnan(run.fields), run.w == 0)
    else:
        assert run.w.shape == {"stack": (5, 3), "conv": (12, 5)}[kind]
        np.testing.assert_allclose(run.fields, run.w, rtol=1e-6)
    assert run.theta.shape == (graph.n_read,)
    if kind == "conv":  # as a baseline, exc neurons are responses of features that have not learned
        assert run.metrics["baselines"]["start_weights"]["vote"]["n_images"] == 20
        assert (run.label_counts.sum(axis=1) == 1).all(), "one winner for each picture"
    call("report", str(whole.path))
    assert (whole.path / "report" / "report.html").exists()


def test_places_of_an_input_that_is_no_square_are_those_of_its_rows_and_columns(tmp_path: Path) -> None:
    """Three inputs per value of 8 × 8 pixels: 24 rows and 8 columns."""
    mapping = small("local", tmp_path).to_mapping()
    mapping["network"] |= {"units": 2, "rows": 7, "weight_sum": 5.0}
    mapping["schedule"]["train_images"] = 10
    mapping["encoding"] = {"kind": "population", "fields": 3}
    made = Experiment.from_mapping(mapping)
    shape = Size.of_experiment(made).input_shape(made)  # forms and forecasts know it before the run
    assert shape == (24, 8)
    assert NetworkDraft(made).problems(*shape) == ()
    assert NetworkDraft(made).graph(*shape).populations["input"].shape == shape
    run = ended(new_run(tmp_path / "runs", made))
    network = trained_network(run)
    assert network.graph.populations["input"].shape == (24, 8)
    (w,) = (array for name, array in network.learned.items() if name.endswith(".w"))
    assert w.shape == (28 * 25,)
    other = create_run_from(run, {"seed": 1}, tmp_path / "runs", Options())
    start = arrays_at_start(other, other.experiment, load_split(other.experiment, validation=False))
    assert any(np.array_equal(array, w) for array in start.values())
