"""Spike patterns that differ only in the order of their spikes."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.stimuli import EventSet
from stdpbench.declare.parameters import parameter


class Order(Source):
    r"""Classes of spike patterns with equal numbers of spikes in every channel.

    In each recording every channel fires `spikes` times within `span`. The spike times of all channels together
    are equidistant; a class is a random assignment of times to channels, drawn once. So neither counts nor the number
    of spikes at any time depend on the class; only the times of each channel do. Each spike is shifted by Gaussian
    `jitter`, and left out with probability `deletion`; each channel has Poisson `noise` in addition, for the whole
    duration. Labels alternate.

    The recordings are generated from `draw_seed`, which is independent of the seed of the run, so they are the same in
    every run.
    """

    kind: Literal["order"] = "order"
    classes: int = parameter(4, ge=2, le=1000, help="Number of classes.")
    channels: int = parameter(40, ge=2, le=10_000, structural=True, help="Number of channels.")
    spikes: int = parameter(1, ge=1, le=100, help="Spikes of each channel within the span.")
    span: float = parameter(
        50.0, unit="ms", gt=0, le=60_000, help="Time from the first spike of a pattern to its last."
    )
    duration: float = parameter(100.0, unit="ms", gt=0, le=60_000, help="Duration of a recording.")
    jitter: float = parameter(1.0, unit="ms", ge=0, help="SD of the random shift of each spike.")
    deletion: float = parameter(0.0, unit="", ge=0, lt=1, help="Probability that a spike is left out.")
    noise: float = parameter(0.0, unit="Hz", ge=0, le=1000, help="Rate of additional spikes of each channel.")
    n_train: int = parameter(400, ge=2, le=1_000_000, help="Number of training recordings.")
    n_test: int = parameter(400, ge=1, le=1_000_000, help="Number of test recordings.")
    draw_seed: int = parameter(0, ge=0, le=2**63 - 1, help="Seed of classes and recordings.")

    summary: ClassVar[str] = "Spike patterns with equal counts, distinguished by their order alone; made on the spot"
    reference: ClassVar[str] = "–"
    shows: ClassVar[str] = "events"

    @model_validator(mode="after")
    def _check_span(self) -> Self:
        if self.span > self.duration:
            raise ValueError(f"span ({self.span:g} ms) must be at most duration ({self.duration:g} ms)")
        return self

    def orders(self) -> NDArray[np.float64]:
        """Return the spike times in s of the pattern of each class, float64, (classes, channels, spikes)."""
        random = np.random.default_rng(np.random.SeedSequence((self.draw_seed, 0)))
        n = self.channels * self.spikes
        slots = np.linspace(0, 1, n) * self.span * 1e-3 + self._start
        # each spike of a channel has its own section of the span, so that no class has two of them at the same time
        patterns = np.empty((self.classes, self.channels, self.spikes))
        for pattern in patterns:
            for number, section in enumerate(np.split(slots, self.spikes)):
                pattern[:, number] = random.permutation(section)
        return patterns

    @property
    def _start(self) -> float:
        """Start of the pattern in s; the pattern is in the middle of the recording."""
        return (self.duration - self.span) * 0.5e-3

    def prepare(self) -> Split:
        """Draw the recordings."""
        patterns = self.orders()
        train, test = (self._drawn(patterns, n, part) for part, n in enumerate((self.n_train, self.n_test), start=1))
        return Split(train, test, tuple(map(str, range(self.classes))))

    def _drawn(self, patterns: NDArray[np.float64], n: int, part: int) -> EventSet:
        random = np.random.default_rng(np.random.SeedSequence((self.draw_seed, part)))
        labels, seconds = np.arange(n, dtype=np.int64) % self.classes, self.duration * 1e-3
        time = patterns[labels].reshape(n, -1)
        time = time + random.normal(0, 1, time.shape) * self.jitter * 1e-3
        kept = random.random(time.shape) >= self.deletion
        recording, spike = np.nonzero(kept)
        n_noise = random.poisson(self.noise * seconds * self.channels, n)
        noise_recording = np.repeat(np.arange(n), n_noise)
        recording = np.concatenate([recording, noise_recording])
        index = np.concatenate([spike // self.spikes, random.integers(0, self.channels, len(noise_recording))])
        # a shift beyond the ends is reflected, so that no count changes
        shifted = np.abs(time[kept])
        shifted = seconds - np.abs(seconds - shifted)
        times = np.concatenate([shifted, random.random(len(noise_recording)) * seconds])
        return EventSet.of_events(recording, index, times, np.full(n, seconds), (1, 1, self.channels), labels)
