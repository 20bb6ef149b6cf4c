"""What a neuron is: Brian2 equations in two readings.

`equations` says what the neuron is, as differential equations for the reader. `variables`, `update`, `threshold` and
`reset` say how one time step is taken, in Brian2's syntax; `stdpbench.network` builds from them. A step reads
nothing but state, parameters and dt: no absolute time, so that a presentation is the same whenever it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stdpbench.parameters import Parameters


@dataclass(frozen=True)
class Variable:
    """A state variable of a neuron.

    Attributes
    ----------
    name : str
        Name in the equations.
    unit : str
        Brian2's unit: ``"volt"``, ``"second"``, ``"amp"``, ``"1"``.
    start : str
        The parameter that holds its value in the reset state; ``""`` for 0.
    slow : bool
        Whether it lasts beyond a presentation (a threshold) and so survives a reset of the state.
    """

    name: str
    unit: str
    start: str = ""
    slow: bool = False


class Neuron(Parameters):
    """A neuron model; one kind per file."""

    summary: ClassVar[str]
    reference: ClassVar[str]
    equations: ClassVar[str]
    variables: ClassVar[tuple[Variable, ...]]
    learning: ClassVar[tuple[str, ...]] = ()
    """Parameters that are 0 while weights and thresholds are frozen, so that what lasts keeps every bit."""
    conductances: ClassVar[tuple[tuple[str, str], ...]]
    """(conductance, parameter that holds its time constant): synapses add to these."""
    update: ClassVar[str]
    threshold: ClassVar[str]
    reset: ClassVar[str]
    injected: ClassVar[str] = ""
    """The variable, a current, by which protocols of the laboratory drive the neuron; none in the digit network."""
    in_digit_network: ClassVar[str] = "runs"
    """Whether the neuron runs in the digit network, or why it cannot."""
    runs_in_digit_network: ClassVar[bool] = True
