r"""Conversion of a network of rectified units to spiking neurons.

A convolution, and the pooling before it, become a projection of kind ``local``, whose synapses share the weights of a
kernel: they are tied when the network is built. Everything else becomes a matrix. Biases become constant currents, as
synapses from one neuron that fires in every step. With the scale :math:`\lambda_l` of each layer, a percentile of its
activations, and its threshold :math:`\vartheta_l`,

.. math:: W_l' = \vartheta_l W_l\, \lambda_{l-1} / \lambda_l, \qquad b_l' = \vartheta_l b_l / \lambda_l

Layer l receives its first spikes in step l - 1, so that its biases are delayed by as many steps.

Source: Rueckauer et al. (2017), doi:10.3389/fnins.2017.00682, sections 2.2.1 to 2.2.3 (biases, scaling, average
pooling as a sum of inputs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import weights_of
from stdpbench.experiment.graph import Graph
from stdpbench.experiment.graph.bias import BIAS, BIAS_NEURON, trained_projection
from stdpbench.experiment.references.feed_forward import neurons_of
from stdpbench.experiment.references.layer_network import Floats, LayerNetwork, Pair, Shape, Stage
from stdpbench.experiment.references.relu_network import scales_of
from stdpbench.kinds.connections.local import Local

INPUT: Final = "input"
OUTPUT: Final = "output"
FIRST: Final = "feed"
MOST_WEIGHTS: Final = 2**26
"""Maximum number of synapses of a projection: half a GiB."""
_NEURON = {"kind": "lif-discrete", "beta": 1.0, "v_thresh": 1.0, "reset_mechanism": "subtract"}
_AT_ONCE = 2**23  # most numbers in memory


@dataclass(frozen=True, eq=False)
class Kernels:
    """A convolution, combined with the pooling before it.

    Attributes
    ----------
    weight : ndarray, float64, (n_out, n_in, side, side)
        Its kernels.
    stride, padding : int
        Equal for rows and columns.
    """

    weight: NDArray[np.float64]
    stride: int
    padding: int

    @property
    def connect(self) -> Local:
        """The connection."""
        return Local(field=self.weight.shape[2], stride=self.stride, padding=self.padding)

    def tied(self, source: Shape, target: Shape) -> NDArray[np.float64]:
        """Return the weight of each synapse between populations of these shapes, float64, (n_synapses,)."""
        connect = self.connect
        synapses = connect.draw(np.random.default_rng(0), source, target, recurrent=False)
        pixel, channel = connect.pixels(synapses, source, target)
        flat = self.weight.reshape(*self.weight.shape[:2], -1)
        return np.ascontiguousarray(flat[synapses.target % target[2], channel, pixel])


@dataclass(frozen=True, eq=False)
class Conversion:
    """Weights of the spiking network.

    Attributes
    ----------
    arrays : dict of str to ndarray, float64
        By the name of the learned array.
    scales : ndarray, float64, (n_stages,)
        Divisors of the activations.
    shift : float
        Constant that was added to all outputs of the network of rectified units.
    accuracy : float
        Accuracy of that network on the pictures that set the scales.
    """

    arrays: dict[str, NDArray[np.float64]]
    scales: NDArray[np.float64]
    shift: float
    accuracy: float


def names_of(network: LayerNetwork) -> list[str]:
    """Return the names of the populations that replace the stages of rectified units; the last is the output."""
    return [*(stage.name for stage in network.stages[:-1]), OUTPUT]


def projection_names(n: int) -> list[str]:
    """Return the names of the projections to these `n` populations."""
    return [FIRST if number == 1 else f"{FIRST}{number}" for number in range(1, n + 1)]


def network_table(network: LayerNetwork, dt: float = 1.0) -> dict[str, Any]:
    """Return the table ``network`` of an experiment with the spiking network.

    Parameters
    ----------
    network : LayerNetwork
        The network of rectified units.
    dt : float
        Time step in ms.

    Raises
    ------
    StdpbenchError
        If it is too large, or its input has several channels.
    """
    if network.shape[0] != 1:
        raise StdpbenchError(
            f"input has {network.shape[0]} channels, but pictures here have one; convert a network for grey pictures"
        )
    populations: dict[str, Any] = {INPUT: {"shape": list(network.shape[1:])}}
    if network.biased:
        populations[BIAS] = {"size": 1, "neuron": dict(BIAS_NEURON)}
    projections: dict[str, Any] = {}
    source, stages = INPUT, network.stages
    for number, (stage, name, feed) in enumerate(
        zip(stages, names_of(network), projection_names(len(stages)), strict=True)
    ):
        shape = _placed(stage.after)
        populations[name] = {"shape": list(shape), "neuron": dict(_NEURON)}
        projections[feed] = trained_projection(source, name)
        kernels = kernels_of(stage)
        n_weights = prod(stage.before) * prod(stage.after)
        if kernels is not None:
            projections[feed]["connect"] = {"kind": "local", **kernels.connect.to_mapping()}
            before = tuple(populations[source]["shape"])
            n_weights = int(kernels.connect.expected(before, shape, recurrent=False))
        if n_weights > MOST_WEIGHTS:
            raise StdpbenchError(
                f"{stage.name} would have {n_weights:.3g} synapses, and at most {MOST_WEIGHTS:.3g} run here; use a "
                "smaller network, or square kernels"
            )
        if network.biased:
            projections[f"{BIAS}_{name}"] = trained_projection(BIAS, name, number * dt)
        source = name
    return {"kind": "graph", "dt": dt, "read": OUTPUT, "populations": populations, "projections": projections}


def convert(
    network: LayerNetwork,
    graph: Graph,
    currents: Floats,
    labels: NDArray[np.integer[Any]],
    percentile: float,
) -> Conversion:
    """Return the weights of the spiking network whose rates represent the activations of rectified units.

    If the network has biases, and the largest output of some picture is negative, so that no output neuron would fire,
    the same number is added to all outputs. This changes no decision.

    Parameters
    ----------
    network : LayerNetwork
        The network of rectified units.
    graph : Graph
        The spiking network of `network_table`; its neurons may have other thresholds.
    currents : ndarray, (n_pictures, n_inputs)
        Inputs of the pictures whose activations set the scales.
    labels : ndarray of int, (n_pictures,)
        Their classes.
    percentile : float
        Percentile of the positive activations of a layer that becomes one spike per step.

    Raises
    ------
    StdpbenchError
        If the graph is not that of the network.
    """
    stages, names = network.stages, names_of(network)
    for stage, name in zip(stages, names, strict=True):
        if name not in graph.populations or graph.populations[name].shape != _placed(stage.after):
            raise StdpbenchError(
                f"network.populations.{name} must have the shape {list(_placed(stage.after))} of the file of "
                "reference.weights"
            )
    scales, shift = np.ones(len(stages)), 0.0
    x = currents.reshape(len(currents), *network.shape)
    for number, stage in enumerate(stages):
        x = applied(stage, x)
        if number == len(stages) - 1:
            lowest = float(x.max(axis=tuple(range(1, x.ndim))).min()) if len(x) else 0.0
            shift = -lowest if network.biased and lowest < 0 else 0.0
            x = x + x.dtype.type(shift)
        else:
            np.maximum(x, 0, out=x)
        scales[number] = scales_of([x], percentile)[0]
    right = x.reshape(len(x), -1).argmax(axis=1) == labels
    arrays = dict(_arrays(network, graph, scales, shift))
    return Conversion(arrays, scales, shift, float(right.mean()) if len(right) else 0.0)


def applied(stage: Stage, x: Floats) -> Floats:
    """Apply a stage to pictures in batches that fit into memory."""
    at_once = max(1, _AT_ONCE // stage.work)
    return np.concatenate([stage.apply(x[start : start + at_once]) for start in range(0, max(1, len(x)), at_once)])


def as_neurons(x: Floats) -> Floats:
    """Return values (n, channels, rows, columns) in the order of neurons, whose last axis are channels."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x).reshape(len(x), -1)


