"""Changes during a run, as facts: changes of parameters, and of the plasticity rule as a whole.

Changes apply in the order of their positions, which differs from the order in the journal if a run was interrupted and
resumed from an earlier position. The experiment of a presentation is the result of all changes up to its position. A
rule that was not active in the previous presentation starts as in a new network, except that weights, thresholds and
the state of neurons are carried over. A rule that was active continues, even if another one was selected and withdrawn
in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stdpbench.base.toml_lines import put
from stdpbench.declare.learned_names import COMPETE, FEED, THETA, listed
from stdpbench.declare.registry import MissingKindError
from stdpbench.declare.rule_paths import replaced_rule, table_of_rule
from stdpbench.experiment import About, Experiment
from stdpbench.experiment.evaluation import SECTION as EVALUATION
from stdpbench.experiment.learning import same_kind
from stdpbench.kinds.plasticity import projection_rules
from stdpbench.kinds.plasticity.tables import rule_name
from stdpbench.runs.protocol.facts import (
    Change,
    Intervention,
    LearnedSet,
    ParametersChanged,
    Record,
    RuleChanged,
    Started,
)

_TABLES = ("populations", "projections")
_ARRAYS = {FEED: "weights", THETA: "thresholds", COMPETE: "lateral weights"}

Changes = Mapping[str, tuple[Any, Any]]
"""Dotted path to (old, new) values as in a file; None: absent. The path of a rule's kind marks a new rule."""


def changed_by(experiment: Experiment, change: Change) -> Experiment:
    """Return the experiment after a change."""
    if isinstance(change, RuleChanged):
        return experiment.with_rule(change.new, change.projection)
    return experiment.override({path: new for path, (_, new) in change.changes.items()})


def changes_between(before: Experiment, after: Experiment) -> list[Change]:
    """Return the facts that turn one experiment into another: one for each rule, then one for other parameters."""
    changes: list[Change] = []
    rules = after.rules_by_projection
    for projection, rule in before.rules_by_projection.items():
        if projection in rules and not same_kind(rule, rules[projection]):
            change = RuleChanged(rule.to_mapping(), rules[projection].to_mapping(), projection)
            before = before.with_rule(change.new, projection)
            changes.append(change)
    differences = before.differences(after)
    return [*changes, ParametersChanged(differences)] if differences else changes


def experiment_at(start: Experiment, records: Sequence[Record], position: int) -> Experiment:
    """Return the experiment with the parameters and the rule that are active at a position."""
    for record in sorted(records, key=lambda record: record.position):
        if isinstance(record.fact, Change) and record.position <= position:
            start = changed_by(start, record.fact)
    return start


def reached_position(records: Sequence[Record]) -> int:
    """Return the number of training presentations that a run has completed according to its journal."""
    return min(n_train(records), max((record.position for record in records), default=0))


def n_train(records: Sequence[Record]) -> int:
    """Return the total number of training presentations of a run; 0 before its network is built."""
    started = next((record.fact for record in records if isinstance(record.fact, Started)), None)
    return 0 if started is None else dict(started.phases).get("train", 0)


def stored_at(start: Experiment, records: Sequence[Record], position: int) -> Experiment:
    """Return `experiment_at` for reading only, with stand-ins for missing kinds."""
    changes = [(r.position, r.fact.changes) for r in records if isinstance(r.fact, Change) and r.position <= position]
    return Experiment.from_mapping(tables_with(start.to_mapping(), changes), stand_ins=True)


def missing_kinds(start: Experiment, records: Sequence[Record]) -> tuple[str, ...]:
    """Return a clause (name and reason) for each missing kind that a run started with or changed its rule to."""
    clauses = dict.fromkeys(start.missing_kinds)
    for record in records:
        if isinstance(record.fact, RuleChanged):
            try:
                projection_rules.get(str(record.fact.new["kind"]))
            except MissingKindError as error:
                clauses[error.clause] = None
    return tuple(clauses)


def tables_with(tables: Mapping[str, Any], changes: Iterable[tuple[int, Changes]]) -> dict[str, Any]:
    """Return the nested tables of an experiment after changes, given as pairs of position and change.

    The description of what was measured without them is left out.
    """
    tables_after = dict(tables)
    for _, change in sorted(changes, key=lambda pair: pair[0]):
        tables_after["about"] = About().to_mapping()
        for path, (_, new) in change.items():
            section = path.partition(".")[0]
            if section == EVALUATION or isinstance(tables_after.get(section), Mapping):  # which files may omit
                put(tables_after, path, new)
    return tables_after


def describe_intervention(intervention: Intervention) -> str:
    """Return a short description of an intervention, for a mark in a curve."""
    if isinstance(intervention, LearnedSet):
        return f"{array_names(intervention)} set"
    return describe_changes(intervention.changes)


def array_names(fact: LearnedSet) -> str:
    """Return the names of the arrays that were set, for display."""
    return listed(_ARRAYS.get(name, name) for name in fact.sha256)


def changes_rule(changes: Changes) -> bool:
    """Return whether a change replaces the rule."""
    return replaced_rule(changes) is not None


def rule_of(projection: str) -> str:
    """Return a noun for the rule of a projection, or for the rule of the network."""
    return f"rule of {projection}" if projection else "rule"


def new_rules(before: Experiment, after: Experiment) -> str:
    """Return the names of the rules of one experiment that another does not have."""
    return listed(
        f"{rule_name(change.new)} of {change.projection}" if change.projection else rule_name(change.new)
        for change in changes_between(before, after)
        if isinstance(change, RuleChanged)
    )


def describe_changes(changes: Changes) -> str:
    """Return a short description of a change."""
    projection = replaced_rule(changes)
    if projection is not None:
        table = f"{table_of_rule(projection)}."
        new = {path.removeprefix(table): value for path, (_, value) in changes.items() if value is not None}
        return f"{rule_of(projection)} → {rule_name(new)}"
    return ", ".join(f"{_short(path)} → {'none' if new is None else new}" for path, (_, new) in changes.items())


def _short(path: str) -> str:
    """Return the short form of a path, with the population or projection if the network is written in full."""
    above, _, below = path.partition(".")
    table, _, parameter = below.partition(".")
    return parameter if above == "network" and table in _TABLES and parameter else path.rpartition(".")[2]
