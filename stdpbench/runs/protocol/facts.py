"""Events of a run as facts: small frozen values, ordered and lossless, stored in the journal as lines of JSON.

A `Record` is a fact with its number, the position of the run at that time, and the time. The *position* is the number
of completed presentations, counted through all phases.

Facts that follow from the experiment, the seed and parameter changes *recur* when a run continues from a checkpoint
that precedes them. They are recognised by `Record.identity` and not written twice.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, get_args

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.learned_names import is_name, weights_of
from stdpbench.declare.rule_paths import table_of_rule
from stdpbench.runs.protocol.states import State


class _Fact:
    """Base of facts; those that recur override `recurs`."""

    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class Started(_Fact):
    """The network is ready.

    Attributes
    ----------
    experiment : mapping
        The experiment at the start, as nested tables.
    simulator : str
        Name of the simulator.
    remark : str
        A sentence if a simulator other than the preferred one was chosen; else empty.
    phases : tuple of (str, int)
        Name and number of presentations of each phase, in order.
    shape : tuple of int
        Height and width of the input: of a picture, or of all copies of it if each value has several inputs.
    class_names : tuple of str
        Names of the classes; empty for unlabelled pictures.
    """

    experiment: Mapping[str, Any]
    simulator: str
    remark: str
    phases: tuple[tuple[str, int], ...]
    shape: tuple[int, int]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Dependencies(_Fact):
    """Digests of what results depend on besides experiment, parameter changes and seed.

    Recorded when the network is opened, unless the journal already contains the same digests.

    Attributes
    ----------
    digests : mapping of str to str
        SHA-256 by name: ``data``, ``stdpbench`` (the code that results depend on), and the name of each package whose
        kinds the experiment uses.
    """

    digests: Mapping[str, str]


@dataclass(frozen=True)
class Estimated(_Fact):
    """Estimated resources of the run, from a short calibration.

    Attributes
    ----------
    seconds : float
        Time for the remaining presentations.
    memory : int
        Peak memory of all its processes together, in bytes.
    """

    seconds: float
    memory: int


@dataclass(frozen=True)
class StateChanged(_Fact):
    """The run entered another state (`stdpbench.runs.protocol.states`); the reason may be empty."""

    state: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Check that the state exists."""
        State(self.state)


@dataclass(frozen=True)
class Block(_Fact):
    """A block of consecutive training presentations is complete.

    Attributes
    ----------
    first : int
        Number of the first presentation of the block.
    attempts, spikes : array of int
        Number of times each picture was shown, and the spikes of the neurons read in the last attempt. They are
        packed into arrays of the smallest sufficient integer type, since all blocks of a run are kept in memory.
    mean_theta : float
        Mean threshold at the end of the block, in mV; without unit for neurons without units.
    weight_change : float
        Mean absolute change of the weights during the block.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels; for display only.
    others : mapping of str to float
        Measures of further populations and projections: ``POPULATION.spikes``, mean per presentation;
        ``POPULATION.theta``, mean in mV or without unit; ``PROJECTION.change``, mean absolute change. Omitted from
        the journal if empty.
    """

    first: int
    attempts: Sequence[int]
    spikes: Sequence[int]
    mean_theta: float
    weight_change: float
    accuracy: Mapping[str, float]
    others: Mapping[str, float] = field(default_factory=dict)
    recurs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Pack the numbers."""
        for name in ("attempts", "spikes"):
            object.__setattr__(self, name, _packed(getattr(self, name)))
        # otherwise each block read from a journal or a connection has separate copies of the names
        object.__setattr__(self, "accuracy", {sys.intern(name): value for name, value in self.accuracy.items()})


def _packed(numbers: Sequence[int]) -> array[int]:
    largest = max(numbers, default=0)
    return array(next(code for code in "BHIQ" if largest < 256 ** array(code).itemsize), numbers)


@dataclass(frozen=True)
class ParametersChanged(_Fact):
    """Parameters changed from the next presentation on: dotted path to (old, new) values as in a file."""

    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class RuleChanged(_Fact):
    """Another plasticity rule applies from the next presentation on; weights, thresholds and neurons keep their state.

    Attributes
    ----------
    old, new : mapping
        The rules as tables of a file, with every value explicit.
    projection : str
        Name of the projection that learns by it; empty for the rule of the section ``plasticity``.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    projection: str = ""

    def __post_init__(self) -> None:
        """Check the name of the projection, and that both tables have a kind."""
        named = not self.projection or is_name(weights_of(self.projection))
        if not named or "kind" not in self.old or "kind" not in self.new:
            raise ValueError(f"a rule without a kind, or {self.projection!r} is not the name of a projection")

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The change as one of parameters: the kind, the title, and every value that differs, by dotted path."""
        table = table_of_rule(self.projection)
        names = dict.fromkeys(["kind", *self.old, *self.new])
        return {
            f"{table}.{name}": (self.old.get(name), self.new.get(name))
            for name in names
            if name in ("kind", "title") or self.old.get(name) != self.new.get(name)
        }


@dataclass(frozen=True)
class LearnedSet(_Fact):
    """Learned arrays set by the user, which apply from the next presentation on.

    Attributes
    ----------
    sha256 : mapping of str to str
        SHA-256 by name of the array, which identifies the file ``arrays/<sha256>.npy`` of the run folder
        (`stdpbench.runs.folder.learned_arrays`). Names are those of `stdpbench.engine.network.Learned`.
    shape : mapping of str to tuple of int
        Shape by name of the array.
    """

    sha256: Mapping[str, str]
    shape: Mapping[str, tuple[int, ...]]

    def __post_init__(self) -> None:
        """Check the names of the arrays, and that the digests can be file names."""
        digests = self.sha256.items()
        if not digests or not all(is_name(name) and re.fullmatch("[0-9a-f]{64}", digest) for name, digest in digests):
            raise ValueError(f"{', '.join(self.sha256) or 'nothing'} cannot be set, or is not identified by a SHA-256")


@dataclass(frozen=True)
class Planned(_Fact):
    """The plan changed with the parameters: name and number of presentations of each phase, in order."""

    phases: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CheckpointWritten(_Fact):
    """A checkpoint was written to ``checkpoints/<name>``."""

    name: str


@dataclass(frozen=True)
class Remarked:
    """A sentence for the user.

    Attributes
    ----------
    text : str
        The sentence. The text of a recurring remark is part of its identity and of the digests of a run
        (`stdpbench.runs.folder.result_digests`), so its wording must not change.
    once : bool
        Whether it concerns this process rather than the run itself.
    """

    text: str
    once: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it recurs when the run continues from an earlier position."""
        return not self.once


