"""Rules changed in runs that are cut off: anywhere, by a real kill, and at random with all else that is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import drive, finished, killed_at_position, set_
from test_change_rule import BCM, TRIPLET, arrays, made_of, new, rules_in, to

from stdpbench.engine.simulators import compile_ahead, find_compiler

pytestmark = [pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler"), pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Have the network at hand."""
    compile_ahead(made_of().with_rule(BCM), 64, "compiled")


WISHES = {2: [to(BCM)], 4: ["checkpoint", to(TRIPLET), "checkpoint"], 5: [to(BCM), "pause"], 7: [to(TRIPLET), to(BCM)]}


def scenario(random: np.random.Generator) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """What is asked of a run where, and the same without what must not bear on the result."""
    wishes: dict[int, list[Any]] = {}
    for at in sorted(random.choice(23, 7, replace=False).tolist()):
        for _ in range(random.integers(1, 4)):
            asked: Any = [to(BCM), to(TRIPLET), to(BCM, eta=0.03), to(TRIPLET, tau_x="9 ms"), "checkpoint", "pause"][
                random.integers(6)
            ]
            wishes.setdefault(at, []).append(asked)
        if random.random() < 0.4:
            wishes[at].append(set_(plasticity__w_max=float(random.choice([0.8, 0.9, 1.1])), exc__theta_plus=0.2))
    return wishes, {at: [wish for wish in asked if isinstance(wish, tuple)] for at, asked in wishes.items()}


@pytest.mark.parametrize("seed", range(25))
def test_at_random(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    disturbed, plain = scenario(random)
    whole, folder = new(tmp_path), new(tmp_path)
    finished(whole, at=plain)
    for position in sorted(random.integers(1, 28, 5).tolist()):
        drive(folder, at=disturbed, die=killed_at_position(position))
        disturbed = {at: asked for at, asked in disturbed.items() if at >= position}
    finished(folder, at=disturbed)
    assert arrays(folder) == arrays(whole)
    assert rules_in(folder) == rules_in(whole)
