"""What happens in a run, as facts: small frozen values, in order, lossless, kept in the journal as lines of JSON.

A `Record` is a fact with its number, the position of the run when it happened, and the time. The *position* is the
number of presentations that are over, counted through all phases.

Facts that follow from experiment, seed and parameter changes *recur* when a run goes on from a checkpoint that lies
before them. They are recognised by `Record.identity` and not written twice.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar

from stdpbench.errors import StdpbenchError
from stdpbench.runs.protocol.states import State


@dataclass(frozen=True)
class Started:
    """The network stands.

    Attributes
    ----------
    experiment : mapping
        The experiment as it starts, nested tables.
    simulator : str
        Which simulator runs.
    remark : str
        A sentence where something other than the best was chosen; else empty.
    phases : tuple of (str, int)
        Name and number of presentations of each phase, in order.
    shape : tuple of int
        Height and width of the pictures.
    class_names : tuple of str
        Names of the classes; empty for unlabelled pictures.
    """

    experiment: Mapping[str, Any]
    simulator: str
    remark: str
    phases: tuple[tuple[str, int], ...]
    shape: tuple[int, int]
    class_names: tuple[str, ...]
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class Estimated:
    """What the run will take, from a short calibration.

    Attributes
    ----------
    seconds : float
        For what is still to do.
    memory : int
        Bytes, of all its processes at most.
    """

    seconds: float
    memory: int
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class StateChanged:
    """The run entered another state (`stdpbench.runs.protocol.states`), for a reason where there is one."""

    state: str
    reason: str = ""
    recurs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """See that there is such a state."""
        State(self.state)


@dataclass(frozen=True)
class Block:
    """Some training presentations in a row are over.

    Attributes
    ----------
    first : int
        Number of the first of them.
    attempts, spikes : array of int
        How often each picture was shown, and the exc spikes of the last time. Any sequence is packed into an array of
        as few bytes as its numbers take: a run has a block for every few presentations, and all of them are kept.
    mean_theta : float
        At the end, in mV.
    weight_change : float
        Mean over synapses of how far the weight moved during the block.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels: for the eye only.
    """

    first: int
    attempts: Sequence[int]
    spikes: Sequence[int]
    mean_theta: float
    weight_change: float
    accuracy: Mapping[str, float]
    recurs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Pack the numbers."""
        for name in ("attempts", "spikes"):
            object.__setattr__(self, name, _packed(getattr(self, name)))
        # read from a journal or a pipe, each block would bring names of its own
        object.__setattr__(self, "accuracy", {sys.intern(name): value for name, value in self.accuracy.items()})


def _packed(numbers: Sequence[int]) -> array[int]:
    most = max(numbers, default=0)
    return array(next(code for code in "BHIQ" if most < 256 ** array(code).itemsize), numbers)


@dataclass(frozen=True)
class ParametersChanged:
    """Parameters that hold from the next presentation on: dotted path to (old, new), as in a file."""

    changes: Mapping[str, tuple[Any, Any]]
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class RuleChanged:
    """Another plasticity rule holds from the next presentation on; weights, thresholds and neurons are as they were.

    Attributes
    ----------
    old, new : mapping
        The rules as tables of a file, every value spelled out.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    recurs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """See that both say which rule they are."""
        if "kind" not in self.old or "kind" not in self.new:
            raise ValueError("a rule without its kind")

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """The same as a change of parameters: ``plasticity.kind``, title, and all that is not the same."""
        names = dict.fromkeys(["kind", *self.old, *self.new])
        return {
            f"plasticity.{name}": (self.old.get(name), self.new.get(name))
            for name in names
            if name in ("kind", "title") or self.old.get(name) != self.new.get(name)
        }


@dataclass(frozen=True)
class LearnedSet:
    """Learned arrays that a person set: they hold from the next presentation on.

    Attributes
    ----------
    sha256 : mapping of str to str
        By name, as in `stdpbench.network.Learned`: the file ``arrays/<sha256>.npy`` of the run folder
        (`stdpbench.runs.folder.learned_arrays`).
    shape : mapping of str to tuple of int
        By name.
    """

    sha256: Mapping[str, str]
    shape: Mapping[str, tuple[int, ...]]
    recurs: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check that a network can have such arrays, and that the digests can be names of files."""
        if not self.sha256 or not {"w", "theta", "lateral"}.issuperset(self.sha256):
            raise ValueError(f"{', '.join(self.sha256) or 'nothing'} cannot be set")
        if not all(re.fullmatch("[0-9a-f]{64}", digest) for digest in self.sha256.values()):
            raise ValueError("a digest that is not a SHA-256")


