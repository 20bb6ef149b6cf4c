"""Templates expanded to populations and projections, with the shape of the input."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.experiment.graph import Graph, Precision
from stdpbench.experiment.templates.base import Parts, Template


def expanded(
    network: Template,
    parts: Parts,
    shape: tuple[int, ...] = (),
    *,
    stream: bool = False,
    precision: Precision = "float64",
) -> Graph:
    """Return the populations and projections of a network.

    Parameters
    ----------
    network : Template
        The network.
    parts : Parts
        What it uses of an experiment.
    shape : tuple of int
        Shape of the input, which the data give; empty: the input has no size.
    stream : bool
        Whether presentations are pieces of a stream.
    precision : {"float64", "float32"}
        Numbers in which it is computed.

    Raises
    ------
    StdpbenchError
        If the network does not fit the shape.
    """
    graph = _expanded(network, parts, stream, precision)
    if not shape or not graph.input:
        return graph
    size = graph.populations[graph.input].size
    if size and size != prod(shape):
        given = f"the data have {prod(shape)} inputs" if stream else f"the pictures have {prod(shape)} pixels"
        raise StdpbenchError(
            f"network.populations.{graph.input} has {size} neurons, but {given}; leave "
            "out its size, which the data determine"
        )
    graph = graph.with_input(*shape)
    if found := list(network.input_problems(graph)):
        raise several(found)
    return graph


@lru_cache(maxsize=64)
def _expanded(network: Template, parts: Parts, stream: bool, precision: Precision) -> Graph:
    return replace(network.expand(parts), seed=parts.seed, stream=stream, precision=precision)
