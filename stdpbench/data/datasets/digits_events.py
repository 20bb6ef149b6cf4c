"""Digits as events of a simulated moving event camera, without a download."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.datasets.base import Source, Split
from stdpbench.data.datasets.digits import Digits
from stdpbench.data.stimuli import EventSet, StimulusSet, pictures_of
from stdpbench.declare.parameters import parameter

_STEP = 2e-3  # s: log intensity is interpolated linearly within a step
_DARK = 0.1  # intensity of black; white has 1
_CORNERS = ((0.0, 0.0), (1.0, 0.5), (0.0, 1.0), (0.0, 0.0))  # of the path, in units of the movement: right, left, up


class DigitsEvents(Source):
    r"""The 8 × 8 digits of scikit-learn, moved by three saccades before simulated event-based pixels.

    A digit, twice as large, moves along a triangle: three straight movements of `saccade` each. The logarithm of the
    intensity of each pixel of the camera, :math:`\log(0.1 + 0.9\, grey/255)`, is compared with its value at the last
    event of the pixel. Where it has risen or fallen by `contrast`, an event of polarity *on* or *off* occurs, when a
    straight line between two moments, 2 ms apart, crosses the level. Each pixel has a channel for on events (first
    plane) and one for off events.

    N-MNIST was recorded from MNIST in the same way, with a real camera (Orchard et al. 2015). The split is that of
    `digits`.
    """

    kind: Literal["digits-events"] = "digits-events"
    contrast: float = parameter(0.5, unit="", gt=0.01, le=3, help="Change of log intensity that evokes an event.")
    saccade: float = parameter(50.0, unit="ms", ge=2, le=1000, help="Duration of each of the three movements.")
    movement: float = parameter(3.0, unit="px", gt=0, le=8, help="Side of the triangle along which a digit moves.")

    summary: ClassVar[str] = "The 8 × 8 digits as events of a simulated moving camera; no download"
    reference: ClassVar[str] = "Orchard et al. 2015, doi:10.3389/fnins.2015.00437"
    shows: ClassVar[str] = "events"
    plane_names: ClassVar[tuple[str, ...]] = ("on", "off")

    def prepare(self) -> Split:
        """Move the digits; see `Source.prepare`."""
        split = Digits().load()
        return Split(self._recorded(split.train), self._recorded(split.test), split.class_names)

    def _recorded(self, digits: StimulusSet) -> EventSet:
        pixels = pictures_of(digits).pixels
        labels = tuple(digits.known_labels.tolist())
        return _events(pixels.tobytes(), pixels.shape[1], self.contrast, self.saccade, self.movement, labels)


@lru_cache(maxsize=4)
def _events(
    content: bytes, side: int, contrast: float, saccade: float, movement: float, labels: tuple[int, ...]
) -> EventSet:
    """Return the events of pictures, uint8, (n, side, side); cached, since a process needs them repeatedly."""
    pictures = np.frombuffer(content, np.uint8).reshape(-1, side, side)
    canvas = _canvas(pictures, movement)
    n_steps = round(saccade * 1e-3 / _STEP)
    size = 2 * side + int(np.ceil(movement))
    reference = np.log(_shifted(canvas, 0.0, 0.0, size))
    before = reference.copy()
    events = []
    for corner in range(3):
        for step in range(n_steps):
            fraction = (step + 1) / n_steps
            down, right = (
                movement * (a + (b - a) * fraction)
                for a, b in zip(_CORNERS[corner], _CORNERS[corner + 1], strict=True)
            )
            now = np.log(_shifted(canvas, down, right, size))
            events.append(_level_crossings(reference, before, now, contrast, (corner * n_steps + step) * _STEP))
            before = now
    picture, index, time = (np.concatenate(arrays) for arrays in zip(*events, strict=True))
    duration = np.full(len(pictures), 3 * n_steps * _STEP)
    return EventSet.of_events(picture, index, time, duration, (2, size, size), np.array(labels, np.int64))


def _canvas(pictures: NDArray[np.uint8], movement: float) -> NDArray[np.float64]:
    """Return intensities of the pictures at twice their size, with a margin for the movement."""
    grey = np.repeat(np.repeat(pictures, 2, axis=1), 2, axis=2) / 255
    margin = int(np.ceil(movement)) + 1
    return _DARK + (1 - _DARK) * np.pad(grey, ((0, 0), (margin, margin), (margin, margin)))


def _shifted(canvas: NDArray[np.float64], down: float, right: float, size: int) -> NDArray[np.float64]:
    """Return the intensity at each pixel, (n, size * size): the canvas, shifted with bilinear interpolation."""
    margin = (canvas.shape[1] - size) // 2 + 1
    top, left = margin - down, margin - right
    row, column = int(np.floor(top)), int(np.floor(left))
    y, x = top - row, left - column
    parts = [
        (1 - y) * (1 - x) * canvas[:, row : row + size, column : column + size],
        (1 - y) * x * canvas[:, row : row + size, column + 1 : column + 1 + size],
        y * (1 - x) * canvas[:, row + 1 : row + 1 + size, column : column + size],
        y * x * canvas[:, row + 1 : row + 1 + size, column + 1 : column + 1 + size],
    ]
    intensity: NDArray[np.float64] = np.sum(parts, axis=0)
    return intensity.reshape(len(canvas), -1)


def _level_crossings(
    last: NDArray[np.float64],
    before: NDArray[np.float64],
    now: NDArray[np.float64],
    contrast: float,
    start: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return picture, channel and time of the events of one step; update the reference levels `last` in place."""
    change = now - last
    n = np.floor(np.abs(change) / contrast + 1e-9).astype(np.int64)
    picture, pixel = np.nonzero(n)
    counts, up = n[picture, pixel], change[picture, pixel] > 0
    sign = np.where(up, 1.0, -1.0)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    level = np.repeat(last[picture, pixel], counts) + np.repeat(sign, counts) * number * contrast
    from_, to = (np.repeat(levels[picture, pixel], counts) for levels in (before, now))
    fraction = np.clip((level - from_) / np.where(to == from_, 1.0, to - from_), 0.0, 1.0)
    last[picture, pixel] += sign * counts * contrast
    channel = np.repeat(np.where(up, pixel, pixel + now.shape[1]), counts)
    return np.repeat(picture, counts), channel, start + fraction * _STEP
