"""Colour maps in a light and a dark variant: sequential for values, diverging for differences around zero.

Both are defined in CIELAB (D65), where equal steps of lightness look equal. Lightness is linear in the value and the
hue is constant (differences have two hues, blue and orange, which are distinct for colour-blind viewers). The chroma
rises and falls, and stays within the sRGB gamut.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from stdpbench_gui.look import theme

_N = 64
_BLUE, _ORANGE = 276.0, 55.0  # degrees of hue
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)


def sequential() -> pg.ColorMap:
    """Return the map for weights and counts: dark on light in the light theme, light on dark in the dark theme."""
    return _sequential(theme.current().base, theme.current().dark)


def diverging() -> pg.ColorMap:
    """Return the map for differences: blue below zero, the background at zero, orange above."""
    return _diverging(theme.current().base, theme.current().dark)


def opposite() -> tuple[str, str]:
    """Return the colours of two opposite kinds of spikes, such as up and down: the ends of the diverging map."""
    up, down = (diverging().map(place, mode="qcolor").name() for place in (1.0, 0.0))
    return up, down


def absent() -> str:
    """Return the colour of pairs of neurons without a synapse, which is in neither map."""
    return "#33362a" if theme.current().dark else "#dfe0cf"


@cache
def _sequential(base: str, dark: bool) -> pg.ColorMap:
    t = np.linspace(0.0, 1.0, _N)
    chroma = 38.0 * np.sin(np.pi * t) ** 0.8
    return pg.ColorMap(t, _colours(_lab_of(base), 92.0 if dark else 14.0, _BLUE, chroma, t))


@cache
def _diverging(base: str, dark: bool) -> pg.ColorMap:
    t = np.linspace(0.0, 1.0, _N // 2)
    chroma = 46.0 * np.sin(np.pi / 2 * t)
    below, above = (_colours(_lab_of(base), 76.0 if dark else 36.0, hue, chroma, t) for hue in (_BLUE, _ORANGE))
    return pg.ColorMap(np.linspace(0.0, 1.0, _N), np.vstack([below[::-1], above]))


def _colours(
    paper: NDArray[np.float64], end: float, hue: float, chroma: NDArray[np.float64], t: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return colours from the background to a lightness, their chroma clipped to the gamut: uint8, (len(t), 3)."""
    lightness = paper[0] + (end - paper[0]) * t
    share = np.linspace(0.0, 1.0, 101)[:, None]
    angle = np.deg2rad(hue)
    lab = np.stack(
        [
            np.broadcast_to(lightness, (len(share), len(t))),
            share * chroma * np.cos(angle) + paper[1] * (1 - t),
            share * chroma * np.sin(angle) + paper[2] * (1 - t),
        ],
        axis=-1,
    )
    rgb = _rgb(lab)
    shown = (rgb > -0.002).all(axis=-1) & (rgb < 1.002).all(axis=-1)
    most = np.maximum(np.cumprod(shown, axis=0).sum(axis=0) - 1, 0)
    return np.asarray(np.round(255 * np.clip(rgb[most, np.arange(len(t))], 0, 1)), np.uint8)


def _lab_of(colour: str) -> NDArray[np.float64]:
    """Return the CIELAB coordinates of a colour such as ``"#ffffff"``."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ linear / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert colours from CIELAB to sRGB, (..., 3): 0 to 1, and outside of that beyond the gamut."""
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > 0.206893, f**3, (f - 16 / 116) / 7.787) * _WHITE
    linear = xyz @ np.linalg.inv(_TO_XYZ).T
    bright = 1.055 * np.abs(linear) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, bright))
