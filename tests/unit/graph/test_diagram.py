"""The layout of a network: nothing lies on anything else, whatever the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from graphs import FIXED, SIDE_BY_SIDE, fixed
from numpy.typing import NDArray

import stdpbench
from stdpbench.base.units import thousands
from stdpbench.experiment import read_experiment
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.diagram import (
    Arrow,
    Diagram,
    Point,
    Rect,
    lay_out,
    roles_of,
    rule_text,
    size_text,
)
from stdpbench.kinds.neurons.lif import LIF
from stdpbench.kinds.plasticity.pair_additive import PairAdditive

SHIPPED = ("digits", "diehl-cook-400", "vogels-2011", "masquelier-2008", "song-abbott-2000")
STACK = {"network": {"kind": "stack", "n_first": 40, "n_second": 10}}


def drawn(seed: int) -> Graph:
    """A random network of up to 15 populations and 40 projections, with long names among them."""
    random = np.random.default_rng(seed)
    names = [f"p{k}" if k % 3 else f"population_number_{k}" for k in range(random.integers(2, 16))]
    populations = {"input": Population(shape=(6, 5))} if random.random() < 0.7 else {}
    populations |= {name: Population(shape=(int(random.integers(1, 900)),), neuron=LIF()) for name in names}
    projections = {}
    for k in range(random.integers(0, 41)):
        rule = PairAdditive() if random.random() < 0.5 else None
        source, target = random.choice(list(populations)), random.choice(names)
        receptor = "gi" if random.random() < 0.5 else "ge"
        projections[f"s{k}"] = Projection(source=source, target=target, receptor=receptor, plasticity=rule)
    return Graph(populations, projections, read=names[-1])


def networks() -> Iterator[tuple[str, Graph]]:
    for name in SHIPPED:
        yield name, read_experiment(name).graph(28, 28)
    yield "stack", stdpbench.Experiment.from_mapping(STACK).graph(28, 28)
    for name in (*FIXED, *SIDE_BY_SIDE):
        yield name, fixed(name)
    for seed in range(20):
        yield f"drawn {seed}", drawn(seed)


NETWORKS = dict(networks())


def points_of(path: tuple[Point, ...], each: int = 24) -> NDArray[np.float64]:
    """Points on the curves of a path, (n, 2)."""
    t = np.linspace(0, 1, each)[:, None]
    curves = [np.array(path[k : k + 4]) for k in range(0, len(path) - 1, 3)]
    each_curve = [
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in curves
    ]
    return np.concatenate(each_curve)


def within(rects: list[Rect], points: NDArray[np.float64], by: float = 1e-6) -> NDArray[np.bool_]:
    """Whether points lie in the inside of rectangles, (n_points, n_rects)."""
    x, y, right, bottom = np.array([(each.x, each.y, each.right, each.bottom) for each in rects]).T
    across = (x + by < points[:, :1]) & (points[:, :1] < right - by)
    return across & (y + by < points[:, 1:]) & (points[:, 1:] < bottom - by)


def overlap(one: Rect, other: Rect) -> bool:
    """Whether two rectangles have an area in common."""
    across = one.x < other.right and other.x < one.right
    return across and one.y < other.bottom and other.y < one.bottom


def texts_of(arrow: Arrow) -> list[Rect]:
    return [label.rect for label in arrow.labels]


def check(made: Diagram, graph: Graph) -> None:
    assert list(made.boxes) == list(graph.populations)
    assert list(made.arrows) == list(graph.projections)
    boxes = [box.rect for box in made.boxes.values()]
    texts = [text for arrow in made.arrows.values() for text in texts_of(arrow)]
    for one, other in combinations([*boxes, *texts], 2):
        assert not overlap(one, other)
    whole = Rect(0, 0, made.width, made.height)
    for name, arrow in made.arrows.items():
        on_it = points_of(arrow.path)
        assert not within([*boxes, *texts], on_it).any(), name
        assert within([whole], on_it).all()
        for end, at in ((arrow.source, arrow.path[0]), (arrow.target, arrow.path[-1])):
            box = made.boxes[end].rect
            assert at[0] in (pytest.approx(box.x), pytest.approx(box.right))
            assert box.y < at[1] < box.bottom
        end = arrow.path[-1]
        last = points_of(arrow.path[-4:], 400)
        head = last[abs(last[:, 0] - end[0]) < made.head - 1e-6]
        assert len(head) > 2
        assert head[:, 1] == pytest.approx(end[1])  # the head lies on a straight line
    for rect in (*boxes, *texts):
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.right <= made.width
        assert rect.bottom <= made.height


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_lies_on_anything_else(name: str) -> None:
    graph = NETWORKS[name]
    for rules in (True, False):
        made = lay_out(graph, rules=rules)
        check(made, graph)
        assert made == lay_out(graph, rules=rules)


def test_columns_are_distances_from_the_input() -> None:
    neuron = LIF()
    names = ("a", "b", "c", "pace")
    populations = {"input": Population(shape=(4,))} | {n: Population(shape=(3,), neuron=neuron) for n in names}
    ends = {
        "short": ("input", "c"),
        "first": ("input", "a"),
        "second": ("a", "b"),
        "third": ("b", "c"),
        "back": ("c", "a"),
        "own": ("b", "b"),
        "clock": ("pace", "c"),
    }
    projections = {name: Projection(source=s, target=t, receptor="ge") for name, (s, t) in ends.items()}
    made = lay_out(Graph(populations, projections, read="c"))
    assert [set(column) for column in made.columns] == [{"input"}, {"a", "c"}, {"b", "pace"}]
    arrows = made.arrows
    from_left = {name for name, arrow in arrows.items() if arrow.from_left}
    assert from_left == {"short", "first", "second"}
    loop, box = arrows["own"].path, made.boxes["b"].rect
    assert loop[0][0] == loop[-1][0] == box.right
    assert points_of(loop)[:, 0].max() < arrows["own"].labels[0].rect.x


def test_arrows_side_by_side_have_rows_of_their_own() -> None:
    populations = {"input": Population(shape=(4,)), "exc": Population(shape=(3,), neuron=LIF())}
    projections = {f"s{k}": Projection(source="input", target="exc", receptor="ge") for k in range(6)}
    made = lay_out(Graph(populations, projections, read="exc"))
    starts = [arrow.path[0][1] for arrow in made.arrows.values()]
    ends = [arrow.path[-1][1] for arrow in made.arrows.values()]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert len({round(y, 6) for y in starts}) == len({round(y, 6) for y in ends}) == 6


def test_labels_and_lines_say_what_a_network_consists_of() -> None:
    made = lay_out(NETWORKS["diehl-cook-400"])
    assert made.boxes["input"].lines == ("28 × 28 inputs",)
    assert made.boxes["exc"].lines == ("400 neurons", "adaptive-lif")
    assert [label.text for label in made.arrows["feed"].labels] == ["feed", "diehl-cook-triplet"]
    assert made.arrows["feed"].learns
    assert made.arrows["feed"].inhibits is False
    compete = made.arrows["compete"]
    assert (compete.inhibits, compete.learns, compete.labels[1].text) == (True, False, "static")
    assert [box.role for box in made.boxes.values()][:2] == ["input", "learns"]
    assert lay_out(read_experiment("digits").graph()).boxes["input"].lines == ("inputs as in the data",)
    names = lay_out(NETWORKS["vogels-2011"], rules=False)
    assert names.boxes["exc"].lines == ("8\N{NARROW NO-BREAK SPACE}000 neurons",)
    assert [label.text for label in names.arrows["inh_exc"].labels] == ["inh_exc"]
    brief = lay_out(NETWORKS["vogels-2011"], rules=False, brief=True)
    assert brief.boxes["exc"].lines == ("8\N{NARROW NO-BREAK SPACE}000",)
    assert brief.width < names.width


def test_a_network_that_is_not_complete_is_drawn_as_far_as_it_goes() -> None:
    assert lay_out(Graph({}, {})).boxes == {}
    graph = NETWORKS["7"]
    without = replace(graph, populations={name: each for name, each in graph.populations.items() if name != "two"})
    made = lay_out(without)
    assert list(made.arrows) == ["feed"]
    odd = {"odd": Projection(source="input", target="input", receptor="x")}
    made = lay_out(replace(without, projections=odd))
    assert made.arrows["odd"].inhibits is None


def test_a_population_that_only_inhibits_has_the_role_of_others_even_if_it_is_learned_onto() -> None:
    assert roles_of(read_experiment("polychrony-2006").graph()) == {"exc": "learns", "inh": "other"}
    assert roles_of(read_experiment("vogels-2011").graph()) == {"exc": "learns", "inh": "other"}
    # read populations learn, though all their spikes may inhibit each other
    assert roles_of(read_experiment("digits").graph(28, 28)) == {"input": "input", "exc": "learns"}


def test_inputs_in_one_row_are_a_number() -> None:
    graph = read_experiment("song-abbott-2000").graph(1, 1000)
    assert size_text(graph.populations["input"]) == f"{thousands(1000)} inputs"


def test_weights_that_labels_train_are_called_trained() -> None:
    graph = read_experiment("surrogate-digits").graph(8, 8)
    assert {name: rule_text(each) for name, each in graph.projections.items()} == {
        "feed": "trained",
        "feed2": "trained",
    }
