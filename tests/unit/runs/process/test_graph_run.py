"""Runs of a network with two layers, declared by its populations and projections and trained in two stages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from harness import (
    N_LABEL,
    N_TEST,
    N_TRAIN,
    arrays,
    drive,
    driven,
    ended,
    finished,
    killed_at_position,
    new_run,
    of_network,
    untroubled,
)
from numpy.typing import NDArray

import stdpbench
from stdpbench.api.tables import curve_arrays
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import compile_ahead, find_compiler
from stdpbench.experiment import Experiment
from stdpbench.results.readout.energy import cost
from stdpbench.runs.analysis.curves import series
from stdpbench.runs.folder.checkpoints import read_checkpoint
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.past_weights import weights_at
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.lineage.export import export_run, unpack_run
from stdpbench.runs.lineage.reproduction import prepare
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.preparation.start import load_split
from stdpbench.runs.presentation import processes
from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.facts import ParametersChanged, RuleChanged
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.studies.report.presentations import Presentation, Presenter

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

NETWORK = """
[network]
kind = "graph"
read = "top"
[network.populations.eyes]
[network.populations.middle]
shape = [2, 3]
neuron = { kind = "adaptive-lif", tau_theta = "1e5 ms", theta_plus = "0.2 mV", theta_start = "10 mV" }
[network.populations.top]
size = 5
neuron = { kind = "adaptive-lif", tau_theta = "1e5 ms", theta_plus = "0.2 mV", theta_start = "10 mV" }
noise = { kind = "poisson", rate = "60 Hz", weight = 0.5, receptor = "ge" }
[network.projections.up]
source = "eyes"
target = "middle"
receptor = "ge"
weight = { kind = "uniform", low = 0.1, high = 0.5 }
delay = { kind = "uniform", high = "2 ms" }
plasticity = { kind = "diehl-cook-triplet" }
normalise = { kind = "sum", value = 20 }
[network.projections.rivals]
source = "middle"
target = "middle"
receptor = "gi"
connect = { kind = "others", within = "field" }
weight = 17
delay = "1 ms"
[network.projections.further]
source = "middle"
target = "top"
receptor = "ge"
weight = { kind = "uniform", low = 12.0, high = 30.0 }
delay = "3 ms"
plasticity = { kind = "pair-additive", w_max = 40 }
"""
HALF = N_TRAIN // 2
BCM = {"kind": "bcm", "tau_theta_m": "200 ms", "w_max": 40}
PAIR = {"kind": "pair-additive", "w_max": 40, "a_plus": 0.05}
BACK = {HALF + 5: [("change_rule", {"rule": PAIR, "projection": "further"})]}
CHANGE = {
    HALF + 2: [
        ("set", {"changes": {"network.projections.further.plasticity.a_plus": 0.02}}),
        ("change_rule", {"rule": BCM, "projection": "further"}),
    ],
    **BACK,
}
LATE = N_TRAIN + N_LABEL + N_TEST + N_LABEL
"""A position at which the simulator holds the network before learning."""
LEARNED = {"up.w": (64, 6), "middle.theta": (6,), "further.w": (6, 5), "top.theta": (5,)}


def two_layers() -> Experiment:
    stages = [{"projections": ["up"], "passes": 1}, {"projections": ["further"], "passes": 1}]
    return of_network(NETWORK, passes=None, stages=stages, train_images=HALF)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    compile_ahead(
        two_layers().with_rule(BCM, "further"), 64, "compiled"
    )  # so that it is in force where it is asked for
    return untroubled(new_run(tmp_path_factory.mktemp("parent"), two_layers()), at=CHANGE)


def learned(folder: RunFolder, position: int) -> dict[str, NDArray[np.float64]]:
    state = read_checkpoint(folder.path, position).state
    return {name: state[name] for name in LEARNED}


def rules_in(folder: RunFolder) -> list[tuple[int, str, str]]:
    facts = [(record.position, record.fact) for record in read_journal(folder.path)]
    return [(at, fact.projection, fact.new["kind"]) for at, fact in facts if isinstance(fact, RuleChanged)]


def test_each_stage_changes_what_learns_in_it_and_nothing_else(tmp_path: Path) -> None:
    folder, seen = new_run(tmp_path, two_layers()), {}

    def look(engine: object) -> None:
        seen[engine.position] = engine.simulator.learned  # type: ignore[attr-defined]

    drive(folder, boundary=look, at={N_TRAIN: ["stop"]})
    start, half, end = seen[0], seen[HALF], seen[N_TRAIN]
    assert {name: array.shape for name, array in start.items()} == LEARNED
    for name in ("up.w", "middle.theta"):
        assert (start[name] != half[name]).any()
        np.testing.assert_array_equal(half[name], end[name])
    for name in ("further.w", "top.theta"):
        np.testing.assert_array_equal(start[name], half[name])
        assert (half[name] != end[name]).any()


def test_files_and_measures_are_of_the_network(parent: RunFolder) -> None:
    trained = learned(parent, N_TRAIN)
    for name in ("up.w", "middle.theta", "further.w", "top.theta"):
        stored = np.load(parent.path / "learned" / f"{name}.npy")
        assert stored.shape == LEARNED[name]
        if name != "up.w":  # which is stored as scaled for a presentation
            np.testing.assert_array_equal(stored, trained[name])
    np.testing.assert_allclose(np.load(parent.path / "learned" / "up.w.npy").sum(axis=0), 20)
    assert np.load(parent.path / "test.npz")["spike_counts"].shape == (N_TEST, 5)
    metrics = json.loads((parent.path / "metrics.json").read_text())
    assert set(metrics["accuracy"]) >= {"vote"}
    assert metrics["training"]["mean_theta_mV"] == pytest.approx(trained["top.theta"].mean() * 1e3, abs=1e-3)


def test_it_goes_on_bit_for_bit_wherever_it_was_cut_off(parent: RunFolder, tmp_path: Path) -> None:
    folder = new_run(tmp_path, two_layers())
    for position in (HALF - 1, HALF + 3, N_TRAIN, LATE):
        drive(folder, at={HALF + 3: CHANGE, N_TRAIN: BACK}.get(position), die=killed_at_position(position))
    assert finished(folder) == outcome(parent)
    assert rules_in(folder) == rules_in(parent)


def test_another_rule_of_one_projection_leaves_the_other_as_it_was(parent: RunFolder, tmp_path: Path) -> None:
    assert rules_in(parent) == [(HALF + 2, "further", "bcm"), (HALF + 5, "further", "pair-additive")]
    other = driven(new_run(tmp_path, two_layers()), at={HALF + 2: CHANGE[HALF + 2][:1], HALF + 5: ["stop"]})
    folder = branch(parent, HALF + 5, runs=tmp_path)
    seen: dict[int, dict[str, NDArray[np.float64]]] = {}
    drive(
        folder,
        boundary=lambda engine: seen.update({engine.position: engine.simulator.state()}),
        at={N_TRAIN: ["stop"]},
    )
    kept, replaced = read_checkpoint(other.path, HALF + 5).state, seen[HALF + 5]
    for name in kept.keys() & replaced.keys():
        if name.startswith(("up.", "middle.")):
            np.testing.assert_array_equal(kept[name], replaced[name])
    assert (kept["further.w"] != replaced["further.w"]).any()


def test_workers_rewound_runs_branches_and_reproductions_come_to_the_same(
    parent: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PER_PROCESS", 4)  # else there is work for one process only
    same = ended(branch(parent, HALF + 4, runs=tmp_path), at=BACK)
    assert arrays(same) == arrays(parent)
    rewind(same, HALF)
    assert not (same.path / "learned" / "up.w.npy").exists()
    finished(same, at=CHANGE)
    assert arrays(same) == arrays(parent)
    again, _ = prepare(
        unpack_run(export_run(parent, tmp_path / "run.zip"), tmp_path / "unpacked"), tmp_path, workers=2
    )
    finished(again)
    assert arrays(again) == arrays(parent)
    list(evaluate_run(again.path, Options(workers=1)))
    assert arrays(again) == arrays(parent)


def test_a_new_run_starts_from_what_it_learned(parent: RunFolder, tmp_path: Path) -> None:
    folder = create_run_from(parent, {}, tmp_path, Options(simulator="compiled", workers=1))
    started: list[dict[str, NDArray[np.float64]]] = []
    drive(folder, boundary=lambda engine: started.append(dict(engine.simulator.learned)), at={0: ["stop"]})
    for name in LEARNED:
        np.testing.assert_array_equal(started[0][name], np.load(parent.path / "learned" / f"{name}.npy"))


def test_a_branch_changes_the_rule_of_one_projection(
    call: Callable[..., str], parent: RunFolder, tmp_path: Path
) -> None:
    mine = ["--rule", "symmetric", "--projection", "up", "--set", "network.projections.up.plasticity.w_max=0.5"]
    call("branch", str(parent.path), "--at", "4", *mine, "--runs", str(tmp_path), "--no-start")
    made = stdpbench.open_run(next(path.parent for path in tmp_path.glob("*/run.json"))).experiment
    assert made == two_layers().with_rule({"kind": "symmetric"}, "up", {"w_max": 0.5})
    also = stdpbench.open_run(parent.path).branch(4, rule="symmetric", projection="up", runs=tmp_path, start=False)
    assert also.experiment == made.with_rule({"kind": "symmetric"}, "up")


def test_python_shows_what_ends_at_the_population_that_is_read(parent: RunFolder) -> None:
    run = stdpbench.open_run(parent.path)
    assert set(run.weights.keys()) == {"up", "further"}
    np.testing.assert_array_equal(run.weights, run.weights["further"])
    np.testing.assert_array_equal(run.theta, run.thresholds["top"])
    past = weights_at(parent.path, N_TRAIN)
    assert {name: array.shape for name, array in past.learned.items()} == LEARNED


def test_weights_are_scaled_or_not_while_a_run_goes_on(tmp_path: Path) -> None:
    folder, scaled = new_run(tmp_path, two_layers(), baselines=False), "network.projections.up.normalise"
    on = {f"{scaled}.kind": "sum", f"{scaled}.value": 25}
    wishes = {3: [("set", {"changes": {f"{scaled}.kind": "none"}})], 5: [("set", {"changes": on})], 6: ["stop"]}
    sums: dict[int, NDArray[np.float64]] = {}
    drive(
        folder,
        boundary=lambda engine: sums.update({engine.position: engine.simulator.learned["up.w"].sum(axis=0)}),
        at=wishes,
    )
    assert sums[3].max() < 22.5 < sums[6].min()
    changes = [record.fact.changes for record in read_journal(folder.path) if type(record.fact) is ParametersChanged]
    assert changes[0] == {f"{scaled}.kind": ("sum", None), f"{scaled}.value": (20.0, None)}
    assert changes[1] == {path: (None, value) for path, value in on.items()}


def test_synaptic_operations_are_those_of_its_projections(parent: RunFolder) -> None:
    made, wanted = parent.stored_experiment, Presentation("trained", "test", N_TEST)
    learned = Learned({name: np.load(parent.path / "learned" / f"{name}.npy") for name in LEARNED})
    with Presenter(made, {"test": load_split(made, False).test}, {"trained": learned}, None, 1) as shows:
        shown = next(found for _, _, found in shows.present([wanted]) if found is not None)
    assert list(shown.spikes) == ["eyes", "middle", "top"]
    np.testing.assert_array_equal(shown.spikes["top"], np.load(parent.path / "test.npz")["spike_counts"].sum(axis=1))
    spikes = {name: float(counts.mean()) for name, counts in shown.spikes.items()}
    assert min(spikes.values()) > 0
    found = cost(made.graph(8, 8), spikes)
    assert found.by_projection == {
        "up": spikes["eyes"] * 6,
        "rivals": spikes["middle"] * 2,
        "further": spikes["middle"] * 5,
    }


def test_every_block_has_measures_of_what_the_main_curves_are_not_of(parent: RunFolder) -> None:
    blocks = LiveRun.replay(read_journal(parent.path)).blocks
    names = ["middle.spikes", "middle.theta", "up.change"]
    assert all(list(block.others) == names for block in blocks.values())
    assert all(block.others["up.change"] > 0 for end, block in blocks.items() if end <= HALF)
    assert all(block.others["up.change"] == 0 for end, block in blocks.items() if end > HALF + 1)
    assert any(block.weight_change > 0 for end, block in blocks.items() if end > HALF)
    theta = learned(parent, N_TRAIN)["middle.theta"].mean() * 1e3
    assert blocks[N_TRAIN].others["middle.theta"] == pytest.approx(theta)
    drawn, arrays = series(blocks, "middle", "up"), np.load(parent.path / "training.npz")
    for name, curve in zip(names, ("spikes", "theta", "change"), strict=True):
        np.testing.assert_array_equal(drawn[curve][1], arrays[name])
        np.testing.assert_array_equal(curve_arrays(LiveRun.replay(read_journal(parent.path)))[name], arrays[name])
    assert drawn["spikes"][1].max() > 0
    assert not len(series(blocks, "top", "further")["change"][0])  # these are the main curves
