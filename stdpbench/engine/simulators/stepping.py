"""Faster steps of Brian2's objects in runtime mode.

In most steps no spike arrives at a projection and no neuron is reset. Brian2 still runs the code for both, without
synapses or neurons, and its NumPy code begins each time with imports. The steps here have the same effect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stdpbench.engine.network.brian import NumpyCodeObject, SynapticPathway

Step = Callable[[], object]

_RESET, _ARRIVALS = "reset", ["synapses_push_spikes", "synapses"]
"""Brian2's templates: of code for spiking neurons, and of the two code objects of a pathway."""


def step_of(obj: Any) -> Step:
    """Return the step function of an object of a prepared network.

    Parameters
    ----------
    obj : brian2.BrianObject
        An object with code objects.
    """
    templates = [code_object.template_name for code_object in obj.code_objects]
    if isinstance(obj, SynapticPathway) and templates == _ARRIVALS:
        return _arrivals(obj)
    if len(templates) > 1:
        run: Step = obj.run
        return run
    return _if_spikes(obj.code_objects[0]) if templates == [_RESET] else run_code(obj.code_objects[0])


def _arrivals(pathway: Any) -> Step:
    """Return a step that pushes spikes into the queue, runs the code of synapses if spikes arrive, and advances."""
    spikes, queue, run = pathway.eventspace, pathway.queue, run_code(pathway.code_objects[1])
    push, peek, advance = queue.push, queue.peek, queue.advance

    def step() -> None:
        if count := spikes[-1]:
            push(spikes[:count])
        if len(peek()):
            run()  # which advances the queue
        else:
            advance()

    return step


def _if_spikes(code_object: Any) -> Step:
    """Return a step that runs code for spiking neurons if there are any."""
    spikes, run = code_object.variables["_spikespace"].get_value(), run_code(code_object)

    def step() -> None:
        if spikes[-1]:
            run()

    return step


def run_code(code_object: Any) -> Step:
    """Return a step that runs a code object; for NumPy code, imports are done beforehand."""
    if type(code_object) is not NumpyCodeObject or code_object.nonconstant_values:  # Cython's derives from NumPy's
        run: Step = code_object
        return run
    lines = str(code_object.code.run).splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    namespace = code_object.namespace
    exec("\n".join(imports), namespace)
    statements = compile("\n".join(line for line in lines if line not in imports), code_object.name, "exec")

    def step() -> None:
        exec(statements, namespace)

    return step
