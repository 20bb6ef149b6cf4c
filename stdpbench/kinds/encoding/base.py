"""Base class of encoders, which turn a stimulus into spikes.

All randomness of input spikes is here. The generator of a presentation is made from (seed, phase, presentation,
attempt), so any process can encode any presentation, in advance or again, with the same spikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.stimuli import Events, Signal, Stimulus
from stdpbench.declare.parameters import Parameters

_INDEX_BITS, _FEW = 16, 1500
PHASES = ("train", "label", "test", "held-out")


@dataclass(frozen=True, eq=False)
class Spikes:
    """Input spikes of one presentation, sorted by (bin, index), no two alike.

    Attributes
    ----------
    index : ndarray, int32, (n_spikes,)
        Input neuron of each spike.
    bin : ndarray, int32, (n_spikes,)
        Time step of each spike, counted from the start of the presentation.
    merged : int
        Number of further spikes that an encoder left out because another one of the same input is in their step.
    currents : ndarray, float64, (n_input,) or (n_bins, n_input), or None
        Currents in place of spikes, constant or of each step: in each step, a projection from the input adds its
        weights times these to its receptor.
    factor : ndarray, float64 or float32, (n_spikes,), or None
        What each spike delivers through projections, as a multiple of what it would deliver otherwise: weight times
        factor reaches a receptor. Finite; 0 and negative numbers are allowed. None: 1. Rules see no factor: to traces,
        a spike is a spike.
    """

    index: NDArray[np.int32]
    bin: NDArray[np.int32]
    merged: int = 0
    currents: NDArray[np.float64] | None = None
    factor: NDArray[np.float64 | np.float32] | None = None

    def __len__(self) -> int:
        """Count the spikes."""
        return len(self.index)


def generator(
    seed: int, phase: str, presentation: int, attempt: int, purpose: int | None = None
) -> np.random.Generator:
    """Return the random generator of one attempt at one presentation.

    Parameters
    ----------
    seed : int
        Seed of the experiment, at least 0.
    phase : {"train", "label", "test", "held-out"}
        Purpose of the presentation.
    presentation : int
        Number of the presentation within its phase, from 0.
    attempt : int
        0 for the first time that the picture is shown, 1 for the first repetition, and so on.
    purpose : int, optional
        Number of another stream of the same attempt; default: that of the encoder.
    """
    entropy = (seed, PHASES.index(phase), presentation, attempt, *(() if purpose is None else (purpose,)))
    words = np.array(entropy, np.uint32) if max(entropy) < 2**32 else entropy  # words are not taken apart one by one
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


def sorted_spikes(
    index: NDArray[np.integer], time: NDArray[np.float64], n_bins: int, dt: float, *, clip: bool = False
) -> Spikes:
    """Return spikes from the times at which they occur; two of one input in one step are one.

    Parameters
    ----------
    index : ndarray, integer, (n_spikes,)
        Input neuron of each spike.
    time : ndarray, float64, (n_spikes,)
        Times in s, at least 0. A spike belongs to the time step in which it lies; a time that differs from the start
        of a step by rounding only is that start.
    n_bins : int
        Number of time steps that may carry spikes; later spikes are left out.
    dt : float
        Time step in seconds.
    clip : bool
        Whether later spikes come in the last step instead.
    """
    found = time / dt
    found += 1e-6
    np.floor(found, out=found)
    step, index = found.astype(np.int64), np.asarray(index)
    if clip:
        step = np.minimum(step, n_bins - 1)
    if step.max(initial=-1) >= n_bins or step.min(initial=0) < 0:
        shown = np.flatnonzero((step >= 0) & (step < n_bins))
        index, step = index[shown], step[shown]
    return sorted_by_step(index, step)


def sorted_by_step(index: NDArray[np.integer], step: NDArray[np.integer]) -> Spikes:
    """Return spikes sorted by (bin, index); two of one input in one step are one.

    Parameters
    ----------
    index, step : ndarray, integer, (n_spikes,)
        Input neuron and time step of each spike, both at least 0.
    """
    n = len(index)
    if n and index.max() < 1 << _INDEX_BITS and step.max() < 1 << 31 - _INDEX_BITS:
        key = step.astype(np.int32)  # both in one number
        key <<= _INDEX_BITS
        key |= index.astype(np.int32)
        if not (key[1:] > key[:-1]).all():
            key = _ascending(key)
        return Spikes(key & ((1 << _INDEX_BITS) - 1), key >> _INDEX_BITS, n - len(key))
    order = np.lexsort((index, step))
    index, step = index[order], step[order]
    new = np.append(True, (step[1:] != step[:-1]) | (index[1:] != index[:-1]))[:n]
    return Spikes(index[new].astype(np.int32), step[new].astype(np.int32), int(n - new.sum()))


def _ascending(key: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return numbers of at least 0 in order, each once; the array may be changed.

    Up to some 1500 numbers are sorted in vectors. Of more, the two halves of 16 bits are, whose digits NumPy sorts.
    """
    if len(key) < _FEW:
        key.sort()
    else:
        low, high = (half.astype(np.uint16) for half in (key & 0xFFFF, key >> 16))
        if not (low[1:] >= low[:-1]).all():
            order = np.argsort(low, kind="stable")
            key, high = key[order], high[order]
        key = key[np.argsort(high, kind="stable")]
    new = key[1:] != key[:-1]
    return key if new.all() else np.concatenate([key[:1], key[1:][new]])


