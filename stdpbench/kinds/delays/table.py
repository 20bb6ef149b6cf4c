"""Delays from the file of a connection."""

from __future__ import annotations

from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.delays.base import Delay


class TableDelay(Delay):
    """The delay of each synapse is in the column ``delay`` of the file of the connection ``table``."""

    kind: Literal["table"] = "table"
    high: float = parameter(
        0.0, unit="ms", ge=0, le=100, structural=True, help="Longest delay in the file; set from the file."
    )

    summary: ClassVar[str] = "The delays in the file of the connection 'table'"
    form: ClassVar[Literal["each"]] = "each"
    from_table: ClassVar[bool] = True

    @property
    def longest(self) -> float:
        """Longest delay of the file, in ms."""
        return self.high
