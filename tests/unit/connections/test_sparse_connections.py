"""Sparse connections: what is drawn, how often, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from refusals import refused

import stdpbench
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.kinds.connections import Connection, Synapses
from stdpbench.kinds.connections.distance import Distance
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.random import Random
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.normalisations.sum import Sum


def drawn(
    connect: Connection, source: tuple[int, ...], target: tuple[int, ...], recurrent: bool = False, seed: int = 0
) -> Synapses:
    return connect.draw(np.random.default_rng(seed), source, target, recurrent=recurrent)


def matrix(synapses: Synapses) -> NDArray[np.float64]:
    """Number of synapses of each pair."""
    return synapses.dense(np.ones(len(synapses)))


@pytest.mark.parametrize(
    ("connect", "source", "target"),
    [
        (Random(in_degree=4), (20,), (15,)),
        (Random(out_degree=4, multapses=True), (20,), (15,)),
        (Random(p=1.0), (20,), (20,)),
        (Local(field=3, stride=2), (7, 7), (3, 3, 2)),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_expected_is_exact_where_the_number_is_not_random(
    connect: Connection, source: tuple[int, ...], target: tuple[int, ...], seed: int
) -> None:
    assert not connect.count_is_random
    recurrent = source == target
    synapses = drawn(connect, source, target, recurrent, seed)
    assert len(synapses) == connect.expected(source, target, recurrent=recurrent)


def test_a_probability_makes_the_number_of_synapses_random() -> None:
    assert Random(p=0.5).count_is_random
    assert Distance().count_is_random
    assert len({len(drawn(Random(p=0.5), (20,), (15,), seed=seed)) for seed in range(5)}) > 1


def test_every_pair_is_equally_likely() -> None:
    counts = sum(matrix(drawn(Random(p=0.2), (10,), (12,), seed=seed)) for seed in range(2000))
    assert np.abs(counts / 2000 - 0.2).max() < 5 * np.sqrt(0.16 / 2000)


@pytest.mark.parametrize("autapses", [False, True])
@pytest.mark.parametrize(("degree", "axis"), [("in_degree", 0), ("out_degree", 1)])
def test_a_degree_is_exact_and_partners_are_equally_likely(degree: str, axis: int, autapses: bool) -> None:
    connect, counts = Random(**{degree: 4, "autapses": autapses}), np.zeros((9, 9))
    for seed in range(1500):
        one = matrix(drawn(connect, (9,), (9,), recurrent=True, seed=seed))
        assert one.max() == 1
        assert one.sum(axis=axis).tolist() == [4] * 9
        counts += one
    allowed = np.ones((9, 9), bool) if autapses else ~np.eye(9, dtype=bool)
    p = 4 / (9 if autapses else 8)
    assert np.abs(counts[allowed] / 1500 - p).max() < 5 * np.sqrt(p * (1 - p) / 1500)
    assert counts[~allowed].sum() == 0


def test_a_pair_may_have_several_synapses_if_asked_for() -> None:
    many = matrix(drawn(Random(in_degree=30, multapses=True), (5,), (4,)))
    assert many.sum(axis=0).tolist() == [30] * 4
    assert many.max() > 1


def test_without_autapses_no_neuron_reaches_itself() -> None:
    assert np.trace(matrix(drawn(Random(p=1.0), (6,), (6,), recurrent=True))) == 0
    assert np.trace(matrix(drawn(Random(p=1.0), (6,), (6,)))) == 6  # another population of the same size
    assert np.trace(matrix(drawn(Distance(sigma=50.0), (6,), (6,), recurrent=True))) == 0


def test_local_fields_are_patches_of_the_source() -> None:
    connect = Local(field=3, stride=2)
    assert connect.places((7, 5)) == (3, 2)
    fields = matrix(drawn(connect, (7, 5), (3, 2, 4))).reshape(7, 5, 3, 2, 4)
    for row in range(3):
        for column in range(2):
            wanted = np.zeros((7, 5))
            wanted[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] = 1
            for unit in range(4):
                assert np.array_equal(fields[:, :, row, column, unit], wanted)


@pytest.mark.parametrize(
    ("field", "stride", "padding", "source"), [(3, 1, 1, (5, 6)), (5, 2, 2, (7, 4)), (4, 3, 1, (4, 9))]
)
def test_padded_patches_reach_beyond_the_source(
    field: int, stride: int, padding: int, source: tuple[int, int]
) -> None:
    connect = Local(field=field, stride=stride, padding=padding)
    rows, columns = connect.places(source)
    synapses = drawn(connect, (*source, 2), (rows, columns, 3))
    fields = matrix(synapses).reshape(*source, 2, rows, columns, 3)
    for row, column in np.ndindex(rows, columns):
        wide = np.zeros((source[0] + 2 * padding, source[1] + 2 * padding))
        wide[row * stride : row * stride + field, column * stride : column * stride + field] = 1
        wanted = wide[padding:-padding, padding:-padding]
        assert (fields[:, :, :, row, column] == wanted[:, :, None, None]).all()
    assert len(synapses) == connect.expected((*source, 2), (rows, columns, 3), recurrent=False)
    pixel, unit = connect.pixels(synapses, (*source, 2), (rows, columns, 3))
    for k in range(0, len(synapses), 7):
        from_row, from_column = divmod(int(synapses.source[k]) // 2, source[1])
        row, column = divmod(int(synapses.target[k]) // 3, columns)
        down, right = from_row - row * stride + padding, from_column - column * stride + padding
        assert (pixel[k], unit[k]) == (down * field + right, synapses.source[k] % 2)
    assert Local(field=3, stride=2).to_mapping() == {"kind": "local", "field": 3, "stride": 2}


def test_distance_falls_off_as_a_gaussian() -> None:
    connect = Distance(p_max=0.8, sigma=1.5)
    counts = sum(matrix(drawn(connect, (9, 9), (9, 9), seed=seed)) for seed in range(300)) / 300
    from_centre = counts[40].reshape(9, 9)
    rows, columns = np.mgrid[-4:5, -4:5]
    wanted = 0.8 * np.exp(-(rows**2 + columns**2) / (2 * 1.5**2))
    assert np.abs(from_centre - wanted).max() < 5 * np.sqrt(0.25 / 300)
    assert counts[0].reshape(9, 9)[0, 8] < 0.05


def test_a_torus_has_no_edges() -> None:
    counts = matrix(drawn(Distance(p_max=1.0, sigma=0.4, torus=True), (40,), (40,)))
    oblong = sum(matrix(drawn(Distance(sigma=1.0, torus=True), (4, 10), (4, 10), seed=s)) for s in range(300)) / 300
    assert counts.diagonal().min() == 1
    assert np.abs(oblong[0, [9, 30]] - np.exp(-0.5)).max() < 5 * np.sqrt(0.25 / 300)  # across either side


@pytest.mark.parametrize(
    ("connect", "source", "target", "recurrent"),
    [
        (Random(p=0.1), (80,), (120,), False),
        (Random(p=0.1), (100,), (100,), True),
        (Random(in_degree=7), (80,), (120,), False),
        (Random(out_degree=7), (80,), (120,), False),
        (Local(field=3, stride=2), (7, 5), (3, 2, 4), False),
        (Distance(sigma=2.0, torus=True, autapses=True), (30, 30), (30, 30), True),
    ],
    ids=str,
)
def test_the_number_of_synapses_is_known_before(
    connect: Connection, source: tuple[int, ...], target: tuple[int, ...], recurrent: bool
) -> None:
    expected = connect.expected(source, target, recurrent=recurrent)
    assert abs(len(drawn(connect, source, target, recurrent)) - expected) <= max(
        0.03 * expected, 4 * np.sqrt(expected)
    )


def test_drawing_depends_on_seed_and_name_only() -> None:
    def graph(name: str, seed: int) -> Graph:
        cells = Population(shape=(50,), neuron=LIF())
        made = Projection(source="exc", target="exc", receptor="ge", connect=Random(p=0.2))
        return Graph({"exc": cells}, {"first": made, name: made}, read="exc", seed=seed)

    one = graph("within", 3).synapses("within").target
    assert np.array_equal(one, graph("within", 3).synapses("within").target)
    assert not np.array_equal(one, graph("within", 3).synapses("first").target)
    assert not np.array_equal(one, graph("within", 4).synapses("within").target)
    assert not np.array_equal(one, graph("between", 3).synapses("between").target)


def test_what_is_drawn_is_the_same_on_every_machine() -> None:
    """Drawn once, and noted: NumPy promises streams, not the distributions that are made of them."""
    found = drawn(Random(p=0.3), (4,), (5,)), drawn(Random(in_degree=2), (4,), (3,))
    assert [each.source.tolist() for each in found] == [[0, 0, 1, 1, 1, 2, 3, 3], [0, 1, 1, 2, 2, 3]]
    assert [each.target.tolist() for each in found] == [[1, 4, 0, 1, 3, 3, 0, 3], [2, 1, 2, 0, 1, 0]]


def test_weights_of_each_target_are_scaled_to_a_sum() -> None:
    synapses = drawn(Random(p=0.4), (30,), (20,))
    w = np.random.default_rng(1).random(len(synapses))
    silent = w.copy()
    silent[synapses.target == 3] = 0.0
    assert Sum(value=4.0).apply(w, synapses.target).tolist() == []
    assert np.allclose(synapses.dense(w).sum(axis=0), 4.0)
    assert Sum(value=4.0).apply(silent, synapses.target).tolist() == [3]
    assert not silent[synapses.target == 3].any()


# -- what is refused -------------------------------------------------------------------------------

NETWORK: dict[str, Any] = {
    "kind": "graph",
    "populations": {"input": {}, "exc": {"shape": [4, 4, 5], "neuron": "lif"}},
    "projections": {"feed": {"source": "input", "target": "exc", "receptor": "ge"}},
}


@pytest.mark.parametrize(
    ("connect", "shape", "words"),
    [
        ({"kind": "random"}, (), "give either p, such as p = 0.02, or in_degree"),
        ({"kind": "random", "p": 0.1, "in_degree": 3}, (), "give either p"),
        ({"kind": "random", "p": 0.1, "multapses": True}, (), "multapses need in_degree"),
        ({"kind": "random", "in_degree": 3, "out_degree": 3}, (), "give either p"),
        (
            {"kind": "random", "out_degree": 100},
            (64,),
            "needs more than out_degree = 100 target neurons, but there are 80",
        ),
        ({"kind": "random", "in_degree": 100}, (64,), "needs more than in_degree = 100 source neurons"),
        ({"kind": "local", "field": 12, "stride": 8}, (8, 8), "a source of at least 12 x 12 neurons, not 8 x 8"),
        ({"kind": "local", "field": 12, "padding": 1}, (8, 8), "a source of at least 10 x 10 neurons, not 8 x 8"),
        ({"kind": "local", "field": 3, "padding": 3}, (8, 8), r"needs padding of less than field \(3\), not 3"),
        ({"kind": "local", "field": 4, "stride": 2}, (8, 8), r"give the target shape = \[3, 3, units\]"),
        ({"kind": "local"}, (60,), "needs a source with rows and columns"),
        ({"kind": "distance"}, (8, 8), "the same number of dimensions"),
    ],
)
def test_what_cannot_be_connected_is_said_in_one_sentence(
    connect: dict[str, Any], shape: tuple[int, ...], words: str
) -> None:
    feed = {**NETWORK["projections"]["feed"], "connect": connect}
    table = {"network": {**NETWORK, "projections": {"feed": feed}}, "seed": 1}
    with refused("network.projections.feed.connect", match=words):
        stdpbench.Experiment.from_mapping(table).graph(*shape)


def test_a_square_number_of_inputs_is_a_square_picture_where_a_grid_is_needed() -> None:
    feed = {**NETWORK["projections"]["feed"], "connect": {"kind": "local", "field": 2, "stride": 2}}
    made = stdpbench.Experiment.from_mapping({"network": {**NETWORK, "projections": {"feed": feed}}, "seed": 1})
    assert made.graph(64).populations["input"].shape == (8, 8)
    assert len(made.graph(64).synapses("feed")) == 4 * 4 * 5 * 4


def test_synapses_of_the_same_neurons_are_found_in_another_projection() -> None:
    one = Synapses.of_pairs(np.array([1 * 3 + 2, 0 * 3 + 1, 0 * 3 + 1, 0 * 3 + 0]), 2, 3)
    other = Synapses.of_pairs(np.array([4 * 5 + 4, 1 * 5 + 2, 0 * 5 + 1, 0 * 5 + 3]), 5, 5)
    assert one.places_in(other).tolist() == [-1, 0, -1, 2]  # of two with the same neurons, the first
    assert other.places_in(one).tolist() == [1, -1, 3, -1]
    assert one.places_in(one).tolist() == [0, 1, 2, 3]
    none = Synapses.of_pairs(np.array([], np.int64), 2, 3)
    assert one.places_in(none).tolist() == [-1] * 4
    assert none.places_in(one).tolist() == []
