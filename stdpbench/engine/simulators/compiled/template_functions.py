"""Functions and filters of templates: properties of the network being generated, and rewriting of generated code.

They include the quick form of a step of neurons for the usual case. The time of a step is that of its vector
operations. Two kinds of them can be skipped if they are known to have no effect, so that both forms of a step give the
same bytes:

* If all arguments of the exponential function are near 0, they need no range reduction: see ``near_exp`` in
  vector_math.h. A preceding loop finds the largest argument.
* A variable that stays 0 once it is 0, and that only the reset of a neuron raises (a refractory period that counts
  down), is 0 for all neurons in most steps. It is then neither read nor written, and expressions of it are the same
  number for all neurons.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from stdpbench.engine.network.brian import ArrayVariable, Constant, get_device
from stdpbench.engine.network.build import FIRES, BuiltNetwork
from stdpbench.engine.network.layout import LEARNING_SPIKE, Layout, PopulationLayout, ProjectionLayout
from stdpbench.engine.simulators.compiled.deliveries import (
    deciding_trace,
    deferred_variables,
    delivered,
    reading_weight,
    receptor,
    without_writes,
)
from stdpbench.engine.simulators.compiled.parts import REALS
from stdpbench.engine.simulators.compiled.pointers import rounded, traces
from stdpbench.engine.simulators.compiled.rewriting import (
    Code,
    array_at,
    array_of,
    assigned,
    by_target,
    changed,
    declared,
    dense_index,
    faded,
    fast,
    narrow,
    rewrite,
    trace_array,
    with_decay,
    without_arrivals,
    without_decay,
    written,
)

_EXP = "resident::fast_exp("
_KNOWN = {"float", "double", "resident", "clip", "_clip"}


@dataclass(frozen=True)
class Resting:
    """A variable of neurons that stays 0 once it is 0.

    Attributes
    ----------
    name, real : str
        Its name in vector code, and its type.
    pointer : str
        Pointer to its array.
    update : str
        The line that updates it.
    """

    name: str
    real: str
    pointer: str
    update: str


@dataclass(frozen=True)
class QuickStep:
    """The quick form of a step.

    Attributes
    ----------
    search : str
        Vector code that finds the largest argument of the exponential function, without other effects.
    step : str
        Vector code of the step.
    resting : tuple of Resting
        Variables that must be 0 for all neurons.
    conditions : tuple of str
        C++ conditions on these variables and numbers that must hold as well.
    """

    search: str
    step: str
    resting: tuple[Resting, ...]
    conditions: tuple[str, ...]


def quick_step(text: str, scalars: Collection[str], reset: Collection[str]) -> QuickStep | None:
    """Return the quick form of vector code of a step; None if it has none.

    Parameters
    ----------
    text : str
        Vector code in its final form.
    scalars : collection of str
        Names of numbers that are equal for all neurons and constant in a presentation.
    reset : collection of str
        Variables that only the step and the reset of neurons change.
    """
    if text.count(_EXP) != 1:
        return None
    search = rewrite(text, r"^\s*_ptr_\w+\[_idx\] = [^;]+;$", "", times=len(re.findall(r"\] = ", text)))
    search = search.replace(_EXP, "resident::largest_exp(_largest, ")
    step = text.replace(_EXP, "resident::near_exp(")
    resting = [variable for name in sorted(reset) if (variable := _resting(text, name, scalars)) is not None]
    for rest in resting:
        element = re.escape(f"{rest.pointer}[_idx]")
        step = rewrite(
            step, rf"^(\s*){rest.real} {rest.name} = {element};$", rf"\1const {rest.real} {rest.name} = 0;", times=1
        )
        step = rewrite(step, rf"^\s*{re.escape(rest.update)}$", "", times=1)
        step = rewrite(step, rf"^\s*{element} = {rest.name};$", "", times=1)
    known = {*scalars, *(rest.name for rest in resting)}
    indicators = re.findall(r"^\s*const \w+ \w+ = resident::indicator<\w+>\((.*)\);$", step, re.MULTILINE)
    conditions = [condition for condition in dict.fromkeys(indicators) if _depends_on(condition, known)]
    for condition in conditions:
        step = step.replace(f"({condition})", "(true)")
    return QuickStep(search, step, tuple(resting), tuple(conditions))


def _depends_on(text: str, names: Collection[str]) -> bool:
    """Return whether C++ code uses only the given names."""
    return set(re.findall(r"\b[A-Za-z_]\w*", text)) <= {*names, *_KNOWN}


def _resting(text: str, name: str, scalars: Collection[str]) -> Resting | None:
    """Return a variable if its step depends only on itself and on numbers; else None."""
    read = re.findall(rf"^\s*(\w+) {name} = (_ptr_\w+)\[_idx\];$", text, re.MULTILINE)
    updates = re.findall(rf"^\s*({name} (?:[-+*/])?= [^;]+;)$", text, re.MULTILINE)
    if len(read) != 1 or len(updates) != 1 or not _depends_on(updates[0], {*scalars, name}):
        return None
    ((real, pointer),) = read
    return Resting(name, real, pointer, updates[0])


def once(scalar_code: Code, variables: dict[str, Any]) -> list[str] | None:
    """Return the names that scalar code computes, if they are constant in a presentation; else None."""
    text = scalar_code if isinstance(scalar_code, str) else "\n".join(scalar_code)
    names = declared(text)
    read = {name for name in names if isinstance(variables.get(name), ArrayVariable)}
    depends_on_parameters = all(variables[name].constant and variables[name].scalar for name in read)
    only_numbers = len(names) == len([line for line in text.splitlines() if line.strip()])
    return names if names and only_numbers and depends_on_parameters else None


def single(text: str, scalar_code: Code, variables: dict[str, Any]) -> str:
    """Return float vector code that uses the float copies of numbers computed once per presentation."""
    for name in once(scalar_code, variables) or ():
        text = text.replace(f"((float){name})", f"{name}_single")
    return text


WORDS = {"float64": "int64_t", "float32": "int32_t"}
"""Integer types as wide as the floating point types, by precision, since loops over both vectorise best."""


def _built() -> BuiltNetwork:
    built: BuiltNetwork = get_device().built
    return built


def _layout() -> Layout:
    layout: Layout = get_device().layout
    return layout


def projection_of(pathway: Any) -> ProjectionLayout:
    """Return the projection to whose synapses a pathway belongs."""
    return _built().carried_by[str(pathway.synapses.name)]


def _is_dense(pathway: Any) -> bool:
    projection = projection_of(pathway)
    return projection.dense and pathway.synapses.name == projection.group


def _all_pairs(group: Any) -> bool:
    """Return whether a Brian2 object holds a synapse for each pair of neurons of a projection."""
    projection = _built().carried_by[str(group.name)]
    return projection.dense and group.name == projection.group


def _is_sparse(group: Any) -> bool:
    """Return whether a Brian2 object holds the synapses of a sparse projection."""
    projection = _built().carried_by.get(str(group.name))
    if projection is None:
        return False
    return _passes_on(group) or (projection.sparse and group.name == projection.group)


def _passes_on(group: Any) -> bool:
    """Return whether a Brian2 object holds the synapses that pass spikes on to more than one element."""
    projection = _built().carried_by[str(group.name)]
    return projection.passing_on is not None and group.name == projection.passing_on[0]


def _excess(group: Any, neuron: str) -> str:
    """Return the C++ expression by which the potential of a neuron exceeds its adaptive threshold."""
    population = _population(group)
    assert population is not None

    def array(name: str) -> str:
        return str(get_device().get_array_name(group.variables[name]))

    raised = (f" - {array(name)}[{neuron} % {population.population.n_slow}]" for name in population.raising)
    return f"{array('v')}[{neuron}]{''.join(raised)}"


def _winner_of(group: Any) -> int:
    population = _population(group)
    return 1 if population is None else population.winner_of


def _n_learning(group: Any, event: str) -> int:
    """Return the number of spikes in a presentation that an event is restricted to; 0: it is not restricted."""
    population = _population(group)
    return 0 if population is None or event != f"_{LEARNING_SPIKE}space" else population.population.learning_spikes


def _rows_of(group: Any) -> str:
    projection = _built().carried_by[str(group.name)]
    return f"rows_{projection.passing_number if _passes_on(group) else projection.number}"


def delay_form(pathway: Any) -> str:
    """Return the form of the delay of a pathway; output events are never delayed."""
    return "none" if pathway.prepost == "post" else str(projection_of(pathway).delay_form)


def _needed_trace(pathway: Any) -> str:
    projection = projection_of(pathway)
    if projection.rule is None or not projection.dense or pathway.name != projection.own("pre"):
        return ""
    needed = projection.rule.input_spike_needs
    return projection.own(needed) if needed else ""


def _needed_for_delays(pathway: Any) -> str:
    """Return the output trace that a pathway needs to change delays; empty if none, and for other pathways."""
    projection = projection_of(pathway)
    rule = projection.delay_rule
    if rule is None or not rule.input_spike_needs or pathway.name != projection.own("shift"):
        return ""
    return projection.own_of_delay(rule.input_spike_needs)


def _needs_arrivals(pathway: Any) -> bool:
    """Return whether code for output spikes reads deferred variables."""
    projection = projection_of(pathway)
    return bool(pathway.name == projection.own("post") and deferred_variables(projection))


def _without_arrivals(code: Code, pathway: Any) -> str:
    projection = projection_of(pathway)
    return without_arrivals(code, deferred_variables(projection) if pathway.name == projection.own("pre") else ())


def _population(group: Any) -> PopulationLayout | None:
    return next((population for population in _layout().populations.values() if population.group == group.name), None)


def _delivered(pathway: Any) -> bool:
    """Return whether a pathway uses `deliveries`."""
    projection = projection_of(pathway)
    takes_part = pathway.name in (projection.own("pre"), projection.own("drive"))
    return takes_part and delivered(_layout(), projection)


def _deciding_trace(pathway: Any) -> str:
    projection = projection_of(pathway)
    trace = deciding_trace(projection) if pathway.name == projection.own("pre") else ""
    return projection.own(trace) if trace else ""


def _deciding_tau(pathway: Any) -> str:
    """Return the array with the time constant of the deciding trace."""
    projection = projection_of(pathway)
    (tau,) = (trace.tau for trace in projection.output_traces if trace.name == deciding_trace(projection))
    return f"_array_{projection.target.group}_{projection.own(tau)}"


def _time_step() -> str:
    clock = _built().groups[_layout().cells[0].group].clock
    return str(get_device().get_array_name(clock.variables["dt"]))


def _singles_out(pathway: Any) -> bool:
    projection = projection_of(pathway)
    return bool(pathway.name == projection.own("post") and delivered(_layout(), projection))


def _awake_list(group: Any) -> str:
    population = _population(group)
    return f"awake_{population.number}" if population is not None and population.sleeps else ""


def _scanned(group: Any) -> int | None:
    """Return the number of a population whose step detects firing; None for others."""
    population = _population(group)
    return None if population is None or group.name not in _built().scanned else population.number


def _is_step(group: Any, codeobj_name: str) -> bool:
    """Return whether a code object is the step of neurons, not the decay of their traces."""
    return re.sub(r"_codeobject(_\d+)?$", "", codeobj_name) == f"{group.name}_step"


def _code_of(group: Any, codeobj_name: str) -> str:
    """Return the abstract code that a group runs in a code object."""
    name = re.sub(r"_codeobject(_\d+)?$", "", codeobj_name)  # numbered from the second network of a process on
    return str(next(obj for obj in group.contained_objects if obj.name == name).abstract_code)


def _n_assigned(variables: dict[str, Any], code: str) -> int:
    """Return the number of array variables to which abstract code assigns a value."""
    return sum(isinstance(variables.get(name), ArrayVariable) for name in assigned(code))


def _traces() -> dict[str, str]:
    return traces(_layout())


def rounded_in_steps(group: Any) -> list[str]:
    """Return the arrays of slow variables that the step of a group reads as float."""
    population = _population(group)
    return [] if population is None or _scanned(group) is None else rounded(_layout(), population)


def _postponed(code: Code) -> list[str]:
    """Return the pointers in a piece of code to traces whose decay is postponed."""
    text = code if isinstance(code, str) else "\n".join(code)
    return [pointer for pointer in _traces() if re.search(rf"\b{pointer}\b", text)]


def _stepped(
    code: Code, scalar_code: Code, variables: dict[str, Any], group: Any, decays: list[tuple[str, str]]
) -> str:
    """Return vector code of a step of neurons; postponed decays are moved from the code to `decays`."""
    text, postponed = without_decay(_typed(fast(code), scalar_code, variables), _traces())
    decays += postponed
    text = with_decay(text, _traces())
    for array in rounded_in_steps(group):
        if f"_ptr{array}[_idx] = " not in text:
            text = text.replace(f" = _ptr{array}[_idx];", f" = _rounded{array}[_idx];")
    return single(text, scalar_code, variables)


def _fast(code: Code, scalar_code: Code, variables: dict[str, Any]) -> str:
    text = with_decay(_typed(fast(code), scalar_code, variables), _traces())
    return single(text, scalar_code, variables)


def _typed(code: Code, scalar_code: Code, variables: dict[str, Any]) -> str:
    """Return vector code in the precision of the network; numbers that scalar code computes stay double."""
    text = code if isinstance(code, str) else "\n".join(code)
    if _layout().graph.precision == "float64":
        return text
    constants = [
        name for name, variable in variables.items() if isinstance(variable, Constant) and variable.dtype == np.float64
    ]
    return narrow(text, [*declared(scalar_code), *constants])


def _quick(code: str, scalar_code: Code, variables: dict[str, Any], group: Any) -> QuickStep | None:
    """Return the quick form of a step of neurons in its final form; None if there is none."""
    population = _population(group)
    if population is None or population.is_input or once(scalar_code, variables) is None:
        return None
    constants = [name for name, variable in variables.items() if isinstance(variable, Constant)]
    reset = assigned(population.neuron.reset) & assigned(population.neuron.update) - population.receptors
    scalars = declared(scalar_code)
    return quick_step(code, [*scalars, *(f"{name}_single" for name in scalars), *constants], reset)


def _held(pointer: str) -> str:
    """Return the C++ expression of a trace of neuron ``_target``."""
    return f"{pointer}[_target]" + (f" * _late{pointer}" if pointer in _traces() else "")


def _late(code: str) -> str:
    return with_decay(code, _traces())


GLOBALS: dict[str, Any] = {
    "fan_out": lambda pathway: projection_of(pathway).target.size,
    "n_sources": lambda pathway: projection_of(pathway).source.size,
    "all_pairs": _all_pairs,
    "is_dense": _is_dense,
    "is_sparse": _is_sparse,
    "winner_of": _winner_of,
    "excess": _excess,
    "n_learning": _n_learning,
    "rows_of": _rows_of,
    "together": lambda pathway: projection_of(pathway).together,
    "delay_form": delay_form,
    "delay_bins": lambda pathway: projection_of(pathway).delay_bins,
    "delays_of": lambda pathway: f"delays_{projection_of(pathway).number}",
    "keeps_delays": lambda pathway: projection_of(pathway).keeps_delays,
    "train": lambda pathway: f"train_{projection_of(pathway).source.number}",
    "train_of": lambda group: f"train_{getattr(_population(group), 'number', '')}",
    "needed_trace": _needed_trace,
    "needed_for_delays": _needed_for_delays,
    "code_of": _code_of,
    "awake_list": _awake_list,
    "is_step": _is_step,
    "postponed": _postponed,
    "by_target": by_target,
    "arrivals": lambda pathway: f"arrivals_{projection_of(pathway).number}",
    "needs_arrivals": _needs_arrivals,
    "delivered": _delivered,
    "delivery": lambda pathway: f"delivery_{projection_of(pathway).number}",
    "deciding_trace": _deciding_trace,
    "deciding_tau": _deciding_tau,
    "time_step": _time_step,
    "delivery_of_output": _singles_out,
    "weights": lambda pathway: f"_ptr_array_{projection_of(pathway).group}_w",
    "defers": lambda pathway: bool(deferred_variables(projection_of(pathway))),
    "fires": lambda: FIRES,
    "word": lambda: WORDS[_layout().graph.precision],
    "real": lambda: REALS[_layout().graph.precision],
    "rounded": rounded_in_steps,
    "scanned": _scanned,
    "quick": _quick,
    "n_assigned": _n_assigned,
}
"""Functions that templates call."""

FILTERS: dict[str, Any] = {
    function.__name__: function
    for function in (
        array_at,
        array_of,
        changed,
        dense_index,
        faded,
        reading_weight,
        receptor,
        trace_array,
        without_writes,
        written,
    )
} | {
    "fast": _fast,
    "held": _held,
    "late": _late,
    "once": once,
    "stepped": _stepped,
    "typed": _typed,
    "without_arrivals": _without_arrivals,
}
"""Filters of templates."""
