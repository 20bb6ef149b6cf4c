"""Rewrite the C++ that Brian2 generates, and check that it is the C++ that was expected.

Every pattern must occur a known number of times. Another version of Brian2 may generate other code for the same thing,
and a pattern that silently fails to match would make a network slower or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version

from stdpbench.errors import StdpbenchError

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
        text, r"^(\s*)const int\w* (\w+) = int_\(", r"\1const double \2 = resident::indicator(", times=declared
    )


def written(code: Code, times: int) -> list[str]:
    """Names of the arrays that vector code writes at ``_idx``."""
    return find(code, r"^\s*(_ptr_\w+)\[_idx\] = ", times=times)


def changed(code: Code, times: int) -> list[str]:
    """Array and index of each write of vector code."""
    return find(code, r"^\s*(_ptr_\w+\[\w+\]) = ", times=times)


def trace_array(code: Code, trace: str) -> str:
    """Name of the array in which vector code finds an output trace."""
    return find(code, rf"^\s*const double {trace}_post = (_ptr_\w+)\[_postsynaptic_idx\];", times=1)[0]


def faded(code: Code, trace: str) -> str:
    """Set an output trace to 0, so that the compiler can drop the terms that it multiplies."""
    return rewrite(code, rf"^(\s*const double {trace}_post) = [^;]+;", r"\1 = 0.0;", times=1)


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


def n_assigned(code: str, arrays: Sequence[str]) -> int:
    """The number of `arrays` to which abstract code assigns a value."""
    return len(set(re.findall(r"^\s*(\w+)\s*[-+*/]?=(?!=)", code, re.MULTILINE)).intersection(arrays))
