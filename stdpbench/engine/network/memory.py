"""Memory that the synapses of a network take, and available memory."""

from __future__ import annotations

from math import prod
from pathlib import Path

from stdpbench.engine.network.elements import ProjectionLayout
from stdpbench.engine.network.layout import Layout

_PER_SYNAPSE = 40  # bytes, measured: a weight, and Brian2's indices


def synapse_memory(layout: Layout) -> int:
    """Return the bytes that the synapses of a network take: weights, indices, delays and traces per synapse."""
    return sum(map(projection_memory, layout.projections.values()))


def projection_memory(projection: ProjectionLayout) -> int:
    """Return the bytes that the synapses of a projection take, before they are drawn."""
    rule = projection.rule
    for_delays = 0
    if projection.delay_rule is not None:
        for_delays = 2 + projection.keeps_delays + len(projection.delay_traces("input"))
    if projection.sparse:
        indices = projection.source.size + 1
        per_synapse = 4 + (4 if projection.shared else 8 * projection.has_weights)
        if projection.learns:  # indices from both sides, and variables
            n_variables = len(projection.synapse_variables) + (rule is not None and bool(rule.each_step))
            n_variables += len(projection.input_traces) + 1 if projection.delays_differ else 0
            n_variables += for_delays
            per_synapse += 8 + 8 * n_variables
            indices += projection.target.size + 1
        if projection.delays_differ:
            per_synapse += 8  # the delay, and the order by delay
            indices += projection.source.size * (projection.delay_bins + 2)
        return round(per_synapse * projection.expected_synapses) + 4 * indices
    per_synapse = _PER_SYNAPSE + (12 + 8 * (1 + len(projection.input_traces)) if projection.delays_differ else 0)
    per_synapse += 8 * for_delays
    of_counters = 0 if projection.passing_on is None else 4 * len(projection.passing_on[1])
    return of_counters if projection.counted else prod(projection.shape) * per_synapse


def available_memory() -> int | None:
    """Return the bytes of available memory; None if the system does not report them."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None
