"""Runs of a network whose delays learn: delays are kept, branched and passed on as weights are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from harness import N_TRAIN, arrays, drive, ended, new_run, of_network, untroubled

import stdpbench
from stdpbench.engine.network import start_arrays
from stdpbench.engine.simulators import compile_ahead, find_compiler
from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import read_checkpoint
from stdpbench.runs.folder.damage import damage
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.past_weights import weights_at
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.protocol.options import Options

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

NETWORK = """
[network]
kind = "graph"
[network.populations.eyes]
[network.populations.exc]
size = 6
neuron = { kind = "adaptive-lif", tau_theta = "1e5 ms", theta_plus = "0.2 mV", theta_start = "10 mV" }
[network.projections.up]
source = "eyes"
target = "exc"
receptor = "ge"
weight = { kind = "uniform", low = 0.1, high = 0.5 }
delay = { kind = "uniform", high = "3 ms" }
delay_plasticity = { kind = "delay-shift", d_max = "4 ms", eta_plus = "0.5 ms", eta_minus = "0.5 ms" }
[network.projections.back]
source = "exc"
target = "exc"
receptor = "gi"
connect = { kind = "random", p = 0.5 }
weight = { kind = "uniform", low = 0.1, high = 0.5 }
delay = "2 ms"
plasticity = { kind = "pair-additive" }
delay_plasticity = { kind = "delay-shift", d_max = "4 ms" }
"""
UP = "network.projections.up.delay_plasticity"
CHANGE = {4: [("set", {"changes": {f"{UP}.eta_plus": "0.2 ms"}})]}


def with_delays(**changes: object) -> Experiment:
    return of_network(NETWORK).override(changes)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    compile_ahead(with_delays(), 64, "compiled")
    return untroubled(new_run(tmp_path_factory.mktemp("parent"), with_delays()), at=CHANGE)


def test_delays_are_learned_and_stored_beside_weights(parent: RunFolder) -> None:
    run, trained = stdpbench.open_run(parent.path), read_checkpoint(parent.path, N_TRAIN).state
    made = with_delays()
    start = start_arrays(made, load_split(made, False).train)
    assert set(run.delays.keys()) == {"up", "back"}
    assert run.delays["up"].shape == run.weights["up"].shape == (64, 6)
    for name in ("up", "back"):
        assert (trained[f"{name}.d"] != start[f"{name}.d"]).any()
        np.testing.assert_allclose(run.delays[name], trained[f"{name}.d"] * 1e3)
        np.testing.assert_array_equal(np.load(parent.path / "learned" / f"{name}.d.npy"), trained[f"{name}.d"])
    assert 0 <= run.delays["up"].min() <= run.delays["up"].max() <= 4
    assert (start["back.d"] == 2e-3).all()
    np.testing.assert_array_equal(start["up.w"], trained["up.w"])  # only its delays learn
    assert (start["back.w"] != trained["back.w"]).any()
    assert damage(parent, read_journal(parent.path)) == []
    past = weights_at(parent.path, N_TRAIN).learned
    assert past["up.d"].dtype == past["up.w"].dtype == np.float32


def test_a_branch_comes_to_the_same(parent: RunFolder, tmp_path: Path) -> None:
    assert {"learned/up.d.npy", "learned/back.d.npy"} <= arrays(parent).keys()
    assert arrays(ended(branch(parent, 6, runs=tmp_path))) == arrays(parent)


def test_a_new_run_starts_from_delays_and_weights(parent: RunFolder, tmp_path: Path) -> None:
    """Also where delays no longer learn, or weights begin to: what both networks have is taken."""
    for changes, taken in (
        ({}, ("up.w", "up.d", "back.w", "back.d")),
        ({"network.projections.up.plasticity": "oja", f"{UP}.kind": "none"}, ("up.w", "back.w", "back.d")),
    ):
        folder = create_run_from(parent, changes, tmp_path, Options(simulator="compiled", workers=1))
        for name in taken:
            stored = np.load(folder.path / "start_learned" / f"{name}.npy")
            np.testing.assert_array_equal(stored, np.load(parent.path / "learned" / f"{name}.npy"))
        assert (folder.path / "start_learned" / "up.d.npy").exists() == ("up.d" in taken)
    assert "up.d" in folder.read_json("run.json")["from"]["remark"]


def test_a_synapse_starts_from_the_one_between_the_same_neurons(parent: RunFolder, tmp_path: Path) -> None:
    """With another seed, other neurons are connected."""
    folder = create_run_from(parent, {"seed": 7}, tmp_path, Options(simulator="compiled", workers=1))
    old, new = (run.experiment.graph(64).synapses("back") for run in (parent, folder))
    assert not new.same_pairs(old)
    own = start_arrays(folder.experiment, folder.experiment.data.prepare().train)
    for name in ("back.w", "back.d"):
        theirs = old.dense(np.load(parent.path / "learned" / f"{name}.npy"), absent=np.nan)
        taken = new.dense(np.load(folder.path / "start_learned" / f"{name}.npy"), absent=np.nan)
        expected = np.where(np.isnan(theirs), new.dense(own[name], absent=np.nan), theirs)
        np.testing.assert_array_equal(taken, np.where(np.isnan(taken), np.nan, expected))
    pairs, before = (set(zip(each.source, each.target, strict=True)) for each in (new, old))
    remark = f"{parent.path.name} does not have {len(pairs - before)} of {len(new)} synapses of back."
    remark += f" This network does not have {len(before - pairs)} of {len(old)} synapses of back."
    assert folder.read_json("run.json")["from"]["remark"] == remark


def test_delays_of_a_paused_run_can_be_replaced(parent: RunFolder, tmp_path: Path) -> None:
    folder, seen = new_run(tmp_path, with_delays()), {}

    def request(array: object) -> tuple[str, dict[str, object]]:
        return "set_learned", {"arrays": write_learned(folder.path, {"up.d": array})}

    half, wrong = np.full((64, 6), 1.25e-3), np.full((64, 6), 4.0)
    engine = drive(
        folder,
        boundary=lambda engine: seen.update({engine.position: engine.simulator.learned["up.d"]}),
        at={2: ["pause"], 4: ["stop"]},
        paused=[[request(wrong), request(half), "resume"]],
    )
    errors = [error for _, error, _ in engine.replies if error]
    assert len(errors) == 1
    assert "up.d contains values from 4 to 4; allowed are 0 to 0.004, in seconds (d_max = 4 ms)" in errors[0]
    assert abs(seen[3] - 1.25e-3).max() < 1e-3
    assert (seen[3] != seen[2]).mean() > 0.9
