"""Layers of neurons that fire once, connected by delayed synapses: the network of SpikeProp."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Projection
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.experiment.templates.layers import FIRST, layer_names, layer_populations
from stdpbench.kinds.connections.others import Others
from stdpbench.kinds.delays.constant import Constant as ConstantDelay
from stdpbench.kinds.neurons.lif_current import LIFCurrent
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.trained import TrainedWeight

FIRST_ONLY = "first"
"""Name of the projection through which the first output spike keeps the other outputs from firing."""
ONCE: Final = 1e6
"""Refractory period in ms, so that a neuron fires once in a presentation."""
G_L: Final = exp(-1)
"""Leak conductance in nS with which a weight is the maximum of the potential that it evokes, in mV."""
_STRONG = 1000.0  # inhibition by the first output spike, in units of the threshold: enough from the next step on
_NEURON = {"tau": ("tau_m", "tau_exc", "tau_inh"), "threshold": ("v_thresh",)}


class TimedLayersNetwork(Template):
    r"""Layers of neurons that fire at most once per presentation: input, hidden layers, output.

    All neurons of a layer are connected to all of the next one, by several synapses with the delays 1, 2, … ms: a
    projection for each delay, which are called feed_1, feed_2, …; feed2_1 and so on from the first hidden layer. Their
    weights are of both signs, and a supervised reference trains them. The neuron is ``lif-current`` with equal
    time constants, so that a spike evokes an alpha-shaped potential, :math:`w\, (t/\tau)\, e^{1 - t/\tau}` mV, and
    with a refractory period that does not end. Populations are called input, hidden (or hidden1, hidden2 and so on if
    there are several), and output, which has one neuron per class; the class is that of the first output spike.
    """

    kind: Literal["timed-layers"] = "timed-layers"

    hidden: tuple[Annotated[int, Field(ge=1, le=100_000, strict=True)], ...] = parameter(
        (10,), structural=True, help="Number of neurons of each hidden layer, such as [10] or [20, 10]; [] for none."
    )
    outputs: int = parameter(
        10, ge=2, le=10_000, structural=True, help="Number of output neurons, one for each class."
    )
    delays: int = parameter(
        16, ge=1, le=100, structural=True, help="Synapses of each connection, with the delays 1, 2, … ms."
    )
    dt: float = parameter(0.1, unit="ms", ge=0.01, le=1, structural=True, help="Time step; 1 ms is a multiple of it.")
    tau: float = parameter(7.0, unit="ms", gt=0, help="τ: time from a spike to the maximum of its potential.")
    threshold: float = parameter(1.0, unit="mV", gt=0, help="Firing threshold above rest, exceeded by a spike.")
    first_only: bool = parameter(
        True, structural=True, help="Whether the first output spike keeps the other output neurons from firing."
    )
    mean: float = parameter(
        0.4, unit="", structural=True, help="Mean of the start weights of a delay times the number of sources."
    )
    gain: float = parameter(
        0.2, unit="", ge=0, structural=True, help="SD of the start weights times the root of the number of sources."
    )

    summary: ClassVar[str] = "Layers of neurons that fire once, with delayed synapses that a reference trains"

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        neuron = LIFCurrent(
            v_rest=0.0,
            v_reset=0.0,
            v_thresh=self.threshold,
            tau_m=self.tau,
            tau_exc=self.tau,
            tau_inh=self.tau,
            g_L=G_L,
            t_ref=ONCE,
        )
        names = self.layers
        populations = layer_populations(names, (*self.hidden, self.outputs), neuron)
        weight = TrainedWeight(mean=self.mean, gain=self.gain)
        projections = {
            name: Projection(
                source=source,
                target=target,
                receptor="I_exc",
                weight=weight,
                delay=ConstantDelay(value=float(delay)),
            )
            for number, (source, target) in enumerate(zip(("input", *names), names, strict=False), 1)
            for delay, name in enumerate(self._projections(number), 1)
        }
        if self.first_only:
            projections[FIRST_ONLY] = Projection(
                source="output",
                target="output",
                receptor="I_inh",
                connect=Others(),
                weight=Constant(value=_STRONG * self.threshold),
            )
        return Graph(populations, projections, self.dt, read="output")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the populations but the input."""
        return layer_names(len(self.hidden))

    def _projections(self, number: int) -> list[str]:
        """Return the names of the projections to a layer, counted from 1, in the order of delays."""
        start = FIRST if number == 1 else f"{FIRST}{number}"
        return [f"{start}_{delay}" for delay in range(1, self.delays + 1)]

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {"network.populations.output.size": "network.outputs"}
        for name in self.layers:
            for short, longs in _NEURON.items():
                paths |= {f"network.populations.{name}.neuron.{long}": f"network.{short}" for long in longs}
        for number in range(1, len(self.hidden) + 2):
            for name in self._projections(number):
                where = f"network.projections.{name}"
                paths |= {f"{where}.weight.{key}": f"network.{key}" for key in ("mean", "gain")}
                paths[f"{where}.delay.value"] = "network.delays"
        return paths
