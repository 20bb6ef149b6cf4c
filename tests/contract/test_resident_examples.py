"""Documented examples of Brian2 have the same spikes on the device ``resident`` as in Brian2's standalone mode."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from resident_examples import EXAMPLES, Arrays

from stdpbench.compiling.toolchain import find_compiler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(shutil.which("make") is None, reason="standalone mode needs make"),
]

PROGRAM = Path(__file__).with_name("resident_examples.py")
EVENTS = (" i", " steps")  # ends of the names of arrays with spikes


def run(name: str, device: str, folder: Path) -> Arrays:
    """Return what an example records on a device, in a process of its own."""
    results = folder / f"{device}.npz"
    command = [sys.executable, "-P", str(PROGRAM), name, device, str(results)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}  # Brian2 draws the noises of an equation in the order of a set
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
    assert process.returncode == 0, process.stdout + process.stderr
    with np.load(results) as file:
        return dict(file)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_that_of_standalone_mode(name: str, tmp_path: Path) -> None:
    expected, found = (run(name, device, tmp_path) for device in ("cpp_standalone", "resident"))
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert np.isfinite(value).all(), key
        assert value.size or not key.endswith(EVENTS), "no spikes: nothing is compared"
        if value.dtype.kind == "f":
            scale = np.abs(value).max(initial=0)
            np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=1e-9 * scale, err_msg=key)
        else:
            np.testing.assert_array_equal(found[key], value, err_msg=key)
