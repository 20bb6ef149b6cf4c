"""A locally connected layer, after Saunders et al. (2019)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from stdpbench.declare.parameters import parameter
from stdpbench.experiment.graph import Graph, Population
from stdpbench.experiment.templates import _layer
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.kinds.connections.local import Local
from stdpbench.kinds.connections.others import Others


class LocalNetwork(Template):
    """A layer of exc neurons that see one patch of the picture each, after Saunders et al. (2019).

    ``units`` neurons share each of ``rows`` × ``columns`` patches and compete with each other only. Populations are
    input and exc; projections are feed, from input to exc, which learns, and compete, the lateral inhibition of exc
    neurons at the same place.
    """

    kind: Literal["local"] = "local"

    units: int = parameter(100, ge=2, le=100_000, structural=True, help="Number of exc neurons at each place.")
    rows: int = parameter(
        3, ge=1, structural=True, help="Rows of places; they follow from pictures, field and stride."
    )
    columns: int = parameter(3, ge=1, structural=True, help="Columns of places.")
    field: int = parameter(12, ge=1, structural=True, help="Side of a patch, in pixels.")
    stride: int = parameter(8, ge=1, structural=True, help="Distance between neighbouring patches, in pixels.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    inhibition: Literal["direct", "direct-undelayed"] = parameter(
        "direct",
        structural=True,
        help="direct: spikes inhibit others one step later; direct-undelayed: without delay (stronger competition).",
    )
    w_inh_exc: float = parameter(
        17.0, unit="", ge=0, help="Weight of lateral inhibition on the other exc neurons of the place."
    )
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of ge and gi per step: 1 - dt/tau as in Diehl & Cook's code, or exp(-dt/tau).",
    )
    start: Literal["random", "samples"] = _layer.start_kind()
    start_blur: float = _layer.START_BLUR
    start_noise: float = _layer.START_NOISE
    weight_sum: float | None = parameter(
        40.0,
        unit="",
        gt=0,
        help="Sum to which each exc neuron's input weights are scaled before every training presentation; none: no "
        "scaling.",
    )

    summary: ClassVar[str] = "Exc neurons that see a patch and compete at their place, after Saunders et al. (2019)"
    sections: ClassVar[tuple[str, ...]] = ("exc", "plasticity")

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        shape = (self.rows, self.columns, self.units)
        populations = {"input": Population(), "exc": Population(shape=shape, neuron=parts.exc)}
        local = Local(field=self.field, stride=self.stride)
        start = _layer.start(self.start, self.start_blur, self.start_noise)
        delay = self.dt if self.inhibition == "direct" else 0.0
        projections = {
            "feed": _layer.feed(
                "input", "exc", parts.exc, parts.plasticity, self.weight_sum, connect=local, weight=start
            ),
            "compete": _layer.compete("exc", parts.exc, self.w_inh_exc, delay, Others(within="field")),
        }
        return Graph(populations, projections, self.dt, self.conductance_step, read="exc")

    def input_problems(self, graph: Graph) -> Iterator[str]:
        """Yield a sentence if rows and columns do not follow from the size of pictures, field and stride."""
        yield from _layer.place_problems(self, graph)

    def paths(self, parts: Parts) -> Mapping[str, str]:
        """Return the short paths of parameters that have a place in the expanded network."""
        paths = {
            "network.populations.exc.neuron": "exc",
            "network.projections.feed.plasticity": "plasticity",
            "network.projections.feed.connect.field": "network.field",
            "network.projections.feed.connect.stride": "network.stride",
            "network.projections.feed.normalise.value": "network.weight_sum",
            "network.projections.compete.weight.value": "network.w_inh_exc",
        }
        return paths | _layer.start_paths(self.start)
