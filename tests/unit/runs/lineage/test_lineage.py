"""Branches and rewinding: same input, same past, and only the intended differences."""

from __future__ import annotations

from typing import Any

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
    experiment,
    finished,
    killed_at_position,
    new_run,
    set_,
)

from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import newest
from stdpbench.runs.folder.checkpoints import checkpoint_path, positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.learned_arrays import write_learned
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.folder.status import held, state_of
from stdpbench.runs.lineage.branches import branch, resume_position, rewind
from stdpbench.runs.preparation.creation import create_run_from
from stdpbench.runs.protocol.changes import experiment_at, reached_position
from stdpbench.runs.protocol.facts import Branched, ParametersChanged, Rewound
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options
from stdpbench.runs.protocol.states import State

WISHES = {4: [set_(plasticity__nu_post=0.05)], 12: [set_(exc__theta_plus=0.3)]}


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run, two parameters changed on the way."""
    return ended(new_run(tmp_path_factory.mktemp("parent"), baselines=False), at=WISHES)


def training(folder: RunFolder) -> dict[str, Any]:
    with np.load(folder.path / "training.npz") as found:
        return {name: found[name] for name in ("image", "attempts", "spikes")}


# -- branches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 4, 7, N_TRAIN, None])
def test_a_branch_without_changes_gives_the_same_results(at, parent, tmp_path):
    made = branch(parent, at, runs=tmp_path)
    about = made.read_json("run.json")
    assert about["parent"] == {
        "id": parent.read_json("run.json")["id"],
        "name": parent.path.name,
        "at": N_TRAIN if at is None else at,
    }
    assert about["id"] != about["parent"]["id"]
    assert about["state"] == "queued"
    beyond = {position: wishes for position, wishes in WISHES.items() if at is not None and position > at}
    finished(made, at=beyond)
    assert arrays(made) == arrays(parent)
    live, of_parent = (LiveRun.replay(read_journal(folder.path)) for folder in (made, parent))
    assert live.blocks == of_parent.blocks
    assert live.changes == of_parent.changes
    assert live.parameters() == of_parent.parameters()


@pytest.mark.parametrize("at", [6, 10])
def test_a_branch_has_the_input_of_its_parent_and_differs_after_the_change(at, parent, tmp_path):
    made = ended(branch(parent, at, {"plasticity.nu_post": 0.2}, tmp_path))
    mine, its = training(made), training(parent)
    assert (mine["image"] == its["image"]).all()
    assert (mine["spikes"][: at + 1] == its["spikes"][: at + 1]).all()  # the first spikes after it cannot differ yet
    assert arrays(made)["weights.npy"] != arrays(parent)["weights.npy"]
    changes = [r for r in read_journal(made.path) if isinstance(r.fact, ParametersChanged) and r.position == at]
    assert dict(changes[0].fact.changes) == {"plasticity.nu_post": (0.05, 0.2)}
    # the same as to change the parent there
    folder = new_run(tmp_path, baselines=False)
    wishes = {position: asked for position, asked in WISHES.items() if position <= at}
    finished(folder, at={**wishes, at: [*wishes.get(at, []), set_(plasticity__nu_post=0.2)]})
    assert arrays(folder) == arrays(made)


def test_a_branch_of_a_branch_of_a_branch(parent, tmp_path):
    child = branch(parent, 7, {"plasticity.nu_post": 0.2}, tmp_path)
    drive(child, die=killed_at_position(11))  # at work, as far as its folder tells
    grandchild = branch(child, 8, {"exc.theta_plus": "0.1 mV"}, tmp_path)
    finished(child)
    finished(grandchild)
    same = ended(branch(grandchild, 17, runs=tmp_path))
    assert arrays(same) == arrays(grandchild)
    assert arrays(grandchild)["weights.npy"] != arrays(child)["weights.npy"]
    lines = [record.fact for record in read_journal(same.path) if isinstance(record.fact, Branched)]
    assert [line.at for line in lines] == [7, 8, 17]
    assert [line.parent_name for line in lines] == [parent.path.name, child.path.name, grandchild.path.name]
    folder = new_run(tmp_path, baselines=False)
    wishes = {4: WISHES[4], 7: [set_(plasticity__nu_post=0.2)], 8: [set_(exc__theta_plus="0.1 mV")]}
    finished(folder, at=wishes)
    assert arrays(folder) == arrays(grandchild)


@pytest.mark.parametrize(
    "changes", [{"encoding.intensity": 3.0}, {"schedule.label_images": 5, "schedule.min_spikes": 0}]
)
def test_a_branch_at_the_end_of_training_labels_and_tests_with_what_was_changed(changes, parent, tmp_path):
    made = ended(branch(parent, N_TRAIN, changes, tmp_path))
    assert arrays(made)["weights.npy"] == arrays(parent)["weights.npy"]
    assert arrays(made)["label.npz"] != arrays(parent)["label.npz"]


@pytest.mark.parametrize(
    ("at", "changes", "message"),
    [
        (N_TRAIN + 1, {}, "no position 25 .* expected 0 to 24"),
        (-1, {}, "0 to 24"),
        (5, {"network.n_exc": 8}, "--from"),
        (5, {"plasticity.nu_pots": 8}, "did you mean"),
        (5, {"plasticity.nu_post": -8}, "at least"),
    ],
)
def test_invalid_branches_leave_no_folder_behind(at, changes, message, parent, tmp_path):
    with pytest.raises(StdpbenchError, match=message):
        branch(parent, at, changes, tmp_path)
    assert list(tmp_path.iterdir()) == []


# -- rewinding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [0, 10, 13])
def test_a_rewound_run_gives_the_same_results_again(to, tmp_path):
    folder = new_run(tmp_path, baselines=False)
    expected = finished(folder, at=WISHES)
    before = folder.read_json("run.json")
    kept = rewind(folder, to)
    assert outcome(kept) == expected, "something of what was left behind is lost"
    assert kept.read_json("run.json")["parent"] == {"id": before["id"], "name": folder.path.name, "at": to}
    assert kept.about["state"] == "finished"
    about = folder.read_json("run.json")
    assert about["id"] == before["id"]
    assert about["state"] == "stopped"
    records = read_journal(folder.path)
    assert state_of(folder)[0] is State.STOPPED
    assert reached_position(records) == to
    assert [record.fact.kept_as for record in records if isinstance(record.fact, Rewound)] == [kept.path.name]
    assert not (folder.path / "weights.npy").exists()
    assert not (folder.path / "metrics.json").exists()
    assert all(position <= to for position in positions(folder.path))
    drive(folder, die=killed_at_position(to + 2), at={p: w for p, w in WISHES.items() if p > to})
    assert finished(folder, at={p: w for p, w in WISHES.items() if p > to + 1}) == expected


def test_progress_is_that_of_the_checkpoint_right_after_a_rewind(tmp_path):
    folder = ended(new_run(tmp_path, baselines=False))
    assert resume_position(folder.path, 13) == 10
    rewind(folder, 13)
    assert resume_position(folder.path, 13) == max(positions(folder.path)) == 10
    (entry,) = (entry for entry in newest(tmp_path, 2) if entry.name == folder.path.name)
    assert (entry.progress, entry.position, entry.state, entry.vote) == (f"train 10/{N_TRAIN}", 10, "stopped", None)
    assert LiveRun.replay(read_journal(folder.path)).position == 10
    begun: list[int] = []
    drive(folder, boundary=lambda engine: begun.append(engine.position), at={11: ["stop"]})
    assert begun[0] == 10


def test_a_checkpoint_that_a_stop_would_thin_out_is_not_promised(tmp_path):
    for position in (8192, 9000, 9500):
        checkpoint_path(tmp_path, position).mkdir(parents=True)
    assert resume_position(tmp_path, 9100) == 9000
    assert resume_position(tmp_path, 9100, reached=9700) == 8192


@pytest.mark.parametrize("kept", [False, True], ids=["from the start", "with a checkpoint after the change"])
def test_changes_at_the_position_of_a_rewind_are_undone(kept, tmp_path):
    """So a run that a change has blown up can be taken back to where the change was made."""
    folder = new_run(tmp_path, baselines=False)
    bad = [set_(plasticity__nu_post=0.5), set_(exc__theta_plus=3.0), "pause"]
    worse = ("set_learned", {"arrays": write_learned(folder.path, {"exc.theta": np.full(4, 0.03)})})
    then = [[worse, *(["checkpoint"] if kept else []), "resume"]]
    drive(folder, at={4: WISHES[4], 12: bad, 16: ["stop"]}, paused=then)
    rewind(folder, 12)
    records = read_journal(folder.path)
    assert experiment_at(folder.experiment, records, 12).plasticity.nu_post == 0.05
    assert dict(LiveRun.replay(records).parameters()["exc"])["theta_plus"] == "0.05 mV"
    rewind(folder, 12)  # there is nothing more to put back
    undisturbed = ended(new_run(tmp_path, baselines=False), at={4: WISHES[4]})
    finished(folder)
    assert arrays(folder) == arrays(undisturbed)


def test_planned_phases_are_right_in_a_branch_and_after_a_rewind(tmp_path):
    folder = driven(new_run(tmp_path, baselines=False), at={7: [set_(schedule__label_images=11)], 9: ["stop"]})
    made = branch(folder, 8, {"schedule.test_images": 3}, runs=tmp_path)
    rewind(folder, 7)
    for run, planned in ((folder, (N_LABEL, N_TEST)), (made, (11, 3))):
        finished(run)
        live = LiveRun.replay(read_journal(run.path))
        assert (dict(live.started.phases)["label"], dict(live.started.phases)["test"]) == planned
        assert sum(n for _, n in live.started.phases) == live.position


@pytest.mark.parametrize("to", [N_TRAIN + 1, -1])
def test_a_run_cannot_be_rewound_to_a_position_it_has_not_reached(to, parent):
    before = sorted(parent.path.parent.iterdir())
    with pytest.raises(StdpbenchError, match="0 to 24"):
        rewind(parent, to)
    assert sorted(parent.path.parent.iterdir()) == before
    with held(parent):  # the lock is free again, though the error is still there
        pass


def test_an_active_run_cannot_be_rewound(parent):
    with held(parent), pytest.raises(StdpbenchError, match="another process is working"):
        rewind(parent, 3)


# -- parameters in force ---------------------------------------------------------------------------


def test_the_experiment_at_a_position_has_the_parameters_active_there(tmp_path):
    """Changed at 7; killed; resumed from 5; changed at 6: at 7 the earlier change takes force again."""
    folder = driven(
        new_run(tmp_path, baselines=False), at={7: [set_(plasticity__nu_post=0.07)]}, die=killed_at_position(9)
    )
    drive(folder, at={6: [set_(plasticity__nu_post=0.06)], 8: ["stop"]})
    records = read_journal(folder.path)
    for position, expected in [(5, 0.01), (6, 0.06), (7, 0.07), (24, 0.07)]:
        assert experiment_at(folder.experiment, records, position).plasticity.nu_post == expected
    kept = folder.path / "checkpoints" / "000000008" / "checkpoint.json"
    assert '"nu_post": 0.07' in kept.read_text()
    assert LiveRun.replay(records).parameters()["plasticity"]["nu_post"] == 0.07


# -- new runs from a network -----------------------------------------------------------------------


@pytest.mark.parametrize("n_exc", [2, 4, 7])
def test_a_new_run_starts_from_the_weights_of_another(n_exc, parent, tmp_path):
    folder = create_run_from(parent, {"network.n_exc": n_exc}, tmp_path, Options(simulator="compiled"))
    w, theta = np.load(folder.path / "start_weights.npy"), np.load(folder.path / "start_theta.npy")
    assert w.shape == (64, n_exc)
    assert theta.shape == (n_exc,)
    n = min(4, n_exc)
    assert (w[:, :n] == np.load(parent.path / "weights.npy")[:, :n]).all()
    assert (theta[:n] == np.load(parent.path / "theta.npy")[:n]).all()
    assert (theta[n:] == 12e-3).all()
    assert (w[:, n:].sum(axis=0) > 0).all()
    origin = folder.read_json("run.json")["from"]
    assert origin["name"] == parent.path.name
    fewer = f"{parent.path.name} gives weights and thresholds to 4 of 7 neurons of exc; the other neurons start as"
    assert (fewer in origin["remark"]) == (n_exc == 7)
    assert ("gives weights" in origin["remark"]) == (n_exc == 7)
    if n_exc == 4:
        w_at_start: list[Any] = []
        drive(folder, boundary=lambda engine: w_at_start.append(engine.simulator.w.copy()), at={0: ["stop"]})
        assert (w_at_start[0] == w).all()


def test_a_new_run_refuses_weights_that_do_not_match(parent, tmp_path):
    with pytest.raises(StdpbenchError, match="64 inputs"):
        create_run_from(parent, {"data.resize": 9}, tmp_path, Options())
    for content in (b"", b"nonsense"):
        damaged = new_run(tmp_path / "damaged", experiment())
        (damaged.path / "weights.npy").write_bytes(content)
        with pytest.raises(StdpbenchError, match="weights"):
            create_run_from(damaged, {}, tmp_path, Options())
    for w, theta in (
        (np.zeros(4), np.zeros(4)),
        (np.zeros((64, 4)), np.zeros(3)),
        (np.zeros((64, 4, 1)), np.zeros(4)),
    ):
        damaged = new_run(tmp_path / "damaged", experiment())
        damaged.write_array("weights.npy", w)
        damaged.write_array("theta.npy", theta)
        with pytest.raises(StdpbenchError):
            create_run_from(damaged, {}, tmp_path, Options())
    new = new_run(tmp_path / "new")
    with pytest.raises(StdpbenchError, match="the run has not saved it"):
        create_run_from(new, {}, tmp_path, Options())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged", "new"]


def test_weights_that_a_rule_would_not_keep_are_refused_with_what_would_be_right(tmp_path):
    def of(lowest: float, highest: float) -> RunFolder:
        made = new_run(tmp_path / "parents", experiment())
        w = np.linspace(lowest, highest, 64 * 4).reshape(64, 4)
        made.write_array("weights.npy", w)
        made.write_array("theta.npy", np.zeros(4))
        return made

    signed = of(-0.5, 0.7)
    with pytest.raises(StdpbenchError) as refused:
        create_run_from(signed, {}, tmp_path, Options())
    assert refused.value.sentences == (
        f"feed: {signed.path.name} has weights from -0.5 to 0.7, but in this network a rule keeps them between 0 and "
        f"w_max = 1; start the network of {signed.path.name}/experiment.toml from them, or this network from a run of "
        "a rule",
    )
    create_run_from(of(-1e-7, 1 + 1e-7), {}, tmp_path, Options())  # rounded
    create_run_from(of(0, 3), {}, tmp_path, Options())  # lifted by the normalisation, whose bound is the same
    unscaled = {"network.weight_sum": "none", "plasticity.w_max": 0.5}
    with pytest.raises(StdpbenchError, match=r"weights from 0 to 3, but .* w_max = 0\.5; set its w_max to 3 or more"):
        create_run_from(of(0, 3), unscaled, tmp_path, Options())
