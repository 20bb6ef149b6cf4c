"""Memory that an opened network takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sparse.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the script reads the resident size from /proc")
def test_two_million_synapses_take_at_most_half_as_much_again_as_their_numbers() -> None:
    command = [sys.executable, str(SCRIPT), "--only", "ours", "--seconds", "1"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["ours"]
    assert figures["n_synapses"] > 1_900_000
    assert figures["predicted_MB"] < figures["held_MB"] < 1.5 * figures["predicted_MB"]
