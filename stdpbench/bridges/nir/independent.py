r"""A reader that simulates NIR networks from NIR's equations alone; it imports nothing of stdpbench.

NIR's nodes are differential equations. This reader solves them by the forward Euler method: what a step of dt adds is
computed from all that holds at its beginning, in all nodes at the same time.

.. math::

    \text{LIF: } v(t + dt) &= v(t) + \frac{dt}{\tau} \big(v_{leak} - v(t) + R\, I(t)\big) \\
    \text{IF: } v(t + dt) &= v(t) + dt\, R\, I(t) \\
    \text{CubaLIF: } i(t + dt) &= i(t) + \frac{dt}{\tau_{syn}} \big(w_{in}\, I(t) - i(t)\big) \\
    v(t + dt) &= v(t) + \frac{dt}{\tau_{mem}} \big(v_{leak} - v(t) + R\, i(t + dt)\big)

.. math::

    \text{Conv2d: } y_{ors} &= b_o + \sum_{c,a,b} K_{ocab}\; x_{c,\; r\,t - p + a\,d,\; s\,t - p + b\,d} \\
    \text{SumPool2d: } y_{crs} &= \sum_{a,b} x_{c,\; r\,t - p + a,\; s\,t - p + b} \qquad
    \text{AvgPool2d: the same, by the number of values}

with stride t, padding p and dilation d, where values outside are 0; channels in a group see inputs of the same group.
Flatten puts values in the order of channel, row and column. A neuron with :math:`v(t) > v_{threshold}` emits a spike,
the number 1 during this step, and its potential becomes :math:`v_{reset}` before the equation is applied. A node gets
the sum of what its sources emit. All but neurons act at once; Delay emits what it got :math:`\tau` earlier, and 0
before that. In CubaLIF, which is NIR's
composition of LI and LIF, the potential sees the new current. At time 0, potentials and currents are 0.
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
    """What a node of neurons did.

    Attributes
    ----------
    spikes : ndarray, bool, (n_steps, n_stimuli, n_neurons)
        Whether a neuron fires in a step; in the order of channel, row and column where they have these.
    v : ndarray, float64, (n_steps, n_stimuli, n_neurons)
        Its potential in that step before the reset; of no steps unless asked for.
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
        What the Input node emits in each step, for stimuli that are shown independently of each other.
    dt : float
        Time step, in the unit of the times in `graph`.
    potentials : bool
        Whether to return potentials.

    Returns
    -------
    dict of str to Course
        By the name of each node of neurons.

    Raises
    ------
    ValueError
        If a node is of another type, or there is not one Input node.
    """
    nodes, n_steps, n_stimuli = graph.nodes, *inputs.shape[:2]
    for name, node in nodes.items():
        if not isinstance(node, _UNITS):
            raise ValueError(f"{name} is a node of type {type(node).__name__}, which this reader does not know")
    (entry,) = (name for name, node in nodes.items() if isinstance(node, nir.Input))
    sources = {name: [source for source, target in graph.edges if target == name] for name in nodes}
    neurons = {name: node for name, node in nodes.items() if isinstance(node, _NEURONS)}
    v = {name: np.zeros((n_stimuli, *node.v_threshold.shape)) for name, node in neurons.items()}
    i = {name: np.zeros_like(each) for name, each in v.items()}
    fired = {name: np.zeros((n_steps, *each.shape), bool) for name, each in v.items()}
    courses = {name: np.zeros((n_steps if potentials else 0, *each.shape)) for name, each in v.items()}
    shape = (n_stimuli, *np.reshape(nodes[entry].input_type["input"], -1))
    lines = {name: _Line(node.delay, dt, n_stimuli) for name, node in nodes.items() if isinstance(node, nir.Delay)}

    def emitted(name: str) -> NDArray[Any]:
        """Return what a node emits at this time."""
        if name not in now:
            node, got = nodes[name], received(name)
            if isinstance(node, nir.Linear | nir.Affine):
                got = got.reshape(n_stimuli, -1) @ node.weight.T
            if isinstance(node, nir.Affine):
                got = got + node.bias
            elif isinstance(node, nir.Scale):
                got = got * node.scale
            elif isinstance(node, nir.Delay):
                got = lines[name].pass_on(got, step)
            elif isinstance(node, nir.Flatten):
                got = got.reshape(n_stimuli, -1)
            elif isinstance(node, nir.Conv2d):
                got = _convolved(node, got)
            elif isinstance(node, _POOLS):
                got = _pooled(node, got)
            now[name] = got
        return now[name]

    def received(name: str) -> NDArray[Any]:
        """Return the sum of what a node gets at this time."""
        if not sources[name]:
            return np.zeros((n_stimuli, *np.reshape(nodes[name].input_type["input"], -1)))
        total = emitted(sources[name][0])
        for source in sources[name][1:]:
            total = total + emitted(source)
        return total

    for step in range(n_steps):
        now: dict[str, NDArray[Any]] = {entry: inputs[step].reshape(shape).astype(np.float64)}
        for name, node in neurons.items():
            fired[name][step] = v[name] > node.v_threshold
            if potentials:
                courses[name][step] = v[name]
            v[name] = np.where(fired[name][step], node.v_reset, v[name])
            now[name] = fired[name][step].astype(np.float64)
        got = {
            name: received(name).reshape(each.shape) for name, each in v.items()
        }  # of all, before any of them changes
        for name, node in neurons.items():
            if isinstance(node, nir.IF):
                v[name] = v[name] + dt * node.r * got[name]
                continue
            current, tau = got[name], node.tau if isinstance(node, nir.LIF) else node.tau_mem
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
    """Return what a Conv2d emits, (n_stimuli, channels, rows, columns)."""
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
    for o, c, a, b in np.ndindex(*w.shape):
        seen = x[:, o // n_out * n_in + c, a * dilation[0] :: strides[0], b * dilation[1] :: strides[1]]
        y[:, o] += w[o, c, a, b] * seen[:, :rows, :columns]
    return y + np.reshape(node.bias, (-1, 1, 1))


def _pooled(node: nir.SumPool2d | nir.AvgPool2d, x: NDArray[Any]) -> NDArray[Any]:
    """Return what pooling emits, (n_stimuli, channels, rows, columns)."""
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
    """What a Delay node got in the last steps."""

    def __init__(self, delay: NDArray[Any], dt: float, n_stimuli: int) -> None:
        self._steps = np.rint(delay / dt).astype(np.int64).reshape(-1)
        self._channels = np.arange(delay.size)
        self._past = np.zeros((int(self._steps.max(initial=0)) + 1, n_stimuli, delay.size))

    def pass_on(self, got: NDArray[Any], step: int) -> NDArray[Any]:
        """Return what arrives now, given what the node gets now."""
        n = len(self._past)
        self._past[step % n] = got.reshape(len(got), -1)
        arrived: NDArray[Any] = self._past[(step - self._steps) % n, :, self._channels].T
        return arrived.reshape(got.shape)
