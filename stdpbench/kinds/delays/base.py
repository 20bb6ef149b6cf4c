"""Base class of delays between a spike and its arrival at a synapse."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters


class Delay(Parameters):
    """Time from a spike to its arrival at a synapse; one kind per file. A delay is a whole number of time steps.

    `form` selects the delivery of spikes: at once, after one delay for all synapses, or after a delay per synapse.
    """

    summary: ClassVar[str]
    form: ClassVar[Literal["none", "one", "each"]]
    from_table: ClassVar[bool] = False
    """Whether the connection provides the delays, so that `draw` is not used."""

    @property
    def longest(self) -> float:
        """Longest possible delay, in ms."""
        return 0.0

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dt: float) -> NDArray[np.int32]:
        """Return the delay of each synapse in steps of `dt` ms, int32; only for the form ``"each"``."""
        raise StdpbenchError(f"{type(self).__name__} has one delay for all synapses")
