"""Previews of what an experiment would show."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import Images
from stdpbench.experiment import Experiment, encode, read_experiment
from stdpbench.runs.analysis.encoding_preview import preview_encoding

DIGITS = read_experiment("digits")
IMAGES = Images(np.random.default_rng(0).integers(0, 120, (50, 4, 3)).astype(np.uint8), np.zeros(50, np.int64))


def test_the_spikes_are_those_of_the_label_phase() -> None:
    found = preview_encoding(DIGITS, IMAGES, 7)
    expected = encode(DIGITS, IMAGES, "label", 7, 0, 7)
    np.testing.assert_array_equal(found.shown.index, expected.index)
    np.testing.assert_array_equal(found.shown.bin, expected.bin)
    assert found.n_stimuli == 20


def test_inputs_that_never_fire_are_counted() -> None:
    dark = Images(np.where(np.arange(3) == 1, 0, IMAGES.pixels).astype(np.uint8), None)
    found = preview_encoding(DIGITS.override({"encoding.kind": "latency"}), dark, 0)
    assert found.n_silent == 4
    with pytest.raises(StdpbenchError, match="there is no picture 50: there are 50"):
        preview_encoding(DIGITS, IMAGES, 50)


def test_factors_of_spikes_are_named() -> None:
    grey = Images(np.full((3, 4, 3), 0b10000100, np.uint8), None)  # the phases 0 and 5
    found = preview_encoding(DIGITS.override({"encoding.kind": "phase", "encoding.form": "weighted"}), grey, 1)
    assert "factors from 0.0156 to 0.5." in found.sentence
    np.testing.assert_allclose(found.shown.delivered, 43 * 132 / 256)  # 43 periods of 8 ms
    plain = preview_encoding(DIGITS.override({"encoding.kind": "phase", "encoding.form": "single"}), grey, 1)
    assert "factor" not in plain.sentence
    np.testing.assert_array_equal(plain.shown.delivered, plain.shown.counts)


def test_what_cannot_be_encoded_is_a_sentence() -> None:
    scaled = Images(np.full((2, 4, 3), 40_000, np.float32), None)
    with pytest.raises(StdpbenchError, match=r"brightest|probability"):
        preview_encoding(DIGITS, scaled, 0)


def test_events_last_as_long_as_they_do() -> None:
    made = Experiment.from_mapping(
        {
            "data": {"kind": "order", "n_train": 8, "n_test": 2},
            "encoding": {"kind": "events"},
            "network": {"start": "random"},
        }
    )
    calls: list[int] = []
    found = preview_encoding(made, made.data.prepare().train, 3, lambda: calls.append(1))
    assert (found.noun, found.shown.duration, found.n_stimuli, len(calls)) == ("recording", 100.0, 8, 8)
    assert "Over 8 recordings: 40.0 spikes on average, and every input fires." in found.sentence
