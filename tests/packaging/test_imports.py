"""What an import costs: the command line and the app's process stay light."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("brian2", "sklearn", "matplotlib", "scipy", "PyQt6", "pyqtgraph", "cython", "sympy", "pooch", "PIL")


def imported_with(module: str) -> set[str]:
    """Heavy packages that are loaded after `module` was imported in a new process."""
    code = f"import sys, {module}; print(*{set(HEAVY)} & {{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "stdpbench",
        "stdpbench.experiment",
        "stdpbench.datasets",
        "stdpbench.readout",
        "stdpbench.cli",
        "stdpbench.cli.doctor",
        "stdpbench.api",
        "stdpbench.lab",
        "stdpbench.lab.default_protocol",
        "stdpbench.cli.lab_command",
        "stdpbench_gui",
    ],
)
def test_importing_is_light(module: str) -> None:
    assert imported_with(module) == set()


def test_the_window_brings_qt_and_nothing_else_that_is_heavy() -> None:
    assert imported_with("stdpbench_gui.app.window") <= {"PyQt6", "pyqtgraph"}
