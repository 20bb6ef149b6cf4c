"""What a run looks like to its readers: facts and frames, folded into one model without a toolkit.

The same model comes from watching a run and from replaying its journal. Views draw it; they do not compute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import array_names, changes_rule, in_brief, rule_name, tables_with
from stdpbench.runs.protocol.facts import Block, Record
from stdpbench.runs.protocol.states import State

TOPICS = ("state", "progress", "curves", "parameters", "log", "metrics", "network", "presentation", "replies")


@dataclass
class LiveRun:
    """A run as far as it is known.

    Attributes
    ----------
    state, reason : State, str
        Where in its life it is, and why.
    started : Started or None
        What the network is, and what there is to do as it is planned now.
    position : int
        Presentations that are over, as far as facts tell.
    blocks : dict of int to Block
        Finished blocks of training presentations by the position of their end.
    changes : list of (int, mapping)
        Changes of parameters and of the rule with their position: path to (old, new); those of the rule name
        ``plasticity.kind``.
    marks : list of (int, str)
        What curves mark: the position of each change, and of arrays that were set, in few words.
    learned_set : int
        Number of the newest fact that set learned arrays; a frame of the network that does not know it is out of
        date. -1: there is none.
    log : list of (int, str, str)
        Position, time and sentence of all that happened.
    metrics : dict of str to mapping
        Accuracies by what was measured.
    labelled : Labelled or None
        Classes of neurons.
    held_out : dict of int to HeldOut
        Measures on held-out pictures by the position that they are of.
    estimated : Estimated or None
        What the run will take.
    checkpoints : list of int
        Positions of checkpoints that were written.
    progress, network, presentation : mapping
        The newest frames; empty before there is one.
    replies : dict of int to (str, Any)
        Answers to requests by number: error and value.
    """

    state: State = State.QUEUED
    reason: str = ""
    started: facts.Started | None = None
    position: int = 0
    blocks: dict[int, Block] = field(default_factory=dict)
    changes: list[tuple[int, Mapping[str, tuple[Any, Any]]]] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    learned_set: int = -1
    log: list[tuple[int, str, str]] = field(default_factory=list)
    metrics: dict[str, Mapping[str, float]] = field(default_factory=dict)
    labelled: facts.Labelled | None = None
    held_out: dict[int, facts.HeldOut] = field(default_factory=dict)
    estimated: facts.Estimated | None = None
    checkpoints: list[int] = field(default_factory=list)
    progress: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    presentation: Mapping[str, Any] = field(default_factory=dict)
    replies: dict[int, tuple[str, Any]] = field(default_factory=dict)

    @classmethod
    def replay(cls, records: Iterable[Record]) -> LiveRun:
        """What the facts of a journal make."""
        live = cls()
        for record in records:
            live.take_record(record)
        return live

    def take(self, message: Any) -> set[str]:
        """Fold a message of the run's process in; returns the topics that changed (`TOPICS`)."""
        if message[0] == "record":
            return self.take_record(message[1])
        if message[0] == "frame":
            setattr(self, message[1], message[2])
            return {message[1]}
        self.replies[message[1]] = (message[2], message[3])
        return {"replies"}

    def take_record(self, record: Record) -> set[str]:
        """Fold a fact in; returns the topics that changed."""
        fact, changed = record.fact, {"log"}
        if isinstance(fact, facts.HeldOut):  # of a position that the run may have left behind
            self.held_out[record.position] = fact
            return {"curves"}
        self.position = record.position
        match fact:
            case facts.Started():
                self.started = fact
                self._is_built()
                changed.add("state")
            case facts.Estimated():
                self.estimated = fact
                changed |= self._is_built()
            case facts.StateChanged():
                self.state, self.reason = State(fact.state), fact.reason
                changed.add("state")
            case Block():
                self.blocks[record.position] = fact
                changed = {"curves"}
            case facts.ParametersChanged() | facts.RuleChanged() | facts.LearnedSet():
                if isinstance(fact, facts.LearnedSet):
                    self.learned_set = record.number
                else:
                    self.changes.append((record.position, fact.changes))
                self.marks.append((record.position, in_brief(fact)))
                # those of later positions are of another network: the run was cut off there, and went back
                self.held_out = {at: told for at, told in self.held_out.items() if at <= record.position}
                changed |= {"parameters", "curves"}
            case facts.Planned():
                self.started = self.started and replace(self.started, phases=fact.phases)
                changed = {"state", "curves"}
            case facts.CheckpointWritten():
                if record.position not in self.checkpoints:
                    self.checkpoints.append(record.position)
                changed = {"log"}
            case facts.Labelled():
                self.labelled = fact
                changed.add("metrics")
            case facts.Measured():
                self.metrics[fact.what] = fact.accuracy
                changed.add("metrics")
            case _:
                pass
        sentence = describe(record)
        if sentence:
            self.log.append((record.position, record.time, sentence))
        return changed

    def _is_built(self) -> set[str]:
        """A run that is building waits no longer for what its reason says; returns the topics that change by it."""
        if self.state is not State.BUILDING or not self.reason:
            return set()
        self.reason = ""
        return {"state"}

    def parameters(self) -> dict[str, Any]:
        """The experiment with the parameters in force, nested tables; empty before the network stands."""
        if self.started is None:
            return {}
        return tables_with(self.started.experiment, self.changes)

    def before_changes(self) -> dict[str, Any]:
        """The experiment as it started, but the rule as it took force; empty before the network stands."""
        if self.started is None:
            return {}
        tables, changes = dict(self.started.experiment), sorted(self.changes, key=lambda change: change[0])
        newest = max((number for number, (_, change) in enumerate(changes, 1) if changes_rule(change)), default=0)
        return tables | {"plasticity": tables_with(tables, changes[:newest]).get("plasticity", {})}


