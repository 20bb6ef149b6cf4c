"""Declared preprocessing steps from raw pictures to network input."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

Pixels = NDArray[np.uint8] | NDArray[np.float32]
_LUMINANCE = np.array([0.299, 0.587, 0.114])
_BLOCK, _BLOCK_PIXELS = 4096, 2**24  # pictures and pixels per block
_EDGE = 0.1613  # largest contrast at an edge of height 1: of Phi(x) - Phi(x / 2), Phi the normal distribution

_FLAT = 1e-9  # variance of rows, in square pixels, below which a picture is a single row, with rounding errors


class Steps(Protocol):
    """The steps that a data set declares; see `stdpbench.data.datasets.base.Dataset`."""

    @property
    def resize(self) -> int | None: ...
    @property
    def frame(self) -> int | None: ...
    @property
    def invert(self) -> bool: ...
    @property
    def center(self) -> bool: ...
    @property
    def deskew(self) -> bool: ...
    @property
    def on_off(self) -> float | None: ...
    @property
    def pixel_sum(self) -> float | None: ...


def transform(pixels: NDArray[Any], dataset: Steps) -> Pixels:
    r"""Apply the steps that `dataset` declares to a stack of pictures or one drawn picture.

    The steps that are declared, in this order:

    1. grey: colours become their luminance, :math:`0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601);
    2. resize: scaled to a square by bicubic interpolation, over the area of a target pixel when shrinking; clipped
       to 0 .. 255;
    3. invert: :math:`255 - pixel`;
    4. frame: put in the middle of a black square (an odd rest goes to the right and below);
    5. centre: shifted by whole pixels so that the centre of mass lies within half a pixel of the middle; pixels do not
       wrap around. It follows the frame to use its margin; pixels that are moved beyond the edge are lost;
    6. deskew: sheared horizontally so that the principal axis is vertical. Each row moves by
       :math:`-s\,(r - \bar r)`, where r is its number, :math:`\bar r` and :math:`\bar c` the centre of mass, and
       :math:`s = \mu_{11} / \mu_{02}` the ratio of the central moments
       :math:`\mu_{11} = \sum p\,(r - \bar r)(c - \bar c)` and :math:`\mu_{02} = \sum p\,(r - \bar r)^2` of the grey
       values p, at most 1 either way (45°). Linear interpolation within rows leaves the centre of mass where it was;
       pixels that are moved beyond the edge are lost;
    7. on and off: the difference of two Gaussians with SDs of `on_off` and twice as many pixels, as in cells of the
       lateral geniculate nucleus; positive values become the upper half of the picture, negative ones, with the sign
       changed, the lower half. An edge from black to white has contrasts of 255; larger ones are cut;
    8. pixel sum: multiplied so that the grey values of a picture sum to `pixel_sum`; a black picture stays black.

    The sixth is the deslanting of LeCun et al. (1998), section III, with moments of grey values rather than of
    foreground pixels; the limit is ours. The seventh is after Kheradpisheh et al. (2018), section 2.1, with SDs of 1
    and 2.

    Parameters
    ----------
    pixels : ndarray, uint8 or float, (height, width), (n, height, width) or (n, height, width, 3)
        Grey values in 0 .. 255.
    dataset : Steps
        A data set that declares steps.

    Returns
    -------
    ndarray, uint8 or float32, (height, width) or (n, height, width)
        uint8 stays uint8, rounded, unless `pixel_sum` is declared; otherwise float32.

    Raises
    ------
    StdpbenchError
        If the frame is smaller than the pictures.
    ValueError
        If `pixels` has another number of dimensions.
    """
    if pixels.ndim not in (2, 3, 4):
        raise ValueError(f"pixels must have 2, 3 or 4 dimensions, not {pixels.ndim}")
    raw = pixels[None] if pixels.ndim == 2 else pixels
    stack: Pixels = raw if raw.dtype == np.uint8 else raw.astype(np.float32, copy=False)
    if stack.ndim == 4:
        stack = _blockwise(stack, lambda block: block @ _LUMINANCE)
    if dataset.resize is not None:
        stack = resize(stack, dataset.resize)
    if dataset.invert:
        stack = np.subtract(255, stack, dtype=stack.dtype)
    if dataset.frame is not None:
        stack = _framed(stack, dataset.frame)
    if dataset.center:
        stack = _centred(stack)
    if dataset.deskew:
        stack = _blockwise(stack, _upright)
    if dataset.on_off is not None:
        stack = _on_off(stack, dataset.on_off)
    if dataset.pixel_sum is not None:
        stack = _equal_sum(stack, dataset.pixel_sum)
    return stack[0] if pixels.ndim == 2 else stack


def resize(stack: Pixels, side: int) -> Pixels:
    """Scale pictures to `side` × `side` by bicubic interpolation.

    Parameters
    ----------
    stack : ndarray, uint8 or float32, (n, height, width)
        Grey values.
    side : int
        Pixels per side of the result.

    Returns
    -------
    ndarray, dtype of `stack`, (n, side, side)
        In 0 .. 255.
    """
    height, width = stack.shape[1:]
    if (height, width) == (side, side):
        return stack
    down, across = _resampling(height, side), _resampling(width, side).T
    return _blockwise(stack, lambda block: np.clip(down @ block @ across, 0, 255), side**2)


@lru_cache(maxsize=256)
def _resampling(n: int, side: int) -> NDArray[np.float64]:
    """Return the weights, float64, (side, n), that resample `n` pixels in a row to `side`."""
    from PIL import Image

    # interpolation is linear: Pillow's response to unit impulses gives the weights, and one product resizes a stack
    impulses = Image.fromarray(np.eye(n, dtype=np.float32))
    return np.asarray(impulses.resize((n, side), Image.Resampling.BICUBIC), dtype=np.float64)


def _blockwise(stack: Pixels, step: Callable[[NDArray[np.float64]], NDArray[np.float64]], n_pixels: int = 0) -> Pixels:
    """Apply a step in float64, in blocks of pictures to limit memory; the dtype of `stack` is kept.

    `n_pixels` is the number of pixels of a result, if results may be larger than the pictures of `stack`.
    """
    parts: list[Pixels] = []
    block = min(_BLOCK, max(1, _BLOCK_PIXELS // max(n_pixels, int(np.prod(stack.shape[1:])))))
    for start in range(0, len(stack), block):
        values = step(stack[start : start + block].astype(np.float64))
        parts.append(np.rint(values).astype(np.uint8) if stack.dtype == np.uint8 else values.astype(np.float32))
    return cast(Pixels, np.concatenate(parts))


def _framed(stack: Pixels, side: int) -> Pixels:
    n, height, width = stack.shape
    if side < max(height, width):
        raise StdpbenchError(
            f"data.frame = {side} is smaller than the pictures of {height}×{width} pixels; "
            f"it must be at least {max(height, width)}, or data.resize must scale the pictures down"
        )
    top, left = (side - height) // 2, (side - width) // 2
    framed = np.zeros((n, side, side), stack.dtype)
    framed[:, top : top + height, left : left + width] = stack
    return framed


def _centred(stack: Pixels) -> Pixels:
    _, height, width = stack.shape
    down = _shift_to_middle(stack.sum(axis=2, dtype=np.float64), height)
    right = _shift_to_middle(stack.sum(axis=1, dtype=np.float64), width)
    centred = np.zeros_like(stack)
    # there are few different shifts: one block copy for each is faster than an index per pixel
    codes = (down + height) * (2 * width + 1) + right + width
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for chosen in np.split(order, starts[1:]):
        dy, dx = int(down[chosen[0]]), int(right[chosen[0]])
        target = np.zeros((len(chosen), height, width), stack.dtype)
        target[:, max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = stack[
            chosen, max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)
        ]
        centred[chosen] = target
    return centred


def _shift_to_middle(profiles: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Return the shift in whole pixels that centres the mass of each profile (pictures, n); 0 for empty ones."""
    mass = profiles.sum(axis=1)
    moment = profiles @ np.arange(n, dtype=np.float64)
    centre = np.divide(moment, mass, out=np.full(len(mass), (n - 1) / 2), where=mass > 0)
    shifts: NDArray[np.int64] = np.rint((n - 1) / 2 - centre).astype(np.int64)
    return shifts


def _upright(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shear pictures horizontally about their centres of mass so that their principal axes are vertical."""
    _, height, width = block.shape
    rows, columns = np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64)
    per_row = block.sum(axis=2)
    mass = np.maximum(per_row.sum(axis=1), np.finfo(float).tiny)  # a black picture stays black
    from_centre = rows - ((per_row @ rows) / mass)[:, None]
    mixed = (from_centre * (block @ columns)).sum(axis=1)  # sums over rows of p (r - mean r) are 0
    vertical = (from_centre**2 * per_row).sum(axis=1)
    slant = np.divide(mixed, vertical, out=np.zeros(len(block)), where=vertical > _FLAT * mass)
    shift = np.clip(slant, -1, 1)[:, None] * from_centre
    whole = np.floor(shift)
    fraction = (shift - whole)[..., None]
    places = whole.astype(np.int64)[..., None] + np.arange(width + 1)
    inside = (places >= 0) & (places < width)
    neighbours = np.take_along_axis(block, np.clip(places, 0, width - 1), axis=2) * inside
    sheared: NDArray[np.float64] = (1 - fraction) * neighbours[..., :-1] + fraction * neighbours[..., 1:]
    return sheared


def _on_off(stack: Pixels, sigma: float) -> Pixels:
    """Return contrasts between centre and surround, those with a brighter centre in the upper half."""

    def contrasts(block: NDArray[np.float64]) -> NDArray[np.float64]:
        difference = (_blurred(block, sigma) - _blurred(block, 2 * sigma)) / _EDGE
        return np.clip(np.concatenate([difference, -difference], axis=1), 0, 255)

    return _blockwise(stack, contrasts)


def _blurred(block: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Blur pictures with a Gaussian; pixels at the edge are repeated beyond it."""
    from scipy.ndimage import gaussian_filter

    blurred: NDArray[np.float64] = gaussian_filter(block, (0, sigma, sigma), mode="nearest")
    return blurred


def _equal_sum(stack: Pixels, pixel_sum: float) -> Pixels:
    flat = stack.reshape(len(stack), -1)
    sums = flat.sum(axis=1, dtype=np.uint32 if stack.dtype == np.uint8 else np.float64).astype(np.float64)
    factors = np.divide(pixel_sum, sums, out=np.zeros(len(sums)), where=sums > 0)
    scaled: NDArray[np.float32] = np.multiply(flat, factors[:, None].astype(np.float32), dtype=np.float32)
    return scaled.reshape(stack.shape)
