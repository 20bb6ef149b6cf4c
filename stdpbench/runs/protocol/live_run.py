"""Model of a run for its readers, built from facts and frames, independent of any GUI toolkit.

Following a run and replaying its journal give the same model. Views draw it and compute nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stdpbench.base.units import thousands
from stdpbench.declare.rule_paths import replaced_rule, table_of_rule
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.runs.protocol import facts
from stdpbench.runs.protocol.changes import array_names, describe_intervention, rule_of, tables_with
from stdpbench.runs.protocol.facts import Block, Piece, Record, Taught
from stdpbench.runs.protocol.states import State

TOPICS = ("state", "progress", "curves", "parameters", "log", "metrics", "network", "presentation", "replies")


@dataclass
class LiveRun:
    """State of a run according to its facts and frames.

    Attributes
    ----------
    state, reason : State, str
        Current state, and the reason for it.
    started : Started or None
        Description of the network, with the current plan.
    position : int
        Number of completed presentations, according to the facts.
    blocks : dict of int to Block
        Completed blocks of training presentations, by the position of their end.
    pieces : dict of int to Piece
        Completed pieces of a stream, by the position of their end.
    taught : dict of int to Taught
        Completed parts of a training with labels, by the position of their end.
    changes : list of (int, mapping)
        Changes of parameters and of the rule with their positions: path to (old, new). A change of the rule includes
        its kind.
    marks : list of (int, str)
        Marks for curves: position and short description of each change and of each setting of learned arrays.
    learned_set : int
        Number of the newest fact that set learned arrays, -1 for none; earlier frames of the network are out of date.
    log : list of (int, str, str)
        Position, time and sentence of each event.
    warnings : list of str
        Recurring remarks, for example that no neuron fires, without repetitions.
    metrics : dict of str to mapping
        Accuracy by read-out, for the network and each baseline.
    labelled : Labelled or None
        Classes of the neurons.
    held_out : dict of int to HeldOut
        Measures on held-out pictures, by the position that was measured.
    estimated : Estimated or None
        Estimated resources of the run.
    checkpoints : list of int
        Positions of the checkpoints that were written.
    progress, network, presentation : mapping
        The newest frames; empty until one has arrived.
    replies : dict of int to (str, Any)
        Replies to requests by number: error and value.
    """

    state: State = State.QUEUED
    reason: str = ""
    started: facts.Started | None = None
    position: int = 0
    blocks: dict[int, Block] = field(default_factory=dict)
    pieces: dict[int, Piece] = field(default_factory=dict)
    taught: dict[int, Taught] = field(default_factory=dict)
    changes: list[tuple[int, Mapping[str, tuple[Any, Any]]]] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    learned_set: int = -1
    log: list[tuple[int, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
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
        """Return the model that results from the facts of a journal."""
        live = cls()
        for record in records:
            live.take_record(record)
        return live

    def take(self, message: Any) -> set[str]:
        """Apply a message of the run's process and return the topics that changed (`TOPICS`)."""
        if message[0] == "record":
            return self.take_record(message[1])
        if message[0] == "frame":
            setattr(self, message[1], message[2])
            return {message[1]}
        self.replies[message[1]] = (message[2], message[3])
        return {"replies"}

    def take_record(self, record: Record) -> set[str]:
        """Apply a fact and return the topics that changed."""
        fact, changed = record.fact, {"log"}
        if isinstance(fact, facts.HeldOut):  # its position may be earlier than that of the run
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
            case Piece():
                self.pieces[record.position] = fact
                changed = {"curves"}
            case Taught():
                self.taught[record.position] = fact
                changed = {"curves"}
            case facts.ParametersChanged() | facts.RuleChanged() | facts.LearnedSet():
                if isinstance(fact, facts.LearnedSet):
                    self.learned_set = record.number
                else:
                    self.changes.append((record.position, fact.changes))
                self.marks.append((record.position, describe_intervention(fact)))
                # measures at later positions are of a network that was lost in an interruption
                self.held_out = {at: measures for at, measures in self.held_out.items() if at <= record.position}
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
            case facts.Remarked(text, once=False) if text not in self.warnings:
                self.warnings.append(text)
            case _:
                pass
        sentence = describe(record)
        if sentence:
            self.log.append((record.position, record.time, sentence))
        return changed

    def _is_built(self) -> set[str]:
        """Clear the reason of a run in the state ``building``, and return the topics that changed."""
        if self.state is not State.BUILDING or not self.reason:
            return set()
        self.reason = ""
        return {"state"}

    def learned(self, name: str) -> Any:
        """Return a learned array of the newest frame by name; None if there is none."""
        return self.network.get("learned", {}).get(name)

    def parameters(self) -> dict[str, Any]:
        """Return the experiment with the active parameters, as nested tables; empty before the network is ready."""
        if self.started is None:
            return {}
        return tables_with(self.started.experiment, self.changes)

    def before_changes(self) -> dict[str, Any]:
        """Return the experiment at the start, with the current rules as first activated; empty before a network."""
        if self.started is None:
            return {}
        tables, changes = dict(self.started.experiment), sorted(self.changes, key=lambda change: change[0])
        newest = {owner: n for n, (_, change) in enumerate(changes) if (owner := replaced_rule(change)) is not None}
        for projection, number in newest.items():
            of_rule = f"{table_of_rule(projection)}."
            until = [
                (position, {path: values for path, values in change.items() if path.startswith(of_rule)})
                for position, change in changes[: number + 1]
            ]
            tables = tables_with(tables, until)
        return tables


