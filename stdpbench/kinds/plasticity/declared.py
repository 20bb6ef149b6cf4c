"""Check plasticity rules that other packages provide as Python classes.

The checks are those of custom rules: known names, matching units, existing time constants. So errors are reported when
the rule is read, not by Brian2 or a compiler in the middle of a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from stdpbench.base.errors import StdpbenchError, several
from stdpbench.declare.parameters import Parameter
from stdpbench.kinds.language import DIMENSIONS, NUMBER, Dimension, check_code
from stdpbench.kinds.names import check_name
from stdpbench.kinds.plasticity.base import Average, PlasticityRule, Trace

_TIME, _VOLTAGE = DIMENSIONS["s"], DIMENSIONS["V"]
_UNITS = {"second": _TIME, "ms": _TIME, "volt": _VOLTAGE, "mV": _VOLTAGE}
_CODES = ("on_input_spike", "on_output_spike", "each_step", "periodically")


@lru_cache(maxsize=256)
def check_rule(rule: type) -> None:
    """Check that a network can be built with a rule.

    Raises
    ------
    StdpbenchError
        If the rule has errors: a sentence per error.
    """
    if issubclass(rule, PlasticityRule) and (problems := list(_problems(rule))):
        raise several(problems)


def _problems(rule: type[PlasticityRule]) -> Iterator[str]:
    traces = getattr(rule, "traces", None)
    if not isinstance(traces, tuple) or not all(isinstance(trace, Trace) for trace in traces):
        yield "traces must be a tuple of Trace"
        return
    if not all(isinstance(average, Average) for average in rule.averages):
        yield "averages must be a tuple of Average"
        return
    declared = {parameter.name: parameter for parameter in rule.describe()}
    units = {name: p.unit for name, p in declared.items() if p.unit is not None}
    yield from common_problems(declared, traces, rule.input_spike_needs, rule.on_input_spike)
    quantities = {name: DIMENSIONS[unit] for name, unit in units.items() if unit in DIMENSIONS}
    variables = dict.fromkeys(
        (*(declared.name for declared in (*traces, *rule.averages)), *rule.synapse_variables), NUMBER
    )
    names = {"w": NUMBER, **variables, **quantities, **_UNITS}
    yield from _names(rule, variables, quantities)
    for trace in traces:
        if trace.spread and (trace.side, trace.on_spike) != ("input", "add"):
            yield f"the trace {trace.name} spreads, so it must have the side 'input' and on_spike 'add'"
        if trace.spread and getattr(declared.get(trace.spread), "unit", None) != "":
            yield f"the trace {trace.name} spreads by {trace.spread!r}, which is not a parameter with the unit ''"
    if len([trace for trace in traces if trace.spread]) > 1:
        yield "only one trace may spread"
    for average in rule.averages:
        yield from _average(rule, average, declared, quantities)
    potential = {"v": _VOLTAGE} if rule.output_neuron else {}
    assignable = dict.fromkeys(("w", *rule.synapse_variables), NUMBER)
    for spot in _CODES:
        known = names | potential | ({"dt": _TIME} if spot == "each_step" else {})
        if spot == "periodically":  # runs between two steps, when traces have no current value
            known = {name: known[name] for name in known if name not in {trace.name for trace in traces}}
        for problem in check_code(getattr(rule, spot), known, assignable):
            yield f"{spot}: {problem}"
    if not any(re.search(r"^\s*w\s*[-+*/]?=", getattr(rule, spot), re.MULTILINE) for spot in _CODES):
        yield f"the rule never changes w: it needs {', '.join(_CODES[:-1])} or {_CODES[-1]}"
    if rule.input_lag:
        yield from _time_constant(rule.input_lag, "input_lag", declared)
    if rule.periodically:
        yield from _time_constant(rule.period_name, "periodically", declared)
    if undeclared := set(rule.protocol_variables).difference(rule.synapse_variables):
        yield f"protocol_variables names {', '.join(sorted(undeclared))}, which synapse_variables does not"


def common_problems(
    declared: dict[str, Parameter], traces: tuple[Trace, ...], required_trace: str, on_input_spike: str
) -> Iterator[str]:
    """Yield errors in units, traces and `input_spike_needs` (`required_trace`) of a rule for weights or delays."""
    for parameter in declared.values():
        if parameter.unit is not None and parameter.unit not in DIMENSIONS:
            known = ", ".join(map(repr, DIMENSIONS))
            yield f"{parameter.name}: {parameter.unit!r} is not a unit of a rule; known are {known}"
    for trace in traces:
        yield from _time_constant(trace.tau, f"the trace {trace.name}", declared)
        if trace.side not in ("input", "output") or trace.on_spike not in ("set", "add"):
            yield f"the trace {trace.name} must have the side 'input' or 'output', and on_spike 'set' or 'add'"
    if required_trace and not (
        required_trace in {trace.name for trace in traces if trace.side == "output"}
        and re.search(rf"\b{re.escape(required_trace)}\b", on_input_spike)
    ):
        yield f"input_spike_needs must be an output trace that on_input_spike reads, not {required_trace!r}"


def name_problems(names: Iterable[str]) -> Iterator[str]:
    """Yield errors in names that reach Brian2 and C++."""
    for name in dict.fromkeys(names):
        try:
            check_name(name)
        except StdpbenchError as error:
            yield str(error)


def _names(
    rule: type[PlasticityRule], variables: dict[str, Dimension], quantities: dict[str, Dimension]
) -> Iterator[str]:
    """Yield errors in names that reach Brian2 and C++."""
    codes = [getattr(rule, spot) for spot in _CODES]
    codes += [f"{average.of} {average.on_spike}" for average in rule.averages]
    read = set(re.findall(r"\w+", " ".join(codes)))
    read |= {trace.tau for trace in rule.traces} | {average.tau for average in rule.averages}
    # in synapses, an intermediate result named like a variable of the neuron would overwrite that variable
    results = re.findall(r"^\s*(\w+)\s*[-+*/]?=(?!=)", "\n".join(codes[: len(_CODES)]), re.MULTILINE)
    used = [*variables, *(name for name in quantities if name in read), *results]
    yield from name_problems(name for name in used if name not in ("w", "w_max"))
    for name in variables:
        if name.endswith(("_pre", "_post")):
            yield f"{name}: the name of a trace, average or variable must not end in _pre or _post"
        if name in quantities:
            yield f"{name} is both a parameter and a trace, average or variable"


def _time_constant(name: str, of: str, declared: dict[str, Parameter]) -> Iterator[str]:
    parameter = declared.get(name)
    if parameter is None:
        yield f"{of} has the time constant {name!r}, which is not a parameter"
    elif parameter.unit not in ("ms", "s"):
        yield f"{of} has the time constant {name}, which is not a time: its unit must be ms or s"


def _average(
    rule: type[PlasticityRule], average: Average, declared: dict[str, Parameter], quantities: dict[str, Dimension]
) -> Iterator[str]:
    yield from _time_constant(average.tau, f"the average {average.name}", declared)
    if average.delay:
        yield from _time_constant(average.delay, f"the delay of the average {average.name}", declared)
    traces = dict.fromkeys((trace.name for trace in rule.traces if trace.side == "output"), NUMBER)
    followed = {"v": _VOLTAGE} if average.follows_v else traces
    for part, known in (("of", followed), ("on_spike", {})):
        expression = getattr(average, part)
        if expression or part == "of":
            code = f"{average.name} = {expression}"
            for problem in check_code(
                code, known | quantities | _UNITS | {average.name: NUMBER}, {average.name: NUMBER}
            ):
                yield f"the average {average.name}, {part}: {problem}"
