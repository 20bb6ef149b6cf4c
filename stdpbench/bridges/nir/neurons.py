"""Nodes of a NIR file and their parameters, and the equivalent neurons of stdpbench."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import expm1, log1p, prod
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.bridges.nir import NEURONS
from stdpbench.experiment.references.layer_network import Shape


def real(node: Any, name: str, parameter: str) -> NDArray[np.float64]:
    """Return a parameter of a node, float64.

    Raises
    ------
    StdpbenchError
        If it has values that are not real numbers.
    """
    value = np.asarray(getattr(node, parameter))
    if value.dtype.kind not in "biuf":
        raise StdpbenchError(f"the {parameter} of {name} must be real numbers, not of type {value.dtype}")
    return value.astype(np.float64)


_G_L = 25.0  # nS, for neurons with a synaptic current; the value is arbitrary


class Nodes:
    """The nodes of a graph and their connections.

    Parameters
    ----------
    graph : nir.NIRGraph
        A network whose nodes all have supported types.
    dt : float
        Time step in ms.
    step : float
        Time step in the unit of the file.
    """

    def __init__(self, graph: nir.NIRGraph, dt: float, step: float) -> None:
        self.graph, self.dt, self.step = graph, dt, step
        self.sources = {name: [a for a, b in graph.edges if b == name] for name in graph.nodes}

    @cached_property
    def neurons(self) -> tuple[str, ...]:
        """Names of the nodes of neurons."""
        return tuple(name for name, node in self.graph.nodes.items() if type(node).__name__ in NEURONS)

    @cached_property
    def input(self) -> str:
        """Name of the Input node."""
        inputs: list[str] = [name for name, node in self.graph.nodes.items() if isinstance(node, nir.Input)]
        if len(inputs) != 1:
            raise StdpbenchError(f"a network must have one Input node to run here, not {len(inputs)}")
        return inputs[0]

    @cached_property
    def read(self) -> str:
        """Name of the neurons whose spikes are the output."""
        outputs = [name for name, node in self.graph.nodes.items() if isinstance(node, nir.Output)]
        sources: list[str] = [source for name in outputs for source in self.sources[name]]
        while len(sources) == 1 and isinstance(self.graph.nodes[sources[0]], nir.Flatten):
            sources = self.sources[sources[0]]
        if len(sources) != 1:
            raise StdpbenchError(f"one node must lead to an Output node to run here, not {len(sources)}")
        if sources[0] not in self.neurons:
            kind = type(self.graph.nodes[sources[0]]).__name__
            raise StdpbenchError(
                f"the output is that of {sources[0]}, a node of type {kind}; only spikes of neurons can be read here"
            )
        return sources[0]

    def size(self, name: str) -> int:
        """Return the number of neurons or inputs of a node."""
        return int(np.prod(self.graph.nodes[name].output_type["output"]))

    def grid(self, name: str) -> Shape:
        """Return the output shape of the input or neurons: (channels, rows, columns), or (n,)."""
        shape = tuple(int(side) for side in np.reshape(self.graph.nodes[name].output_type["output"], -1))
        if name == self.input and len(shape) == 2:
            return (1, *shape)
        return shape if len(shape) == 3 else (prod(shape),)

    def placed(self, name: str) -> Shape:
        """Return the shape of a population: rows, columns and units at each place, or the number of neurons.

        The channels of an input stand one above the other in its rows, which is the order of the file.
        """
        grid = self.grid(name)
        if len(grid) == 1:
            return grid
        return (grid[0] * grid[1], grid[2]) if name == self.input else (*grid[1:], grid[0])

    def order(self, name: str) -> NDArray[np.int64]:
        """Return the number in the file of each neuron of a population, int64, (n,)."""
        numbers = np.arange(self.size(name), dtype=np.int64)
        if len(self.placed(name)) < 3:
            return numbers
        return numbers.reshape(self.grid(name)).transpose(1, 2, 0).reshape(-1)

    def rate(self, name: str, tau: str) -> float:
        """Return dt/tau of the neurons of a node, which must be the same for all.

        Raises
        ------
        StdpbenchError
            If it differs between neurons, is larger than 1, or tau is not a finite number.
        """
        taus = self.array(name, tau)
        if not (taus == taus[0]).all():
            raise StdpbenchError(f"{tau} of {name} differs between its neurons; here all must have the same")
        rate = self.step / float(taus[0]) if taus[0] > 0 else np.inf
        if not rate <= 1 + 1e-12:
            unit = "ms" if self.step == self.dt else "s"
            advice = "; set a smaller network.dt" if taus[0] > 0 else ""
            raise StdpbenchError(
                f"{tau} of {name} is {taus[0]:g} {unit}, and must be at least one time step ({self.dt:g} ms){advice}"
            )
        return min(rate, 1.0)

    def array(self, name: str, parameter: str) -> NDArray[np.float64]:
        """Return a parameter of a node of neurons, float64, (n,).

        Raises
        ------
        StdpbenchError
            If it has values that are not finite, or the node has no neurons.
        """
        value = real(self.graph.nodes[name], name, parameter).reshape(-1)
        if not value.size or not self.size(name):
            raise StdpbenchError(f"{name} has no neurons")
        if not np.isfinite(value).all():
            raise StdpbenchError(f"{parameter} of {name} has values that are not finite numbers")
        return np.array(np.broadcast_to(value, (self.size(name),)))

    def steps(self, name: str) -> NDArray[np.int64]:
        """Return the delays of a Delay node in steps, int64.

        Raises
        ------
        StdpbenchError
            If they are not whole numbers of steps.
        """
        delays = real(self.graph.nodes[name], name, "delay").reshape(-1) / self.step
        steps = np.rint(delays).astype(np.int64)
        if (np.abs(delays - steps) > 1e-6).any() or (steps < 0).any():
            wrong = float(delays[np.argmax(np.abs(delays - steps))]) * self.dt
            raise StdpbenchError(
                f"delay of {name} ({wrong:g} ms) must be a whole number of time steps of {self.dt:g} ms; set another "
                "network.dt"
            )
        return steps

    def leak(self, name: str) -> NDArray[np.float64]:
        """Return the change of the potential per step by v_leak of a LIF, (n,); 0 for other nodes."""
        if not isinstance(self.graph.nodes[name], nir.LIF):
            return np.zeros(self.size(name))
        return self.rate(name, "tau") * self.array(name, "v_leak")


@dataclass(frozen=True, eq=False)
class EquivalentNeurons:
    """Neurons of stdpbench that are equivalent to a node.

    Attributes
    ----------
    table : dict of str to Any
        Kind and parameters.
    gain : ndarray, float64, (n,)
        Factor on their input.
    theta : ndarray, float64, (n,), or None
        Adaptive thresholds, if thresholds differ between neurons.
    """

    table: dict[str, Any]
    gain: NDArray[np.float64]
    theta: NDArray[np.float64] | None = None


def neurons_of(nodes: Nodes, name: str) -> EquivalentNeurons:
    """Return the neurons that are equivalent to a node.

    Raises
    ------
    StdpbenchError
        If there are no such neurons; the message names the node.
    """
    node, threshold, reset = nodes.graph.nodes[name], nodes.array(name, "v_threshold"), nodes.array(name, "v_reset")
    if not (reset == reset[0]).all():
        raise StdpbenchError(
            f"v_reset of {name} differs between its neurons; here all neurons of a node must have the same"
        )
    if isinstance(node, nir.CubaLIF):
        return _with_current(nodes, name, threshold, float(reset[0]))
    if isinstance(node, nir.LIF):
        rate = nodes.rate(name, "tau")
        beta, gain = 1 - rate, rate * nodes.array(name, "r")
    else:
        beta, gain = 1.0, nodes.step * nodes.array(name, "r")
    table: dict[str, Any] = {"kind": "lif-discrete", "beta": beta, "reset_step": "same"}
    if reset[0] == 0:
        table["reset_mechanism"] = "zero"
    else:
        table |= {"reset_mechanism": "to-value", "v_reset": float(reset[0])}
    if (threshold == threshold[0]).all():
        return EquivalentNeurons({**table, "v_thresh": float(threshold[0])}, gain)
    lowest = float(threshold.min())
    if not np.array_equal(lowest + (threshold - lowest), threshold):  # rounding errors
        lowest = 0.0
    adaptive = {"kind": "adaptive-lif-discrete", "v_thresh": lowest, "theta_plus": 0.0, "refractory_steps": 0}
    return EquivalentNeurons({**table, **adaptive}, gain, threshold - lowest)


def _with_current(nodes: Nodes, name: str, threshold: NDArray[np.float64], reset: float) -> EquivalentNeurons:
    """Return neurons with a synaptic current, whose exact solution over a step equals the Euler step of the node."""
    if not (threshold == threshold[0]).all():
        raise StdpbenchError(
            f"v_threshold of {name} differs between its neurons; with a synaptic current, all must have the same"
        )
    if nodes.array(name, "v_leak").any():
        raise StdpbenchError(f"v_leak of {name} must be 0 for neurons with a synaptic current to run here")
    rate, rate_syn = nodes.rate(name, "tau_mem"), nodes.rate(name, "tau_syn")
    if 1 in (rate, rate_syn):
        raise StdpbenchError(f"the time constants of {name} must be longer than one time step ({nodes.dt:g} ms)")
    tau_m, tau_syn = -nodes.dt / log1p(-rate), -nodes.dt / log1p(-rate_syn)
    x = nodes.dt / tau_m - nodes.dt / tau_syn
    per_unit_current = (1 - rate) * nodes.dt / tau_m * (expm1(x) / x if x else 1.0) / _G_L  # mV per pA
    gain = rate_syn * nodes.array(name, "w_in") * rate * nodes.array(name, "r") / per_unit_current
    table = {
        "kind": "lif-current",
        "v_rest": 0.0,
        "v_reset": reset,
        "v_thresh": float(threshold[0]),
        "tau_m": tau_m,
        "g_L": _G_L,
        "t_ref": 0.0,
        "tau_exc": tau_syn,
        "tau_inh": tau_syn,
    }
    return EquivalentNeurons(table, gain)
