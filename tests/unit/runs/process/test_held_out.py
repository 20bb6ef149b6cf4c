"""Measures on held-out pictures: they change nothing, come again bit for bit, and see no picture that trained."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from harness import N_TRAIN, drive, driven, ended, experiment, finished, killed_at_position, new_run, remarks, set_

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images, Split
from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.engine.network import Learned, start_pictures
from stdpbench.engine.simulators import find_compiler
from stdpbench.experiment import read_experiment, training_order, with_reference
from stdpbench.results.readout.held_out import MEASURES, measure_held_out
from stdpbench.runs.analysis.curves import held_out_interval
from stdpbench.runs.folder import snapshots
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.lineage.branches import branch, rewind
from stdpbench.runs.preparation.start import check_disjoint, load_split
from stdpbench.runs.process import held_out
from stdpbench.runs.process.held_out import held_out_part, measure
from stdpbench.runs.protocol.facts import HeldOut, Record, Remarked
from stdpbench.runs.protocol.live_run import LiveRun

compiled = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")

MEASURED = {"schedule__held_out_every": 6, "schedule__held_out_images": 20}
POINTS = [0, 6, 12, 18, 24]


class Pool:
    """Measures in this process, each time `lag` more are asked for, or when it is waited for."""

    def __init__(self, lag: int = 0, failure: Exception | None = None) -> None:
        self.lag, self.failure, self.asked = lag, failure, 0
        self.due: list[tuple[Future[Any], Path]] = []

    def submit(self, function: Any, path: Path) -> Future[Any]:
        self.asked += 1
        self.due.append((Future(), path))
        while len(self.due) > self.lag:
            self.do()
        return self.due[-1][0] if self.lag else self.last

    def do(self, *_: object) -> None:
        if self.due:
            self.last, path = self.due.pop(0)
            try:
                if self.failure is not None:
                    raise self.failure
                self.last.set_result(measure(path))
            except StdpbenchError as error:
                self.last.set_exception(error)

    def shutdown(self, **_: object) -> None:
        self.due.clear()


@pytest.fixture
def pool(monkeypatch):
    """What stands for the process that measures; set `lag` to have it fall behind."""
    made = Pool()
    monkeypatch.setattr(held_out, "_open_pool", lambda: made)
    monkeypatch.setattr(held_out.time, "sleep", made.do)
    yield made
    if held_out._opened:
        held_out._opened.pop("simulator").close()


def measures(folder: Any) -> dict[int, HeldOut]:
    found = [record for record in read_journal(folder.path) if isinstance(record.fact, HeldOut)]
    assert len({record.position for record in found}) == len(found), "a fact was written twice"
    return {record.position: record.fact for record in sorted(found, key=lambda record: record.position)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Outcome and measures of a run whose measures are taken by a process of their own."""
    folder = new_run(tmp_path_factory.mktemp("measured"), experiment(**MEASURED), baselines=False)
    return finished(folder), measures(folder), folder


# -- what it changes ------------------------------------------------------------------------------------------------


@compiled
def test_nothing_else_of_a_run_changes(undisturbed, tmp_path):
    outcome, found, folder = undisturbed
    assert list(found) == POINTS
    assert all(list(fact.values) == list(MEASURES) and fact.images == 20 for fact in found.values())
    assert len({fact.values["spikes_per_image"] for fact in found.values()}) > 2, "the network did not change"
    off = new_run(tmp_path, experiment(schedule__held_out_every=0), baselines=False)
    assert finished(off) == {name: digest for name, digest in outcome.items() if name != "held-out measures"}
    assert not measures(off)
    assert not (folder.path / snapshots.FOLDER).exists()


@compiled
def test_labels_that_train_are_measured_after_each_pass_on_pictures_left_out(pool, tmp_path):
    shown = {"train_images": 300, "label_images": 10, "test_images": 10, "held_out_images": 60}
    usual = {**{f"schedule.{name}": value for name, value in shown.items()}, "network.hidden": [20]}
    usual |= {"schedule.held_out_every": 300, "schedule.stimulus": "12 ms"}
    more = {"schedule.passes": 2, "reference.batch": 20, "reference.learning_rate": 0.01}
    made = with_reference(read_experiment("surrogate-digits"), "surrogate-gradient", {**usual, **more})
    found = measures(ended(new_run(tmp_path / "a", made, checkpoint_every=0)))
    assert list(found) == [0, 300, 600]
    accuracy = [fact.values["accuracy_vote"] for fact in found.values()]
    assert accuracy[0] < 0.3
    assert accuracy[2] > 0.4
    assert all(fact.part == "spare" and fact.images == 60 for fact in found.values())
    counts = np.array([[0, 3, 1], [2, 0, 2], [0, 0, 0]])
    assert measure_held_out(counts, np.array([1, 2, 0]), 3, 0, taught=True)["accuracy_vote"] == pytest.approx(2 / 3)
    none = made.override({"schedule.train_images": "none"})
    assert held_out_interval(none, 2 * 1347) == 1347
    assert held_out_interval(none.override({"schedule.held_out_every": "none"}), 2 * 1347) == 0
    whole = ended(new_run(tmp_path / "c", none.override({"schedule.passes": 1}), checkpoint_every=0))
    assert not measures(whole)  # nothing is left out


