"""Read-outs of spike times on responses made by hand, and distances between spike trains with values of the papers."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from stdpbench.results.readout import NO_ANSWER, Known, SpikeTrains, assign, timed_readouts
from stdpbench.results.readout.van_rossum import VanRossum
from stdpbench.results.readout.victor_purpura import VictorPurpura, victor_purpura_pairs

N_EXC, N_BINS, DT = 4, 700, 0.5


def van_rossum(a, b, tau):
    """Van Rossum's distance of two trains, from the products of filtered spikes."""
    x, y = (np.asarray(train, np.float64) for train in (a, b))

    def product(u, v):
        return float(0.5 * np.exp(-np.abs(u[:, None] - v) / tau).sum())

    return float(np.sqrt(max(0.0, product(x, x) + product(y, y) - 2 * product(x, y))))


def victor_purpura(a, b, cost):
    """Victor-Purpura distance of one pair of trains."""
    x, y = (np.asarray(train, np.float64)[None] for train in (a, b))
    return float(victor_purpura_pairs(x, np.array([x.shape[1]]), y, np.array([y.shape[1]]), cost)[0])


def trains(*pictures: list[tuple[int, int]]) -> SpikeTrains:
    """Pictures as lists of (neuron, bin)."""
    arrays = [np.array(sorted(picture, key=lambda spike: spike[1]), np.int64).reshape(-1, 2) for picture in pictures]
    return SpikeTrains.of_pictures([(array[:, 0], array[:, 1]) for array in arrays], N_EXC, N_BINS, DT)


def known(*pictures: tuple[int, list[tuple[int, int]]], n_classes: int = 2) -> Known:
    """Labelled pictures: class and spikes."""
    labels = np.array([label for label, _ in pictures])
    given = trains(*(spikes for _, spikes in pictures))
    return Known(given, labels, assign(given.counts(), labels, n_classes))


# neurons 0 and 1 fire early for class 0 and late for class 1, which 2 and 3 answer more to
LABELLED = known(
    (0, [(0, 20), (0, 60), (1, 30), (2, 500)]),
    (0, [(0, 24), (0, 66), (1, 36), (3, 520)]),
    (1, [(2, 40), (2, 90), (3, 50), (3, 80), (0, 600)]),
    (1, [(2, 44), (2, 96), (3, 54), (3, 86), (1, 620)]),
)


def answers(kind: str, *pictures: list[tuple[int, int]]) -> list[int]:
    return timed_readouts.build({"kind": kind}, "readout").predict(trains(*pictures), LABELLED).tolist()


def test_the_first_spike_decides_whatever_comes_after():
    late = [(2, bin_) for bin_ in range(100, 400, 20)]
    assert answers("first-spike", [(0, 10), *late], [(3, 9), (0, 10), (0, 12), (1, 14)]) == [0, 1]


def test_of_several_first_spikes_the_class_of_most_wins_then_the_lowest():
    assert answers("first-spike", [(0, 5), (2, 5), (3, 5)], [(0, 5), (2, 5)]) == [1, 0]


@pytest.mark.parametrize("kind", timed_readouts.kinds())
def test_a_picture_without_spikes_has_no_answer(kind):
    assert answers(kind, [], [(0, 20)]) == [NO_ANSWER, 0]


@pytest.mark.parametrize("kind", timed_readouts.kinds())
def test_labelled_responses_are_recognised(kind):
    given = LABELLED.trains
    assert timed_readouts.build({"kind": kind}, "readout").predict(given, LABELLED).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("kind", ["van-rossum", "victor-purpura"])
def test_time_alone_can_decide(kind):
    """The same neuron answers as often to both classes, at other times."""
    both = known((0, [(0, 20)]), (0, [(0, 24)]), (1, [(0, 600)]), (1, [(0, 604)]))
    reader = timed_readouts.build({"kind": kind}, "readout")
    assert reader.predict(trains([(0, 40)], [(0, 560)]), both).tolist() == [0, 1]


def test_van_rossum_templates_are_means_of_filtered_trains():
    one = known((0, [(0, 20), (1, 30)]), (1, [(2, 40)]))  # one picture each: the mean is the train
    shown = trains([(0, 26), (1, 300), (2, 50)])
    found = VanRossum(tau=15.0).distances(shown, one)[0]

    def squared(template):
        own = {0: [26], 1: [300], 2: [50]}
        return sum(
            van_rossum(np.array(own.get(n, [])) * DT, np.array(template.get(n, [])) * DT, 15.0) ** 2 for n in range(4)
        )

    expected = [squared({0: [20], 1: [30]}), squared({2: [40]})]
    assert found[0] - found[1] == pytest.approx(expected[0] - expected[1])


