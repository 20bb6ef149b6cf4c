"""Evaluated stimuli as Qt images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from stdpbench_gui.look import colour_maps, theme
from stdpbench_gui.widgets.pictures import image_of_colours, visible_size

_FLATTEST = 3  # width by height of a small strip


def shaded(base: int, colour: NDArray[np.uint32] | int, strength: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return colours of marks, uint32 as 0xAARRGGBB, between that of the paper (strength 0) and their own (1)."""
    places = np.array([16, 8, 0], np.uint32)
    paper, own = ((np.asarray(each, np.uint32)[..., None] >> places) & 255 for each in (base, colour))
    mixed = np.rint(paper + (own.astype(np.float64) - paper) * strength[:, None]).astype(np.uint32)
    return np.asarray(np.uint32(0xFF000000) | (mixed << places).sum(axis=1, dtype=np.uint32), np.uint32)


def ink(picture: NDArray[Any]) -> QImage:
    """Convert a stimulus as it is drawn, (height, width), to ink on the theme's paper colour."""
    return inks(picture[None])[0]


def inks(pictures: NDArray[Any]) -> list[QImage]:
    """Convert several stimuli, (n, height, width), with one colour table.

    Single rows and columns, as of channels without a place, become strips that can be seen. Values below 0, as of
    signals, are drawn from the lowest one of each.
    """
    table = theme.lookup(colour_maps.sequential())
    tall, wide = visible_size(pictures.shape[1], pictures.shape[2], _FLATTEST)
    pictures = pictures.repeat(tall // pictures.shape[1], axis=1).repeat(wide // pictures.shape[2], axis=2)
    low = np.minimum(pictures.min(axis=(1, 2), keepdims=True).astype(np.float32), 0)
    top = np.maximum(pictures.max(axis=(1, 2), keepdims=True) - low, 1e-9)
    rgba = table[np.round((pictures - low) * (255 / top)).astype(np.uint8)]
    return list(map(image_of_colours, rgba))
