"""Base classes of neuron models.

`equations` are the differential equations of the neuron, for display. `variables`, `update`, `threshold` and `reset`
define one time step in Brian2's syntax, from which `stdpbench.engine.network` builds the neurons. A step depends only
on state, parameters and dt, not on absolute time, so the result of a presentation does not depend on when it starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from stdpbench.declare.parameters import Parameters

_SHOWN = {"volt": (1e3, "mV"), "second": (1e3, "ms"), "amp": (1e12, "pA")}


@dataclass(frozen=True)
class Variable:
    """A state variable of a neuron.

    Attributes
    ----------
    name : str
        Name in the equations.
    unit : str
        Unit in Brian2: ``"volt"``, ``"second"``, ``"amp"``, ``"1"``.
    start : str
        Name of the parameter for its value in the reset state; ``""`` for 0.
    slow : bool
        Whether it persists across presentations and resets of the state, such as an adaptive threshold.
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
    learning: ClassVar[tuple[str, ...]] = ()
    """Parameters that are 0 while weights and thresholds are frozen, so that slow variables stay unchanged."""
    conductances: ClassVar[tuple[tuple[str, str], ...]]
    """(conductance, parameter for its time constant): synapses add to these conductances, which decay at the end of
    each step; ``network.conductance_step`` selects the method."""
    receptors: ClassVar[tuple[str, ...] | None] = None
    """Variables that spikes add to; None: the conductances, and all other fast variables without unit."""
    inhibitory: ClassVar[tuple[str, ...] | None] = None
    """Receptors at which spikes inhibit; None: not declared."""
    sides: ClassVar[tuple[str, str]] = ("ge", "gi")
    """Receptors that templates use for excitation and inhibition."""
    if TYPE_CHECKING:  # class attributes, or properties if the code depends on parameters

        @property
        def variables(self) -> tuple[Variable, ...]:
            """The state variables."""

        @property
        def update(self) -> str:
            """One time step."""

        @property
        def threshold(self) -> str:
            """Condition of a spike."""

        @property
        def reset(self) -> str:
            """Immediate effect of a spike."""

    injected: ClassVar[str] = ""
    """Name of the current with which protocols of the laboratory drive the neuron; empty in the digit network."""
    in_digit_network: ClassVar[str] = "runs"
    """Whether the neuron runs in the digit network, or why it cannot."""
    runs_in_digit_network: ClassVar[bool] = True

    def shown_as(self, variable: str) -> tuple[float, str]:
        """Return the factor from SI units to the display unit of a variable, and that unit: ``(1e3, "mV")``.

        For a variable without unit, return ``(1.0, "")``.
        """
        units = {declared.name: declared.unit for declared in self.variables}
        return _SHOWN.get(units.get(variable, "1"), (1.0, ""))

    def inhibits(self, receptor: str) -> bool | None:
        """Return whether spikes at a receptor inhibit the neuron; None if unknown, or without such a receptor."""
        if self.inhibitory is None or receptor not in {variable.name for variable in self.variables}:
            return None
        return receptor in self.inhibitory
