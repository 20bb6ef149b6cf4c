"""The digests of shipped experiments and sweeps: what is stored beside results, and must not change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from stdpbench.experiment import Experiment, read_experiment, shipped_experiments
from stdpbench.studies.sweeps.arms import fixed_arms
from stdpbench.studies.sweeps.reading import read_sweep, shipped_sweeps

ASSET = Path(__file__).parents[2] / "assets" / "digests.json"
KNOWN = json.loads(ASSET.read_text(encoding="utf-8"))


def test_the_asset_covers_all_that_ships() -> None:
    assert set(KNOWN["experiments"]) == {"", *shipped_experiments()}
    assert set(KNOWN["sweeps"]) == set(shipped_sweeps())


@pytest.mark.parametrize("name", KNOWN["experiments"])
def test_the_digest_of_an_experiment_is_what_it_was(name: str) -> None:
    experiment = read_experiment(name) if name else Experiment.from_mapping({})
    assert experiment.digest == KNOWN["experiments"][name]
    assert Experiment.from_mapping(tomllib.loads(experiment.to_toml())).digest == experiment.digest


@pytest.mark.parametrize("name", KNOWN["sweeps"])
def test_the_digests_of_a_sweep_are_what_they_were(name: str) -> None:
    digests = {arm.label: arm.experiment(seed=7).digest for arm in fixed_arms(read_sweep(name))}
    assert digests == KNOWN["sweeps"][name]
