"""A stimulus and its spikes, arranged for drawing."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.data.stimuli import Events, EventSet, Images, Signals
from stdpbench.runs.analysis.shown_stimulus import FRAMES, ShownStimulus


def spikes(*found: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([i for i, _ in found], np.int32), np.array([b for _, b in found], np.int32)


def test_a_picture_and_its_copies() -> None:
    images = Images(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), None)
    shown = ShownStimulus.of(images, 1, (6, 4), spikes((0, 3), (0, 5), (13, 7)), 20, 0.5)
    assert (shown.copies, shown.planes, shown.n_groups, shown.is_flat) == (2, 1, 2, False)
    assert shown.duration == 10.0
    assert shown.counts.tolist() == [2, *[0] * 12, 1, *[0] * 10]
    assert (shown.first[0], shown.first[13]) == (1.5, 3.5)
    assert np.isnan(shown.first).sum() == shown.n_silent == 22
    assert not shown.fires_once
    assert shown.group.tolist() == [0, 0, 1]
    sheet = shown.sheet(shown.counts)
    assert sheet.shape == (3, 9)  # side by side, with a gap
    assert np.isnan(sheet[:, 4]).all()
    assert (sheet[0, 0], sheet[0, 6]) == (2, 1)


def test_the_copies_of_a_row_lie_below_each_other() -> None:
    row = Images(np.zeros((1, 1, 4), np.uint8), None)
    shown = ShownStimulus.of(row, 0, (3, 4), spikes((5, 0)), 10, 0.5)
    assert shown.is_flat
    assert shown.fires_once
    assert shown.sheet(shown.counts).tolist() == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_rates_end_where_the_stimulus_ends() -> None:
    shown = ShownStimulus.of(None, 0, (2, 2), spikes((0, 0), (1, 0), (2, 88)), 90, 0.5)
    assert shown.rate_bin == 1.0  # a fiftieth of 45 ms, rounded up
    assert len(shown.rate) == 45
    assert shown.rate[0] == pytest.approx(2 / 4 / 1e-3)
    assert shown.rate.sum() * 4 * 1e-3 == pytest.approx(3)
    short = ShownStimulus.of(None, 0, (2, 2), spikes((0, 0)), 1, 0.5)
    assert (short.rate_bin, len(short.rate)) == (0.5, 1)


def test_frames_hold_each_event_that_is_shown_once() -> None:
    rng = np.random.default_rng(0)
    time = np.sort(rng.random(200) * 0.1)
    recording = Events(rng.integers(0, 24, 200).astype(np.int32), time, 0.1)
    stimuli = EventSet.of_list([recording], (2, 3, 4), None)
    shown = ShownStimulus.of(stimuli, 0, (6, 4), spikes((13, 1)), 160, 0.5)  # cut at 80 ms
    assert (shown.planes, shown.height, shown.width, shown.copies) == (2, 3, 4, 1)
    assert shown.group.tolist() == [1]
    assert shown.is_cut
    assert shown.whole == pytest.approx(100.0)
    frames = [shown.frame(number) for number in range(FRAMES)]
    np.testing.assert_array_equal(sum(frames), shown.frame())
    assert shown.frame().sum() == (time < 0.08).sum()
    assert frames[2].shape == (2, 3, 4)
    mine = recording.index[(time >= 0.016) & (time < 0.024)]
    assert frames[2].reshape(-1).tolist() == np.bincount(mine, minlength=24).tolist()
    assert shown.window(2) == (16.0, 24.0)
    assert shown.brightest == max(frame.max() for frame in frames)


def test_spikes_lie_on_the_signal() -> None:
    signals = Signals.of_list([np.array([[0.0, 1.0, 3.0], [5.0, 5.0, 1.0]])], 100.0, None)
    shown = ShownStimulus.of(signals, 0, (2, 2), spikes((0, 10), (3, 30)), 60, 0.5)
    assert (shown.copies, shown.is_flat, shown.is_cut) == (2, True, False)
    values = shown.values_at(shown.index % 2, shown.bin * 0.5)
    assert values.tolist() == [0.5, 3.0]  # 5 ms into the first, 15 ms into the second channel
