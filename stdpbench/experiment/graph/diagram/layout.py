"""The layout of a diagram: where boxes, arrows and labels are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from stdpbench.experiment.graph.diagram.elements import (
    WIDEST_RATE,
    Arrow,
    Box,
    Diagram,
    Label,
    Measure,
    Point,
    Rect,
    inhibits,
    roles_of,
    rule_text,
    size_text,
)
from stdpbench.experiment.graph.diagram.order import Key, Layers, layers_of
from stdpbench.experiment.graph.graph import Graph

_HEAD = 0.8  # length of an arrowhead, in lines
_SWEEPS = 6


def lay_out(graph: Graph, measure: Measure | None = None, *, rules: bool = True, brief: bool = False) -> Diagram:
    """Arrange a network.

    Projections from or to a population that the graph does not have are left out.

    Parameters
    ----------
    graph : Graph
        The network, which may have errors.
    measure : Measure, optional
        Size of texts.
    rules : bool
        Whether labels show rules below names; boxes then show kinds of neurons.
    brief : bool
        Whether sizes of populations are numbers only, without "neurons" or "inputs", and all is close together.

    Returns
    -------
    Diagram
        The same for the same graph and measure.
    """
    return _Drawing(graph, Measure() if measure is None else measure, rules, brief).diagram()


@dataclass
class _Node:
    """A box, or where an arrow passes a column.

    `left` and `right` are the rows of arrows at its sides, from top to bottom: (projection, whether the end there is
    its target).
    """

    height: float = 0.0
    top: float = 0.0
    left: list[tuple[str, bool]] = field(default_factory=list)
    right: list[tuple[str, bool]] = field(default_factory=list)


class _Drawing:
    def __init__(self, graph: Graph, measure: Measure, rules: bool, brief: bool) -> None:
        self.graph, self.measure, self.rules, self.brief = graph, measure, rules, brief
        self.line = measure.line
        self.head = _HEAD * self.line
        self.row = self.line * (2.9 if rules else 1.9)
        self.layers: Layers = layers_of(graph)
        self.nodes = {key: _Node() for column in self.layers.columns for key in column}
        self.lines = {name: self._lines(name) for name in graph.populations}
        self.texts = {name: self._texts(name) for name in self.layers.arrows}

    def _lines(self, name: str) -> tuple[str, ...]:
        population = self.graph.populations[name]
        kind = str(getattr(population.neuron, "kind", "")) if self.rules else ""
        return (size_text(population, brief=self.brief), *([kind] if kind else []))

    def _texts(self, name: str) -> tuple[str, ...]:
        return (name, rule_text(self.graph.projections[name])) if self.rules else (name,)

    def _label_width(self, name: str) -> float:
        return max(self.measure.width(text, not number) for number, text in enumerate(self.texts[name]))

    def diagram(self) -> Diagram:
        self._rows()
        self._heights()
        self._stack()
        widths, spans = self._widths()
        boxes, arrows, roles = {}, {}, roles_of(self.graph)
        for k, column in enumerate(self.layers.columns):
            for key in column:
                if isinstance(key, str):
                    node = self.nodes[key]
                    place = Rect(spans[k][0], node.top, widths[k], node.height)
                    boxes[key] = Box(key, self.lines[key], roles[key], place)
        for name in self.layers.arrows:
            projection = self.graph.projections[name]
            arrows[name] = Arrow(
                name,
                projection.source,
                projection.target,
                inhibits(self.graph, name),
                projection.learns,
                self._labels(name, spans),
                self._path(name, spans),
            )
        height = max((box.rect.bottom for box in boxes.values()), default=0.0)
        height = max([height, *(node.top + node.height for node in self.nodes.values())]) + self.line
        columns = tuple(tuple(key for key in column if isinstance(key, str)) for column in self.layers.columns)
        boxes = {name: boxes[name] for name in self.graph.populations}
        return Diagram(boxes, arrows, spans[-1][3] + 0.2 * self.line if spans else 0.0, height, self.head, columns)

    # -- rows at the sides of boxes ----------------------------------------------------------------------------------

    def _rows(self) -> None:
        """Order the rows of each box by where the other ends are, so that few arrows cross."""
        place = {key: number for column in self.layers.columns for number, key in enumerate(column)}
        for name, (path, _) in self.layers.arrows.items():
            for left, right in pairwise(path):
                self.nodes[left].right.append((name, False))
                self.nodes[right].left.append((name, True))
            if len(path) == 1 or path[0] == path[-1]:
                self.nodes[path[0]].right.append((name, False))
        for name, (one, other) in self.layers.beside.items():
            self.nodes[one].right.append((name, False))
            self.nodes[other].right.append((name, True))
        number = {name: k for k, name in enumerate(self.layers.arrows)}

        def key_of(at: Key, side: str) -> Callable[[tuple[str, bool]], tuple[float, float, int]]:
            def key(row: tuple[str, bool]) -> tuple[float, float, int]:
                name = row[0]
                if name in self.layers.beside:  # those to boxes above first, nested
                    one, other = self.layers.beside[name]
                    away = place[other if at == one else one] - place[at]
                    group = 0.0 if away < 0 else 3.0
                    return group, float(-away), number[name] if away > 0 else -number[name]
                path = self.layers.arrows[name][0]
                if len(path) == 1:
                    return 2.0, 0.0, number[name]
                k = path.index(at)
                return 1.0, float(place[path[k + 1 if side == "right" else k - 1]]), number[name]

            return key

        for at, node in self.nodes.items():
            node.left.sort(key=key_of(at, "left"))
            node.right.sort(key=key_of(at, "right"))

    def _heights(self) -> None:
        for key, node in self.nodes.items():
            if isinstance(key, str):
                text = self.line * (len(self.lines[key]) + 2) + self.line
                node.height = max(text, self.row * len(node.right), 1.5 * self.line * len(node.left))
            else:
                node.height = 0.8 * self.line

    def _y(self, key: Key, name: str, side: Literal["left", "right"], target: bool | None = None) -> float:
        """Return where the row of an arrow is, relative to the top of a node."""
        node = self.nodes[key]
        rows: list[tuple[str, bool]] = getattr(node, side)
        at = next(k for k, (row, end) in enumerate(rows) if row == name and target in (None, end))
        if not isinstance(key, str):
            return node.height / 2
        step = self.row if side == "right" else 1.5 * self.line
        return node.height / 2 + (at - (len(rows) - 1) / 2) * step

    def _stack(self) -> None:
        """Place the nodes of each column below each other, near to those that they are connected with."""
        gap = 1.2 * self.line
        for column in self.layers.columns:
            top = 0.0
            for key in column:
                self.nodes[key].top = top
                top += self.nodes[key].height + gap
        columns = self.layers.columns
        for sweep in range(_SWEEPS):
            onward = sweep % 2 == 0
            for column in columns if onward else columns[::-1]:
                wanted = [self._wanted(key, "left" if onward else "right") for key in column]
                heights = [self.nodes[key].height + gap for key in column]
                for key, top in zip(column, settled(wanted, heights), strict=True):
                    self.nodes[key].top = top
        lowest = min((node.top for node in self.nodes.values()), default=0.0)
        for node in self.nodes.values():
            node.top += self.line - lowest

    def _wanted(self, key: Key, side: Literal["left", "right"]) -> float:
        """Return the top of a node at which its arrows to one side are straight, on average."""
        node, found = self.nodes[key], list[float]()
        for name, _ in getattr(node, side):
            path = self.layers.arrows[name][0]
            if name in self.layers.beside or len(path) == 1:
                continue
            k = path.index(key)
            other = path[k - 1 if side == "left" else k + 1]
            there = self.nodes[other].top + self._y(other, name, "right" if side == "left" else "left")
            found.append(there - self._y(key, name, side))
        return sum(found) / len(found) if found else node.top

    # -- columns -----------------------------------------------------------------------------------------------------

    def _widths(self) -> tuple[list[float], list[tuple[float, float, float, float]]]:
        """Return the width of the boxes of each column, and where box, labels, bends and the column end."""
        x, widths, spans = 0.6 * self.line, list[float](), list[tuple[float, float, float, float]]()
        padding, gap = (0.7 * self.line, 0.4 * self.line) if self.brief else (1.6 * self.line, self.line)
        for k, column in enumerate(self.layers.columns):
            texts = [
                self.measure.width(text, text == key)
                for key in column
                if isinstance(key, str)
                for text in (key, *self.lines[key], WIDEST_RATE)
            ]
            widths.append(max(texts, default=0.0) + padding)
            rows = [row for key in column for row in self.nodes[key].right]
            labels = [self._loop(name) + self._label_width(name) for name, target in rows if self._labelled(name, k)]
            room = max(labels, default=0.0) + gap if labels else gap if rows else 0.0
            bends = [self._rise(key, row) for key in column for row in self.nodes[key].right]
            steep = [rise for rise in bends if rise is None or abs(rise) > 0.01 * self.line]
            bend = self.line * min(9.0, 2.5 + 0.5 * len(steep)) if steep else 1.2 * self.line
            bend = bend if any(rise != 0.0 for rise in bends) or len(self.layers.columns) > k + 1 else 0.0
            spans.append((x, x + widths[-1], x + widths[-1] + room, x + widths[-1] + room + bend))
            x = spans[-1][3]
        return widths, spans

    def _rise(self, key: Key, row: tuple[str, bool]) -> float | None:
        """Return how much lower an arrow arrives in the next column; 0 for a loop, None if it comes back."""
        name, path = row[0], self.layers.arrows[row[0]][0]
        if name in self.layers.beside:
            return None
        if len(path) == 1:
            return 0.0
        other = path[path.index(key) + 1]
        there = self.nodes[other].top + self._y(other, name, "left")
        return there - self.nodes[key].top - self._y(key, name, "right")

    def _labelled(self, name: str, column: int) -> bool:
        """Whether the label of an arrow stands in a column."""
        return self.layers.arrows[name][1] == column

    def _loop(self, name: str) -> float:
        """Return how far the label of an arrow stands from its box."""
        return (
            2.6 * self.line
            if len(self.layers.arrows[name][0]) == 1 and name not in self.layers.beside
            else (self.head + 0.5 * self.line)
        )

    def _labels(self, name: str, spans: list[tuple[float, float, float, float]]) -> tuple[Label, ...]:
        path, column = self.layers.arrows[name]
        key = self.layers.beside[name][0] if name in self.layers.beside else path[0]
        y = self.nodes[key].top + self._y(key, name, "right", False)
        x, texts = spans[column][1] + self._loop(name), self.texts[name]
        loop = len(path) == 1 and name not in self.layers.beside
        air = 0.0 if loop else 0.25 * self.line
        first = y - self.line - air if len(texts) > 1 or not loop else y - self.line / 2
        tops = (first, y + air)
        return tuple(
            Label(text, Rect(x, top, self.measure.width(text, not number), self.line))
            for number, (text, top) in enumerate(zip(texts, tops, strict=False))
        )

    # -- paths -------------------------------------------------------------------------------------------------------

    def _path(self, name: str, spans: list[tuple[float, float, float, float]]) -> tuple[Point, ...]:
        path, column = self.layers.arrows[name]
        projection = self.graph.projections[name]
        if name in self.layers.beside:
            return self._path_beside(name, spans[column])
        if len(path) == 1:
            return self._path_of_loop(path[0], name, spans[column])
        at = self.nodes[path[0]]
        x, y = spans[column][1], at.top + self._y(path[0], name, "right")
        points: list[Point] = [(x, y)]
        for k, key in enumerate(path[1:], column + 1):
            points += _line(points[-1], (spans[k - 1][2], y))
            there = self.nodes[key].top + self._y(key, name, "left")
            last = key == path[-1]
            points += _bend(points[-1], (spans[k][0] - (self.head if last else 0.0), there))
            points += _line(points[-1], (spans[k][0] if last else spans[k][1], there))
            y = there
        return tuple(points if projection.source == path[0] else reversed(points))

    def _path_beside(self, name: str, span: tuple[float, float, float, float]) -> tuple[Point, ...]:
        """Return the path between two boxes of one column, around the labels at their right."""
        one, other = self.layers.beside[name]
        start, end = (
            self.nodes[key].top + self._y(key, name, "right", target) for key, target in ((one, False), (other, True))
        )
        _, x, turn, bound = span
        out = turn + (bound - turn) * 1.2
        points: list[Point] = [(x, start)]
        points += _line(points[-1], (turn, start))
        points += [(out, start), (out, end), (turn, end)]
        points += _line(points[-1], (x, end))
        return tuple(points)

    def _path_of_loop(self, key: Key, name: str, span: tuple[float, float, float, float]) -> tuple[Point, ...]:
        node = self.nodes[key]
        y = node.top + self._y(key, name, "right", False)
        x, reach, half = span[1], 2.0 * self.line, 0.45 * self.line
        straight = x + self.head
        points: list[Point] = [(x, y - half)]
        points += _line(points[-1], (straight, y - half))
        # the widest point of the curve is at three quarters of the way to its control points
        out = straight + (x + reach - straight) / 0.75
        points += [(out, y - half), (out, y + half), (straight, y + half)]
        points += _line(points[-1], (x, y + half))
        return tuple(points)


def settled(wanted: list[float], heights: list[float]) -> list[float]:
    """Return tops as near to the wanted ones as possible, in their order and without overlaps.

    Least squares with the order kept: the pool-adjacent-violators algorithm.
    """
    before, total = list[float](), 0.0
    for height in heights:
        before.append(total)
        total += height
    blocks: list[tuple[float, int]] = []  # (mean, number)
    for top, offset in zip(wanted, before, strict=True):
        mean, n = top - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, m = blocks.pop()
            mean, n = (mean * n + other * m) / (n + m), n + m
        blocks.append((mean, n))
    means = [mean for mean, n in blocks for _ in range(n)]
    return [mean + offset for mean, offset in zip(means, before, strict=True)]


def _line(start: Point, end: Point) -> list[Point]:
    (x, y), (u, v) = start, end
    return [(x + (u - x) / 3, y + (v - y) / 3), (x + 2 * (u - x) / 3, y + 2 * (v - y) / 3), end]


def _bend(start: Point, end: Point) -> list[Point]:
    middle = (start[0] + end[0]) / 2
    return [(middle, start[1]), (middle, end[1]), end]
