"""Base of neurons with the textbook difference equation, without units."""

from __future__ import annotations

from math import exp
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from stdpbench.declare.parameters import parameter
from stdpbench.kinds.neurons.base import Neuron, Variable

_SET = {"subtract": "", "zero": "v = (1 - {0})*v", "to-value": "v = {0}*v_reset + (1 - {0})*v"}
"""Code of a pending reset, before the potential decays."""


class DiscreteNeuron(Neuron):
    r"""Parameters, time step and reset of a discrete leaky integrate-and-fire neuron.

    Spikes that arrive in a step add their weights to I_exc or I_inh. These act in the next step, which sets them to 0.
    The code of a step depends on the parameters of the reset, and on whether beta is set.
    """

    tau_m: float = parameter(20.0, unit="ms", gt=0, help="Time constant of the potential; unused if beta is given.")
    beta: float | None = parameter(
        None, unit="", ge=0, le=1, help="β: fraction of the potential kept per step; none: exp(-dt/tau_m)."
    )
    v_thresh: float = parameter(1.0, unit="", help="Firing threshold, exceeded by a spike.")
    reset_mechanism: Literal["subtract", "zero", "to-value"] = parameter(
        "subtract",
        structural=True,
        help="Effect of a spike on the potential: subtract v_reset, set it to 0, or set it to v_reset.",
    )
    reset_step: Literal["same", "next"] = parameter(
        "next", structural=True, help="Whether the reset acts in the step of the spike or in the next one."
    )
    v_reset: float | None = parameter(
        None,
        unit="",
        help="Amount that a spike subtracts (none: the threshold), or value that it sets; unused for zero.",
    )
    refractory_steps: int = parameter(
        0, unit="", ge=0, le=1_000_000, help="Steps after a spike in which the potential is held and input is lost."
    )
    I_background: float = parameter(0.0, unit="", help="Constant input I, added in every step.")

    variables: ClassVar[tuple[Variable, ...]] = (
        Variable("v", "1"),
        Variable("I_exc", "1"),
        Variable("I_inh", "1"),
        Variable("lockout", "1"),
    )
    conductances: ClassVar[tuple[tuple[str, str], ...]] = ()
    receptors: ClassVar[tuple[str, ...] | None] = ("I_exc", "I_inh")
    inhibitory: ClassVar[tuple[str, ...] | None] = ("I_inh",)
    sides: ClassVar[tuple[str, str]] = ("I_exc", "I_inh")
    limit: ClassVar[str] = "v_thresh"
    """Expression that the potential must exceed for a spike."""
    after_reset: ClassVar[str] = ""
    """Further statement of the reset."""

    def kept(self, dt: float) -> float:
        """Return the fraction of the potential kept per step of `dt` ms."""
        return exp(-dt / self.tau_m) if self.beta is None else self.beta

    @property
    def update(self) -> str:
        """One time step, in Brian2's syntax.

        ``lockout`` counts down steps: a spike sets it to one more than the refractory steps. Sums are separate
        statements, since Brian2 reorders the terms of an expression.
        """
        late = self.reset_step == "next"
        lines = [
            "due = int(lockout > refractory_steps + 0.5)" if late else "",
            _SET[self.reset_mechanism].format("due") if late else "",
            "lockout = clip(lockout - 1, 0, refractory_steps)",
            "free = int(lockout < 0.5)",
            "kept = " + ("exp(-dt/tau_m)" if self.beta is None else "beta"),
            "given = I_exc - I_inh",
            "moved = kept*v + given",
            "moved = moved + I_background",
            "v = free*moved + (1 - free)*v",
            f"v = v - due*{self._amount}" if late and self.reset_mechanism == "subtract" else "",
            "I_exc = 0",
            "I_inh = 0",
        ]
        return "\n".join(filter(None, lines))

    @property
    def threshold(self) -> str:
        """Condition of a spike, in Brian2's syntax."""
        return f"v > {self.limit} and lockout < 0.5"

    @property
    def reset(self) -> str:
        """Immediate effect of a spike, in Brian2's syntax."""
        now = {"subtract": f"v -= {self._amount}", "zero": "v = 0", "to-value": "v = v_reset"}
        lines = [
            now[self.reset_mechanism] if self.reset_step == "same" else "",
            "lockout = refractory_steps + 1",
            self.after_reset,
        ]
        return "\n".join(filter(None, lines))

    @property
    def _amount(self) -> str:
        return f"({self.limit})" if self.v_reset is None else "v_reset"

    @model_validator(mode="after")
    def _check_reset(self) -> Self:
        if self.reset_mechanism == "to-value" and self.v_reset is None:
            raise ValueError("reset_mechanism = 'to-value' needs v_reset, the value that a spike sets")
        return self
