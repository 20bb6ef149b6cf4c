"""Estimated durations of runs before they start, with their source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from run_folders import Make

from stdpbench.experiment import Experiment, read_experiment
from stdpbench.runs.catalog.forecast import Size, forecast
from stdpbench.runs.preparation.start import load_split

SIZE = Size(1000, 200, (28, 28))
USUAL = {"network.n_exc": 50, "network.inhibition": "direct", "schedule.between": "carry", "schedule.rest": "0 ms"}
STREAM = """
[network]
kind = "graph"
[network.populations.input]
[network.populations.first]
size = 60
neuron = { kind = "lif" }
[network.projections.feed]
source = "input"
target = "first"
receptor = "ge"
weight = { kind = "uniform" }
plasticity = { kind = "pair-additive" }
[schedule]
between = "stream"
duration = "1000 s"
piece = "1 s"
[data]
kind = "poisson"
n = 100
"""


@pytest.fixture
def measured(tmp_path: Path, make_run: Make) -> Make:
    """Make a run that took 20 ms for each of 1000 training presentations."""

    def make(name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Path:
        path = make_run(tmp_path, name, parameters={**({} if "base" in more else USUAL), **(parameters or {})}, **more)
        metrics = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
        metrics["training"] = {"presentations": 1000, "seconds": 20.0, "stopped": False}
        (path / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        return path

    return make


def asked(**changes: Any) -> Experiment:
    given = {path.replace("__", "."): value for path, value in changes.items()}
    return Experiment.from_mapping({"name": "mine"}).override({**USUAL, **given})


def test_the_last_run_of_the_network_is_scaled_by_presentations(measured: Make, tmp_path: Path) -> None:
    measured("known", {"plasticity.nu_post": 0.02})
    assert (
        forecast(asked(), tmp_path, SIZE) == "About 20 s for 1\u202f000 training presentations, as in the run known."
    )
    more = asked(schedule__passes=3)
    assert forecast(more, tmp_path, SIZE).startswith("About 60 s for 3\u202f000 training presentations")
    assert forecast(more, tmp_path, SIZE, done=2500).startswith("About 10 s for 500 training presentations")


@pytest.mark.parametrize(
    "changes",
    [
        {"network__n_exc": 100},
        {"schedule__stimulus": "700 ms"},
        {"plasticity__kind": "bcm"},
        {"encoding__kind": "regular"},
    ],
)
def test_there_is_no_estimate_without_a_run_of_the_network(
    measured: Make, tmp_path: Path, changes: dict[str, Any]
) -> None:
    measured("known")
    assert forecast(asked(**changes), tmp_path, SIZE).startswith("The duration cannot be estimated")


def test_runs_that_did_not_finish_are_ignored(measured: Make, tmp_path: Path) -> None:
    measured("stopped", state="stopped")
    (measured("torn") / "journal.jsonl").write_text("{\n", encoding="utf-8")
    assert forecast(asked(), tmp_path, SIZE).startswith("The duration cannot be estimated")
    assert forecast(asked(), tmp_path / "nowhere", SIZE).startswith("The duration cannot be estimated")


def test_the_time_of_a_stream_is_that_of_its_pieces(measured: Make, tmp_path: Path) -> None:
    mine = Experiment.from_toml(STREAM)
    measured("known", base=mine)
    longer = mine.override({"schedule.duration": "3000 s"})
    sentence = forecast(longer, tmp_path, Size.of_experiment(longer))
    assert sentence == "About 60 s for 3\u202f000 pieces of the stream, as in the run known."


def test_the_time_stated_in_a_file_is_not_used_for_other_experiments(measured: Make, tmp_path: Path) -> None:
    measured("known")
    mine = asked(about__expected_time="a long night.")
    assert forecast(mine, tmp_path, SIZE, trust=True) == "According to the experiment file: a long night."
    assert "night" not in forecast(mine, tmp_path, SIZE)


def test_sizes_are_those_of_the_data(tmp_path: Path) -> None:
    digits = read_experiment("digits")
    assert Size.of(load_split(digits, validation=False)) == Size.of_experiment(digits) == Size(1347, 450, (28, 28))
    np.savez(tmp_path / "mine.npz", images=np.ones((30, 9, 9)))
    mine = read_experiment("fast-100").override({"data.kind": "npz"})
    mine = mine.override({"data.path": str(tmp_path / "mine.npz")})
    assert Size.of_experiment(mine) == Size(24, 6, (9, 9), labelled=False)
