"""What each read-out answers to responses worked out by hand, and what all of them have in common."""

from __future__ import annotations

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.results.readout import NO_ANSWER, Assignment, assign, base, readouts

KINDS = readouts.kinds()


def predict(kind: str, counts: np.ndarray, assignment: Assignment) -> list[int]:
    return readouts.build({"kind": kind}, "readout").predict(np.asarray(counts), assignment).tolist()


def assignment_of(mean_response: list[list[float]]) -> Assignment:
    """An assignment with 12 times the given mean responses, (n_classes, n_exc), one picture per class."""
    table = np.round(np.array(mean_response) * 12).astype(np.int64)
    return assign(table, np.arange(len(table)), len(table))


# three neurons of class 0, one sure neuron of class 1, one unsure neuron of class 2
RESPONSES = [[1.0, 0.5, 0.5, 0.0, 0.25], [0.0, 0.25, 0.25, 1.0, 0.25], [0.0, 0.25, 0.25, 0.0, 0.5]]


@pytest.mark.parametrize(
    ("kind", "counts", "expected"),
    [
        # means per class 6/3, 1/1, 0: although class 0 is spread over three neurons
        ("vote", [2, 2, 2, 1, 0], 0),
        # 3/3 against 2: one busy neuron beats three slow ones
        ("vote", [1, 1, 1, 2, 0], 1),
        # 2 against 3, but neuron 4 is only half sure: 2·1 against 3·0.5
        ("vote", [0, 0, 0, 2, 3], 2),
        ("proportion", [0, 0, 0, 2, 3], 1),
        # (3·1 + 3·0.5 + 3·0.5)/3 = 2 against 1.5
        ("proportion", [3, 3, 3, 0, 3], 0),
        # (0 + 4·0.5 + 0)/3 = 0.67 against 0.5: only the neurons of a class speak for it
        ("proportion", [0, 4, 0, 0, 1], 0),
        # class 0: 4·0.25 = 1; class 1: 4·0.25 + 1 = 2; class 2: 4·0.5 = 2: a tie, to the lower
        ("confidence", [0, 0, 0, 1, 4], 1),
        # class 0: 3·0.5 + 0.25·2 = 2, class 1: 3·0.25 + 0.5 = 1.25, class 2: 3·0.25 + 1 = 1.75
        ("confidence", [0, 3, 0, 0, 2], 0),
        # the vote divides by three neurons of class 0, the sum of confidences does not
        ("vote", [3, 0, 0, 2, 0], 1),
        ("confidence", [3, 0, 0, 2, 0], 0),
        # 12 times the responses, and half a spike: neuron 3 has 0.5 of 29.5 spikes of class 0, 12.5 of 23.5 of class 1
        # and 0.5 of 14.5 of class 2; neuron 4 has 3.5, 3.5 and 6.5. Class 1: ln 0.532 + 4 ln 0.149 = -8.25; class 2:
        # ln 0.034 + 4 ln 0.448 = -6.58; class 0: ln 0.017 + 4 ln 0.119 = -12.6
        ("likelihood", [0, 0, 0, 1, 4], 2),
        # with a spike less: -6.34 against -5.77; with two spikes less -4.44 against -4.97: surprise counts, not shares
        ("likelihood", [0, 0, 0, 1, 3], 2),
        ("likelihood", [0, 0, 0, 1, 2], 1),
    ],
)
def test_answers_by_hand(kind: str, counts: list[int], expected: int) -> None:
    known = assignment_of(RESPONSES)
    assert known.labels.tolist() == [0, 0, 0, 1, 2]
    assert predict(kind, np.array([counts], np.uint8), known) == [expected]


