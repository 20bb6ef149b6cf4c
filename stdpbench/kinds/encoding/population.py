"""Population coding: several inputs per value, with overlapping receptive fields."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import Signal, Stimulus
from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding.base import Encoder, Spikes, numbered, sorted_spikes


class Population(Encoder):
    r"""Each value x = grey / `white` is encoded by m = `fields` inputs with Gaussian receptive fields.

    .. math::

        \mu_i  &= \frac{2 i - 3}{2} \cdot \frac{1}{m - 2}, \quad i = 1, \ldots, m \\
        \sigma &= \frac{1}{\beta (m - 2)} \\
        g_i    &= \exp\left(-\frac{(x - \mu_i)^2}{2 \sigma^2}\right)

    for values from 0 to 1. *Latency*: an input whose field responds with :math:`g_i \ge g_{min}` fires once, at
    :math:`T (1 - g_i)`; the others do not fire. *Rate*: it fires at :math:`g_i` times `rate`, at equal intervals with
    a random phase. Inputs are grouped by field: input ``i * n + k`` is field i of value k.

    A signal has a value per channel and sample. *Latency*: each sample evokes a volley of spikes, like a value shown
    for the duration of the sample, so T is at most that duration. *Rate*: the rate of an input follows the response of
    its field, and it fires each time the integral of its rate, which starts at a random phase, reaches a whole number.

    Source: Bohte, Kok & La Poutré (2002), section 4, with beta 1.5. They round times to whole ms, and responses
    below 0.1 evoke no spikes. Signals are our addition.
    """

    kind: Literal["population"] = "population"
    fields: int = parameter(8, ge=3, le=100, structural=True, help="m: receptive fields per value.")
    beta: float = parameter(1.5, unit="", gt=0, help="Narrowness of the fields: their width is 1 / (beta (m - 2)).")
    form: Literal["latency", "rate"] = parameter(
        "latency", help="Whether a response sets the time of one spike, or a firing rate."
    )
    g_min: float = parameter(0.1, unit="", ge=0, lt=1, help="Responses below this one evoke no spike.")
    duration: float | None = parameter(
        None,
        unit="ms",
        gt=0,
        help="T: end of the time in which inputs fire once; none: end of the picture or sample.",
    )
    rate: float = parameter(60.0, unit="Hz", gt=0, le=1000, help="Firing rate at the centre of a field.")
    white: float = parameter(255.0, unit="", gt=0, help="Value that counts as 1.")

    summary: ClassVar[str] = "Several inputs per value, with overlapping Gaussian fields"
    reference: ClassVar[str] = "Bohte, Kok & La Poutré 2002, doi:10.1016/S0925-2312(01)00658-0"
    takes: ClassVar[tuple[str, ...]] = ("images", "signals")

    @property
    def draws(self) -> bool:
        """Whether the form is rate, whose phases are random."""
        return self.form == "rate"

    @property
    def copies(self) -> int:
        """One input per field and value."""
        return self.fields

    @property
    def one_spike(self) -> bool:
        """Whether the form is latency with a `duration`; without it, times depend on the duration of the picture."""
        return self.form == "latency" and self.duration is not None

    def answers(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the response of each field to each value: float64, (fields * values.size,), 0 below `g_min`."""
        x = np.clip(values.reshape(-1) / self.white, 0.0, 1.0)
        i = np.arange(1, self.fields + 1)[:, None]
        centre, sigma = (2 * i - 3) / (2 * (self.fields - 2)), 1 / (self.beta * (self.fields - 2))
        g = np.exp(-0.5 * ((x - centre) / sigma) ** 2).reshape(-1)
        return np.where(g >= self.g_min, g, 0.0)

    def strength(self, stimulus: Stimulus, *, n_input: int, n_bins: int, dt: float) -> NDArray[np.float64]:
        """Return the responses of the fields, averaged over time for a signal; see `Encoder.strength`."""
        if isinstance(stimulus, Signal):
            shown = stimulus.values[:, : max(math.ceil(n_bins * dt * stimulus.rate - 1e-6), 1)]
            means: NDArray[np.float64] = self.answers(shown).reshape(n_input, -1).mean(axis=1)
            return means
        assert isinstance(stimulus, np.ndarray)
        return self.answers(stimulus)

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return an error if spikes may lie after the picture, or several of an input in one step."""
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
        number = numbered(counts)
        time = (np.repeat(phase, counts) + number) * np.repeat(interval, counts)
        return sorted_spikes(np.repeat(fires, counts), time, n_bins, dt)

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Return the spikes of one signal; see `Encoder.encode_signal`."""
        n_samples = signal.values.shape[1]
        g = self.answers(signal.values).reshape(-1, n_samples)  # a row per input
        begins = np.arange(n_samples) / signal.rate
        if self.form == "latency":
            duration = 1 / signal.rate if self.duration is None else self.duration * 1e-3
            if duration * signal.rate > 1 + 1e-9:
                raise StdpbenchError(
                    f"encoding.duration ({self.duration:g} ms) must be at most the time of a sample of the signal "
                    f"({1e3 / signal.rate:g} ms)"
                )
            index, sample = np.nonzero(g)
            time = begins[sample] + (1 - g[index, sample]) * duration
            return sorted_spikes(index, time, n_bins, dt)
        phase = rng.random(len(g))
        integral = np.concatenate([np.zeros((len(g), 1)), np.cumsum(g * (self.rate / signal.rate), axis=1)], axis=1)
        counts = np.maximum(np.ceil(integral[:, -1] - phase), 0).astype(np.int64)
        index = np.repeat(np.arange(len(g)), counts)
        reached = numbered(counts) + np.repeat(phase, counts)
        # interpolate all inputs at once: offsets make the concatenated integrals ascend
        offset = np.arange(len(g)) * (float(integral.max(initial=0.0)) + 1)
        ends = np.append(begins, n_samples / signal.rate)
        time = np.interp(reached + offset[index], (integral + offset[:, None]).reshape(-1), np.tile(ends, len(g)))
        return sorted_spikes(index, time, n_bins, dt)
