r"""Networks of rectified units with convolutions, average pooling and dense layers, as trained elsewhere.

A layer computes, for values :math:`x_{crs}` of channel c at row r and column s,

.. math::

    \text{conv: } y_{ors} &= b_o + \sum_{c,a,b} K_{ocab}\; x_{c,\; r\,t - p + a,\; s\,t - p + b} \\
    \text{pool: } y_{crs} &= f \sum_{a,b} x_{c,\; r\,t - p + a,\; s\,t - p + b} \\
    \text{dense: } y_o &= b_o + \sum_i W_{oi}\, x_i

with stride t and padding p, where values outside count as 0. The inputs of a dense layer are in the order of channel,
row and column. Each layer with weights but the last one is followed by max(0, y). These are PyTorch's ``Conv2d``,
``AvgPool2d`` (f = 1 / number of values), ``Flatten`` and ``Linear``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError

Pair = tuple[int, int]
Shape = tuple[int, ...]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"conv", "pool", "dense"}
        What it computes.
    weight : ndarray, float64, (n_out, n_in, rows, columns) or (n_out, n_in), or None
        Kernels of a convolution, the matrix of a dense layer; None for pooling.
    bias : ndarray, float64, (n_out,), or None
        Constants of its channels or units.
    size : tuple of int
        Rows and columns of a kernel or of a pooled window.
    stride, padding : tuple of int
        In rows and columns.
    factor : float
        Factor on the sum of pooled values.
    """

    name: str
    kind: Literal["conv", "pool", "dense"]
    weight: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None
    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    factor: float = 1.0

    def shape_after(self, before: Shape, whose: str) -> Shape:
        """Return the shape of its output: (channels, rows, columns), or (units,).

        Parameters
        ----------
        before : tuple of int
            Shape of its input.
        whose : str
            Name of the source of the input, for the error.

        Raises
        ------
        StdpbenchError
            If it does not fit: one sentence.
        """
        gives = " × ".join(map(str, before))
        if self.kind == "dense":
            assert self.weight is not None
            if self.weight.shape[1] != prod(before):
                total = f" = {prod(before)}" if len(before) > 1 else ""
                raise StdpbenchError(
                    f"{self.name}.weight takes {self.weight.shape[1]} numbers, but {whose} gives {gives}{total}"
                )
            return self.weight.shape[:1]
        if len(before) != 3:
            raise StdpbenchError(f"{self.name} needs rows and columns, but {whose} gives {gives} numbers without any")
        channels, *sides = before
        if self.weight is not None and self.weight.shape[1] != channels:
            raise StdpbenchError(
                f"{self.name}.weight takes {self.weight.shape[1]} channels, but {whose} gives {channels}"
            )
        for side, size, padding in zip(sides, self.size, self.padding, strict=True):
            if padding >= size:
                raise StdpbenchError(f"{self.name}.padding must be less than its size ({size}), not {padding}")
            if side + 2 * padding < size:
                raise StdpbenchError(
                    f"{self.name} covers {self.size[0]} × {self.size[1]} values, but {whose} gives {sides[0]} × "
                    f"{sides[1]}" + (", padded by " + str(padding) if padding else "")
                )
        places = zip(sides, self.size, self.stride, self.padding, strict=True)
        after = tuple((side + 2 * padding - size) // stride + 1 for side, size, stride, padding in places)
        return (channels if self.weight is None else len(self.weight), *after)

    def apply(self, x: Floats) -> Floats:
        """Apply the layer, without rectification, to values (n, *shape); their dtype is kept."""
        if self.kind == "dense":
            assert self.weight is not None
            y: Floats = x.reshape(len(x), -1) @ self.weight.T.astype(x.dtype, copy=False)
        else:
            sides = ((self.padding[0],) * 2, (self.padding[1],) * 2)
            wide = np.pad(x, ((0, 0), (0, 0), *sides)) if any(self.padding) else x
            windows = np.lib.stride_tricks.sliding_window_view(wide, (1, 1, *self.size))
            windows = windows[:, :, :: self.stride[0], :: self.stride[1], 0, 0]
            if self.weight is None:
                return np.asarray(windows.sum(axis=(4, 5)) * x.dtype.type(self.factor))
            kernel = self.weight.astype(x.dtype, copy=False)
            y = np.tensordot(windows, kernel, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
        if self.bias is None:
            return y
        bias = self.bias.astype(x.dtype, copy=False)
        return np.asarray(y + (bias if y.ndim == 2 else bias[:, None, None]))


@dataclass(frozen=True, eq=False)
class Stage:
    """The layers between two rectifications: pooling, then a layer with weights; the last may be pooling only.

    Attributes
    ----------
    name : str
        Name of its last layer.
    layers : tuple of Layer
        Its layers.
    before, after : tuple of int
        Shapes of its input and output: (channels, rows, columns), or (units,).
    mean, std : ndarray, float64, (channels,), or None
        Of the first stage, if its inputs are x' = (x - mean) / std.
    """

    name: str
    layers: tuple[Layer, ...]
    before: Shape
    after: Shape
    mean: NDArray[np.float64] | None = None
    std: NDArray[np.float64] | None = None

    def apply(self, x: Floats) -> Floats:
        """Apply the stage, without rectification, to values (n, *before); their dtype is kept."""
        if self.mean is not None and self.std is not None:
            mean, std = (statistic.astype(x.dtype)[:, None, None] for statistic in (self.mean, self.std))
            x = (x - mean) / std
        for layer in self.layers:
            x = layer.apply(x)
        return x

    @property
    def work(self) -> int:
        """Approximate number of values in memory per picture."""
        largest, shape = prod(self.before), self.before
        for layer in self.layers:
            shape = layer.shape_after(shape, "")
            if layer.kind != "dense":
                depth = 1 if layer.weight is None else layer.weight.shape[1]
                largest = max(largest, prod(shape[1:]) * prod(layer.size) * depth)
        return max(largest, prod(shape))


@dataclass(frozen=True, eq=False)
class LayerNetwork:
    """A network of rectified units.

    Attributes
    ----------
    shape : tuple of int
        Channels, rows and columns of its input.
    layers : tuple of Layer
        Its layers, whose shapes match.
    mean, std : ndarray, float64, (channels,), or None
        Its inputs are (x - mean) / std; None: as they are.
    """

    shape: Shape
    layers: tuple[Layer, ...]
    mean: NDArray[np.float64] | None = None
    std: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Check that the shapes of the layers match.

        Raises
        ------
        StdpbenchError
            If a layer does not match: one sentence with its name.
        """
        shape, whose = self.shape, "the input"
        for layer in self.layers:
            shape, whose = layer.shape_after(shape, whose), layer.name
        if all(layer.weight is None for layer in self.layers):
            raise StdpbenchError("there is no layer with weights (conv or dense)")
        if len(shape) > 1 and prod(shape[1:]) > 1:
            sides = " × ".join(map(str, shape))
            raise StdpbenchError(
                f"the last layer {whose} gives {sides} numbers, but must give one for each class: end with a dense "
                "layer, or pool all rows and columns"
            )
        if prod(shape) < 2:
            raise StdpbenchError(f"the last layer {whose} must give at least 2 numbers, one for each class, not 1")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Its stages, the layers between rectifications, from input to output."""
        stages, layers = list[Stage](), list[Layer]()
        shape = before = self.shape
        for number, layer in enumerate(self.layers, 1):
            layers.append(layer)
            shape = layer.shape_after(shape, "")
            if layer.weight is None and number < len(self.layers):
                continue
            normalisation = (self.mean, self.std) if not stages else (None, None)
            stages.append(Stage(layer.name, tuple(layers), before, shape, *normalisation))
            layers, before = [], shape
        return tuple(stages)

    @property
    def biased(self) -> bool:
        """Whether any layer adds a constant."""
        return any(layer.bias is not None and layer.bias.any() for layer in self.layers) or self.mean is not None

    @property
    def digest(self) -> str:
        """SHA-256 of everything that determines its output, hexadecimal."""
        digest = hashlib.sha256(repr(self.shape).encode())
        for layer in self.layers:
            digest.update(repr((layer.kind, layer.size, layer.stride, layer.padding, layer.factor)).encode())
            for array in (layer.weight, layer.bias):
                digest.update(_bytes(array))
        for array in (self.mean, self.std):
            digest.update(_bytes(array))
        return digest.hexdigest()


def _bytes(array: NDArray[np.float64] | None) -> bytes:
    if array is None:
        return b"none"
    return repr(array.shape).encode() + np.ascontiguousarray(array, "<f8").tobytes()
