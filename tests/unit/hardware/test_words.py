"""Checks of chips as plain text."""

from __future__ import annotations

import pytest

from stdpbench.bridges.hardware import TARGETS, Activity, check, needs_of
from stdpbench.bridges.hardware.check import count_text, energy_text, plain_text, sources
from stdpbench.engine.network import Learned, start_arrays
from stdpbench.experiment import read_experiment
from stdpbench.runs.preparation.start import load_split


@pytest.mark.parametrize(
    ("picojoule", "text"),
    [(0.5, "0.5 pJ"), (23.6, "23.6 pJ"), (1690, "1.69 nJ"), (4.23e11, "423 mJ"), (2e12, "2 J")],
)
def test_energies_have_a_unit(picojoule: float, text: str) -> None:
    assert energy_text(picojoule) == text


def test_a_check_is_a_table_with_numbered_sources() -> None:
    experiment = read_experiment("digits").override({"network.n_exc": 12, "schedule.train_images": 12})
    split = load_split(experiment, validation=False)
    learned: Learned = start_arrays(experiment, split.train)
    needs = needs_of(experiment.graph(*split.train.shape), learned)
    checks = [check(needs, chip, Activity(missing="not simulated")) for chip in TARGETS.values()]
    text = plain_text(checks, "mine")
    lines = text.splitlines()
    assert lines[0] == "Chip check of mine"
    heading = next(line for line in lines if line.startswith("what") and line.endswith("source"))
    place = heading.index("verdict")
    for one in checks:
        begin = next(n for n, line in enumerate(lines) if line.startswith(f"{one.target.title}: "))
        row = lines[begin + 2]
        assert row.split("  ")[0].strip() == one.rows[0].what
        for source, number in sources(one).items():
            assert f"  {number}: {source}" in lines
    assert place > 0
    assert count_text(None) in text
