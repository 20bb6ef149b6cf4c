"""Rules changed in runs that are cut off: anywhere, by a real kill, and at random with all else that is asked."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import Driven, drive, finished, killed_at_position, new_run, set_
from test_change_rule import BCM, TRIPLET, arrays, made_of, new, rules_in, to
from test_engine_crash import Filmed

from stdpbench.engine.simulators import compile_ahead, find_compiler
from stdpbench.runs.client.run_client import RunClient
from stdpbench.runs.folder.journal import read_journal
from stdpbench.runs.folder.lock import has_process
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.process import responses
from stdpbench.runs.protocol.facts import Change
from stdpbench.runs.protocol.live_run import LiveRun

pytestmark = [pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler"), pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Have the network at hand."""
    compile_ahead(made_of().with_rule(BCM), 64, "compiled")


WISHES = {2: [to(BCM)], 4: ["checkpoint", to(TRIPLET), "checkpoint"], 5: [to(BCM), "pause"], 7: [to(TRIPLET), to(BCM)]}


@pytest.mark.timeout(1800)
def test_a_crash_between_two_steps_of_the_file_system(tmp_path, monkeypatch):
    monkeypatch.setattr(responses, "_GROUP", 2)
    made = made_of().override({"schedule.train_images": 9})
    expected = finished(new(tmp_path, made, checkpoint_every=3), at=WISHES)
    folder = new(tmp_path, made, checkpoint_every=3)
    (tmp_path / "films").mkdir()
    filmed = Filmed(folder.path, tmp_path / "films")
    with filmed.rolling():
        drive(folder, engine=filmed.watches(Driven(folder, at=WISHES)))
    assert outcome(folder) == expected
    assert filmed.n > 100
    for taken in filmed.taken(2):
        if taken.about["state"] != "finished":
            records = read_journal(taken.path)
            known = [(record.position, record.fact) for record in records if isinstance(record.fact, Change)]
            reached = max((record.position for record in records), default=0)
            # ask again for what had not been heard of
            wishes = {
                at: [wish for wish in asked if isinstance(wish, tuple)][sum(position == at for position, _ in known) :]
                for at, asked in WISHES.items()
                if at >= reached
            }
            drive(taken, at=wishes)
        assert outcome(taken) == expected, f"after {taken.path.name} steps"
        shutil.rmtree(taken.path)


def test_a_process_that_is_killed_after_its_rule_was_changed(tmp_path):
    folder = new_run(
        tmp_path, made_of().override({"schedule.train_images": 400}), baselines=False, checkpoint_every=90
    )
    client, live = RunClient.start(folder.path), LiveRun()
    client.wait_for_connection()
    client.request("pace", seconds=0.01)
    number = client.request("change_rule", rule=BCM, projection="")
    until = time.monotonic() + 60
    while number not in live.replies or live.position < live.changes[-1][0] + 20:
        for message in client.drain(wait=0.05):
            live.take(message)
        assert time.monotonic() < until
    assert live.replies[number][0] == ""
    os.kill(folder.read_json("run.json")["pid"], signal.SIGKILL)
    client.close()
    while has_process(folder.path):
        time.sleep(0.05)
    found = finished(folder)
    ((at, _, _),) = rules_in(folder)
    whole = new_run(tmp_path, folder.experiment, baselines=False, checkpoint_every=90)
    assert finished(whole, at={at: [to(BCM)]}) == found


def scenario(random: np.random.Generator) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """What is asked of a run where, and the same without what must not bear on the result."""
    wishes: dict[int, list[Any]] = {}
    for at in sorted(random.choice(23, 7, replace=False).tolist()):
        for _ in range(random.integers(1, 4)):
            asked: Any = [to(BCM), to(TRIPLET), to(BCM, eta=0.03), to(TRIPLET, tau_x="9 ms"), "checkpoint", "pause"][
                random.integers(6)
            ]
            wishes.setdefault(at, []).append(asked)
        if random.random() < 0.4:
            wishes[at].append(set_(plasticity__w_max=float(random.choice([0.8, 0.9, 1.1])), exc__theta_plus=0.2))
    return wishes, {at: [wish for wish in asked if isinstance(wish, tuple)] for at, asked in wishes.items()}


@pytest.mark.parametrize("seed", range(25))
def test_at_random(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    disturbed, plain = scenario(random)
    whole, folder = new(tmp_path), new(tmp_path)
    finished(whole, at=plain)
    for position in sorted(random.integers(1, 28, 5).tolist()):
        drive(folder, at=disturbed, die=killed_at_position(position))
        disturbed = {at: asked for at, asked in disturbed.items() if at >= position}
    finished(folder, at=disturbed)
    assert arrays(folder) == arrays(whole)
    assert rules_in(folder) == rules_in(whole)
