"""Frozen patterns that recur in noise: the input of Masquelier, Guyonneau & Thorpe."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.encoding import Spikes
from stdpbench.kinds.streams.base import (
    Occurrences,
    Stream,
    bernoulli,
    blocks_of,
    random_of,
    spikes_of_blocks,
    step_of,
)
from stdpbench.kinds.streams.poisson import too_fast

SLOTS = 40
"""Slots per block, each as long as a pattern; the last one of a block never holds a pattern."""
_TICK = 1e-3  # s between two changes of the rates
_SURE = 8.0  # standard deviations at which shifts of spikes are clipped


class Patterns(Stream):
    r"""Inputs with random rates, and frozen patterns that recur at random times.

    The rate of each input is a random walk between 0 and `max_rate`: per millisecond, its slope changes by a random
    number of at most a fifth of :math:`s_{max}` = `max_rate` / `pattern`, and stays within :math:`\pm s_{max}`. An
    input that has been silent for the duration of a pattern fires. Time is divided into slots of that duration. A
    quarter of them (`share`), chosen at random and never two in a row, hold a pattern: spikes of one slot, drawn once
    in the same way and frozen. In these slots, inputs of the pattern fire as in the pattern, each spike shifted by a
    normal random number of SD `jitter`. All inputs have additional spikes of the rate `noise`. So patterns can only be
    recognised from their spikes, not from inputs, rates or times.

    Source: Masquelier, Guyonneau & Thorpe (2008), methods, as described in the replication by Hathway & Goodman (2018,
    doi:10.5281/zenodo.1327348). Differences: rates start anew in each block of 40 slots, of which the last one never
    holds a pattern, so any range can be drawn without the time before it; and the stream does not repeat after 150 s.
    A single pattern has the first inputs; each of several patterns has random inputs.
    """

    kind: Literal["patterns"] = "patterns"
    n: int = parameter(2000, ge=1, le=100_000, structural=True, help="Number of inputs.")
    n_pattern: int = parameter(1000, ge=1, le=100_000, structural=True, help="Number of inputs of each pattern.")
    patterns: int = parameter(1, ge=1, le=100, structural=True, help="Number of different patterns.")
    pattern: float = parameter(50.0, unit="ms", ge=5, le=1000, help="Duration of a pattern.")
    share: float = parameter(0.25, unit="", ge=0.025, le=0.45, help="Fraction of the time with a pattern.")
    max_rate: float = parameter(90.0, unit="Hz", gt=0, help="Largest rate of an input without noise.")
    jitter: float = parameter(1.0, unit="ms", ge=0, le=50, help="SD of the shift of each spike of a pattern.")
    noise: float = parameter(10.0, unit="Hz", ge=0, help="Rate of further spikes of all inputs, at any time.")

    summary: ClassVar[str] = "Frozen patterns that recur at random times in noise"
    reference: ClassVar[str] = "Masquelier, Guyonneau & Thorpe 2008, doi:10.1371/journal.pone.0001377"

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return self.n

    @property
    def n_patterns(self) -> int:
        """Number of different patterns."""
        return self.patterns

    def problem(self, dt: float) -> str:
        """Return an error if parameters or the time step are inconsistent; see `Stream.problem`."""
        if self.n_pattern > self.n:
            return f"data.n_pattern ({self.n_pattern}) must be at most data.n ({self.n})"
        slot = self.pattern * 1e-3
        if abs(slot / dt - round(slot / dt)) > 1e-6 or abs(slot / _TICK - round(slot / _TICK)) > 1e-6:
            return f"data.pattern ({self.pattern:g} ms) must be whole milliseconds and whole steps of network.dt"
        return too_fast("data.noise", self.noise, dt) or too_fast("data.max_rate", self.max_rate, _TICK)

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of a range of time steps; see `Stream.spikes`."""
        length, reach = self._steps(dt) * SLOTS, round(_SURE * self.jitter * 1e-3 / dt) + 1
        blocks = blocks_of(max(0, start - reach), stop + reach, length)  # spikes may be shifted into the next block
        return spikes_of_blocks((_block(self, seed, block, dt) for block in blocks), start, stop, self.n)

    def occurrences(self, seed: int, start: int, stop: int, dt: float) -> Occurrences:
        """Return the patterns that end within a range of time steps."""
        slot = self._steps(dt)
        slots, patterns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for block in blocks_of(max(0, start - slot), stop, slot * SLOTS):
            pattern_slots, pattern = self._pattern_slots(seed, block)
            slots.append(pattern_slots + block * SLOTS)
            patterns.append(pattern)
        first, pattern = np.concatenate(slots) * slot, np.concatenate(patterns)
        within = (first + slot > start) & (first + slot <= stop)
        return Occurrences(first[within], first[within] + slot, pattern[within])

    def members(self, seed: int, pattern: int) -> NDArray[np.int64]:
        """Return the numbers of the inputs of a pattern, ascending."""
        if self.patterns == 1:
            return np.arange(self.n_pattern)
        return np.sort(random_of(seed, 12, pattern).choice(self.n, self.n_pattern, replace=False))

    def _steps(self, dt: float) -> int:
        return round(self.pattern * 1e-3 / dt)

    def _pattern_slots(self, seed: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the slots of a block with a pattern, no two in a row, and the pattern of each."""
        random, n_slots = random_of(seed, 10, block), round(self.share * SLOTS)
        slots = np.sort(random.choice(SLOTS - n_slots, n_slots, replace=False)) + np.arange(n_slots)
        return slots, random.integers(0, self.patterns, n_slots)


def _random_walk_spikes(
    stream: Patterns, random: np.random.Generator, n: int, n_ticks: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw spikes of inputs with random-walk rates: input, and time in seconds."""
    gap = stream.pattern * 1e-3
    max_speed = stream.max_rate / gap
    rate, speed = stream.max_rate * random.random(n), max_speed * (2 * random.random(n) - 1)
    last = -gap * random.random(n)
    index, time = [np.empty(0, np.int64)], [np.empty(0)]
    for tick in range(n_ticks):
        end = (tick + 1) * _TICK
        fired = np.flatnonzero((random.random(n) < rate * _TICK) | (end - last > gap))
        spike_time = end - _TICK * random.random(len(fired))
        last[fired] = spike_time
        index.append(fired)
        time.append(spike_time)
        rate = np.clip(rate + speed * _TICK, 0, stream.max_rate)
        speed = np.clip(speed + 0.2 * max_speed * (2 * random.random(n) - 1), -max_speed, max_speed)
    return np.concatenate(index), np.concatenate(time)


@lru_cache(maxsize=32)
def _frozen(stream: Patterns, seed: int, pattern: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the spikes of a pattern: input, and time in seconds from its start."""
    n_ticks = round(stream.pattern * 1e-3 / _TICK)
    member, time = _random_walk_spikes(stream, random_of(seed, 11, pattern), stream.n_pattern, n_ticks)
    return stream.members(seed, pattern)[member], time


@lru_cache(maxsize=4)
def _block(stream: Patterns, seed: int, block: int, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the spikes of a block: input, and step from the start of the stream."""
    slot, steps = stream.pattern * 1e-3, stream._steps(dt)
    random = random_of(seed, 13, block)
    index, time = _random_walk_spikes(stream, random, stream.n, round(SLOTS * slot / _TICK))
    hidden = np.zeros((SLOTS, stream.n), bool)  # inputs that fire according to a pattern
    pattern_slots, patterns = stream._pattern_slots(seed, block)
    for slot_number, pattern in zip(pattern_slots.tolist(), patterns.tolist(), strict=True):
        hidden[slot_number, stream.members(seed, pattern)] = True
    kept = ~hidden[np.minimum((time / slot).astype(np.int64), SLOTS - 1), index]
    indices, step = [index[kept]], [step_of(time[kept], dt) + block * SLOTS * steps]
    for slot_number, pattern in zip(pattern_slots.tolist(), patterns.tolist(), strict=True):
        member, pattern_time = _frozen(stream, seed, pattern)
        shift = (stream.jitter * 1e-3) * random.standard_normal(len(pattern_time)).clip(-_SURE, _SURE)
        indices.append(member)
        # steps from the start of the stream, at least 0
        step.append(np.maximum(step_of(pattern_time + shift, dt) + (block * SLOTS + slot_number) * steps, 0))
    noise, noise_step = bernoulli(random, np.full(stream.n, stream.noise * dt), SLOTS * steps)
    return np.concatenate([*indices, noise]), np.concatenate([*step, noise_step + block * SLOTS * steps])
