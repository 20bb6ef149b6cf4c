"""Checks of a network as a whole: one sentence per error, with the dotted path."""

from __future__ import annotations

import re

from stdpbench.neurons import Neuron
from stdpbench.plasticity import Average, PlasticityRule, Trace


def shared_names(neuron: Neuron, rule: PlasticityRule) -> list[str]:
    """Return the names that a rule and the neuron which it reads use with different meanings."""
    own = {variable.name for variable in neuron.variables} | {p.name for p in neuron.describe()}
    remembered: tuple[Trace | Average, ...] = (*rule.traces, *rule.averages)
    names = [name for each in remembered for name in (each.name, each.tau)]
    words = [re.findall(r"[A-Za-z_]\w*", f"{average.of} {average.on_spike}") for average in rule.averages]
    names += [word for each in words for word in each if word != "v"]  # intentionally the neuron's
    own |= set(re.findall(r"^\s*(\w+)\s*=", neuron.update, re.MULTILINE))
    return sorted(own.intersection(names))
