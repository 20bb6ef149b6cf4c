"""What a plasticity rule is: traces of spikes, and what an input spike and an output spike do to a weight.

A rule *describes*; `stdpbench.network` builds. It is written in Brian2's syntax, in terms of

* its own parameters, by name;
* its traces, by name: each decays exponentially and is set or incremented by a spike of its side;
* ``w``, the weight, and ``w_max``.

An expression on a spike reads the traces of that spike's own side as they were *before* the spike touched them, and
those of the other side as they are now. When an input and an output spike fall into the same step, the input spike
comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from stdpbench.parameters import Parameters, parameter


@dataclass(frozen=True)
class Trace:
    """An exponentially decaying memory of spikes.

    Attributes
    ----------
    name : str
        Name in the rule's expressions.
    side : {"input", "output"}
        Whose spikes it remembers.
    tau : str
        The rule's parameter that holds its time constant.
    on_spike : {"set", "add"}
        Whether a spike sets it to 1 (nearest spike) or adds 1 (all spikes).
    """

    name: str
    side: Literal["input", "output"]
    tau: str
    on_spike: Literal["set", "add"]


class PlasticityRule(Parameters):
    """A rule for the weights from input to exc neurons; one kind per file."""

    w_max: float = parameter(1.0, unit="", gt=0, help="Upper bound of a weight.")

    summary: ClassVar[str]
    reference: ClassVar[str]
    traces: ClassVar[tuple[Trace, ...]]
    on_input_spike: ClassVar[str]
    on_output_spike: ClassVar[str]
