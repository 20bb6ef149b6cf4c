"""Layers of a network, and the order within them in which few arrows cross."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from stdpbench.experiment.graph.graph import Graph

Key = str | tuple[str, int]
"""A population, or (projection, layer): where a projection passes a layer."""
_SWEEPS = 8


@dataclass(frozen=True)
class Layers:
    """The layers of a network.

    Attributes
    ----------
    columns : list of list of Key
        What stands in each layer, from top to bottom.
    arrows : dict of str to (tuple of Key, int)
        Per projection, what it connects or passes, from left to right, and the first layer of these. One population
        if it connects this with itself, or with another of the same layer.
    beside : dict of str to (str, str)
        Source and target of projections between two populations of one layer.
    """

    columns: list[list[Key]]
    arrows: dict[str, tuple[tuple[Key, ...], int]]
    beside: dict[str, tuple[str, str]] = field(default_factory=dict)


def layers_of(graph: Graph) -> Layers:
    """Arrange the populations of a network in layers."""
    known = {
        name: (each.source, each.target)
        for name, each in graph.projections.items()
        if each.source in graph.populations and each.target in graph.populations
    }
    depth = _depths(graph, known)
    columns: list[list[Key]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in graph.populations:
        columns[depth[name]].append(name)
    arrows, beside = dict[str, tuple[tuple[Key, ...], int]](), dict[str, tuple[str, str]]()
    for name, (source, target) in known.items():
        first, last = sorted((depth[source], depth[target]))
        if first == last:
            arrows[name] = (source,), first
            if source != target:
                beside[name] = source, target
            continue
        ends = (source, target) if depth[source] == first else (target, source)
        passed: list[Key] = [(name, layer) for layer in range(first + 1, last)]
        for key, layer in zip(passed, range(first + 1, last), strict=True):
            columns[layer].append(key)
        arrows[name] = (ends[0], *passed, ends[1]), first
    return Layers(_ordered(columns, arrows), arrows, beside)


def _depths(graph: Graph, known: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each population: the longest path to it, without the projections that close a circle."""
    onward: dict[str, list[str]] = {name: [] for name in graph.populations}
    reached = dict.fromkeys(graph.populations, 0)
    for source, target in known.values():
        if source != target and target not in onward[source]:
            onward[source].append(target)
            reached[target] += 1
    first = [graph.input] if graph.input else []
    first += [name for name, n in reached.items() if not n and name != graph.input]
    forward = _without_circles(onward, [*first, *(name for name in onward if name not in first)])
    remaining = dict.fromkeys(onward, 0)
    for targets in forward.values():
        for target in targets:
            remaining[target] += 1
    depth, ready = dict.fromkeys(onward, 0), [name for name, n in remaining.items() if not n]
    for name in ready:  # grows
        for target in forward[name]:
            depth[target] = max(depth[target], depth[name] + 1)
            remaining[target] -= 1
            if not remaining[target]:
                ready.append(target)
    for name in first:  # beside what they drive
        if name != graph.input and forward[name]:
            depth[name] = min(depth[target] for target in forward[name]) - 1
    return depth


def _without_circles(onward: Mapping[str, list[str]], order: list[str]) -> dict[str, list[str]]:
    """Return the targets of each population, without those that close a circle.

    Populations are lined up: first those that nothing else leads to, then of those that are reached already the one
    with the most targets and the fewest sources to come, after Eades, Lin & Smyth (1993). What leads back is left out.
    """
    sources: dict[str, set[str]] = {name: set() for name in onward}
    for name, targets in onward.items():
        for target in targets:
            sources[target].add(name)
    rest, placed = list(order), dict[str, int]()
    while rest:

        def rank(name: str) -> tuple[bool, bool, int]:
            into = sum(source not in placed for source in sources[name])
            out = sum(target not in placed for target in onward[name])
            return not into, len(sources[name]) > into, out - into

        name = max(rest, key=rank)  # of equal ones, the first
        placed[name] = len(placed)
        rest.remove(name)
    return {name: [each for each in targets if placed[each] > placed[name]] for name, targets in onward.items()}


def _ordered(columns: list[list[Key]], arrows: Mapping[str, tuple[tuple[Key, ...], int]]) -> list[list[Key]]:
    """Order each layer by the mean place of its neighbours, in sweeps; return the order with the fewest crossings."""
    before: dict[Key, list[Key]] = {key: [] for column in columns for key in column}
    after: dict[Key, list[Key]] = {key: [] for column in columns for key in column}
    for path, _ in arrows.values():
        for left, right in pairwise(path):
            after[left].append(right)
            before[right].append(left)
    best, fewest = columns, _crossings(columns, after)
    now = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        onward = sweep % 2 == 0
        neighbours = before if onward else after
        for column in now[1:] if onward else now[-2::-1]:
            place = {key: number for each in now for number, key in enumerate(each)}

            def mean(key: Key, place: Mapping[Key, int] = place, of: Mapping[Key, list[Key]] = neighbours) -> float:
                found = [place[other] for other in of[key]]
                return sum(found) / len(found) if found else float(place[key])

            column.sort(key=mean)
        if (n := _crossings(now, after)) < fewest:
            best, fewest = [list(column) for column in now], n
    return best


def _crossings(columns: list[list[Key]], after: Mapping[Key, list[Key]]) -> int:
    place = {key: number for column in columns for number, key in enumerate(column)}
    total = 0
    for column in columns:
        lines = [(place[key], place[other]) for key in column for other in after[key]]
        total += sum((a - c) * (b - d) < 0 for k, (a, b) in enumerate(lines) for c, d in lines[k + 1 :])
    return total
