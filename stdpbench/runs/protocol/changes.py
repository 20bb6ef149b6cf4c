"""Changes in the middle of a run, as facts: of parameters, and of the plasticity rule as a whole.

Changes take force in the order of their positions, which is not that of the journal where a run was cut off and went
on from earlier. What holds in a presentation is what all changes up to its position come to. A rule that did not hold
in the presentation before starts as in a new network, but for weights, thresholds and neurons, which go over; one that
did hold goes on, even where another one was chosen and taken back in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stdpbench.experiment import Experiment
from stdpbench.plasticity import rules
from stdpbench.registry import MissingKindError
from stdpbench.runs.protocol.facts import (
    Change,
    Intervention,
    LearnedSet,
    ParametersChanged,
    Record,
    RuleChanged,
    Started,
)

_ARRAYS = {"w": "weights", "theta": "thresholds", "lateral": "lateral weights"}

Changes = Mapping[str, tuple[Any, Any]]
"""Dotted path to (old, new), as in a file; None for nothing. With ``plasticity.kind``, the rule has changed."""


def changed_by(experiment: Experiment, change: Change) -> Experiment:
    """The experiment as it is after a change."""
    if isinstance(change, RuleChanged):
        return experiment.with_rule(change.new)
    return experiment.override({path: new for path, (_, new) in change.changes.items()})


def changes_between(before: Experiment, after: Experiment) -> list[Change]:
    """The facts that make one experiment of another: none, one or two."""
    found: list[Change] = []
    if not before.same_rule(after):
        found.append(RuleChanged(before.plasticity.to_mapping(), after.plasticity.to_mapping()))
        before = before.with_rule(after.plasticity.to_mapping())
    differences = before.differences(after)
    return [*found, ParametersChanged(differences)] if differences else found


def experiment_at(start: Experiment, records: Sequence[Record], position: int) -> Experiment:
    """The experiment with parameters and rule in force at a position."""
    for record in sorted(records, key=lambda record: record.position):
        if isinstance(record.fact, Change) and record.position <= position:
            start = changed_by(start, record.fact)
    return start


def reached_position(records: Sequence[Record]) -> int:
    """Training presentations that a run has taken, as far as its journal tells."""
    return min(n_train(records), max((record.position for record in records), default=0))


def n_train(records: Sequence[Record]) -> int:
    """Training presentations of a run in all; 0 before its network was first built."""
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    return 0 if started is None else dict(started.phases).get("train", 0)


def stored_at(start: Experiment, records: Sequence[Record], position: int) -> Experiment:
    """As `experiment_at`, for reading only, with stand-ins for missing kinds."""
    changes = [(r.position, r.fact.changes) for r in records if isinstance(r.fact, Change) and r.position <= position]
    return Experiment.from_mapping(tables_with(start.to_mapping(), changes), stand_ins=True)


def missing_kinds(start: Experiment, records: Sequence[Record]) -> tuple[str, ...]:
    """A clause for each missing kind that a run started with or changed its rule to: its name and the reason."""
    found = dict.fromkeys(start.missing_kinds)
    for record in records:
        if isinstance(record.fact, RuleChanged):
            try:
                rules.get(str(record.fact.new["kind"]))
            except MissingKindError as error:
                found[error.clause] = None
    return tuple(found)


def tables_with(tables: Mapping[str, Any], changes: Iterable[tuple[int, Changes]]) -> dict[str, Any]:
    """The nested tables of an experiment as they are after changes, which are given with their positions."""
    made = {key: dict(value) if isinstance(value, Mapping) else value for key, value in tables.items()}
    for _, change in sorted(changes, key=lambda pair: pair[0]):
        for path, (_, new) in change.items():
            section, _, name = path.partition(".")
            table = made.get(section)
            if not isinstance(table, dict):
                continue
            if new is None:
                table.pop(name, None)
            else:
                table[name] = new
    return made


def in_brief(intervention: Intervention) -> str:
    """What a person did to a run, in few words: for a mark in a curve."""
    if isinstance(intervention, LearnedSet):
        return f"{array_names(intervention)} set"
    return in_short(intervention.changes)


def array_names(fact: LearnedSet) -> str:
    """The arrays that were set, as a person names them."""
    *names, last = (_ARRAYS[name] for name in fact.sha256)
    return f"{', '.join(names)} and {last}" if names else last


def changes_rule(changes: Changes) -> bool:
    """Whether a change is one of the rule."""
    return "plasticity.kind" in changes


def rule_name(rule: Mapping[str, Any]) -> str:
    """A rule as a person names it: its kind, and the title of one of her own."""
    kind, title = str(rule.get("kind", "")), str(rule.get("title", ""))
    return f"{kind} “{title}”" if title else kind


def in_short(changes: Changes) -> str:
    """What a change is, in few words."""
    if changes_rule(changes):
        new = {path.removeprefix("plasticity."): value for path, (_, value) in changes.items() if value is not None}
        return f"rule → {rule_name(new)}"
    return ", ".join(f"{path.rpartition('.')[2]} → {new}" for path, (_, new) in changes.items())
