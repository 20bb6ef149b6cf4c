"""Evaluated pictures as Qt images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from stdpbench_gui.look import colour_maps, theme


def ink(picture: NDArray[Any]) -> QImage:
    """Convert a picture, (height, width), to ink on the theme's paper colour."""
    return inks(picture[None])[0]


def inks(pictures: NDArray[Any]) -> list[QImage]:
    """Convert several pictures, (n, height, width), with one colour table."""
    table = theme.lookup(colour_maps.sequential())
    height, width = pictures.shape[1:3]
    top = np.maximum(pictures.max(axis=(1, 2), keepdims=True).astype(np.float32), 1e-9)
    rgba = table[np.round(pictures * (255 / top)).astype(np.uint8)]
    kind = QImage.Format.Format_RGBA8888
    return [QImage(one.tobytes(), width, height, 4 * width, kind).copy() for one in rgba]
