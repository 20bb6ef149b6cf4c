"""Rate coding without noise: each pixel fires at equal intervals."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._rate import RateEncoder
from stdpbench.kinds.encoding.base import Spikes, numbered, sorted_spikes


class Regular(RateEncoder):
    r"""Each pixel fires at the same rate as with `poisson`, at equal intervals.

    .. math::

        rate &= pixel \cdot rate\_per\_grey \cdot (intensity + attempt \cdot intensity\_step) \\
        t_k  &= (\phi + k) / rate, \quad k = 0, 1, \ldots

    The phase :math:`\phi` is a random number in [0, 1) for each pixel and presentation, or 0 for all. The only
    difference from `poisson` is the missing noise: the number of spikes of a pixel in any interval differs by less
    than 1 from its mean.
    """

    kind: Literal["regular"] = "regular"
    phase: Literal["random", "zero"] = parameter(
        "random", help="Start of the first interval: random for each pixel, or at the start of the picture for all."
    )

    summary: ClassVar[str] = "Rate coding without noise: spikes at equal intervals"
    reference: ClassVar[str] = "rates of Diehl & Cook 2015, doi:10.3389/fncom.2015.00099"

    @property
    def draws(self) -> bool:
        """Whether phases are random."""
        return self.phase == "random"

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation; see `Encoder.encode`."""
        lit = np.flatnonzero(image > 0)
        if problem := self.problem(float(image.max(initial=0.0)), attempt, n_bins, dt):
            raise StdpbenchError(problem)
        per_step = self.probability(1.0, attempt, dt) * image[lit]  # spikes
        phase = rng.random(len(lit)) if self.phase == "random" else np.zeros(len(lit))
        counts = np.maximum(np.ceil(n_bins * per_step - phase), 0).astype(np.int64)
        number = numbered(counts)
        time = (np.repeat(phase, counts) + number) / np.repeat(per_step, counts)
        return sorted_spikes(np.repeat(lit, counts), time * dt, n_bins, dt)
