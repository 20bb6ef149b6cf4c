"""No input."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.base import Stream


class NoInput(Stream):
    """No input: the populations of the network drive themselves and each other."""

    kind: Literal["none"] = "none"

    summary: ClassVar[str] = "No input"
    reference: ClassVar[str] = "–"
    n_inputs: ClassVar[int] = 0

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return no spikes."""
        return Spikes(np.empty(0, np.int32), np.empty(0, np.int32))
