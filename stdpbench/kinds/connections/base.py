"""Base class of connections: which source neurons reach which target neurons."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters
from stdpbench.kinds.connections.synapses import Synapses


class Connection(Parameters):
    """Which neurons of two populations a projection connects; one kind per file.

    `storage` selects the code that delivers spikes:

    * ``"dense"``: every source neuron reaches every target neuron; weights are (n_source, n_target).
    * ``"one-to-one"``: neuron i reaches neuron i; weights are (n,).
    * ``"sparse"``: those that `draw` returns, in compressed rows; weights are (n_synapses,).
    """

    summary: ClassVar[str]
    storage: ClassVar[Literal["dense", "one-to-one", "sparse"]]
    needs_grid: ClassVar[bool] = False
    """Whether the source needs rows and columns."""
    at_end: ClassVar[bool] = False
    """Whether what arrives is summed over the step and acts at its end."""

    @property
    def count_is_random(self) -> bool:
        """Whether the number of synapses depends on what is drawn; if not, `expected` is exact."""
        return self.storage == "sparse"

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected so, as a clause; empty if they can."""
        return ""

    def recurrent_problem(self) -> str:
        """Return why a population cannot be connected to itself so, as a clause; empty if it can."""
        return ""

    def mean_out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the mean number of synapses that a spike of a source neuron arrives at, for populations of shapes."""
        match self.storage:
            case "dense":
                return float(prod(target))
            case "one-to-one":
                return 1.0
            case "sparse":
                return self.expected(source, target, recurrent=False) / prod(source)

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the number of synapses that `draw` is expected to make, without drawing them; see `draw`."""
        raise StdpbenchError(f"{type(self).__name__} connects without drawing")

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Return the synapses; only where `storage` is ``"sparse"``.

        Parameters
        ----------
        random : numpy.random.Generator
            Where random connections are drawn from.
        source, target : tuple of int
            Shapes of the populations.
        recurrent : bool
            Whether they are the same population.
        """
        raise StdpbenchError(f"{type(self).__name__} connects without drawing")
