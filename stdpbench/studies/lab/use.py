"""Use a rule of the laboratory in a network: experiments with a rule, and changes of a running rule."""

from __future__ import annotations

from typing import Any

from stdpbench.declare.rule_paths import table_of_rule
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import PlasticityRule


def experiment_with(rule: PlasticityRule, base: Experiment, projection: str = "") -> Experiment:
    """Return a copy of an experiment that learns by this rule.

    Parameters
    ----------
    rule : PlasticityRule
        The rule with its values.
    base : Experiment
        The experiment to copy, without its expected accuracy and time, which no longer hold. The name of the copy is
        made of the names of experiment and rule.
    projection : str
        The projection that learns by it; default as `Experiment.with_rule`.

    Raises
    ------
    StdpbenchError
        If the rule does not run in that network, with the reason.
    """
    kind = str(getattr(rule, "kind", ""))
    mapping = base.with_rule(rule.to_mapping(), projection).to_mapping()
    mapping["name"] = f"{base.name}-{kind}"
    mapping["about"] = {"title": f"{rule.summary}, as {base.name} otherwise"}
    return Experiment.from_mapping(mapping)


def live_changes(rule: PlasticityRule, running: Experiment, projection: str = "") -> dict[str, Any]:
    """Return the changes that give the rule of a running network the values of `rule`: dotted path -> value.

    Raises
    ------
    StdpbenchError
        If a value cannot change during a run.
    """
    table = table_of_rule(running.rule_owner(projection))
    values = {
        f"{table}.{name}": value
        for name, value in rule.to_mapping().items()
        if name in type(rule).model_fields and name != "kind"
    }
    changed = running.changed_live(values)
    return {path: new for path, (_, new) in running.differences(changed).items()}
