"""Lateral inhibition as Brian2 objects: by a pool where it has one weight for all, by synapses where these learn.

Fixed: a pool counts the inhibiting spikes of a step, and each exc neuron knows of its own; so no n x n matrix is
needed. Plastic: synapses from every inhibiting neuron to every exc neuron (ordered by source, as those of the input
are); the pool still counts, so that a simulator may leave out what a step without inhibiting spikes needs not.

What inhibits is the inh neuron; with direct inhibition the exc neuron itself, one step later (``own_next``,
``total_next``, or a relay, which spikes again what exc neurons spiked one step before) or at once. Traces of a plastic
rule live on exc neurons, both of them: there they decay with all else.
"""

from __future__ import annotations

from typing import Any

from stdpbench.network.brian import brian2 as b2
from stdpbench.network.codegen_text import declare, replace, units_of
from stdpbench.network.layout import Layout, lateral_name


def fixed_inhibition(inhibitor: Any, groups: dict[str, Any], staged: bool) -> None:
    """Make the synapses that tell the pool, and each neuron of its own spike; `staged`: for the next step."""
    stage = "_next" if staged else ""
    clock = groups["pool"].clock
    groups["to_pool"] = b2.Synapses(
        inhibitor, groups["pool"], on_pre=f"total{stage}_post += 1", clock=clock, name="to_pool"
    )
    groups["to_pool"].connect()
    groups["to_own"] = b2.Synapses(inhibitor, groups["exc"], on_pre=f"own{stage}_post = 1", clock=clock, name="to_own")
    groups["to_own"].connect(j="i")


def relay(layout: Layout, exc: Any, groups: dict[str, Any]) -> Any:
    """Make neurons that spike one step after exc neurons do, with the synapses that tell them."""
    model = "\n".join(["told : 1", *links(layout)])
    made = b2.NeuronGroup(len(exc), model, threshold="told > 0", reset="told = 0", clock=exc.clock, name="relay")
    groups["relay"] = made
    groups["to_relay"] = b2.Synapses(exc, made, on_pre="told_post = 1", clock=exc.clock, name="to_relay")
    groups["to_relay"].connect(j="i")
    return made


def links(layout: Layout) -> list[str]:
    """Lines of the model of inhibiting neurons, by which they know the traces of theirs that exc neurons carry."""
    return [f"{trace.name} : 1 (linked)" for trace in layout.lateral_traces if trace.side == "input"]


def plastic_inhibition(layout: Layout, parameters: dict[str, float], inhibitor: Any, groups: dict[str, Any]) -> None:
    """Make the synapses of lateral inhibition with their rule, and those that set the traces of inhibiting spikes."""
    rule, exc, pool = layout.lateral, groups["exc"], groups["pool"]
    assert rule is not None
    groups["to_pool"] = b2.Synapses(inhibitor, pool, on_pre="total_post += 1", clock=pool.clock, name="to_pool")
    groups["to_pool"].connect()
    inhibiting = [trace for trace in layout.lateral_traces if trace.side == "input"]
    if inhibitor is not exc:
        for trace in inhibiting:
            setattr(inhibitor, trace.name, b2.linked_var(exc, trace.name))
    names = {name: f"{name}_syn" for name in rule.quantities()}
    names |= {t.name: f"{lateral_name(t.name)}_{'pre' if t.side == 'input' else 'post'}" for t in rule.traces}
    drive, itself = "lateral_sum_post += w", "w = w*int(i != j)"  # no neuron inhibits itself
    groups["lateral"] = b2.Synapses(
        inhibitor,
        exc,
        f"w : 1\n{declare(parameters, units_of(rule))}",
        on_pre={"pre": "\n".join([drive, replace(rule.on_input_spike, names), itself]), "drive": drive},
        on_post={"post": "\n".join([replace(rule.on_output_spike, names), itself])},
        clock=pool.clock,
        name="lateral",
    )
    groups["lateral"].connect()
    updates = [f"{trace.name}_post {'=' if trace.on_spike == 'set' else '+='} 1" for trace in inhibiting]
    groups["to_traces"] = b2.Synapses(inhibitor, exc, on_pre="\n".join(updates), clock=pool.clock, name="to_traces")
    groups["to_traces"].pre.order = 0  # between the input events of this step and its output events
    groups["to_traces"].connect(j="i")
