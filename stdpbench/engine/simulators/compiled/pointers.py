"""Arrays of a float32 network that its generated code reads in another form than they are stored."""

from __future__ import annotations

from stdpbench.engine.network import Layout
from stdpbench.engine.network.layout import PopulationLayout


def traces(layout: Layout) -> dict[str, str]:
    """Return the traces of neurons whose decay is postponed: pointer in generated code -> C++ array.

    All elements of a trace decay by the same factor in each step. In float32, where the rounding of single steps need
    not be reproduced, one number holds the decay of the whole array since its last update.
    """
    if layout.graph.precision == "float64":
        return {}
    names = list[tuple[str, str]]()
    for projection in layout.projections.values():
        if not projection.delays_differ:
            names += [(projection.source.group, projection.own(trace.name)) for trace in projection.input_traces]
        names += [(projection.target.group, projection.own(trace.name)) for trace in projection.output_traces]
        names += [
            (projection.target.group, projection.own_of_delay(trace.name))
            for trace in projection.delay_traces("output")
        ]
    return {f"_ptr_array_{group}_{name}": f"_array_{group}_{name}" for group, name in names}


def rounded(layout: Layout, population: PopulationLayout) -> list[str]:
    """Return the C++ arrays of slow variables of a population, stored as double, that steps may read as float.

    Only the reset of a neuron changes them, which updates a float copy. Variables that decay in each step of a stream
    are excluded.
    """
    if layout.graph.precision == "float64" or population.population.share == "unit":
        return []
    slow = [
        variable.name
        for variable in population.neuron.variables
        if variable.slow and variable.name not in population.decaying
    ]
    return [f"_array_{population.group}_{name}" for name in slow]
