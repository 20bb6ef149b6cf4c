"""Rewrite the C++ that Brian2 generates, and check that it has the expected form.

Every pattern must occur a known number of times, since another version of Brian2 may generate different code, and a
pattern that silently fails to match would make a network slower or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from importlib.metadata import version

from stdpbench.base.errors import StdpbenchError
from stdpbench.engine.network.elements import PLACE

Code = str | Sequence[str]
"""Generated C++, or its lines."""


def rewrite(code: Code, pattern: str, replacement: str, *, times: int) -> str:
    """Replace all matches of a regular expression.

    Raises
    ------
    StdpbenchError
        If the number of matches is not `times`.
    """
    text, count = re.subn(pattern, replacement, _text(code), flags=re.MULTILINE)
    _check(count, times, pattern)
    return text


def find(code: Code, pattern: str, *, times: int) -> list[str]:
    """Return all texts that match the group of a regular expression.

    Raises
    ------
    StdpbenchError
        If the number of matches is not `times`.
    """
    matches = re.findall(pattern, _text(code), re.MULTILINE)
    _check(len(matches), times, pattern)
    return matches


def _text(code: Code) -> str:
    return code if isinstance(code, str) else "\n".join(code)


def _check(count: int, times: int, pattern: str) -> None:
    if count != times:
        raise StdpbenchError(
            f"Brian2 {version('brian2')} generates C++ that this version of stdpbench does not know: {pattern!r} "
            f"occurs {count} times instead of {times}; install an older Brian2, or use --simulator runtime"
        )


def fast(code: Code) -> str:
    """Use vectorisable versions of exp, power and indicator, whose values are equal or equally accurate."""
    text = _text(code)
    text = rewrite(text, r"(?<![\w:])exp\(", "resident::fast_exp(", times=len(re.findall(r"exp\(", text)))
    text = rewrite(text, r"\b_brian_pow\(", "resident::fast_pow(", times=len(re.findall(r"pow\(", text)))
    declared = len(re.findall(r"^\s*const \w+ \w+ = \w*int\w*\(", text, re.MULTILINE))
    return rewrite(
        text, r"^(\s*)const int\w* (\w+) = int_\(", r"\1const double \2 = resident::indicator<double>(", times=declared
    )


def narrow(code: Code, scalars: Collection[str]) -> str:
    """Convert vector code to float, except results that are stored in arrays of double.

    Brian2 and `fast` declare variables and write numbers as double, and C++ computes in double if one operand is a
    double.

    Parameters
    ----------
    code : str or sequence of str
        Vector code with the types of its arrays.
    scalars : collection of str
        Names of numbers that were computed before in double.
    """
    text = _text(code)
    exact = find(text, r"^\s*double (\w+)(?: = [^;]+)?;", times=len(re.findall(r"^\s*double\b", text, re.MULTILINE)))
    stays_double = re.compile(rf"^\s*(?:double )?(?:{'|'.join(exact)})\b(?! *==)" if exact else r"(?!)")
    inner = set(re.findall(r"^\s*(?:const )?\w+ (\w+)(?: = |;)", text, re.MULTILINE))
    outer = sorted(set(scalars) - inner)
    lines = []
    for line in text.splitlines():
        if stays_double.match(line):
            lines.append(line)
            continue
        line = rewrite(line, r"^(\s*const) double ", r"\1 float ", times=len(re.findall(r"\bdouble ", line)))
        line = rewrite(
            line, r"resident::indicator<double>\(", "resident::indicator<float>(", times=line.count("indicator<")
        )
        line = rewrite(line, r"(?<![\w:])_clip\(", "resident::clip(", times=line.count("_clip("))
        line = re.sub(_NUMBER, _as_float, line)
        if outer:
            line = re.sub(rf"\b({'|'.join(outer)})\b", r"((float)\1)", line)
        lines.append(line)
    return "\n".join(lines)


_NUMBER = r"(?<![\w.])(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?(?![\w.])"
"""A number that C++ reads as a double."""


def _as_float(match: re.Match[str]) -> str:
    """Write a number as a float literal, unless it is out of the range of float."""
    value = float(match[0])
    in_range = value == 0 or _SMALLEST <= abs(value) <= _LARGEST
    return f"{match[0]}f" if in_range else match[0]


_SMALLEST, _LARGEST = 1.1754944e-38, 3.4028234e38
"""Range of float; smaller numbers are flushed to 0."""


def without_decay(code: Code, pointers: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
    """Remove the decay of traces from a step; it is instead applied as one factor for all elements.

    Parameters
    ----------
    code : str or sequence of str
        Vector code in float.
    pointers : collection of str
        Pointers to the arrays of traces whose decay may be postponed.

    Returns
    -------
    text : str
        The rest of the code.
    decays : list of (str, str)
        Pointer of each trace, and the name of its decay factor.
    """
    text, decays = _text(code), list[tuple[str, str]]()
    for pointer in sorted(pointers):
        name = re.search(rf"^\s*float (\w+) = {pointer}\[_idx\];$", text, re.MULTILINE)
        if name is None:
            continue
        trace = name[1]
        (scalar,) = find(text, rf"^\s*{trace} \*= \(\(float\)(\w+)\);$", times=1)
        places = (f"float {trace} = {pointer}", f"{trace} \\*= ", f"{pointer}\\[_idx\\] = {trace};")
        _check(len(re.findall(rf"\b{trace}\b", text)), 3, trace)
        for place in places:
            text = rewrite(text, rf"^\s*{place.replace(pointer, re.escape(pointer))}.*$", "", times=1)
        decays.append((pointer, scalar))
    return text, decays


def with_decay(code: Code, pointers: Collection[str]) -> str:
    """Apply postponed decay where traces are read and written."""
    text = _text(code)
    for pointer in sorted(pointers):
        if re.search(rf"\b{pointer}\b", text):
            late, early = f"_late{pointer}", f"_early{pointer}"
            uses = len(re.findall(rf"\b{pointer}\[", text))
            text, read = re.subn(rf"(= {pointer}\[\w+\]);", rf"\1 * {late};", text)
            text, wrote = re.subn(rf"^(\s*{pointer}\[\w+\] = \w+);", rf"\1 * {early};", text, flags=re.MULTILINE)
            _check(read + wrote, uses, pointer)
    return text


def declared(code: Code) -> list[str]:
    """Return the names of the numbers that scalar code declares as double."""
    text = _text(code)
    return find(text, r"^\s*const double (\w+) = ", times=len(re.findall(r"\bdouble\b", text)))


def written(code: Code, times: int) -> list[str]:
    """Return the names of the arrays that vector code writes at ``_idx``."""
    return find(code, r"^\s*(_ptr_\w+)\[_idx\] = ", times=times)


def changed(code: Code, times: int) -> list[str]:
    """Return array and index of each write in vector code."""
    return find(code, r"^\s*(_ptr_\w+\[\w+\]) = ", times=times)


def trace_array(code: Code, trace: str) -> str:
    """Return the name of the array from which vector code reads an output trace."""
    return find(code, rf"^\s*const (?:double|float) {trace}_post = (_ptr_\w+)\[_postsynaptic_idx\];", times=1)[0]


def faded(code: Code, trace: str) -> str:
    """Set an output trace to 0, so that the compiler can drop the terms that it multiplies."""
    return rewrite(code, rf"^(\s*const (?:double|float) {trace}_post) = [^;]+;", r"\1 = 0.0;", times=1)


def dense_index(code: Code, source: str, target: str, weight: str = "_rows.weight[_idx]") -> str:
    """Compute the indices of the neurons of a synapse, and find that of its weight, without Brian2's arrays."""
    text = _text(code)
    places = (("_presynaptic_idx", source), ("_postsynaptic_idx", target), (PLACE, weight))
    for name, index in places:
        read = int(re.search(rf"\b{name}\b", text) is not None)
        text = rewrite(text, rf"^(\s*const int32_t {name} =)[^;]+;", rf"\1 {index};", times=read)
    return text


