"""Experiments with a stream: what they need, what they do not have, and their errors."""

from __future__ import annotations

import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.experiment import Experiment, read_experiment, training_order
from stdpbench.runs.process.training import stage_ends

STREAM = """
[data]
kind = "poisson"
n = 20

[network]
kind = "graph"
[network.populations.input]
[network.populations.exc]
size = 3
neuron = { kind = "adaptive-lif" }
[network.projections.feed]
source = "input"
target = "exc"
receptor = "ge"
weight = { kind = "uniform" }
plasticity = { kind = "pair-additive" }

[schedule]
between = "stream"
duration = "20 s"
piece = "0.5 s"
"""


def changed(*pairs: tuple[str, str]) -> Experiment:
    text = STREAM
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return Experiment.from_toml(text)


def test_a_stream_has_pieces_and_no_encoder():
    made = Experiment.from_toml(STREAM)
    assert (made.schedule.n_pieces, made.stimulus_bins, made.rest_bins) == (40, 1000, 0)
    assert "encoding" not in made.sections
    assert made.to_mapping()["schedule"] == {"between": "stream", "duration": "20 s", "piece": "0.5 s"}
    assert "encoding" not in made.to_mapping()
    assert made.graph(20).stream
    assert Experiment.from_toml(made.to_toml()) == made
    assert Experiment.from_mapping(made.to_mapping()).digest == made.digest
    assert len(training_order(made, 0)) == 40


def test_stages_of_a_stream_last_for_durations():
    made = changed(
        (
            'duration = "20 s"',
            'stages = [{ projections = ["feed"], duration = "5 s" }, { projections = ["feed"], duration = "15 s" }]',
        ),
    )
    assert made.schedule.duration == 20.0
    assert stage_ends(made, 40) == [(10, ("feed",)), (40, ("feed",))]
    assert Experiment.from_toml(made.to_toml()) == made


@pytest.mark.parametrize("path", ["schedule.between", "schedule.duration", "schedule.piece", "data.rate"])
def test_nothing_of_a_stream_changes_during_a_run(path):
    value = {"between": "carry", "duration": "30 s", "piece": "1 s", "rate": "7 Hz"}[path.partition(".")[2]]
    with pytest.raises(StdpbenchError):
        Experiment.from_toml(STREAM).changed_live({path: value})


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            [('kind = "poisson"\nn = 20', 'kind = "digits"')],
            "needs data that are spikes .*'patterns'.* not the pictures of 'digits'",
        ),
        (
            [('between = "stream"\nduration = "20 s"\npiece = "0.5 s"', "")],
            "schedule.between must be 'stream' with data.kind 'poisson'",
        ),
        ([('piece = "0.5 s"', 'piece = "0.3 s"')], r"schedule\.duration \(20 s\) must be a whole number of pieces"),
        ([('piece = "0.5 s"', 'piece = "0.5003 s"')], r"schedule\.piece .* whole number of steps"),
        (
            [('piece = "0.5 s"', 'passes = 3\nrest = "5 ms"')],
            r"schedule\.passes, schedule\.rest: a stream .* shows no pictures",
        ),
        (
            [("[schedule]", '[encoding]\nkind = "poisson"\n[schedule]')],
            "encoding is not a section of an experiment with data.kind",
        ),
        ([('kind = "pair-additive"', 'kind = "reward"')], "changes weights in every step"),
        ([('kind = "uniform"', 'kind = "samples"')], "needs pictures"),
        (
            [('kind = "poisson"\nn = 20', 'kind = "none"')],
            "network.populations.input has no neuron, but data.kind 'none'",
        ),
        ([("n = 20", 'n = 20\nrate = "2500 Hz"')], r"data\.rate \(2500 Hz\) must be below one spike per step"),
        ([('kind = "poisson"\nn = 20', 'kind = "patterns"\nn = 20')], r"data\.n_pattern \(1000\) must be at most"),
        (
            [('duration = "20 s"', 'stages = [{ projections = ["feed"] }]')],
            r"schedule\.stages\.1\.duration is missing",
        ),
    ],
)
def test_errors_say_what_would_be_right(pairs, message):
    with pytest.raises(StdpbenchError, match=message):
        changed(*pairs)


def test_a_network_without_input_needs_data_of_no_kind():
    text = STREAM.replace('kind = "poisson"\nn = 20', 'kind = "none"').replace("[network.populations.input]\n", "")
    made = Experiment.from_toml(text.replace('source = "input"', 'source = "exc"'))
    assert made.graph(0).input == ""
    with pytest.raises(StdpbenchError, match="needs one without a neuron"):
        made.override({"data.kind": "poisson"})


def test_pictures_become_a_stream_by_changes_and_a_stream_pictures():
    pictures = read_experiment("digits")
    with pytest.raises(StdpbenchError) as error:
        pictures.override({"data.kind": "poisson", "data.n": 784, "network.start": "random"})
    (sentence,) = error.value.sentences
    assert sentence == "schedule.between must be 'stream' with data.kind 'poisson', which has no pictures"
    changes = {"schedule.between": "stream", "data.kind": "poisson", "data.n": 784, "network.start": "random"}
    stream = pictures.override({**changes, "schedule.duration": "3 s"})
    assert stream.to_mapping()["schedule"] == {"between": "stream", "duration": "3 s", "piece": "1 s"}
    assert "encoding" not in stream.sections
    assert pictures.lost_by(changes)["schedule.passes"] == 4
    assert "schedule.passes" not in pictures.lost_by({"seed": 3})
    again = stream.override({"schedule.between": "rest", "data.kind": "digits", "schedule.passes": 2})
    assert (again.schedule.passes, again.schedule.stimulus, again.schedule.duration) == (2, 350.0, None)
    assert "encoding" in again.sections
    assert stream.lost_by({"schedule.between": "rest", "data.kind": "digits"})["schedule.duration"] == "3 s"
