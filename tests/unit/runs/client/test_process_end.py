"""Why a process exited: a signal or a reported error, but never just its last line of output."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from stdpbench.runs.client.process_end import error_in, why_ended

WARNING = "/lib/resource_tracker.py:254: UserWarning: There appear to be 1 leaked objects\n  warnings.warn(\n"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "x.py", line 3, in <module>\n    f()\nValueError: no such value\n'
)
CHAINED = f"{TRACEBACK}\nDuring handling of the above exception, another exception occurred:\n\n"


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("", ""),
        (WARNING, ""),
        ("stdpbench: the disk is full\n", "the disk is full"),
        (f"stdpbench: the disk is full\n{WARNING}", "the disk is full"),
        (TRACEBACK, "ValueError: no such value"),
        (f"{WARNING}{TRACEBACK}{WARNING}", "ValueError: no such value"),
        (
            CHAINED + TRACEBACK.replace("ValueError: no", "stdpbench.base.errors.DiskError: no"),
            "stdpbench.base.errors.DiskError: ",
        ),
        ("Traceback (most recent call last):\n", ""),
    ],
)
def test_an_error_is_found_anywhere_in_the_output(output: str, error: str) -> None:
    assert error_in(output).startswith(error)
    assert bool(error_in(output)) == bool(error)


@pytest.mark.parametrize(
    ("status", "output", "reason"),
    [
        (1, f"{TRACEBACK}{WARNING}", "ValueError: no such value"),
        (3, WARNING, "exit status 3; its output is in worker.log"),
        (3, "", "exit status 3"),
        (
            -9,
            f"{TRACEBACK}{WARNING}",
            "killed by SIGKILL, perhaps because memory ran out; its output is in worker.log",
        ),
        (-signal.SIGSEGV, "", "killed by SIGSEGV"),
        (-250, "", "killed by signal 250"),
        (None, WARNING, "for an unknown reason; its output is in worker.log"),
        (None, "", "for an unknown reason"),
    ],
)
def test_the_reason_is_the_error_the_signal_or_the_status(status: int | None, output: str, reason: str) -> None:
    assert why_ended(status, output, Path("worker.log")) == reason