def array_of(pointer: str) -> str:
    """Return the name of an array, given the name of the pointer to its data."""
    return rewrite(pointer, r"^_ptr(?=_array_)", "", times=1)


def without_arrivals(code: Code, names: Collection[str]) -> str:
    """Remove the writes of arriving spikes to variables of a synapse that the code does not read."""
    text = _text(code)
    for name in names:
        _check(len(re.findall(rf"\b{name}\b", text)), 3, name)
        for line in (rf"(?:double|float) {name}", rf"{name} = [^;]+", rf"_ptr_\w+\[_idx\] = {name}"):
            text = rewrite(text, rf"^\s*{line};$", "", times=1)
    return text


def by_target(code: Code) -> tuple[str, str, str] | None:
    """Split the code for a spike into three parts, so that several spikes can share access to a target.

    Returns
    -------
    tuple of str, or None
        Code that reads the target, the rest, and code that writes the target. None if the code is long, or cannot be
        split.
    """
    lines = _text(code).splitlines()
    reads = [line for line in lines if re.match(_READS_TARGET, line)]
    writes = [line for line in lines if re.match(r"\s*_ptr_\w+\[_postsynaptic_idx\] = \w+( \* \w+)?;", line)]
    rest = [line for line in lines if line not in (*reads, *writes)]
    known = {line.split(" = ")[0].split()[-1] for line in reads}
    written_names = {line.split(" = ")[1].split()[0].rstrip(";") for line in writes}
    mentions = any("_postsynaptic_idx" in line for line in rest)
    costly = len(lines) > _SHORT or re.search(r"(exp|pow|log|sqrt)\(", _text(code))
    if costly or mentions or not written_names <= known:
        return None
    return "\n".join(reads), "\n".join(rest), "\n".join(writes)


_READS_TARGET = r"\s*(const )?\w+ \w+ = (_ptr_\w+\[_postsynaptic_idx\]( \* \w+)?|_target);"


_SHORT = 16  # lines


def array_at(place: str) -> str:
    """Return the pointer in ``pointer[index]``."""
    return find(place, r"^(_ptr_\w+)\[\w+\]$", times=1)[0]


def assigned(code: str) -> set[str]:
    """Return the variables to which abstract code assigns a value."""
    return set(re.findall(r"^\s*(\w+)\s*[-+*/]?=(?!=)", code, re.MULTILINE))
