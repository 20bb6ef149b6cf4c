"""Rewrite the C++ that Brian2 generates, and check that it is the C++ that was expected.

Every pattern must occur a known number of times. Another version of Brian2 may generate other code for the same thing,
and a pattern that silently fails to match would make a network slower or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from importlib.metadata import version

from stdpbench.base.errors import StdpbenchError

Code = str | Sequence[str]
"""Generated C++, or its lines."""


def rewrite(code: Code, pattern: str, replacement: str, *, times: int) -> str:
    """Replace what matches a regular expression.

    Raises
    ------
    StdpbenchError
        If the number of matches is not `times`.
    """
    text, count = re.subn(pattern, replacement, _text(code), flags=re.MULTILINE)
    _check(count, times, pattern)
    return text


def find(code: Code, pattern: str, *, times: int) -> list[str]:
    """Texts that match the group of a regular expression.

    Raises
    ------
    StdpbenchError
        If the number of matches is not `times`.
    """
    found = re.findall(pattern, _text(code), re.MULTILINE)
    _check(len(found), times, pattern)
    return found


def _text(code: Code) -> str:
    return code if isinstance(code, str) else "\n".join(code)


def _check(count: int, times: int, pattern: str) -> None:
    if count != times:
        raise StdpbenchError(
            f"Brian2 {version('brian2')} generates C++ that this version of stdpbench does not know: {pattern!r} "
            f"occurs {count} times instead of {times}; install an older Brian2, or use --simulator runtime"
        )


def fast(code: Code) -> str:
    """Use an exp, a power and an indicator that vectorise; the values are the same, or as accurate."""
    text = _text(code)
    text = rewrite(text, r"(?<![\w:])exp\(", "resident::fast_exp(", times=len(re.findall(r"exp\(", text)))
    text = rewrite(text, r"\b_brian_pow\(", "resident::fast_pow(", times=len(re.findall(r"pow\(", text)))
    declared = len(re.findall(r"^\s*const \w+ \w+ = \w*int\w*\(", text, re.MULTILINE))
    return rewrite(
        text, r"^(\s*)const int\w* (\w+) = int_\(", r"\1const double \2 = resident::indicator<double>(", times=declared
    )


def narrow(code: Code, scalars: Collection[str]) -> str:
    """Compute vector code in float, but for what ends in an array of double.

    Brian2 declares its own variables and writes numbers as double, and so does `fast`; as soon as one operand is a
    double, C++ computes in double.

    Parameters
    ----------
    code : str or sequence of str
        Vector code, whose arrays have their types.
    scalars : collection of str
        Names of numbers that are computed before, in double.
    """
    text = _text(code)
    exact = find(text, r"^\s*double (\w+)(?: = [^;]+)?;", times=len(re.findall(r"^\s*double\b", text, re.MULTILINE)))
    stays = re.compile(rf"^\s*(?:double )?(?:{'|'.join(exact)})\b(?! *==)" if exact else r"(?!)")
    inner = set(re.findall(r"^\s*(?:const )?\w+ (\w+)(?: = |;)", text, re.MULTILINE))
    outer = sorted(set(scalars) - inner)
    lines = []
    for line in text.splitlines():
        if stays.match(line):
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


def _as_float(found: re.Match[str]) -> str:
    """Write a number as float, unless float has none near it."""
    value = float(found[0])
    in_range = value == 0 or _SMALLEST <= abs(value) <= _LARGEST
    return f"{found[0]}f" if in_range else found[0]


_SMALLEST, _LARGEST = 1.1754944e-38, 3.4028234e38
"""Of float; numbers below the smallest are flushed to 0."""


def without_decay(code: Code, pointers: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
    """Leave out the decay of traces from a step, which is instead kept as a factor that is the same for all of them.

    Parameters
    ----------
    code : str or sequence of str
        Vector code, in float.
    pointers : collection of str
        Pointers to the arrays of traces whose decay may be postponed.

    Returns
    -------
    text : str
        The rest of the code.
    decays : list of (str, str)
        Pointer of each trace, and the name of the number that it is multiplied with.
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
    """Read and write traces whose decay is postponed: what their array holds is still to be multiplied with it."""
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
    """Names of the numbers that scalar code declares as double."""
    text = _text(code)
    return find(text, r"^\s*const double (\w+) = ", times=len(re.findall(r"\bdouble\b", text)))


def written(code: Code, times: int) -> list[str]:
    """Names of the arrays that vector code writes at ``_idx``."""
    return find(code, r"^\s*(_ptr_\w+)\[_idx\] = ", times=times)


def changed(code: Code, times: int) -> list[str]:
    """Array and index of each write of vector code."""
    return find(code, r"^\s*(_ptr_\w+\[\w+\]) = ", times=times)


def trace_array(code: Code, trace: str) -> str:
    """Name of the array in which vector code finds an output trace."""
    return find(code, rf"^\s*const (?:double|float) {trace}_post = (_ptr_\w+)\[_postsynaptic_idx\];", times=1)[0]


def faded(code: Code, trace: str) -> str:
    """Set an output trace to 0, so that the compiler can drop the terms that it multiplies."""
    return rewrite(code, rf"^(\s*const (?:double|float) {trace}_post) = [^;]+;", r"\1 = 0.0;", times=1)


def dense_index(code: Code, source: str, target: str) -> str:
    """Compute the indices of a synapse's neurons instead of reading them from an array per synapse."""
    text = _text(code)
    for name, index in (("_presynaptic_idx", source), ("_postsynaptic_idx", target)):
        read = int(re.search(rf"\b{name}\b", text) is not None)
        text = rewrite(text, rf"^(\s*const int32_t {name} =)[^;]+;", rf"\1 {index};", times=read)
    return text


def array_of(pointer: str) -> str:
    """The name of an array, from the name of the pointer to its data."""
    return rewrite(pointer, r"^_ptr(?=_array_)", "", times=1)


def without_arrivals(code: Code, names: Collection[str]) -> str:
    """Leave out what each arrival of a spike sets in variables of a synapse, which it does not read."""
    text = _text(code)
    for name in names:
        _check(len(re.findall(rf"\b{name}\b", text)), 3, name)
        for line in (rf"(?:double|float) {name}", rf"{name} = [^;]+", rf"_ptr_\w+\[_idx\] = {name}"):
            text = rewrite(text, rf"^\s*{line};$", "", times=1)
    return text


def by_target(code: Code) -> tuple[str, str, str] | None:
    """What a spike does to a synapse and its target, in three parts, so that several spikes can do it in turn.

    Returns
    -------
    tuple of str, or None
        What is read of the target, what is done, and what is written to the target. None if there is much to do, or it
        cannot be told apart.
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
    """The pointer in ``pointer[index]``."""
    return find(place, r"^(_ptr_\w+)\[\w+\]$", times=1)[0]


def n_assigned(code: str, arrays: Sequence[str]) -> int:
    """The number of `arrays` to which abstract code assigns a value."""
    return len(set(re.findall(r"^\s*(\w+)\s*[-+*/]?=(?!=)", code, re.MULTILINE)).intersection(arrays))
