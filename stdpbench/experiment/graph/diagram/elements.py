"""What a diagram of a network consists of, with places and texts."""

from __future__ import annotations

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
    """How large texts are.

    Attributes
    ----------
    width : callable of (str, bool) to float
        Width of a text, and whether it is bold. By default an upper estimate in units of the font size.
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

    def overlaps(self, other: Rect) -> bool:
        """Whether two rectangles have an area in common."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom


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
        What it is in the network; "learns": it is read, or a projection to it learns.
    rect : Rect
        Where it stands.
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
        Whether its weights do.
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
        Populations by layer, from top to bottom.
    """

    boxes: Mapping[str, Box]
    arrows: Mapping[str, Arrow]
    width: float
    height: float
    head: float
    columns: tuple[tuple[str, ...], ...]


def size_text(population: Population, *, brief: bool = False) -> str:
    """Return size or shape of a population, such as ``"20 × 20 inputs"`` or, if brief, ``"20 × 20"``."""
    what = "inputs" if population.neuron is None else "neurons"
    if not population.shape:
        return f"{what} as in the data" if population.neuron is None else "no size"
    sides = population.shape[1:] if len(population.shape) == 2 and population.shape[0] == 1 else population.shape
    text = " × ".join(thousands(side) for side in sides)
    return text if brief else f"{text} {what[:-1] if text == '1' else what}"


def rule_text(projection: Projection) -> str:
    """Return the names of the rules of a projection: its kind, or the title of a custom rule.

    Without any it is ``"static"``, or ``"trained"`` where labels or another program train the weights.
    """
    rules = (projection.plasticity, projection.delay_plasticity)
    names = [str(getattr(rule, "title", "") or getattr(rule, "kind", "")) for rule in rules if rule is not None]
    return ", ".join(names) or ("trained" if projection.weight.trained else STATIC)


def roles_of(graph: Graph) -> dict[str, Role]:
    """Return what each population is in a network, by name; one that only inhibits is ``"other"``."""
    learning = {graph.projections[name].target for name in graph.plastic} - _inhibitory(graph) | {graph.read}
    roles: dict[str, Role] = {name: "learns" if name in learning else "other" for name in graph.populations}
    return roles | ({graph.input: "input"} if graph.input else {})


def _inhibitory(graph: Graph) -> set[str]:
    """Return the populations all of whose spikes inhibit."""
    signs: dict[str, list[bool | None]] = {}
    for name, projection in graph.projections.items():
        signs.setdefault(projection.source, []).append(inhibits(graph, name))
    return {name for name, each in signs.items() if all(one is True for one in each)}


def inhibits(graph: Graph, projection: str) -> bool | None:
    """Return whether spikes of a projection inhibit its target; None if the neuron of the target does not say."""
    made = graph.projections[projection]
    target = graph.populations.get(made.target)
    return None if target is None or target.neuron is None else target.neuron.inhibits(made.receptor)
