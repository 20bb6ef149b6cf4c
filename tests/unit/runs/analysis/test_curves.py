"""Curves over training: their values, and that they continue from a checkpoint without a difference."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.results.readout import NO_ANSWER, assign
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.curves import Curves, first_accuracy
from stdpbench.runs.analysis.recent_answers import RecentResponses

N_IMAGES, N_EXC, N_CLASSES = 50, 6, 3


def filled(n: int, planned: int = 400) -> Curves:
    random = np.random.default_rng(0)
    curves = Curves(planned, np.arange(N_IMAGES) % N_CLASSES, N_CLASSES)
    go_on(curves, random, n)
    return curves


def go_on(curves: Curves, random: np.random.Generator, n: int) -> None:
    for _ in range(n):
        image = int(random.integers(N_IMAGES))
        if curves.add(image, int(random.integers(1, 4)), random.poisson(2.0, N_EXC)):
            curves.measure(1.0)


@pytest.mark.parametrize("at", [0, 5, 79, 80, 81, 200, 399])
def test_curves_continue_from_a_checkpoint(at: int) -> None:
    random = np.random.default_rng(0)
    straight, before = (Curves(400, np.arange(N_IMAGES) % N_CLASSES, N_CLASSES) for _ in range(2))
    go_on(straight, random, 400)
    random = np.random.default_rng(0)
    go_on(before, random, at)
    after = Curves(400, np.arange(N_IMAGES) % N_CLASSES, N_CLASSES)
    after.restore({**before.arrays(np.int32), **before.recent(N_EXC)})
    go_on(after, random, 400 - at)
    for name, values in straight.arrays().items():
        np.testing.assert_array_equal(after.arrays()[name], values, name)
    for name, values in straight.recent(N_EXC).items():
        np.testing.assert_array_equal(after.recent(N_EXC)[name], values, name)
    assert np.isfinite(straight.latest_accuracy()["vote"])


@pytest.mark.parametrize("planned", [30, 39, 40, 45, 400, 417, 1000, 20_000])
def test_when_there_is_a_running_accuracy_is_known_before(planned: int) -> None:
    curves = filled(min(planned, 4500), planned)
    measured = [at for at, value in zip(curves.points, curves.accuracy["vote"], strict=True) if np.isfinite(value)]
    assert first_accuracy(planned) == (measured[0] if measured else None)


def test_the_last_responses_are_those_of_the_last_pictures() -> None:
    curves = Curves(40, None, 0)  # of which the last 40 are kept
    for number in range(95):
        curves.add(number, 1, np.full(N_EXC, number))
    recent = curves.recent(N_EXC)
    assert recent["recent_image"].tolist() == list(range(55, 95))
    assert recent["recent_counts"][:, 0].tolist() == list(range(55, 95))


def test_a_plan_that_became_shorter_keeps_the_newest_responses() -> None:
    long, short = filled(390, planned=4000), Curves(100, np.arange(N_IMAGES) % N_CLASSES, N_CLASSES)
    short.restore({**long.arrays(), **long.recent(N_EXC)})
    kept = len(short.recent(N_EXC)["recent_image"])
    assert kept == 40
    for name, values in short.recent(N_EXC).items():
        np.testing.assert_array_equal(values, long.recent(N_EXC)[name][-kept:])


def test_a_plan_that_became_longer_waits_until_there_are_enough() -> None:
    short, long = filled(100, planned=100), Curves(4000, np.arange(N_IMAGES) % N_CLASSES, N_CLASSES)
    long.restore({**short.arrays(), **short.recent(N_EXC)})
    go_on(long, np.random.default_rng(1), 100)  # a point, with fewer responses than it takes
    assert np.isnan(long.accuracy["vote"][-1])
    assert len(long.recent(N_EXC)["recent_image"]) == 140


# test_recent_answers


def test_classes_are_those_of_a_label_phase_over_the_stored_presentations() -> None:
    random = np.random.default_rng(0)
    counts, labels = random.poisson(1.0, (60, 9)), random.integers(0, 4, 60)
    recent = RecentResponses(9, 4, memory=25)
    for number in range(60):
        recent.add(number, int(labels[number]), counts[number])
    assert (recent.n_seen, recent.n_labelled) == (25, 25)
    expected = assign(counts[35:], labels[35:], 4)
    found = recent.assignment()
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.mean_response, expected.mean_response)
    np.testing.assert_array_equal(found.class_counts, expected.class_counts)
    probe = random.poisson(1.0, 9)
    assert recent.answer(probe) == Vote().predict(probe[None], expected)[0]


def test_a_presentation_does_not_influence_its_own_answer() -> None:
    recent = RecentResponses(2, 2)
    assert recent.add(0, 1, np.array([3, 0])) == NO_ANSWER
    assert recent.add(1, 0, np.array([0, 3])) == NO_ANSWER
    assert recent.add(2, 0, np.array([4, 0])) == 1


def test_unlabelled_pictures_give_no_answer_but_favourites() -> None:
    recent = RecentResponses(2, 0)
    for image, n in ((5, 2), (6, 7), (5, 9), (8, 0)):
        assert recent.add(image, NO_ANSWER, np.array([n, 0])) == NO_ANSWER
    assert recent.best_images(0, 5) == [(5, 9), (6, 7)]
    assert recent.best_images(0, 1) == [(5, 9)]
    assert recent.best_images(1, 5) == []
    assert recent.assignment().labels.tolist() == [NO_ANSWER, NO_ANSWER]


def test_counts_beyond_16_bits_are_cut() -> None:
    recent = RecentResponses(1, 1)
    recent.add(0, 0, np.array([70_000]))
    assert recent.best_images(0, 1) == [(0, 65_535)]
