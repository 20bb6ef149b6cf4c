"""Base of rate codes: the firing rate of a pixel."""

from __future__ import annotations

from typing import ClassVar

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder


class RateEncoder(Encoder):
    """Encoder in which each pixel fires at a rate proportional to its grey value."""

    rate_per_grey: float = parameter(
        0.125, unit="Hz", gt=0, help="Firing rate per grey level at intensity 1: 255 gives 31.875 Hz."
    )
    intensity: float = parameter(2.0, unit="", gt=0, help="Factor on all rates for the first attempt at a picture.")
    intensity_step: float = parameter(
        1.0, unit="", ge=0, help="Increase of the intensity per repetition of a picture."
    )

    stronger: ClassVar[bool] = True
    timed: ClassVar[bool] = False

    def probability(self, grey: float, attempt: int, dt: float) -> float:
        """Return the spike probability per step of a pixel."""
        return grey * self.rate_per_grey * (self.intensity + attempt * self.intensity_step) * dt

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return why a picture cannot be encoded: the brightest pixel fires in every step; see `Encoder.problem`."""
        p = self.probability(brightest, attempt, dt)
        if p < 1:
            return ""
        return (
            f"a pixel of {brightest:g} would fire with probability {p:.3g} per step of {dt * 1e3:g} ms at attempt "
            f"{attempt + 1}, but it must stay below 1: lower encoding.rate_per_grey, encoding.intensity, "
            "encoding.intensity_step, data.pixel_sum or schedule.max_attempts"
        )
