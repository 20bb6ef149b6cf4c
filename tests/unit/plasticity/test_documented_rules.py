"""docs/plasticity.md lists the rules, and their presets can be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from stdpbench.experiment import Experiment
from stdpbench.kinds.plasticity import rules

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "plasticity.md").read_text(encoding="utf-8")


def test_the_page_lists_every_rule() -> None:
    """Equations, defaults and sources are in the reference, which is generated."""
    rows = [f"| `{kind}` | {rules.get(kind).summary} |" for kind in rules.kinds()]
    assert [row for row in rows if row not in PAGE] == []


@pytest.mark.parametrize("kind", [kind for kind in rules.kinds() if rules.get(kind).presets])
def test_every_preset_is_a_set_of_parameters(kind: str) -> None:
    for name, values in rules.get(kind).presets.items():
        made = Experiment.from_mapping({"plasticity": {"kind": kind, "preset": name}})
        assert {key: getattr(made.plasticity, key) for key in values} == dict(values)