@dataclass(frozen=True)
class Labelled(_Fact):
    """Classes were assigned to the neurons.

    Attributes
    ----------
    per_class : tuple of int
        Number of neurons of each class.
    never_fired : int
        Number of neurons that did not fire, which have no class.
    responses : str
        SHA-256 of the responses that the assignment is based on.
    """

    per_class: tuple[int, ...]
    never_fired: int
    responses: str
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class Measured(_Fact):
    """Accuracy was measured.

    Attributes
    ----------
    what : str
        ``"network"``, or the name of a baseline.
    accuracy : mapping of str to float
        Accuracy by read-out.
    responses : str
        SHA-256 of the responses that were evaluated; empty for a baseline without a network.
    """

    what: str
    accuracy: Mapping[str, float]
    responses: str = ""
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class HeldOut(_Fact):
    """Measures of the network on held-out pictures; the record has the position that was measured.

    Attributes
    ----------
    images : int
        Number of pictures shown.
    part : str
        ``"spare"`` for pictures that are never used for training, ``"later"`` for pictures not used yet.
    values : mapping of str to (float or None)
        Measures by name (`stdpbench.results.readout.held_out.MEASURES`); None if undefined. Labels are used for
        measuring only.
    """

    images: int
    part: str
    values: Mapping[str, float | None]
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class Piece(_Fact):
    """A piece of a stream is complete; measures by `stdpbench.results.readout.streams`.

    Attributes
    ----------
    rates : mapping of str to float
        Mean firing rate by population, in Hz.
    cv, synchrony : mapping of str to (float or None)
        Irregularity of intervals, and synchrony, by population.
    weights : mapping of str to tuple of int
        Histogram of the weights of each plastic projection: 20 equal bins from 0 to its w_max.
    occurrences : tuple of (float, int, tuple of (float or None))
        Of each pattern that ended: its start in s, its number, and the latency of each output neuron, in ms.
    false_alarms : tuple of int
        Spikes of each output neuron outside patterns; empty without patterns.
    delta, gamma : mapping of str to (float or None)
        Power of the rate at 2 to 4 Hz and at 30 to 70 Hz, relative to that of independent neurons, by population.
    """

    rates: Mapping[str, float]
    cv: Mapping[str, float | None]
    synchrony: Mapping[str, float | None]
    weights: Mapping[str, tuple[int, ...]]
    occurrences: tuple[tuple[float, int, tuple[float | None, ...]], ...] = ()
    false_alarms: tuple[int, ...] = ()
    delta: Mapping[str, float | None] = field(default_factory=dict)
    gamma: Mapping[str, float | None] = field(default_factory=dict)
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class Taught(_Fact):
    """A reference was trained with some pictures and their labels.

    Attributes
    ----------
    pictures : int
        Number of pictures since the last fact of this kind.
    loss, accuracy : float
        Mean loss, and share of correctly classified pictures, each before the weights were changed.
    values : mapping of str to float
        Further measures (`stdpbench.experiment.references.Learnt`).
    """

    pictures: int
    loss: float
    accuracy: float
    values: Mapping[str, float]
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class LabelsRead(_Fact):
    """Responses were compared with the labels of evaluation pictures.

    Attributes
    ----------
    part : str
        ``"test"``, or ``"validation"`` for held-out training pictures.
    images : int
        Number of labels read.
    purpose : str
        What the labels were used for.
    """

    part: str
    images: int
    purpose: str


