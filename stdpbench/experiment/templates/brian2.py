"""A network that a Python file builds with Brian2."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import SerializeAsAny, create_model

from stdpbench.base import units
from stdpbench.base.errors import Collector, StdpbenchError
from stdpbench.declare.parameters import Parameter, Parameters, build, parameter, with_digest
from stdpbench.experiment.graph import Graph, NetworkFile, Population, Projection
from stdpbench.experiment.graph.tables import PROJECTION, mapping_of, read_elements, with_kinds
from stdpbench.experiment.templates.base import Parts, Template
from stdpbench.kinds.connections import Connection
from stdpbench.kinds.neurons import Neuron
from stdpbench.kinds.neurons.base import Variable
from stdpbench.kinds.normalisations import Normalisation
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.kinds.weights import Weight
from stdpbench.kinds.weights.constant import Constant

INPUT = "input"
"""Name of the population whose spikes are those of the stimulus."""
_UNITS = {"": "1", "mV": "volt", "ms": "second", "pA": "amp"}
"""Units in which variables of neurons are shown, with their units in Brian2."""


class FileNeuron(Neuron):
    """Neurons whose equations are in the file."""

    kind: Literal["file"] = "file"
    learned: Mapping[str, str] = {}
    recorded: Mapping[str, str] = {}

    summary: ClassVar[str] = "Neurons whose equations are in the file"
    reference: ClassVar[str] = ""
    equations: ClassVar[str] = ""
    update: ClassVar[str] = ""
    threshold: ClassVar[str] = ""
    reset: ClassVar[str] = ""
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    receptors: ClassVar[tuple[str, ...] | None] = ("",)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that are learned, then those that can be recorded."""
        return tuple(
            Variable(name, _UNITS[unit], slow=slow)
            for slow, names in ((True, self.learned), (False, self.recorded))
            for name, unit in names.items()
        )


class FileConnection(Connection):
    """The pairs of neurons that the file connects; others have the weight 0."""

    kind: Literal["file"] = "file"

    summary: ClassVar[str] = "The pairs of neurons that the file connects"
    storage: ClassVar[Literal["dense"]] = "dense"


class FileWeight(Weight):
    """Weights that the file sets."""

    kind: Literal["file"] = "file"
    variable: str

    summary: ClassVar[str] = "The weights that the file sets"

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Raise an error: the file sets them."""
        raise StdpbenchError("weights of kind 'file' are set by the file of the network")


class FileRule(PlasticityRule):
    """A rule that is in the file."""

    kind: Literal["file"] = "file"
    plastic: str

    summary: ClassVar[str] = "The rule that is in the file"
    reference: ClassVar[str] = ""
    traces: ClassVar = ()


class FilePopulation(Parameters):
    """Neurons that the file makes.

    Attributes
    ----------
    size : int
        Number of neurons.
    learned, recorded : mapping of str to str
        Variables of the neurons, with the unit in which they are shown: those that learn, such as adaptive thresholds,
        and others that can be recorded.
    """

    size: int = parameter(..., ge=1, structural=True, help="Number of neurons.")
    learned: Mapping[str, Literal["", "mV", "ms", "pA"]] = parameter(
        {}, structural=True, help="Variables that learn, such as adaptive thresholds, with their units."
    )
    recorded: Mapping[str, Literal["", "mV", "ms", "pA"]] = parameter(
        {}, structural=True, help="Other variables that can be recorded, with their units."
    )


class FileProjection(Parameters):
    """Synapses that the file makes.

    Attributes
    ----------
    source, target : str
        Names of the populations.
    weight : str
        Variable of the synapses that is their weight; empty: none is shown.
    learns : bool
        Whether the weight learns.
    plastic : str
        Constant of the file that is 1 while it learns and 0 otherwise.
    w_max : float
        Upper bound of the weight.
    normalise : Normalisation or None
        How weights are scaled before each training presentation.
    """

    source: str = parameter(..., structural=True, help="Name of the population whose spikes it transmits.")
    target: str = parameter(..., structural=True, help="Name of the population that it acts on.")
    weight: str = parameter("", structural=True, help="Variable of the synapses that is their weight.")
    learns: bool = parameter(False, structural=True, help="Whether the weight learns.")
    plastic: str = parameter(
        "plastic", structural=True, help="Constant of the file that is 1 while the weight learns, and otherwise 0."
    )
    w_max: float = parameter(1.0, unit="", gt=0, help="Upper bound of a weight, to which maps are scaled.")
    normalise: SerializeAsAny[Normalisation] | None = None

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table."""
        return cls, with_kinds(cls, mapping, where, {"normalise": PROJECTION["normalise"]})

    def to_mapping(self) -> dict[str, Any]:
        """Return the values as in a file."""
        return mapping_of(self, {"weight": "", "learns": False, "plastic": "plastic", "w_max": 1.0})


class FileValues(Parameters):
    """Values of constants of the file, of which each has a field."""

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], FileValues], tuple[dict[str, Any]]]:
        """Pickle the values, since the class cannot be imported."""
        return _values, (self.to_mapping(),)


def _values(mapping: Mapping[str, Any], where: str = "network.values") -> FileValues:
    """Return values as an object with a parameter for each, in the unit in which it is written."""
    written = tuple((str(name), units.unit_of(value, f"{where}.{name}")) for name, value in mapping.items())
    for name, _ in written:
        if not name.isidentifier() or name.startswith("_") or hasattr(FileValues, name):
            raise StdpbenchError(f"{where}.{name}: {name!r} cannot be the name of a constant here; use another")
    return build(_class_of(written), mapping, where)


