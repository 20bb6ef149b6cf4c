"""A run whose lateral inhibition learns: nothing of its weights is lost on any way that a run may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import N_TRAIN, drive, driven, ended, experiment, new_run, set_

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import read_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.protocol.facts import Remarked
from stdpbench.runs.protocol.options import Options

WISHES = {7: [set_(lateral__rho_0="40 Hz")]}


def plastic() -> Experiment:
    return experiment(lateral__kind="homeostatic", lateral__eta=0.2, lateral__rho_0="20 Hz")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return ended(new_run(tmp_path_factory.mktemp("parent"), plastic()), at=WISHES)


def lateral(folder: RunFolder) -> Any:
    return np.load(folder.path / "lateral.npy")


def test_weights_learn_and_are_written_down(parent: RunFolder) -> None:
    w = lateral(parent)
    assert w.shape == (4, 4)
    assert (np.diag(w) == 0).all()
    assert np.ptp(w[~np.eye(4, dtype=bool)]) > 0.2
    np.testing.assert_array_equal(read_checkpoint(parent.path, N_TRAIN).state["compete.w"], w)
    notes = [record.fact.text for record in read_journal(parent.path) if isinstance(record.fact, Remarked)]
    assert [line for line in notes if "4² weights" in line and "MiB" in line]


def test_a_new_run_starts_from_its_weights(parent: RunFolder, tmp_path: Path) -> None:
    options = Options(simulator="compiled", workers=1)
    folder = create_run_from(parent, {}, tmp_path, options)
    started: list[Any] = []
    drive(folder, boundary=lambda engine: started.append(engine.simulator.array("compete.w").copy()), at={0: ["stop"]})
    np.testing.assert_array_equal(started[0], lateral(parent))
    smaller = create_run_from(parent, {"network.n_exc": 3}, tmp_path, options)
    np.testing.assert_array_equal(np.load(smaller.path / "start_lateral.npy"), lateral(parent)[:3, :3])
    fixed = create_run_from(parent, {"lateral.kind": "fixed"}, tmp_path, options)
    assert not (fixed.path / "start_lateral.npy").exists()
    assert "lateral" not in fixed.experiment.to_mapping()
    assert reports_at_start(folder) == []
    assert reports_at_start(fixed) == [f"Not taken from {parent.path.name}: compete.w (this network has none)."]
    assert reports_at_start(smaller) == [
        f"Not taken from {parent.path.name}: feed.w beyond the shape (64, 3) (it has (64, 4)), exc.theta beyond the "
        "shape (3,) (it has (4,)), compete.w beyond the shape (3, 3) (it has (4, 4))."
    ]
    plain = driven(new_run(tmp_path / "plain", experiment()), at={0: ["stop"]})
    learning = create_run_from(plain, {"lateral.kind": "homeostatic"}, tmp_path, options)
    assert reports_at_start(learning) == [f"Not taken from {plain.path.name}: compete.w (that run has none)."]
    np.testing.assert_array_equal(np.load(learning.path / "start_lateral.npy"), 1 - np.eye(4))


def reports_at_start(folder: RunFolder) -> list[str]:
    """What a new run says about the run that it starts from, once, however often it is resumed."""
    for _ in range(2):
        drive(folder, at={0: ["stop"], 2: ["stop"]})
    remarks = [r.fact.text for r in read_journal(folder.path) if isinstance(r.fact, Remarked)]
    return [text for text in remarks if text.startswith("Not taken")]