def numbered(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each spike within its input, from 0: int64, (counts.sum(),).

    Parameters
    ----------
    counts : ndarray, int64, (n,)
        Number of spikes of each input, whose spikes stand one after the other.
    """
    numbers: NDArray[np.int64] = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers


class Encoder(Parameters):
    """A way to turn stimuli into spikes; one kind per file.

    A kind overrides the method for each kind of stimulus that `takes` names: `encode` for pictures, `encode_signal`,
    `encode_events`.
    """

    summary: ClassVar[str]
    reference: ClassVar[str]
    takes: ClassVar[tuple[str, ...]] = ("images",)
    """Kinds of stimuli that can be encoded: ``"images"``, ``"signals"``, ``"events"``."""
    timed: ClassVar[bool] = True
    """Whether the time of a spike tells more than that it occurred."""
    currents: ClassVar[bool] = False
    """Whether currents take the place of spikes; projections from the input then need weights, and no delays."""
    stronger: ClassVar[bool] = False
    """Whether a further attempt shows a picture more strongly. If not, each picture is shown once."""

    @property
    def graded(self) -> bool:
        """Whether spikes carry factors; see `Spikes`."""
        return False

    @property
    def draws(self) -> bool:
        """Whether spikes depend on random numbers. If not, the generator that an encoder is given is any."""
        return True

    @property
    def one_spike(self) -> bool:
        """Whether each input fires at most once, at a time that the value alone sets."""
        return False

    @property
    def copies(self) -> int:
        """Number of input neurons for each value: copies of the grid, one below the other."""
        return 1

    copy_names: ClassVar[tuple[str, ...]] = ()
    """What tells the copies apart; empty: their numbers."""

    def input_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of the input population for stimuli with a grid of this shape.

        Input neuron ``copy * n_values + number`` is the one of value ``number`` in a copy of the grid.
        """
        height, width = shape
        return self.copies * height, width

    def spikes(self, stimulus: Stimulus, rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float) -> Spikes:
        """Encode one stimulus of any kind; see `encode` for parameters and errors."""
        if isinstance(stimulus, Signal):
            return self.encode_signal(stimulus, rng, n_bins=n_bins, dt=dt)
        if isinstance(stimulus, Events):
            return self.encode_events(stimulus, rng, n_bins=n_bins, dt=dt)
        return self.encode(stimulus, rng, attempt=attempt, n_bins=n_bins, dt=dt)

    def strength(self, stimulus: Stimulus, *, n_input: int, n_bins: int, dt: float) -> NDArray[np.float64]:
        """Return how strongly a stimulus drives each input neuron, float64, (n_input,), at least 0.

        Start weights from samples are these. A picture drives its pixels as strongly as they are bright; otherwise it
        is the number of spikes, each counted as often as its factor says.
        """
        if self.copies == 1 and isinstance(stimulus, np.ndarray):
            return stimulus
        found = self.spikes(stimulus, np.random.default_rng(0), attempt=0, n_bins=n_bins, dt=dt)
        return np.bincount(found.index, found.factor, minlength=n_input).astype(np.float64)

    def encode(
        self, image: NDArray[np.float64], rng: np.random.Generator, *, attempt: int, n_bins: int, dt: float
    ) -> Spikes:
        """Encode one picture.

        Parameters
        ----------
        image : ndarray, float64, (n_input,)
            Grey values, 0 (no input) to usually 255.
        rng : numpy.random.Generator
            The generator of this presentation and attempt.
        attempt : int
            0 at first; a repetition may be brighter.
        n_bins : int
            Number of time steps that may carry spikes.
        dt : float
            Time step in seconds.

        Raises
        ------
        StdpbenchError
            If the picture cannot be encoded with these parameters, or this kind shows no pictures.
        """
        raise self._not_for("pictures")

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Encode one signal; parameters and errors as of `encode`."""
        raise self._not_for("signals")

    def encode_events(self, events: Events, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Encode one recording of events; parameters and errors as of `encode`."""
        raise self._not_for("events")

    def _not_for(self, what: str) -> StdpbenchError:
        return StdpbenchError(self.missing or f"encoding.kind {getattr(self, 'kind', '')!r} cannot show {what}")

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return why a picture cannot be encoded, as a sentence without full stop; empty if it can.

        Parameters
        ----------
        brightest : float
            Its largest grey value.
        attempt, n_bins, dt
            As in `encode`.
        """
        return ""
