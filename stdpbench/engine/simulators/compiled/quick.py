"""The quick form of a step of neurons, for when nothing extraordinary happens to any of them.

A step is bound by multiplications and comparisons of vectors. Two kinds of them can be left out where it is known that
they would change nothing, so that both forms of a step give the same bytes:

* Where all arguments of the exponential function lie near 0, nothing is to be split off from them: see ``near_exp`` in
  vector_math.h. A loop in advance finds the largest argument.
* A variable that stays 0 once it is 0, and that nothing but the reset of a neuron raises (a refractory period that
  counts down), is 0 for all neurons in most steps. It is then neither read nor written, and what depends on it is a
  number that is the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from stdpbench.engine.simulators.compiled.rewriting import rewrite

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
        The line that changes it.
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
        Vector code that finds the largest argument of the exponential function, and writes nothing else.
    step : str
        Vector code of the step.
    resting : tuple of Resting
        Variables that have to be 0 for all neurons.
    conditions : tuple of str
        What has to be true then, in C++: conditions that depend on such variables and on numbers only.
    """

    search: str
    step: str
    resting: tuple[Resting, ...]
    conditions: tuple[str, ...]


def assigned(code: str) -> set[str]:
    """Return the variables to which abstract code assigns a value."""
    return set(re.findall(r"^\s*(\w+)\s*[-+*/]?=(?!=)", code, re.MULTILINE))


def quick_step(text: str, scalars: Collection[str], reset: Collection[str]) -> QuickStep | None:
    """Return the quick form of vector code of a step; None if it has none.

    Parameters
    ----------
    text : str
        Vector code, as the compiler gets it.
    scalars : collection of str
        Names of numbers that are the same for all neurons and throughout a presentation.
    reset : collection of str
        Variables that only the step and the reset of neurons change.
    """
    if text.count(_EXP) != 1:
        return None
    search = rewrite(text, r"^\s*_ptr_\w+\[_idx\] = [^;]+;$", "", times=len(re.findall(r"\] = ", text)))
    search = search.replace(_EXP, "resident::largest_exp(_largest, ")
    step = text.replace(_EXP, "resident::near_exp(")
    resting = [found for name in sorted(reset) if (found := _resting(text, name, scalars)) is not None]
    for each in resting:
        place = re.escape(f"{each.pointer}[_idx]")
        step = rewrite(
            step, rf"^(\s*){each.real} {each.name} = {place};$", rf"\1const {each.real} {each.name} = 0;", times=1
        )
        step = rewrite(step, rf"^\s*{re.escape(each.update)}$", "", times=1)
        step = rewrite(step, rf"^\s*{place} = {each.name};$", "", times=1)
    known = {*scalars, *(each.name for each in resting)}
    asked = re.findall(r"^\s*const \w+ \w+ = resident::indicator<\w+>\((.*)\);$", step, re.MULTILINE)
    conditions = [each for each in dict.fromkeys(asked) if _depends_on(each, known)]
    for each in conditions:
        step = step.replace(f"({each})", "(true)")
    return QuickStep(search, step, tuple(resting), tuple(conditions))


def _depends_on(text: str, names: Collection[str]) -> bool:
    """Whether C++ mentions no other variables."""
    return set(re.findall(r"\b[A-Za-z_]\w*", text)) <= {*names, *_KNOWN}


def _resting(text: str, name: str, scalars: Collection[str]) -> Resting | None:
    """Return a variable if its step depends on itself and on numbers only."""
    read = re.findall(rf"^\s*(\w+) {name} = (_ptr_\w+)\[_idx\];$", text, re.MULTILINE)
    updates = re.findall(rf"^\s*({name} (?:[-+*/])?= [^;]+;)$", text, re.MULTILINE)
    if len(read) != 1 or len(updates) != 1 or not _depends_on(updates[0], {*scalars, name}):
        return None
    ((real, pointer),) = read
    return Resting(name, real, pointer, updates[0])