@compiled
@pytest.mark.parametrize("lag", [0, 3])
def test_in_which_process_and_when_they_come_in_makes_no_difference(undisturbed, pool, lag, tmp_path):
    pool.lag = lag
    folder = new_run(tmp_path, experiment(**MEASURED), baselines=False)
    assert finished(folder) == undisturbed[0]
    assert measures(folder) == undisturbed[1]
    assert pool.asked == len(POINTS)


@compiled
@pytest.mark.parametrize(("lag", "positions"), [(0, (6, 13)), (2, (11, 14, 16, 26))])
def test_killed_and_resumed(undisturbed, pool, lag, positions, tmp_path):
    folder = new_run(tmp_path, experiment(**MEASURED), baselines=False)
    pool.lag = lag
    for position in positions:
        drive(folder, die=killed_at_position(position))
    assert finished(folder) == undisturbed[0]
    assert measures(folder) == undisturbed[1]


@compiled
def test_what_was_not_measured_before_a_checkpoint_is_measured_afterwards(undisturbed, pool, tmp_path):
    folder = new_run(tmp_path, experiment(**MEASURED), baselines=False)
    pool.lag = 9
    drive(folder, at={17: ["stop"]})
    assert list(snapshots.waiting(folder.path)) == [0, 6, 12]
    snapshots.snapshot_path(folder.path, 6).write_bytes(b"damaged")
    pool.lag = 0
    drive(folder)
    assert any("held_out/000000006.npz is damaged" in text for text in remarks(folder))
    assert measures(folder) == {at: fact for at, fact in undisturbed[1].items() if at != 6}
    assert not (folder.path / snapshots.FOLDER).exists()


@compiled
def test_a_parameter_that_changes_at_a_point_counts_from_then_on(undisturbed, pool, tmp_path):
    folder = new_run(tmp_path, experiment(**MEASURED), baselines=False)
    changes = {12: [set_(encoding__intensity=4.0)], 15: [set_(schedule__held_out_every=5)]}
    expected = finished(folder, at=changes)
    found = measures(folder)
    assert list(found) == [0, 6, 12, 20]
    assert {at: found[at] for at in (0, 6, 12)} == {at: undisturbed[1][at] for at in (0, 6, 12)}
    again = driven(new_run(tmp_path, experiment(**MEASURED), baselines=False), at=changes, die=killed_at_position(18))
    assert finished(again) == expected


@compiled
def test_what_was_measured_after_a_change_that_comes_before_it_does_not_count(pool, tmp_path):
    """A run that was cut off is changed before it is as far again: what it measured there is of another network."""
    folder, whole = (new_run(tmp_path, experiment(**MEASURED), baselines=False) for _ in range(2))
    drive(folder, die=killed_at_position(14))
    assert list(measures(folder)) == [0, 6, 12]
    changes = {11: [set_(schedule__held_out_every=0, plasticity__nu_post=0.2)]}
    assert finished(folder, at=changes) == finished(whole, at=changes)
    assert sorted(LiveRun.replay(read_journal(folder.path)).held_out) == [0, 6]


@compiled
def test_a_branch_and_a_run_that_was_rewound_keep_what_was_measured(undisturbed, pool, tmp_path):
    folder = new_run(tmp_path, experiment(**MEASURED), baselines=False)
    pool.lag = 1
    drive(folder, at={14: ["stop"]})
    assert list(measures(folder)) == [0, 6]
    pool.lag = 0
    found = measures(driven(branch(folder, 13, {"plasticity.nu_post": 0.05})))
    assert {at: found[at] for at in (0, 6, 12)} == {at: undisturbed[1][at] for at in (0, 6, 12)}
    assert found[24] != undisturbed[1][24]
    rewind(folder, 11)
    assert finished(folder) == undisturbed[0]
    assert measures(folder) == undisturbed[1]