def describe(record: Record) -> str:
    """Return a sentence that describes a fact to the user; empty for facts that are shown as curves."""
    fact = record.fact
    match fact:
        case facts.Started():
            return f"Network ready on the simulator {fact.simulator}. {fact.remark}".strip()
        case facts.Estimated():
            memory = f"{fact.memory / 2**30:.1f} GiB of memory"
            return f"Remaining at full speed: about {duration(fact.seconds)}, with {memory}."
        case facts.StateChanged():
            state = "failed" if fact.state == State.FAILED else f"is {fact.state}"
            return f"The run {state}{f': {fact.reason}' if fact.reason else ''}".rstrip(".") + "."
        case facts.ParametersChanged():
            changes = ", ".join(f"{path} {old} → {new}" for path, (old, new) in fact.changes.items())
            return f"From presentation {record.position} on: {changes}."
        case facts.RuleChanged():
            return (
                f"From presentation {record.position} on: {rule_of(fact.projection)} {rule_name(fact.new)} instead of "
                f"{rule_name(fact.old)}; weights and thresholds are kept."
            )
        case facts.LearnedSet():
            digests = ", ".join(f"{name} {sha256[:12]}…" for name, sha256 in fact.sha256.items())
            return f"From presentation {record.position} on: {array_names(fact)} replaced ({digests})."
        case facts.CheckpointWritten():
            return f"Checkpoint at {thousands(record.position)}."
        case facts.Remarked():
            return fact.text
        case facts.Labelled():
            never = f"; {fact.never_fired} did not fire" if fact.never_fired else ""
            return f"Neurons per class: {', '.join(map(str, fact.per_class))}{never}."
        case facts.Measured():
            accuracy = ", ".join(f"{name} {100 * value:.2f} %" for name, value in fact.accuracy.items())
            return f"Accuracy of {fact.what}: {accuracy}."
        case facts.HeldOut():
            return f"On {thousands(fact.images)} held-out pictures: {held_out_words(fact)}."
        case facts.LabelsRead():
            name = fact.purpose.removesuffix(" as a baseline")
            purpose = f"baseline {name}" if name != fact.purpose else name
            return f"Labels of {thousands(fact.images)} {fact.part} pictures were read: {purpose}."
        case facts.Branched():
            return f"Branched from {fact.parent_name} at presentation {thousands(fact.at)}."
        case facts.Rewound():
            return f"Rewound to presentation {thousands(record.position)}; the later part is kept as {fact.kept_as}."
    return ""


def held_out_words(fact: facts.HeldOut) -> str:
    """Return the measures on held-out pictures as a short text."""
    values, parts = fact.values, []
    vote, purity, nmi = values.get("accuracy_vote"), values.get("purity"), values.get("nmi")
    if vote is not None:
        parts.append(f"vote {100 * vote:.1f} %")
    if purity is not None and nmi is not None:
        parts.append(f"winning neurons as K = {values.get('clusters') or 0:.0f} clusters: purity {purity:.2f}")
        parts.append(f"NMI {nmi:.2f}")
    dead, duplicates = (round(values.get(name) or 0) for name in ("dead", "duplicates"))
    parts.append(f"{dead} neuron{'' if dead == 1 else 's'} silent")
    if duplicates:
        parts.append(f"{duplicates} nearly equal to another")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration as text in s, min or h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
