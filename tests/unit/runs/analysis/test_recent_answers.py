from __future__ import annotations

import numpy as np

from stdpbench.results.readout import NO_ANSWER, assign
from stdpbench.results.readout.vote import Vote
from stdpbench.runs.analysis.recent_answers import RecentResponses


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
