"""From the laboratory to a network: an experiment that learns by a rule, and how a rule differs from one in force."""

from __future__ import annotations

from typing import Any

from stdpbench.experiment import Experiment
from stdpbench.plasticity import PlasticityRule


def experiment_with(rule: PlasticityRule, base: Experiment, name: str = "") -> Experiment:
    """An experiment like another one that learns by this rule.

    Parameters
    ----------
    rule : PlasticityRule
        With its values.
    base : Experiment
        Everything else is taken from it; but what it says to expect does not hold any more, and is left out.
    name : str
        Of the experiment; made of both names if nothing is said.

    Raises
    ------
    StdpbenchError
        If the rule does not run in that network, with the reason.
    """
    kind = str(getattr(rule, "kind", ""))
    mapping = base.to_mapping()
    mapping["plasticity"] = rule.to_mapping()
    mapping["name"] = name or f"{base.name}-{kind}"
    mapping["about"] = {"title": f"{rule.summary}, as {base.name} otherwise"}
    return Experiment.from_mapping(mapping)


def is_same_rule(rule: PlasticityRule, other: PlasticityRule) -> bool:
    """Whether two rules have the same equations, so that other values are all that sets them apart."""
    return type(rule) is type(other)


def live_changes(rule: PlasticityRule, running: Experiment) -> dict[str, Any]:
    """What has to change in a running network for its rule to have these values: dotted path to value.

    Raises
    ------
    StdpbenchError
        If a value cannot change in the middle of a run.
    """
    values = {
        f"plasticity.{name}": value for name, value in rule.to_mapping().items() if name in type(rule).model_fields
    }
    values.pop("plasticity.kind", None)
    changed = running.changed_live(values)
    return {path: new for path, (_, new) in running.differences(changed).items()}
