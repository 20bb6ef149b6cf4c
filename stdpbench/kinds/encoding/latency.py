"""Latency coding: one spike per pixel, earlier for brighter pixels."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding._grey import GreyEncoder
from stdpbench.kinds.encoding.base import Spikes, sorted_spikes


class Latency(GreyEncoder):
    r"""Each pixel of a value x above `x_min` fires once, the earlier the brighter it is.

    .. math::

        \text{linear: }      & t = (1 - x)\, T \\
        \text{logarithmic: } & t = \tau \ln (x / (x - x_{min})) \\
        \text{exponential: } & t = \tau \ln (\theta_0 / x), \text{ 0 if } x \ge \theta_0

    with T = `duration`. *Logarithmic* is the time at which an RC circuit charged by x reaches the threshold `x_min`;
    `scaled` stretches these times, so that x = 1 fires at 0 and the weakest pixel of the picture in the last step
    before T. *Exponential* is the first time at which x exceeds a threshold that decays from :math:`\theta_0`, the
    form of Guo et al. (2021). Spikes at T or later are left out.

    Equations of the first two forms: Thorpe, Delorme & Van Rullen (2001), and `spikegen.latency` of snnTorch, from
    which this differs: there, values below the threshold fire in the last step unless `clip` is set, and times are
    rounded to T - 1 steps; here, a spike belongs to the step in which it lies.
    """

    kind: Literal["latency"] = "latency"
    form: Literal["linear", "logarithmic", "exponential"] = parameter(
        "linear", help="Dependence of the spike time on the pixel value."
    )
    duration: float | None = parameter(
        None, unit="ms", gt=0, help="T: end of the time in which pixels fire; none: end of the picture."
    )
    tau: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the logarithmic and the exponential form.")
    theta_0: float = parameter(1.0, unit="", gt=0, help="Initial threshold of the exponential form.")
    scaled: bool = parameter(False, help="Whether times of the logarithmic form are stretched to 0 .. T.")

    summary: ClassVar[str] = "One spike per pixel, earlier for brighter pixels"
    reference: ClassVar[str] = "Thorpe, Delorme & Van Rullen 2001, doi:10.1016/S0893-6080(01)00083-1"

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if self.form == "logarithmic" and self.x_min == 0:
            raise ValueError("x_min must be above 0 with form 'logarithmic', whose threshold it is")
        return self

    @property
    def one_spike(self) -> bool:
        """Whether spike times depend only on the values: without `duration`, also on the duration of the picture."""
        return self.duration is not None

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return an error if spikes may lie after the picture; see `Encoder.problem`."""
        if self.duration is not None and self.duration > n_bins * dt * 1e3 * (1 + 1e-9):
            return (
                f"encoding.duration ({self.duration:g} ms) must be at most the time in which a picture may evoke "
                f"spikes ({n_bins * dt * 1e3:g} ms)"
            )
        return ""

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation, which are not random; see `Encoder.encode`."""
        pixel, x = self.lit(image)
        last = n_bins if self.duration is None else min(n_bins, round(self.duration * 1e-3 / dt))
        end, tau, stretched = last * dt, self.tau * 1e-3, False
        if self.form == "linear":
            time = (1 - x) * end
        elif self.form == "exponential":
            time = tau * np.log(np.maximum(self.theta_0 / x, 1.0))
        else:
            time = tau * np.log(x / (x - self.x_min))
            if self.scaled and len(time):
                earliest = -tau * np.log1p(-self.x_min)
                time = (time - earliest) * (end / max(float(time.max()) - earliest, tau * 1e-9))
                stretched = True
        return sorted_spikes(pixel, time, last, dt, clip=stretched)
