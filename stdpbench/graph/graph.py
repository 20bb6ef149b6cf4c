"""A network as a whole: populations and projections in the order in which they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from stdpbench.graph.elements import Population, Projection


@dataclass(frozen=True)
class Graph:
    """Populations and projections.

    Projections act in the order in which they are declared. Names never change a result.

    Attributes
    ----------
    populations : mapping of str to Population
        By name. At most one has no neuron: the input.
    projections : mapping of str to Projection
        By name.
    dt : float
        Time step, in ms.
    conductance_step : {"euler", "exact"}
        Decay of conductances per step: ``1 - dt/tau`` or ``exp(-dt/tau)``.
    read : str
        Name of the population whose spikes are counted, labelled and scored.
    streams : mapping of str to int
        For some projections, the number of the random stream that their delays are drawn from; for others it is
        derived from their name.
    stream : bool
        Whether presentations are consecutive pieces of one stream: input may be in flight at the end of a piece, and
        slow variables of neurons decay in every step, so that the cut into pieces changes no result.
    """

    populations: Mapping[str, Population]
    projections: Mapping[str, Projection]
    dt: float = 0.5
    conductance_step: Literal["euler", "exact"] = "euler"
    read: str = ""
    streams: Mapping[str, int] = field(default_factory=dict)
    stream: bool = False

    @property
    def input(self) -> str:
        """Name of the input; empty if there is none."""
        return next((name for name, population in self.populations.items() if population.neuron is None), "")

    @property
    def plastic(self) -> tuple[str, ...]:
        """Names of the projections that learn."""
        return tuple(name for name, projection in self.projections.items() if projection.plasticity is not None)

    @property
    def n_read(self) -> int:
        """Number of neurons of the population that is read."""
        return self.populations[self.read].size

    @property
    def shown(self) -> str:
        """Name of the projection that is shown where only one can be; empty if none learns.

        It is one that learns and ends at the population that is read, if possible from the input.
        """

        def rank(name: str) -> tuple[bool, bool]:
            projection = self.projections[name]
            return projection.target == self.read, projection.source == self.input

        return max(self.plastic, key=rank, default="")  # of equal ones, the first

    @property
    def input_delay_bins(self) -> int:
        """Longest delay of the projections from the input, in steps."""
        mine = [each.delay.longest for each in self.projections.values() if each.source == self.input]
        return round(max(mine, default=0.0) / self.dt)

    def with_input(self, *shape: int) -> Graph:
        """Return the graph with the shape of its input, which the data give."""
        if not self.input:
            return self
        populations = {**self.populations, self.input: Population(shape=shape)}
        return replace(self, populations=populations)
