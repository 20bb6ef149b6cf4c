"""Where a rule says that an input spike needs an output trace, it changes nothing without it but what bounds do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stdpbench.declare.expressions import Code
from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import rules

KINDS = [kind for kind in rules.kinds() if rules.get(kind).input_spike_needs]


@pytest.mark.parametrize("mu", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("kind", KINDS)
def test_without_its_trace_an_input_spike_only_clips(kind: str, mu: float) -> None:
    rule = rules.build({"kind": kind, "mu": mu, "w_max": 0.8}, "plasticity")
    (trace,) = [each for each in rule.traces if each.name == rule.input_spike_needs]
    assert trace.side == "output"
    w, code = np.linspace(0.0, 1.2, 25), Code(rule.on_input_spike)
    others = {each.name: 0.7 for each in rule.traces}
    found = {value: code.run({**rule.quantities(), **others, trace.name: value, "w": w})["w"] for value in (0.0, 0.5)}
    np.testing.assert_array_equal(found[0.0], np.clip(w, 0.0, 0.8))
    assert np.abs(found[0.5] - found[0.0]).max() > 1e-5


def test_what_costs_a_power_per_input_spike_says_what_it_needs() -> None:
    costly = [kind for kind in rules.kinds() if "**" in rules.get(kind).on_input_spike]
    assert costly == KINDS


# docs/plasticity.md lists the rules, and their presets can be used

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "plasticity.md").read_text(encoding="utf-8")


def test_the_page_lists_every_rule() -> None:
    """Equations, defaults and sources are in the reference, which is generated."""
    rows = [f"| `{kind}` | {rules.get(kind).summary} |" for kind in rules.kinds()]
    assert [row for row in rows if row not in PAGE] == []


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if rules.get(kind).presets])
def test_every_preset_is_a_set_of_parameters(kind: str) -> None:
    for name, values in rules.get(kind).presets.items():
        without = dict.fromkeys(filter(None, [rules.get(kind).input_lag]), 0.0)  # as networks need it
        made = Experiment.from_mapping({"plasticity": {"kind": kind, "preset": name, **without}})
        assert {key: getattr(made.plasticity, key) for key in values} == {**values, **without}
