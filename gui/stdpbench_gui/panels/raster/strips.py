"""Spikes as pixels: strips of presentations side by side on one axis, drawn into an image with NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.runs.analysis.shown_stimulus import strength
from stdpbench.runs.analysis.stream_series import rate_of, thinning
from stdpbench_gui.widgets.axes import step_up
from stdpbench_gui.widgets.pictures import shaded

ROLES = ("input", "exc", "inh")
"""What a population is in a network, by the colour of the theme: the input, one that learns, another one."""
_SHARES = {"input": 0.42, "exc": 0.42, "inh": 0.16}  # of the height
RATE_BIN = 5.0  # ms
MOST_SPIKES = 250_000
"""Spikes of a band that are drawn at most; of more, those of every nth neuron are."""
MOST_INK = 0.5
"""Share of a band that spikes cover at most, likewise."""
GAP = 0.07  # width of the gap for skipped presentations, as a share of the presentation before it

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True)
class Band:
    """Position of a layer's spikes in the image, in pixels.

    Attributes
    ----------
    layer : str
        Name of the population.
    top, height : int
        First row, and number of rows.
    n : int
        Number of neurons.
    mark : tuple of int
        Width and height of a spike.
    role : str
        One of `ROLES`, which decides its share of the height and its colour.
    selects : bool
        Whether the selected neuron is marked in it, and can be selected there.
    """

    layer: str
    top: int
    height: int
    n: int
    mark: tuple[int, int]
    role: str
    selects: bool = True

    @property
    def points(self) -> bool:
        """Whether the row of the selected neuron is pointed at."""
        return self.selects and self.role == "exc"

    def row(self, index: NDArray[np.integer[Any]], height: int = 0) -> NDArray[np.int64]:
        """Return the first row of the marks of neurons; marks never exceed the band."""
        rows = self.top + index.astype(np.int64) * self.height // max(1, self.n)
        return np.minimum(rows, self.top + self.height - (height or self.mark[1]))

    def neuron(self, row: float) -> int:
        """Return the neuron of a row; -1 outside the band."""
        place = int((row - self.top) * self.n // max(1, self.height))
        return place if self.top <= row < self.top + self.height and 0 <= place < self.n else -1


@lru_cache(maxsize=8)
def bands_of(
    sizes: tuple[tuple[str, int], ...],
    height: int,
    roles: tuple[tuple[str, str], ...],
    selectable: str,
) -> tuple[Band, ...]:
    """Return the bands of the non-empty populations in an image, with three empty rows between them.

    Parameters
    ----------
    sizes : tuple of (str, int)
        Populations and their numbers of neurons.
    height : int
        Number of rows of the image.
    roles : tuple of (str, str)
        Role of each population, one of `ROLES`.
    selectable : str
        The population in which the selected neuron is marked.
    """
    present, role = {layer: n for layer, n in sizes if n}, dict(roles)
    total = sum(_SHARES[role[layer]] for layer in present)
    found, top = [], 0
    for number, layer in enumerate(present):
        last = number == len(present) - 1
        rows = height - top if last else int(_SHARES[role[layer]] / total * height)
        room = max(4, rows - (0 if last else 3))
        fine = role[layer] == "input"
        high = int(np.clip(room / present[layer] * 0.8, 1 if fine else 3, 12))
        mark = 1 if fine else 2, min(high, room)
        found.append(Band(layer, top, room, present[layer], mark, role[layer], layer == selectable))
        top += rows
    return tuple(found)


@dataclass(eq=False)
class Strip:
    """One presentation on the common axis.

    Attributes
    ----------
    presentation, image, attempts : int
        Number of the presentation (from 0), number of its picture, and how often that was presented.
    spikes : mapping of str to (index, bin)
        Spikes by population.
    duration, stimulus : float
        Total duration, and duration of the stimulus, in ms.
    dt : float
        Time step in ms.
    rate : ndarray, float64
        Spikes per second and neuron that is read in bins of `rate_bin`.
    start : float
        Start on the common axis, in ms.
    skipped : int
        Number of skipped presentations between the previous strip and this one; -1 for the first strip.
    rate_bin : float
        Width of the bins of the rate, in ms.
    gap : float
        Width of the gap before it on the common axis, in ms.
    factor : ndarray, float64 or float32, or None
        Factors of the spikes of the first layer, the input, if they carry some.
    """

    presentation: int
    image: int
    attempts: int
    spikes: Mapping[str, Pairs]
    duration: float
    stimulus: float
    dt: float
    rate: NDArray[np.float64]
    start: float = 0.0
    skipped: int = -1
    rate_bin: float = RATE_BIN
    gap: float = 0.0
    factor: NDArray[np.float64 | np.float32] | None = None

    @classmethod
    def of(cls, frame: Mapping[str, Any], dt: float) -> Strip:
        """Create a strip from a ``presentation`` frame; `dt` in ms."""
        duration = frame["n_bins"] * dt
        rate = rate_of(frame["spikes"][frame["read"]][1], dt, duration, len(frame["spike_counts"]), RATE_BIN)
        return cls(
            frame["presentation"],
            frame["image"],
            frame["attempts"],
            frame["spikes"],
            duration,
            frame["stimulus_bins"] * dt,
            dt,
            rate,
            factor=frame.get("input_factor"),
        )

    @cached_property
    def top_rate(self) -> float:
        """Upper limit of an axis for the rates."""
        return step_up(float(self.rate.max(initial=0.0)))

    def with_rate_bins(self, width: float, read: Pairs, n: int) -> Strip:
        """Return the strip with the rate of some spikes of n neurons in bins of another width, in ms."""
        return replace(self, rate=rate_of(read[1], self.dt, self.duration, n, width), rate_bin=width)

    @property
    def end(self) -> float:
        """End on the common axis, in ms."""
        return self.start + self.duration

    @property
    def n_bins(self) -> int:
        """Number of time steps."""
        return round(self.duration / self.dt)

    def place_in_stream(self, other: Strip | None) -> None:
        """Place a piece at its time from the start of the stream; `other` is the piece that was seen before it."""
        self.start = self.presentation * self.duration
        self.skipped = -1 if other is None else self.presentation - other.presentation - 1

    def follow(self, other: Strip) -> None:
        """Place the strip to the right of another one, with a gap if presentations were skipped."""
        self.skipped = max(0, self.presentation - other.presentation - 1)
        self.gap = GAP * other.duration if self.skipped else 0.0
        self.start = other.end + self.gap


@dataclass(frozen=True, eq=False)
class Placed:
    """Positions of one layer's spikes on the common axis, for all strips.

    Attributes
    ----------
    index : ndarray, int32, (n,)
        Neuron of each spike.
    column : ndarray, int64, (n,)
        Column on the common axis.
    place : ndarray, int64, (n,)
        Index into a flat image that starts at the first column of the common axis.
    every : int
        Spikes of every how many neurons are drawn; 1: of all.
    strength : ndarray, float64, (n,), or None
        How strongly their marks are drawn, by their factors; None: all alike.
    """

    index: NDArray[np.int32]
    column: NDArray[np.int64]
    place: NDArray[np.int64]
    every: int = 1
    strength: NDArray[np.float64] | None = None


def place(
    strips: Sequence[Strip], bands: Sequence[Band], width: int, scale: float, selected: int = -1
) -> dict[str, Placed]:
    """Return the pixels of spikes, by layer, in an image of a given width with `scale` pixels per ms.

    Of more than `MOST_SPIKES` in a layer, or if those of more neurons than rows would cover more than `MOST_INK` of
    it, they are those of every nth neuron and of the selected one.
    """
    found = {}
    for band in bands:
        pairs = [strip.spikes[band.layer] for strip in strips]
        size = _sizes(strips, pairs) if band.role == "input" else None
        most = MOST_SPIKES
        if band.n > band.height:  # several neurons share a row
            most = min(most, max(1, int(MOST_INK * width * band.height / (band.mark[0] * band.mark[1]))))
        every = thinning(sum(len(index) for index, _ in pairs), most)
        if every > 1:
            kept = [_kept(index, every, selected if band.selects else -1) for index, _ in pairs]
            pairs = [(index[which], bins[which]) for (index, bins), which in zip(pairs, kept, strict=True)]
            size = None if size is None else size[np.concatenate(kept)]
        index = np.concatenate([pair[0] for pair in pairs]) if pairs else np.empty(0, np.int32)
        starts = [round(strip.start * scale) for strip in strips]
        parts = [
            (pair[1] * (strip.dt * scale)).astype(np.int64) + start
            for pair, strip, start in zip(pairs, strips, starts, strict=True)
        ]
        column = np.concatenate(parts) if parts else np.empty(0, np.int64)
        found[band.layer] = Placed(index, column, band.row(index) * width + column, every, size)
    return found


def _kept(index: NDArray[np.int32], every: int, selected: int) -> NDArray[np.bool_]:
    return np.asarray((index % every == 0) | (index == selected), np.bool_)


def _sizes(strips: Sequence[Strip], pairs: Sequence[Pairs]) -> NDArray[np.float64] | None:
    """Return how strongly the marks of all strips are drawn; None if no spike carries a factor."""
    if all(strip.factor is None for strip in strips):
        return None
    ones = (np.ones(len(index)) for index, _ in pairs)
    return strength(
        np.concatenate(
            [one if strip.factor is None else strip.factor for strip, one in zip(strips, ones, strict=True)]
        )
    )


def fill(
    image: NDArray[np.uint32],
    placed: Mapping[str, Placed],
    bands: Sequence[Band],
    colours: Mapping[str, int],
    left: int,
    selected: int = -1,
) -> None:
    """Draw spikes into an image.

    Parameters
    ----------
    image : ndarray, uint32, (height, width)
        Image to fill in place; its content is first overwritten with ``colours["base"]``.
    placed, bands
        Spikes and their positions; see `place`.
    colours : mapping of str to int
        0xAARRGGBB of ``base``, `ROLES`, and ``selected``.
    left : int
        Column of the common axis at the left edge of the image.
    selected : int
        Neuron with highlighted spikes; -1: none.
    """
    image[...] = colours["base"]
    for band in bands:
        spikes, colour = placed[band.layer], colours[band.role]
        if spikes.strength is None:
            _stamp(image, spikes.place, spikes.column, left, band.mark, colour)
        else:
            last = np.argsort(spikes.strength, kind="stable")  # the strongest are on top
            inks = shaded(colours["base"], colour, spikes.strength[last])
            _stamp(image, spikes.place[last], spikes.column[last], left, band.mark, inks)
    for band in bands if selected >= 0 else ():
        if band.selects:
            spikes = placed[band.layer]
            column = spikes.column[spikes.index == selected]
            high = min(band.height, 11)
            top = int(band.row(np.array([selected]))[0]) + (band.mark[1] - high) // 2
            top = min(max(top, band.top), band.top + band.height - high)
            _stamp(image, top * image.shape[1] + column, column, left, (3, high), colours["selected"])


def _stamp(
    image: NDArray[np.uint32],
    place: NDArray[np.int64],
    column: NDArray[np.int64],
    left: int,
    mark: tuple[int, int],
    colour: int | NDArray[np.uint32],
) -> None:
    """Draw marks, except those that cross the left or right edge; of one colour, or each of its own."""
    (wide, high), width, flat = mark, image.shape[1], image.reshape(-1)
    within = (column >= left) & (column <= left + width - wide)
    inside = place[within] - left
    if isinstance(colour, np.ndarray):
        colour = colour[within]
    for down in range(high):
        for right in range(wide):
            flat[inside + (down * width + right) if down or right else inside] = colour


def fill_rate(
    image: NDArray[np.uint32], strips: Sequence[Strip], colour: int, base: int, scale: float, left: int, top: float
) -> None:
    """Draw the rate of strips as columns from the bottom of an image; `top` is the rate at its upper edge."""
    image[...] = base
    height, width = image.shape
    rows = np.arange(height, 0, -1, dtype=np.int32)[:, None]
    for strip in strips:
        first = round(strip.start * scale) - left
        columns = np.arange(max(0, first), min(width, first + int(strip.duration * scale)))
        if len(columns):
            bins = ((columns - first + 0.5) / (scale * strip.rate_bin)).astype(np.int64)
            bins = np.minimum(bins, len(strip.rate) - 1)
            high = np.round(strip.rate[bins] / top * height).astype(np.int32)
            highest = int(high.max(initial=0))
            if highest:  # rows above the highest column are empty
                part = image[-highest:, columns[0] : columns[-1] + 1]
                np.copyto(part, np.uint32(colour), where=rows[-highest:] <= high)


def every(strips: Sequence[Strip]) -> int:
    """Return the n of "every nth presentation is shown": median over strips; 1: none skipped, 0: unknown."""
    steps = [strip.skipped + 1 for strip in strips if strip.skipped >= 0]
    return int(np.median(steps)) if steps else 0