def describe(record: Record) -> str:
    """What a fact says to a person, in a sentence; empty for what curves show."""
    fact = record.fact
    match fact:
        case facts.Started():
            return f"The network stands, on the simulator {fact.simulator}. {fact.remark}".strip()
        case facts.Estimated():
            return f"To come: about {duration(fact.seconds)} and {fact.memory / 2**30:.1f} GiB of memory."
        case facts.StateChanged():
            said = "failed" if fact.state == State.FAILED else f"is {fact.state}"
            return f"The run {said}{f': {fact.reason}' if fact.reason else ''}".rstrip(".") + "."
        case facts.ParametersChanged():
            said = ", ".join(f"{path} {old} → {new}" for path, (old, new) in fact.changes.items())
            return f"From presentation {record.position} on: {said}."
        case facts.RuleChanged():
            return (
                f"From presentation {record.position} on: the rule is {rule_name(fact.new)}, which was "
                f"{rule_name(fact.old)}; weights and thresholds stay."
            )
        case facts.LearnedSet():
            said = ", ".join(f"{name} {sha256[:12]}…" for name, sha256 in fact.sha256.items())
            return f"From presentation {record.position} on: {array_names(fact)} as they were set ({said})."
        case facts.CheckpointWritten():
            return f"Checkpoint at {record.position}."
        case facts.Remarked():
            return fact.text
        case facts.Labelled():
            never = f"; {fact.never_fired} did not fire" if fact.never_fired else ""
            return f"Neurons per class: {', '.join(map(str, fact.per_class))}{never}."
        case facts.Measured():
            said = ", ".join(f"{name} {100 * value:.2f} %" for name, value in fact.accuracy.items())
            return f"Accuracy of {fact.what}: {said}."
        case facts.HeldOut():
            return f"On {fact.images} held-out pictures: {held_out_words(fact)}."
        case facts.LabelsRead():
            return f"Labels of {fact.images} {fact.part} pictures were read: {fact.purpose}."
        case facts.Branched():
            return f"Goes on from {fact.parent_name} at presentation {fact.at}."
        case facts.Rewound():
            return f"Taken back to presentation {record.position}; what was after it is kept as {fact.kept_as}."
    return ""


def held_out_words(fact: facts.HeldOut) -> str:
    """What was measured on held-out pictures, in a few words."""
    values, said = fact.values, []
    vote, purity, nmi = values.get("accuracy_vote"), values.get("purity"), values.get("nmi")
    if vote is not None:
        said.append(f"vote {100 * vote:.1f} %")
    if purity is not None and nmi is not None:
        said.append(f"winning neurons as K = {values.get('clusters') or 0:.0f} clusters: purity {purity:.2f}")
        said.append(f"NMI {nmi:.2f}")
    dead, duplicates = (round(values.get(name) or 0) for name in ("dead", "duplicates"))
    said.append(f"{dead} neuron{'' if dead == 1 else 's'} silent, {duplicates} duplicate")
    return ", ".join(said)


def duration(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