@compiled
def test_a_process_that_cannot_measure_ends_no_training(pool, tmp_path):
    pool.failure = StdpbenchError("there is no room")
    folder = ended(new_run(tmp_path, experiment(**MEASURED), baselines=False))
    assert "Measuring on held-out pictures has stopped: there is no room" in remarks(folder)
    assert pool.asked == 1


# -- which pictures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("validation", [False, True])
def test_pictures_that_an_experiment_leaves_out_are_taken_and_nothing_else(validation):
    made = experiment(**MEASURED)
    split = load_split(made, validation)
    images, part, until = held_out_part(made, split)
    assert (len(images), part) == (20, "spare")
    assert until > N_TRAIN
    shown = {images.digest(number) for number in range(20)}
    for other in (split.train, split.test):
        assert not shown & {other.digest(number) for number in range(len(other))}
    assert len(np.unique(images.labels)) > 5
    with pytest.raises(StdpbenchError, match="spare pictures overlap"):
        check_disjoint(Split(split.train, split.test, (), split.train.part(3, 5)))


@pytest.mark.parametrize("order", ["dataset", "shuffled"])
def test_where_all_train_the_last_of_the_first_pass_are_held_out_until_their_turn(order):
    made = experiment(schedule__train_images=None, schedule__order=order, schedule__passes=2)
    split = load_split(made, False)
    images, part, until = held_out_part(made, split)
    total = 2 * len(split.train)
    assert (part, len(images), until) == ("later", len(split.train) // 10, len(split.train) - len(images))
    assert held_out_interval(made, total) == 500
    trained = split.train.pixels[training_order(made, len(split.train))[:until]]
    before = Images(trained, None)
    assert not {images.digest(n) for n in range(len(images))} & {before.digest(n) for n in range(len(before))}


def test_pictures_that_neurons_start_from_are_not_held_out():
    made = experiment(schedule__train_images=None, network__start="samples", network__n_exc=500)
    split = load_split(made, False)
    images, part, until = held_out_part(made, split)
    assert (part, len(images)) == ("later", len(split.train) // 10)
    order = training_order(made, len(split.train))
    started = start_pictures(made, len(split.train))
    assert len(set(started.tolist()) & set(order[-len(images) :].tolist())) > 20  # which would have been taken
    known = Images(split.train.pixels[np.concatenate([order[:until], started])], None)
    assert not {images.digest(n) for n in range(len(images))} & {known.digest(n) for n in range(len(known))}
    assert len(held_out_part(made.override({"network.n_exc": 2000}), split)[0]) == 0


@pytest.mark.parametrize(("total", "every", "images"), [(24, 500, 200), (20_000, 1250, 338), (60_000, 3750, 1000)])
def test_what_is_measured_goes_with_the_length_of_training(total, every, images):
    made = experiment()
    assert held_out_interval(made, total) == every
    pixels = np.zeros((total + 2000, 1, 1), np.uint8)
    split = Split(Images(pixels[:total], None), Images(pixels[:1], None), (), Images(pixels[total:], None))
    assert len(held_out_part(made, split)[0]) == images
    assert held_out_interval(made.override({"schedule.held_out_every": 0}), total) == 0


# -- how it is reported -----------------------------------------------------------------------------------------------


def test_measures_do_not_take_a_run_back_to_where_they_are_of():
    values = {"accuracy_vote": 0.5, "purity": 0.75, "nmi": 0.25, "clusters": 7.0, "dead": 2.0, "duplicates": 1.0}
    record = Record(1, 10, "t", HeldOut(40, "spare", values))
    assert Record.from_mapping(record.to_mapping()) == record
    live = LiveRun.replay([Record(0, 15, "t", Remarked("There.")), record])
    assert (live.position, live.held_out) == (15, {10: record.fact})


def test_a_full_disk_ends_the_measures_and_not_the_run(tmp_path):
    class Simulator:
        name, learned_views = "compiled", Learned({FEED: np.ones((64, 4)), THETA: np.ones(4)})
        graph = experiment().graph(64)

    measured = held_out.HeldOutMeasures(tmp_path / "gone", Simulator(), load_split(experiment(), False), N_TRAIN)  # type: ignore[arg-type]
    with patch("os.fsync"):
        measured.take(6, experiment(**MEASURED))
    assert "cannot be created" in measured.failure
    assert list(measured.finish()) == []
