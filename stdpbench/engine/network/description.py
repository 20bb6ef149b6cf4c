"""Descriptions of populations and projections as texts, for tool tips and tables."""

from __future__ import annotations

from dataclasses import replace

from stdpbench.base.units import thousands
from stdpbench.engine.network.layout import Layout, ProjectionLayout
from stdpbench.engine.network.memory import projection_memory
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.checks import kind_of
from stdpbench.experiment.graph.diagram import inhibits, rule_text, size_text

Rows = tuple[tuple[str, str], ...]
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def population_rows(graph: Graph, name: str) -> Rows:
    """Describe a population by pairs of a heading and a text."""
    population = graph.populations[name]
    neuron = population.neuron
    rows = [("size", size_text(population))]
    if len(population.shape) > 1:
        rows.append(("neurons" if neuron is not None else "inputs", thousands(population.size)))
    if neuron is not None:
        rows.append(("neuron", f"{kind_of(neuron)}: {neuron.summary[:1].lower()}{neuron.summary[1:]}"))
    if population.noise is not None:
        rows.append(("noise", f"{kind_of(population.noise)}, adds to {population.noise.receptor}"))
    if name == graph.read:
        rows.append(("read", "its spikes are counted, labelled and scored"))
    return tuple(rows)


def projection_rows(graph: Graph, name: str) -> Rows:
    """Describe a projection by pairs of a heading and a text.

    Number of synapses and memory are missing if they are unknown, as before data give the shape of the input.
    """
    projection = graph.projections[name]
    sign = {True: "inhibits", False: "excites", None: ""}[inhibits(graph, name)]
    rows = [
        ("connects", f"{projection.source} → {projection.target}, {kind_of(projection.connect)}"),
        ("receptor", ", ".join(filter(None, (projection.receptor, sign)))),
        ("rule", rule_text(projection)),
        ("weights", _weights(graph, name)),
        ("delay", _delay(graph, name)),
    ]
    if projection.release is not None:
        rows.append(("short-term plasticity", kind_of(projection.release)))
    layout = layout_of(graph, name)
    if layout is not None:
        rows.append(("synapses", synapses_text(layout)))
        memory = projection_memory(layout)
        rows.append(("memory", bytes_text(memory) if memory else "none for synapses"))
    return tuple(rows)


def synapses_text(layout: ProjectionLayout) -> str:
    """Return the number of synapses of a projection as text; the expected number if it is random."""
    text = thousands(n_synapses(layout))
    if layout.projection.connect.count_is_random:
        return f"{text} expected"
    return f"{text}, for which a counter of spikes stands" if layout.counted else text


def n_synapses(layout: ProjectionLayout) -> int:
    """Return the number of pairs of neurons that a projection connects; the expected number if it is random."""
    if layout.sparse:
        return round(layout.expected_synapses)
    source, target = layout.source.population.shape, layout.target.population.shape
    return round(layout.source.size * layout.projection.connect.mean_out_degree(source, target))


def bytes_text(number: float) -> str:
    """Return a number of bytes with three digits, such as ``"29.9 MiB"``."""
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def layout_of(graph: Graph, name: str) -> ProjectionLayout | None:
    """Return the layout of a projection; None if its synapses are unknown, as without a shape or in a file."""
    if graph.file is not None:
        return None
    projection = graph.projections[name]
    ends = [graph.populations.get(end) for end in (projection.source, projection.target)]
    shapes = [end.shape for end in ends if end is not None and end.shape]
    if len(shapes) < 2 or ends[1] is None or ends[1].neuron is None or projection.connect.problem(*shapes):
        return None
    return Layout(replace(graph, projections={name: projection})).projections[name]


def _weights(graph: Graph, name: str) -> str:
    projection = graph.projections[name]
    text = kind_of(projection.weight)
    if projection.one_weight:
        text = f"{projection.weight.quantities()['value']:g} each"
    if projection.scale is not None:
        text += f", times {projection.scale:g}"
    if projection.normalise is not None:
        text += f", normalised ({kind_of(projection.normalise)})"
    return text


def _delay(graph: Graph, name: str) -> str:
    delay, rule = graph.projections[name].delay, graph.projections[name].delay_plasticity
    if rule is not None:
        return f"axonal, learn by {kind_of(rule)}, {rule.d_min:g} to {rule.d_max:g} ms"
    match delay.form:
        case "none":
            return "none"
        case "one":
            return f"{delay.longest:g} ms"
    return f"{kind_of(delay)}, up to {delay.longest:g} ms"
