"""Shared parts of the scripts in this folder: pictures, their spikes, the command line, output of results.

Uses only NumPy and the standard library, not stdpbench, so that baselines stay independent of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 28
N_INPUT = SIDE * SIDE
DT_MS = 0.5
STIMULUS_MS, REST_MS = 350, 150
STIMULUS_BINS, REST_BINS = round(STIMULUS_MS / DT_MS), round(REST_MS / DT_MS)
WEIGHT_SUM = 78.0

# rate = grey/8 Hz * intensity 2: this sum of grey values gives 2285 spikes in 350 ms, the mean of MNIST
_SYNTHETIC_SUM = round(2285 / (0.25 * STIMULUS_MS * 1e-3))
_MNIST_FILE = "train-images-idx3-ubyte"


def images(n: int, folder: Path | None = None) -> tuple[NDArray[np.uint8], str]:
    """Return pictures to present.

    Parameters
    ----------
    n : int
        Number of pictures; MNIST is repeated beyond 60 000.
    folder : Path, optional
        Folder with MNIST's files, or with a subfolder ``mnist``.

    Returns
    -------
    pixels : ndarray, uint8, (n, 28, 28)
        Grey values; 0 is background.
    name : {"MNIST", "synthetic"}
        Source of the pictures.
    """
    for place in () if folder is None else (folder / "mnist", folder):
        for name in (f"{_MNIST_FILE}.gz", _MNIST_FILE):
            if (place / name).is_file():
                raw = (place / name).read_bytes()
                data = gzip.decompress(raw) if name.endswith(".gz") else raw
                pixels = np.frombuffer(data, np.uint8, offset=16).reshape(-1, SIDE, SIDE)
                return pixels[np.arange(n) % len(pixels)], "MNIST"
    return np.stack([_stroke(np.random.default_rng((7, number))) for number in range(n)]), "synthetic"


def _stroke(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a curved pen stroke in the middle 20 x 20 pixels, with as many input spikes as a picture of MNIST."""
    start, bend, end = rng.uniform(4, 24, (3, 2))
    along = np.linspace(0, 1, 60)[:, None]
    pen = (1 - along) ** 2 * start + 2 * along * (1 - along) * (2 * bend - (start + end) / 2) + along**2 * end
    pen = np.clip(pen, 4, 24)
    y, x = np.mgrid[:SIDE, :SIDE]
    distance = ((y[..., None] - pen[:, 0]) ** 2 + (x[..., None] - pen[:, 1]) ** 2).min(axis=-1)

    def ink(width: float) -> NDArray[np.float64]:
        return 255 * np.minimum(1, 1.6 * np.exp(-distance / width**2))

    low, high = 0.2, 20.0
    for _ in range(40):
        width = (low + high) / 2
        low, high = (width, high) if ink(width).sum() < _SYNTHETIC_SUM else (low, width)
    return np.asarray(ink(low).round(), np.uint8)


def spikes(image: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw input spikes of one picture: a Bernoulli trial per pixel and time step, rate = grey / 4 Hz (intensity 2).

    Returns
    -------
    index, bin : ndarray, int32, (n_spikes,)
        Pixel and time step of each spike, ascending in (bin, index).
    """
    probability = image.reshape(-1) * 0.25 * DT_MS * 1e-3
    bins, index = np.nonzero(rng.random((STIMULUS_BINS, N_INPUT), dtype=np.float32) < probability)
    return index.astype(np.int32), bins.astype(np.int32)


def batch(
    pixels: NDArray[np.uint8], periods: list[int], rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Draw the spikes of consecutive pictures.

    Parameters
    ----------
    pixels : ndarray, uint8, (n, 28, 28)
        The pictures.
    periods : list of int, (n,)
        Time steps of each picture, including its rest.
    rng : numpy.random.Generator
        Draws the spikes.

    Returns
    -------
    index : ndarray, int32, (n_spikes,)
        Pixel of each spike.
    time : ndarray, float64, (n_spikes,), millisecond
        Time of each spike since the start of the first picture, ascending.
    """
    starts = np.concatenate(([0], np.cumsum(periods)))
    parts = [spikes(image, rng) for image in pixels]
    index = np.concatenate([part[0] for part in parts])
    bins = np.concatenate([part[1] + start for part, start in zip(parts, starts, strict=False)])
    return index, bins * DT_MS


def start_weights(n_exc: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw weights before learning, (U(0, 1) + 0.01) * 0.3: float64, (784, n_exc)."""
    return np.asarray((rng.random((N_INPUT, n_exc)) + 0.01) * 0.3)


def median(values: list[float]) -> dict[str, float]:
    """Return median, minimum, maximum and number of values."""
    return {
        "median": round(float(np.median(values)), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
        "n": len(values),
    }


def parser(description: str | None, presentations: int) -> argparse.ArgumentParser:
    """Return a parser with the options of all scripts."""
    options = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    options.add_argument("--n-exc", type=int, default=400, help="excitatory neurons")
    options.add_argument("--presentations", type=int, default=presentations, help="number of timed pictures")
    options.add_argument("--seed", type=int, default=0, help="seed of start weights and input spikes")
    options.add_argument("--data", type=Path, help="folder with MNIST; otherwise synthetic pictures are shown")
    options.add_argument("--json", action="store_true", help="print one line of JSON only")
    return options


def report(figures: dict[str, Any], as_json: bool) -> None:
    """Print the results as one line of JSON, or one line each."""
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {inner}" for key, inner in value.items())
        sys.stdout.write(f"{name:<24} {value}\n")
