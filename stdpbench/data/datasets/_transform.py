"""Preprocessing steps from raw pictures to network input; see `stdpbench.data.datasets.base.transform`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

Pixels = NDArray[np.uint8] | NDArray[np.float32]
_LUMINANCE = np.array([0.299, 0.587, 0.114])
_BLOCK, _BLOCK_PIXELS = 4096, 2**24  # pictures and pixels per block
_EDGE = 0.1613  # largest contrast at an edge of height 1: of Phi(x) - Phi(x / 2), Phi the normal distribution

_FLAT = 1e-9  # variance of rows, in square pixels, below which a picture is a single row, with rounding errors


def grey(stack: Pixels) -> Pixels:
    """Convert colours, (n, height, width, 3), to their luminance."""
    return _blockwise(stack, lambda block: block @ _LUMINANCE)


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


def framed(stack: Pixels, side: int) -> Pixels:
    """Put pictures in the middle of black squares."""
    n, height, width = stack.shape
    if side < max(height, width):
        raise StdpbenchError(
            f"data.frame = {side} is smaller than the pictures of {height}×{width} pixels; "
            f"it must be at least {max(height, width)}, or data.resize must scale the pictures down"
        )
    top, left = (side - height) // 2, (side - width) // 2
    squares = np.zeros((n, side, side), stack.dtype)
    squares[:, top : top + height, left : left + width] = stack
    return squares


def centred(stack: Pixels) -> Pixels:
    """Shift pictures by whole pixels so that their centres of mass are in the middle."""
    _, height, width = stack.shape
    down = _shift_to_middle(stack.sum(axis=2, dtype=np.float64), height)
    right = _shift_to_middle(stack.sum(axis=1, dtype=np.float64), width)
    shifted = np.zeros_like(stack)
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
        shifted[chosen] = target
    return shifted


def _shift_to_middle(profiles: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Return the shift in whole pixels that centres the mass of each profile (pictures, n); 0 for empty ones."""
    mass = profiles.sum(axis=1)
    moment = profiles @ np.arange(n, dtype=np.float64)
    centre = np.divide(moment, mass, out=np.full(len(mass), (n - 1) / 2), where=mass > 0)
    shifts: NDArray[np.int64] = np.rint((n - 1) / 2 - centre).astype(np.int64)
    return shifts


def deskewed(stack: Pixels) -> Pixels:
    """Shear pictures horizontally so that their principal axes are vertical."""
    return _blockwise(stack, _upright)


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


def on_off(stack: Pixels, sigma: float) -> Pixels:
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


def factors_to(stack: Pixels, value: float, order: Literal[1, 2]) -> NDArray[np.float32]:
    """Return the factors, (n,), that make the sum (1) or the length (2) of grey values `value`; 0 for black ones."""
    flat = stack.reshape(len(stack), -1)
    if order == 1:
        sums = flat.sum(axis=1, dtype=np.uint32 if stack.dtype == np.uint8 else np.float64).astype(np.float64)
    else:
        sums = np.sqrt(np.einsum("ij,ij->i", flat, flat, dtype=np.float64))
    factors: NDArray[np.float64] = np.divide(value, sums, out=np.zeros(len(sums)), where=sums > 0)
    return factors.astype(np.float32)