def test_victor_purpura_adds_up_over_one_line_per_class():
    one = known((0, [(0, 20), (1, 30), (2, 300)]), (1, [(2, 40), (2, 60)]))
    assert one.assignment.labels.tolist() == [0, 0, 1, NO_ANSWER]
    q = 1 / VictorPurpura().timescale
    shown = [[10.0, 13.0], [150.0]]  # class 0: neurons 0 and 1 together; class 1
    distances = [
        victor_purpura(shown[0], [10.0, 15.0], q) + victor_purpura(shown[1], [150.0], q),
        victor_purpura(shown[0], [], q) + victor_purpura(shown[1], [20.0, 30.0], q),
    ]
    assert distances[0] < distances[1]
    assert VictorPurpura().predict(trains([(0, 20), (1, 26), (2, 300)]), one).tolist() == [0]


def test_a_class_without_labelled_pictures_is_never_answered():
    lacking = known((0, [(0, 20)]), (2, [(1, 20)]), n_classes=3)
    for kind in timed_readouts.kinds():
        reader = timed_readouts.build({"kind": kind}, "readout")
        assert set(reader.predict(trains([(0, 25)], [(1, 25)], [(0, 600)]), lacking).tolist()) <= {0, 2}


def test_trains_come_back_from_a_file_and_in_parts(tmp_path):
    given = LABELLED.trains
    np.savez(tmp_path / "trains.npz", **given.to_arrays())
    with np.load(tmp_path / "trains.npz", allow_pickle=False) as arrays:
        again = SpikeTrains.from_arrays(arrays)
    joined = SpikeTrains.joined([again.part(0, 1), again.part(1, 3), again.part(3, 99)])
    for name in ("neuron", "bin", "first"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(given, name))
    assert (joined.n_exc, joined.n_bins, joined.dt) == (N_EXC, N_BINS, DT)
    np.testing.assert_array_equal(given.counts()[0], [2, 1, 1, 0])


# distances between spike trains: values of the papers, and what makes a distance one

TRAINS = st.lists(st.floats(0, 350), max_size=6).map(sorted)


def test_van_rossum_is_the_integral_that_defines_it():
    a, b, tau, dt = [3.0, 8.0, 30.0], [5.0, 31.0], 12.0, 1e-3
    t = np.arange(0, 400, dt)

    def filtered(train):
        return sum(np.where(t >= s, np.exp(-(t - s) / tau), 0.0) for s in train)

    integral = ((filtered(a) - filtered(b)) ** 2).sum() * dt / tau
    assert van_rossum(a, b, tau) ** 2 == pytest.approx(integral, rel=1e-3)


@pytest.mark.parametrize(
    ("a", "b", "cost", "expected"),
    [
        ([], [], 1.0, 0),
        ([5.0], [], 1.0, 1),
        ([1.0, 2.0, 3.0], [7.0], 0.0, 2),  # q = 0: the difference of the numbers
        ([1.0], [1.5], 1.0, 0.5),  # moved
        ([1.0], [9.0], 1.0, 2),  # removed and added: cheaper than 8
        ([1.0, 4.0], [1.2, 4.4], 1.0, 0.6),
        ([1.0, 4.0, 9.0], [4.5], 1.0, 2.5),
        ([1.0, 4.0], [1.0, 4.0], 1e6, 0),
        ([1.0, 4.0], [1.001, 4.001], 1e6, 4),  # q without bound: spikes that do not coincide
    ],
)
def test_victor_purpura_by_hand(a, b, cost, expected):
    assert victor_purpura(a, b, cost) == pytest.approx(expected)
    assert victor_purpura(b, a, cost) == pytest.approx(expected)


@given(TRAINS, TRAINS, TRAINS, st.floats(0, 2))
def test_victor_purpura_is_a_metric(a, b, c, cost):
    assert victor_purpura(a, a, cost) == 0
    assert victor_purpura(a, b, cost) >= abs(len(a) - len(b)) - 1e-9
    assert victor_purpura(a, b, cost) <= len(a) + len(b)
    assert victor_purpura(a, c, cost) <= victor_purpura(a, b, cost) + victor_purpura(b, c, cost) + 1e-9


@given(st.lists(st.tuples(TRAINS, TRAINS), min_size=1, max_size=5))
def test_many_pairs_at_once_are_the_same(pairs):
    def packed(trains):
        n = np.array([len(train) for train in trains])
        table = np.full((len(trains), max(n.max(), 1)), 99.0)
        for row, train in zip(table, trains, strict=True):
            row[: len(train)] = train
        return table, n

    together = victor_purpura_pairs(*packed([a for a, _ in pairs]), *packed([b for _, b in pairs]), 0.05)
    np.testing.assert_allclose(together, [victor_purpura(a, b, 0.05) for a, b in pairs])
