"""Check names of parameters, traces and variables of rules: reserved names are refused."""

from __future__ import annotations

import keyword
import re

from stdpbench.base.errors import StdpbenchError
from stdpbench.kinds.language import FUNCTIONS, is_name

# names with a meaning in the network, in Brian2 or in C++
_WORDS = """
    v ge gi theta lockout free g v_inf own own_next total total_next w_inh_exc w_exc_inh t_arrival
    t dt i j N w w_max delay lastupdate lastspike refractory not_refractory t_in_timesteps timestep xi rand randn
    poisson exprel arcsin arccos arctan sinh cosh tan pi e inf nan second volt ms mV Hz hertz
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const consteval
    constexpr constinit continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum
    explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
    nullptr operator or or_eq private protected public register requires return short signed sizeof static struct
    switch template this throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t
    while xor xor_eq main std brian resident errno assert stdin stdout stderr unix linux I NULL EOF NAN INFINITY
    HUGE_VAL BUFSIZ offsetof variables pathway N_incoming N_outgoing
"""
_RESERVED = frozenset(_WORDS.split())
# names that Brian2 parses as units and rejects: amp, kHz, um2, flux (a femtolux)
_PREFIXES = "y z a f p n u m c d da h k M G T P E Z Y"
_MEASURES = """
    metre meter amp ampere second kelvin mole mol candle gram gramme kilogram kilogramme radian steradian hertz newton
    pascal joule watt coulomb volt farad ohm siemens weber tesla henry lumen lux becquerel gray sievert katal molar
    liter litre celsius
"""
_UNITS = re.compile(
    rf"({'|'.join(_PREFIXES.split())})?({'|'.join(_MEASURES.split())})[23]?|[cmu]m[23]?|[mun][AFMSV]|p[AF]|[mu]s|[kM]?Hz"
)
_MACROS = re.compile(r"(M|FP|FE|MATH|DBL|FLT|LDBL|U?INT\w*|U?L?LONG|S?U?CHAR|U?SHRT|SIZE|RAND|EXIT|WCHAR)_[A-Z0-9_]+")


def check_name(name: str) -> None:
    """Check that a name is valid and not reserved.

    Raises
    ------
    StdpbenchError
        If it is not a name, or has a meaning in the network, in Brian2 or in C++.
    """
    if not is_name(name):
        raise StdpbenchError(
            f"{name!r} is not a valid name; use a letter, then letters, digits and underscores, at most 40 characters"
        )
    if _UNITS.fullmatch(name):
        raise StdpbenchError(f"{name} is a unit in Brian2; choose another name, such as {name}_0")
    if name in _RESERVED or name in FUNCTIONS or keyword.iskeyword(name) or _MACROS.fullmatch(name):
        raise StdpbenchError(f"the name {name} is reserved; choose another")
