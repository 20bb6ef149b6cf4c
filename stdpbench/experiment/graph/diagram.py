"""A network as a diagram: populations as boxes, projections as arrows, without Qt or matplotlib.

Boxes stand in columns by their distance from the input. To the right of each column there is a zone for labels, then
a zone in which arrows bend. In the zone for labels, each arrow has a separate row with its label: the name above the
line and the rule below. An arrow over several columns passes between the boxes of the columns between. Boxes, labels
and arrows therefore do not overlap, except that arrows cross where they bend.

Coordinates are in the units of `Measure`, which gives the size of texts; y points down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stdpbench.base.units import thousands
from stdpbench.experiment.graph.elements import Population, Projection
from stdpbench.experiment.graph.graph import Graph

Point = tuple[float, float]
Role = Literal["input", "learns", "other"]
WIDEST_RATE: Final = "1 234.5 Hz"
STATIC: Final = "static"


_WIDE, _NARROW = frozenset("mwMW×"), frozenset("ijlft-.,: ")


def _usual_width(text: str, bold: bool) -> float:
    """Return an upper estimate for common fonts, in units of the font size."""
    widths = (1.0 if char in _WIDE else 0.42 if char in _NARROW else 0.64 for char in text)
    return sum(widths) * (1.16 if bold else 1.0)


@dataclass(frozen=True)
class Measure:
    """Size of texts.

    Attributes
    ----------
    width : callable of (str, bool) to float
        Width of a text, given the text and whether it is bold. Default: an upper estimate in units of the font size.
    line : float
        Height of a line.
    """

    width: Callable[[str, bool], float] = _usual_width
    line: float = 1.25


@dataclass(frozen=True)
class Rect:
    """A rectangle; y points down."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Box:
    """A population.

    Attributes
    ----------
    name : str
        Its name, the first line of its text.
    lines : tuple of str
        Further lines: its size, and the kind of its neurons. There is room for a line with its rate below them.
    role : {"input", "learns", "other"}
        Its role in the network; "learns": it is read, or a projection to it learns.
    rect : Rect
        Its position and size.
    """

    name: str
    lines: tuple[str, ...]
    role: Role
    rect: Rect


@dataclass(frozen=True)
class Label:
    """A text at an arrow, left-aligned in its rectangle."""

    text: str
    rect: Rect


@dataclass(frozen=True)
class Arrow:
    """A projection.

    Attributes
    ----------
    name, source, target : str
        Its name and those of its populations.
    inhibits : bool or None
        Whether its spikes inhibit; None if not known.
    learns : bool
        Whether its weights or delays learn.
    labels : tuple of Label
        Its name and, if rules are shown, its rule.
    path : tuple of Point
        Cubic Bézier curves from source to target: the start, then two control points and the end of each.
    """

    name: str
    source: str
    target: str
    inhibits: bool | None
    learns: bool
    labels: tuple[Label, ...]
    path: tuple[Point, ...]

    @property
    def from_left(self) -> bool:
        """Whether it arrives at the left side of its target."""
        return self.path[-2][0] < self.path[-1][0]


@dataclass(frozen=True)
class Diagram:
    """A drawing of a network.

    Attributes
    ----------
    boxes : mapping of str to Box
        Populations by name, in the order of the network.
    arrows : mapping of str to Arrow
        Projections by name, in the order of the network.
    width, height : float
        Its size; it begins at (0, 0).
    head : float
        Length of an arrowhead. A path is straight over this length at its end.
    columns : tuple of tuple of str
        Populations by distance from the input, from top to bottom.
    """

    boxes: Mapping[str, Box]
    arrows: Mapping[str, Arrow]
    width: float
    height: float
    head: float
    columns: tuple[tuple[str, ...], ...]


def size_text(population: Population, *, brief: bool = False) -> str:
    """Return size or shape of a population, such as ``"20 × 20 inputs"`` or, if brief, ``"20 × 20"``."""
    noun = "inputs" if population.neuron is None else "neurons"
    if not population.shape:
        return f"{noun} as in the data" if population.neuron is None else "no size"
    sides = population.shape[1:] if len(population.shape) == 2 and population.shape[0] == 1 else population.shape
    text = " × ".join(thousands(side) for side in sides)
    return text if brief else f"{text} {noun[:-1] if text == '1' else noun}"


