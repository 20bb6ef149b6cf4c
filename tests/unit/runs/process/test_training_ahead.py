"""Stimuli that are encoded ahead of their presentation, in threads of their own."""

from __future__ import annotations

import threading
from contextlib import closing
from itertools import islice

import numpy as np
import pytest
from training_cases import ScriptedSimulator, experiment, pictures, same

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Images
from stdpbench.experiment import encode
from stdpbench.runs.process.training import Stimuli, train


def encoder_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("encoder")]


def test_a_stop_lets_the_encoder_go():
    made = experiment()
    simulator = ScriptedSimulator(made, lambda number, spikes: 9)
    before = encoder_threads()  # of tests whose engines were killed
    presentations = train(simulator, made, pictures())
    next(presentations)
    assert len(set(encoder_threads()) - set(before)) == 1
    presentations.close()
    assert not set(encoder_threads()) - set(before)
    assert len(simulator.shown) == 1


def test_a_picture_too_bright_stops_training_where_it_is_shown():
    made, before = experiment(), encoder_threads()
    images = Images(pictures().pixels.astype(np.float32), None)
    images.pixels[3, 0, 0] = 1e5
    simulator = ScriptedSimulator(made, lambda number, spikes: 9)
    presentations = train(simulator, made, images)
    assert [presented.presentation for presented in islice(presentations, 3)] == [0, 1, 2]
    with pytest.raises(StdpbenchError, match="below 1"):
        next(presentations)
    assert not set(encoder_threads()) - set(before)


# -- stimuli encoded ahead -------------------------------------------------------------------------


def test_a_change_throws_away_what_was_encoded_ahead():
    made, images = experiment(), pictures()
    brighter = made.override({"encoding.intensity": 3})
    order = np.arange(12)
    with closing(Stimuli(made, images, "train", order)) as stimuli:
        stimuli.get(0, 0)
        stimuli.encode_ahead()
        stimuli.change(brighter)
        spikes = stimuli.get(1, 0)
        stimuli.encode_ahead()
        assert same(spikes, encode(brighter, images, "train", 1, 0, 1))
        assert not same(spikes, encode(made, images, "train", 1, 0, 1))
        # the one after was encoded ahead with what is in force
        assert same(stimuli.get(2, 0), encode(brighter, images, "train", 2, 0, 2))
        # there and back again: still another version than the one encoded with
        stimuli.change(made)
        stimuli.change(brighter)
        stimuli.change(made)
        assert same(stimuli.get(3, 0), encode(made, images, "train", 3, 0, 3))


def test_spikes_that_are_not_random_follow_every_change_of_the_encoder():
    """They are encoded once for all passes."""
    made, images = experiment().override({"encoding.kind": "latency"}), pictures()
    order = np.array([5, 3, 5, 3, 5, 3, 5, 3])
    with closing(Stimuli(made, images, "train", order)) as stimuli:
        for encoder in (made, made.override({"encoding.duration": "3 ms"}), made):
            stimuli.change(encoder)
            for presentation in range(8):
                expected = encode(encoder, images, "train", presentation, 0, int(order[presentation]))
                assert same(stimuli.get(presentation, 0), expected)
                stimuli.encode_ahead()


def test_jumping_about_gives_the_right_stimulus():
    made, images = experiment(), pictures()
    with closing(Stimuli(made, images, "label", np.arange(12))) as stimuli:
        for presentation, attempt in [(4, 0), (2, 0), (3, 1), (3, 0), (11, 0), (0, 0), (1, 2), (2, 0)]:
            expected = encode(made, images, "label", presentation, attempt, presentation)
            assert same(stimuli.get(presentation, attempt), expected)
            stimuli.encode_ahead()
