"""Protocols by name, with options as text, and the default protocol of a rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from stdpbench.base.errors import StdpbenchError, nearest, suggestion
from stdpbench.kinds.plasticity import PlasticityRule
from stdpbench.studies.lab.protocols import as_rule
from stdpbench.studies.lab.quick import read_option
from stdpbench.studies.lab.result import Result

PROTOCOLS: Mapping[str, str] = {
    "pair-window": "protocols:pair_window",
    "frequency": "protocols:frequency",
    "pairing": "protocols:pairing",
    "triplets": "protocols:triplets",
    "quadruplets": "protocols:quadruplets",
    "poisson-pairs": "protocols:poisson_pairs",
    "weight-dependence": "protocols:weight_dependence",
    "neuron": "one_neuron:neuron",
    "reward-delay": "protocols:reward_delay",
}
"""Protocol -> ``"module:function"``."""


def protocol(name: str) -> Callable[..., Result]:
    """Return the function of a protocol.

    Raises
    ------
    StdpbenchError
        If no protocol has that name.
    """
    if name not in PROTOCOLS:
        raise StdpbenchError(f"there is no protocol {name!r}; {suggestion(name, PROTOCOLS)}")
    module, _, function = PROTOCOLS[name].partition(":")
    run_protocol: Callable[..., Result] = getattr(import_module(f"stdpbench.studies.lab.{module}"), function)
    return run_protocol


def options(name: str) -> dict[str, Any]:
    """Return the options of a protocol that take a number or a list of numbers, with their defaults."""
    declared = inspect.signature(protocol(name)).parameters.values()
    return {p.name: p.default for p in declared if p.name not in ("rule", "set", "timings", "neuron")}


def run(
    kind: str | PlasticityRule,
    name: str | None = None,
    set: Mapping[str, Any] | None = None,
    given: Mapping[str, str] | None = None,
) -> Result:
    """Run a protocol on a rule; without a name, the default protocol that the rule declares.

    Parameters
    ----------
    kind : str or PlasticityRule
        Kind of the rule, or a rule with all its values.
    name : str, optional
        The protocol.
    set : mapping of str to Any, optional
        Parameters of the rule.
    given : mapping of str to str, optional
        Options of the protocol as text: a number, or numbers separated by commas.

    Raises
    ------
    StdpbenchError
        If there is no such rule, protocol, parameter or option.
    """
    rule = as_rule(kind, set)
    opening = rule.opening
    chosen: dict[str, Any] = {}
    if name is None or name == opening.protocol:
        if isinstance(kind, str):
            rule = as_rule(kind, {**opening.parameters, **(set or {})})
        name, chosen = opening.protocol, dict(opening.options)
    known = options(name)
    for key, text in (given or {}).items():
        key = key.replace("-", "_")
        if key not in known:
            near = nearest(key, known)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
            raise StdpbenchError(f"{name} has no option {key}; {hint}")
        default = known[key]
        several = isinstance(default, tuple) or (key.endswith("s") and default is None)
        chosen[key] = read_option(text, f"{name}, option {key}", several=several, whole=isinstance(default, int))
    return protocol(name)(rule, **chosen)
