"""Ways from one population of a NIR file to another: the layers between them, and delays, as projections.

A convolution, with pooling before it, and pooling alone become sparse projections, whose weights are tied when the
network is built; everything else is one matrix. NIR's arrays are in the order of channel, row and column; populations
of stdpbench have the units of a place next to each other, in the order of row, column and channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir.neurons import Nodes, real
from stdpbench.experiment.references.converted import MOST_WEIGHTS, Kernels, kernels_of
from stdpbench.experiment.references.layer_network import Layer, Pair, Shape, Stage
from stdpbench.kinds import connections
from stdpbench.kinds.connections.table_file import Rows

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


_AT_ONCE = 2**22  # numbers in memory


@dataclass
class Way:
    """What is between two populations.

    Attributes
    ----------
    source, target : str
        Nodes at its ends: the input or neurons, and neurons.
    given, shape : tuple of int
        Shape of what it gets, and of what comes out at its end.
    names : list of str
        Nodes between.
    layers : list of Layer
        What they compute, without what they add.
    before, after : ndarray, int64, or int
        Steps of delay of each value before the layers and behind them, in the order of the file.
    """

    source: str
    target: str
    given: Shape
    shape: Shape
    names: list[str] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    before: NDArray[np.int64] | int = 0
    after: NDArray[np.int64] | int = 0

    def follow(self, nodes: Nodes, name: str) -> None:
        """Extend the way by one more node.

        Raises
        ------
        StdpbenchError
            If it does not fit, or cannot run behind what is before it.
        """
        node, whose = nodes.graph.nodes[name], self.names[-1] if self.names else self.source
        self.names.append(name)
        if isinstance(node, nir.Delay):
            self._delay(nodes, name)
        elif isinstance(node, nir.Flatten):
            self.shape = (prod(self.shape),)
        else:
            if np.ndim(self.after):
                raise StdpbenchError(
                    f"{name} follows a Delay whose channels differ, which follows a matrix; that cannot run here"
                )
            layer = layer_at(name, node, self.shape)
            after = layer.shape_after(self.shape, whose)
            sides = getattr(node, "input_shape", None)
            if sides is not None and tuple(np.reshape(sides, -1)) != self.shape[1:]:
                said, gives = (" × ".join(map(str, each)) for each in (np.reshape(sides, -1), self.shape[1:]))
                raise StdpbenchError(f"{name} expects {said} values per channel, but {whose} gives {gives}")
            self.shape = after
            self.layers.append(replace(layer, bias=None))

    def _delay(self, nodes: Nodes, name: str) -> None:
        steps = nodes.steps(name)
        if steps.size not in (1, prod(self.shape)):
            raise StdpbenchError(f"{name} has {steps.size} delays, but gets {prod(self.shape)} numbers")
        if not self.layers:
            self.before = self.before + steps
        elif (steps == steps[0]).all():
            self.after = self.after + int(steps[0])
        else:
            self.after = self.after + steps


@dataclass(frozen=True, eq=False)
class Synapses:
    """A way as the synapses of a projection.

    Attributes
    ----------
    connect : dict of str to Any
        The table of its connection; empty: all neurons with all, or the pairs of `sparse`.
    w : ndarray, float64, (n_source, n_target) or (n_synapses,)
        Weights, between neurons in the order of their populations.
    steps : ndarray, int64, of the shape of `w`
        Delays in steps.
    sparse : stdpbench.kinds.connections.Synapses, or None
        Which pairs of neurons they connect; None: all.
    """

    connect: dict[str, Any]
    w: NDArray[np.float64]
    steps: NDArray[np.int64]
    sparse: connections.Synapses | None = None

    def rows(self, chosen: NDArray[np.bool_]) -> Rows:
        """Return the pairs that some of the synapses connect; `chosen` has the shape of `w`."""
        if self.sparse is None:
            return Rows.of_pairs(*np.nonzero(chosen))
        source, target = (each[chosen].astype(np.int64) for each in (self.sparse.source, self.sparse.target))
        return Rows.of_pairs(source, target)


def ways_to(nodes: Nodes, target: str) -> Iterator[Way]:
    """Yield all ways from the input or neurons to neurons, following edges backwards."""

    def back(name: str, passed: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for source in nodes.sources[name]:
            if source in passed:
                raise StdpbenchError(f"{source} is in a loop without neurons")
            if source == nodes.input or source in nodes.neurons:
                yield source, passed
            else:
                yield from back(source, (source, *passed))

    for source, names in back(target, ()):
        way = Way(source, target, nodes.grid(source), nodes.grid(source))
        for name in names:
            way.follow(nodes, name)
        if prod(way.shape) != nodes.size(target):
            raise StdpbenchError(
                f"{names[-1] if names else source} gives {' × '.join(map(str, way.shape))} numbers to {target}, which "
                f"has {nodes.size(target)} neurons"
            )
        yield way


def synapses_of(nodes: Nodes, way: Way, gain: NDArray[np.float64]) -> Synapses:
    """Return the synapses that stand for a way.

    Parameters
    ----------
    nodes : Nodes
        The file.
    way : Way
        The way.
    gain : ndarray, float64, (n_target,)
        Factor on all that a neuron gets, in the order of the population.

    Raises
    ------
    StdpbenchError
        If there would be too many.
    """
    source, target = nodes.order(way.source), nodes.order(way.target)
    before = np.broadcast_to(np.asarray(way.before, np.int64), len(source))[source]
    after = np.broadcast_to(np.asarray(way.after, np.int64), len(target))[target]
    if np.array_equal(source, target) and (own := _diagonal(nodes, way)) is not None:
        n = len(source)
        pairs = connections.Synapses.of_pairs(np.arange(n, dtype=np.int64) * (n + 1), n, n)
        return Synapses({}, own[source] * gain, before + after, pairs)
    kernels = _kernels(nodes, way)
    if kernels is None:
        if any(layer.kind != "dense" for layer in way.layers):
            _check_number(way, len(source) * len(target))
        w = _matrix(way)
        if not (np.array_equal(source, np.sort(source)) and np.array_equal(target, np.sort(target))):
            w = w[np.ix_(source, target)]
        w = w * gain
        return Synapses({}, w, before[:, None] + after)
    connect, shapes = kernels.connect, (nodes.placed(way.source), nodes.placed(way.target))
    _check_number(way, int(connect.expected(*shapes, recurrent=False)))
    drawn = connect.draw(np.random.default_rng(0), *shapes, recurrent=False)
    w = kernels.tied(*shapes) * gain[drawn.target]
    return Synapses(connect.to_mapping(), w, before[drawn.source] + after[drawn.target], drawn)


def constant(nodes: Nodes, name: str) -> NDArray[np.float64]:
    """Return the sum of the constant inputs of neurons by Affine and Conv2d nodes, (n,), in the order of the file.

    Raises
    ------
    StdpbenchError
        If one is delayed: it would begin later than the network.
    """
    kept = dict[str, NDArray[np.float64]]()

    def emitted(name: str) -> NDArray[np.float64]:
        if name in kept:
            return kept[name]
        if name == nodes.input or name in nodes.neurons:
            return np.zeros(nodes.grid(name))
        node, got = nodes.graph.nodes[name], received(name)
        if isinstance(node, nir.Delay):
            if got.any():
                raise StdpbenchError(f"{name} delays the bias of an Affine or Conv2d node, which cannot run here")
        elif isinstance(node, nir.Flatten):
            got = got.reshape(-1)
        else:
            got = np.asarray(layer_at(name, node, got.shape).apply(got[None])[0], np.float64)
        kept[name] = got
        return got

    def received(name: str) -> NDArray[np.float64]:
        parts = [emitted(source) for source in nodes.sources[name]]
        if not parts:
            raise StdpbenchError(f"{name} has no input; to run here, it needs a path from the input or from neurons")
        total = parts[0]
        for part in parts[1:]:
            if part.size != total.size:
                raise StdpbenchError(f"{name} gets {total.size} and {part.size} numbers, which cannot be added")
            total = total + part.reshape(total.shape)
        return total

    if not nodes.sources[name]:
        return np.zeros(nodes.size(name))
    return received(name).reshape(-1)


def layer_at(name: str, node: nir.NIRNode, shape: Shape) -> Layer:
    """Return a node that gets numbers of a shape as a layer; a Scale is pooling of one value, or a diagonal matrix."""
    if not isinstance(node, nir.Scale):
        return layer_of(name, node)
    scale = real(node, name, "scale").reshape(-1)
    if scale.size not in (1, prod(shape)):
        raise StdpbenchError(f"{name} has {scale.size} values, but gets {prod(shape)} numbers")
    if len(shape) == 3 and (scale == scale[0]).all():
        return Layer(name, "pool", factor=float(scale[0]))
    return Layer(name, "dense", np.diag(np.broadcast_to(scale, prod(shape))))


def _check_number(way: Way, n: int) -> None:
    if n > MOST_WEIGHTS:
        between = way.names[-1] if way.names else "the way"
        raise StdpbenchError(
            f"{between} from {way.source} to {way.target} would have {n:.3g} synapses, and at most {MOST_WEIGHTS:.3g} "
            "run here; use a smaller network, or square kernels with neurons between them"
        )


def _diagonal(nodes: Nodes, way: Way) -> NDArray[np.float64] | None:
    """Return the weights of a way from each value to itself, in the order of the file; None if it is another way."""
    if any(not isinstance(nodes.graph.nodes[name], nir.Scale | nir.Delay | nir.Flatten) for name in way.names):
        return None
    w = np.ones(prod(way.given))
    for layer in way.layers:
        w = w * (layer.factor if layer.weight is None else np.diag(layer.weight))
    return w


def _kernels(nodes: Nodes, way: Way) -> Kernels | None:
    """Return a way as one convolution; None if it has to be a matrix."""
    if not way.layers or any(layer.kind == "dense" for layer in way.layers):
        return None
    if len(nodes.placed(way.source)) == 1 or nodes.grid(way.target) != way.shape:
        return None
    layers = way.layers
    if layers[-1].kind == "pool":  # of each channel by itself
        layers = [*layers, Layer("", "conv", np.eye(way.shape[0])[:, :, None, None])]
    if any(layer.kind != "pool" for layer in layers[:-1]):
        return None
    return kernels_of(Stage("", tuple(layers), way.given, way.shape))


def _matrix(way: Way) -> NDArray[np.float64]:
    """Return a way as a matrix (n_source, n_target), in the order of the file."""
    if all(layer.kind == "dense" for layer in way.layers):
        w = np.eye(prod(way.given))
        for number, layer in enumerate(way.layers):
            assert layer.weight is not None
            w = layer.weight if number == 0 else layer.weight @ w
        return w.T if way.layers else w
    n, found = prod(way.given), np.empty((prod(way.given), prod(way.shape)))
    at_once = max(1, _AT_ONCE // Stage("", tuple(way.layers), way.given, way.shape).work)
    for start in range(0, n, at_once):
        chosen = np.arange(start, min(start + at_once, n))
        x: NDArray[Any] = np.zeros((len(chosen), n))
        x[np.arange(len(chosen)), chosen] = 1
        x = x.reshape(-1, *way.given)
        for layer in way.layers:
            x = layer.apply(x)
        found[chosen] = x.reshape(len(x), -1)
    return found
