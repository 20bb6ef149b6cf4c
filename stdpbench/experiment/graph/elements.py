"""The elements of a network: populations and projections."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import Parameters, parameter
from stdpbench.experiment.graph.tables import POPULATION, PROJECTION, mapping_of, with_kinds
from stdpbench.kinds.connections import Connection
from stdpbench.kinds.connections.all_to_all import AllToAll
from stdpbench.kinds.connections.table import Table
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.delays.none import NoDelay
from stdpbench.kinds.delays.table import TableDelay
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.noises import Noise
from stdpbench.kinds.normalisations import Normalisation
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.release import Release
from stdpbench.kinds.weights import Weight
from stdpbench.kinds.weights.constant import Constant
from stdpbench.kinds.weights.table import TableWeight


class Population(Parameters):
    """Neurons of one kind; or, without a neuron, the spikes of the stimulus.

    Attributes
    ----------
    shape : tuple of int
        Its sides; the product is the number of neurons. Empty for an input whose shape the data give.
    neuron : Neuron or None
        Model of its neurons; None for the input.
    noise : Noise or None
        Spikes that reach its neurons in addition to those of projections; None: there are none.
    share : {"none", "unit"}
        Whether neurons that agree in the last coordinate of the shape share their slow variables, such as thresholds.
    winner : {"none", "population", "field"}
        Range within which only one neuron fires in a step: of those above their thresholds, the one that exceeds
        its own most, the first of equals; none: all fire.
    learning_spikes : int
        Number of spikes in a presentation at which projections into it learn: the first, and within a step those of
        the neurons farthest above their thresholds; 0: all.
    """

    shape: tuple[Annotated[int, Field(ge=1, strict=True)], ...] = parameter(
        (), structural=True, help="Sides of the population; their product is its size."
    )
    neuron: SerializeAsAny[Neuron] | None = None
    noise: SerializeAsAny[Noise] | None = None
    winner: Literal["none", "population", "field"] = parameter(
        "none",
        structural=True,
        help="Range within which only the neuron farthest above its threshold fires in a step: the population, or "
        "each field, whose neurons differ only in the last coordinate; none: all neurons above threshold fire.",
    )

    learning_spikes: int = parameter(
        0,
        unit="",
        ge=0,
        structural=True,
        help="How many spikes of a presentation change weights onto the population: the first, and within a step "
        "those of the neurons farthest above their thresholds; 0: all.",
    )
    share: Literal["none", "unit"] = parameter(
        "none",
        structural=True,
        help="Whether neurons that agree in the last coordinate of the shape share their slow variables, such as "
        "adaptive thresholds: homeostasis of a feature, whatever the place.",
    )

    @property
    def n_slow(self) -> int:
        """Number of values of each slow variable: one per neuron, or per unit that shares it."""
        return self.shape[-1] if self.share == "unit" else self.size

    @property
    def size(self) -> int:
        """Number of neurons; 0 for an input whose shape is not known yet."""
        return prod(self.shape) if self.shape else 0

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table, which may give a ``size`` in place of a shape."""
        table = dict(mapping)
        size = table.pop("size", None)
        if size is not None:
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise StdpbenchError(f"{where}.size must be a whole number of at least 1, not {size!r}")
            shape = table.setdefault("shape", [size])
            sides = [side for side in shape if isinstance(side, int)] if isinstance(shape, list | tuple) else []
            if prod(sides) != size:
                raise StdpbenchError(f"{where}.size ({size}) does not fit shape {shape!r}; leave out one of them")
        return cls, with_kinds(cls, table, where, POPULATION)

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file: a size, or a shape of several sides."""
        table = mapping_of(self, {"shape": (), "winner": "none", "learning_spikes": 0, "share": "none"})
        if "shape" in table:
            del table["shape"]
            sides = list(self.shape)
            table = ({"size": sides[0]} if len(sides) == 1 else {"shape": sides}) | table
        return table


class Projection(Parameters):
    """Synapses from one population to another, or to itself.

    Attributes
    ----------
    source, target : str
        Names of the populations.
    receptor : str
        Variable of the target neuron that a spike adds to.
    connect : Connection
        Which neurons are connected.
    weight : Weight
        Weights before any learning.
    scale : float or None
        Factor on all weights, which may change during a run; None: there is none, and none can be added.
    delay : Delay
        Axonal delay, from a spike to its arrival; with `delay_plasticity`, before any learning.
    plasticity : PlasticityRule or None
        How weights learn; None: they do not.
    delay_plasticity : DelayRule or None
        How delays learn; None: they do not.
    release : Release or None
        Short-term plasticity: what a spike delivers depends on the spikes before it; None: it delivers the weight.
    normalise : Normalisation or None
        How weights are scaled before each training presentation; None: they are not.
    """

    source: str = parameter(..., structural=True, help="Name of the population whose spikes it transmits.")
    target: str = parameter(..., structural=True, help="Name of the population that it acts on.")
    receptor: str = parameter(..., structural=True, help="Variable of the target neuron that a spike adds to.")
    connect: SerializeAsAny[Connection] = AllToAll()
    weight: SerializeAsAny[Weight] = Constant()
    scale: float | None = parameter(None, unit="", ge=0, help="Factor on all weights; none: there is none.")
    delay: SerializeAsAny[Delay] = NoDelay()
    plasticity: SerializeAsAny[PlasticityRule] | None = None
    delay_plasticity: SerializeAsAny[DelayRule] | None = None
    release: SerializeAsAny[Release] | None = None
    normalise: SerializeAsAny[Normalisation] | None = None

    @model_validator(mode="after")
    def _take_from_table(self) -> Self:
        """Take weights and delays from the file that lists the synapses, if it gives any."""
        if not isinstance(self.connect, Table):
            return self
        try:
            rows = self.connect.rows()
        except StdpbenchError as error:
            if self.connect.sha256:  # a past run, which is shown without its synapses
                return self
            raise ValueError(str(error)) from None
        high = 0.0 if rows.delay is None else float(rows.delay.max())
        from_table: dict[str, Weight | Delay] = {"weight": TableWeight(), "delay": TableDelay(high=high)}
        for name, from_file in from_table.items():
            declared, in_file = getattr(self, name), getattr(rows, name) is not None
            if in_file and name in self.model_fields_set and not declared.from_table:
                raise ValueError(f"{name} is given twice, here and in {self.connect.file}; remove one of them")
            if declared.from_table and not in_file:
                raise ValueError(f"{name}.kind is 'table', but {self.connect.file} has no column {name!r}")
            if in_file:
                object.__setattr__(self, name, from_file)  # frozen, but still under construction
        return self

    @property
    def learns(self) -> bool:
        """Whether its weights or its delays learn."""
        return self.plasticity is not None or self.delay_plasticity is not None

    @property
    def spreads(self) -> bool:
        """Whether a trace of arriving spikes spreads to neighbouring inputs."""
        rule = self.plasticity
        traces = () if rule is None or rule.missing else rule.traces
        return any(trace.spread and getattr(rule, trace.spread) > 0 for trace in traces)

    @property
    def one_weight(self) -> bool:
        """Whether all synapses share one number as weight: equal weights that do not learn."""
        return not self.learns and isinstance(self.weight, Constant)

    @property
    def shared(self) -> bool:
        """Whether synapses share weights that differ or learn, as in a convolution."""
        return self.connect.shares_weights and not self.one_weight

    @property
    def delays_differ(self) -> bool:
        """Whether each synapse has its own delay."""
        return self.delay.form == "each" or self.delay_plasticity is not None

    @property
    def longest_delay(self) -> float:
        """Longest delay that a synapse may ever have, in ms."""
        learned = 0.0 if self.delay_plasticity is None else self.delay_plasticity.d_max
        return max(self.delay.longest, learned)

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table."""
        return cls, with_kinds(cls, mapping, where, PROJECTION)

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file, without parts that the projection does not have."""
        return mapping_of(self, {"delay": NoDelay()})
