"""Numbers that vector code needs and that are the same for all neurons or synapses; see templates/scalars.cpp."""

from __future__ import annotations

from typing import Any

from stdpbench.engine.network.brian import ArrayVariable
from stdpbench.engine.simulators.compiled.rewriting import Code, declared


def once(scalar_code: Code, variables: dict[str, Any]) -> list[str] | None:
    """Return names of what scalar code computes, if it is the same throughout a presentation; else None."""
    text = scalar_code if isinstance(scalar_code, str) else "\n".join(scalar_code)
    names = declared(text)
    read = {name for name in names if isinstance(variables.get(name), ArrayVariable)}
    depends_on_parameters = all(variables[name].constant and variables[name].scalar for name in read)
    only_numbers = len(names) == len([line for line in text.splitlines() if line.strip()])
    return names if names and only_numbers and depends_on_parameters else None


def single(text: str, scalar_code: Code, variables: dict[str, Any]) -> str:
    """Return vector code in float that uses the floats that are kept beside numbers computed once per presentation."""
    for name in once(scalar_code, variables) or ():
        text = text.replace(f"((float){name})", f"{name}_single")
    return text
