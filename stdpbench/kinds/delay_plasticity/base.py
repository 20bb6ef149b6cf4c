"""Base class of rules for delays: how input and output spikes change the delay of a synapse.

A delay is *axonal*: the time from a spike of the source to its arrival at the synapse. A rule is a declaration in the
language of plasticity rules (`stdpbench.kinds.plasticity.base`), for the delay ``d`` in place of the weight. It may
read

* its own parameters, by name, among them the bounds ``d_min`` and ``d_max``;
* its own traces, by name, which are separate from those of the rule for the weights;
* ``d``, the delay, and ``w``, the weight.

An *input spike* of a synapse is the arrival of a spike. Expressions must enforce the bounds. An input spike changes
the delay before the weight; an output spike changes the weight before the delay.

A delay is a float between its bounds. Transmission uses the delay at the start of the presentation, rounded to time
steps: changes take effect in the next presentation, and a spike in flight keeps its delay.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from stdpbench.declare.parameters import Parameters, parameter
from stdpbench.kinds.plasticity.base import Trace


class DelayRule(Parameters):
    """A rule for the delays of a projection; one kind per file."""

    d_min: float = parameter(0.0, unit="ms", ge=0, le=100, help="Lower bound of a delay.")
    d_max: float = parameter(20.0, unit="ms", gt=0, le=100, structural=True, help="Upper bound of a delay.")

    summary: ClassVar[str]
    reference: ClassVar[str]
    traces: ClassVar[tuple[Trace, ...]]
    on_input_spike: ClassVar[str] = ""
    on_output_spike: ClassVar[str] = ""
    input_spike_needs: ClassVar[str] = ""
    """Output trace that must be nonzero for an input spike to change a delay within its bounds: where the trace has
    decayed to 0, `on_input_spike` may be skipped."""

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.d_min >= self.d_max:
            raise ValueError(f"d_min ({self.d_min:g} ms) must be less than d_max ({self.d_max:g} ms)")
        return self
