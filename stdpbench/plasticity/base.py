"""What a plasticity rule is: traces of spikes, and what an input spike and an output spike do to a weight.

A rule *describes*; `stdpbench.network` builds. It is written in Brian2's syntax, in terms of

* its own parameters, by name;
* its traces, by name: each decays exponentially and is set or incremented by a spike of its side;
* its averages, by name: each follows an expression of the output traces, or of the membrane potential v;
* ``w``, the weight, and ``w_max``.

An expression on a spike reads the traces of that spike's own side as they were *before* the spike touched them, and
those of the other side as they are now. When an input and an output spike fall into the same step, the input spike
comes first. A rule without an expression on input spikes is *post-only*: an input spike then only drives.

Bounds are part of the expressions. A weight may exceed ``w_max`` when a rule reads it, since normalisation does not
clip: powers of ``w_max - w`` are taken of ``clip(w_max - w, 0, w_max)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

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


@dataclass(frozen=True)
class Average:
    """A running average, one per exc neuron: ``tau * d(name)/dt = of - name``.

    It moves in training only. What follows traces starts at 0 and outlasts presentations and resets, as an adaptive
    threshold does; in each step it moves after the traces have decayed and before spikes touch them. What follows the
    membrane potential v is reset with it, to what it then follows; in each step it moves first, after v as the step
    before left it.

    Attributes
    ----------
    name : str
        Name in the rule's expressions.
    tau : str
        The rule's parameter that holds its time constant.
    of : str
        What it follows: an expression of output traces and parameters, or of v and parameters; without unit.
    on_spike : str
        What an output spike adds, if anything: an expression of parameters.
    delay : str
        The parameter that says how late expressions on spikes read it, if they do; in protocols only.
    """

    name: str
    tau: str
    of: str
    on_spike: str = ""
    delay: str = ""

    @property
    def follows_v(self) -> bool:
        """Whether it follows the membrane potential."""
        return re.search(r"\bv\b", self.of) is not None


@dataclass(frozen=True)
class Opening:
    """The protocol of `stdpbench.lab` that tells most about a rule, which opens first.

    Attributes
    ----------
    protocol : str
        Its name.
    why : str
        A sentence.
    options : mapping of str to Any
        Of the protocol, where its defaults are not meant.
    parameters : mapping of str to Any
        Of the rule, where its defaults are not meant.
    """

    protocol: str
    why: str
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


class PlasticityRule(Parameters):
    """A rule for the weights from input to exc neurons; one kind per file."""

    w_max: float = parameter(1.0, unit="", gt=0, help="Upper bound of a weight.")

    summary: ClassVar[str]
    reference: ClassVar[str]
    traces: ClassVar[tuple[Trace, ...]]
    averages: ClassVar[tuple[Average, ...]] = ()
    on_input_spike: ClassVar[str] = ""
    on_output_spike: ClassVar[str] = ""
    input_spike_needs: ClassVar[str] = ""
    """Output trace without which an input spike changes no weight within its bounds: where it has faded, what is
    costly in `on_input_spike` may be left out."""
    synapse_variables: ClassVar[tuple[str, ...]] = ()
    """Variables of each synapse beside its weight, without unit, 0 in the reset state."""
    protocol_variables: ClassVar[tuple[str, ...]] = ()
    """Those of them that only a protocol sets, and that are 0 in the digit network, which has no place for them."""
    each_step: ClassVar[str] = ""
    """What happens in each synapse in every time step, after traces have decayed, for all of ``dt``: exact for any dt.
    The digit network runs it for the time since a synapse's last event, before the next one and at the end of the
    presentation. So it must not read what changes meanwhile, and w must move one way."""
    output_neuron: ClassVar[str] = ""
    """Kind of the neuron whose potential the rule reads, which protocols then drive; none: spikes are imposed."""
    in_digit_network: ClassVar[str] = "runs"
    """What the rule does in the digit network, or why it cannot run there."""
    runs_in_digit_network: ClassVar[bool] = True
    opening: ClassVar[Opening] = Opening("pair-window", "What one pair of spikes does, over their distance in time.")
    remarks: ClassVar[Mapping[str, str]] = {}
    """By protocol of `stdpbench.lab`: why a curve is zero or flat by construction."""
