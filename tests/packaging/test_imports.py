"""What an import costs: the command line and the app's process stay light."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("brian2", "sklearn", "matplotlib", "scipy", "PyQt6", "pyqtgraph", "cython", "sympy", "requests", "PIL")
LIGHT = (
    "stdpbench",
    "stdpbench.experiment",
    "stdpbench.data.datasets",
    "stdpbench.results.readout",
    "stdpbench.cli",
    "stdpbench.engine.doctor",
    "stdpbench.api",
    "stdpbench.studies.lab",
    "stdpbench.studies.lab.default_protocol",
    "stdpbench.cli.lab",
    "stdpbench_gui",
)
LOOK = f"""
import sys
from importlib import import_module
for module in sys.argv[1:]:
    import_module(module)
    print(module, *{set(HEAVY)} & {{name.partition(".")[0] for name in sys.modules}})
"""


def imported_with(*modules: str) -> dict[str, set[str]]:
    """Heavy packages that are loaded in a new process after each of some modules was imported."""
    done = subprocess.run([sys.executable, "-c", LOOK, *modules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {module: set(heavy) for module, *heavy in map(str.split, done.stdout.splitlines())}


def test_importing_is_light() -> None:
    assert imported_with(*LIGHT) == {module: set() for module in LIGHT}


def test_the_window_brings_qt_and_a_network_brian2_without_matplotlib() -> None:
    window, network, pylab = "stdpbench_gui.app.window", "stdpbench.engine.network.build", "pylab"
    loaded = imported_with(window, network, pylab)
    assert loaded[window] <= {"PyQt6", "pyqtgraph"}
    assert "brian2" in loaded[network]
    assert "matplotlib" not in loaded[network]
    assert "matplotlib" in loaded[pylab]  # it is hidden from Brian2 alone
