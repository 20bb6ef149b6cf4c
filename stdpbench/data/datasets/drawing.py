"""Adapt drawings to the pictures of a data set: same size, position and brightness.

MNIST's digits were scaled to fit a box of 20 × 20 pixels and placed in 28 × 28 by their centre of mass; other data
sets were made in other, undocumented ways. So `measure_style` measures the size and position of pictures, and
`in_style` applies them to a drawing. For MNIST this repeats the procedure of MNIST.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.data.stimuli import Images

_SAMPLE = 500
_INK = 0.1  # of the brightest pixel; darker pixels do not count as ink
_EQUAL = 0.01  # relative SD of sizes below which pictures count as normalised


@dataclass(frozen=True)
class PictureStyle:
    """How the pictures of a data set fill their frame.

    Attributes
    ----------
    shape : tuple of int
        Height and width of the frame.
    side : float
        Longer side of the box around the ink, in pixels.
    by_mass : bool
        Whether the pictures are aligned by centre of mass, rather than by the middle of the box.
    centre : tuple of float
        Mean position of that point: row and column.
    peak : float
        Grey value of the brightest pixel.
    pixel_sum, pixel_norm : float or None
        Sum of grey values, and square root of the sum of their squares, if they are the same in all pictures.
    stroke : float
        Approximate line width in pixels.
    """

    shape: tuple[int, int]
    side: float
    by_mass: bool
    centre: tuple[float, float]
    peak: float
    pixel_sum: float | None
    pixel_norm: float | None
    stroke: float = 2.0


def measure_style(images: Images) -> PictureStyle:
    """Measure how pictures fill their frame.

    Parameters
    ----------
    images : Images
        Preprocessed pictures; an evenly spaced sample of about 500 is measured.
    """
    pixels = images.pixels[:: max(1, len(images) // _SAMPLE)].astype(np.float64)
    height, width = pixels.shape[1:]
    pixels = pixels[pixels.any(axis=(1, 2))]
    if not len(pixels):
        return PictureStyle(
            (height, width), max(height, width) * 5 / 7, True, ((height - 1) / 2, (width - 1) / 2), 255.0, None, None
        )
    boxes = np.array([_box(picture) for picture in pixels], np.float64)
    middles = np.stack([(boxes[:, 0] + boxes[:, 1] - 1) / 2, (boxes[:, 2] + boxes[:, 3] - 1) / 2], axis=1)
    masses = np.array([_mass(picture) for picture in pixels])
    by_mass = bool(masses.var(axis=0).sum() <= middles.var(axis=0).sum())
    row, column = (masses if by_mass else middles).mean(axis=0).tolist()
    side = np.median(np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]))
    peak = float(np.median(pixels.max(axis=(1, 2))))
    pixel_sum, pixel_norm = _if_equal(pixels.sum(axis=(1, 2))), _if_equal(np.sqrt((pixels**2).sum(axis=(1, 2))))
    centre, stroke = (row, column), _stroke(pixels)
    return PictureStyle((height, width), float(side), by_mass, centre, peak, pixel_sum, pixel_norm, stroke)


def in_style(ink: NDArray[Any], style: PictureStyle) -> NDArray[np.float32]:
    """Scale, place and brighten a drawing like the pictures of a data set.

    Parameters
    ----------
    ink : ndarray, number, (height, width)
        The drawing, of any size; 0 is no ink.
    style : PictureStyle
        PictureStyle of the pictures.

    Returns
    -------
    ndarray, float32, `style.shape`
        Grey values; all 0 for an empty drawing.
    """
    from PIL import Image

    picture = np.zeros(style.shape, np.float32)
    if not ink.any():
        return picture
    top, bottom, left, right = _box(ink)
    cut = np.ascontiguousarray(ink[top:bottom, left:right], np.float32)
    scale = style.side / max(cut.shape)
    height, width = (max(1, min(round(n * scale), most)) for n, most in zip(cut.shape, style.shape, strict=True))
    scaled = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BICUBIC)).clip(0)
    centre = _mass(scaled) if style.by_mass else ((height - 1) / 2, (width - 1) / 2)
    first_row, first_column = (
        min(max(round(target - offset), 0), most - n)
        for target, offset, most, n in zip(style.centre, centre, style.shape, (height, width), strict=True)
    )
    picture[first_row : first_row + height, first_column : first_column + width] = scaled
    if style.pixel_sum is not None:
        factor = style.pixel_sum / picture.sum()
    elif style.pixel_norm is not None:
        factor = style.pixel_norm / np.linalg.norm(picture)
    else:
        factor = style.peak / picture.max()
    return picture * np.float32(factor)


def _if_equal(sizes: NDArray[np.float64]) -> float | None:
    """Return the mean size of pictures if all have the same, else None."""
    mean = float(sizes.mean())
    return mean if len(sizes) > 1 and float(sizes.std()) < _EQUAL * mean else None


def _box(picture: NDArray[Any]) -> tuple[int, int, int, int]:
    """Return the first row of the ink and the row after its last one, and the same for columns."""
    inked = picture > _INK * picture.max()
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _stroke(pixels: NDArray[np.float64]) -> float:
    """Estimate the line width w: the mean distance of its pixels to the background is (w + 2) / 4."""
    from scipy.ndimage import distance_transform_edt

    widths = []
    for picture in pixels:
        line = np.pad(picture > picture.max() / 2, 1)
        widths.append(4 * float(distance_transform_edt(line)[line].mean()) - 2)
    return max(1.0, float(np.median(widths)))


def _mass(picture: NDArray[Any]) -> tuple[float, float]:
    total = float(picture.sum(dtype=np.float64))
    rows, columns = picture.sum(axis=1, dtype=np.float64), picture.sum(axis=0, dtype=np.float64)
    return float(rows @ np.arange(len(rows)) / total), float(columns @ np.arange(len(columns)) / total)
