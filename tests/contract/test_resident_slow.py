"""The device ``resident`` under Brian2's own tests, and over many runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stdpbench.compiling.toolchain import find_compiler

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_compiler() is None, reason="needs a C++ compiler")]

WITHOUT_CPP = {"test_simple_user_defined_function", "test_manual_user_defined_function", "test_declare_types"}
ABOUT_NUMPY = {"test_ufunc_at_vectorisation"}

MANY_RUNS = """
import resource
import brian2 as b2
import stdpbench.resident
b2.set_device("resident")
b2.prefs.codegen.target = "numpy"
source = b2.PoissonGroup(20, 50 * b2.Hz)
group = b2.NeuronGroup(3, "dv/dt = -v / tau : 1", threshold="v > 1", reset="v = 0", method="exact")
synapses = b2.Synapses(source, group, on_pre="v += 0.3", delay=1 * b2.ms)
synapses.connect()
network = b2.Network(source, group, synapses)
for k in range(10_000):
    network.run(1 * b2.ms, namespace={"tau": (5 + k % 7) * b2.ms})
    if k == 1000:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, b2.get_device().compiled)
"""


def judged(which: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__).with_name("brians_tests.py")), which]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.timeout(3600)
def test_tests_for_standalone_mode_pass(tmp_path: Path) -> None:
    result = judged("standalone", tmp_path)
    assert result["names"] == []
    assert result["passed"] >= 210


def test_tests_for_runtime_mode_pass_but_those_without_cpp(tmp_path: Path) -> None:
    result = judged("runtime", tmp_path)
    assert set(result["names"]) <= WITHOUT_CPP | ABOUT_NUMPY
    assert result["passed"] >= 55


@pytest.mark.skipif(sys.platform == "win32", reason="needs the module resource")
def test_memory_does_not_grow_over_ten_thousand_runs() -> None:
    done = subprocess.run([sys.executable, "-c", MANY_RUNS], capture_output=True, text=True, check=True)
    grown, compiled = map(int, done.stdout.split())
    assert compiled == 1
    assert grown < 1024  # KiB
