"""Templates: declarations with few parameters that expand to populations and projections."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.declare.parameters import Parameters
from stdpbench.experiment.graph import Graph, Precision
from stdpbench.experiment.graph.checks import input_problems
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.plasticity import Lateral, PlasticityRule

OPTIONAL = ("exc", "inh", "plasticity", "lateral")
"""Sections of an experiment that a template may use."""


@dataclass(frozen=True)
class Parts:
    """The sections and the seed of an experiment that a template may use in addition to its own parameters.

    Attributes
    ----------
    exc, inh : Neuron
        The sections with these names, as for the following two.
    plasticity : PlasticityRule
        Rule of the input weights.
    lateral : Lateral
        Whether lateral inhibition learns, and how.
    seed : int
        Seed of the experiment.
    """

    exc: Neuron
    inh: Neuron
    plasticity: PlasticityRule
    lateral: Lateral
    seed: int = 0


class Template(Parameters):
    """A network with few parameters; one kind per file. It needs a parameter ``dt``, the time step in ms."""

    summary: ClassVar[str]
    sections: ClassVar[tuple[str, ...]] = ()
    """Sections of `OPTIONAL` that the template uses; its experiments do not have the others."""

    if TYPE_CHECKING:

        @property
        def dt(self) -> float:
            """Time step, in ms."""

        def __getattr__(self, name: str) -> Any:
            """Each kind has its own parameters."""

    @property
    def order(self) -> list[str]:
        """Names whose order changes results, for the digest: tables do not keep their order."""
        return []

    @abstractmethod
    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""

    def input_problems(self, graph: Graph) -> Iterator[str]:
        """Yield a sentence for each reason why the network does not fit the shape of its input.

        Parameters
        ----------
        graph : Graph
            The expanded network with the shape of its input.
        """
        yield from input_problems(graph)

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network.

        Returns
        -------
        mapping of str to str
            Path in the expanded network, such as ``network.projections.feed.normalise.value``, to the path in an
            experiment, such as ``network.weight_sum``. An entry also covers everything below it.
        """
        return {}

    def conflicts(self, parts: Parts) -> Iterator[str]:
        """Yield a sentence for each conflict with other sections, apart from errors of the expanded network."""
        yield from ()

    def nested(self) -> Mapping[str, Parameters]:
        """Return the objects in this template that have parameters, by their paths below ``network``."""
        return {}


def check_template(cls: type[Template]) -> None:
    """Check a template class of another package.

    Raises
    ------
    StdpbenchError
        If it has no time step, or uses a section that does not exist.
    """
    if "dt" not in cls.model_fields:
        raise StdpbenchError("it has no parameter dt, the time step in ms")
    if unknown := set(cls.sections).difference(OPTIONAL):
        raise StdpbenchError(f"sections names {', '.join(sorted(unknown))}; known are {', '.join(OPTIONAL)}")


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
        Sections of the experiment that it may use.
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
        inputs = f"the data have {prod(shape)} inputs" if stream else f"the pictures have {prod(shape)} pixels"
        raise StdpbenchError(
            f"network.populations.{graph.input} has {size} neurons, but {inputs}; leave "
            "out its size, which the data determine"
        )
    graph = graph.with_input(*shape)
    if problems := list(network.input_problems(graph)):
        raise several(problems)
    return graph


@lru_cache(maxsize=64)
def _expanded(network: Template, parts: Parts, stream: bool, precision: Precision) -> Graph:
    return replace(network.expand(parts), seed=parts.seed, stream=stream, precision=precision)
