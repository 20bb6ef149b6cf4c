"""Trained networks as files: a NumPy archive (.npz) with the arrays of docs/supervised.md, or a NIR file (.nir)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError, errors_within, several, suggestion
from stdpbench.base.files import stamp_of
from stdpbench.base.foreign_files import read_apart, read_npz
from stdpbench.experiment.references.layer_network import Layer, LayerNetwork, Pair

MOST_LAYERS: Final = 100
_KINDS = ("conv", "pool", "dense")
_NAME = re.compile(r"(conv|pool|dense)[a-z0-9_]{0,16}")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "conv": ("weight", "bias", "stride", "padding"),
    "pool": ("size", "stride", "padding", "factor"),
    "dense": ("weight", "bias"),
}


def read_layers(path: Path) -> LayerNetwork:
    """Read a trained network.

    Parameters
    ----------
    path : Path
        The file, whose name ends in .npz or .nir.

    Raises
    ------
    StdpbenchError
        If it cannot be read: a sentence for each error.
    """
    return _read(path, stamp_of(path))


@lru_cache(maxsize=4)
def _read(path: Path, stamp: tuple[int, int]) -> LayerNetwork:
    match path.suffix.lower():
        case ".npz":
            return _of_arrays(read_npz(path), path.name)
        case ".nir":
            return _of_arrays(read_apart("stdpbench.bridges.nir.layers:parse", path)[0], path.name)
    raise StdpbenchError(f"{path} must be a NumPy archive (.npz) or a NIR file (.nir) with the layers of a network")


def arrays_of(network: LayerNetwork) -> dict[str, Any]:
    """Return the arrays of the file of a network, by name."""
    arrays: dict[str, Any] = {
        "input": np.array(network.shape),
        "layers": np.array([layer.name for layer in network.layers]),
    }
    for layer in network.layers:
        for part in _PARTS[layer.kind]:
            value = getattr(layer, part)
            if value is not None:
                arrays[f"{layer.name}.{part}"] = np.array(value)
    for name in ("mean", "std"):
        if (array := getattr(network, name)) is not None:
            arrays[name] = array
    return arrays


def _of_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> LayerNetwork:
    problems = list(_unknown(arrays))
    if problems:
        raise several([f"{name}: {sentence}" for sentence in problems])
    with errors_within(f"{name}: "):
        return _network(arrays)


def _unknown(arrays: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    """Yield a sentence for each array that is missing, unknown or not made of numbers."""
    for name in ("input", "layers"):
        if name not in arrays:
            yield f"the array {name!r} is missing"
            return
    names = arrays["layers"]
    if names.dtype.kind != "U" or names.ndim != 1 or not 1 <= len(names) <= MOST_LAYERS:
        yield f"layers must be a list of 1 to {MOST_LAYERS} names, such as ['conv1', 'pool1', 'dense1']"
        return
    known = ["input", "layers", "mean", "std"]
    for number, name in enumerate(names.tolist()):
        match = _NAME.fullmatch(name)
        if match is None:
            yield (
                f"the layer {name!r} must be called conv, pool or dense with letters, digits or _ behind it, such as "
                f"conv1; other kinds of layers cannot be converted"
            )
            return
        if name in names[:number]:
            yield f"layers names {name!r} twice"
            return
        known += [f"{name}.{part}" for part in _PARTS[match[1]]]
        needed = f"{name}.size" if match[1] == "pool" else f"{name}.weight"
        if needed not in arrays:
            yield f"the array {needed!r} is missing"
    for name, array in arrays.items():
        if name not in known:
            yield f"the array {name!r} is unknown; {suggestion(name, known)}"
        elif name != "layers" and array.dtype.kind not in "fiu":
            yield f"{name} must be an array of numbers, not of {array.dtype}"
        elif name != "layers" and not np.isfinite(array).all():
            yield f"{name} has {int((~np.isfinite(array)).sum())} values that are not finite numbers"


def _network(arrays: Mapping[str, NDArray[Any]]) -> LayerNetwork:
    shape = arrays["input"]
    if shape.shape != (3,) or (shape < 1).any() or (shape != np.floor(shape)).any():
        raise StdpbenchError(
            f"input must be the number of channels, rows and columns, such as [1, 28, 28], not {shape.tolist()}"
        )
    layers = tuple(_layer(str(name), arrays) for name in arrays["layers"].tolist())
    channels = int(shape[0])
    mean, std = (_per_channel(name, arrays, channels) for name in ("mean", "std"))
    if std is not None and (std <= 0).any():
        raise StdpbenchError("std must be larger than 0")
    if (mean is None) != (std is None):
        mean, std = (np.zeros(channels) if mean is None else mean), (np.ones(channels) if std is None else std)
    return LayerNetwork((channels, int(shape[1]), int(shape[2])), layers, mean, std)


def _per_channel(name: str, arrays: Mapping[str, NDArray[Any]], channels: int) -> NDArray[np.float64] | None:
    if name not in arrays:
        return None
    values = np.asarray(arrays[name], np.float64)
    if values.shape not in ((), (1,), (channels,)):
        raise StdpbenchError(f"{name} must be one number, or one for each of {channels} channels, not {values.shape}")
    return np.array(np.broadcast_to(values, (channels,)))


def _layer(name: str, arrays: Mapping[str, NDArray[Any]]) -> Layer:
    match = _NAME.fullmatch(name)
    assert match is not None
    kind, parts = match[1], {part: arrays.get(f"{name}.{part}") for part in ("weight", "bias", "factor")}
    if kind == "pool":
        size = _pair(f"{name}.size", arrays, (1, 1), 1)
        factor = 1 / prod(size)
        if parts["factor"] is not None:
            if parts["factor"].size != 1:
                raise StdpbenchError(f"{name}.factor must be one number, not an array of {parts['factor'].shape}")
            factor = float(parts["factor"].reshape(())[()])
        strides, padding = _pair(f"{name}.stride", arrays, size, 1), _pair(f"{name}.padding", arrays, (0, 0), 0)
        return Layer(name, "pool", None, None, size, strides, padding, factor)
    weight = np.asarray(parts["weight"], np.float64)
    if weight.ndim != (4 if kind == "conv" else 2) or not weight.size:
        form = "(channels, channels before, rows, columns)" if kind == "conv" else "(units, inputs)"
        raise StdpbenchError(f"{name}.weight must have the shape {form}, not {weight.shape}")
    bias = None if parts["bias"] is None else np.asarray(parts["bias"], np.float64)
    if bias is not None and bias.shape != weight.shape[:1]:
        raise StdpbenchError(
            f"{name}.bias must have {len(weight)} values, as {name}.weight, not the shape {bias.shape}"
        )
    if kind == "dense":
        return Layer(name, "dense", weight, bias)
    strides, padding = _pair(f"{name}.stride", arrays, (1, 1), 1), _pair(f"{name}.padding", arrays, (0, 0), 0)
    return Layer(name, "conv", weight, bias, (weight.shape[2], weight.shape[3]), strides, padding)


def _pair(name: str, arrays: Mapping[str, NDArray[Any]], usual: Pair, least: int) -> Pair:
    if name not in arrays:
        return usual
    pair = np.asarray(arrays[name], np.float64).reshape(-1)
    if pair.size not in (1, 2) or (pair != np.floor(pair)).any() or (pair < least).any() or (pair > 10_000).any():
        raise StdpbenchError(
            f"{name} must be one whole number of at least {least}, or two, for rows and columns, not {pair.tolist()}"
        )
    rows, columns = np.broadcast_to(pair, (2,)).astype(int).tolist()
    return rows, columns