@lru_cache(maxsize=256)
def _class_of(written: tuple[tuple[str, str], ...]) -> type[FileValues]:
    """Return the class of values with these names and units; cached, so that equal names share one class."""
    fields: dict[str, Any] = {
        name: (float, parameter(..., unit=unit, help=f"The constant {name} of the file.")) for name, unit in written
    }
    return create_model("FileValues", __base__=FileValues, **fields)


_TABLES: dict[str, type[Parameters]] = {"populations": FilePopulation, "projections": FileProjection}


class BrianNetwork(Template):
    """A network that a Python file builds with Brian2.

    The file has a function ``build(P)``, which gets the group whose spikes are those of the stimulus, and returns the
    groups and synapses by name. The tables ``populations`` and ``projections`` say what the workbench may know of them
    without running the file: of a population its ``size``, and the variables that are ``learned`` or can be
    ``recorded``, with their units; of a projection ``source``, ``target``, ``weight`` (the variable), ``learns``,
    ``plastic`` (the constant that switches learning off), ``w_max`` and ``normalise``. ``values`` replaces constants
    of the file, and may change during a run. A file is a program: only runs and probes execute it, and only once it
    is trusted (``--trust``); see docs/howto/brian2-network.md.
    """

    kind: Literal["brian2"] = "brian2"
    file: str = parameter(..., structural=True, files="*.py", help="The Python file, in the folder of the experiment.")
    dt: float = parameter(0.5, unit="ms", ge=0.001, le=5, structural=True, help="Time step.")
    read: str = parameter(
        "",
        structural=True,
        help="Population whose spikes are counted, labelled and scored. Default: target of the last projection that "
        "learns, else the last population.",
    )
    populations: Mapping[str, FilePopulation] = parameter({}, help="Populations by name.")
    projections: Mapping[str, FileProjection] = parameter({}, help="Projections by name.")
    values: SerializeAsAny[FileValues] = parameter(FileValues(), help="Constants of the file by name.")
    sha256: str = parameter("", structural=True, help="Digest of the file; default: that of the file now.")

    summary: ClassVar[str] = "A network that a Python file builds with Brian2"

    @classmethod
    def declared_by(cls, mapping: Mapping[str, Any], where: str) -> tuple[type[Parameters], dict[str, Any]]:
        """Return class and values for a table, with the digest of its file if the table has none."""
        errors, values = Collector(), dict(mapping)
        with errors.part():
            values = with_digest(mapping, "file", where, _digest)
        values |= read_elements(mapping, _TABLES, where, errors)
        with errors.part():
            constants = mapping.get("values", {})
            if not isinstance(constants, FileValues):
                if not isinstance(constants, Mapping):
                    raise StdpbenchError(f"{where}.values must be a table of constants by name, not {constants!r}")
                values["values"] = _values(constants, f"{where}.values")
        errors.check()
        return cls, values

    @classmethod
    def describe(cls) -> tuple[Parameter, ...]:
        """Describe the parameters that forms show."""
        hidden = (*_TABLES, "values", "sha256")
        return tuple(declared for declared in super().describe() if declared.name not in hidden)

    def to_mapping(self) -> dict[str, Any]:
        """Return nested tables as in a file."""
        mapping = super().to_mapping()
        for name in _TABLES:
            mapping[name] = {key: element.to_mapping() for key, element in getattr(self, name).items()}
        mapping["values"] = self.values.to_mapping()
        return {name: value for name, value in mapping.items() if value != ""}

    def __hash__(self) -> int:
        """Hash the file and the names of tables."""
        return hash((self.sha256, self.dt, self.read, *self.populations, *self.projections))

    @property
    def order(self) -> list[str]:
        """Names of populations and projections in the order of their declaration."""
        return [*self.populations, *self.projections]

    def conflicts(self, parts: Parts) -> Iterator[str]:
        """Yield a sentence for each conflict within the tables."""
        if INPUT in self.populations:
            yield f"network.populations.{INPUT} is the group that build gets, whose size the data give; remove it"
        for name, projection in self.projections.items():
            if projection.learns and not projection.weight:
                yield f"network.projections.{name}.weight must name the variable that learns"

    def expand(self, parts: Parts) -> Graph:
        """Return the populations and projections; the input has no shape, since the data give it."""
        populations = {INPUT: Population()} | {
            name: Population(shape=(one.size,), neuron=FileNeuron(learned=one.learned, recorded=one.recorded))
            for name, one in self.populations.items()
        }
        projections = {name: _projection(one) for name, one in self.projections.items()}
        learning = [one.target for one in self.projections.values() if one.learns and one.target in self.populations]
        read = self.read or (learning or list(self.populations) or [""])[-1]
        file = NetworkFile(self.file, self.sha256, self.values)
        return Graph(populations, projections, self.dt, "exact", read=read, file=file)

    def nested(self) -> Mapping[str, Parameters]:
        """Return the values of constants."""
        return {"values": self.values}


def _projection(declared: FileProjection) -> Projection:
    return Projection(
        source=declared.source,
        target=declared.target,
        receptor="",
        connect=FileConnection(),
        weight=FileWeight(variable=declared.weight) if declared.weight else Constant(),
        plasticity=FileRule(plastic=declared.plastic, w_max=declared.w_max) if declared.learns else None,
        normalise=declared.normalise,
    )


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise StdpbenchError(f"there is no file {path}") from None
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror or error}") from None
