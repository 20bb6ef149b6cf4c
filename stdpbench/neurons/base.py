"""Base classes of neuron models: Brian2 equations in two forms.

`equations` are the differential equations of the neuron, for display. `variables`, `update`, `threshold` and `reset`
define one time step in Brian2's syntax, from which `stdpbench.network` builds the neurons. A step depends on state,
parameters and dt only, not on absolute time, so that a presentation is the same whenever it is shown.
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
    update: ClassVar[str]
    threshold: ClassVar[str]
    reset: ClassVar[str]
    injected: ClassVar[str] = ""
    """Name of the current with which protocols of the laboratory drive the neuron; empty in the digit network."""
    in_digit_network: ClassVar[str] = "runs"
    """Whether the neuron runs in the digit network, or why it cannot."""
    runs_in_digit_network: ClassVar[bool] = True

    def inhibits(self, receptor: str) -> bool | None:
        """Return whether spikes at a receptor inhibit the neuron; None: it does not say, or has no such receptor."""
        if self.inhibitory is None or receptor not in {variable.name for variable in self.variables}:
            return None
        return receptor in self.inhibitory
