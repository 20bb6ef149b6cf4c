"""Phase coding: the bits of a value as spikes in the phases of a period."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, sorted_spikes

BITS = 8


class Phase(GreyEncoder):
    r"""The 8 bits of round(255 x) are spikes in the 8 phases of a period, the highest bit first.

    A period lasts 8 times `phase`, and is repeated as long as the picture lasts. In the code of Kim et al. (2018) a
    spike in phase k = 0, …, 7 counts :math:`2^{-(1 + k)}`, so a period carries the value. With *weighted*, this is the
    factor of the spikes (`Spikes.factor`): a value has one input, which in a period delivers round(255 x)/256 of the
    effect of a usual spike. With *channels*, each value has a separate input for each bit, whose weights can learn its
    significance; with *single*, a value has one input, whose spikes all count the same, and only their times
    distinguish the bits. Input ``k * n + i`` is bit k of value i.

    Source: Kim et al. (2018), equation 2.
    """

    kind: Literal["phase"] = "phase"
    form: Literal["channels", "single", "weighted"] = parameter(
        "channels",
        structural=True,
        help="Whether each bit has its own input, or all bits of a value share one; weighted: with spikes weighted "
        "by the significance of their bits.",
    )
    phase: float = parameter(1.0, unit="ms", gt=0, help="Duration of a phase; a period has eight.")

    summary: ClassVar[str] = "The bits of a value as spikes in the phases of a period"
    reference: ClassVar[str] = "Kim et al. 2018, doi:10.1016/j.neucom.2018.05.087"

    @property
    def copies(self) -> int:
        """One input per bit and value, or one per value."""
        return BITS if self.form == "channels" else 1

    @property
    def graded(self) -> bool:
        """Whether spikes are weighted by the significance of their bits."""
        return self.form == "weighted"

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return an error if a phase is shorter than a step, or a period longer than the picture."""
        if self.phase < dt * 1e3 * (1 - 1e-9):
            return f"encoding.phase ({self.phase:g} ms) must be at least a step of network.dt ({dt * 1e3:g} ms)"
        if BITS * self.phase > n_bins * dt * 1e3 * (1 + 1e-9):
            return (
                f"a period of {BITS} phases lasts for {BITS * self.phase:g} ms, but the time in which a picture may "
                f"evoke spikes is {n_bins * dt * 1e3:g} ms: lower encoding.phase"
            )
        return ""

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        values = np.rint(255 * x).astype(np.int64)
        bit, value_number = np.nonzero((values >> np.arange(BITS - 1, -1, -1)[:, None]) & 1)  # in the order of spikes
        index = pixel[value_number] + (len(image) * bit if self.form == "channels" else 0)
        periods = int(n_bins * dt * 1e3 / (BITS * self.phase) * (1 + 1e-9))
        time = np.asarray((np.arange(periods)[:, None] * BITS + bit) * (self.phase * 1e-3), np.float64)
        spikes = sorted_spikes(np.tile(index, periods), time.reshape(-1), n_bins, dt)
        if not self.graded:
            return spikes
        starts = np.floor(
            np.arange(periods * BITS) * (self.phase * 1e-3) / dt + 1e-6
        )  # in steps, like the bins of spikes
        return replace(spikes, factor=0.5 ** (1 + np.searchsorted(starts, spikes.bin) % BITS))
