"""Arrays of a network in float32 that its generated code reads otherwise than as they are held."""

from __future__ import annotations

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import PopulationLayout


def traces(layout: Layout) -> dict[str, str]:
    """Return pointers in generated code to traces of neurons, with their C++ arrays, whose decay is postponed.

    All that a group carries decays by the same factor in each step. Where rounding may be another one than that of
    single steps, a number stands for the decay of the whole array since it was last brought up to date.
    """
    if layout.graph.precision == "float64":
        return {}
    names = list[tuple[str, str]]()
    for each in layout.projections.values():
        if not each.delays_differ:
            names += [(each.source.group, each.own(trace.name)) for trace in each.input_traces]
        names += [(each.target.group, each.own(trace.name)) for trace in each.output_traces]
        names += [(each.target.group, each.own_of_delay(trace.name)) for trace in each.delay_traces("output")]
    return {f"_ptr_array_{group}_{name}": f"_array_{group}_{name}" for group, name in names}


def rounded(layout: Layout, population: PopulationLayout) -> list[str]:
    """Return C++ arrays of a population's slow variables, which are held in double, that steps may read in float.

    They change when a neuron is reset, which keeps a copy in float up to date. Those that a stream lets decay in each
    step do not count.
    """
    if layout.graph.precision == "float64":
        return []
    slow = [each.name for each in population.neuron.variables if each.slow and each.name not in population.decaying]
    return [f"_array_{population.group}_{name}" for name in slow]
