"""Population coding: each value by several inputs with overlapping receptive fields."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.encoding.base import Encoder, Spikes, sorted_spikes
from stdpbench.parameters import parameter
from stdpbench.stimuli import Stimulus


class Population(Encoder):
    r"""Each value x = grey / `white` is encoded by m = `fields` inputs with Gaussian receptive fields.

    .. math::

        \mu_i  &= \frac{2 i - 3}{2} \cdot \frac{1}{m - 2}, \quad i = 1, \ldots, m \\
        \sigma &= \frac{1}{\beta (m - 2)} \\
        g_i    &= \exp\left(-\frac{(x - \mu_i)^2}{2 \sigma^2}\right)

    for values from 0 to 1. *Latency*: an input whose field answers :math:`g_i \ge g_{min}` fires once, at
    :math:`T (1 - g_i)`; the others do not fire. *Rate*: it fires at :math:`g_i` times `rate`, at equal intervals with
    a random phase. Inputs of the same field come together: input ``i * n + k`` is field i of value k.

    Source: Bohte, Kok & La Poutré (2002), section 4, with beta 1.5. They round times to whole ms, and answers below
    0.1 are no spikes.
    """

    kind: Literal["population"] = "population"
    fields: int = parameter(8, ge=3, le=100, structural=True, help="m: receptive fields per value.")
    beta: float = parameter(1.5, unit="", gt=0, help="Narrowness of the fields: their width is 1 / (beta (m - 2)).")
    form: Literal["latency", "rate"] = parameter(
        "latency", help="Whether an answer sets the time of one spike, or a firing rate."
    )
    g_min: float = parameter(0.1, unit="", ge=0, lt=1, help="Answers below this one evoke no spike.")
    duration: float | None = parameter(
        None, unit="ms", gt=0, help="T: end of the time in which inputs fire once; none: that of the picture."
    )
    rate: float = parameter(60.0, unit="Hz", gt=0, le=1000, help="Firing rate at the centre of a field.")
    white: float = parameter(255.0, unit="", gt=0, help="Grey value that counts as 1.")

    summary: ClassVar[str] = "Several inputs per value, with overlapping Gaussian fields"
    reference: ClassVar[str] = "Bohte, Kok & La Poutré 2002, doi:10.1016/S0925-2312(01)00658-0"

    @property
    def copies(self) -> int:
        """One input per field and value."""
        return self.fields

    def answers(self, image: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the answer of each field to each value: float64, (fields * n_values,), 0 below `g_min`."""
        x = np.clip(image / self.white, 0.0, 1.0)
        i = np.arange(1, self.fields + 1)[:, None]
        centre, sigma = (2 * i - 3) / (2 * (self.fields - 2)), 1 / (self.beta * (self.fields - 2))
        g = np.exp(-0.5 * ((x - centre) / sigma) ** 2).reshape(-1)
        return np.where(g >= self.g_min, g, 0.0)

    def strength(self, stimulus: Stimulus, *, n_input: int, n_bins: int, dt: float) -> NDArray[np.float64]:
        """Return the answers of the fields; see `Encoder.strength`."""
        assert isinstance(stimulus, np.ndarray)
        return self.answers(stimulus)

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return whether spikes may lie after the picture, or follow each other within a step."""
        if self.form == "latency" and self.duration is not None and self.duration > n_bins * dt * 1e3 * (1 + 1e-9):
            return (
                f"encoding.duration ({self.duration:g} ms) must be at most the time in which a picture may evoke "
                f"spikes ({n_bins * dt * 1e3:g} ms)"
            )
        if self.form == "rate" and self.rate * dt >= 1:
            return f"encoding.rate ({self.rate:g} Hz) must be below one spike per step of {dt * 1e3:g} ms"
        return ""

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Return the spikes of one presentation; see `Encoder.encode`."""
        g = self.answers(image)
        fires = np.flatnonzero(g > 0)
        if self.form == "latency":
            last = n_bins if self.duration is None else min(n_bins, round(self.duration * 1e-3 / dt))
            return sorted_spikes(fires, (1 - g[fires]) * last * dt, last, dt)
        interval, phase = 1 / (self.rate * g[fires]), rng.random(len(fires))
        counts = np.maximum(np.ceil(n_bins * dt / interval - phase), 0).astype(np.int64)
        number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        time = (np.repeat(phase, counts) + number) * np.repeat(interval, counts)
        return sorted_spikes(np.repeat(fires, counts), time, n_bins, dt)