def kernels_of(stage: Stage) -> Kernels | None:
    """Return a stage as one convolution without biases; None if it has to be a matrix.

    It has to be a matrix if there is no convolution, if rows and columns differ, or if padding between two layers
    would change the output of the first.
    """
    last, sides = stage.layers[-1], stage.before[1:]
    if last.kind != "conv":
        return None
    pooled = np.ones((1, 1))
    stride, padding = (1, 1), (0, 0)
    for layer in stage.layers:
        if any(layer.padding) and not _outside_is_empty(sides, pooled.shape, stride, padding):
            return None
        kernel = np.full(layer.size, layer.factor) if layer.weight is None else layer.weight
        composed = _composed(pooled, stride, kernel)
        padding = (padding[0] + stride[0] * layer.padding[0], padding[1] + stride[1] * layer.padding[1])
        stride = (stride[0] * layer.stride[0], stride[1] * layer.stride[1])
        pooled = composed
    if composed.shape[2] != composed.shape[3] or stride[0] != stride[1] or padding[0] != padding[1]:
        return None
    if stage.std is not None:
        composed = composed / stage.std[:, None, None]
    return Kernels(composed, stride[0], padding[0])


def matrix_of(stage: Stage) -> NDArray[np.float64]:
    """Return a stage as a matrix (n_source, n_target) between neurons, without biases."""
    plain = replace(stage, layers=tuple(replace(layer, bias=None) for layer in stage.layers), mean=None, std=None)
    n, matrix = prod(stage.before), np.empty((prod(stage.before), prod(stage.after)))
    number = np.arange(n, dtype=np.float64).reshape(1, *stage.before)
    order = as_neurons(number)[0].astype(np.int64)
    at_once = max(1, _AT_ONCE // max(plain.work, n))
    for start in range(0, n, at_once):
        columns = order[start : start + at_once]
        unit = np.zeros((len(columns), n))
        unit[np.arange(len(columns)), columns] = 1
        matrix[start : start + at_once] = as_neurons(plain.apply(unit.reshape(-1, *stage.before)))
    if stage.std is not None:
        per_channel = np.broadcast_to(stage.std[:, None, None], stage.before).reshape(-1)
        matrix /= per_channel[order][:, None]
    return matrix


def _arrays(
    network: LayerNetwork, graph: Graph, scales: NDArray[np.float64], shift: float
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the name and values of each learned array."""
    stages, names, before, source = network.stages, names_of(network), 1.0, INPUT
    for number, (stage, name, feed) in enumerate(zip(stages, names, projection_names(len(stages)), strict=True), 1):
        threshold, scale = neurons_of(graph, name).threshold, float(scales[number - 1])
        kernels = kernels_of(stage)
        if kernels is None:
            w = matrix_of(stage)
        else:
            w = kernels.tied(graph.populations[source].shape or network.shape[1:], graph.populations[name].shape)
        yield weights_of(feed), w * (threshold * before / scale)
        if network.biased:
            bias = as_neurons(stage.apply(np.zeros((1, *stage.before)))) + (shift if name == OUTPUT else 0.0)
            yield weights_of(f"{BIAS}_{name}"), np.asarray(bias * (threshold / scale), np.float64)
        before, source = scale, name


def _placed(shape: Shape) -> Shape:
    """Return the shape of a population: channels, rows and columns become rows, columns and units."""
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape


def _outside_is_empty(sides: Shape, size: Shape, stride: Pair, padding: Pair) -> bool:
    """Return whether a layer would compute 0 at all places outside its output, as padding after it assumes."""
    if any(padding):
        return False
    axes = zip(sides, size[-2:], stride, strict=True)
    return all(wide <= step and side % step == 0 for side, wide, step in axes)


def _composed(first: NDArray[np.float64], stride: Pair, second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the kernel of a pooling followed by another pooling or a convolution.

    Parameters
    ----------
    first : ndarray, float64, (rows, columns)
        Weights of the pooling, the same for all channels.
    stride : tuple of int
        Its stride.
    second : ndarray, float64, (..., rows, columns)
        Kernel of the layer that follows.
    """
    rows, columns = (
        step * (wide - 1) + narrow for step, wide, narrow in zip(stride, second.shape[-2:], first.shape, strict=True)
    )
    kernel = np.zeros((*second.shape[:-2], rows, columns))
    for row, column in np.ndindex(*second.shape[-2:]):
        top, left = stride[0] * row, stride[1] * column
        place = kernel[..., top : top + first.shape[0], left : left + first.shape[1]]
        place += second[..., row, column, None, None] * first
    return kernel
