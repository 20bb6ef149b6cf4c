"""Nodes of NIR with weights, and pooling, as the layers of `stdpbench.experiment.references.layer_network`."""

from __future__ import annotations

from math import prod

import nir
import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.values import real
from stdpbench.experiment.references.layer_network import Layer, Pair

LAYERS = ("Conv2d", "AvgPool2d", "SumPool2d", "Flatten", "Linear", "Affine")
"""Types of nodes that are layers, or lead from one to another."""
GRIDS = ("Conv2d", "AvgPool2d", "SumPool2d")
"""Types of nodes that need rows and columns."""


def layer_of(name: str, node: nir.NIRNode) -> Layer:
    """Return a node as a layer of the same name, without neurons behind it.

    Groups and dilation of a convolution become zeros in its kernels.

    Parameters
    ----------
    name : str
        Name of the node.
    node : nir.NIRNode
        A Conv2d, AvgPool2d, SumPool2d, Linear or Affine.

    Raises
    ------
    StdpbenchError
        If its parameters contradict each other, or rows and columns are padded differently at their two ends.
    """
    if isinstance(node, nir.AvgPool2d | nir.SumPool2d):
        size, stride, padding = (_pair(name, node, each) for each in ("kernel_size", "stride", "padding"))
        factor = 1 / prod(size) if isinstance(node, nir.AvgPool2d) else 1.0
        return Layer(name, "pool", size=size, stride=stride, padding=padding, factor=factor)
    for what in ("weight", "bias"):
        if hasattr(node, what) and not np.isfinite(real(node, name, what)).all():
            raise StdpbenchError(f"the {what} of {name} has values that are not finite numbers")
    weight = real(node, name, "weight")
    bias = real(node, name, "bias").reshape(-1) if isinstance(node, nir.Affine | nir.Conv2d) else None
    n_dimensions = 4 if isinstance(node, nir.Conv2d) else 2
    if weight.ndim != n_dimensions:
        raise StdpbenchError(f"the weights of {name} must have {n_dimensions} dimensions, not {weight.ndim}")
    if bias is not None and bias.size == 1:
        bias = np.full(len(weight), float(bias[0]))
    if bias is not None and len(bias) != len(weight):
        raise StdpbenchError(f"the bias of {name} has {len(bias)} values for {len(weight)} outputs")
    if not isinstance(node, nir.Conv2d):
        return Layer(name, "dense", weight, bias)
    kernel = _dilated(_ungrouped(name, weight, int(node.groups)), _pair(name, node, "dilation"))
    sides, steps = (kernel.shape[2], kernel.shape[3]), _pair(name, node, "stride")
    said = node.padding if isinstance(node.padding, str) else ""
    if said == "valid":
        padding = (0, 0)
    elif said == "same":
        if steps != (1, 1) or not (sides[0] % 2 and sides[1] % 2):
            raise StdpbenchError(
                f"{name} has padding 'same' with an even kernel or a stride, which differs between its sides"
            )
        padding = (sides[0] // 2, sides[1] // 2)
    else:
        padding = _pair(name, node, "padding")
    return Layer(name, "conv", kernel, bias, sides, steps, padding)


def _pair(name: str, node: nir.NIRNode, what: str) -> Pair:
    given = np.asarray(getattr(node, what)).reshape(-1)
    usual = given.size in (1, 2) and given.dtype.kind in "iuf"
    if not usual or (given != np.floor(given)).any() or (given < 0).any():
        raise StdpbenchError(f"the {what} of {name} must be one or two whole numbers, not {given.tolist()}")
    if what != "padding" and (given < 1).any():
        raise StdpbenchError(f"the {what} of {name} must be at least 1, not {given.tolist()}")
    rows, columns = np.broadcast_to(given, (2,)).astype(int).tolist()
    return rows, columns


def _ungrouped(name: str, weight: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    """Return the kernels of a convolution in groups as one of all channels, 0 between groups."""
    n_out, n_in = weight.shape[:2]
    if groups < 1 or n_out % groups:
        raise StdpbenchError(f"{name} has {groups} groups, which do not divide its {n_out} channels")
    found = np.zeros((n_out, n_in * groups, *weight.shape[2:]))
    for group in range(groups):
        own = slice(group * n_out // groups, (group + 1) * n_out // groups)
        found[own, group * n_in : (group + 1) * n_in] = weight[own]
    return found


def _dilated(weight: NDArray[np.float64], dilation: Pair) -> NDArray[np.float64]:
    """Return kernels with 0 between their values."""
    sides = [(side - 1) * step + 1 for side, step in zip(weight.shape[2:], dilation, strict=True)]
    found = np.zeros((*weight.shape[:2], *sides))
    found[:, :, :: dilation[0], :: dilation[1]] = weight
    return found
