"""What is asked of a run is answered between two presentations, and changes no result unless it is meant to."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from harness import (
    N_LABEL,
    N_TRAIN,
    TOTAL,
    Driven,
    drive,
    driven,
    ended,
    experiment,
    finished,
    new_run,
    set_,
    wait_until,
)

from stdpbench.engine.simulators import open_simulator
from stdpbench.runs.folder.checkpoints import positions
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.process.training import Training
from stdpbench.runs.protocol.facts import CheckpointWritten, ParametersChanged, StateChanged


def states(folder: Any) -> list[tuple[int, str, str]]:
    found = [(record.position, record.fact) for record in read_journal(folder.path)]
    return [(position, fact.state, fact.reason) for position, fact in found if isinstance(fact, StateChanged)]


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """Networks count as compiled, whatever the cache has."""
    monkeypatch.setattr("stdpbench.runs.process.setup.opening_takes", lambda *arguments: "")


# -- pause, step, stop -----------------------------------------------------------------------------


def test_the_states_of_a_run_that_nobody_disturbs(tmp_path):
    folder = ended(new_run(tmp_path))
    assert states(folder) == [
        (0, "building", ""),
        (0, "running", ""),
        (TOTAL, "finishing", ""),
        (TOTAL, "finished", ""),
    ]


def test_a_run_says_that_its_network_is_compiled(tmp_path, monkeypatch):
    folder = new_run(tmp_path)
    seen = []

    def opening(*arguments):
        return "compile"

    def opened(*arguments):
        seen.append(folder.read_json("run.json")["reason"])
        return open_simulator(*arguments)

    monkeypatch.setattr("stdpbench.runs.process.setup.opening_takes", opening)
    monkeypatch.setattr("stdpbench.runs.process.setup.open_simulator", opened)
    finished(folder)
    assert states(folder)[:3] == [(0, "building", ""), (0, "building", "compiling the network"), (0, "running", "")]
    assert seen == ["compiling the network"]
    assert folder.read_json("run.json")["reason"] == ""


def test_pauses_steps_and_checkpoints_change_no_result(undisturbed, tmp_path):
    folder = new_run(tmp_path)
    wishes = {
        0: ["pause"],
        1: [("try", {"image": [[200] * 8] * 8})],
        2: ["checkpoint", ("record", {"neurons": [0, 3]})],
        6: [("pause", {"reason": "a look \ud800"}), ("record", {"neurons": []})],
        9: [("pace", {"seconds": 0.001})],
        N_TRAIN: ["pause"],
        N_TRAIN + N_LABEL: ["pause"],
        TOTAL: ["pause"],
    }
    engine = Driven(folder, at=wishes, paused=["resume", [("step", {"n": 3})], "resume"])
    assert finished(folder, engine=engine) == undisturbed
    assert [position for position, _ in engine.pauses] == [0, 6, 9, N_TRAIN, N_TRAIN + N_LABEL, TOTAL]
    assert engine.pauses[1][1] == "a look ?"
    assert "steps" in engine.pauses[2][1]
    assert all(error == "" for _, error, _ in engine.replies)


def test_a_pause_takes_effect_after_the_presentation_that_is_under_way(monkeypatch, tmp_path):
    folder = new_run(tmp_path)
    engine, step = Driven(folder), Training.step

    def asked_meanwhile(training: Training, *recorded: Any) -> Any:
        if training.position == 7:
            engine.ask("pause")
        return step(training, *recorded)

    monkeypatch.setattr(Training, "step", asked_meanwhile)
    drive(folder, engine=engine)
    assert engine.pauses == [(8, "")]
    assert 8 in positions(folder.path) or CheckpointWritten("000000008") in [
        record.fact for record in read_journal(folder.path)
    ]


@pytest.mark.parametrize("n_train", [24, 90], ids=["a block per presentation", "two presentations per block"])
@pytest.mark.parametrize("n", [1, 7])
def test_steps_are_presentations(n, n_train, tmp_path):
    folder = new_run(tmp_path, experiment(schedule__train_images=n_train, schedule__stimulus=20.0), baselines=False)
    engine = drive(folder, at={3: ["pause"]}, paused=[[("step", {"n": n})], [("step", {"n": n})], "resume"])
    assert [position for position, _ in engine.pauses] == [3, 3 + n, 3 + 2 * n]
    # one boundary after each presentation, not two
    during_training = [position for position in engine.positions if 0 < position < n_train]
    assert during_training == list(range(1, n_train))


def test_going_on_takes_back_the_steps_that_are_left(tmp_path):
    engine = drive(new_run(tmp_path), at={3: ["pause"], 5: ["resume"]}, paused=[[("step", {"n": 9})], "resume"])
    assert [position for position, _ in engine.pauses] == [3]


@pytest.mark.parametrize("position", [0, 3, N_TRAIN + N_LABEL])
def test_a_stopped_run_goes_on_where_it_was(position, undisturbed, tmp_path):
    folder = driven(new_run(tmp_path), at={position: [("stop", {"reason": "enough"})]})
    assert folder.about["state"] == "stopped"
    assert folder.read_json("run.json")["reason"] == "enough"
    if position < N_TRAIN:
        assert positions(folder.path)[-1] == position
        assert folder.read_json("metrics.json")["training"]["presentations"] == position
    assert (folder.path / "weights.npy").is_file()
    assert finished(folder) == undisturbed


def test_a_run_is_stopped_while_it_is_paused(undisturbed, tmp_path):
    folder = driven(new_run(tmp_path), at={7: ["pause"]}, paused=["stop"])
    assert states(folder)[-2:] == [(7, "paused", ""), (7, "stopped", "on request")]
    assert finished(folder) == undisturbed


def test_a_slow_run_hears_what_is_asked_of_it_at_once(undisturbed, tmp_path):
    """However long the time between two presentations, a pause or a stop does not wait for it."""
    folder = new_run(tmp_path)
    wishes = {4: [("pace", {"seconds": 1e6})], 6: [("pace", {"seconds": 1e6})]}
    engine = Driven(folder, at=wishes, paused=[[("pace", {"seconds": 0.0}), "resume"]])
    running = threading.Thread(target=drive, args=(folder,), kwargs={"engine": engine}, daemon=True)
    running.start()
    wait_until(lambda: ("pace", "", {"state": "running", "position": 4}) in engine.replies)
    engine.ask("pause")
    wait_until(lambda: ("pace", "", {"state": "running", "position": 6}) in engine.replies)
    engine.ask("stop")
    running.join(60)
    assert not running.is_alive()
    assert engine.pauses == [(4, "")]
    assert [state for _, state, _ in states(folder)][-1] == "stopped"
    assert finished(folder) == undisturbed


# -- requests that make no sense -------------------------------------------------------------------

NONSENSE = [
    ("fly", {}),
    ("", {}),
    ("step", {"n": "many"}),
    ("step", {"n": float("inf")}),
    ("step", {"n": None}),
    ("step", {"n": 0}),
    ("step", {"n": -1}),
    ("set", {}),
    ("set", {"changes": "plasticity.nu_post=0.02"}),
    ("set", {"changes": None}),
    ("set", {"changes": {1: 2}}),
    ("set", {"changes": {"": 1}}),
    ("set", {"changes": {"plasticity": 1}}),
    ("set", {"changes": {"plasticity.nu_post": {"value": 1}}}),
    ("set", {"changes": {"plasticity.nu_post": [1]}}),
    ("set", {"changes": {"plasticity.nu_post": None, "plasticity.": 2}}),
    ("set", {"changes": {"plasticity.nu_post.deep": 1}}),
    ("set", {"changes": {"plasticity.nu_post": float("nan")}}),
    ("set", {"changes": {"plasticity.nu_post": "ten"}}),
    ("set", {"changes": {"plasticity.nu_post": True}}),
    ("record", {}),
    ("record", {"neurons": [4]}),
    ("record", {"neurons": [0], "population": "nowhere"}),
    ("record", {"neurons": [-1]}),
    ("record", {"neurons": [float("inf")]}),
    ("record", {"neurons": 2}),
    ("pace", {"seconds": "slow"}),
    ("pace", {}),
    ("attach", {}),
    ("attach", {"address": "nowhere", "key": 3}),
    ("attach", {"address": "nowhere", "key": "not hexadecimal"}),
    ("pause", None),
]


def test_requests_that_make_no_sense_are_refused_in_a_sentence_and_change_nothing(undisturbed, tmp_path):
    folder = new_run(tmp_path)
    engine = Driven(folder)
    engine.ask("resume")  # of a run that is not paused: nothing to do

    def ask_all(engine: Driven) -> None:
        if engine.position == 4 and len(engine.replies) == 1:
            for name, arguments in NONSENSE:
                engine.ask_with(name, arguments)

    engine._at_boundary = ask_all
    assert finished(folder, engine=engine) == undisturbed
    assert len(engine.replies) == 1 + len(NONSENSE)
    for name, error, value in engine.replies[1:]:
        assert error, name
        assert "\n" not in error
        assert value is None


# -- parameters ------------------------------------------------------------------------------------


def test_parameters_are_changed_and_written_down_as_old_and_new(tmp_path):
    folder = new_run(tmp_path)
    engine = drive(folder, at={3: [set_(plasticity__nu_post=0.05, exc__tau_m="90 ms")], 5: [set_(exc__tau_m=90.0)]})
    expected = {"exc.tau_m": ["100 ms", "90 ms"], "plasticity.nu_post": [0.01, 0.05]}
    assert engine.replies == [("set", "", expected), ("set", "", {})]
    changes = [record for record in read_journal(folder.path) if isinstance(record.fact, ParametersChanged)]
    assert [(record.position, dict(record.fact.changes)) for record in changes] == [
        (3, {path: tuple(values) for path, values in expected.items()})
    ]


CANNOT_BE = [
    ({"network.n_exc": 5}, r"network\.n_exc is structural.*--from RUN"),
    ({"network.inhibition": "direct"}, "structural"),
    ({"network.dt": 0.25}, "structural"),
    ({"exc.kind": "lif"}, "exc"),
    ({"encoding.kind": "nothing"}, "nothing"),
    ({"seed": 3}, "structural"),
    ({"data.invert": True}, "structural"),
    ({"schedule.passes": 2}, "structural"),
    ({"plasticity.nu_pots": 0.1}, r"did you mean plasticity\.nu_post"),
    ({"plasticity.nu_post": -1}, "at least 0"),
    ({"exc.tau_m": "0 ms"}, "more than 0"),
    ({"exc.tau_m": "3 mV"}, "exc.tau_m"),
    ({"encoding.intensity": 1e4}, "below 1|probability"),
    ({"network.weight_sum": 5000}, "w_max"),
    ({"plasticity.w_max": 0.01}, "w_max"),
    ({"schedule.label_images": 5000}, "only"),
    ({"schedule.test_images": 5000}, "only"),
    ({"schedule.stimulus": 0.3}, "whole number of steps"),
    ({"plasticity.nu_post": 0.05, "network.n_exc": 5}, "structural"),
]


def test_changes_that_cannot_be_are_refused_whole(tmp_path):
    folder = new_run(tmp_path, experiment(schedule__train_images=10), baselines=False)
    engine = drive(folder, at={2: [*(("set", {"changes": changes}) for changes, _ in CANNOT_BE), "stop"]})
    for (_, error, _), (_, message) in zip(engine.replies, CANNOT_BE, strict=False):
        assert "\n" not in error
        assert re.search(message, error)
    assert not [record for record in read_journal(folder.path) if isinstance(record.fact, ParametersChanged)]


@pytest.mark.parametrize("position", [N_TRAIN, TOTAL])
def test_after_training_nothing_is_set_or_kept(position, undisturbed, tmp_path):
    folder = new_run(tmp_path)
    wishes = {position: [set_(plasticity__nu_post=0.05), "checkpoint"]}
    engine = Driven(folder, at=wishes)
    assert finished(folder, engine=engine) == undisturbed
    assert [name for name, error, _ in engine.replies if "training is over" in error] == ["set", "checkpoint"]
