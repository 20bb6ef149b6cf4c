"""Rank-order coding: one spike per pixel, in the order of the values."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, sorted_spikes


class RankOrder(GreyEncoder):
    r"""Each pixel fires once, the brightest first: only the order of the values matters.

    .. math:: t_r = r \cdot step \quad \text{or} \quad t_r = r\, T / m, \qquad r = 0, 1, \ldots, m - 1

    for the pixel of rank r among the m pixels above `x_min`, with the duration T of the picture. Of equal values, the
    pixel with the lower number comes first. With `step`, spikes after the end of the picture are left out. Source:
    Thorpe & Gautrais (1998).
    """

    kind: Literal["rank-order"] = "rank-order"
    step: float | None = parameter(
        None, unit="ms", gt=0, help="Time between two spikes; none: spikes are spread over the picture."
    )

    summary: ClassVar[str] = "One spike per pixel, in the order of the values"
    reference: ClassVar[str] = "Thorpe & Gautrais 1998, doi:10.1007/978-1-4615-4831-7_19"

    @property
    def one_spike(self) -> bool:
        """Whether spike times depend only on the values: without `step`, also on the duration of the picture."""
        return self.step is not None

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        ranked = pixel[np.argsort(-x, kind="stable")]
        interval = n_bins * dt / max(len(ranked), 1) if self.step is None else self.step * 1e-3
        return sorted_spikes(ranked, np.arange(len(ranked), dtype=np.float64) * interval, n_bins, dt)
