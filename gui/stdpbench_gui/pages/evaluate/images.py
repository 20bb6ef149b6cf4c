"""Evaluated pictures as Qt draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QImage

from stdpbench_gui.look import colour_maps, theme


def ink(picture: NDArray[Any]) -> QImage:
    """A picture, (height, width), its strokes as ink on the theme's paper."""
    return inks(picture[None])[0]


def inks(pictures: NDArray[Any]) -> list[QImage]:
    """Several pictures, (n, height, width): the table of colours is made once for all of them."""
    table = theme.lookup(colour_maps.sequential())
    height, width = pictures.shape[1:3]
    top = np.maximum(pictures.max(axis=(1, 2), keepdims=True).astype(np.float32), 1e-9)
    rgba = table[np.round(pictures * (255 / top)).astype(np.uint8)]
    kind = QImage.Format.Format_RGBA8888
    return [QImage(one.tobytes(), width, height, 4 * width, kind).copy() for one in rgba]
