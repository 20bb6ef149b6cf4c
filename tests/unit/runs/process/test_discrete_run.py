"""A run of discrete neurons: checkpoints, changes while it runs, thresholds without unit, and where they are shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from harness import N_TEST, N_TRAIN, drive, experiment, new_run, set_, untroubled

import stdpbench
from stdpbench.bridges.nir.reading import read_nir
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import read_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import Block

CHANGE = {8: [set_(exc__theta_plus=0.5, network__w_inh_exc=6.0)]}


def discrete() -> Experiment:
    return experiment(
        exc__kind="adaptive-lif-discrete",
        exc__theta_start=3.0,
        exc__v_thresh=2.0,
        exc__theta_plus=0.25,
        network__inhibition="direct-undelayed",
        schedule__between="carry",
        data__kind="digits",
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return untroubled(new_run(tmp_path_factory.mktemp("discrete"), discrete()), at=CHANGE)


def test_theta_is_stored_and_measured_as_it_is(run: RunFolder) -> None:
    theta = read_checkpoint(run.path, N_TRAIN).state["exc.theta"]
    assert theta.shape == (4,)
    assert theta.min() > 3.0
    np.testing.assert_array_equal(np.load(run.path / "theta.npy"), theta)
    metrics = json.loads((run.path / "metrics.json").read_text())
    assert metrics["training"]["mean_theta_mV"] == pytest.approx(theta.mean(), abs=1e-3)
    blocks = [record.fact for record in read_journal(run.path) if isinstance(record.fact, Block)]
    assert all(3.0 <= block.mean_theta < 1e3 for block in blocks)
    assert np.load(run.path / "test.npz")["spike_counts"].sum() > N_TEST


def test_thresholds_above_a_volt_can_be_set(run: RunFolder, tmp_path: Path) -> None:
    folder, seen = new_run(tmp_path, discrete()), []

    def note(engine: object, name: str, error: str) -> None:
        if name == "set_learned":
            seen.append((error, engine.simulator.theta.copy()))  # type: ignore[attr-defined]

    wishes = [
        [("set_learned", {"arrays": write_learned(folder.path, {"exc.theta": np.full(4, value)})}), "resume"]
        for value in (20.0, -1.0)
    ]
    drive(folder, at={4: ["pause"], 6: ["pause"], 8: ["stop"]}, paused=wishes, replied=note)
    (accepted, theta), (refused, _) = seen
    assert accepted == ""
    assert (theta == 20.0).all()
    assert refused == "exc.theta contains values from -1 to -1; allowed are numbers from 0 on, without unit"


def test_a_nir_file_that_leaves_one_thing_out_says_so_when_it_is_read(run: RunFolder, tmp_path: Path) -> None:
    (mark,) = stdpbench.open_run(run.path).export_nir(tmp_path / "run.nir", force=True, stimuli=2).marks
    assert read_nir(tmp_path / "run.nir").remarks[0].endswith(f"different network from that of its run: {mark}.")
