"""The process of a run, started twice, by hand, and while others ask whether it is there."""

from __future__ import annotations

import re
import subprocess
import sys

from harness import drive, driven, experiment, finished, killed_at_position, new_run

from stdpbench.runs.client.run_client import RunClient, has_process
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.status import state_of
from stdpbench.runs.protocol.states import State

OPTIONS = {"checkpoint_every": 10, "baselines": False}


def test_of_two_processes_that_start_at_once_one_carries_out_the_run(tmp_path):
    made = experiment(schedule__train_images=40)
    expected = finished(new_run(tmp_path, made, **OPTIONS))
    folder = driven(new_run(tmp_path, made, **OPTIONS), die=killed_at_position(13))
    clients = [RunClient.start(folder.path), RunClient.start(folder.path)]
    ends = sorted(client.wait_for_process(250) or 0 for client in clients)
    # the second one found the lock held, or, where it came late, a run that is finished
    assert ends in ([0, 1], [0, 3])
    loser = next(client for client in clients if client.wait_for_process(1))
    assert re.search("another process is working|finished cannot become", loser.why_ended())
    for client in clients:
        client.close()
    assert state_of(folder) == (State.FINISHED, "")
    assert outcome(folder) == expected


def test_a_process_is_started_by_hand(tmp_path):
    folder = new_run(tmp_path, **OPTIONS)
    expected = finished(new_run(tmp_path, **OPTIONS))
    drive(folder, die=killed_at_position(13))
    command = [sys.executable, "-m", "stdpbench.runs.process.worker"]
    done = subprocess.run([*command, str(folder.path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert outcome(folder) == expected
    assert not has_process(folder.path)
    nowhere = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert nowhere.returncode == 1
    assert "is not a run folder" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
