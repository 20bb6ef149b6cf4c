"""A delay per synapse, from equally spaced values."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.delays.base import Delay


class Stepped(Delay):
    """Each synapse has one of the delays low, low + step, … high; all are equally frequent.

    With n delays, every block of n consecutive synapses has each delay once, in random order. So if every source
    neuron has a multiple of n synapses, it has each delay equally often, since the synapses of sparse connections are
    sorted by source. All three times should be whole numbers of time steps; they are rounded to them.
    """

    kind: Literal["stepped"] = "stepped"
    low: float = parameter(0.0, unit="ms", ge=0, le=100, structural=True, help="Shortest delay.")
    high: float = parameter(19.0, unit="ms", ge=0, le=100, structural=True, help="Longest delay.")
    step: float = parameter(
        1.0, unit="ms", gt=0, le=100, structural=True, help="Difference between consecutive delays."
    )

    summary: ClassVar[str] = "A delay per synapse from equally spaced, equally frequent values"
    form: ClassVar[Literal["each"]] = "each"

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high ({self.high:g} ms) must be at least low ({self.low:g} ms)")
        return self

    @property
    def longest(self) -> float:
        """Longest possible delay, in ms."""
        return self.high

    def draw(self, random: np.random.Generator, shape: tuple[int, ...], dt: float) -> NDArray[np.int32]:
        """Return the delay of each synapse in steps of `dt` ms, int32."""
        n_delays, size = int((self.high - self.low) / self.step + 1e-6) + 1, int(np.prod(shape))
        order = random.random((-(-size // n_delays), n_delays)).argsort(axis=1).reshape(-1)[:size]
        return np.rint((self.low + order * self.step) / dt).astype(np.int32).reshape(shape)
