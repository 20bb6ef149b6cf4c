"""A picture that somebody brings is answered by the network as it is, and changes nothing that is learned later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import N_LABEL, N_TEST, N_TRAIN, TOTAL, Driven, drive, ended, experiment, finished, new_run, wait_until

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.declare.learned_names import FEED, THETA
from stdpbench.engine.network import Learned
from stdpbench.engine.simulators import open_simulator
from stdpbench.runs.client.helper import HelperClient
from stdpbench.runs.folder.result_digests import outcome
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.presentation.frozen import present_frozen
from stdpbench.runs.process.present_image import try_picture
from stdpbench.runs.process.probe import Probe

PICTURE = (np.arange(64).reshape(8, 8) * 4).tolist()
TRY = ("try", {"image": PICTURE})
IN_BASELINE = N_TRAIN + N_LABEL + N_TEST + N_LABEL
"""A position at which the simulator holds the network before learning."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return ended(new_run(tmp_path_factory.mktemp("undisturbed")))


def tried(folder: RunFolder, **hooks: Any) -> list[dict[str, Any]]:
    engine = Driven(folder, **hooks)
    finished(folder, engine=engine)
    assert all(error == "" for name, error, _ in engine.replies if name == "try")
    return [value for name, _, value in engine.replies if name == "try"]


@pytest.mark.parametrize("delays", ["none", "uniform"])
def test_what_is_tried_changes_no_result(delays, undisturbed, tmp_path):
    if delays == "none":
        expected, made = outcome(undisturbed), experiment()
    else:
        made = experiment(delays)
        expected = finished(new_run(tmp_path / "undisturbed", made))
    folder = new_run(tmp_path, made)
    at = {position: [TRY, TRY] for position in (0, 1, 7, 20, N_TRAIN, N_TRAIN + N_LABEL, IN_BASELINE, TOTAL)}
    answers = tried(folder, at=at)
    assert len(answers) == 16
    assert outcome(folder) == expected
    assert answers[0] == answers[1]
    assert answers[0]["spike_counts"] != answers[8]["spike_counts"]  # it learned something in between


def test_the_trained_network_answers_whatever_the_simulator_holds(undisturbed, tmp_path):
    at_the_end, in_the_baseline = tried(new_run(tmp_path), at={N_TRAIN: [TRY], IN_BASELINE: [TRY]})
    assert in_the_baseline["spike_counts"] == at_the_end["spike_counts"]
    assert Probe(undisturbed).answer("try", {"image": PICTURE}) == in_the_baseline


def test_an_answer_says_what_happened(undisturbed):
    answer = Probe(undisturbed).answer("try", {"image": np.ravel(PICTURE).tolist()})
    assert len(answer["spike_counts"]) == 4
    index, bins = answer["spikes"]
    assert np.bincount(index, minlength=4).tolist() == answer["spike_counts"]
    assert max(bins) < answer["n_bins"] == 60
    assert max(answer["input"][0]) < 64
    vote = answer["vote"]
    assert vote["pictures"] == N_LABEL
    assert vote["labels"] == np.load(undisturbed.path / "assignments.npz")["labels"].tolist()
    assert vote["answer"] == int(np.argmax(vote["scores"]))


def test_a_trial_is_a_frozen_presentation(undisturbed):
    made = undisturbed.experiment
    simulator, _ = open_simulator(made, 64, "compiled")
    w, theta = np.load(undisturbed.path / "weights.npy"), np.load(undisturbed.path / "theta.npy")
    before = {name: array.copy() for name, array in simulator.state().items()}
    answer = try_picture(simulator, made, PICTURE, (8, 8), Learned({FEED: w, THETA: theta}))
    assert answer["vote"] is None
    for name, array in simulator.state().items():
        np.testing.assert_array_equal(array, before[name])
    # another random stream, so about as many spikes, not the same
    simulator.w[...], simulator.theta[...] = w, theta
    response, attempts = present_frozen(simulator, made, Images(np.array([PICTURE], np.float32), None), "test", 0)
    counts = response.counts("exc")
    assert attempts == answer["attempts"]
    assert abs(int(counts.sum()) - sum(answer["spike_counts"])) <= 6
    simulator.close()


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        ([[1.0, 2.0]], "the shape 1×2"),
        (np.zeros((8, 8)).tolist(), "is black"),
        ((-np.ones((8, 8))).tolist(), "invalid grey values"),
        (np.full((8, 8), np.nan).tolist(), "invalid grey values"),
        (np.full((8, 8), 1e6).tolist(), "too bright"),
        ([[1], [2, 3]], "a list of grey values"),
        ("seven", "a list of grey values"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(undisturbed, picture, sentence):
    with pytest.raises(StdpbenchError, match=sentence):
        Probe(undisturbed).answer("try", {"image": picture})


def test_a_stopped_run_is_looked_at_by_its_newest_checkpoint(tmp_path):
    folder = new_run(tmp_path)
    engine = drive(folder, at={13: [TRY, "stop"]})
    assert folder.about["state"] == "stopped"
    answer = next(value for name, _, value in engine.replies if name == "try")
    assert Probe(folder).answer("try", {"image": PICTURE}) == answer


def test_a_run_without_a_network_is_refused(tmp_path):
    with pytest.raises(StdpbenchError, match="the run has not saved it"):
        Probe(new_run(tmp_path))


def test_a_process_of_its_own_answers_and_writes_nothing(undisturbed):
    def contents(folder: Path) -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}

    before = contents(undisturbed.path)
    client, replies = HelperClient.open("stdpbench.runs.process.probe", str(undisturbed.path)), list[Any]()
    client.wait_for_connection()
    asked = [client.request("try", image=PICTURE), client.request("pause")]
    asked.append(client.request("try", image=np.zeros(64).tolist()))
    wait_until(lambda: replies.extend(client.drain(wait=0.05)) or len(replies) == len(asked), 200)
    assert [number for _, number, _, _ in replies] == asked
    (_, _, _, answer), (_, _, refused, _), (_, _, black, _) = replies
    assert answer == Probe(undisturbed).answer("try", {"image": PICTURE})
    assert "does not support the request 'pause'" in refused
    assert "is black" in black
    process = client._helper
    client.close()
    process.wait(10)
    assert contents(undisturbed.path) == before