@dataclass(frozen=True)
class Planned:
    """What there is to do changed with parameters: name and number of presentations of each phase, in order."""

    phases: tuple[tuple[str, int], ...]
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class CheckpointWritten:
    """A checkpoint lies in ``checkpoints/<name>``."""

    name: str
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class Remarked:
    """A sentence for the person; with `once`, of what happened to this process and does not follow from the run."""

    text: str
    once: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it recurs when the run goes on from before it."""
        return not self.once


@dataclass(frozen=True)
class Labelled:
    """Neurons carry classes: how many each, how many fired never, and the SHA-256 of the responses behind it."""

    per_class: tuple[int, ...]
    never_fired: int
    responses: str
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class Measured:
    """A measure was taken: accuracy by read-out, of the network or of a baseline."""

    what: str
    accuracy: Mapping[str, float]
    responses: str = ""
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class HeldOut:
    """The network at a position, as it answered to held-out pictures; told when it is known, with that position.

    Attributes
    ----------
    images : int
        How many pictures were shown.
    part : str
        ``"spare"`` for pictures that never train, ``"later"`` for those that had not trained yet.
    values : mapping of str to (float or None)
        Measures by name (`stdpbench.readout.held_out.MEASURES`); None where one is undefined. Labels were read for
        measuring only.
    """

    images: int
    part: str
    values: Mapping[str, float | None]
    recurs: ClassVar[bool] = True


@dataclass(frozen=True)
class LabelsRead:
    """Answers were compared with the labels of pictures that are evaluated on.

    Attributes
    ----------
    part : str
        ``"test"``, or ``"validation"`` for held-out training pictures.
    images : int
        How many labels were read.
    purpose : str
        What for.
    """

    part: str
    images: int
    purpose: str
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class Branched:
    """The run goes on from another one, whose facts up to the position `at` are copied in front.

    Attributes
    ----------
    parent, parent_name : str
        Its id and the name of its folder.
    at : int
        Where this run goes its own way.
    made_with : int, optional
        How many of the facts that follow are changes that it was made with; not said in older journals.
    """

    parent: str
    parent_name: str
    at: int
    made_with: int | None = None
    recurs: ClassVar[bool] = False


@dataclass(frozen=True)
class Rewound:
    """The run was taken back to an earlier position; what it left behind is kept as another run."""

    kept_as: str
    recurs: ClassVar[bool] = False


Fact = (
    Started
    | Estimated
    | StateChanged
    | Block
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
"""What changes an experiment in the middle of a run."""
Intervention = ParametersChanged | RuleChanged | LearnedSet
"""What a person does to a run in its middle that bears on the result."""
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Started,
        Estimated,
        StateChanged,
        Block,
        ParametersChanged,
        RuleChanged,
        LearnedSet,
        Planned,
        CheckpointWritten,
        Remarked,
        Labelled,
        Measured,
        HeldOut,
        LabelsRead,
        Branched,
        Rewound,
    )
}


@dataclass(frozen=True)
class Record:
    """A fact in its place.

    Attributes
    ----------
    number : int
        Counts the facts of a run from 0.
    position : int
        Presentations that were over.
    time : str
        When, ISO 8601 in UTC.
    fact : Fact
        What.
    """

    number: int
    position: int
    time: str
    fact: Fact

    @property
    def identity(self) -> tuple[str, int, str]:
        """What is the same of a fact that recurs."""
        return type(self.fact).__name__, self.position, str(getattr(self.fact, "what", getattr(self.fact, "text", "")))

    def to_mapping(self) -> dict[str, Any]:
        """As it stands in the journal."""
        head = {"n": self.number, "position": self.position, "time": self.time, "fact": type(self.fact).__name__}
        said = vars(self.fact).items()
        return head | {name: list(value) if isinstance(value, array) else value for name, value in said}

    @classmethod
    def from_mapping(cls, mapping: Any) -> Record:
        """Read a line of the journal.

        Raises
        ------
        StdpbenchError
            If it is not a fact of this format.
        """
        name = mapping.get("fact") if isinstance(mapping, Mapping) else None
        if isinstance(name, str) and name not in _KINDS:
            raise StdpbenchError(
                f"this version of stdpbench does not know the fact {name!r}; a later one may have written it"
            )
        try:
            kind = _KINDS[mapping["fact"]]
            values = {f.name: mapping[f.name] for f in fields(kind) if f.name in mapping}
            record = cls(mapping["n"], mapping["position"], mapping["time"], _reader(mapping["fact"])(values))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            said = " ".join(str(error).partition(" [type=")[0].split())
            raise StdpbenchError(f"it is no fact of this format ({said})") from None
        if not all(type(value) is int and value >= 0 for value in (record.number, record.position)):
            raise StdpbenchError("its number and position are no whole numbers")
        if not isinstance(record.time, str):
            raise StdpbenchError("its time is no text")
        return record


@cache
def _reader(name: str) -> Callable[[Any], Any]:
    """What makes a fact of JSON: checks the type of every value, and makes tuples of lists."""
    from pydantic import TypeAdapter

    return TypeAdapter(_KINDS[name]).validate_python


@dataclass(frozen=True)
class Progress:
    """How far a phase has come: no fact, the newest replaces the older.

    Attributes
    ----------
    phase : str
        ``"train"``, ``"label"``, ``"test"``, or the name of a baseline.
    done, total : int
        Presentations over, and in all.
    spikes_per_image, repeats, mean_theta : float, optional
        Of the last training presentations: exc spikes per picture, share of pictures shown again, mean theta in mV.
    accuracy : mapping of str to float
        Running accuracy by read-out, on training labels: for the eye only.
    """

    phase: str
    done: int
    total: int
    spikes_per_image: float | None = None
    repeats: float | None = None
    mean_theta: float | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
