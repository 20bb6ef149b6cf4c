"""Burst coding: brighter pixels have more spikes with shorter intervals."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, numbered, sorted_spikes


class Burst(GreyEncoder):
    r"""Each pixel of a value x above `x_min` fires a burst at the start of the picture.

    .. math::

        N   &= \lceil N_{max}\, x \rceil \\
        ISI &= T_{min} + (T_{max} - T_{min}) (1 - x)

    N spikes at 0, ISI, 2 ISI, … Source: Park et al. (2019), as cited by Guo et al. (2021), who round the interval up
    to whole ms; here each spike belongs to the step in which it lies.
    """

    kind: Literal["burst"] = "burst"
    N_max: int = parameter(5, ge=1, le=1000, help="Number of spikes of a pixel of value 1.")
    T_min: float = parameter(2.0, unit="ms", gt=0, help="Interval between the spikes of a pixel of value 1.")
    T_max: float = parameter(50.0, unit="ms", gt=0, help="Interval between spikes in the limit of value 0.")

    summary: ClassVar[str] = "A burst per pixel: more and faster spikes for stronger pixels"
    reference: ClassVar[str] = "Park et al. 2019, doi:10.1145/3316781.3317822"

    @model_validator(mode="after")
    def _check_intervals(self) -> Self:
        if self.T_min > self.T_max:
            raise ValueError(f"T_min ({self.T_min:g} ms) must be at most T_max ({self.T_max:g} ms)")
        return self

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return an error if intervals are too short or a burst may end after the picture; see `Encoder.problem`."""
        if self.T_min < dt * 1e3 * (1 - 1e-9):
            return f"encoding.T_min ({self.T_min:g} ms) must be at least a step of network.dt ({dt * 1e3:g} ms)"
        # a burst of N spikes is longest for the smallest value with N spikes, just above (N - 1)/N_max
        n = np.arange(1, self.N_max + 1)
        x = np.maximum((n - 1) / self.N_max, self.x_min)
        longest = float(((n - 1) * (self.T_min + (self.T_max - self.T_min) * (1 - x))).max())
        if longest < n_bins * dt * 1e3:
            return ""
        return (
            f"a burst may last for {longest:g} ms, but the time in which a picture may evoke spikes is "
            f"{n_bins * dt * 1e3:g} ms: lower encoding.N_max or encoding.T_max"
        )

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        counts = np.ceil(self.N_max * x - 1e-9).astype(np.int64)
        interval = (self.T_min + (self.T_max - self.T_min) * (1 - x)) * 1e-3
        time = np.repeat(interval, counts) * numbered(counts)
        return sorted_spikes(np.repeat(pixel, counts), time, n_bins, dt)
