"""Brian2's text, put together from what is declared: models, units, code."""

from __future__ import annotations

import re
from typing import Any

from stdpbench.network.layout import brian_name


def declare(names: dict[str, float], units: dict[str, str]) -> str:
    """Shared parameters, as lines of a Brian2 model."""
    return "\n".join(f"{name} : {units[name]} (shared, constant)" for name in names)


def units_of(*declared: Any) -> dict[str, str]:
    """Brian2 unit of every parameter of the given Parameters objects."""
    brian = {"": "1", "ms": "second", "s": "second", "mV": "volt", "V": "volt", "Hz": "Hz"}
    brian |= {"pF": "farad", "nS": "siemens", "nA": "amp", "pA": "amp"}
    units = {"w_inh_exc": "1", "w_exc_inh": "1"}
    for parameters in declared:
        for p in parameters.describe():
            if p.unit is not None:
                units |= dict.fromkeys((brian_name(p.name), f"{brian_name(p.name)}_syn"), brian[p.unit])
    return units


def clean(code: str) -> str:
    """The lines of some code, without their indentation."""
    return "\n".join(line.strip() for line in code.strip().splitlines())


def replace(code: str, names: dict[str, str]) -> str:
    """Some code with names replaced by others, or by expressions."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else None
    return clean(pattern.sub(lambda match: names[match[1]], code) if pattern else code)