@pytest.mark.parametrize(
    ("kind", "counts", "expected"),
    [("vote", [3, 3], 0), ("proportion", [3, 3], 1), ("proportion", [3, 2], 0), ("confidence", [3, 2], 1)],
)
def test_busy_neuron_weighs_no_more_than_a_slow_one(kind: str, counts: list[int], expected: int) -> None:
    # shares of neuron 0 are 2/3 and 1/3 although it fires often; with rates for weights class 0 would always win
    known = assignment_of([[8.0, 0.0], [4.0, 1.0]])
    assert predict(kind, np.array([counts]), known) == [expected]


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_class_without_neurons_never_wins(self, kind: str) -> None:
        # class 0 and class 3 own no neuron; argmax would take the NaN of an empty mean
        known = assignment_of([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
        rng = np.random.default_rng(0)
        answers = predict(kind, rng.poisson(1.0, (300, 2)), known)
        assert set(answers) == {1, 2, NO_ANSWER}

    def test_picture_without_spikes_has_no_answer(self, kind: str) -> None:
        known = assignment_of([[1.0, 0.0], [0.0, 1.0]])
        assert predict(kind, np.array([[0, 0], [0, 1]], np.uint8), known) == [NO_ANSWER, 1]

    def test_spikes_of_neurons_that_were_silent_say_nothing(self, kind: str) -> None:
        known = assignment_of([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        assert known.labels.tolist() == [0, 1, NO_ANSWER]
        assert predict(kind, np.array([[0, 0, 9], [0, 1, 9]]), known) == [NO_ANSWER, 1]

    def test_ties_go_to_the_lowest_class(self, kind: str) -> None:
        known = assignment_of([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        assert predict(kind, np.array([[0, 5, 5], [5, 5, 5], [5, 0, 5]]), known) == [1, 0, 0]

    def test_rounding_breaks_no_tie(self, kind: str) -> None:
        # mirrored classes: neurons j and j + 49 have the same responses, but 1/49 is no float
        rng = np.random.default_rng(3)
        half = rng.integers(0, 9, (1, 49)) + 1
        table = np.vstack([np.hstack([3 * half, half]), np.hstack([half, 3 * half])])
        known = assign(table, np.arange(2), 2)
        spikes = rng.integers(0, 20, (200, 49))
        assert predict(kind, np.hstack([spikes, spikes]), known) == [0] * 200

    def test_integer_type_and_blocks_do_not_matter(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        counts, known = self.example()
        whole = predict(kind, counts, known)
        assert predict(kind, counts.astype(np.int64), known) == whole
        monkeypatch.setattr(base, "_BLOCK_ELEMENTS", 100)
        assert predict(kind, counts, known) == whole

    def test_counts_of_another_network(self, kind: str) -> None:
        known = assignment_of([[1.0, 0.0], [0.0, 1.0]])
        with pytest.raises(StdpbenchError, match="counts are of 3 neurons, but 2 neurons were labelled"):
            predict(kind, np.zeros((1, 3), np.uint8), known)

    @staticmethod
    def example() -> tuple[np.ndarray, Assignment]:
        rng = np.random.default_rng(4)
        tuning = rng.gamma(0.5, 2.0, (5, 40))
        labels = rng.integers(0, 5, 300)
        known = assign(rng.poisson(tuning[labels]).astype(np.uint8), labels, 5)
        return rng.poisson(tuning[rng.integers(0, 5, 150)]).astype(np.uint8), known


def test_likelihood_is_naive_bayes_of_scikit_learn() -> None:
    from sklearn.naive_bayes import MultinomialNB

    rng = np.random.default_rng(8)
    tuning = rng.gamma(0.5, 1.0, (5, 40))
    labels = rng.permutation(np.repeat(np.arange(5), 30))
    shown = rng.poisson(tuning[labels])
    counts = rng.poisson(tuning[rng.integers(0, 5, 400)])
    counts = counts[counts.any(axis=1)]
    assert shown.any(axis=0).all()
    expected = MultinomialNB(alpha=0.5, fit_prior=False).fit(shown, labels).predict(counts)
    assert predict("likelihood", counts, assign(shown, labels, 5)) == expected.tolist()
