"""Two layers that learn, one above the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population
from stdpbench.experiment.templates import _layer
from stdpbench.experiment.templates.base import Parts, Template


class StackNetwork(Template):
    """Two layers of exc neurons, each with lateral inhibition: input, first, second.

    Projections are feed, from input to first; compete, the lateral inhibition of first; upward, from first to second,
    one step later; and contest, the lateral inhibition of second. Feed and upward learn by the rule of the section
    ``plasticity``: both at once, or one after the other with ``schedule.stages``. Neurons of both layers are those of
    the section ``exc``. The second layer is read.
    """

    kind: Literal["stack"] = "stack"

    n_first: int = parameter(400, ge=2, le=100_000, structural=True, help="Number of neurons of the first layer.")
    n_second: int = parameter(100, ge=2, le=100_000, structural=True, help="Number of neurons of the second layer.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    inhibition: Literal["direct", "direct-undelayed"] = parameter(
        "direct",
        structural=True,
        help="direct: spikes inhibit others one step later; direct-undelayed: without delay (stronger competition).",
    )
    w_first: float = parameter(17.0, unit="", ge=0, help="Weight of lateral inhibition in the first layer.")
    w_second: float = parameter(17.0, unit="", ge=0, help="Weight of lateral inhibition in the second layer.")
    gain: float = parameter(
        20.0,
        unit="",
        gt=0,
        help="Factor on the weights from first to second, since the first layer fires far less than the input.",
    )
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of ge and gi per step: 1 - dt/tau as in Diehl & Cook's code, or exp(-dt/tau).",
    )
    start: Literal["random", "samples"] = _layer.start_kind(" of the first layer")
    start_blur: float = _layer.START_BLUR
    start_noise: float = _layer.START_NOISE
    weight_sum: float | None = parameter(
        78.0,
        unit="",
        gt=0,
        help="Sum to which the input weights of each neuron of the first layer are scaled before every training "
        "presentation; none: no scaling.",
    )
    weight_sum_second: float | None = parameter(
        40.0, unit="", gt=0, help="The same for the weights from the first to the second layer, before the gain."
    )

    summary: ClassVar[str] = "Two layers that learn, one above the other, each with lateral inhibition"
    sections: ClassVar[tuple[str, ...]] = ("exc", "plasticity")

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        populations = {
            "input": Population(),
            "first": Population(shape=(self.n_first,), neuron=parts.exc),
            "second": Population(shape=(self.n_second,), neuron=parts.exc),
        }
        upward = _layer.feed(
            "first", "second", parts.exc, parts.plasticity, self.weight_sum_second, scale=self.gain, delay=self.dt
        )
        start = _layer.start(self.start, self.start_blur, self.start_noise)
        delay = self.dt if self.inhibition == "direct" else 0.0
        projections = {
            "feed": _layer.feed("input", "first", parts.exc, parts.plasticity, self.weight_sum, weight=start),
            "compete": _layer.compete("first", parts.exc, self.w_first, delay),
            "upward": upward,
            "contest": _layer.compete("second", parts.exc, self.w_second, delay),
        }
        return Graph(populations, projections, self.dt, self.conductance_step, read="second")

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {
            "network.populations.first.size": "network.n_first",
            "network.populations.second.size": "network.n_second",
            "network.populations.first.neuron": "exc",
            "network.populations.second.neuron": "exc",
            "network.projections.feed.plasticity": "plasticity",
            "network.projections.feed.normalise.value": "network.weight_sum",
            "network.projections.compete.weight.value": "network.w_first",
            "network.projections.upward.plasticity": "plasticity",
            "network.projections.upward.normalise.value": "network.weight_sum_second",
            "network.projections.upward.scale": "network.gain",
            "network.projections.contest.weight.value": "network.w_second",
        }
        return paths | _layer.start_paths(self.start)
