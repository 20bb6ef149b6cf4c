"""How processes end: why one did, and what becomes of those that outlive their reader."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

ERROR = "stdpbench: "
"""Begins the sentence in which a process of this program reports why it gives up."""
_TRACEBACK = "Traceback (most recent call last):"
_left: list[subprocess.Popen[bytes]] = []


def leave(process: subprocess.Popen[bytes]) -> None:
    """Let a process outlive who started it; it is reaped, once it has ended, when another one is left."""
    _left[:] = [one for one in (*_left, process) if one.poll() is None]


def why_ended(status: int | None, output: str, log: Path | None = None) -> str:
    """Why a process ended, as a clause.

    Parameters
    ----------
    status : int or None
        Its exit status, negative for a signal; None where it is not known.
    output : str
        What the process wrote. Only an error in it counts as the reason: its last line may be a warning.
    log : Path, optional
        Where the output can be read.
    """
    if status is not None and status < 0:
        reason = _killed(-status)
    elif error := error_in(output):
        return error
    else:
        reason = "for an unknown reason" if status is None else f"exit status {status}"
    return f"{reason}; its output is in {log}" if log is not None and output.strip() else reason


def error_in(output: str) -> str:
    """The last error that a process reported, in one line: a sentence of this program, or an exception; else empty."""
    error, in_traceback = "", False
    for line in output.splitlines():
        if line.startswith(ERROR):
            error = line.removeprefix(ERROR)
        elif line.startswith(_TRACEBACK):
            in_traceback = True
        elif in_traceback and line.strip() and not line[0].isspace():
            error, in_traceback = line, False
    return error.strip()


def _killed(number: int) -> str:
    with suppress(ValueError):  # a signal that Python has no name for
        name = signal.Signals(number).name
        return f"killed by {name}" + (", as happens when memory runs out" if name == "SIGKILL" else "")
    return f"killed by signal {number}"