def rule_text(projection: Projection) -> str:
    """Return the names of the rules of a projection: its kind, or the title of a custom rule.

    Without rules it is ``"static"``, or ``"trained"`` if labels or another program train the weights.
    """
    rules = (projection.plasticity, projection.delay_plasticity)
    names = [str(getattr(rule, "title", "") or getattr(rule, "kind", "")) for rule in rules if rule is not None]
    return ", ".join(names) or ("trained" if projection.weight.trained else STATIC)


def roles_of(graph: Graph) -> dict[str, Role]:
    """Return the role of each population by name; a population that only inhibits is ``"other"``."""
    signs: dict[str, list[bool | None]] = {}
    for name, projection in graph.projections.items():
        signs.setdefault(projection.source, []).append(inhibits(graph, name))
    inhibitory = {name for name, inhibit in signs.items() if all(sign is True for sign in inhibit)}
    learning = {graph.projections[name].target for name in graph.plastic} - inhibitory | {graph.read}
    roles: dict[str, Role] = {name: "learns" if name in learning else "other" for name in graph.populations}
    return roles | ({graph.input: "input"} if graph.input else {})


def inhibits(graph: Graph, projection: str) -> bool | None:
    """Return whether spikes of a projection inhibit its target; None if the neuron of the target does not say."""
    declared = graph.projections[projection]
    target = graph.populations.get(declared.target)
    return None if target is None or target.neuron is None else target.neuron.inhibits(declared.receptor)


