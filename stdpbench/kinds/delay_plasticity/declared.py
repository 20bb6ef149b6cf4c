"""Check delay rules of other packages; see `stdpbench.kinds.plasticity.declared`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from stdpbench.base.errors import several
from stdpbench.kinds.delay_plasticity.base import DelayRule
from stdpbench.kinds.language import DIMENSIONS, NUMBER, check_code
from stdpbench.kinds.plasticity.base import Trace
from stdpbench.kinds.plasticity.declared import common_problems, name_problems

_TIME = DIMENSIONS["s"]
_CODES = ("on_input_spike", "on_output_spike")


@lru_cache(maxsize=256)
def check_delay_rule(rule: type) -> None:
    """Check that a network can be built with a rule.

    Raises
    ------
    StdpbenchError
        If the rule has errors: a sentence per error.
    """
    if issubclass(rule, DelayRule) and (problems := list(_problems(rule))):
        raise several(problems)


def _problems(rule: type[DelayRule]) -> Iterator[str]:
    traces = getattr(rule, "traces", None)
    if not isinstance(traces, tuple) or not all(isinstance(trace, Trace) for trace in traces):
        yield "traces must be a tuple of Trace"
        return
    declared = {parameter.name: parameter for parameter in rule.describe()}
    yield from common_problems(declared, traces, rule.input_spike_needs, rule.on_input_spike)
    units = {name: parameter.unit for name, parameter in declared.items() if parameter.unit is not None}
    names = [*(trace.name for trace in traces), *units]
    if "d" in names:
        yield "the name d is reserved for the delay"
    yield from name_problems(name for name in names if name != "d")
    for trace in traces:
        if trace.name in units:
            yield f"{trace.name} is both a parameter and a trace"
        if trace.name.endswith(("_pre", "_post")):
            yield f"{trace.name}: the name of a trace must not end in _pre or _post"
    known = {"w": NUMBER, "d": _TIME, "ms": _TIME, "second": _TIME, **{trace.name: NUMBER for trace in traces}}
    known |= {name: DIMENSIONS[unit] for name, unit in units.items() if unit in DIMENSIONS}
    codes = [getattr(rule, spot) for spot in _CODES]
    for spot, code in zip(_CODES, codes, strict=True):
        for problem in check_code(code, known, {"d": _TIME}):
            yield f"{spot}: {problem}"
    if not any(line.lstrip().startswith("d ") for code in codes for line in code.splitlines()):
        yield f"the rule never changes d: it needs {' or '.join(_CODES)}"
