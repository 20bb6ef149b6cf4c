"""Networks from Python: populations and projections, added one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.base.toml_lines import compact
from stdpbench.declare.parameters import build
from stdpbench.experiment.graph import Graph, Population, Projection
from stdpbench.experiment.graph.checks import new_name_problem, population_problems, projection_problems
from stdpbench.experiment.templates.graph import GraphNetwork
from stdpbench.kinds.connections import Connection
from stdpbench.kinds.delay_plasticity import DelayRule
from stdpbench.kinds.delays import Delay
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.noises import Noise
from stdpbench.kinds.normalisations import Normalisation
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.release import Release
from stdpbench.kinds.weights import Weight

Table = Mapping[str, Any]


class Network:
    """A network of populations and projections.

    Parameters
    ----------
    dt : str or float
        Time step: a time such as ``"0.5 ms"``, or a number in ms.
    conductance_step : {"euler", "exact"}
        Decay of conductances per step: ``1 - dt/tau`` or ``exp(-dt/tau)``.
    read : str
        Population whose spikes are counted, labelled and scored. Default: target of the last projection that learns,
        else the last population with neurons.

    Raises
    ------
    StdpbenchError
        If a value is invalid, here and in all methods.

    Examples
    --------
    >>> import stdpbench
    >>> network = stdpbench.Network()
    >>> network.add_population("input")
    'input'
    >>> network.add_population("exc", size=100, neuron="adaptive-lif")
    'exc'
    >>> network.add_projection("feed", "input", "exc", receptor="ge", weight="uniform", plasticity="oja")
    'feed'
    >>> experiment = stdpbench.Experiment.from_mapping({"network": network})
    """

    def __init__(
        self,
        *,
        dt: str | float = "0.5 ms",
        conductance_step: Literal["euler", "exact"] = "euler",
        read: str = "",
    ) -> None:
        table = {"dt": dt, "conductance_step": conductance_step, "read": read}
        self._empty = build(GraphNetwork, table, "network")
        self._populations: dict[str, Population] = {}
        self._projections: dict[str, Projection] = {}

    def add_population(
        self,
        name: str,
        *,
        size: int | None = None,
        shape: Sequence[int] | None = None,
        neuron: str | Table | Neuron | None = None,
        noise: str | Table | Noise | None = None,
    ) -> str:
        """Add a population.

        Parameters
        ----------
        name : str
            Its name: lower-case letters, digits and ``_``.
        size : int, optional
            Number of neurons.
        shape : sequence of int, optional
            Sides of the population, in place of `size`; local connections need them.
        neuron : str, mapping or Neuron, optional
            Kind of the neurons, table with the kind and parameters, or object. Default: the population is the input,
            and its size comes from the data.
        noise : str, mapping or Noise, optional
            Kind of the noise that reaches the neurons, table with the kind and parameters, or object. Default: none.

        Returns
        -------
        str
            Its name.
        """
        self._check_name(name, f"network.populations.{name}")
        values = {"size": size, "shape": None if shape is None else list(shape), "neuron": neuron, "noise": noise}
        table = {key: value for key, value in values.items() if value is not None}
        population = build(Population, table, f"network.populations.{name}")
        _check(population_problems(name, population, self._graph))
        if population.neuron is None and self._graph.input:
            raise StdpbenchError(
                f"network.populations.{name} has no neuron, but {self._graph.input} is the input already; give it one"
            )
        self._populations[name] = population
        return name

    def add_projection(
        self,
        name: str,
        source: str,
        target: str,
        *,
        receptor: str,
        connect: str | Table | Connection = "all",
        weight: str | float | Table | Weight = 1.0,
        scale: float | None = None,
        delay: str | float | Table | Delay = "none",
        plasticity: str | Table | PlasticityRule | None = None,
        delay_plasticity: str | Table | DelayRule | None = None,
        release: str | Table | Release | None = None,
        normalise: str | Table | Normalisation | None = None,
    ) -> str:
        """Add a projection between populations that were added before. Projections act in this order.

        Parameters
        ----------
        name : str
            Its name, as that of a population; no population has it.
        source, target : str
            Names of the populations.
        receptor : str
            Variable of the target neuron that a spike adds to, such as ``"ge"``.
        connect : str, mapping or Connection
            Which neurons are connected: a kind, a table with the kind and parameters, or an object, as are the
            following.
        weight : str, float, mapping or Weight
            Weights before any learning; a number is a constant.
        scale : float, optional
            Factor on all weights, which may change during a run.
        delay : str, float, mapping or Delay
            Axonal delay, from a spike to its arrival; a time such as ``"2 ms"`` or a number in ms is a constant.
        plasticity : str, mapping or PlasticityRule, optional
            How weights learn. Default: they do not.
        delay_plasticity : str, mapping or DelayRule, optional
            How delays learn. Default: they do not.
        release : str, mapping or Release, optional
            Short-term plasticity: what a spike delivers depends on those before. Default: it delivers the weight.
        normalise : str, mapping or Normalisation, optional
            How weights are scaled before each training presentation. Default: they are not.

        Returns
        -------
        str
            Its name.
        """
        self._check_name(name, f"network.projections.{name}")
        table = {
            "source": source,
            "target": target,
            "receptor": receptor,
            "connect": connect,
            "weight": weight,
            "scale": scale,
            "delay": delay,
            "plasticity": plasticity,
            "delay_plasticity": delay_plasticity,
            "release": release,
            "normalise": normalise,
        }
        projection = build(Projection, table, f"network.projections.{name}")
        _check(projection_problems(name, projection, self._graph))
        self._projections[name] = projection
        return name

    def to_mapping(self) -> dict[str, Any]:
        """Return the table ``network`` of an experiment."""
        changes = {"populations": dict(self._populations), "projections": dict(self._projections)}
        return self._empty.model_copy(update=changes).to_mapping()

    def to_toml(self) -> str:
        """Return the network as TOML, which can be part of an experiment file."""
        return compact({"network": self.to_mapping()})

    @property
    def _graph(self) -> Graph:
        return Graph(self._populations, self._projections, self._empty.dt, self._empty.conductance_step)

    def _check_name(self, name: str, where: str) -> None:
        if problem := new_name_problem(name, {*self._populations, *self._projections}):
            raise StdpbenchError(f"{where}: the name {name!r} {problem}")


def _check(problems: Iterator[str]) -> None:
    if sentences := list(problems):
        raise several(sentences)
