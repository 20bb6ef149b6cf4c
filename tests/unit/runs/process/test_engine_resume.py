"""A run that was cut off goes on bit for bit, wherever it was cut off, and whatever was asked of it on the way."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    drive,
    driven,
    experiment,
    finished,
    killed_at,
    killed_at_position,
    new_run,
    set_,
)

from stdpbench.engine.simulators import find_compiler
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.protocol.facts import ParametersChanged

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")


def killed_and_resumed(folder: RunFolder, *positions: int, **hooks: Any) -> dict[str, str]:
    """Killed at each of these positions, one after the other, then taken to the end."""
    for position in positions:
        engine = drive(folder, die=killed_at_position(position), **hooks)
        assert engine.position >= position
        hooks = {}
    return finished(folder, **hooks)


def assert_written_once(folder: RunFolder) -> None:
    records = read_journal(folder.path)
    assert [record.number for record in records] == list(range(len(records)))
    identities = [record.identity for record in records if record.fact.recurs]
    assert len(identities) == len(set(identities))


def test_two_runs_of_the_same_seed_are_the_same_and_of_another_are_not(undisturbed, tmp_path):
    assert finished(new_run(tmp_path)) == undisturbed
    other = finished(new_run(tmp_path, experiment(seed=12)))
    assert other.keys() == undisturbed.keys()
    assert {name for name in other if other[name] == undisturbed[name]} == {"parameter changes"}  # there were none


@pytest.mark.parametrize("number", [1, 2, 6, 26, 28, 34])
def test_killed_at_a_boundary(number, undisturbed, tmp_path):
    folder = new_run(tmp_path)
    engine = drive(folder, die=killed_at(number))
    assert len(engine.positions) == number
    assert finished(folder) == undisturbed
    assert_written_once(folder)


def test_a_run_that_goes_on_says_where_it_is(tmp_path):
    folder = driven(new_run(tmp_path), die=killed_at_position(13))
    n = len(read_journal(folder.path))
    drive(folder, at={12: ["stop"]})
    assert [record.position for record in read_journal(folder.path)[n:]] == [10, 10, 10, 12, 12]
    assert {type(record.fact).__name__ for record in read_journal(folder.path)[n:]} == {
        "StateChanged",
        "Estimated",
        "CheckpointWritten",
    }


VARIANTS = [
    ("compiled", "uniform", "rest"),
    ("compiled", "none", "reset"),
    ("compiled", "homogeneous", "carry"),
    pytest.param("runtime", "none", "rest", marks=pytest.mark.slow),
    ("runtime", "uniform", "carry"),
]


@pytest.mark.parametrize(("simulator", "delays", "between"), VARIANTS)
def test_killed_on_every_simulator_with_delays_and_a_changed_parameter(
    simulator, delays, between, tmp_path, monkeypatch
):
    monkeypatch.setattr("stdpbench.engine.simulators.runtime.cython_works", lambda: False)  # nothing to compile
    small = {"schedule__train_images": 9, "schedule__label_images": 4, "schedule__test_images": 3}
    made = experiment(delays, schedule__between=between, **small)
    options = {"simulator": simulator, "checkpoint_every": 4, "baselines": False}
    changes = {3: [set_(plasticity__nu_post=0.05)], 6: [set_(plasticity__tau_x="7 ms", exc__theta_plus="0.3 mV")]}
    expected = finished(new_run(tmp_path, made, **options), at=changes)
    if simulator == "compiled":
        assert expected != finished(new_run(tmp_path, made, **options)), "the changes made no difference"
    folder = new_run(tmp_path, made, **options)
    # the second change lies beyond the checkpoint at 4
    again = (5,) if simulator == "compiled" else ()
    assert killed_and_resumed(folder, 7, *again, 9 + 4, at=changes) == expected
    assert_written_once(folder)


def test_every_block_is_longer_than_a_presentation_and_running_accuracy_is_measured(tmp_path):
    made = experiment(schedule__train_images=90, schedule__stimulus=20.0)
    options = {"checkpoint_every": 30, "baselines": False}
    folder = new_run(tmp_path, made, **options)
    expected = finished(folder)
    blocks = [record.fact for record in read_journal(folder.path) if type(record.fact).__name__ == "Block"]
    assert len(blocks) == 45
    assert blocks[-1].accuracy.keys() == {"vote", "proportion", "confidence", "likelihood"}
    folder = new_run(tmp_path, made, **options)
    assert killed_and_resumed(folder, 31, 59, 89) == expected
    assert_written_once(folder)


# -- parameters changed on the way -----------------------------------------------------------------

CHANGES = {
    0: [set_(exc__theta_plus=0.4)],
    3: [set_(plasticity__nu_post=0.05)],
    5: [set_(plasticity__nu_pre=0.002)],  # where a checkpoint was written the moment before
    7: [set_(encoding__intensity=3.0), set_(network__weight_sum=15.0)],
    8: [set_(plasticity__nu_post=0.01), set_(plasticity__nu_post=0.08)],
    11: [set_(schedule__max_attempts=2, schedule__between="carry")],
    23: [set_(exc__tau_theta=500.0)],
}


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What comes out of a run whose parameters are changed on the way."""
    folder = new_run(tmp_path_factory.mktemp("changed"))
    found = finished(folder, at=CHANGES)
    assert sum(isinstance(record.fact, ParametersChanged) for record in read_journal(folder.path)) == 9
    return found


def later(position: int) -> dict[int, list[Any]]:
    return {at: wishes for at, wishes in CHANGES.items() if at > position}


@pytest.mark.parametrize(("wish", "position"), [("pause", 6), ("stop", 8), ("checkpoint", 6)])
def test_a_change_survives_a_checkpoint_that_was_written_before_it_came_again(wish, position, changed, tmp_path):
    folder = driven(new_run(tmp_path), at=CHANGES, die=killed_at_position(9))
    for _ in range(2):  # resumed from 5 and then from `position`, before it has come to where it was
        drive(folder, at={position: [wish]}, die=lambda engine: bool(engine.pauses) or engine.position > position)
        assert (folder.path / "checkpoints" / f"{position:09d}").is_dir()
    assert finished(folder, at=later(8)) == changed
    assert_written_once(folder)
