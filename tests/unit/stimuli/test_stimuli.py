"""Sets of stimuli: parts, static views, and files for other processes."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.data.stimuli import Events, EventSet, Images, Signals, StimulusSet, stimuli_of

LABELS = np.array([1, 0, 2, 1], np.int64)


def images() -> Images:
    return Images(np.arange(24, dtype=np.uint8).reshape(4, 2, 3), LABELS)


def signals() -> Signals:
    return Signals.of_list([np.array([[n] * n, [n + 1] * n]) for n in (3, 1, 5, 2)], 100.0, LABELS)


def events() -> EventSet:
    recordings = [
        Events(np.array([0, 3, 3], np.int32), np.array([0.0, 0.01, 0.02]), 0.1),
        Events(np.empty(0, np.int32), np.empty(0), 0.2),
        Events(np.array([11], np.int32), np.array([0.05]), 0.3),
        Events(np.array([5, 5], np.int32), np.array([0.1, 0.2]), 0.4),
    ]
    return EventSet.of_list(recordings, (2, 2, 3), LABELS)


SETS = [pytest.param(make(), id=make.__name__) for make in (images, signals, events)]


def content(stimuli: StimulusSet, number: int) -> list[object]:
    one = stimuli.stimulus(number)
    if isinstance(one, Events):
        return [one.index.tolist(), one.time.tolist(), one.seconds]
    return [one.tolist()] if isinstance(one, np.ndarray) else [one.values.tolist(), one.rate]


@pytest.mark.parametrize("stimuli", SETS)
def test_chosen_stimuli_are_those_with_these_numbers(stimuli: StimulusSet) -> None:
    chosen = stimuli.chosen(np.array([2, 0]))
    assert len(chosen) == 2
    assert chosen.labels.tolist() == [2, 1]
    assert [content(chosen, 0), content(chosen, 1)] == [content(stimuli, 2), content(stimuli, 0)]
    assert np.array_equal(chosen.static, stimuli.static[[2, 0]])
    assert [chosen.digest(0), chosen.digest(1)] == [stimuli.digest(2), stimuli.digest(0)]
    assert stimuli.unlabelled().labels is None


@pytest.mark.parametrize("stimuli", SETS)
def test_stimuli_are_restored_from_their_arrays(stimuli: StimulusSet) -> None:
    loaded = stimuli_of(stimuli.kind, stimuli.part(1, 4).arrays, None)
    assert type(loaded) is type(stimuli)
    assert loaded.shape == stimuli.shape
    assert [content(loaded, number) for number in range(3)] == [content(stimuli, number) for number in (1, 2, 3)]
    assert [loaded.seconds(number) for number in range(3)] == [stimuli.seconds(number) for number in (1, 2, 3)]


@pytest.mark.parametrize("stimuli", SETS)
def test_parts_that_overlap_share_memory(stimuli: StimulusSet) -> None:
    assert stimuli.part(0, 3).shares_memory(stimuli.part(2, 4))
    assert not stimuli.part(0, 2).shares_memory(stimuli.part(2, 4))


def test_static_views() -> None:
    assert np.array_equal(images().static, images().pixels)
    assert signals().static.tolist() == [[[3, 4]], [[1, 2]], [[5, 6]], [[2, 3]]]
    counts = events().static
    assert counts.shape == (4, 4, 3)
    assert counts.sum(axis=(1, 2)).tolist() == [3, 0, 1, 2]
    assert (counts[0, 0, 0], counts[0, 1, 0], counts[2, 3, 2]) == (1, 2, 1)


def test_planes_are_added_where_stimuli_are_drawn() -> None:
    drawn = events().drawn
    assert drawn.shape == (4, 2, 3)
    assert drawn[0].tolist() == [[1, 0, 0], [2, 0, 0]]
    assert drawn[2].tolist() == [[0, 0, 0], [0, 0, 1]]  # of the second plane
    assert np.array_equal(images().drawn, images().pixels)


def test_durations() -> None:
    assert images().seconds(0) is None
    assert [signals().seconds(number) for number in range(4)] == [0.03, 0.01, 0.05, 0.02]
    assert [events().seconds(number) for number in range(4)] == [0.1, 0.2, 0.3, 0.4]
