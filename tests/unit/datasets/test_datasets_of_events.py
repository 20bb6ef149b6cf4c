"""Recordings of events that are made on the spot: what tells their classes apart, and what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets import Split, datasets
from stdpbench.data.stimuli import Events
from stdpbench.experiment import Experiment, encode, n_bins, n_cut, n_input


def prepared(kind: str, **values: Any) -> Split:
    return datasets.build({"kind": kind, **values}, "data").prepare()


def of(stimuli: object, number: int) -> Events:
    return stimuli.stimulus(number)


def test_classes_of_order_have_equal_counts_and_equal_spikes_at_any_time() -> None:
    split = prepared("order", classes=3, channels=20, spikes=2, jitter="0 ms", n_train=30, n_test=6)
    assert split.class_names == ("0", "1", "2")
    assert np.bincount(split.train.labels).tolist() == [10, 10, 10]
    assert (split.train.static == 2).all()
    times = {tuple(np.round(of(split.train, number).time, 9)) for number in range(30)}
    assert len(times) == 1  # 40 times between 25 and 75 ms
    assert next(iter(times))[0] == pytest.approx(0.025)
    assert next(iter(times))[-1] == pytest.approx(0.075)
    orders = [of(split.train, number).index.tolist() for number in range(30)]
    for number in range(30):
        assert (orders[number] == orders[0]) == (number % 3 == 0)
    assert orders[:6] == [of(split.test, number).index.tolist() for number in range(6)]


def test_order_is_drawn_from_its_own_seed() -> None:
    first, same, other = (prepared("order", n_train=8, n_test=2, draw_seed=seed).train for seed in (1, 1, 2))
    assert [first.digest(k) for k in range(8)] == [same.digest(k) for k in range(8)]
    assert first.digest(0) != other.digest(0)


def test_jitter_deletion_and_noise_of_order() -> None:
    plain, moved = (
        prepared("order", channels=50, n_train=200, n_test=1, jitter=jitter).train for jitter in ("0 ms", "2 ms")
    )
    by_channel = [np.lexsort((each.index, np.repeat(np.arange(200), 50))) for each in (plain, moved)]
    shift = moved.time[by_channel[1]] - plain.time[by_channel[0]]
    assert shift.std() == pytest.approx(2e-3, rel=0.03)
    fewer = prepared("order", channels=50, n_train=200, n_test=1, deletion=0.2).train
    assert fewer.static.mean() == pytest.approx(0.8, abs=0.02)
    more = prepared("order", channels=50, n_train=200, n_test=1, noise="10 Hz").train
    assert more.static.mean() == pytest.approx(1 + 10 * 0.1, abs=0.05)
    assert 0 <= more.time.min() <= more.time.max() <= 0.1


def test_an_order_longer_than_its_recording_is_refused() -> None:
    with pytest.raises(StdpbenchError, match=r"span \(200 ms\) must be at most duration \(100 ms\)"):
        prepared("order", span="200 ms")


def test_digits_as_events_are_those_of_their_edges() -> None:
    split, pictures = prepared("digits-events"), prepared("digits")
    assert len(split.train) == 1347
    assert np.array_equal(split.test.labels, pictures.test.labels)
    assert split.train.shape == (38, 19)
    recording = of(split.train, 0)
    assert recording.seconds == pytest.approx(0.15)
    assert 0 <= recording.time.min() <= recording.time.max() <= 0.15
    assert (np.diff(recording.time) >= 0).all()
    on, off = split.train.static[:100].reshape(100, 2, -1).sum(axis=2).T
    # the path is closed, so a pixel ends where it began, to within one level
    assert np.abs(on - off).max() < 0.1 * on.min()
    net = split.train.static[:100].reshape(100, 2, -1)
    assert np.abs(net[:, 0] - net[:, 1]).max() <= 1
    half = prepared("digits-events", contrast=1.0).train
    assert half.static.sum() < 0.6 * split.train.static.sum()


def test_a_recording_is_shown_for_its_duration_at_most_for_that_of_the_schedule() -> None:
    made = Experiment.from_mapping(
        {
            "data": {"kind": "order", "duration": "100 ms", "n_train": 4, "n_test": 1},
            "encoding": {"kind": "events"},
            "schedule": {"stimulus": "350 ms"},
        }
    )
    train = made.data.prepare().train
    assert (n_bins(made, train, 0), n_cut(made, train), n_input(made, train)) == (200, 0, 40)
    short = made.override({"schedule.stimulus": "60 ms"})
    assert (n_bins(short, train, 0), n_cut(short, train)) == (120, 4)
    assert encode(short, train, "test", 0, 0, 0).bin.max() < 120
    assert (len(encode(made, train, "test", 0, 0, 0)), made.attempts) == (40, 1)


def test_events_need_an_encoder_that_can_show_them() -> None:
    with pytest.raises(StdpbenchError, match=r"gives events, which encoding\.kind 'poisson' cannot"):
        Experiment.from_mapping({"data": {"kind": "order"}})
