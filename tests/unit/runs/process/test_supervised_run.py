"""Runs that train a network with labels: results, interruptions, changes, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import drive, driven, finished, killed_at_position, new_run, set_
from refusals import refused

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.lineage.branches import branch
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.facts import Taught
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.studies.report.few_bits import measure_bits

N_TRAIN, PASSES, N_LABEL, N_TEST = 400, 3, 60, 50


def experiment(**changes: Any) -> Experiment:
    """The 8 × 8 digits, 24 hidden neurons, three passes of 400 pictures in batches of 20."""
    made = Experiment.from_mapping(
        {
            "name": "taught",
            "seed": 3,
            "data": {"kind": "digits"},
            "encoding": {"kind": "current"},
            "network": {"kind": "layers", "hidden": [24]},
            "reference": {"kind": "surrogate-gradient", "batch": 20, "learning_rate": 0.005, "loss_scale": 1.0},
            "schedule": {
                "train_images": N_TRAIN,
                "label_images": N_LABEL,
                "test_images": N_TEST,
                "passes": PASSES,
                "order": "shuffled",
                "stimulus": "15 ms",
                "between": "reset",
                "min_spikes": 0,
            },
        }
    )
    return made.override({path.replace("__", "."): value for path, value in changes.items()})


def run_of(runs: Path, **changes: Any) -> RunFolder:
    return new_run(runs, experiment(**changes), checkpoint_every=0)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, str]]:
    folder = run_of(tmp_path_factory.mktemp("done"))
    return folder, finished(folder)


def test_it_learns_and_says_that_it_was_supervised(done: tuple[RunFolder, dict[str, str]]) -> None:
    folder, _ = done
    metrics, live = folder.read_json("metrics.json"), LiveRun.replay(read_journal(folder.path))
    assert metrics["supervised"] == {"reference": "surrogate-gradient", "labels": N_TRAIN, "passes": PASSES}
    accuracies = {name: each["accuracy"] for name, each in metrics["accuracy"].items()}
    assert len(set(accuracies.values())) == 1
    assert accuracies["vote"] > 0.7
    assert [warning[:32] for warning in live.warnings] == [f"Accuracy is measured on {N_TEST} picture"[:32]]
    assert live.started.phases == (("train", N_TRAIN * PASSES), ("label", N_LABEL), ("test", N_TEST))
    assert metrics["n_label_images"] == N_TRAIN  # whose labels were used, though fewer measure the neurons
    assert list(live.taught) == list(range(20, N_TRAIN * PASSES + 1, 20))
    first, last = (live.taught[at] for at in (20, N_TRAIN * PASSES))
    layers = ("hidden", "output")
    assert last.loss < first.loss / 2
    assert last.values.keys() == {
        "gradient",
        *(f"{layer}.{name}" for layer in layers for name in ("spikes", "silent", "gradient", "dead", "always")),
    }
    lengths = [last.values[f"{layer}.gradient"] for layer in layers]
    assert max(lengths) < last.values["gradient"] < sum(lengths)
    for layer in layers:  # what never fired in a pass did not fire in its last part
        assert last.values[f"{layer}.dead"] <= last.values[f"{layer}.silent"]
    assert positions(folder.path) == [N_TRAIN, 2 * N_TRAIN, 3 * N_TRAIN]


def test_its_files_have_the_curves_and_the_classes_of_outputs(done: tuple[RunFolder, dict[str, str]]) -> None:
    folder, _ = done
    curves = np.load(folder.path / "training.npz")
    assert len(curves["taught.loss"]) == len(curves["taught.position"]) == N_TRAIN * PASSES // 20
    assert np.load(folder.path / "assignments.npz")["labels"].tolist() == list(range(10))
    assert np.load(folder.path / "weights.npy").shape == (64, 24)
    assert np.load(folder.path / "learned" / "feed2.w.npy").shape == (24, 10)
    labels_read = [r.fact for r in read_journal(folder.path) if isinstance(r.fact, facts.LabelsRead)]
    assert [(fact.part, fact.images) for fact in labels_read] == [("test", N_TEST)]


def test_a_pause_writes_a_checkpoint_within_a_pass_from_which_it_continues(
    done: tuple[RunFolder, dict[str, str]], tmp_path: Path
) -> None:
    folder = driven(run_of(tmp_path), at={460: ["pause"]}, paused=[["stop"]])
    assert 460 in positions(folder.path)
    assert finished(folder) == done[1]


def test_a_live_change_of_the_learning_rate_is_repeated_after_a_kill(tmp_path: Path) -> None:
    change = {300: [set_(reference__learning_rate=0.002)]}
    plain, killed = run_of(tmp_path / "a"), run_of(tmp_path / "b")
    expected = finished(plain, at=change)
    drive(killed, at=change, die=killed_at_position(520))
    assert finished(killed) == expected
    engine = drive(run_of(tmp_path / "c"), at={40: [set_(reference__batch=10)]})
    assert "structural" in engine.replies[0][1]


def test_a_branch_trains_on_from_its_parent(done: tuple[RunFolder, dict[str, str]], tmp_path: Path) -> None:
    made = driven(branch(done[0], 2 * N_TRAIN, {"reference.learning_rate": 0.0}, runs=tmp_path))
    learnt = [r for r in read_journal(made.path) if isinstance(r.fact, Taught)]
    assert [r.position for r in learnt] == list(range(20, N_TRAIN * PASSES + 1, 20))
    from_parent = done[0].path / "checkpoints" / f"{2 * N_TRAIN:09d}" / "state.npz"
    assert np.array_equal(np.load(made.path / "weights.npy"), np.load(from_parent)["feed.w"])


@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_weights_of_few_bits_learn_by_what_their_small_changes_add_up_to(
    done: tuple[RunFolder, dict[str, str]], tmp_path: Path, rounding: str
) -> None:
    few = {"simulator__weight_bits": 3, "simulator__weight_rounding": rounding}
    few |= {} if rounding == "nearest" else {"schedule__passes": 1}
    folder = run_of(tmp_path / "few", **few)
    expected = finished(folder)
    for name in ("weights.npy", "learned/feed2.w.npy"):
        w = np.load(folder.path / name)
        levels = 3 * w / np.abs(w).max()  # two bits of size, one of sign
        np.testing.assert_allclose(levels, np.rint(levels), atol=1e-5)
        assert 4 <= len(np.unique(np.rint(levels))) <= 7
    if rounding == "nearest":
        accuracy = folder.read_json("metrics.json")["accuracy"]["vote"]["accuracy"]
        afterwards = evaluated_with(done[0], 3)
        assert accuracy > afterwards["3"]["vote"] - 0.05
        assert accuracy > afterwards["all"]["vote"] - 0.15
    else:
        killed = run_of(tmp_path / "killed", **few)
        drive(killed, die=killed_at_position(260))
        assert finished(killed) == expected


def evaluated_with(folder: RunFolder, bits: int) -> dict[str, dict[str, float]]:
    """Accuracies of a finished run with rounded weights."""
    events = measure_bits(folder, [bits], workers=1)
    while True:
        try:
            next(events)
        except StopIteration as end:
            found: dict[str, dict[str, float]] = end.value["accuracy"]
            return found


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"network__outputs": 9}, "network.outputs must be at least 10, the number of classes, not 9"),
        ({"reference__learning_rate": 1.0, "reference__loss_scale": 1e30}, "reference.learning_rate is too large"),
    ],
)
def test_what_cannot_be_trained_is_refused_or_pauses(tmp_path: Path, changes: dict[str, Any], clause: str) -> None:
    folder = run_of(tmp_path, **changes)
    with np.errstate(all="ignore"):
        drive(folder, paused=[["stop"]])
    told = [r.fact for r in read_journal(folder.path) if isinstance(r.fact, facts.StateChanged)]
    assert any(clause in fact.reason for fact in told)


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"encoding__kind": "poisson"}, "encoding.kind must be 'current' for this reference"),
        ({"network__kind": "graph", "network__read": "hidden"}, "network must be a chain of layers"),
        ({"reference__k": 0}, "reference.k must be more than 0"),
        ({"reference__surrogat": "arctan"}, "did you mean reference.surrogate?"),
    ],
)
def test_experiments_that_do_not_fit_are_refused_with_the_path(changes: dict[str, Any], clause: str) -> None:
    with refused(clause):
        experiment(**changes)
