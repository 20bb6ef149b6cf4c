"""Read networks of rectified units from NIR files: a chain of layers, whose IF neurons stand for max(0, y).

An IF with the constant input current y fires y R dt / v_threshold times per step, or never if y is negative: it is a
rectified unit with this slope, by which the preceding weights are multiplied. Without a time step in the file, dt is
the unit of its times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isqrt, prod
from pathlib import Path
from typing import Any

import nir
import numpy as np

from stdpbench.base.errors import StdpbenchError, errors_within
from stdpbench.bridges.nir.chains import LAYERS, layer_of
from stdpbench.bridges.nir.neurons import real
from stdpbench.bridges.nir.reading import flat, open_graph
from stdpbench.experiment.references.layer_file import arrays_of
from stdpbench.experiment.references.layer_network import Layer, LayerNetwork, Shape

_KNOWN = ("Input", "Output", "NIRGraph", *LAYERS, "IF")


def layers_of(path: Path) -> LayerNetwork:
    """Read the network of rectified units in a NIR file.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    StdpbenchError
        If the file has no such network; the message names the node.
    """
    graph = flat(open_graph(path, _KNOWN, "stand for a layer of rectified units", check=False))
    dt = float(graph.metadata.get("dt", 1.0))
    with errors_within(f"{path.name}: "):
        entry, *names = _chain(graph)
        shape = _input_shape(entry, graph.nodes[entry])
        return LayerNetwork(shape, tuple(_layers(graph, names, shape, dt)))


def parse(path: Path) -> list[dict[str, Any]]:
    """Return the arrays of the network in a file; for `stdpbench.base.foreign_files.read_apart`."""
    return [arrays_of(layers_of(path))]


def _chain(graph: nir.NIRGraph) -> list[str]:
    """Return the names of the nodes from the Input node to the last one before the Output node."""
    entries = [name for name, node in graph.nodes.items() if isinstance(node, nir.Input)]
    if len(entries) != 1:
        raise StdpbenchError(f"a network must have one Input node to be converted, not {len(entries)}")
    names, current = list[str](), entries[0]
    while not isinstance(graph.nodes[current], nir.Output):
        names.append(current)
        after = [target for source, target in graph.edges if source == current]
        before = [source for source, target in graph.edges if target == current]
        if len(after) != 1 or len(before) > 1:
            raise StdpbenchError(
                f"{current} has {len(before)} incoming and {len(after)} outgoing edges; only a chain of layers "
                "from Input to Output can be converted"
            )
        (current,) = after
        if current in names:
            raise StdpbenchError(
                f"{current} is in a loop; only a chain of layers from Input to Output can be converted"
            )
    return names


def _input_shape(name: str, node: nir.Input) -> Shape:
    """Return channels, rows and columns; a list of inputs becomes a square if possible."""
    shape = tuple(int(side) for side in np.reshape(node.input_type["input"], -1))
    if len(shape) == 1:
        side = isqrt(shape[0])
        return (1, side, side) if side**2 == shape[0] else (1, 1, shape[0])
    if len(shape) > 3:
        raise StdpbenchError(
            f"{name} has {len(shape)} dimensions; at most channels, rows and columns can be converted"
        )
    return (1, *shape)[-3:]


def _layers(graph: nir.NIRGraph, names: list[str], shape: Shape, dt: float) -> Iterator[Layer]:
    """Yield the layers, with weights multiplied by the slopes of the following neurons."""
    previous: tuple[str, Layer] | None = None
    rectified, counts = True, {"conv": 0, "pool": 0, "dense": 0}
    for name in names:
        node = graph.nodes[name]
        if isinstance(node, nir.Flatten):
            continue
        if isinstance(node, nir.IF):
            if previous is None:
                raise StdpbenchError(f"{name} has neurons without weights before them, which cannot be converted")
            previous = previous[0], _with_slope(previous[1], name, node, shape, dt)
            rectified = True
            continue
        layer = layer_of(name, node)
        if previous is not None:
            if not rectified:
                raise StdpbenchError(
                    f"{name} follows {previous[0]} without IF neurons between them, which stand for max(0, y)"
                )
            yield previous[1]
        counts[layer.kind] += 1
        shape = layer.shape_after(shape, previous[0] if previous else "the input")
        previous = name, replace(layer, name=f"{layer.kind}{counts[layer.kind]}")
        rectified = layer.kind == "pool"
    if previous is not None:
        yield previous[1]


def _with_slope(layer: Layer, name: str, node: nir.IF, shape: Shape, dt: float) -> Layer:
    """Return a layer with its weights multiplied by the slopes of the rectified units behind it."""
    threshold, r = (real(node, name, parameter).reshape(-1) for parameter in ("v_threshold", "r"))
    if not ((r > 0).all() and (threshold > 0).all() and np.isfinite(r).all() and np.isfinite(threshold).all()):
        raise StdpbenchError(f"r and v_threshold of {name} must be larger than 0")
    slope = r * dt / threshold
    n_units = shape[0]
    if slope.size not in (1, n_units, prod(shape)):
        raise StdpbenchError(f"{name} has {slope.size} neurons, but gets {' × '.join(map(str, shape))} numbers")
    per_unit = np.broadcast_to(slope, (n_units,)) if slope.size in (1, n_units) else slope.reshape(n_units, -1)[:, 0]
    if slope.size == prod(shape) and not (slope.reshape(n_units, -1) == per_unit[:, None]).all():
        raise StdpbenchError(f"r and v_threshold of {name} must be the same for all neurons of a channel")
    if layer.weight is None:
        if not (per_unit == per_unit[0]).all():
            raise StdpbenchError(f"r and v_threshold of {name} must be the same for all neurons behind pooling")
        return replace(layer, factor=layer.factor * float(per_unit[0]))
    weight = layer.weight * per_unit.reshape(-1, *(1,) * (layer.weight.ndim - 1))
    return replace(layer, weight=weight, bias=None if layer.bias is None else layer.bias * per_unit)
