"""Convert chains of layers and delays between two populations of a NIR file to projections.

A convolution, optionally after pooling, and pooling alone become sparse projections, whose synapses share weights if
all neurons of a channel are alike; everything else becomes one matrix. NIR's arrays are in the order of channel, row
and column; populations of stdpbench are in the order of row, column and channel.
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
"""Types of nodes that are layers, or connect layers."""
GRIDS = ("Conv2d", "AvgPool2d", "SumPool2d")
"""Types of nodes that need rows and columns."""


def layer_of(name: str, node: nir.NIRNode) -> Layer:
    """Convert a node to a layer of the same name, without the neurons behind it.

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
        If its parameters are inconsistent, or the padding differs between opposite sides.
    """
    if isinstance(node, nir.AvgPool2d | nir.SumPool2d):
        size, stride, padding = (_pair(name, node, parameter) for parameter in ("kernel_size", "stride", "padding"))
        factor = 1 / prod(size) if isinstance(node, nir.AvgPool2d) else 1.0
        return Layer(name, "pool", size=size, stride=stride, padding=padding, factor=factor)
    for parameter in ("weight", "bias"):
        if hasattr(node, parameter) and not np.isfinite(real(node, name, parameter)).all():
            raise StdpbenchError(f"the {parameter} of {name} has values that are not finite numbers")
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
    mode = node.padding if isinstance(node.padding, str) else ""
    if mode == "valid":
        padding = (0, 0)
    elif mode == "same":
        if steps != (1, 1) or not (sides[0] % 2 and sides[1] % 2):
            raise StdpbenchError(
                f"{name} has padding 'same' with an even kernel or a stride, which differs between its sides"
            )
        padding = (sides[0] // 2, sides[1] // 2)
    else:
        padding = _pair(name, node, "padding")
    return Layer(name, "conv", kernel, bias, sides, steps, padding)


def _pair(name: str, node: nir.NIRNode, parameter: str) -> Pair:
    values = np.asarray(getattr(node, parameter)).reshape(-1)
    numeric = values.size in (1, 2) and values.dtype.kind in "iuf"
    if not numeric or (values != np.floor(values)).any() or (values < 0).any():
        raise StdpbenchError(f"the {parameter} of {name} must be one or two whole numbers, not {values.tolist()}")
    if parameter != "padding" and (values < 1).any():
        raise StdpbenchError(f"the {parameter} of {name} must be at least 1, not {values.tolist()}")
    rows, columns = np.broadcast_to(values, (2,)).astype(int).tolist()
    return rows, columns


def _ungrouped(name: str, weight: NDArray[np.float64], groups: int) -> NDArray[np.float64]:
    """Return the kernels of a grouped convolution for all channels, with 0 between groups."""
    n_out, n_in = weight.shape[:2]
    if groups < 1 or n_out % groups:
        raise StdpbenchError(f"{name} has {groups} groups, which do not divide its {n_out} channels")
    kernels = np.zeros((n_out, n_in * groups, *weight.shape[2:]))
    for group in range(groups):
        channels = slice(group * n_out // groups, (group + 1) * n_out // groups)
        kernels[channels, group * n_in : (group + 1) * n_in] = weight[channels]
    return kernels


def _dilated(weight: NDArray[np.float64], dilation: Pair) -> NDArray[np.float64]:
    """Return dilated kernels, with 0 between their values."""
    sides = [(side - 1) * step + 1 for side, step in zip(weight.shape[2:], dilation, strict=True)]
    kernels = np.zeros((*weight.shape[:2], *sides))
    kernels[:, :, :: dilation[0], :: dilation[1]] = weight
    return kernels


_AT_ONCE = 2**22  # numbers per block


@dataclass
class Chain:
    """A chain of nodes between two populations.

    Attributes
    ----------
    source, target : str
        Nodes at its ends: the input or neurons, and the target neurons.
    input_shape, shape : tuple of int
        Shapes of its input and of its output.
    names : list of str
        Nodes in between.
    layers : list of Layer
        Layers of these nodes, without biases.
    before, after : ndarray, int64, or int
        Delays in steps of each value before and after the layers, in the order of the file.
    """

    source: str
    target: str
    input_shape: Shape
    shape: Shape
    names: list[str] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    before: NDArray[np.int64] | int = 0
    after: NDArray[np.int64] | int = 0

    def follow(self, nodes: Nodes, name: str) -> None:
        """Append a node to the chain.

        Raises
        ------
        StdpbenchError
            If its shape does not match, or it is not supported after the previous nodes.
        """
        node, previous = nodes.graph.nodes[name], self.names[-1] if self.names else self.source
        self.names.append(name)
        if isinstance(node, nir.Delay):
            self._delay(nodes, name)
        elif isinstance(node, nir.Flatten):
            self.shape = (prod(self.shape),)
        else:
            if np.ndim(self.after):
                raise StdpbenchError(
                    f"{name} follows a Delay with different delays, which follows a matrix; this is not supported here"
                )
            layer = layer_at(name, node, self.shape)
            after = layer.shape_after(self.shape, previous)
            sides = getattr(node, "input_shape", None)
            if sides is not None and tuple(np.reshape(sides, -1)) != self.shape[1:]:
                expected, actual = (" × ".join(map(str, shape)) for shape in (np.reshape(sides, -1), self.shape[1:]))
                raise StdpbenchError(f"{name} expects {expected} values per channel, but {previous} gives {actual}")
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
    """The synapses of a projection that is equivalent to a chain.

    Attributes
    ----------
    connect : dict of str to Any
        Kind and parameters of the connection; empty: all pairs, or the pairs of `sparse`.
    w : ndarray, float64, (n_source, n_target) or (n_synapses,)
        Weights, between neurons in the order of their populations.
    steps : ndarray, int64, of the shape of `w`
        Delays in steps.
    sparse : stdpbench.kinds.connections.Synapses, or None
        Connected pairs of neurons; None: all.
    """

    connect: dict[str, Any]
    w: NDArray[np.float64]
    steps: NDArray[np.int64]
    sparse: connections.Synapses | None = None

    def rows(self, chosen: NDArray[np.bool_]) -> Rows:
        """Return the pairs of selected synapses; `chosen` has the shape of `w`."""
        if self.sparse is None:
            return Rows.of_pairs(*np.nonzero(chosen))
        source, target = (end[chosen].astype(np.int64) for end in (self.sparse.source, self.sparse.target))
        return Rows.of_pairs(source, target)


def chains_to(nodes: Nodes, target: str) -> Iterator[Chain]:
    """Yield all chains from the input or neurons to the neurons `target`, following edges backwards."""

    def back(name: str, passed: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for source in nodes.sources[name]:
            if source in passed:
                raise StdpbenchError(f"{source} is in a loop without neurons")
            if source == nodes.input or source in nodes.neurons:
                yield source, passed
            else:
                yield from back(source, (source, *passed))

    for source, names in back(target, ()):
        chain = Chain(source, target, nodes.grid(source), nodes.grid(source))
        for name in names:
            chain.follow(nodes, name)
        if prod(chain.shape) != nodes.size(target):
            raise StdpbenchError(
                f"{names[-1] if names else source} gives {' × '.join(map(str, chain.shape))} numbers to {target}, "
                f"which has {nodes.size(target)} neurons"
            )
        yield chain


def synapses_of(nodes: Nodes, chain: Chain, gain: NDArray[np.float64]) -> Synapses:
    """Convert a chain to synapses.

    Parameters
    ----------
    nodes : Nodes
        The file.
    chain : Chain
        The chain.
    gain : ndarray, float64, (n_target,)
        Factor on the input of each neuron, in the order of the population.

    Raises
    ------
    StdpbenchError
        If there would be too many synapses.
    """
    source, target = nodes.order(chain.source), nodes.order(chain.target)
    before = np.broadcast_to(np.asarray(chain.before, np.int64), len(source))[source]
    after = np.broadcast_to(np.asarray(chain.after, np.int64), len(target))[target]
    if np.array_equal(source, target) and (diagonal := _diagonal(nodes, chain)) is not None:
        n = len(source)
        pairs = connections.Synapses.of_pairs(np.arange(n, dtype=np.int64) * (n + 1), n, n)
        return Synapses({}, diagonal[source] * gain, before + after, pairs)
    kernels = _kernels(nodes, chain)
    if kernels is None:
        if any(layer.kind != "dense" for layer in chain.layers):
            _check_number(chain, len(source) * len(target))
        w = _matrix(chain)
        if not (np.array_equal(source, np.sort(source)) and np.array_equal(target, np.sort(target))):
            w = w[np.ix_(source, target)]
        w = w * gain
        return Synapses({}, w, before[:, None] + after)
    shapes, units = (nodes.placed(chain.source), nodes.placed(chain.target)), chain.shape[0]
    planes = chain.input_shape[0] if chain.source == nodes.input else 1
    shared = all((each == each[0]).all() for each in (before, after, gain.reshape(-1, units)))
    connect = kernels.connect.model_copy(update={"planes": planes, "shared": shared})
    _check_number(chain, int(connect.expected(*shapes, recurrent=False)))
    w = kernels.weight.transpose(2, 3, 1, 0) * (gain[:units] if shared else 1.0)
    if shared:
        return Synapses(connect.to_mapping(), w, np.full(w.shape, before[0] + after[0]))
    drawn = connect.draw(np.random.default_rng(0), *shapes, recurrent=False)
    w = w.reshape(-1)[connect.weight_of_synapse(drawn, *shapes)] * gain[drawn.target]
    return Synapses(connect.to_mapping(), w, before[drawn.source] + after[drawn.target], drawn)


def constant(nodes: Nodes, name: str) -> NDArray[np.float64]:
    """Return the sum of the constant inputs of neurons by Affine and Conv2d nodes, (n,), in the order of the file.

    Raises
    ------
    StdpbenchError
        If one is delayed, since it would begin later than the network.
    """
    outputs = dict[str, NDArray[np.float64]]()

    def output(name: str) -> NDArray[np.float64]:
        if name in outputs:
            return outputs[name]
        if name == nodes.input or name in nodes.neurons:
            return np.zeros(nodes.grid(name))
        node, values = nodes.graph.nodes[name], summed_input(name)
        if isinstance(node, nir.Delay):
            if values.any():
                raise StdpbenchError(f"{name} delays the bias of an Affine or Conv2d node, which cannot run here")
        elif isinstance(node, nir.Flatten):
            values = values.reshape(-1)
        else:
            values = np.asarray(layer_at(name, node, values.shape).apply(values[None])[0], np.float64)
        outputs[name] = values
        return values

    def summed_input(name: str) -> NDArray[np.float64]:
        parts = [output(source) for source in nodes.sources[name]]
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
    return summed_input(name).reshape(-1)


def layer_at(name: str, node: nir.NIRNode, shape: Shape) -> Layer:
    """Convert a node with an input shape to a layer; a Scale becomes pooling of one value, or a diagonal matrix."""
    if not isinstance(node, nir.Scale):
        return layer_of(name, node)
    scale = real(node, name, "scale").reshape(-1)
    if scale.size not in (1, prod(shape)):
        raise StdpbenchError(f"{name} has {scale.size} values, but gets {prod(shape)} numbers")
    if len(shape) == 3 and (scale == scale[0]).all():
        return Layer(name, "pool", factor=float(scale[0]))
    return Layer(name, "dense", np.diag(np.broadcast_to(scale, prod(shape))))


def _check_number(chain: Chain, n: int) -> None:
    if n > MOST_WEIGHTS:
        between = chain.names[-1] if chain.names else "the connection"
        raise StdpbenchError(
            f"{between} from {chain.source} to {chain.target} would have {n:.3g} synapses, but at most "
            f"{MOST_WEIGHTS:.3g} run here; use a smaller network, or square kernels with neurons between them"
        )


def _diagonal(nodes: Nodes, chain: Chain) -> NDArray[np.float64] | None:
    """Return the weights of a one-to-one chain, in the order of the file; None for other chains."""
    if any(not isinstance(nodes.graph.nodes[name], nir.Scale | nir.Delay | nir.Flatten) for name in chain.names):
        return None
    w = np.ones(prod(chain.input_shape))
    for layer in chain.layers:
        w = w * (layer.factor if layer.weight is None else np.diag(layer.weight))
    return w


def _kernels(nodes: Nodes, chain: Chain) -> Kernels | None:
    """Convert a chain to one convolution; None if it needs a matrix."""
    if not chain.layers or any(layer.kind == "dense" for layer in chain.layers):
        return None
    if len(nodes.placed(chain.source)) == 1 or nodes.grid(chain.target) != chain.shape:
        return None
    layers = chain.layers
    if layers[-1].kind == "pool":  # pooling acts on each channel separately
        layers = [*layers, Layer("", "conv", np.eye(chain.shape[0])[:, :, None, None])]
    if any(layer.kind != "pool" for layer in layers[:-1]):
        return None
    return kernels_of(Stage("", tuple(layers), chain.input_shape, chain.shape))


def _matrix(chain: Chain) -> NDArray[np.float64]:
    """Convert a chain to a matrix (n_source, n_target), in the order of the file."""
    if all(layer.kind == "dense" for layer in chain.layers):
        w = np.eye(prod(chain.input_shape))
        for number, layer in enumerate(chain.layers):
            assert layer.weight is not None
            w = layer.weight if number == 0 else layer.weight @ w
        return w.T if chain.layers else w
    n, matrix = prod(chain.input_shape), np.empty((prod(chain.input_shape), prod(chain.shape)))
    at_once = max(1, _AT_ONCE // Stage("", tuple(chain.layers), chain.input_shape, chain.shape).work)
    for start in range(0, n, at_once):
        chosen = np.arange(start, min(start + at_once, n))
        x: NDArray[Any] = np.zeros((len(chosen), n))
        x[np.arange(len(chosen)), chosen] = 1
        x = x.reshape(-1, *chain.input_shape)
        for layer in chain.layers:
            x = layer.apply(x)
        matrix[chosen] = x.reshape(len(x), -1)
    return matrix
