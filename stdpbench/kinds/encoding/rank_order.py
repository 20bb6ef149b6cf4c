"""Rank-order coding: one spike per pixel, in the order of the values."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, sorted_spikes


class RankOrder(GreyEncoder):
    r"""Pixels fire once each, the strongest first: only the order of the values counts.

    .. math:: t_r = r \cdot step \quad \text{or} \quad t_r = r\, T / m, \qquad r = 0, 1, \ldots, m - 1

    for the pixel of rank r among the m pixels above `x_min`, with the duration T of the picture. Of equal values, the
    pixel with the lower number comes first. With `step`, ranks whose time lies after the picture do not fire. Source:
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
        """Each pixel fires at most once; without `step`, its time also depends on that of the picture."""
        return self.step is not None

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        ranked = pixel[np.argsort(-x, kind="stable")]
        apart = n_bins * dt / max(len(ranked), 1) if self.step is None else self.step * 1e-3
        return sorted_spikes(ranked, np.arange(len(ranked), dtype=np.float64) * apart, n_bins, dt)
