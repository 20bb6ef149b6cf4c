"""Rules for delays as declarations: what a class of another package may declare, and how experiments read rules."""

from __future__ import annotations

from typing import ClassVar

import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.declare.parameters import parameter
from stdpbench.experiment import Experiment
from stdpbench.kinds.delay_plasticity import DelayRule, delay_rules
from stdpbench.kinds.delay_plasticity.declared import check_delay_rule
from stdpbench.kinds.delay_plasticity.delay_shift import DelayShift
from stdpbench.kinds.plasticity import Trace

FEED = "network.projections.feed"


class Towards(DelayRule):
    """A rule as another package might declare it."""

    eta: float = parameter(1.0, unit="ms", help="Rate.")
    tau: float = parameter(10.0, unit="ms", gt=0, help="Time constant.")
    summary: ClassVar[str] = "towards"
    reference: ClassVar[str] = "none"
    traces: ClassVar[tuple[Trace, ...]] = (Trace("x", "input", "tau", "add"), Trace("y", "output", "tau", "set"))
    on_output_spike: ClassVar[str] = "step = eta*x*w\nd = clip(d + step, d_min, d_max)"
    on_input_spike: ClassVar[str] = "d = clip(d - eta*y, d_min, d_max)"
    input_spike_needs: ClassVar[str] = "y"


@pytest.mark.parametrize("rule", [DelayShift, Towards])
def test_what_is_valid_passes(rule: type[DelayRule]) -> None:
    check_delay_rule(rule)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"on_output_spike": "d = d + x"}, "adds a time and a number without unit"),
        ({"on_output_spike": "d = clip(x, 0, 1)"}, "d is a time"),
        ({"on_output_spike": "w = w + x"}, "w cannot be assigned; only d and new names can"),
        ({"on_output_spike": "d = d + eta*z"}, "unknown name z"),
        ({"on_output_spike": "", "on_input_spike": "", "input_spike_needs": ""}, "never changes d"),
        (
            {"traces": (Trace("x", "input", "eta_x", "add"),)},
            "time constant 'eta_x', which is not a parameter",
        ),
        ({"traces": (Trace("d", "input", "tau", "add"),)}, "the name d is reserved"),
        ({"traces": ()}, "unknown name x"),
        ({"input_spike_needs": "x"}, "input_spike_needs must be an output trace that on_input_spike reads, not 'x'"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], message: str) -> None:
    made = type("Changed", (Towards,), {"__module__": __name__, "__annotations__": {}, **change})
    with refused(message):
        check_delay_rule(made)


def test_kinds_are_read_changed_and_removed_as_those_of_weights() -> None:
    base = Experiment.from_toml(
        """
        [network]
        kind = "graph"
        [network.populations.input]
        [network.populations.exc]
        size = 4
        neuron = { kind = "adaptive-lif" }
        [network.projections.feed]
        source = "input"
        target = "exc"
        receptor = "ge"
        delay = "2 ms"
        """
    )
    assert "delay_plasticity" not in base.to_toml()
    made = base.override({f"{FEED}.delay_plasticity": "delay-shift", f"{FEED}.delay_plasticity.eta_plus": "0.3 ms"})
    feed = made.graph(64).projections["feed"]
    assert feed.delay_plasticity.eta_plus == 0.3
    assert (feed.learns, feed.one_weight, feed.longest_delay) == (True, False, 20.0)
    assert made.graph(64).plastic == ("feed",)
    assert Experiment.from_toml(made.to_toml()) == made
    assert made.changed_live({f"{FEED}.delay_plasticity.eta_plus": "0.1 ms"}) != made
    with pytest.raises(StdpbenchError, match=r"delay_plasticity\.d_max"):
        made.changed_live({f"{FEED}.delay_plasticity.d_max": "30 ms"})
    assert made.override({f"{FEED}.delay_plasticity": "none"}) == base
    with pytest.raises(StdpbenchError, match="there is no delay rule 'delay-shft'; did you mean 'delay-shift'"):
        base.override({f"{FEED}.delay_plasticity": "delay-shft"})
    with pytest.raises(StdpbenchError, match=r"delay_plasticity\.d_max must be shorter than schedule\.stimulus"):
        made.override({"schedule.stimulus": "15 ms", "schedule.rest": "60 ms"})
    assert delay_rules.kinds() == ("delay-shift",)
