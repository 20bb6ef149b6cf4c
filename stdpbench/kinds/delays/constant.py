"""One delay for all synapses."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.delays.base import Delay


class Constant(Delay):
    """All synapses have the same delay."""

    kind: Literal["constant"] = "constant"
    value: float = parameter(1.0, unit="ms", ge=0, le=100, structural=True, help="Delay of all synapses.")

    summary: ClassVar[str] = "The same delay for all synapses"
    form: ClassVar[Literal["one"]] = "one"

    @property
    def longest(self) -> float:
        """Longest possible delay, in ms."""
        return self.value
