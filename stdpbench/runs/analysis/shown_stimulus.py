"""One stimulus as shown to the network, and the input spikes that it evoked, on one time axis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Events, EventSet, Signal, Stimulus, StimulusSet
from stdpbench.runs.analysis.fields import tile
from stdpbench.runs.analysis.stream_series import rate_of

FRAMES = 10
"""Number of frames in which a recording is played."""
_RATE_BINS = 50
_FAINTEST = 0.25
"""Strength with which a spike of factor 0 is drawn."""


def factors_sentence(factor: NDArray[np.float64 | np.float32]) -> str:
    """Return a sentence on the factors of input spikes; there must be at least one."""
    low, high = float(factor.min()), float(factor.max())
    values = f"the factor {low:.3g}" if low == high else f"factors from {low:.3g} to {high:.3g}"
    return f"The effect of input spikes is multiplied by {values}."


def strength(factor: NDArray[np.float64 | np.float32]) -> NDArray[np.float64]:
    """Return how strongly spikes are drawn, from 0.25 to 1, linear in the size of their factors: float64."""
    size = np.abs(factor).astype(np.float64)
    return _FAINTEST + (1 - _FAINTEST) * size / max(float(size.max(initial=0.0)), 1e-300)


@dataclass(frozen=True, eq=False)
class ShownStimulus:
    """A stimulus and its input spikes.

    Attributes
    ----------
    stimulus : Stimulus or None
        The stimulus; None if unknown, for example in a stream or before the data are read.
    planes, height, width : int
        Grid of the values or channels of the stimulus; without a stimulus, of the input.
    n_input : int
        Number of inputs; each value may have several (`stdpbench.kinds.encoding.Encoder.copies`).
    index, bin : ndarray, int32, (n_spikes,)
        Input and time step of each spike.
    n_bins : int
        Time steps of the stimulus.
    dt : float
        Time step in ms.
    factor : ndarray, float64 or float32, (n_spikes,), or None
        Factor of the effect of each spike; None: 1.
    """

    stimulus: Stimulus | None
    planes: int
    height: int
    width: int
    n_input: int
    index: NDArray[np.int32]
    bin: NDArray[np.int32]
    n_bins: int
    dt: float
    factor: NDArray[np.float64 | np.float32] | None = None

    @classmethod
    def of(
        cls,
        stimuli: StimulusSet | None,
        number: int,
        shape: tuple[int, int],
        spikes: tuple[NDArray[np.int32], NDArray[np.int32]],
        n_bins: int,
        dt: float,
        factor: NDArray[np.float64 | np.float32] | None = None,
    ) -> ShownStimulus:
        """Return a stimulus of a set, or an unknown one, with spikes (index, bin) of an input of this shape."""
        stimulus, planes, (height, width) = None, 1, shape
        if stimuli is not None and 0 <= number < len(stimuli):
            stimulus, (height, width) = stimuli.stimulus(number), stimuli.shape
            if isinstance(stimuli, EventSet):
                planes, height = stimuli.planes, height // stimuli.planes
        return cls(stimulus, planes, height, width, shape[0] * shape[1], *spikes, n_bins, dt, factor)

    @property
    def duration(self) -> float:
        """Duration in ms, which is the end of the time axis."""
        return self.n_bins * self.dt

    @property
    def whole(self) -> float:
        """Duration of the whole stimulus in ms; longer than `duration` if the schedule cuts it."""
        full = self.stimulus.seconds * 1e3 if isinstance(self.stimulus, Signal | Events) else 0.0
        return max(full, self.duration)

    @property
    def is_cut(self) -> bool:
        """Whether the end of the stimulus is not shown."""
        return self.whole > self.duration + self.dt

    @property
    def copies(self) -> int:
        """Number of inputs of each value."""
        return max(1, self.n_input // max(1, self.planes * self.height * self.width))

    @property
    def n_groups(self) -> int:
        """Number of distinguished groups of inputs: planes of events, or copies of the same value."""
        return self.planes * self.copies

    @property
    def group(self) -> NDArray[np.int64]:
        """Group of each spike: int64, (n_spikes,)."""
        return np.asarray(self.index // max(1, self.height * self.width), np.int64)

    @property
    def is_flat(self) -> bool:
        """Whether the grid is a single row or column of channels."""
        return min(self.height, self.width) <= 1

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Spikes of each input: int64, (n_input,)."""
        return np.asarray(np.bincount(self.index, minlength=self.n_input), np.int64)

    @property
    def delivered(self) -> NDArray[np.float64]:
        """Sum of the factors of the spikes of each input: float64, (n_input,)."""
        return np.bincount(self.index, self.factor, minlength=self.n_input).astype(np.float64)

    @property
    def factors_sentence(self) -> str:
        """Sentence on the factors of the spikes; empty without factors."""
        return "" if self.factor is None or not len(self.factor) else factors_sentence(self.factor)

    @cached_property
    def first(self) -> NDArray[np.float64]:
        """Time of the first spike of each input in ms, NaN without one: float64, (n_input,)."""
        times = np.full(self.n_input, np.nan)
        times[self.index[::-1]] = self.bin[::-1] * self.dt  # the earliest is written last
        return times

    @property
    def n_silent(self) -> int:
        """Number of inputs that do not fire."""
        return int((self.counts == 0).sum())

    @property
    def fires_once(self) -> bool:
        """Whether no input fires twice, so that spike times contain all information."""
        return bool(len(self.index)) and int(self.counts.max()) == 1

    def sheet(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Arrange values of the inputs, (n_input,), in one image: planes and copies side by side, separated by NaN."""
        if self.height == 1:
            return np.asarray(values, np.float64).reshape(-1, self.width)
        fields = np.asarray(values, np.float64).reshape(self.n_groups, -1).T
        if self.n_groups == 1:
            return fields.reshape(self.height, self.width)
        columns = min(self.n_groups, max(1, ceil((self.n_groups * self.height / self.width) ** 0.5)))
        mosaic = tile(fields, (self.height, self.width), columns)
        return np.asarray(mosaic[:-1, :-1], np.float64)

    @property
    def rate_bin(self) -> float:
        """Width of the bins of `rate` in ms: 1, 2 or 5 times a power of ten, about a fiftieth of the duration."""
        wanted = max(self.duration / _RATE_BINS, self.dt)
        power = 10.0 ** np.floor(np.log10(wanted))
        width = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= wanted * (1 - 1e-9))
        return float(max(1, round(width / self.dt)) * self.dt)

    @property
    def rate(self) -> NDArray[np.float64]:
        """Spikes per second and input in bins of `rate_bin`."""
        return rate_of(self.bin, self.dt, self.duration, self.n_input, self.rate_bin)

    # -- signals and recordings ------------------------------------------------------------------------------------

    @property
    def signal(self) -> Signal | None:
        """The stimulus, if it is a signal."""
        return self.stimulus if isinstance(self.stimulus, Signal) else None

    @property
    def events(self) -> Events | None:
        """The stimulus, if it is a recording of events."""
        return self.stimulus if isinstance(self.stimulus, Events) else None

    def values_at(self, channel: NDArray[np.integer[Any]], time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of channels of the signal at times in ms, interpolated linearly between samples."""
        assert self.signal is not None
        values, interpolated = self.signal.values, np.zeros(len(time))
        samples = time * 1e-3 * self.signal.rate
        for number in np.unique(channel).tolist():
            selected = channel == number
            interpolated[selected] = np.interp(samples[selected], np.arange(values.shape[1]), values[number])
        return interpolated

    def frame(self, number: int | None = None, n: int = FRAMES) -> NDArray[np.float64]:
        """Return the number of events of each channel, (planes, height, width): in frame `number` of `n`, or in all.

        Events after the shown time are left out.
        """
        assert self.events is not None
        time = self.events.time * 1e3
        start, end = self.window(number, n)
        channels = self.events.index[(time >= start - 1e-9) & (time < end - 1e-9)]
        counts = np.bincount(channels, minlength=self.planes * self.height * self.width)
        return np.asarray(counts.reshape(self.planes, self.height, self.width), np.float64)

    def window(self, number: int | None = None, n: int = FRAMES) -> tuple[float, float]:
        """Return start and end of frame `number` of `n` in ms, or of the whole stimulus without a number."""
        if number is None:
            return 0.0, self.duration
        return self.duration * number / n, self.duration * (number + 1) / n

    @cached_property
    def brightest(self) -> float:
        """Largest number of events of a channel in a frame, for a common scale of all frames; at least 1."""
        return max(1.0, *(float(self.frame(number).max(initial=0.0)) for number in range(FRAMES)))
