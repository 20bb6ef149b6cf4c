"""Base classes of plasticity rules: traces of spikes, and the weight updates on input and output spikes.

A rule is a declaration, from which `stdpbench.engine.network` builds synapses. It is written in Brian2's syntax and
uses

* its own parameters, by name;
* its traces, by name: each decays exponentially, and a spike of its side sets or increments it;
* its averages, by name: each follows an expression of the output traces, or of the membrane potential v;
* ``w``, the weight, and ``w_max``.

An expression on a spike reads the traces of the spike's side at their values *before* the spike, and those of the
other side at their current values. When an input and an output spike fall into the same time step, the input spike is
processed first. A rule without an expression on input spikes is *post-only*: an input spike then only drives the
neuron.

Expressions must enforce the bounds. Since normalisation does not clip, a weight may exceed ``w_max`` when a rule reads
it: write powers of ``w_max - w`` as powers of ``clip(w_max - w, 0, w_max)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from stdpbench.declare.parameters import Parameters, parameter


@dataclass(frozen=True)
class Trace:
    """An exponentially decaying memory of spikes.

    Attributes
    ----------
    name : str
        Name in the rule's expressions.
    side : {"input", "output"}
        Side whose spikes it tracks.
    tau : str
        Name of the rule's parameter for the time constant.
    on_spike : {"set", "add"}
        Whether a spike sets the trace to 1 (nearest spike) or adds 1 (all spikes).
    spread : str
        Name of the rule's parameter for the standard deviation, in inputs, of a Gaussian with which a spike also adds
        to the traces of neighbouring inputs. Empty, or a value of 0: no spread. Only one input trace of a rule may
        spread. Protocols ignore it, since their inputs have no neighbours.
    """

    name: str
    side: Literal["input", "output"]
    tau: str
    on_spike: Literal["set", "add"]
    spread: str = ""


@dataclass(frozen=True)
class Average:
    """A running average, one per target neuron: ``tau * d(name)/dt = of - name``.

    It is updated in training only. An average of traces starts at 0 and persists across presentations and resets, like
    an adaptive threshold; in each step it is updated after the traces have decayed and before spikes change
    them. An average of the membrane potential v is reset together with v, to the value of its expression; it is
    updated at the beginning of each step, from v at the end of the previous step.

    Attributes
    ----------
    name : str
        Name in the rule's expressions.
    tau : str
        Name of the rule's parameter for the time constant.
    of : str
        Expression to average, of output traces and parameters or of v and parameters; dimensionless.
    on_spike : str
        Increment per output spike, an expression of parameters; empty: none.
    delay : str
        Name of the parameter for the delay with which expressions on spikes read the average; empty: no delay.
        Supported in protocols only.
    """

    name: str
    tau: str
    of: str
    on_spike: str = ""
    delay: str = ""

    @property
    def follows_v(self) -> bool:
        """Whether `of` depends on the membrane potential."""
        return re.search(r"\bv\b", self.of) is not None


@dataclass(frozen=True)
class Opening:
    """The most informative protocol of `stdpbench.studies.lab` for a rule, which is the first to be shown.

    Attributes
    ----------
    protocol : str
        Name of the protocol.
    why : str
        Reason for this protocol, as a sentence.
    options : mapping of str to Any
        Options of the protocol that differ from its defaults.
    parameters : mapping of str to Any
        Parameters of the rule that differ from its defaults.
    """

    protocol: str
    why: str
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


class PlasticityRule(Parameters):
    """A rule for the weights of a projection; one kind per file."""

    w_max: float = parameter(1.0, unit="", gt=0, help="Upper bound of a weight.")

    summary: ClassVar[str]
    reference: ClassVar[str]
    traces: ClassVar[tuple[Trace, ...]]
    averages: ClassVar[tuple[Average, ...]] = ()
    on_input_spike: ClassVar[str] = ""
    on_output_spike: ClassVar[str] = ""
    input_spike_needs: ClassVar[str] = ""
    """Output trace that must be nonzero for an input spike to change a weight within its bounds: where the trace has
    decayed to 0, costly parts of `on_input_spike` may be skipped."""
    synapse_variables: ClassVar[tuple[str, ...]] = ()
    """Variables of each synapse in addition to its weight; dimensionless, 0 in the reset state."""
    protocol_variables: ClassVar[tuple[str, ...]] = ()
    """Synapse variables that only protocols set; in the digit network always 0 and not stored."""
    each_step: ClassVar[str] = ""
    """Update of each synapse in every time step, after traces have decayed; must be exact for any ``dt``. The digit
    network runs it before each event of a synapse and at the end of the presentation, for the time since the previous
    event. So it must not read anything that changes in between, and w must change monotonically or stay between 0 and
    w_max."""
    periodically: ClassVar[str] = ""
    """Update of w and synapse variables of all synapses once per period of a stream; must not read traces."""
    period_name: ClassVar[str] = ""
    """Name of the parameter for the period of `periodically`."""
    input_lag: ClassVar[str] = ""
    """Name of the parameter for the time by which the rule follows an input spike; protocols only, 0 in networks."""
    output_neuron: ClassVar[str] = ""
    """Kind of neuron whose potential the rule reads, and which protocols drive; empty: protocols impose spikes."""
    in_digit_network: ClassVar[str] = "runs"
    """Behaviour of the rule in the digit network, or the reason why it cannot run there."""
    runs_in_digit_network: ClassVar[bool] = True
    opening: ClassVar[Opening] = Opening(
        "pair-window", "Weight change by one pair of spikes, over their time difference."
    )
    remarks: ClassVar[Mapping[str, str]] = {}
    """Name of a protocol of `stdpbench.studies.lab` -> why its curve is zero or flat by construction."""
