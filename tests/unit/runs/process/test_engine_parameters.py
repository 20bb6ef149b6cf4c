"""Every parameter that may change in the middle of a run does so, and is in force again after a kill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from harness import (
    N_TRAIN,
    drive,
    driven,
    experiment,
    finished,
    killed_at_position,
    new_run,
    other_value,
    remarks,
    set_,
)

from stdpbench.experiment import Experiment
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.process.reevaluate import evaluate_run
from stdpbench.runs.protocol.facts import Block, Labelled, Measured, ParametersChanged, Planned, Remarked
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.protocol.options import Options

NOT_THOSE = "The pictures differ from those"


def live_parameters(made: Experiment) -> dict[str, Any]:
    """Dotted path and another value of every parameter that may change."""
    found: dict[str, Any] = {}
    for section in ("encoding", "network", "exc", "inh", "plasticity", "schedule"):
        owner = getattr(made, section)
        for parameter in owner.describe():
            if not parameter.structural:
                found[f"{section}.{parameter.name}"] = other_value(parameter, getattr(owner, parameter.name))
    return found


def accuracies(folder: RunFolder) -> list[Any]:
    facts = [(record.position, record.fact) for record in read_journal(folder.path)]
    return [(position, fact) for position, fact in facts if isinstance(fact, Labelled | Measured)]


@pytest.mark.parametrize("delays", ["none", "uniform"])
def test_every_live_parameter_is_changed_and_comes_back(delays, tmp_path):
    made = experiment(delays)
    wishes = {
        number + 1: [("set", {"changes": {path: value}})]
        for number, (path, value) in enumerate(live_parameters(made).items())
    }
    assert len(wishes) > 35
    made = made.override({"schedule.train_images": len(wishes) + 5})
    options = {"baselines": False, "checkpoint_every": 7}
    folder = new_run(tmp_path, made, **options)
    engine = drive(folder, at=wishes)
    assert [(wish, error) for wish, (_, error, _) in zip(wishes.values(), engine.replies, strict=True) if error] == []
    changes = [record.fact.changes for record in read_journal(folder.path) if type(record.fact) is ParametersChanged]
    assert [list(change) for change in changes] == [list(wish[0][1]["changes"]) for wish in wishes.values()]
    expected = outcome(folder)
    killed = new_run(tmp_path, made, **options)
    for position in (6, 13, 19, 20, 27, 33, 40, len(wishes) + 2):
        drive(killed, at=wishes, die=killed_at_position(position))
        wishes = {at: asked for at, asked in wishes.items() if at >= position}
    assert finished(killed, at=wishes) == expected


@pytest.mark.parametrize("position", [2, 12])
def test_how_many_pictures_label_and_test_may_change(position, tmp_path):
    """They apply in the process that gets the request, and in the same way in the one that resumes after it."""
    wishes = {position: [set_(schedule__label_images=11, schedule__test_images=9)]}
    expected = finished(whole := new_run(tmp_path), at=wishes)
    with np.load(whole.path / "label.npz") as label, np.load(whole.path / "test.npz") as test:
        assert label["spike_counts"].shape == (11, 4)
        assert test["spike_counts"].shape == (9, 4)
    assert accuracies(whole)[-1][0] == N_TRAIN + 2 * (11 + 9)
    for died in (position + 1, N_TRAIN + 11):
        folder = driven(new_run(tmp_path), at=wishes, die=killed_at_position(died))
        assert finished(folder) == expected
        assert accuracies(folder) == accuracies(whole)
        assert not [text for text in remarks(folder) if NOT_THOSE in text]  # they are, only more of them
    notes = [event.text for event in evaluate_run(whole.path, Options(workers=1)) if isinstance(event, Remarked)]
    assert not [text for text in notes if NOT_THOSE in text]
    with np.load(whole.path / "test.npz") as test:
        assert test["spike_counts"].shape == (9, 4)


def test_what_there_is_to_do_is_told_anew_and_once(tmp_path):
    """Readers know how far a run has come, also where it was cut off after the numbers changed, there and back."""
    folder = new_run(tmp_path, baselines=False)
    wishes = {7: [set_(schedule__label_images=n) for n in (11, 5, 11)]}
    drive(folder, at=wishes, die=killed_at_position(9))
    finished(folder)
    records = read_journal(folder.path)
    assert [dict(record.fact.phases)["label"] for record in records if isinstance(record.fact, Planned)] == [11, 5, 11]
    live = LiveRun.replay(records)
    assert dict(live.started.phases)["label"] == 11
    assert sum(n for _, n in live.started.phases) == live.position


def test_a_change_while_a_run_catches_up_replaces_what_was_after_it(tmp_path):
    """The journal says so once, readers see what is, and the result is that of a run that was never cut off."""
    folder = driven(new_run(tmp_path, baselines=False), die=killed_at_position(14))
    drive(folder, at={12: [set_(plasticity__nu_post=0.2)]}, die=killed_at_position(17))
    found = finished(folder)
    assert found == finished(whole := new_run(tmp_path, baselines=False), at={12: [set_(plasticity__nu_post=0.2)]})
    records = read_journal(folder.path)
    assert len([text for text in remarks(folder) if "before presentation 14" in text]) == 1
    assert not [text for text in remarks(folder) if "results differ" in text]
    assert LiveRun.replay(records).blocks == LiveRun.replay(read_journal(whole.path)).blocks
    assert len([r for r in records if isinstance(r.fact, Block) and r.position == 13]) == 2


def test_a_change_asked_for_right_after_resuming_comes_after_those_that_were_before(tmp_path):
    folder = new_run(tmp_path)
    wishes = {5: [set_(plasticity__nu_post=0.05)], 6: [set_(plasticity__nu_post=0.06)]}
    drive(folder, at=wishes, die=killed_at_position(8))
    engine = drive(folder, at={5: [set_(plasticity__nu_post=0.09), "stop"]})
    assert engine.replies[0][2] == {"plasticity.nu_post": [0.05, 0.09]}
    once = new_run(tmp_path)
    both = {5: [set_(plasticity__nu_post=0.05), set_(plasticity__nu_post=0.09)], 6: wishes[6]}
    expected, found = finished(once, at=both), finished(folder)
    for name in ("weights.npy", "theta.npy", "training.npz", "test.npz"):
        assert found[name] == expected[name]


def test_a_change_that_does_not_go_with_one_that_is_still_to_be_repeated_is_refused(tmp_path):
    """It would end the run when that one's turn comes, at every resume."""
    made = experiment(exc__kind="adaptive-lif-lockout", exc__t_lockout=10.0)
    folder = driven(new_run(tmp_path, made), at={7: [set_(exc__t_ref=9.0)]}, die=killed_at_position(9))
    engine = drive(folder, at={5: [set_(exc__t_lockout=6.0), set_(exc__t_lockout=9.5)]}, die=killed_at_position(9))
    assert "presentation 7" in engine.replies[0][1]
    assert "t_ref → 9 ms): exc: t_lockout (6 ms) must be at least t_ref (9 ms)" in engine.replies[0][1]
    assert engine.replies[1][2] == {"exc.t_lockout": ["10 ms", "9.5 ms"]}
    assert finished(folder)
