r"""Simulate NIR networks from NIR's equations alone, without importing anything from stdpbench.

NIR's nodes are differential equations. This reader solves them by the forward Euler method: the change in a step of dt
is computed from the state at its beginning, in all nodes simultaneously.

.. math::

    \text{LIF: } v(t + dt) &= v(t) + \frac{dt}{\tau} \big(v_{leak} - v(t) + R\, I(t)\big) \\
    \text{IF: } v(t + dt) &= v(t) + dt\, R\, I(t) \\
    \text{CubaLIF: } i(t + dt) &= i(t) + \frac{dt}{\tau_{syn}} \big(w_{in}\, I(t) - i(t)\big) \\
    v(t + dt) &= v(t) + \frac{dt}{\tau_{mem}} \big(v_{leak} - v(t) + R\, i(t + dt)\big)

.. math::

    \text{Conv2d: } y_{ors} &= b_o + \sum_{c,a,b} K_{ocab}\; x_{c,\; r\,t - p + a\,d,\; s\,t - p + b\,d} \\
    \text{SumPool2d: } y_{crs} &= \sum_{a,b} x_{c,\; r\,t - p + a,\; s\,t - p + b} \qquad
    \text{AvgPool2d: the same, by the number of values}

with stride t, padding p and dilation d, and values of 0 outside; channels in a group get inputs of the same group.
Flatten arranges values in the order of channel, row and column. A neuron with :math:`v(t) > v_{threshold}` emits a
spike, the number 1 during this step, and its potential becomes :math:`v_{reset}` before the equation is applied. The
input of a node is the sum of the outputs of its sources. All nodes except neurons act immediately; Delay emits its
input of :math:`\tau` earlier, and 0 before that. In CubaLIF, which is NIR's composition of LI and LIF, the equation of
the potential has the new current. At time 0, potentials and currents are 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import nir
import numpy as np
from numpy.typing import NDArray

_NEURONS = (nir.LIF, nir.IF, nir.CubaLIF)
_POOLS = (nir.SumPool2d, nir.AvgPool2d)
_UNITS = (
    nir.Input,
    nir.Output,
    nir.Linear,
    nir.Affine,
    nir.Scale,
    nir.Delay,
    nir.Flatten,
    nir.Conv2d,
    *_POOLS,
    *_NEURONS,
)


class Course(NamedTuple):
    """Spikes and potentials of a node of neurons.

    Attributes
    ----------
    spikes : ndarray, bool, (n_steps, n_stimuli, n_neurons)
        Whether a neuron fires in a step; neurons are in the order of channel, row and column, if they have these.
    v : ndarray, float64, (n_steps, n_stimuli, n_neurons)
        Potential in that step before the reset; no steps unless requested.
    """

    spikes: NDArray[np.bool_]
    v: NDArray[np.float64]


def simulate(graph: nir.NIRGraph, inputs: NDArray[Any], dt: float, *, potentials: bool = False) -> dict[str, Course]:
    """Simulate a network from time 0.

    Parameters
    ----------
    graph : nir.NIRGraph
        A network with one Input node, whose neurons are LIF, IF or CubaLIF.
    inputs : ndarray, (n_steps, n_stimuli, n_input)
        Output of the Input node in each step, for independent stimuli.
    dt : float
        Time step, in the unit of the times in `graph`.
    potentials : bool
        Whether to return potentials.

    Returns
    -------
    dict of str to Course
        Name of each node of neurons -> its spikes and potentials.

    Raises
    ------
    ValueError
        If a node has an unsupported type, or there is not exactly one Input node.
    """
    nodes, n_steps, n_stimuli = graph.nodes, *inputs.shape[:2]
    for name, node in nodes.items():
        if not isinstance(node, _UNITS):
            raise ValueError(f"{name} is a node of type {type(node).__name__}, which this reader does not support")
    (entry,) = (name for name, node in nodes.items() if isinstance(node, nir.Input))
    sources = {name: [source for source, target in graph.edges if target == name] for name in nodes}
    neurons = {name: node for name, node in nodes.items() if isinstance(node, _NEURONS)}
    v = {name: np.zeros((n_stimuli, *node.v_threshold.shape)) for name, node in neurons.items()}
    i = {name: np.zeros_like(potential) for name, potential in v.items()}
    fired = {name: np.zeros((n_steps, *potential.shape), bool) for name, potential in v.items()}
    courses = {name: np.zeros((n_steps if potentials else 0, *v[name].shape)) for name in v}
    shape = (n_stimuli, *np.reshape(nodes[entry].input_type["input"], -1))
    lines = {name: _Line(node.delay, dt, n_stimuli) for name, node in nodes.items() if isinstance(node, nir.Delay)}

    def output(name: str) -> NDArray[Any]:
        """Return the output of a node at this time."""
        if name not in now:
            node, values = nodes[name], summed_input(name)
            if isinstance(node, nir.Linear | nir.Affine):
                values = values.reshape(n_stimuli, -1) @ node.weight.T
            if isinstance(node, nir.Affine):
                values = values + node.bias
            elif isinstance(node, nir.Scale):
                values = values * node.scale
            elif isinstance(node, nir.Delay):
                values = lines[name].pass_on(values, step)
            elif isinstance(node, nir.Flatten):
                values = values.reshape(n_stimuli, -1)
            elif isinstance(node, nir.Conv2d):
                values = _convolved(node, values)
            elif isinstance(node, _POOLS):
                values = _pooled(node, values)
            now[name] = values
        return now[name]

    def summed_input(name: str) -> NDArray[Any]:
        """Return the summed input of a node at this time."""
        if not sources[name]:
            return np.zeros((n_stimuli, *np.reshape(nodes[name].input_type["input"], -1)))
        total = output(sources[name][0])
        for source in sources[name][1:]:
            total = total + output(source)
        return total

    for step in range(n_steps):
        now: dict[str, NDArray[Any]] = {entry: inputs[step].reshape(shape).astype(np.float64)}
        for name, node in neurons.items():
            fired[name][step] = v[name] > node.v_threshold
            if potentials:
                courses[name][step] = v[name]
            v[name] = np.where(fired[name][step], node.v_reset, v[name])
            now[name] = fired[name][step].astype(np.float64)
        values = {
            name: summed_input(name).reshape(potential.shape) for name, potential in v.items()
        }  # inputs of all nodes, before any of them changes
        for name, node in neurons.items():
            if isinstance(node, nir.IF):
                v[name] = v[name] + dt * node.r * values[name]
                continue
            current, tau = values[name], node.tau if isinstance(node, nir.LIF) else node.tau_mem
            if isinstance(node, nir.CubaLIF):
                i[name] = i[name] + dt / node.tau_syn * (node.w_in * current - i[name])
                current = i[name]
            v[name] = v[name] + dt / tau * (node.v_leak - v[name] + node.r * current)
    flat = {name: (n_stimuli, node.v_threshold.size) for name, node in neurons.items()}
    return {
        name: Course(fired[name].reshape(n_steps, *shape), courses[name].reshape(len(courses[name]), *shape))
        for name, shape in flat.items()
    }


def _convolved(node: nir.Conv2d, x: NDArray[Any]) -> NDArray[Any]:
    """Return the output of a Conv2d, (n_stimuli, channels, rows, columns)."""
    w, strides, dilation = node.weight, _two(node.stride), _two(node.dilation)
    reach = [step * (side - 1) for step, side in zip(dilation, w.shape[2:], strict=True)]
    if isinstance(node.padding, str):
        sides = [(r // 2, r - r // 2) if node.padding == "same" else (0, 0) for r in reach]
    else:
        sides = [(p, p) for p in _two(node.padding)]
    x = np.pad(x, ((0, 0), (0, 0), *sides))
    rows, columns = ((n - r - 1) // step + 1 for n, r, step in zip(x.shape[2:], reach, strides, strict=True))
    y = np.zeros((len(x), len(w), rows, columns))
    n_out, n_in = len(w) // int(node.groups), w.shape[1]
    for o, c, a, b in np.argwhere(w):
        inputs = x[:, o // n_out * n_in + c, a * dilation[0] :: strides[0], b * dilation[1] :: strides[1]]
        y[:, o] += w[o, c, a, b] * inputs[:, :rows, :columns]
    return y + np.reshape(node.bias, (-1, 1, 1))


def _pooled(node: nir.SumPool2d | nir.AvgPool2d, x: NDArray[Any]) -> NDArray[Any]:
    """Return the output of pooling, (n_stimuli, channels, rows, columns)."""
    size, strides = _two(node.kernel_size), _two(node.stride)
    x = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in _two(node.padding))))
    rows, columns = ((n - k) // step + 1 for n, k, step in zip(x.shape[2:], size, strides, strict=True))
    y = np.zeros((*x.shape[:2], rows, columns))
    for a, b in np.ndindex(*size):
        y += x[:, :, a :: strides[0], b :: strides[1]][:, :, :rows, :columns]
    return y / (size[0] * size[1]) if isinstance(node, nir.AvgPool2d) else y


def _two(value: Any) -> tuple[int, int]:
    """Return a parameter for rows and columns."""
    rows, columns = np.broadcast_to(np.reshape(value, -1), (2,)).tolist()
    return int(rows), int(columns)


class _Line:
    """Delay line: the inputs of a Delay node in the last steps."""

    def __init__(self, delay: NDArray[Any], dt: float, n_stimuli: int) -> None:
        self._steps = np.rint(delay / dt).astype(np.int64).reshape(-1)
        self._channels = np.arange(delay.size)
        self._past = np.zeros((int(self._steps.max(initial=0)) + 1, n_stimuli, delay.size))

    def pass_on(self, values: NDArray[Any], step: int) -> NDArray[Any]:
        """Store the current input, and return the delayed output."""
        n = len(self._past)
        self._past[step % n] = values.reshape(len(values), -1)
        arrived: NDArray[Any] = self._past[(step - self._steps) % n, :, self._channels].T
        return arrived.reshape(values.shape)
