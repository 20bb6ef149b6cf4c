"""Base class of connections: which source neurons reach which target neurons."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters
from stdpbench.kinds.connections.synapses import Synapses


class Connection(Parameters):
    """Rule that selects the pairs of neurons that a projection connects; one kind per file.

    `storage` selects the code that delivers spikes:

    * ``"dense"``: every source neuron reaches every target neuron; weights are (n_source, n_target).
    * ``"one-to-one"``: neuron i reaches neuron i; weights are (n,).
    * ``"sparse"``: the pairs returned by `draw`, in compressed rows; weights are (n_synapses,), or have the shape
      that `kernel` returns.
    """

    summary: ClassVar[str]
    storage: ClassVar[Literal["dense", "one-to-one", "sparse"]]
    needs_grid: ClassVar[bool] = False
    """Whether the source needs rows and columns."""
    at_end: ClassVar[bool] = False
    """Whether input is summed over the time step and acts at its end."""

    @property
    def shares_weights(self) -> bool:
        """Whether synapses share weights, of which `kernel` is the shape."""
        return False

    @property
    def count_is_random(self) -> bool:
        """Whether the number of synapses is random; if not, `expected` is exact."""
        return self.storage == "sparse"

    def problem(self, source: tuple[int, ...], target: tuple[int, ...]) -> str:
        """Return why populations of these shapes cannot be connected, as a clause; empty if they can."""
        return ""

    def recurrent_problem(self) -> str:
        """Return why a population cannot be connected to itself, as a clause; empty if it can."""
        return ""

    def mean_out_degree(self, source: tuple[int, ...], target: tuple[int, ...]) -> float:
        """Return the mean number of synapses of a source neuron, for populations of these shapes."""
        match self.storage:
            case "dense":
                return float(prod(target))
            case "one-to-one":
                return 1.0
            case "sparse":
                return self.expected(source, target, recurrent=False) / prod(source)

    def expected(self, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool) -> float:
        """Return the expected number of synapses, without drawing them; for parameters see `draw`."""
        raise StdpbenchError(f"{type(self).__name__} has no synapses to draw")

    def kernel(self, source: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the weights that synapses share; the last side is the units of the target."""
        raise StdpbenchError(f"{type(self).__name__} has no shared weights")

    def weight_of_synapse(
        self, synapses: Synapses, source: tuple[int, ...], target: tuple[int, ...]
    ) -> NDArray[np.int32]:
        """Return the place of the weight of each synapse in the flattened `kernel`, int32, (n_synapses,)."""
        raise StdpbenchError(f"{type(self).__name__} has no shared weights")

    def draw(
        self, random: np.random.Generator, source: tuple[int, ...], target: tuple[int, ...], *, recurrent: bool
    ) -> Synapses:
        """Draw the synapses; only for the storage ``"sparse"``.

        Parameters
        ----------
        random : numpy.random.Generator
            Source of random connections.
        source, target : tuple of int
            Shapes of the populations.
        recurrent : bool
            Whether they are the same population.
        """
        raise StdpbenchError(f"{type(self).__name__} has no synapses to draw")
