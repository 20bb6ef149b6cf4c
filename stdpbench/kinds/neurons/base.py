"""Base classes of neuron models: Brian2 equations in two forms.

`equations` are the equations of the neuron, for display. `variables`, `update`, `threshold` and `reset`
define one time step in Brian2's syntax, from which `stdpbench.engine.network` builds the neurons. A step depends on
state, parameters and dt only, not on absolute time, so that a presentation is the same whenever it is shown.
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
        Whether it persists across presentations (a threshold) and resets of the state.
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
    """Parameters that are 0 while weights and thresholds are frozen, so that slow variables stay unchanged."""
    conductances: ClassVar[tuple[tuple[str, str], ...]]
    """(conductance, parameter for its time constant): synapses add to these conductances, which decay at the end of
    each step, as ``network.conductance_step`` says."""
    receptors: ClassVar[tuple[str, ...] | None] = None
    """Variables that spikes add to; None: the conductances, and all other fast variables without unit."""
    inhibitory: ClassVar[tuple[str, ...] | None] = None
    """Receptors at which spikes inhibit; None: not declared."""
    sides: ClassVar[tuple[str, str]] = ("ge", "gi")
    """Receptors at which templates excite and inhibit the neuron."""
    if TYPE_CHECKING:  # of a class, or of a neuron whose code depends on its parameters

        @property
        def update(self) -> str:
            """One time step."""

        @property
        def threshold(self) -> str:
            """Condition of a spike."""

        @property
        def reset(self) -> str:
            """What a spike does at once."""

    injected: ClassVar[str] = ""
    """Name of the current with which protocols of the laboratory drive the neuron; empty in the digit network."""
    in_digit_network: ClassVar[str] = "runs"
    """Whether the neuron runs in the digit network, or why it cannot."""
    runs_in_digit_network: ClassVar[bool] = True

    def shown_as(self, variable: str) -> tuple[float, str]:
        """Return the factor from SI units with which a variable is shown, and its unit then: ``(1e3, "mV")``.

        A variable without unit is shown as it is: ``(1.0, "")``.
        """
        units = {each.name: each.unit for each in self.variables}
        return _SHOWN.get(units.get(variable, "1"), (1.0, ""))

    def inhibits(self, receptor: str) -> bool | None:
        """Return whether spikes at a receptor inhibit the neuron; None: it does not say, or has no such receptor."""
        if self.inhibitory is None or receptor not in {variable.name for variable in self.variables}:
            return None
        return receptor in self.inhibitory
