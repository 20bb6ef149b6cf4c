"""A plugin of pytest for Brian2's own tests on the device ``resident``.

    python tests/contract/brians_tests.py standalone | runtime

*standalone* runs the tests that Brian2 marks as compatible with standalone mode, by ``brian2.test``; *runtime* those
without any of the marks standalone_compatible, standalone_only and codegen_independent. After each test with several
runs, the plugin checks that no network was compiled again without a change, and that no program was started. It prints
a line of JSON with the numbers of tests per outcome and the names of those that failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import brian2
import pytest

import stdpbench.resident
from stdpbench.resident.program import Program

MARKS = "not standalone_compatible and not standalone_only and not codegen_independent"
OTHERS = "not long and not openmp and not cpp_standalone and not gsl"

outcomes: Counter[str] = Counter()
failed: list[str] = []
opened: list[str] = []
started: list[Any] = []


class Watch:
    """Counts libraries and programs of a test, and outcomes of all."""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            outcomes[report.outcome] += 1
            if report.outcome == "failed":
                failed.append(report.nodeid.split("::")[-1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        opened.clear()
        started.clear()
        result = yield
        if item.get_closest_marker("multiple_runs") and not getattr(brian2.get_device(), "build_on_run", True):
            assert opened, "no library was opened"
            again = [before == after for before, after in pairwise(opened)]
            assert not any(again), "a network was compiled again without a reason"
            programs = [Path(command if isinstance(command, str) else command[0]).name for command in started]
            assert not {"main", "main.exe"} & set(programs), "a program was started"
        return result


def watched() -> None:
    """Note which networks get a library, and which programs start."""
    make, start = Program.__init__, subprocess.Popen.__init__

    def made(self: Any, device: Any, objects: Any, *rest: Any) -> None:
        make(self, device, objects, *rest)
        opened.append(f"{sorted(clock.dt_ for clock in self.source.clocks)} {self.source.text}")

    def begun(self: Any, arguments: Any, *rest: Any, **options: Any) -> None:
        started.append(arguments)
        start(self, arguments, *rest, **options)

    Program.__init__, subprocess.Popen.__init__ = made, begun


def main(which: str) -> None:
    """Run the tests."""
    folder, extra = Path(brian2.__file__).parent, ["-p", "no:cacheprovider", "-W", "ignore", "--tb=no"]
    brian2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]  # otherwise make starts without a limit
    watched()
    if which == "standalone":
        run = pytest.main
        brian2.tests.pytest.main = lambda arguments, plugins: run(arguments, plugins=[*plugins, Watch()])
        brian2.test(
            [],
            test_codegen_independent=False,
            test_standalone="resident",
            test_openmp=False,
            reset_preferences=False,
            additional_args=extra,
        )
    else:
        brian2.prefs["codegen.cpp.extra_compile_args_gcc"].extend(["-w", "-O0"])
        brian2.prefs["codegen.target"] = "numpy"
        plugin = brian2.tests.PreferencePlugin(brian2.prefs, True)
        plugin.device, plugin.device_options = "resident", {}
        arguments = brian2.tests.make_argv([os.fspath(folder)], f"{MARKS} and {OTHERS}")
        pytest.main([*arguments, *extra], plugins=[plugin, Watch()])
    print(json.dumps({**outcomes, "names": failed}))


if __name__ == "__main__":
    assert stdpbench.resident
    main(sys.argv[1])
