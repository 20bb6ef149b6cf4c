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
_SURE = 8.0  # standard deviations beyond which no spike is shifted


class Patterns(Stream):
    r"""Inputs whose rates wander, with frozen patterns that recur at random times.

    The rate of each input wanders between 0 and `max_rate`: per millisecond, its speed changes by a random number
    between ± a fifth of :math:`s_{max}` = `max_rate` / `pattern`, and stays within :math:`\pm s_{max}`. An input that
    has not fired for the length of a pattern fires. Time is divided into slots of that length. A quarter of them
    (`share`), chosen at random and never two in a row, show a pattern: a slot of such spikes that was frozen once.
    There, inputs of the pattern fire as in it, each spike shifted by a normal random number of SD `jitter`. All
    inputs fire at `noise` besides. So inputs, rates and times tell nothing about patterns but the spikes themselves.

    Source: Masquelier, Guyonneau & Thorpe (2008), methods, as read in the replication by Hathway & Goodman (2018,
    doi:10.5281/zenodo.1327348). What differs: rates start anew in each block of 40 slots, of which the last one never
    shows a pattern, so that any stretch can be drawn without all before it; and the stream does not repeat after
    150 s. A single pattern is one of the first inputs; of several, each has random inputs.
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
        """Return what does not fit together."""
        if self.n_pattern > self.n:
            return f"data.n_pattern ({self.n_pattern}) must be at most data.n ({self.n})"
        slot = self.pattern * 1e-3
        if abs(slot / dt - round(slot / dt)) > 1e-6 or abs(slot / _TICK - round(slot / _TICK)) > 1e-6:
            return f"data.pattern ({self.pattern:g} ms) must be whole milliseconds and whole steps of network.dt"
        return too_fast("data.noise", self.noise, dt) or too_fast("data.max_rate", self.max_rate, _TICK)

    def spikes(self, seed: int, start: int, stop: int, dt: float) -> Spikes:
        """Return the spikes of some time steps; see `Stream.spikes`."""
        length, reach = self._steps(dt) * SLOTS, round(_SURE * self.jitter * 1e-3 / dt) + 1
        blocks = blocks_of(max(0, start - reach), stop + reach, length)  # spikes may be shifted into the next block
        return spikes_of_blocks((_block(self, seed, block, dt) for block in blocks), start, stop, self.n)

    def occurrences(self, seed: int, start: int, stop: int, dt: float) -> Occurrences:
        """Return the patterns that end within some time steps."""
        slot = self._steps(dt)
        slots, patterns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for block in blocks_of(max(0, start - slot), stop, slot * SLOTS):
            shown, which = self._shown(seed, block)
            slots.append(shown + block * SLOTS)
            patterns.append(which)
        first, which = np.concatenate(slots) * slot, np.concatenate(patterns)
        within = (first + slot > start) & (first + slot <= stop)
        return Occurrences(first[within], first[within] + slot, which[within])

    def members(self, seed: int, pattern: int) -> NDArray[np.int64]:
        """Return the numbers of the inputs of a pattern, ascending."""
        if self.patterns == 1:
            return np.arange(self.n_pattern)
        return np.sort(random_of(seed, 12, pattern).choice(self.n, self.n_pattern, replace=False))

    def _steps(self, dt: float) -> int:
        return round(self.pattern * 1e-3 / dt)

    def _shown(self, seed: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the slots of a block that show a pattern, and which; no two in a row."""
        random, wanted = random_of(seed, 10, block), round(self.share * SLOTS)
        slots = np.sort(random.choice(SLOTS - wanted, wanted, replace=False)) + np.arange(wanted)
        return slots, random.integers(0, self.patterns, wanted)


def _wandering(
    stream: Patterns, random: np.random.Generator, n: int, n_ticks: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw spikes of inputs whose rates wander: input, and time in seconds."""
    gap = stream.pattern * 1e-3
    fastest = stream.max_rate / gap
    rate, speed = stream.max_rate * random.random(n), fastest * (2 * random.random(n) - 1)
    last = -gap * random.random(n)
    index, time = [np.empty(0, np.int64)], [np.empty(0)]
    for tick in range(n_ticks):
        end = (tick + 1) * _TICK
        fired = np.flatnonzero((random.random(n) < rate * _TICK) | (end - last > gap))
        at = end - _TICK * random.random(len(fired))
        last[fired] = at
        index.append(fired)
        time.append(at)
        rate = np.clip(rate + speed * _TICK, 0, stream.max_rate)
        speed = np.clip(speed + 0.2 * fastest * (2 * random.random(n) - 1), -fastest, fastest)
    return np.concatenate(index), np.concatenate(time)


@lru_cache(maxsize=32)
def _frozen(stream: Patterns, seed: int, pattern: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the spikes of a pattern: input, and time in seconds from its start."""
    n_ticks = round(stream.pattern * 1e-3 / _TICK)
    member, time = _wandering(stream, random_of(seed, 11, pattern), stream.n_pattern, n_ticks)
    return stream.members(seed, pattern)[member], time


@lru_cache(maxsize=4)
def _block(stream: Patterns, seed: int, block: int, dt: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the spikes of a block: input, and step from the start of the stream."""
    slot, steps = stream.pattern * 1e-3, stream._steps(dt)
    random = random_of(seed, 13, block)
    index, time = _wandering(stream, random, stream.n, round(SLOTS * slot / _TICK))
    hidden = np.zeros((SLOTS, stream.n), bool)  # inputs that fire as in a pattern
    shown, patterns = stream._shown(seed, block)
    for place, pattern in zip(shown.tolist(), patterns.tolist(), strict=True):
        hidden[place, stream.members(seed, pattern)] = True
    kept = ~hidden[np.minimum((time / slot).astype(np.int64), SLOTS - 1), index]
    indices, step = [index[kept]], [step_of(time[kept], dt) + block * SLOTS * steps]
    for place, pattern in zip(shown.tolist(), patterns.tolist(), strict=True):
        member, at = _frozen(stream, seed, pattern)
        shift = (stream.jitter * 1e-3) * random.standard_normal(len(at)).clip(-_SURE, _SURE)
        indices.append(member)
        # from the start of the stream; none before it
        step.append(np.maximum(step_of(at + shift, dt) + (block * SLOTS + place) * steps, 0))
    noise, at_step = bernoulli(random, np.full(stream.n, stream.noise * dt), SLOTS * steps)
    return np.concatenate([*indices, noise]), np.concatenate([*step, at_step + block * SLOTS * steps])