Key = str | tuple[str, int]
"""A population, or (projection, column) for an arrow that passes a column."""


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
        Whether sizes are numbers only, without "neurons" or "inputs", and the layout is tight.

    Returns
    -------
    Diagram
        The same for the same graph and measure.
    """
    return _Layout(graph, measure or Measure(), rules, brief).diagram()


class _Layout:
    def __init__(self, graph: Graph, measure: Measure, rules: bool, brief: bool) -> None:
        self.graph, self.measure, self.line = graph, measure, measure.line
        self.head = 0.8 * self.line
        self.row = self.line * (2.9 if rules else 1.9)
        self.padding, self.gap, self.bend = (0.7, 0.4, 0.8) if brief else (1.6, 1.0, 2.0)  # in lines
        self.lines: dict[str, list[str]] = {}
        for name, population in graph.populations.items():
            kind = str(getattr(population.neuron, "kind", "")) if rules else ""
            self.lines[name] = [size_text(population, brief=brief), *([kind] if kind else [])]
        self.columns = _columns(graph)
        self.depth = {name: depth for depth, column in enumerate(self.columns) for name in column}
        self.ends: dict[str, tuple[str, str]] = {}  # the boxes that an arrow connects, the left one first
        self.texts: dict[str, list[tuple[str, float]]] = {}  # of arrows, with their widths
        self.sides: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        """The arrows at each side of a box, and the boxes at their other ends."""
        for name, projection in graph.projections.items():
            if {projection.source, projection.target} <= graph.populations.keys():
                left, right = sorted((projection.source, projection.target), key=self.depth.__getitem__)
                self.ends[name] = left, right
                self.sides[left, "right"].append((name, right))
                if left != right:
                    side = "right" if self.depth[left] == self.depth[right] else "left"
                    self.sides[right, side].append((name, left))
                rule = rule_text(projection)
                self.texts[name] = [(name, measure.width(name, True)), (rule, measure.width(rule, False))][: 1 + rules]
        self.rooms: list[tuple[float, float]] = []  # right ends of the zones for labels and for bends of each column
        self.rects = self._rects()
        self.rows = self._rows()

    def _rects(self) -> dict[str, Rect]:
        """Return the rectangles of boxes, stacked in the middle of their columns."""
        heights, apart = {}, 1.2 * self.line
        for name, lines in self.lines.items():
            left, right = len(self.sides[name, "left"]), len(self.sides[name, "right"])
            heights[name] = max(self.line * (len(lines) + 3), self.row * right, 1.5 * self.line * left)
        totals = [sum(heights[name] + apart for name in column) for column in self.columns]
        rects, x = {}, 0.6 * self.line
        for column, total in zip(self.columns, totals, strict=True):
            texts = [(text, text == name) for name in column for text in (name, *self.lines[name], WIDEST_RATE)]
            width = max(self.measure.width(*text) for text in texts) + self.padding * self.line
            y = self.line + (max(totals) - total) / 2
            for name in column:
                rects[name] = Rect(x, y, width, heights[name])
                y += heights[name] + apart
            leaving = [arrow for name in column for arrow, _ in self.sides[name, "right"]]
            labels = [self._offset(arrow) + max(width for _, width in self.texts[arrow]) for arrow in leaving]
            turn = x + width + max(labels, default=0.0) + self.gap * self.line
            bends = sum(not self._is_loop(arrow) for arrow in leaving)
            x = turn + self.line * min(9.0, self.bend + 0.5 * bends) * (bends > 0)
            self.rooms.append((turn, x))
        return rects

    def _rows(self) -> dict[tuple[str, str], float]:
        """Return the y coordinate at which each arrow leaves or reaches a box: (box, arrow) -> y."""
        rows = {}
        for (name, side), ends in self.sides.items():
            ends.sort(key=lambda end: self.rects[end[1]].middle[1])
            step = self.row if side == "right" else 1.5 * self.line
            for number, (arrow, _) in enumerate(ends):
                rows[name, arrow] = self.rects[name].middle[1] + (number - (len(ends) - 1) / 2) * step
        return rows

    def _is_loop(self, arrow: str) -> bool:
        left, right = self.ends[arrow]
        return left == right

    def _offset(self, arrow: str) -> float:
        """Return the distance of a label from the box."""
        return 2.6 * self.line if self._is_loop(arrow) else self.head + 0.5 * self.line

    def diagram(self) -> Diagram:
        boxes, roles = {}, roles_of(self.graph)
        for name, lines in self.lines.items():
            boxes[name] = Box(name, tuple(lines), roles[name], self.rects[name])
        arrows = {}
        for name in self.ends:
            projection, sign = self.graph.projections[name], inhibits(self.graph, name)
            labels, path = self._labels(name), self._path(name)
            arrows[name] = Arrow(name, projection.source, projection.target, sign, projection.learns, labels, path)
        bottom = max((rect.bottom for rect in self.rects.values()), default=0.0)
        width = self.rooms[-1][1] + 0.2 * self.line if self.rooms else 0.0
        columns = tuple(tuple(column) for column in self.columns)
        return Diagram(boxes, arrows, width, bottom + self.line, self.head, columns)

    def _labels(self, name: str) -> tuple[Label, ...]:
        box, texts = self.ends[name][0], self.texts[name]
        x, y = self.rects[box].right + self._offset(name), self.rows[box, name]
        air = 0.0 if self._is_loop(name) else 0.25 * self.line
        tops = (y - self.line / 2,) if len(texts) == 1 and not air else (y - self.line - air, y + air)
        places = zip(texts, tops, strict=False)
        return tuple(Label(text, Rect(x, top, width, self.line)) for (text, width), top in places)

    def _path(self, name: str) -> tuple[Point, ...]:
        left, right = self.ends[name]
        start, end = self.rows[left, name], self.rows[right, name]
        x, (turn, bound) = self.rects[left].right, self.rooms[self.depth[left]]
        if left == right:
            half = 0.45 * self.line
            return _around(x, (start - half, end + half), x + self.head, x + 2.0 * self.line)
        if self.depth[left] == self.depth[right]:
            return _around(x, (start, end), turn, turn + 0.9 * (bound - turn))
        points = [(x, start)]
        for stop in ((turn, start), (bound - self.head, end), (bound, end)):
            points += _bend(points[-1], stop)
        return tuple(points if self.graph.projections[name].source == left else reversed(points))


def _columns(graph: Graph) -> list[list[str]]:
    """Return populations in columns by their distance from the input, or from the first unconnected population."""
    pairs = {(projection.source, projection.target) for projection in graph.projections.values()}
    pairs |= {(target, source) for source, target in pairs}
    rest = sorted(graph.populations, key=lambda name: name != graph.input)
    columns: list[list[str]] = []
    while rest:
        column, distance = rest[:1], 0
        while column:
            columns += [[]] * (distance == len(columns))
            columns[distance] = columns[distance] + column
            rest = [name for name in rest if name not in column]
            column = [name for name in rest if any((name, other) in pairs for other in columns[distance])]
            distance += 1
    return columns


def _bend(start: Point, end: Point) -> list[Point]:
    middle = (start[0] + end[0]) / 2
    return [(middle, start[1]), (middle, end[1]), end]


def _around(x: float, ends: tuple[float, float], turn: float, reach: float) -> tuple[Point, ...]:
    """Return a path to the right of a column and back, straight up to `turn`, that bends as far as `reach`."""
    start, end = ends
    out = turn + (reach - turn) / 0.75  # the widest point of the curve is at three quarters of the way
    points = [(x, start), *_bend((x, start), (turn, start)), (out, start), (out, end), (turn, end)]
    return tuple(points + _bend((turn, end), (x, end)))
