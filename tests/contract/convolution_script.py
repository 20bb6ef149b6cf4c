"""Converted convolutions once more, in NumPy and SciPy alone: nothing here is shared with stdpbench.

Values of layers are (channels, rows, columns) or (units,). A stage is what is between two rectifications.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate2d

Arrays = Mapping[str, Any]


def pair(arrays: Arrays, name: str, usual: Any) -> tuple[int, int]:
    rows, columns = np.broadcast_to(arrays.get(name, usual), (2,))
    return int(rows), int(columns)


def layer(arrays: Arrays, name: str, x: NDArray[Any], *, constant: bool) -> NDArray[Any]:
    """What a layer computes, with or without its bias."""
    bias = np.asarray(arrays.get(f"{name}.bias", 0.0)) * constant
    if name.startswith("dense"):
        return np.asarray(arrays[f"{name}.weight"]) @ x.reshape(-1) + bias
    (down, right), (high, wide) = pair(arrays, f"{name}.padding", 0), (1, 1)
    x = np.pad(x, ((0, 0), (down, down), (right, right)))
    if name.startswith("pool"):
        size = pair(arrays, f"{name}.size", 1)
        high, wide = pair(arrays, f"{name}.stride", size)
        factor = float(arrays.get(f"{name}.factor", 1 / np.prod(size)))
        return factor * np.array([correlate2d(each, np.ones(size), "valid")[::high, ::wide] for each in x])
    high, wide = pair(arrays, f"{name}.stride", 1)
    found = [
        sum(correlate2d(each, k, "valid") for each, k in zip(x, kernels, strict=True))[::high, ::wide]
        for kernels in np.asarray(arrays[f"{name}.weight"])
    ]
    return np.array(found) + np.reshape(np.broadcast_to(bias, (len(found),)), (-1, 1, 1))


def stages(arrays: Arrays) -> list[list[str]]:
    """Names of layers that are rectified together: pooling goes with what follows it."""
    found: list[list[str]] = [[]]
    for name in arrays["layers"]:
        found[-1].append(str(name))
        if not str(name).startswith("pool"):
            found.append([])
    return found[:-1] if not found[-1] else found


def stage(arrays: Arrays, number: int, x: NDArray[Any], *, constant: bool = True) -> NDArray[Any]:
    if number == 0 and ("mean" in arrays or "std" in arrays):
        x = (x - arrays.get("mean", 0.0) * constant) / arrays.get("std", 1.0)
    for name in stages(arrays)[number]:
        x = layer(arrays, name, x, constant=constant)
    return x


def rectified(arrays: Arrays, x: NDArray[Any]) -> list[NDArray[Any]]:
    """Activations of all stages for one picture, the last one not rectified."""
    found = list[NDArray[Any]]()
    for number in range(len(stages(arrays))):
        y = stage(arrays, number, np.maximum(found[-1], 0) if found else x)
        found.append(y)
    return found


def scales(arrays: Arrays, pictures: NDArray[Any], percentile: float) -> tuple[list[float], float]:
    """Percentiles of positive activations, and what is added to the outputs."""
    each = [rectified(arrays, x) for x in pictures]
    layers = [np.array(values) for values in zip(*each, strict=True)]
    shift = max(0.0, -float(layers[-1].reshape(len(pictures), -1).max(axis=1).min()))
    layers[-1] = layers[-1] + shift
    return [float(np.percentile(y[y > 0], percentile)) for y in layers], shift


def spikes(
    arrays: Arrays, x: NDArray[Any], scale: list[float], shift: float, n_steps: int
) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.float64]]]:
    """Spikes and potentials of integrate-and-fire neurons with threshold 1, by stage: (n_steps, ...)."""
    n, before = len(scale), [1.0, *scale]
    constant = [stage(arrays, k, np.zeros_like(y)) for k, y in enumerate([x, *rectified(arrays, x)[:-1]])]
    constant[-1] = constant[-1] + shift
    v = [np.zeros_like(each) for each in constant]
    fired, courses = [list[Any]() for _ in range(n)], [list[Any]() for _ in range(n)]
    for step in range(n_steps):
        now = [each > 1 for each in v]
        for k in range(n):
            fired[k].append(now[k])
            courses[k].append(v[k].copy())
        given = [x, *(each.astype(float) for each in now[:-1])]
        for k in range(n):
            arrived = stage(arrays, k, given[k], constant=False) * before[k] / scale[k]
            v[k] = v[k] - now[k] + arrived + (constant[k] / scale[k] if step >= k else 0.0)
    return [np.array(each) for each in fired], [np.array(each) for each in courses]


def as_neurons(x: NDArray[Any]) -> NDArray[Any]:
    """Values of steps (n_steps, channels, rows, columns) with channels last: (n_steps, n)."""
    return (x.transpose(0, 2, 3, 1) if x.ndim == 4 else x).reshape(len(x), -1)
