"""Networks of rectified units in NIR files: a chain of layers, whose neurons of kind IF stand for max(0, y).

An IF that gets the constant current y fires y R dt / v_threshold times per step, or never if y is negative: it is a
rectified unit with this slope, by which the weights before it are multiplied. Without a time step in the file, dt is
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

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.neurons import real
from stdpbench.bridges.nir.reading import flat, open_graph
from stdpbench.bridges.nir.ways import LAYERS, layer_of
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
        If it has none: one sentence with the name of the node.
    """
    graph = flat(open_graph(path, _KNOWN, "stand for a layer of rectified units", check=False))
    dt = float(graph.metadata.get("dt", 1.0))
    try:
        entry, *names = _chain(graph)
        shape = _input_shape(entry, graph.nodes[entry])
        return LayerNetwork(shape, tuple(_layers(graph, names, shape, dt)))
    except StdpbenchError as error:
        raise error.within(f"{path.name}: ") from None


def parse(path: Path) -> list[dict[str, Any]]:
    """Return the arrays of the network in a file; for `stdpbench.base.foreign_files.read_apart`."""
    return [arrays_of(layers_of(path))]


def _chain(graph: nir.NIRGraph) -> list[str]:
    """Return the names of the nodes from the Input node to the Output node, without the last."""
    entries = [name for name, node in graph.nodes.items() if isinstance(node, nir.Input)]
    if len(entries) != 1:
        raise StdpbenchError(f"a network must have one Input node to be converted, not {len(entries)}")
    found, at = list[str](), entries[0]
    while not isinstance(graph.nodes[at], nir.Output):
        found.append(at)
        after = [target for source, target in graph.edges if source == at]
        before = [source for source, target in graph.edges if target == at]
        if len(after) != 1 or len(before) > 1:
            raise StdpbenchError(
                f"{at} is between {len(before)} and {len(after)} nodes; a chain of layers from Input to Output can be "
                "converted"
            )
        (at,) = after
        if at in found:
            raise StdpbenchError(f"{at} is in a loop; a chain of layers from Input to Output can be converted")
    return found


def _input_shape(name: str, node: nir.Input) -> Shape:
    """Return channels, rows and columns; a list of inputs is taken as a square, if it can be one."""
    given = tuple(int(each) for each in np.reshape(node.input_type["input"], -1))
    if len(given) == 1:
        side = isqrt(given[0])
        return (1, side, side) if side**2 == given[0] else (1, 1, given[0])
    if len(given) > 3:
        raise StdpbenchError(f"{name} has {len(given)} dimensions; channels, rows and columns can be converted")
    return (1, *given)[-3:]


def _layers(graph: nir.NIRGraph, names: list[str], shape: Shape, dt: float) -> Iterator[Layer]:
    """Yield the layers, with the slopes of the neurons that follow them."""
    held: tuple[str, Layer] | None = None
    rectified, counts = True, {"conv": 0, "pool": 0, "dense": 0}
    for name in names:
        node = graph.nodes[name]
        if isinstance(node, nir.Flatten):
            continue
        if isinstance(node, nir.IF):
            if held is None:
                raise StdpbenchError(f"{name} has neurons that no weights lead to, which cannot be converted")
            held = held[0], _with_slope(held[1], name, node, shape, dt)
            rectified = True
            continue
        made = layer_of(name, node)
        if held is not None:
            if not rectified:
                raise StdpbenchError(
                    f"{name} follows {held[0]} without neurons of type IF between them, which stand for max(0, y)"
                )
            yield held[1]
        counts[made.kind] += 1
        shape = made.shape_after(shape, held[0] if held else "the input")
        held = name, replace(made, name=f"{made.kind}{counts[made.kind]}")
        rectified = made.kind == "pool"
    if held is not None:
        yield held[1]


def _with_slope(layer: Layer, name: str, node: nir.IF, shape: Shape, dt: float) -> Layer:
    """Return a layer whose values are those of the rectified units that neurons behind it stand for, if positive."""
    threshold, r = (real(node, name, what).reshape(-1) for what in ("v_threshold", "r"))
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
