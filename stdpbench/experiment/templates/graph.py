"""A network spelled out: populations and projections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import SerializeAsAny

from stdpbench.base.errors import Collector
from stdpbench.declare.parameters import Parameter, Parameters, parameter
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.tables import POPULATION, PROJECTION, read_elements
from stdpbench.experiment.templates.base import Parts, Template

_TABLES: dict[str, type[Parameters]] = {"populations": Population, "projections": Projection}


class GraphNetwork(Template):
    """Populations of neurons and projections between them, spelled out.

    Projections act in the order in which they are declared. Names never change a result, except that random numbers
    derive from the name of a projection.
    """

    kind: Literal["graph"] = "graph"
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    conductance_step: Literal["euler", "exact"] = parameter(
        "euler",
        structural=True,
        help="Decay of conductances per step: 1 - dt/tau as in the authors' code, or exp(-dt/tau); the charge per "
        "spike differs.",
    )
    read: str = parameter(
        "",
        structural=True,
        help="Population whose spikes are counted, labelled and scored. Default: target of the last projection that "
        "learns, else the last population with neurons.",
    )
    populations: Mapping[str, SerializeAsAny[Population]] = parameter({}, help="Populations by name.")
    projections: Mapping[str, SerializeAsAny[Projection]] = parameter({}, help="Projections by name.")
    streams: Mapping[str, int] = parameter(
        {},
        structural=True,
        help="Numbers of the random streams that the delays of some projections are drawn from; those of others "
        "derive from their names.",
    )

    summary: ClassVar[str] = "Populations and projections, spelled out"

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table, with an object for each population and projection."""
        errors = Collector()
        elements = read_elements(mapping, _TABLES, where, errors)
        errors.check()
        return cls, {**mapping, **elements}

    @classmethod
    def describe(cls) -> tuple[Parameter, ...]:
        """Describe the parameters that are not tables."""
        return tuple(declared for declared in super().describe() if declared.name not in (*_TABLES, "streams"))

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """Return a graph as a network of this kind."""
        network = cls(
            dt=graph.dt,
            conductance_step=graph.conductance_step,
            populations=graph.populations,
            projections=graph.projections,
            streams=graph.streams,
        )
        return network if graph.read == network._usual_read() else network.model_copy(update={"read": graph.read})

    def to_mapping(self) -> dict[str, Any]:
        """Return nested tables as in a file."""
        mapping = {name: value for name, value in super().to_mapping().items() if name not in _TABLES}
        for name in ("read", "streams"):
            if not mapping[name]:
                del mapping[name]
        for name in _TABLES:
            mapping[name] = {key: element.to_mapping() for key, element in getattr(self, name).items()}
        return mapping

    def __eq__(self, other: object) -> bool:
        """Compare values and the order of populations and projections."""
        return isinstance(other, GraphNetwork) and bool(super().__eq__(other)) and self.order == other.order

    def __hash__(self) -> int:
        """Hash populations and projections in their order."""
        return hash((self.dt, self.read, *self.populations.items(), *self.projections.items()))

    @property
    def order(self) -> list[str]:
        """Names of populations and projections in the order of their declaration."""
        return [*self.populations, *self.projections]

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections."""
        return Graph(
            dict(self.populations),
            dict(self.projections),
            self.dt,
            self.conductance_step,
            read=self.read or self._usual_read(),
            streams=dict(self.streams),
        )

    def _usual_read(self) -> str:
        neural = [name for name, population in self.populations.items() if population.neuron is not None]
        learning = [projection.target for projection in self.projections.values() if projection.learns]
        plastic = [name for name in learning if name in neural]
        return (plastic or neural or [""])[-1]

    def nested(self) -> Mapping[str, Parameters]:
        """Return the objects with kinds in this network, by their paths below ``network``."""
        objects: dict[str, Parameters] = {}
        for table, families in (("populations", POPULATION), ("projections", PROJECTION)):
            for name, element in getattr(self, table).items():
                kinds = {key: getattr(element, key) for key in families}
                objects |= {f"{table}.{name}.{key}": value for key, value in kinds.items() if value is not None}
        return objects
