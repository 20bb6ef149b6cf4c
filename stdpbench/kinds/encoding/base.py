"""Base class of encoders, which turn a stimulus into spikes.

All randomness of input spikes comes from `generator`, which depends on (seed, phase, presentation, attempt). So any
process can encode any presentation, in advance or again, with the same spikes.
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
PHASES = ("train", "label", "test", "held-out", "samples")


@dataclass(frozen=True, eq=False)
class Spikes:
    """Input spikes of one presentation, sorted by (bin, index), without duplicates.

    Attributes
    ----------
    index : ndarray, int32, (n_spikes,)
        Input neuron of each spike.
    bin : ndarray, int32, (n_spikes,)
        Time step of each spike, counted from the start of the presentation.
    merged : int
        Number of spikes left out because the same input already has a spike in that step.
    currents : ndarray, float64, (n_input,) or (n_bins, n_input), or None
        Currents in place of spikes, constant or per step: in each step, a projection from the input adds its weights
        times the currents to its receptor.
    factor : ndarray, float64 or float32, (n_spikes,), or None
        Factor on the weight of each spike: weight times factor reaches a receptor. Finite; 0 and negative numbers are
        allowed. None: 1. Plasticity rules and traces ignore factors.
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
    phase : {"train", "label", "test", "held-out", "samples"}
        Purpose of the presentation.
    presentation : int
        Number of the presentation within its phase, from 0.
    attempt : int
        0 for the first presentation of the picture, 1 for the first repetition, and so on.
    purpose : int, optional
        Number of another random stream of the same attempt; default: the stream of the encoder.
    """
    entropy = (seed, PHASES.index(phase), presentation, attempt, *(() if purpose is None else (purpose,)))
    words = (
        np.array(entropy, np.uint32) if max(entropy) < 2**32 else entropy
    )  # faster than splitting integers into words
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


def sorted_spikes(
    index: NDArray[np.integer], time: NDArray[np.float64], n_bins: int, dt: float, *, clip: bool = False
) -> Spikes:
    """Return spikes from their times; several spikes of one input in one step become one.

    Parameters
    ----------
    index : ndarray, integer, (n_spikes,)
        Input neuron of each spike.
    time : ndarray, float64, (n_spikes,)
        Times in s, at least 0. A spike belongs to the time step in which it lies; a time that differs from the start
        of a step only by rounding errors counts as that start.
    n_bins : int
        Number of time steps that may carry spikes; later spikes are left out.
    dt : float
        Time step in seconds.
    clip : bool
        Whether to move later spikes to the last step instead.
    """
    steps = time / dt
    steps += 1e-6
    np.floor(steps, out=steps)
    step, index = steps.astype(np.int64), np.asarray(index)
    if clip:
        step = np.minimum(step, n_bins - 1)
    if step.max(initial=-1) >= n_bins or step.min(initial=0) < 0:
        inside = np.flatnonzero((step >= 0) & (step < n_bins))
        index, step = index[inside], step[inside]
    return sorted_by_step(index, step)


def sorted_by_step(index: NDArray[np.integer], step: NDArray[np.integer]) -> Spikes:
    """Return spikes sorted by (bin, index); several spikes of one input in one step become one.

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
    """Return the sorted distinct values of non-negative numbers; may modify the array.

    NumPy sorts up to about 1500 numbers with vector instructions. Larger arrays are sorted by their two halves of 16
    bits, for which NumPy has a radix sort.
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
        Number of spikes of each input; spikes are grouped by input.
    """
    numbers: NDArray[np.int64] = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers


class Encoder(Parameters):
    """Conversion of stimuli to spikes; one kind per file.

    A kind overrides a method for each kind of stimulus in `takes`: `encode` for pictures, `encode_signal` or
    `encode_events`.
    """

    summary: ClassVar[str]
    reference: ClassVar[str]
    takes: ClassVar[tuple[str, ...]] = ("images",)
    """Kinds of stimuli that can be encoded: ``"images"``, ``"signals"``, ``"events"``."""
    timed: ClassVar[bool] = True
    """Whether spike times carry information beyond spike counts."""
    currents: ClassVar[bool] = False
    """Whether the input is currents instead of spikes; projections from it then need weights, and no delays."""
    stronger: ClassVar[bool] = False
    """Whether repetitions of a picture are stronger. If not, each picture is presented once."""

    @property
    def graded(self) -> bool:
        """Whether spikes carry factors; see `Spikes`."""
        return False

    @property
    def draws(self) -> bool:
        """Whether spikes depend on random numbers. If not, the generator is ignored."""
        return True

    @property
    def one_spike(self) -> bool:
        """Whether each input fires at most once, at a time that depends only on its value."""
        return False

    @property
    def copies(self) -> int:
        """Number of input neurons for each value: copies of the grid, one below the other."""
        return 1

    copy_names: ClassVar[tuple[str, ...]] = ()
    """Names of the copies; empty: they are numbered."""

    def input_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of the input population for stimuli with a grid of this shape.

        Input neuron ``copy * n_values + number`` encodes value ``number`` in a copy of the grid.
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
        """Return the strength with which a stimulus drives each input neuron, float64, (n_input,), at least 0.

        Used for initial weights from samples. For a picture with one input per pixel it is the grey value, otherwise
        the number of spikes, weighted by their factors.
        """
        if self.copies == 1 and isinstance(stimulus, np.ndarray):
            return stimulus
        spikes = self.spikes(stimulus, np.random.default_rng(0), attempt=0, n_bins=n_bins, dt=dt)
        return np.bincount(spikes.index, spikes.factor, minlength=n_input).astype(np.float64)

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
            0 for the first presentation; repetitions may be stronger.
        n_bins : int
            Number of time steps that may carry spikes.
        dt : float
            Time step in seconds.

        Raises
        ------
        StdpbenchError
            If the picture cannot be encoded with these parameters, or this kind does not encode pictures.
        """
        raise self._not_for("pictures")

    def encode_signal(self, signal: Signal, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Encode one signal; see `encode` for parameters and errors."""
        raise self._not_for("signals")

    def encode_events(self, events: Events, rng: np.random.Generator, *, n_bins: int, dt: float) -> Spikes:
        """Encode one recording of events; see `encode` for parameters and errors."""
        raise self._not_for("events")

    def _not_for(self, stimuli: str) -> StdpbenchError:
        return StdpbenchError(self.missing or f"encoding.kind {getattr(self, 'kind', '')!r} cannot encode {stimuli}")

    def problem(self, brightest: float, attempt: int, n_bins: int, dt: float) -> str:
        """Return why a picture cannot be encoded, as a sentence without full stop; empty if it can.

        Parameters
        ----------
        brightest : float
            Its largest grey value.
        attempt, n_bins, dt
            See `encode`.
        """
        return ""
