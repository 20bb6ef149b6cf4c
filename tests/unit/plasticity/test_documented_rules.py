"""docs/plasticity.md says of every rule what its class declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import rules

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "plasticity.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if kind != "custom"])
def test_the_page_has_equations_defaults_and_reference(kind: str) -> None:
    rule = rules.get(kind)
    section = PAGE.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert rule.reference in section
    for line in f"{rule.on_input_spike}\n{rule.on_output_spike}".splitlines():
        assert line.strip() in section
    for declared in rule.describe():
        assert f"`{declared.name}` {declared.show(declared.default)}" in section
    for preset in rule.presets:
        assert f"`{preset}`" in section
    assert f"| {rule.in_digit_network} |" in PAGE


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if rules.get(kind).presets])
def test_every_preset_is_a_set_of_parameters(kind: str) -> None:
    for name, values in rules.get(kind).presets.items():
        made = Experiment.from_mapping({"plasticity": {"kind": kind, "preset": name}})
        assert {key: getattr(made.plasticity, key) for key in values} == dict(values)