@dataclass(frozen=True)
class Branched(_Fact):
    """The run is a branch of another run, whose facts up to the position `at` precede this one.

    Attributes
    ----------
    parent, parent_name : str
        Id of the parent and name of its folder.
    at : int
        Position at which the branch diverges.
    made_with : int
        Number of the following facts that are changes made when the branch was created.
    """

    parent: str
    parent_name: str
    at: int
    made_with: int


@dataclass(frozen=True)
class Rewound(_Fact):
    """The run was rewound to an earlier position; its later part is kept as another run, named `kept_as`."""

    kept_as: str


Fact = (
    Started
    | Dependencies
    | Estimated
    | StateChanged
    | Block
    | Piece
    | Taught
    | ParametersChanged
    | RuleChanged
    | LearnedSet
    | Planned
    | CheckpointWritten
    | Remarked
    | Labelled
    | Measured
    | HeldOut
    | LabelsRead
    | Branched
    | Rewound
)
Change = ParametersChanged | RuleChanged
"""A change of the experiment during a run."""
Intervention = ParametersChanged | RuleChanged | LearnedSet
"""An action of the user during a run that affects the result."""
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Fact)}


@dataclass(frozen=True)
class Progress:
    """Progress of a phase. It is not a fact: a newer value replaces the older one.

    Attributes
    ----------
    phase : str
        ``"train"``, ``"label"``, ``"test"``, the name of a baseline, or what a trained run waits for.
    done, total : int
        Number of completed presentations or measurements, and their total number.
    spikes_per_image, repeats, mean_theta : float, optional
        Recent training presentations: exc spikes per picture, fraction of pictures shown again, mean theta in mV or
        without unit.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels; for display only.
    rate : float, optional
        In a stream, the mean firing rate of the neurons that are read, in Hz.
    loss : float, optional
        In training with labels, the mean loss over the last pictures; `accuracy` then has ``"training pictures"``.
    """

    phase: str
    done: int
    total: int
    spikes_per_image: float | None = None
    repeats: float | None = None
    mean_theta: float | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    rate: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Record:
    """A fact with its number, position and time.

    Attributes
    ----------
    number : int
        Number of the fact within the run, from 0.
    position : int
        Number of presentations completed at that time.
    time : str
        Time of day, ISO 8601 in UTC.
    fact : Fact
        The fact.
    """

    number: int
    position: int
    time: str
    fact: Fact

    @property
    def identity(self) -> tuple[str, int, str]:
        """Key that is the same whenever the fact recurs: kind, position, and subject or text."""
        return type(self.fact).__name__, self.position, str(getattr(self.fact, "what", getattr(self.fact, "text", "")))

    def to_mapping(self) -> dict[str, Any]:
        """Return the line of the journal as a mapping."""
        head = {"n": self.number, "position": self.position, "time": self.time, "fact": type(self.fact).__name__}
        values = dict(vars(self.fact))
        if isinstance(self.fact, Block) and not self.fact.others:
            del values["others"]
        return head | {name: list(value) if isinstance(value, array) else value for name, value in values.items()}

    @classmethod
    def from_mapping(cls, mapping: Any) -> Record:
        """Read a line of the journal.

        Raises
        ------
        StdpbenchError
            If the line is not a fact of this format.
        """
        name = mapping.get("fact") if isinstance(mapping, Mapping) else None
        if isinstance(name, str) and name not in _KINDS:
            raise StdpbenchError(
                f"this version of stdpbench does not know the fact {name!r}; a later version may have written it"
            )
        try:
            kind = _KINDS[mapping["fact"]]
            values = {f.name: mapping[f.name] for f in fields(kind) if f.name in mapping}
            record = cls(mapping["n"], mapping["position"], mapping["time"], _reader(mapping["fact"])(values))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            reason = " ".join(str(error).partition(" [type=")[0].split())
            raise StdpbenchError(f"not a fact of this format ({reason})") from None
        counted = all(type(value) is int and value >= 0 for value in (record.number, record.position))
        if not counted or not isinstance(record.time, str):
            raise StdpbenchError("its number and position must be integers not less than 0, and its time a string")
        return record


@cache
def _reader(name: str) -> Callable[[Any], Any]:
    """Return a function that reads a fact from JSON, checks the types of all values and converts lists to tuples."""
    from pydantic import TypeAdapter

    return TypeAdapter(_KINDS[name]).validate_python
