"""The protocol: training uses no labels, parts are disjoint, and each reading of test labels is counted."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from harness import drive, driven, experiment, killed_at_position, new_run

from stdpbench.base.errors import StdpbenchError
from stdpbench.cli.training import look_text
from stdpbench.data.datasets import Images, Split
from stdpbench.runs.catalog.access_log import count_looks, count_readings, note_reading, shared_pictures
from stdpbench.runs.catalog.trash import move_to_bin
from stdpbench.runs.folder.journal import Journal, read_journal
from stdpbench.runs.folder.run_folder import now
from stdpbench.runs.preparation.start import check_disjoint, load_split
from stdpbench.runs.process import setup
from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.facts import Block, LabelsRead, ParametersChanged, Record, Remarked
from stdpbench.runs.protocol.options import Options


def readings(folder):
    return [record.fact for record in read_journal(folder.path) if isinstance(record.fact, LabelsRead)]


def test_labels_never_reach_training(tmp_path):
    usual = driven(new_run(tmp_path / "usual", baselines=False))
    other = new_run(tmp_path / "other", baselines=False)
    load = setup.load_split

    def mislabelled(*arguments):
        split = load(*arguments)
        labels = (split.train.labels + 1 + np.arange(len(split.train)) % 8) % 10
        return Split(Images(split.train.pixels, labels), split.test, split.class_names)

    with patch.object(setup, "load_split", mislabelled):
        drive(other)
    for name in ("weights.npy", "theta.npy"):
        np.testing.assert_array_equal(np.load(usual.path / name), np.load(other.path / name))
    with np.load(usual.path / "label.npz") as one, np.load(other.path / "label.npz") as two:
        np.testing.assert_array_equal(one["spike_counts"], two["spike_counts"])
    with np.load(usual.path / "assignments.npz") as one, np.load(other.path / "assignments.npz") as two:
        assert (one["labels"] != two["labels"]).any()  # and they do reach the read-out


@pytest.mark.parametrize("validation", [False, True])
def test_training_and_evaluated_pictures_are_disjoint(validation):
    split = load_split(experiment(), validation)
    check_disjoint(split)
    train, test = ({one.tobytes() for one in part.pixels} for part in (split.train, split.test))
    assert len(train & test) == shared_pictures(split.train, split.test) == 0
    whole = split.train.pixels
    with pytest.raises(StdpbenchError, match="overlap"):
        check_disjoint(Split(split.train, Images(whole[-2:], None), ()))


def test_pictures_that_a_data_set_contains_twice_are_counted():
    pixels = np.arange(24, dtype=np.uint8).reshape(6, 2, 2)
    assert shared_pictures(Images(pixels[:4], None), Images(pixels[[3, 5, 0]], None)) == 2


def test_each_reading_of_test_labels_is_journaled_before_results_are_returned(tmp_path):
    folder = driven(new_run(tmp_path, baselines=False))
    assert readings(folder) == [LabelsRead("test", 6, "read-outs")]
    list(evaluate_run(folder.path, Options(workers=1, simulator="compiled", baselines=False)))
    assert len(readings(folder)) == 2
    before = count_readings(folder)
    assert (before.run, before.experiment, before.runs, before.unknown) == (2, 1, 1, 0), "one network, one look"
    held = driven(new_run(tmp_path, validation=True, baselines=True))
    assert count_readings(held).experiment == 2
    assert [(fact.part, fact.purpose) for fact in readings(held)] == [
        ("validation", "read-outs"),
        ("validation", "start weights as a baseline"),
        ("validation", "samples as prototypes as a baseline"),
        ("validation", "k-means as a baseline"),
        ("validation", "spherical k-means as a baseline"),
    ]


def test_readings_after_a_crash_are_counted_again(tmp_path):
    folder = new_run(tmp_path, baselines=True)
    drive(folder, die=killed_at_position(24 + 8 + 6 + 3))  # in the middle of the baseline
    assert len(readings(folder)) == 1
    drive(folder)
    assert [fact.purpose for fact in readings(folder)].count("read-outs") == 2


def test_readings_are_counted_over_seeds_of_one_experiment(tmp_path, make_run):
    looked = LabelsRead("test", 5, "read-outs")
    from stdpbench.runs.folder.run_folder import RunFolder

    one = RunFolder(make_run(tmp_path, "one"))
    other_seed = RunFolder(make_run(tmp_path, "two", parameters={"seed": 4}))
    another = RunFolder(make_run(tmp_path, "three", parameters={"network.n_exc": 9}))
    for folder in (one, one, other_seed, another):
        note_reading(folder, looked)
    old = RunFolder(make_run(tmp_path, "old"))
    (old.path / "journal.jsonl").unlink()
    found = count_readings(one)
    assert (found.run, found.experiment, found.runs, found.unknown) == (2, 2, 3, 1)
    in_bin = RunFolder(move_to_bin(other_seed))
    assert count_readings(one) == found, "what was seen was seen"
    assert count_readings(in_bin).experiment == 2
    assert count_readings(old).run is None
    assert not any(isinstance(record.fact, Remarked) for record in read_journal(one.path))


def test_a_network_that_was_trained_further_or_changed_is_another_look(tmp_path, make_run):
    from stdpbench.runs.folder.run_folder import RunFolder

    folder, looked = RunFolder(make_run(tmp_path, "one")), LabelsRead("test", 5, "read-outs")
    expected = []
    for fact, position, looks in (
        (looked, 40, 1),
        (looked, 90, 1),  # a baseline of the same network
        (Block(0, [1], [2], 0.1, 0.1, {}), 50, 1),
        (looked, 50, 2),
        (ParametersChanged({"plasticity.nu_post": (0.01, 0.02)}), 50, 2),
        (looked, 50, 3),
        (Block(0, [1], [2], 0.1, 0.1, {}), 50, 3),  # computed again after a crash
        (looked, 80, 3),
    ):
        journal = Journal(folder.path)
        journal.append(Record(len(journal.records), position, now(), fact), sync=True)
        journal.close()
        expected.append((count_looks(folder.experiment, tmp_path), looks))
    assert [found for found, _ in expected] == [looks for _, looks in expected]


def test_looks_at_test_labels_are_counted_over_all_runs_of_a_data_set(tmp_path, make_run):
    from stdpbench.runs.folder.run_folder import RunFolder

    test, held_out = LabelsRead("test", 5, "read-outs"), LabelsRead("validation", 5, "read-outs")
    one = RunFolder(make_run(tmp_path, "one"))
    another = RunFolder(make_run(tmp_path, "two", parameters={"network.n_exc": 9, "data.resize": 7}))
    other_data = RunFolder(make_run(tmp_path, "three", parameters={"data.kind": "kmnist"}))
    for folder, fact in ((one, test), (another, test), (another, test), (another, held_out), (other_data, test)):
        note_reading(folder, fact)
    found = count_readings(one)
    assert (found.run, found.experiment, found.data_set, found.data_set_runs) == (1, 1, 2, 2)
    assert count_readings(another).experiment == 2, "test pictures and held-out ones"
    assert count_looks(one.experiment, tmp_path) == 2
    move_to_bin(another)
    assert count_looks(one.experiment, tmp_path) == 2, "what was seen was seen"
    assert count_looks(one.experiment, tmp_path / "elsewhere") == 0
    said = look_text(one.experiment, tmp_path, Options())
    assert said.startswith(f"test labels: this will be look 3 at those of this data set in {tmp_path}, after training")
    assert look_text(one.experiment, tmp_path, Options(validation=True)) == ""
